//! Opaque bytes and references, as they are stored.

use super::heap_ids::duplicate_reference;
use super::writer::{WriteValues, element_size};
use super::{
    Convert, Converter, H5Type, HeapSink, HeapSource, TypeDescriptor, Writer, no_conversion,
    no_writer,
};
use crate::error::{Error, Result};
use crate::format::datatype::{Class, Datatype, ReferenceKind};

/// The bytes of an opaque element.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::types::Opaque;
/// let file = hdfive::File::in_memory()?;
/// file.set_attr("key", hdfive::AnyValues::scalar(Opaque(vec![1, 2, 3])))?;
/// assert_eq!(file.attr("key")?.read_scalar::<Opaque>()?.0, [1, 2, 3]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Opaque(pub Vec<u8>);

/// A reference, as it is stored: its file knows what it refers to.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{RawReference, Reference};
/// let file = hdfive::File::in_memory()?;
/// file.create_group("run")?;
/// file.set_attr("latest", file.reference::<Reference>("run")?)?;
/// let raw: RawReference = file.attr("latest")?.read_scalar()?;
/// assert!(!raw.is_null());
/// assert!(file.dereference(&file.decode_reference(&raw)?).is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RawReference {
    /// What it refers to, by its type.
    pub kind: ReferenceKind,
    /// The stored bytes.
    pub bytes: Vec<u8>,
}

impl RawReference {
    /// Whether it refers to nothing: its bytes are all zero.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.bytes.iter().all(|byte| *byte == 0)
    }
}

/// Elements of `size` bytes, each made into a `T`.
struct Whole<T, C> {
    size: usize,
    context: C,
    make: fn(&C, &[u8]) -> T,
}

impl<T, C: Send + Sync> Convert<T> for Whole<T, C> {
    fn append(&self, stored: &[u8], _: &dyn HeapSource, out: &mut Vec<T>) -> Result<()> {
        let elements = stored.chunks_exact(self.size.max(1));
        out.extend(elements.map(|element| (self.make)(&self.context, element)));
        Ok(())
    }
}

impl H5Type for Opaque {
    /// Of no size of its own: it takes what is stored.
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::Opaque(0)
    }

    /// Of the first value's size.
    fn descriptor_of(values: &[Self]) -> TypeDescriptor {
        TypeDescriptor::Opaque(values.first().map_or(0, |first| first.0.len()))
    }

    fn converter(stored: &Datatype) -> Result<Converter<Self>> {
        let Class::Opaque { .. } = &stored.class else {
            return Err(no_conversion(stored, "opaque bytes"));
        };
        let size = usize::try_from(stored.size).unwrap_or(usize::MAX);
        let make = |_: &(), element: &[u8]| Self(element.to_vec());
        Converter::new(stored, Whole { size, context: (), make })
    }

    fn writer(stored: &Datatype) -> Result<Writer<Self>> {
        let Class::Opaque { .. } = &stored.class else {
            return Err(no_writer("opaque bytes", stored));
        };
        Writer::new(stored, OpaqueWriter { size: element_size(stored)? })
    }
}

impl H5Type for RawReference {
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::Reference(ReferenceKind::Object)
    }

    /// Of the first value's kind.
    fn descriptor_of(values: &[Self]) -> TypeDescriptor {
        TypeDescriptor::Reference(values.first().map_or(ReferenceKind::Object, |first| first.kind))
    }

    fn converter(stored: &Datatype) -> Result<Converter<Self>> {
        let Class::Reference(kind) = &stored.class else {
            return Err(no_conversion(stored, "a reference"));
        };
        let size = usize::try_from(stored.size).unwrap_or(usize::MAX);
        let make =
            |kind: &ReferenceKind, element: &[u8]| Self { kind: *kind, bytes: element.to_vec() };
        Converter::new(stored, Whole { size, context: *kind, make })
    }

    fn writer(stored: &Datatype) -> Result<Writer<Self>> {
        let Class::Reference(kind) = &stored.class else {
            return Err(no_writer("a reference", stored));
        };
        let writer = ReferenceWriter { kind: *kind, size: element_size(stored)? };
        Writer::new(stored, writer)
    }
}

/// The conversion of opaque bytes, all of one length.
struct OpaqueWriter {
    size: usize,
}

impl WriteValues<Opaque> for OpaqueWriter {
    fn append(&self, values: &[Opaque], _: &dyn HeapSink, out: &mut Vec<u8>) -> Result<()> {
        values.iter().try_for_each(|value| {
            check_len(&value.0, self.size)?;
            out.extend_from_slice(&value.0);
            Ok(())
        })
    }
}

/// The conversion of references, to the same kind.
struct ReferenceWriter {
    kind: ReferenceKind,
    size: usize,
}

impl WriteValues<RawReference> for ReferenceWriter {
    fn append(
        &self,
        values: &[RawReference],
        heap: &dyn HeapSink,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        values.iter().try_for_each(|value| {
            out.extend_from_slice(&value.to_element(self.kind, self.size, heap)?);
            Ok(())
        })
    }
}

impl RawReference {
    /// An element of a reference type: these bytes, but never the same object of a heap.
    pub(super) fn to_element(
        &self,
        kind: ReferenceKind,
        size: usize,
        heap: &dyn HeapSink,
    ) -> Result<Vec<u8>> {
        if self.kind != kind {
            let problem = format!("a reference of kind {:?} is none of {kind:?}", self.kind);
            return Err(Error::conversion(problem));
        }
        check_len(&self.bytes, size)?;
        duplicate_reference(kind, &self.bytes, heap)
    }
}

/// Refuses bytes that do not fill an element.
pub(super) fn check_len(bytes: &[u8], size: usize) -> Result<()> {
    if bytes.len() == size {
        return Ok(());
    }
    Err(Error::conversion(format!("{} bytes are no element of {size}", bytes.len())))
}
