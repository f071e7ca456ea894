//! Opaque bytes and references, as they are stored.

use super::{Convert, Converter, H5Type, HeapSource, TypeDescriptor, no_conversion};
use crate::error::Result;
use crate::format::datatype::{Class, Datatype, ReferenceKind};

/// The bytes of an opaque element.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Opaque(pub Vec<u8>);

/// A reference, as it is stored: its file knows what it refers to.
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

    fn converter(stored: &Datatype) -> Result<Converter<Self>> {
        let Class::Opaque { .. } = &stored.class else {
            return Err(no_conversion(stored, "opaque bytes"));
        };
        let size = usize::try_from(stored.size).unwrap_or(usize::MAX);
        let make = |_: &(), element: &[u8]| Self(element.to_vec());
        Converter::new(stored, Whole { size, context: (), make })
    }
}

impl H5Type for RawReference {
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::Reference(ReferenceKind::Object)
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
}
