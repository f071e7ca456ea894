//! Tuples: compounds whose members have places instead of names.

use super::compound::{CompoundReader, CompoundWriter};
use super::{Converter, H5Type, StructLayout, TypeDescriptor, Writer};
use crate::error::{Error, Result};
use crate::format::datatype::{Class, Datatype};

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
        /// From and to compounds of as many members, by position.
        impl<$($type: H5Type),*> H5Type for ($($type,)*) {
            fn type_descriptor() -> TypeDescriptor {
                StructLayout::new().packed(1) $(.field::<$type>(stringify!($index)))* .finish()
            }

            fn converter(stored: &Datatype) -> Result<Converter<Self>> {
                check_count(stored, $count)?;
                let reader = CompoundReader::new(stored)?;
                let columns = ($(reader.at::<$type>($index)?,)*);
                reader.finish(move |batch, out| {
                    $(let mut $name = columns.$index.read(batch)?;)*
                    while let ($(Some($name),)*) = ($($name.next(),)*) {
                        out.push(($($name,)*));
                    }
                    Ok(())
                })
            }

            fn writer(stored: &Datatype) -> Result<Writer<Self>> {
                check_count(stored, $count)?;
                let writer = CompoundWriter::by_place(stored)?;
                let columns = ($(writer.at::<$type>($index)?,)*);
                writer.finish(move |values: &[Self], batch| {
                    $(columns.$index.write(values.iter().map(|value| &value.$index), batch)?;)*
                    Ok(())
                })
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
tuple! { 9: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8 }
tuple! { 10: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9 }
tuple! { 11: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9, K k 10 }
tuple! {
    12: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9, K k 10, L l 11
}
