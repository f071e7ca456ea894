//! Elements of any type, to be looked into one by one.

use std::sync::Arc;

use super::heap::Heap;
use super::reference::Reference;
use crate::codec::Structure;
use crate::element::{ConversionMode, InMode, OwnedDynValue, RawReference, Value, reader};
use crate::error::Result;
use crate::format::datatype::{Class, Datatype, VarLen, VarLenKind};
use crate::format::global_heap::HeapId;
use crate::object::store::Store;

/// Elements as they are stored: for types known only at run time, and for programs that want the
/// bytes.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let elements = file.dataset("run1/points")?.read_elements(..)?;
/// assert_eq!(elements.shape(), [2]);
/// for element in elements.iter() {
///     println!("{}", element.value()?);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Elements {
    datatype: Arc<Datatype>,
    shape: Vec<u64>,
    bytes: Vec<u8>,
    origin: Origin,
}

/// Where elements come from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) store: Arc<Store>,
    /// Path of the object, for errors.
    pub(crate) name: Arc<str>,
}

impl Origin {
    fn named<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| error.under(&self.name))
    }
}

/// One element as it is stored.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let elements = file.create_dataset("x", [(1_u8, 0.5)])?.read_elements(..)?;
/// for element in elements.iter() {
///     println!("{:?} as {} bytes", element.value()?, element.bytes().len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    datatype: &'a Datatype,
    bytes: &'a [u8],
    origin: &'a Origin,
}

impl Elements {
    pub(crate) fn new(
        datatype: Arc<Datatype>,
        shape: Vec<u64>,
        bytes: Vec<u8>,
        origin: &Origin,
    ) -> Self {
        Self { datatype, shape, bytes, origin: origin.clone() }
    }

    /// The type of each element.
    #[must_use]
    pub fn datatype(&self) -> &Datatype {
        &self.datatype
    }

    /// Elements along each axis.
    #[must_use]
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len().checked_div(self.size()).unwrap_or(0)
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes of all elements as stored, in row-major order.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn size(&self) -> usize {
        usize::try_from(self.datatype.size).unwrap_or(usize::MAX)
    }

    /// The element at `index`, counted in row-major order.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Element<'_>> {
        let size = self.size();
        let bytes = self.bytes.get(index.checked_mul(size)?..)?.get(..size)?;
        Some(self.element(bytes))
    }

    /// All elements, in row-major order.
    pub fn iter(&self) -> impl Iterator<Item = Element<'_>> {
        self.bytes.chunks_exact(self.size().max(1)).map(|bytes| self.element(bytes))
    }

    /// The values of all elements, in row-major order.
    ///
    /// # Errors
    ///
    /// Where their type has no [`Value`], or variable-length data cannot be read.
    pub fn values(&self) -> Result<Vec<Value>> {
        self.values_in(ConversionMode::Saturating)
    }

    /// As [`values`](Self::values), in a mode: numbers may have more digits than a [`Value`] has.
    pub(super) fn values_in(&self, mode: ConversionMode) -> Result<Vec<Value>> {
        let mut out = Vec::new();
        let heap = &Heap::new(&self.origin.store);
        let read = reader(&self.datatype)
            .and_then(|reader| reader.convert(&self.bytes, &InMode { heap, mode }, &mut out));
        self.origin.named(read.map(|()| out))
    }

    fn element<'a>(&'a self, bytes: &'a [u8]) -> Element<'a> {
        Element { datatype: &self.datatype, bytes, origin: &self.origin }
    }
}

impl<'a> Element<'a> {
    /// Its type.
    #[must_use]
    pub fn datatype(&self) -> &'a Datatype {
        self.datatype
    }

    /// Its bytes as stored. Of a variable-length element, they only name what
    /// [`variable`](Self::variable) gives.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Its value.
    ///
    /// # Errors
    ///
    /// Where its type has no [`Value`], or its variable-length data cannot be read.
    pub fn value(&self) -> Result<Value> {
        self.origin.named(Value::read(self.datatype, self.bytes, &Heap::new(&self.origin.store)))
    }

    /// Its value under the names of `hdf5-metno`.
    ///
    /// # Errors
    ///
    /// Where its type has no descriptor, or as [`value`](Self::value).
    pub fn dyn_value(&self) -> Result<OwnedDynValue> {
        let heap = Heap::new(&self.origin.store);
        self.origin.named(OwnedDynValue::of_element(self.datatype, self.bytes, &heap))
    }

    /// The members of a compound, the elements of an array, the two parts of a complex number: in
    /// their order. Nothing of any other element.
    pub fn parts(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        let bytes = self.bytes;
        let origin = self.origin;
        let places: Box<dyn Iterator<Item = (usize, &'a Datatype)> + 'a> =
            match &self.datatype.class {
                Class::Compound(members) => Box::new(members.iter().map(|member| {
                    (usize::try_from(member.offset).unwrap_or(usize::MAX), &member.datatype)
                })),
                Class::Array(array) => Box::new(spaced(&array.base, bytes.len())),
                Class::Complex(complex) => Box::new(spaced(&complex.base, bytes.len())),
                _ => Box::new(std::iter::empty()),
            };
        places.filter_map(move |(offset, datatype)| {
            let size = usize::try_from(datatype.size).ok()?;
            let bytes = bytes.get(offset..)?.get(..size)?;
            Some(Element { datatype, bytes, origin })
        })
    }

    /// The bytes of a variable-length string, the elements of a variable-length sequence as stored;
    /// `None` where the element names no data (a null string), and of any other type.
    ///
    /// # Errors
    ///
    /// Where the data cannot be read.
    pub fn variable(&self) -> Result<Option<Elements>> {
        let Class::VarLen(kind) = &self.datatype.class else { return Ok(None) };
        self.origin.named(self.read_variable(kind))
    }

    fn read_variable(&self, kind: &VarLen) -> Result<Option<Elements>> {
        let store = &self.origin.store;
        let mut d = store.decoder("Variable-Length Element", self.bytes, 0);
        let count = d.u32("Length")?;
        let id = HeapId::decode(&mut d)?;
        let Some(object) = store.heap_object(&id)? else { return Ok(None) };
        let unit = if kind.kind == VarLenKind::String { 1 } else { kind.base.size.into() };
        let len = u64::from(count).checked_mul(unit).and_then(|len| usize::try_from(len).ok());
        let Some(bytes) = len.and_then(|len| object.get(..len)) else {
            let held = object.len();
            let problem = format!("{count} elements of {unit} bytes in a heap object of {held}");
            return Err(d.broken("Length", problem));
        };
        let datatype = Arc::new((*kind.base).clone());
        Ok(Some(Elements::new(datatype, vec![count.into()], bytes.to_vec(), self.origin)))
    }

    /// What a reference says; `None` of any other type.
    ///
    /// # Errors
    ///
    /// Where the reference is malformed.
    pub fn reference(&self) -> Result<Option<Reference>> {
        let Class::Reference(kind) = &self.datatype.class else { return Ok(None) };
        let raw = RawReference { kind: *kind, bytes: self.bytes.to_vec() };
        self.origin.named(Reference::decode(&self.origin.store, &raw).map(Some))
    }
}

/// Places of elements of `base` that lie one behind the other in `len` bytes.
fn spaced(base: &Datatype, len: usize) -> impl Iterator<Item = (usize, &Datatype)> {
    let size = usize::try_from(base.size).unwrap_or(usize::MAX).max(1);
    (0..len).step_by(size).map(move |offset| (offset, base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_one_behind_the_other() {
        let base = Datatype::integer(2, true, crate::format::datatype::ByteOrder::Little).unwrap();
        let places: Vec<usize> = spaced(&base, 6).map(|(offset, _)| offset).collect();
        assert_eq!(places, [0, 2, 4]);
    }
}
