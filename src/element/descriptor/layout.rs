//! Where the members of a compound come to lie.

use super::{CompoundField, CompoundType, TypeDescriptor};
use crate::element::H5Type;

/// The compound that a struct is: its fields one after the other, as a C compiler lays them out.
#[derive(Debug, Clone)]
pub struct StructLayout {
    fields: Vec<CompoundField>,
    end: usize,
    /// The alignment of the whole.
    alignment: usize,
    /// What `repr(packed)` bounds all alignments by.
    most: usize,
}

impl StructLayout {
    /// No field yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "an empty compound is no type")]
    pub fn new() -> Self {
        Self { fields: Vec::new(), end: 0, alignment: 1, most: usize::MAX }
    }

    /// Has fields that follow aligned to at most so many bytes.
    #[must_use]
    pub fn packed(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// Has the whole aligned to at least so many bytes.
    #[must_use]
    pub fn aligned(self, least: usize) -> Self {
        Self { alignment: self.alignment.max(least), ..self }
    }

    /// A field of type `T`.
    #[must_use]
    pub fn field<T: H5Type>(self, name: &str) -> Self {
        let ty = T::type_descriptor();
        // What is stored in other bytes than it has in memory lies where those would.
        let alignment = if ty.size() == size_of::<T>() { align_of::<T>() } else { ty.alignment() };
        self.member(name, ty, alignment)
    }

    pub(super) fn member(mut self, name: &str, ty: TypeDescriptor, alignment: usize) -> Self {
        let alignment = alignment.min(self.most).max(1);
        self.alignment = self.alignment.max(alignment);
        let offset = self.end.next_multiple_of(alignment);
        self.end = offset.saturating_add(ty.size());
        let index = self.fields.len();
        self.fields.push(CompoundField { name: name.to_owned(), ty, offset, index });
        self
    }

    pub(super) fn compound(self) -> CompoundType {
        CompoundType { fields: self.fields, size: self.end.next_multiple_of(self.alignment) }
    }

    /// The type with these fields.
    #[must_use]
    pub fn finish(self) -> TypeDescriptor {
        TypeDescriptor::Compound(self.compound())
    }
}
