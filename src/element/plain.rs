//! Structs that are nothing but the bytes of their fields: `bytemuck::Pod`, which their program derives.

use std::marker::PhantomData;

use bytemuck::Pod;

use super::native;
use super::{H5Type, Writer};
use crate::error::Result;
use crate::format::datatype::{Class, Datatype, Member};
use crate::io::pages;

/// The memory of values, which its functions give where `T` is `Pod`, and those of [`AnyMemory`] do not
/// where it is not.
///
/// What is derived for a type asks by these names; the compiler takes the functions of the type where
/// they are there, else those of the trait.
#[derive(Debug)]
pub struct Memory<T>(PhantomData<T>);

impl<T: Pod> Memory<T> {
    /// Whether values are nothing but bytes.
    pub const IS_PLAIN: bool = true;

    /// The bytes of `values`.
    #[must_use]
    pub fn bytes(values: &[T]) -> Option<&[u8]> {
        Some(bytemuck::cast_slice(values))
    }

    /// The bytes of `values`, to be set.
    #[must_use]
    pub fn bytes_mut(values: &mut [T]) -> Option<&mut [u8]> {
        Some(bytemuck::cast_slice_mut(values))
    }

    /// `count` values of zero bytes.
    #[must_use]
    pub fn zeros(count: usize) -> Option<Vec<T>> {
        pages::zeroed(count)
    }

    /// The values that lie in `bytes`.
    #[must_use]
    pub fn values(bytes: &[u8]) -> Option<&[T]> {
        bytemuck::try_cast_slice(bytes).ok()
    }

    /// The value that has these bytes.
    #[inline]
    #[must_use]
    pub fn value(bytes: &[u8]) -> Option<T> {
        bytemuck::try_pod_read_unaligned(bytes).ok()
    }

    /// How values become elements that are their bytes, and are stored as `stored`.
    ///
    /// # Errors
    ///
    /// Where elements are larger than memory.
    pub fn writer(stored: &Datatype) -> Option<Result<Writer<T>>> {
        Some(native::writer_of(Self::bytes, stored, stored))
    }
}

/// What [`Memory`] says of types that hold more than bytes.
pub trait AnyMemory<T> {
    /// Whether values are nothing but bytes.
    const IS_PLAIN: bool = false;

    /// Nothing.
    #[must_use]
    fn bytes(_: &[T]) -> Option<&[u8]> {
        None
    }

    /// Nothing.
    #[must_use]
    fn bytes_mut(_: &mut [T]) -> Option<&mut [u8]> {
        None
    }

    /// Nothing.
    #[must_use]
    fn zeros(_: usize) -> Option<Vec<T>> {
        None
    }

    /// Nothing.
    #[must_use]
    fn values(_: &[u8]) -> Option<&[T]> {
        None
    }

    /// Nothing.
    #[must_use]
    fn value(_: &[u8]) -> Option<T> {
        None
    }

    /// Nothing.
    ///
    /// # Errors
    ///
    /// None.
    fn writer(_: &Datatype) -> Option<Result<Writer<T>>> {
        None
    }
}

impl<T> AnyMemory<T> for Memory<T> {}

/// Whether the members of a compound lie as the fields of a struct do.
#[derive(Debug)]
pub struct SameLayout<'a> {
    /// All of them; `None` once one is not as its field.
    members: Option<&'a [Member]>,
}

impl<'a> SameLayout<'a> {
    /// Whether elements stored as `stored` are compounds as large as `T`, with so many members.
    #[must_use]
    pub fn new<T>(stored: &'a Datatype, fields: usize) -> Self {
        let members = match &stored.class {
            Class::Compound(members) => Some(members.as_slice()),
            _ => None,
        };
        let same_size = usize::try_from(stored.size).is_ok_and(|size| size == size_of::<T>());
        Self { members: members.filter(|members| same_size && members.len() == fields) }
    }

    /// Whether one of them, of this name and place, has the bytes of a `T`.
    #[must_use]
    pub fn field<T: H5Type>(self, name: &str, offset: usize) -> Self {
        let is_same = |member: &Member| {
            member.name == name.as_bytes()
                && usize::try_from(member.offset).is_ok_and(|at| at == offset)
                && usize::try_from(member.datatype.size).is_ok_and(|size| size == size_of::<T>())
                && T::is_identical(&member.datatype)
        };
        Self { members: self.members.filter(|members| members.iter().any(is_same)) }
    }

    /// Whether all are.
    #[must_use]
    pub fn finish(self) -> bool {
        self.members.is_some()
    }
}
