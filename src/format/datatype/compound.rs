//! Compound datatypes.

use std::borrow::Cow;

use super::{ArrayType, Budget, Class, Datatype, Header, array, names};
use crate::codec::{Decoder, Encoder, Structure, bytes_needed};
use crate::error::{Error, Result};

/// Most dimensions a member of a version 1 compound may have.
const MEMBER_RANK_MAX: u8 = 4;

/// A member of a compound.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::Class;
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.new_dataset::<(i32, f64)>().create("x")?.dtype()?;
/// let Class::Compound(members) = &datatype.definition().class else { panic!("no compound") };
/// assert_eq!(members.iter().map(|member| member.datatype.size).sum::<u32>(), 12);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Member {
    /// Its name, as the file's bytes.
    pub name: Vec<u8>,
    /// Its first byte in the element.
    pub offset: u32,
    /// What it is.
    pub datatype: Datatype,
}

impl Member {
    /// A member.
    #[must_use]
    pub fn new(name: impl Into<Vec<u8>>, offset: u32, datatype: Datatype) -> Self {
        Self { name: name.into(), offset, datatype }
    }

    /// Its name, as text.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.name)
    }

    /// The end of its bytes in the element.
    pub(crate) fn end(&self) -> u64 {
        u64::from(self.offset).saturating_add(self.datatype.size.into())
    }
}

pub(super) fn decode(
    d: &mut Decoder<'_>,
    header: Header,
    budget: &mut Budget,
) -> Result<Vec<Member>> {
    let at = d.location("Members");
    let count = header.count();
    if count == 0 {
        return Err(d.broken("Number of Members", "a compound without members"));
    }
    budget.take(count.into(), d.limits()).map_err(|error| error.or_at(at))?;
    let mut members = Vec::new();
    for _ in 0..count {
        let at = d.location("Member");
        let member = decode_member(d, header, budget)?;
        if member.end() > header.size.into() {
            let problem = format!("member \"{}\" ends outside the compound", member.name());
            return Err(Error::broken(at, problem));
        }
        members.push(member);
    }
    if let Some(name) = overlapping(&members) {
        return Err(Error::broken(at, format!("member \"{name}\" overlaps another")));
    }
    Ok(members)
}

fn decode_member(d: &mut Decoder<'_>, header: Header, budget: &mut Budget) -> Result<Member> {
    let name = names::decode_name(d, "Name", header.version)?;
    let width = if header.version < 3 { 4 } else { bytes_needed(header.size.into()) };
    let at = d.location("Byte Offset of Member");
    let offset = u32::try_from(d.uint("Byte Offset of Member", width)?)
        .map_err(|_| Error::broken(at, "needs more than 32 bits"))?;
    let dimensions = if header.version == 1 { decode_dimensions(d)? } else { Vec::new() };
    let at = d.location("Member Type Message");
    let datatype = Datatype::decode_nested(d, budget)?;
    let datatype = if dimensions.is_empty() {
        datatype
    } else {
        let array = ArrayType { dimensions, base: Box::new(datatype) };
        Datatype { version: 1, size: array.size_at(at)?, class: Class::Array(array) }
    };
    Ok(Member { name, offset, datatype })
}

/// The dimensions that version 1 keeps beside a member.
fn decode_dimensions(d: &mut Decoder<'_>) -> Result<Vec<u32>> {
    let rank = d.u8_in("Dimensionality", 0..=MEMBER_RANK_MAX)?;
    d.skip("Reserved", 3)?;
    d.skip("Dimension Permutation", 4)?;
    d.skip("Reserved", 4)?;
    let dimensions = array::decode_dimensions(d, rank)?;
    let unused = usize::from(MEMBER_RANK_MAX.saturating_sub(rank));
    d.skip("Dimension Size", unused.saturating_mul(4))?;
    Ok(dimensions)
}

/// The name of a member that shares bytes with another.
fn overlapping(members: &[Member]) -> Option<Cow<'_, str>> {
    let mut order: Vec<&Member> = members.iter().collect();
    order.sort_by_key(|member| member.offset);
    order
        .iter()
        .zip(order.iter().skip(1))
        .find_map(|(first, second)| (first.end() > second.offset.into()).then(|| second.name()))
}

/// Whether `members` make a compound of `size` bytes: a mistake of the caller where not.
pub(super) fn check(members: &[Member], size: u32) -> Result<()> {
    if members.is_empty() || u16::try_from(members.len()).is_err() {
        return Err(Error::usage("a compound has 1 to 65,535 members"));
    }
    if let Some(member) = members.iter().find(|member| member.end() > size.into()) {
        let problem = format!("member \"{}\" ends outside the compound", member.name());
        return Err(Error::usage(problem));
    }
    if let Some(name) = overlapping(members) {
        return Err(Error::usage(format!("member \"{name}\" overlaps another")));
    }
    let mut names: Vec<&[u8]> = members.iter().map(|member| member.name.as_slice()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() != members.len() {
        return Err(Error::usage("two members of a compound have one name"));
    }
    Ok(())
}

pub(super) fn encode(members: &[Member], e: &mut Encoder, version: u8, size: u32) -> Result<()> {
    for member in members {
        names::encode_name(e, "Name", &member.name, version)?;
        let width = if version < 3 { 4 } else { bytes_needed(size.into()) };
        e.uint("Byte Offset of Member", member.offset.into(), width)?;
        if version > 1 {
            member.datatype.encode(e)?;
            continue;
        }
        match &member.datatype {
            Datatype { version: 1, class: Class::Array(array), .. } => {
                encode_dimensions(e, &array.dimensions)?;
                array.base.encode(e)?;
            }
            datatype => {
                encode_dimensions(e, &[])?;
                datatype.encode(e)?;
            }
        }
    }
    Ok(())
}

fn encode_dimensions(e: &mut Encoder, dimensions: &[u32]) -> Result<()> {
    let rank: u8 = e.count("Dimensionality", dimensions.len())?;
    if rank > MEMBER_RANK_MAX {
        return Err(e.broken("Dimensionality", format!("{rank} dimensions in version 1")));
    }
    e.u8(rank);
    e.zeros(3 + 4 + 4);
    dimensions.iter().for_each(|dimension| e.u32(*dimension));
    e.zeros(usize::from(MEMBER_RANK_MAX.saturating_sub(rank)).saturating_mul(4));
    Ok(())
}
