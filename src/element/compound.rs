//! Compounds: tuples, and structs through them.

use super::convert::gather;
use super::{
    CompoundField, CompoundType, Convert, Converter, H5Type, HeapSource, TypeDescriptor,
    no_conversion,
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
}

impl<T: FieldTypes> Converter<T> {
    /// How compounds become tuples: from the members of the given names.
    ///
    /// # Errors
    ///
    /// Where one is missing or does not convert.
    #[doc(hidden)]
    pub fn named(stored: &Datatype, names: &[&str]) -> Result<Self> {
        T::fields(stored, &|members, index| {
            let name = names.get(index)?;
            members.iter().position(|member| member.name == name.as_bytes())
        })
        .map_err(|error| match &stored.class {
            Class::Compound(members) => {
                let missing = |name: &&&str| !members.iter().any(|m| m.name == name.as_bytes());
                match names.iter().find(missing) {
                    Some(name) => {
                        Error::conversion(format!("the compound has no member \"{name}\""))
                    }
                    None => error,
                }
            }
            _ => error,
        })
    }
}

/// One member of a compound.
struct Column<T> {
    offset: usize,
    convert: Converter<T>,
}

impl<T: H5Type> Column<T> {
    fn new(member: Option<&Member>) -> Result<Self> {
        let member = member
            .ok_or_else(|| Error::conversion("the compound has too few members".to_owned()))?;
        let offset = usize::try_from(member.offset).unwrap_or(usize::MAX);
        let convert = T::converter(&member.datatype)
            .map_err(|error| Error::conversion(format!("member \"{}\": {error}", member.name())))?;
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

/// The columns of a tuple.
struct Columns<C> {
    size: usize,
    columns: C,
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

        /// From compounds of as many members, by position.
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
                if let Class::Compound(members) = &stored.class {
                    if members.len() != Self::COUNT {
                        let (found, wanted) = (members.len(), Self::COUNT);
                        let problem = format!("a compound of {found} members is no {wanted}-tuple");
                        return Err(Error::conversion(problem));
                    }
                }
                Self::fields(stored, &|_, index| Some(index))
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
