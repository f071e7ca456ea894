//! Variable-length sequences and arrays, from the file and back.

use std::borrow::Cow;

use super::writer::WriteValues;
use super::{
    Convert, Converter, H5Type, HeapSink, HeapSource, TypeDescriptor, VarLenArray, Writer,
    no_conversion, no_writer,
};
use crate::codec::{Address, Decoder, Encoder, Sizes, Structure, words};
use crate::error::{Error, Result};
use crate::format::datatype::{ArrayType, Class, Datatype};
use crate::format::global_heap::HeapId;
use crate::limits::Limits;

/// The bytes of an element in a file whose addresses have 8 bytes.
pub(crate) type UsualElement = [u8; 16];

/// An element that stands for data in the heap: length (4), heap identifier.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeapElement {
    sizes: Sizes,
}

impl HeapElement {
    const NAME: &'static str = "Variable-Length Element";

    /// The element of the given type. Its size tells how wide the file's addresses are.
    pub(crate) fn new(stored: &Datatype) -> Result<Self> {
        let width = stored.size.checked_sub(8).and_then(|width| u8::try_from(width).ok());
        match width {
            Some(width @ (2 | 4 | 8 | 16 | 32)) => {
                Ok(Self { sizes: Sizes { offsets: width, lengths: width } })
            }
            _ => {
                let problem = format!("variable-length elements of {} bytes", stored.size);
                Err(Error::unsupported(problem))
            }
        }
    }

    /// The element that stands for the `len` elements that `id` names.
    pub(crate) fn make(self, len: usize, id: &HeapId) -> Result<Vec<u8>> {
        let mut e = self.encoder(Vec::new());
        Self::encode(&mut e, len, id)?;
        Ok(e.into_bytes())
    }

    /// An encoder of elements that go behind `bytes`.
    pub(crate) fn encoder(self, bytes: Vec<u8>) -> Encoder {
        Encoder::behind(Self::NAME, self.sizes, bytes)
    }

    /// Writes the element that stands for the `len` elements that `id` names.
    #[inline]
    pub(crate) fn encode(e: &mut Encoder, len: usize, id: &HeapId) -> Result<()> {
        let len = u32::try_from(len).map_err(|_| too_long(len))?;
        if e.sizes().offsets == 8 {
            e.u128(u128::from(len) | id.packed() << 32);
            return Ok(());
        }
        e.u32(len);
        id.encode(e)
    }

    /// Bytes of an element.
    #[inline]
    pub(crate) fn size(self) -> usize {
        usize::from(self.sizes.offsets).saturating_add(8)
    }

    /// Elements in `stored`, where they are as wide as in nearly all files.
    #[inline]
    pub(crate) fn usual(self, stored: &[u8]) -> Option<&[UsualElement]> {
        (self.size() == size_of::<UsualElement>()).then_some(stored.as_chunks().0)
    }

    /// The length, the address and the index in an element of the usual width.
    #[inline]
    pub(crate) fn usual_parts(element: &UsualElement) -> (u32, u64, u32) {
        let [first, second] = words(element).unwrap_or_default();
        let low = |word: u64| u32::try_from(word & 0xffff_ffff).unwrap_or(0);
        (low(first), first >> 32 | second << 32, low(second >> 32))
    }

    /// The length and the heap identifier in `element`.
    #[inline]
    pub(crate) fn parts(self, element: &[u8]) -> Result<(u32, HeapId)> {
        if let Some(element) = self.usual(element).and_then(<[_]>::first) {
            let (len, address, index) = Self::usual_parts(element);
            return Ok((len, HeapId::new(Address::of_word(address), index)));
        }
        let mut d = Decoder::new(Self::NAME, element, 0, self.sizes, &Limits::DEFAULT);
        Ok((d.u32("Length")?, HeapId::decode(&mut d)?))
    }

    /// Calls `take` with the data that `element` stands for, whose own elements have `size` bytes
    /// each.
    pub(crate) fn with(
        self,
        element: &[u8],
        size: usize,
        heap: &dyn HeapSource,
        take: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let (len, id) = self.parts(element)?;
        if len == 0 || id.address.is_none() {
            return take(&[]);
        }
        let needed = usize::try_from(len).ok().and_then(|len| len.checked_mul(size));
        heap.with_object(&id, &mut |data| match needed.and_then(|needed| data.get(..needed)) {
            Some(data) => take(data),
            None => Err(self.too_short(element, size, data.len())),
        })
    }

    /// The error of data that are shorter than `element` has them, `found` bytes.
    #[cold]
    pub(crate) fn too_short(self, element: &[u8], size: usize, found: usize) -> Error {
        let d = Decoder::new(Self::NAME, element, 0, self.sizes, &Limits::DEFAULT);
        let len = self.parts(element).map_or(0, |(len, _)| len);
        d.broken("Length", format!("{len} elements of {size} bytes in {found} bytes"))
    }

    /// The data that `element` stands for, whose own elements have `size` bytes each.
    pub(crate) fn read<'a>(
        self,
        element: &[u8],
        size: usize,
        heap: &'a dyn HeapSource,
    ) -> Result<Cow<'a, [u8]>> {
        let (len, id) = self.parts(element)?;
        if len == 0 || id.address.is_none() {
            return Ok(Cow::Borrowed(&[]));
        }
        let data = heap.heap_object(&id)?.unwrap_or_default();
        let needed = usize::try_from(len).ok().and_then(|len| len.checked_mul(size));
        match (needed, data) {
            (Some(needed), Cow::Borrowed(data)) if needed <= data.len() => {
                Ok(Cow::Borrowed(data.get(..needed).unwrap_or(data)))
            }
            (Some(needed), Cow::Owned(mut data)) if needed <= data.len() => {
                data.truncate(needed);
                Ok(Cow::Owned(data))
            }
            (_, data) => Err(self.too_short(element, size, data.len())),
        }
    }
}

#[cold]
fn too_long(len: usize) -> Error {
    Error::conversion(format!("a sequence of {len} elements is too long"))
}

/// What the rows of an array are: the base type, or an array without the slowest dimension.
pub(crate) fn row(array: &ArrayType) -> Result<Datatype> {
    match array.dimensions.split_first() {
        Some((_, rest)) if !rest.is_empty() => Datatype::array((*array.base).clone(), rest),
        _ => Ok((*array.base).clone()),
    }
}

struct Sequences<T> {
    element: HeapElement,
    size: usize,
    base: Converter<T>,
}

impl<T: Send + Sync> Convert<Vec<T>> for Sequences<T> {
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<Vec<T>>) -> Result<()> {
        for element in stored.chunks_exact(self.size.max(1)) {
            self.element.with(element, self.base.size(), heap, &mut |data| {
                let mut values = Vec::new();
                self.base.convert(data, heap, &mut values)?;
                out.push(values);
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// Arrays of `len` values each.
struct Rows<T> {
    len: usize,
    base: Converter<T>,
}

impl<T: Clone + Send + Sync> Convert<Vec<T>> for Rows<T> {
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<Vec<T>>) -> Result<()> {
        let mut values = Vec::new();
        self.base.convert(stored, heap, &mut values)?;
        out.extend(values.chunks_exact(self.len.max(1)).map(<[T]>::to_vec));
        Ok(())
    }
}

impl<T: Clone + Send + Sync, const N: usize> Convert<[T; N]> for Rows<T> {
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<[T; N]>) -> Result<()> {
        let mut values = Vec::new();
        self.base.convert(stored, heap, &mut values)?;
        let rows = values.chunks_exact(N.max(1)).filter_map(<[T]>::first_chunk::<N>);
        out.extend(rows.cloned());
        Ok(())
    }

    fn fill(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut [[T; N]]) -> Result<()> {
        self.base.convert_into(stored, heap, out.as_flattened_mut())
    }
}

struct SequenceWriter<T> {
    element: HeapElement,
    base: Writer<T>,
}

impl<T: Send + Sync, V: AsRef<[T]>> WriteValues<V> for SequenceWriter<T> {
    fn append(&self, values: &[V], heap: &dyn HeapSink, out: &mut Vec<u8>) -> Result<()> {
        let mut data = Vec::new();
        let mut e = self.element.encoder(std::mem::take(out));
        values.iter().map(AsRef::as_ref).try_for_each(|values| {
            data.clear();
            self.base.write(values, heap, &mut data)?;
            let id = if values.is_empty() { HeapId::NULL } else { heap.put(&data)? };
            HeapElement::encode(&mut e, values.len(), &id)
        })?;
        *out = e.into_bytes();
        Ok(())
    }
}

/// To arrays of `len` values each.
struct RowWriter<T> {
    len: usize,
    base: Writer<T>,
}

impl<T: Send + Sync, V: AsRef<[T]>> WriteValues<V> for RowWriter<T> {
    fn append(&self, values: &[V], heap: &dyn HeapSink, out: &mut Vec<u8>) -> Result<()> {
        values.iter().map(AsRef::as_ref).try_for_each(|values| {
            if values.len() != self.len {
                let problem = format!("{} values are no array of {}", values.len(), self.len);
                return Err(Error::conversion(problem));
            }
            self.base.write(values, heap, out)
        })
    }
}

/// How lists of any length become sequences or arrays.
fn list_writer<T: H5Type, V: AsRef<[T]>>(stored: &Datatype, name: &str) -> Result<Writer<V>> {
    match &stored.class {
        Class::VarLen(sequence) if !sequence.is_string() => {
            let element = HeapElement::new(stored)?;
            Writer::new(stored, SequenceWriter { element, base: T::writer(&sequence.base)? })
        }
        Class::Array(array) => {
            let (len, base) = match T::writer(&row(array)?) {
                Ok(base) => (array.dimensions.first().copied().unwrap_or(0).into(), base),
                Err(_) => (array.len(), T::writer(&array.base)?),
            };
            let len = usize::try_from(len).unwrap_or(usize::MAX);
            Writer::new(stored, RowWriter { len, base })
        }
        _ => Err(no_writer(name, stored)),
    }
}

/// To arrays of as many values as the Rust arrays have.
struct FlatWriter<T> {
    base: Writer<T>,
}

impl<T: Send + Sync, const N: usize> WriteValues<[T; N]> for FlatWriter<T> {
    fn append(&self, values: &[[T; N]], heap: &dyn HeapSink, out: &mut Vec<u8>) -> Result<()> {
        self.base.write(values.as_flattened(), heap, out)
    }
}

/// From sequences and from arrays: of rows where `T` is what rows become, else of all the values.
impl<T: H5Type> H5Type for Vec<T> {
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::VarLenArray(Box::new(T::type_descriptor()))
    }

    fn converter(stored: &Datatype) -> Result<Converter<Self>> {
        match &stored.class {
            Class::VarLen(sequence) if !sequence.is_string() => {
                let element = HeapElement::new(stored)?;
                let size = usize::try_from(stored.size).unwrap_or(usize::MAX);
                let base = T::converter(&sequence.base)?;
                Converter::new(stored, Sequences { element, size, base })
            }
            Class::Array(array) => {
                let (len, base) = match T::converter(&row(array)?) {
                    Ok(base) => (array.dimensions.first().copied().unwrap_or(0).into(), base),
                    Err(_) => (array.len(), T::converter(&array.base)?),
                };
                let len = usize::try_from(len).unwrap_or(usize::MAX);
                Converter::new(stored, Rows { len, base })
            }
            _ => Err(no_conversion(stored, "Vec")),
        }
    }

    fn writer(stored: &Datatype) -> Result<Writer<Self>> {
        list_writer::<T, Self>(stored, "Vec")
    }
}

impl<T: H5Type> H5Type for VarLenArray<T> {
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::VarLenArray(Box::new(T::type_descriptor()))
    }

    fn converter(stored: &Datatype) -> Result<Converter<Self>> {
        Ok(Vec::<T>::converter(stored)?.map(Self::from))
    }

    fn writer(stored: &Datatype) -> Result<Writer<Self>> {
        list_writer::<T, Self>(stored, "VarLenArray")
    }
}

/// The rows of an array type, of which there must be `N`.
fn row_of<const N: usize>(stored: &Datatype) -> Result<Datatype> {
    let Class::Array(array) = &stored.class else {
        return Err(no_conversion(stored, "an array"));
    };
    let len = array.dimensions.first().and_then(|len| usize::try_from(*len).ok());
    if len != Some(N) {
        let problem = format!("an array of {:?} is none of {N} rows", array.dimensions);
        return Err(Error::conversion(problem));
    }
    row(array)
}

/// From arrays with `N` elements along the slowest dimension.
impl<T: H5Type, const N: usize> H5Type for [T; N] {
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::FixedArray(Box::new(T::type_descriptor()), N)
    }

    fn converter(stored: &Datatype) -> Result<Converter<Self>> {
        let base = T::converter(&row_of::<N>(stored)?)?;
        Converter::new(stored, Rows { len: N, base })
    }

    fn writer(stored: &Datatype) -> Result<Writer<Self>> {
        let base = T::writer(&row_of::<N>(stored)?)?;
        Writer::new(stored, FlatWriter { base })
    }

    fn as_bytes(values: &[Self]) -> Option<&[u8]> {
        T::as_bytes(values.as_flattened())
    }

    fn as_bytes_mut(values: &mut [Self]) -> Option<&mut [u8]> {
        T::as_bytes_mut(values.as_flattened_mut())
    }

    fn is_identical(stored: &Datatype) -> bool {
        let Class::Array(array) = &stored.class else { return false };
        let len = array.dimensions.first().and_then(|len| usize::try_from(*len).ok());
        len == Some(N) && row(array).is_ok_and(|row| T::is_identical(&row))
    }
}
