//! The same type in files of other widths.

use super::{ArrayType, Class, Datatype, Member, ReferenceKind};
use crate::codec::Sizes;
use crate::error::{Error, Result};

impl Datatype {
    /// The same type in a file of the given widths: elements that name places in the file, and
    /// what holds such elements, have a size of their own there. Gaps in compounds stay as they are.
    ///
    /// # Errors
    ///
    /// Where elements would have 4 GiB or more.
    pub(crate) fn with_sizes(&self, sizes: Sizes) -> Result<Self> {
        let (size, class) = match &self.class {
            Class::VarLen(of) => {
                let mut of = of.clone();
                of.base = Box::new(match of.base.class {
                    // libhdf5 keeps these, and no others, as it has them in memory.
                    Class::Reference(kind @ (ReferenceKind::Object | ReferenceKind::Region)) => {
                        Self::reference_to(kind)
                    }
                    _ => of.base.with_sizes(sizes)?,
                });
                (Self::heap_element_size(sizes), Class::VarLen(of))
            }
            Class::Reference(kind) => (Self::reference(*kind, sizes).size, Class::Reference(*kind)),
            Class::Array(array) => {
                let base = Box::new(array.base.with_sizes(sizes)?);
                let array = ArrayType { base, dimensions: array.dimensions.clone() };
                (array.size().ok_or_else(too_large)?, Class::Array(array))
            }
            Class::Compound(members) => compound(members, self.size, sizes)?,
            other => (self.size, other.clone()),
        };
        Ok(Self { version: self.version, size, class })
    }
}

/// The size and the members of a compound; whatever comes behind a member moves with its end.
fn compound(members: &[Member], size: u32, sizes: Sizes) -> Result<(u32, Class)> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_key(|index| members.get(*index).map(|member| member.offset));
    let mut moved = 0_i64;
    let mut out = members.to_vec();
    for index in order {
        let Some(member) = out.get_mut(index) else { continue };
        let datatype = member.datatype.with_sizes(sizes)?;
        let grown = i64::from(datatype.size).saturating_sub(member.datatype.size.into());
        member.offset = shifted(member.offset, moved)?;
        member.datatype = datatype;
        moved = moved.saturating_add(grown);
    }
    Ok((shifted(size, moved)?, Class::Compound(out)))
}

fn shifted(at: u32, by: i64) -> Result<u32> {
    i64::from(at).checked_add(by).and_then(|at| u32::try_from(at).ok()).ok_or_else(too_large)
}

#[cold]
fn too_large() -> Error {
    Error::usage("a datatype of 4 GiB or more")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::datatype::testing::any_datatype;
    use crate::format::datatype::{ByteOrder, CharacterSet};
    use proptest::prelude::*;

    const WIDE: Sizes = Sizes { offsets: 8, lengths: 8 };
    const NARROW: Sizes = Sizes { offsets: 4, lengths: 4 };

    #[test]
    fn members_move_with_what_is_before_them() {
        let int = Datatype::integer(2, true, ByteOrder::Little).unwrap();
        let of = |sizes, offsets: [u32; 4], size| {
            let text = Datatype::string(CharacterSet::Utf8, sizes);
            let reference = Datatype::reference(ReferenceKind::Region, sizes);
            let sequence = Datatype::sequence(Datatype::array(reference, &[3]).unwrap(), sizes);
            let parts = [int.clone(), text, int.clone(), sequence];
            let members = ["a", "b", "c", "d"].into_iter().zip(offsets).zip(parts);
            let members = members.map(|((name, at), part)| Member::new(name, at, part)).collect();
            Datatype::compound(size, members).unwrap()
        };
        let wide = of(WIDE, [1, 4, 20, 23], 40);
        let narrow = of(NARROW, [1, 4, 16, 19], 32);
        assert_eq!(wide.with_sizes(NARROW).unwrap(), narrow);
        assert_eq!(narrow.with_sizes(WIDE).unwrap(), wide);
    }

    #[test]
    fn references_in_sequences_keep_their_width() {
        for (kind, size) in [(ReferenceKind::Object, 8), (ReferenceKind::Region, 12)] {
            let reference = Datatype::reference_to(kind);
            assert_eq!(reference.size, size);
            let narrow = Datatype::sequence(reference.clone(), NARROW);
            assert_eq!(Datatype::sequence(reference, WIDE).with_sizes(NARROW).unwrap(), narrow);
        }
        let revised = Datatype::sequence(Datatype::reference(ReferenceKind::Object2, WIDE), WIDE);
        let narrow =
            Datatype::sequence(Datatype::reference(ReferenceKind::Object2, NARROW), NARROW);
        assert_eq!(revised.with_sizes(NARROW).unwrap(), narrow);
    }

    proptest! {
        #[test]
        fn of_the_same_widths_it_is_the_same(datatype in any_datatype()) {
            let once = datatype.with_sizes(WIDE).unwrap();
            prop_assert_eq!(once.with_sizes(WIDE).unwrap(), once.clone());
            prop_assert_eq!(once.with_sizes(NARROW).unwrap().with_sizes(WIDE).unwrap(), once);
        }
    }
}
