//! `bool`.

use super::number::Numbers;
use super::{
    Convert, Converter, H5Type, HeapSource, NoHeap, TypeDescriptor, Writer, native, no_conversion,
};
use crate::error::{Error, Result};
use crate::format::datatype::{Class, Datatype, Enumeration};

/// From 0 and 1 and back: of an enumeration of FALSE and TRUE, a bit field, or an integer.
impl H5Type for bool {
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::Boolean
    }

    fn converter(stored: &Datatype) -> Result<Converter<Self>> {
        check(stored)?;
        Converter::new(stored, Booleans { numbers: Numbers::of_bits(stored)? })
    }

    fn writer(stored: &Datatype) -> Result<Writer<Self>> {
        check(stored)?;
        Ok(native::number_writer_of_bits::<u8>(stored)?.after(|value| (*value).into()))
    }
}

/// Refuses types that do not hold booleans.
fn check(stored: &Datatype) -> Result<()> {
    let fits = match &stored.class {
        Class::Enum(enumeration) => is_boolean(enumeration),
        Class::Bitfield(_) | Class::Integer(_) => true,
        _ => false,
    };
    if fits { Ok(()) } else { Err(no_conversion(stored, "bool")) }
}

/// Whether an enumeration is that of FALSE = 0 and TRUE = 1.
pub(crate) fn is_boolean(enumeration: &Enumeration) -> bool {
    let value = |name: &str| {
        let named = |own: &[u8]| own.eq_ignore_ascii_case(name.as_bytes());
        let member = enumeration.members.iter().find(|member| named(&member.name))?;
        let mut out = [0];
        let numbers = Numbers::<i64>::of_bits(&enumeration.base).ok()?;
        numbers.fill(&member.value, &NoHeap, &mut out).ok()?;
        let [value] = out;
        Some(value)
    };
    enumeration.members.len() == 2 && value("FALSE") == Some(0) && value("TRUE") == Some(1)
}

/// 64 bits with a sign: what does not fit becomes the nearest, which is neither 0 nor 1.
struct Booleans {
    numbers: Numbers<i64>,
}

impl Convert<bool> for Booleans {
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<bool>) -> Result<()> {
        let mut numbers = Vec::new();
        self.numbers.append(stored, heap, &mut numbers)?;
        numbers.into_iter().try_for_each(|number| {
            out.push(match number {
                0 => false,
                1 => true,
                other => return Err(Error::conversion(format!("{other} is no boolean"))),
            });
            Ok(())
        })
    }
}
