//! Arrays of elements of types known only at run time.

mod display;
#[cfg(feature = "serde")]
mod serialize;
mod write;

use std::sync::Arc;

use super::container::Container;
use super::heap::Heap;
use super::selection::Selection;
use super::values::Values;
use crate::codec::wide;
use crate::element::{
    ConversionMode, CopiedReferences, ElementCopy, H5Type, InMode, InlineHeap, InlineSink,
    TypeDescriptor, Value, WIDTHS, reader,
};
use crate::error::{Error, Result};
use crate::format::datatype::Datatype;

/// An array of elements of a type known only at run time, with all that they hold: it needs no file.
///
/// [`types::dyn_value::DynArray`](crate::types::dyn_value::DynArray) is another type: an array in one
/// element.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{DynArray, Value};
/// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let points: DynArray = file.dataset("run1/points")?.read_array(..)?;
/// assert_eq!(points.shape(), [2]);
/// println!("{}: {points}", points.descriptor()?);
/// let counts: Vec<_> = points.values()?.iter().map(|p| p.get("count").cloned()).collect();
/// assert_eq!(counts, [Some(Value::Integer(3)), Some(Value::Integer(4))]);
/// let time = file.dataset("run1/time")?.read_array(1..)?;
/// assert_eq!(time.to_vec::<f32>()?.len(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DynArray {
    datatype: Arc<Datatype>,
    shape: Vec<usize>,
    len: usize,
    /// The elements, and behind them what they name.
    bytes: Vec<u8>,
}

impl DynArray {
    /// Values of a type that is known.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where no file can hold one.
    pub fn try_new<'d, T: H5Type, D>(values: impl Into<Values<'d, T, D>>) -> Result<Self> {
        let values = values.into();
        let datatype = T::descriptor_of(values.as_slice()).to_datatype(WIDTHS)?;
        let len = values.as_slice().len();
        let sink = InlineSink::behind(len.saturating_mul(size(&datatype)));
        let mut elements = Vec::new();
        T::writer(&datatype)?.write(values.as_slice(), &sink, &mut elements)?;
        let (datatype, bytes) = (Arc::new(datatype), sink.join(elements));
        Ok(Self { datatype, shape: values.shape().to_vec(), len, bytes })
    }

    /// Elements along each axis; none of a single one.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of axes.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The type of each element, in all its detail.
    #[must_use]
    pub fn definition(&self) -> &Datatype {
        &self.datatype
    }

    /// The type of each element in terms of Rust types.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where there is no such term.
    pub fn descriptor(&self) -> Result<TypeDescriptor> {
        TypeDescriptor::from_datatype(&self.datatype)
    }

    /// The element at these indices; `None` where there is none.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::{DynArray, Value};
    /// let names = DynArray::try_new(["a", "b"])?;
    /// assert_eq!(names.get([1]), Some(Value::String("b".to_owned())));
    /// assert_eq!(names.get([2]), None);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn get(&self, index: impl AsRef<[usize]>) -> Option<Value> {
        let index = index.as_ref();
        if index.len() != self.shape.len() {
            return None;
        }
        let axes = index.iter().zip(&self.shape);
        let place = axes.into_iter().try_fold(0_usize, |place, (at, len)| {
            (at < len).then_some(place.checked_mul(*len)?.checked_add(*at)?)
        })?;
        self.value(place)
    }

    /// The element at this place in row-major order.
    fn value(&self, place: usize) -> Option<Value> {
        let size = size(&self.datatype);
        let element = self.elements().get(place.checked_mul(size)?..)?.get(..size)?;
        Value::read(&self.datatype, element, &InlineHeap(&self.bytes)).ok()
    }

    /// The elements in row-major order.
    ///
    /// # Errors
    ///
    /// Where their type has no [`Value`].
    pub fn values(&self) -> Result<Vec<Value>> {
        self.values_in(ConversionMode::Saturating)
    }

    fn values_in(&self, mode: ConversionMode) -> Result<Vec<Value>> {
        let mut out = Vec::new();
        let heap = InMode { heap: &InlineHeap(&self.bytes), mode };
        reader(&self.datatype)?.convert(self.elements(), &heap, &mut out)?;
        Ok(out)
    }

    /// All of it as one value: a single element as it is, others as an array.
    ///
    /// # Errors
    ///
    /// As [`values`](Self::values).
    pub fn to_value(&self) -> Result<Value> {
        let mut elements = self.values()?;
        match elements.pop_if(|_| self.shape.is_empty()) {
            Some(one) => Ok(one),
            None => Ok(Value::Array { shape: self.shape.clone(), elements }),
        }
    }

    /// The elements as values of type `T`, in row-major order.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where they do not convert.
    pub fn to_vec<T: H5Type>(&self) -> Result<Vec<T>> {
        self.to_vec_in(ConversionMode::Saturating)
    }

    /// As [`to_vec`](Self::to_vec), in a mode.
    ///
    /// # Errors
    ///
    /// As [`to_vec`](Self::to_vec).
    pub fn to_vec_in<T: H5Type>(&self, mode: ConversionMode) -> Result<Vec<T>> {
        let mut out = Vec::new();
        let heap = InMode { heap: &InlineHeap(&self.bytes), mode };
        T::converter(&self.datatype)?.convert(self.elements(), &heap, &mut out)?;
        Ok(out)
    }

    /// The elements as an array of values of type `T`, of as many axes as `D` says.
    ///
    /// # Errors
    ///
    /// As [`to_vec`](Self::to_vec), and [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the number
    /// of axes differs.
    #[cfg(feature = "ndarray")]
    pub fn to_array<T: H5Type, D: ndarray::Dimension>(&self) -> Result<ndarray::Array<T, D>> {
        let shape = ndarray::IxDyn(&self.shape);
        let array = ndarray::ArrayD::from_shape_vec(shape, self.to_vec()?)
            .map_err(|error| Error::usage(error.to_string()))?;
        array.into_dimensionality().map_err(|_| {
            let (axes, wanted) = (self.ndim(), D::NDIM.unwrap_or(0));
            Error::usage(format!("the array has {axes} axes, not {wanted}"))
        })
    }

    /// The elements as they are stored, without what they name.
    fn elements(&self) -> &[u8] {
        self.bytes.get(..self.len.saturating_mul(size(&self.datatype))).unwrap_or_default()
    }
}

fn size(datatype: &Datatype) -> usize {
    usize::try_from(datatype.size).unwrap_or(usize::MAX)
}

impl Container {
    /// Reads the selected elements, whatever they are, with all that they hold.
    ///
    /// # Errors
    ///
    /// As [`read_elements`](Self::read_elements).
    pub fn read_array(&self, selection: impl Into<Selection>) -> Result<DynArray> {
        let _reading = self.named(self.found.store.reading())?;
        let read = || {
            let now = self.current()?;
            let resolved = now.resolve(&selection.into())?;
            let mut bytes = now.read_bytes(&resolved.elements)?;
            let mut datatype = Arc::clone(&now.stored_type().datatype);
            let narrow = |len: u64| {
                usize::try_from(len).map_err(|_| Error::usage("the elements do not fit memory"))
            };
            let len = narrow(resolved.elements.len())?;
            if datatype.is_variable() {
                let there = datatype.with_sizes(WIDTHS)?;
                let sink = InlineSink::behind(len.saturating_mul(size(&there)));
                let (source, references) = (&Heap::new(&self.found.store), CopiedReferences::Keep);
                let copy = ElementCopy { source, sink: &sink, references };
                let elements = copy.run(&datatype, &there, &bytes)?;
                (datatype, bytes) = (Arc::new(there), sink.join(elements));
            }
            let shape = resolved.shape.iter().map(|len| narrow(*len)).collect::<Result<_>>()?;
            Ok(DynArray { datatype, shape, len, bytes })
        };
        self.named(read())
    }
}

/// As many as there are, in 64 bits.
fn total(shape: &[usize]) -> u64 {
    shape.iter().fold(1, |n: u64, len| n.saturating_mul(wide(*len)))
}

#[cfg(test)]
mod tests;
