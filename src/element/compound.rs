//! Compounds: tuples, and structs through them; from the file and back.

use super::convert::gather;
use super::writer::{WriteValues, zeroed};
use super::{
    CompoundField, CompoundType, Convert, Converter, H5Type, HeapSink, HeapSource, TypeDescriptor,
    Writer, no_conversion, no_writer,
};
use crate::error::{Error, Result};
use crate::format::datatype::{Class, Datatype, Member};

/// Elements converted at a time, which bounds the memory their columns take.
const BATCH: usize = 4096;

/// A tuple whose parts members of a compound convert to.
#[doc(hidden)]
pub trait FieldTypes: Sized {
    /// Number of parts.
    const COUNT: usize;

    /// The types of the parts.
    fn descriptors() -> Vec<TypeDescriptor>;

    /// How compounds become tuples: from the members `pick` picks, in the order of the parts.
    ///
    /// # Errors
    ///
    /// Where a member does not convert to its part, or is not there.
    fn fields(
        stored: &Datatype,
        pick: &dyn Fn(&[Member], usize) -> Option<usize>,
    ) -> Result<Converter<Self>>;

    /// How tuples become compounds: the parts in the order of `pick`.
    ///
    /// # Errors
    ///
    /// Where a part does not convert to its member, or there are more members than parts.
    fn field_writer(
        stored: &Datatype,
        pick: &dyn Fn(&[Member], usize) -> Option<usize>,
    ) -> Result<Writer<Self>>;
}

/// The member of the name that part `index` has.
fn by_name(names: &[&str], members: &[Member], index: usize) -> Option<usize> {
    let name = names.get(index)?;
    members.iter().position(|member| member.name == name.as_bytes())
}

/// Says which name is missing, where one is.
fn or_missing(error: Error, stored: &Datatype, names: &[&str]) -> Error {
    let Class::Compound(members) = &stored.class else { return error };
    let missing = |name: &&&str| !members.iter().any(|m| m.name == name.as_bytes());
    match names.iter().find(missing) {
        Some(name) => Error::conversion(format!("the compound has no member \"{name}\"")),
        None => error,
    }
}

impl<T: FieldTypes> Writer<T> {
    /// How tuples become compounds: parts become the members of the given names.
    ///
    /// # Errors
    ///
    /// Where a member is missing or is not among them, or a part does not convert to it.
    #[doc(hidden)]
    pub fn named(stored: &Datatype, names: &[&str]) -> Result<Self> {
        if let Class::Compound(members) = &stored.class
            && let Some(more) =
                members.iter().find(|m| !names.iter().any(|n| m.name == n.as_bytes()))
        {
            let problem = format!("there is no value for the member \"{}\"", more.name());
            return Err(Error::conversion(problem));
        }
        T::field_writer(stored, &|members, index| by_name(names, members, index))
            .map_err(|error| or_missing(error, stored, names))
    }
}

impl<T: FieldTypes> Converter<T> {
    /// How compounds become tuples: from the members of the given names.
    ///
    /// # Errors
    ///
    /// Where one is missing or does not convert.
    #[doc(hidden)]
    pub fn named(stored: &Datatype, names: &[&str]) -> Result<Self> {
        T::fields(stored, &|members, index| by_name(names, members, index))
            .map_err(|error| or_missing(error, stored, names))
    }
}

/// One member of a compound.
struct Column<T> {
    offset: usize,
    convert: Converter<T>,
}

impl<T: H5Type> Column<T> {
    fn new(member: Option<&Member>) -> Result<Self> {
        let member = member.ok_or_else(too_few)?;
        let offset = usize::try_from(member.offset).unwrap_or(usize::MAX);
        let convert = T::converter(&member.datatype).map_err(|error| in_member(&error, member))?;
        Ok(Self { offset, convert })
    }

    fn read(
        &self,
        stored: &[u8],
        size: usize,
        heap: &dyn HeapSource,
        scratch: &mut Vec<u8>,
    ) -> Result<std::vec::IntoIter<T>> {
        let mut values = Vec::new();
        scratch.clear();
        gather(stored, size, self.offset, self.convert.size(), scratch);
        self.convert.convert(scratch, heap, &mut values)?;
        Ok(values.into_iter())
    }
}

#[cold]
fn too_few() -> Error {
    Error::conversion("the compound has too few members")
}

/// Names the member an error arose in.
#[cold]
pub(super) fn in_member(error: &Error, member: &Member) -> Error {
    Error::conversion(format!("member \"{}\": {error}", member.name()))
}

/// One member of a compound that is written.
struct ColumnWriter<T> {
    offset: usize,
    write: Writer<T>,
}

impl<T: H5Type> ColumnWriter<T> {
    fn new(member: Option<&Member>) -> Result<Self> {
        let member = member.ok_or_else(too_few)?;
        let offset = usize::try_from(member.offset).unwrap_or(usize::MAX);
        let write = T::writer(&member.datatype).map_err(|error| in_member(&error, member))?;
        Ok(Self { offset, write })
    }

    /// Puts `values` where they belong in the elements in `out`, of `size` bytes each.
    fn write<'a>(
        &self,
        values: impl Iterator<Item = &'a T>,
        heap: &dyn HeapSink,
        (out, size): (&mut [u8], usize),
    ) -> Result<()> {
        let mut column = Vec::new();
        // What has no bytes of its own is not copied either: that costs more than it gains.
        if T::as_bytes(&[]).is_some() {
            let values: Vec<T> = values.cloned().collect();
            self.write.write(&values, heap, &mut column)?;
        } else {
            for value in values {
                self.write.write(std::slice::from_ref(value), heap, &mut column)?;
            }
        }
        let len = self.write.size();
        let end = self.offset.saturating_add(len);
        for (from, element) in column.chunks_exact(len.max(1)).zip(out.chunks_exact_mut(size)) {
            let Some(to) = element.get_mut(self.offset..end) else { continue };
            to.copy_from_slice(from);
        }
        Ok(())
    }
}

/// The columns of a tuple.
struct Columns<C> {
    size: usize,
    columns: C,
}

/// Refuses compounds of more or fewer members.
fn check_count(stored: &Datatype, wanted: usize) -> Result<()> {
    match &stored.class {
        Class::Compound(members) if members.len() != wanted => {
            let found = members.len();
            let problem = format!("a compound of {found} members is no {wanted}-tuple");
            Err(Error::conversion(problem))
        }
        _ => Ok(()),
    }
}

macro_rules! tuple {
    ($count:literal: $($type:ident $name:ident $index:tt),*) => {
        impl<$($type: H5Type),*> FieldTypes for ($($type,)*) {
            const COUNT: usize = $count;

            fn descriptors() -> Vec<TypeDescriptor> {
                vec![$($type::type_descriptor()),*]
            }

            fn fields(
                stored: &Datatype,
                pick: &dyn Fn(&[Member], usize) -> Option<usize>,
            ) -> Result<Converter<Self>> {
                let Class::Compound(members) = &stored.class else {
                    return Err(no_conversion(stored, "a compound"));
                };
                let member = |index| members.get(pick(members, index)?);
                let columns = ($(Column::<$type>::new(member($index))?,)*);
                let size = usize::try_from(stored.size).unwrap_or(usize::MAX);
                Converter::new(stored, Columns { size, columns })
            }

            fn field_writer(
                stored: &Datatype,
                pick: &dyn Fn(&[Member], usize) -> Option<usize>,
            ) -> Result<Writer<Self>> {
                let Class::Compound(members) = &stored.class else {
                    return Err(no_writer("a compound", stored));
                };
                let member = |index| members.get(pick(members, index)?);
                let columns = ($(ColumnWriter::<$type>::new(member($index))?,)*);
                let size = usize::try_from(stored.size).unwrap_or(usize::MAX);
                Writer::new(stored, Columns { size, columns })
            }
        }

        impl<$($type: H5Type),*> WriteValues<($($type,)*)> for Columns<($(ColumnWriter<$type>,)*)> {
            fn append(
                &self,
                values: &[($($type,)*)],
                heap: &dyn HeapSink,
                out: &mut Vec<u8>,
            ) -> Result<()> {
                values.chunks(BATCH).try_for_each(|batch| {
                    let elements = zeroed(out, batch.len(), self.size);
                    $(
                        let column = batch.iter().map(|value| &value.$index);
                        self.columns.$index.write(column, heap, (&mut *elements, self.size))?;
                    )*
                    Ok(())
                })
            }
        }

        impl<$($type: H5Type),*> Convert<($($type,)*)> for Columns<($(Column<$type>,)*)> {
            fn append(
                &self,
                stored: &[u8],
                heap: &dyn HeapSource,
                out: &mut Vec<($($type,)*)>,
            ) -> Result<()> {
                let mut scratch = Vec::new();
                let ($($name,)*) = &self.columns;
                for batch in stored.chunks(self.size.saturating_mul(BATCH).max(1)) {
                    $(let mut $name = $name.read(batch, self.size, heap, &mut scratch)?;)*
                    while let ($(Some($name),)*) = ($($name.next(),)*) {
                        out.push(($($name,)*));
                    }
                }
                Ok(())
            }
        }

        /// From and to compounds of as many members, by position.
        impl<$($type: H5Type),*> H5Type for ($($type,)*) {
            fn type_descriptor() -> TypeDescriptor {
                let mut end = 0_usize;
                let fields = Self::descriptors().into_iter().enumerate().map(|(index, ty)| {
                    let offset = end;
                    end = end.saturating_add(ty.size());
                    CompoundField::new(&index.to_string(), ty, offset, index)
                });
                let fields = fields.collect();
                TypeDescriptor::Compound(CompoundType { fields, size: end })
            }

            fn converter(stored: &Datatype) -> Result<Converter<Self>> {
                check_count(stored, Self::COUNT)?;
                Self::fields(stored, &|_, index| Some(index))
            }

            fn writer(stored: &Datatype) -> Result<Writer<Self>> {
                check_count(stored, Self::COUNT)?;
                Self::field_writer(stored, &|_, index| Some(index))
            }
        }
    };
}

tuple! { 1: A a 0 }
tuple! { 2: A a 0, B b 1 }
tuple! { 3: A a 0, B b 1, C c 2 }
tuple! { 4: A a 0, B b 1, C c 2, D d 3 }
tuple! { 5: A a 0, B b 1, C c 2, D d 3, E e 4 }
tuple! { 6: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5 }
tuple! { 7: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6 }
tuple! { 8: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7 }
