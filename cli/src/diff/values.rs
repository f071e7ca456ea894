//! Elements that are compared.

use hdfive::definition::{ArrayType, ByteOrder, Class, Datatype, Enumeration, VarLenKind};
use hdfive::{Element, Elements, Location};

use super::counted;
use super::numbers::{self, Real};
use super::report::{Report, padded};
use super::strings;
use super::table::Table;
use crate::failure::Trouble;
use crate::names::text as name_text;
use crate::text::number::{integer_value, real};

/// Elements that are compared as bytes first.
const TOGETHER: usize = 256;

/// What a value is called that an enumeration does not name.
const NO_NAME: &str = "**INVALID VALUE**";

/// Compares elements of two datasets or attributes.
pub(super) struct Values<'r, 'a> {
    pub(super) report: &'r mut Report<'a>,
    pub(super) table: Table,
    /// Objects that the elements are of.
    pub(super) owners: [Location; 2],
}

impl Values<'_, '_> {
    /// Compares elements of which the first is the `first`-th; gives the number of differences, and
    /// no more than are wanted.
    pub(super) fn elements(
        &mut self,
        sides: [&Elements; 2],
        first: u64,
        before: u64,
    ) -> Result<u64, Trouble> {
        let [one, other] = sides;
        let plain = one.datatype().same_type(other.datatype()) && is_plain(one.datatype());
        if plain && one.bytes() == other.bytes() {
            return Ok(before);
        }
        if let (Class::Array(a), Class::Array(b)) = (&one.datatype().class, &other.datatype().class)
            && a.dimensions != b.dimensions
        {
            return self.unlike_arrays(sides, [a, b], first, before);
        }
        if plain
            && !self.report.shows()
            && let Some(more) = counted::differences(self.report.options, sides)
        {
            let found = before.saturating_add(more);
            return Ok(self.report.options.count.map_or(found, |most| found.min(most.max(before))));
        }
        self.one_by_one(sides, plain, first, before)
    }

    /// As [`elements`](Self::elements), where elements have to be looked at. `plain` says that the
    /// same bytes mean the same.
    fn one_by_one(
        &mut self,
        sides: [&Elements; 2],
        plain: bool,
        first: u64,
        before: u64,
    ) -> Result<u64, Trouble> {
        let [one, other] = sides;
        let mut found = before;
        let len = one.len().min(other.len());
        for start in (0..len).step_by(TOGETHER) {
            let end = start.saturating_add(TOGETHER).min(len);
            let bytes = sides.map(|side| {
                let size = side.bytes().len().checked_div(side.len()).unwrap_or(0);
                side.bytes().get(start.saturating_mul(size)..end.saturating_mul(size))
            });
            let [ours, theirs] = bytes;
            if plain && ours.is_some() && ours == theirs {
                continue;
            }
            for (number, index) in (start..end).zip(first.saturating_add(wide(start))..) {
                let (Some(one), Some(other)) = (one.get(number), other.get(number)) else { break };
                if plain && one.bytes() == other.bytes() {
                    continue;
                }
                found = found.saturating_add(self.element([one, other], index)?);
                if self.report.enough(found) {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// Compares two elements, or parts of the `index`-th ones.
    fn element(&mut self, sides: [Element<'_>; 2], index: u64) -> Result<u64, Trouble> {
        let [one, other] = sides;
        match (&one.datatype().class, &other.datatype().class) {
            (Class::Integer(a), Class::Integer(b)) => {
                match (integer_value(a, one.bytes()), integer_value(b, other.bytes())) {
                    (Some(a), Some(b)) => {
                        Ok(numbers::integers(self.report, &mut self.table, index, [a, b])?)
                    }
                    _ => self.raw(one.bytes(), other.bytes(), index),
                }
            }
            (Class::Float(_), Class::Float(_)) => self.reals(sides, index),
            (Class::String(a), Class::String(b)) => {
                let (len, other_len) = (one.bytes().len(), other.bytes().len());
                let padding = if len < other_len { b.padding } else { a.padding };
                let size = len.max(other_len);
                let texts = sides.map(|side| strings::fixed(side.bytes(), padding, size));
                let texts = texts.each_ref().map(|text| Some(text.as_slice()));
                Ok(strings::strings(self.report, &mut self.table, index, texts)?)
            }
            (Class::VarLen(a), Class::VarLen(b)) => {
                let text = a.kind == VarLenKind::String && b.kind == VarLenKind::String;
                if text {
                    self.variable_strings(sides, index)
                } else {
                    self.sequences(sides, index)
                }
            }
            (Class::Compound(_), Class::Compound(_))
            | (Class::Array(_), Class::Array(_))
            | (Class::Complex(_), Class::Complex(_)) => self.parts(sides, index),
            (Class::Enum(a), Class::Enum(b)) => self.enumerated(sides, [a, b], index),
            (Class::Reference(_), Class::Reference(_)) => self.references(sides),
            (Class::Bitfield(a), Class::Bitfield(b)) => {
                let one = lowest_first(one.bytes(), a.order);
                self.raw(&one, &lowest_first(other.bytes(), b.order), index)
            }
            _ => self.raw(one.bytes(), other.bytes(), index),
        }
    }

    /// Compares the parts of two elements; one that has more of them has a difference more.
    fn parts(&mut self, sides: [Element<'_>; 2], index: u64) -> Result<u64, Trouble> {
        let [one, other] = sides;
        let mut found = u64::from(one.parts().count() != other.parts().count());
        for (one, other) in one.parts().zip(other.parts()) {
            found = found.saturating_add(self.element([one, other], index)?);
        }
        Ok(found)
    }

    /// Compares arrays of different shapes, as libhdf5's tool does: all that one side has, one behind
    /// the other, with all that the other side has, as far as both would go if both had the smaller
    /// arrays. Where that tells no difference, there is one nevertheless.
    fn unlike_arrays(
        &mut self,
        sides: [&Elements; 2],
        arrays: [&ArrayType; 2],
        first: u64,
        before: u64,
    ) -> Result<u64, Trouble> {
        let [one, other] = sides;
        let [a, b] = arrays;
        let len = a.len().min(b.len()).max(1);
        let parts = one.iter().flat_map(|side| side.parts());
        let parts = parts.zip(other.iter().flat_map(|side| side.parts()));
        let count = u64::try_from(one.len()).unwrap_or(u64::MAX).saturating_mul(len);
        let mut found = before;
        for ((one, other), number) in parts.zip(0..count) {
            let index = first.saturating_add(number.checked_div(len).unwrap_or(0));
            found = found.saturating_add(self.element([one, other], index)?);
            if self.report.enough(found) {
                break;
            }
        }
        Ok(if one.is_empty() { found } else { found.max(1) })
    }

    /// Compares bytes; of the longer side, those that the other lacks with zeros.
    fn raw(&mut self, one: &[u8], other: &[u8], index: u64) -> Result<u64, Trouble> {
        let mut found = 0_u64;
        for at in 0..one.len().max(other.len()) {
            let bytes = [one, other].map(|bytes| bytes.get(at).copied().unwrap_or(0));
            let more = numbers::bytes(self.report, &mut self.table, index, bytes)?;
            found = found.saturating_add(more);
        }
        Ok(found)
    }

    fn reals(&mut self, sides: [Element<'_>; 2], index: u64) -> Result<u64, Trouble> {
        let [one, other] = sides;
        let numbers = [real_of(&one)?, real_of(&other)?];
        let alike = one.datatype().same_type(other.datatype());
        Ok(numbers::reals(self.report, &mut self.table, index, numbers, alike)?)
    }

    fn variable_strings(&mut self, sides: [Element<'_>; 2], index: u64) -> Result<u64, Trouble> {
        let [one, other] = sides;
        let (one, other) = (one.variable()?, other.variable()?);
        let texts =
            [&one, &other].map(|side| side.as_ref().map(|text| strings::before_nul(text.bytes())));
        Ok(strings::strings(self.report, &mut self.table, index, texts)?)
    }

    /// Compares two sequences; one that is longer has a difference more.
    fn sequences(&mut self, sides: [Element<'_>; 2], index: u64) -> Result<u64, Trouble> {
        let [one, other] = sides;
        let (one, other) = (one.variable()?, other.variable()?);
        let len = |side: &Option<Elements>| side.as_ref().map_or(0, Elements::len);
        let mut found = u64::from(len(&one) != len(&other));
        if let (Some(one), Some(other)) = (&one, &other) {
            for (one, other) in one.iter().zip(other.iter()) {
                found = found.saturating_add(self.element([one, other], index)?);
            }
        }
        Ok(found)
    }

    /// Compares two values by the names that the first enumeration has for them.
    fn enumerated(
        &mut self,
        sides: [Element<'_>; 2],
        enumerations: [&Enumeration; 2],
        index: u64,
    ) -> Result<u64, Trouble> {
        let [one, other] = sides;
        let [a, b] = enumerations;
        let names = [name(a, &a.base, one.bytes()), name(a, &b.base, other.bytes())];
        if let [Some(one), Some(other)] = &names
            && one == other
        {
            return Ok(0);
        }
        if self.report.shows() {
            self.table.begin_line(self.report, index, None, false)?;
            let [one, other] = names.map(|name| name.unwrap_or_else(|| NO_NAME.to_owned()));
            self.report.line(&format!("{} {}", padded(&one, 16), padded(&other, 17)))?;
        }
        Ok(1)
    }
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn real_of<'e>(element: &Element<'e>) -> Result<Real<'e>, Trouble> {
    let value = real(element)?;
    Ok(Real { value, bits: element.bytes(), single: element.datatype().size == 4 })
}

/// The name that `enumeration` has for a value of the type `base`.
fn name(enumeration: &Enumeration, base: &Datatype, bytes: &[u8]) -> Option<String> {
    let number = |base: &Datatype, bytes: &[u8]| match &base.class {
        Class::Integer(integer) => integer_value(integer, bytes),
        _ => None,
    };
    let value = number(base, bytes)?;
    let is_it = |member: &[u8]| number(&enumeration.base, member) == Some(value);
    let member = enumeration.members.iter().find(|member| is_it(&member.value))?;
    Some(name_text(&member.name))
}

fn lowest_first(bytes: &[u8], order: ByteOrder) -> Vec<u8> {
    let mut out = bytes.to_vec();
    if order == ByteOrder::Big {
        out.reverse();
    }
    out
}

/// Whether the same bytes mean the same elements, in whatever file.
fn is_plain(datatype: &Datatype) -> bool {
    match &datatype.class {
        Class::VarLen(_) | Class::Reference(_) => false,
        Class::Array(array) => is_plain(&array.base),
        Class::Compound(members) => members.iter().all(|member| is_plain(&member.datatype)),
        _ => true,
    }
}
