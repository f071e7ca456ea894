//! Enumerated datatypes.

use std::borrow::Cow;

use super::{Budget, Datatype, Header, names};
use crate::codec::{Decoder, Encoder, Structure};
use crate::error::{Error, Result};

/// Named values of an integer type.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::Class;
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.create_dataset("x", true)?.dtype()?;
/// let Class::Enum(boolean) = &datatype.definition().class else { panic!("no enumeration") };
/// let names = boolean.members.iter().map(|member| member.name.as_slice());
/// assert!(names.eq([b"FALSE".as_slice(), b"TRUE"]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Enumeration {
    /// The type of the values.
    pub base: Box<Datatype>,
    /// The names and their values, in the order of the file.
    pub members: Vec<EnumerationMember>,
}

/// A named value.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::Class;
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.create_dataset("x", true)?.dtype()?;
/// let Class::Enum(boolean) = &datatype.definition().class else { panic!("no enumeration") };
/// assert_eq!(boolean.members.last().map(|member| member.value.as_slice()), Some([1].as_slice()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct EnumerationMember {
    /// Its name, as the file's bytes.
    pub name: Vec<u8>,
    /// Its value: the bytes of one element of the base type.
    pub value: Vec<u8>,
}

impl EnumerationMember {
    /// A named value.
    #[must_use]
    pub fn new(name: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), value: value.into() }
    }

    /// Its name, as text.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.name)
    }
}

impl Enumeration {
    pub(super) fn decode(d: &mut Decoder<'_>, header: Header, budget: &mut Budget) -> Result<Self> {
        let at = d.location("Number of Members");
        let count = header.count();
        budget.take(count.into(), d.limits()).map_err(|error| error.or_at(at))?;
        let base = Box::new(Datatype::decode_nested(d, budget)?);
        if base.size != header.size {
            let problem = format!("values of {} bytes in {}", base.size, header.size);
            return Err(Error::broken(at, problem));
        }
        let mut names = Vec::new();
        for _ in 0..count {
            names.push(names::decode_name(d, "Names", header.version)?);
        }
        let mut members = Vec::with_capacity(names.len());
        for name in names {
            let value = d.bytes_u64("Values", base.size.into())?.to_vec();
            members.push(EnumerationMember { name, value });
        }
        Ok(Self { base, members })
    }

    pub(super) fn encode(&self, e: &mut Encoder, version: u8) -> Result<()> {
        self.base.encode(e)?;
        for member in &self.members {
            names::encode_name(e, "Names", &member.name, version)?;
        }
        for member in &self.members {
            if u32::try_from(member.value.len()).ok() != Some(self.base.size) {
                return Err(e.broken("Values", "a value is not as long as the base type"));
            }
            e.bytes(&member.value);
        }
        Ok(())
    }

    /// The name of the value stored as `value`.
    #[must_use]
    pub fn name_of(&self, value: &[u8]) -> Option<Cow<'_, str>> {
        self.members.iter().find(|member| member.value == value).map(EnumerationMember::name)
    }
}
