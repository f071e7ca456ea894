//! References, as elements of datasets and attributes (specification VII, "Data Storage").
//!
//! See `spec-notes/references-and-selections.md`.
//!
//! ```text
//! object reference    address (O); 0 is null
//! region reference    global heap ID (O + 4); the heap holds address (O), selection
//! revised reference   kind (1) flags (1), then one of
//!                       token size (1) token, zeros to O + 8    an object of this file
//!                       size (4) global heap ID (O + 4)         anything else; the heap holds
//!                                  token size (1) token
//!                                  length (2) file name         with flag 1
//!                                  size (4) rank (4) selection  of a region
//!                                  length (2) name              of an attribute
//! ```

use super::datatype::ReferenceKind;
use super::global_heap::HeapId;
use super::selection::StoredSelection;
use crate::codec::{Address, Decoder, Encoder, Structure, StructureIn};
use crate::error::Result;

/// An element of an object reference type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ObjectReference {
    /// The object's header, `None` where the reference is null.
    pub(crate) object: Option<Address>,
}

impl Structure for ObjectReference {
    const NAME: &'static str = "Object Reference";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let object = d.address("Object Header Address")?.filter(|address| address.0 != 0);
        Ok(Self { object })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.address("Object Header Address", Some(self.object.unwrap_or(Address(0))))
    }
}

/// What the global heap holds for a dataset region reference. (The element itself is a
/// [`HeapId`], of which the null one is a null reference.)
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RegionReference {
    /// The dataset's header.
    pub(crate) object: Address,
    pub(crate) selection: StoredSelection,
}

impl Structure for RegionReference {
    const NAME: &'static str = "Dataset Region Reference";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let object = d.defined_address("Object Header Address")?;
        let selection =
            d.embedded(<StoredSelection as Structure>::NAME, "Selection", StoredSelection::decode)?;
        Ok(Self { object, selection })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.address("Object Header Address", Some(self.object))?;
        self.selection.encode(e)
    }
}

/// An element of a revised reference type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RevisedReference {
    Null,
    /// An object of this file.
    Object(Address),
    /// Anything else; the heap holds a [`RevisedTarget`].
    Heap {
        target: RevisedForm,
        /// Of what the heap holds, in bytes.
        size: u32,
        id: HeapId,
    },
}

/// What shape a [`RevisedTarget`] has: the context to decode it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RevisedForm {
    /// One of the revised kinds.
    pub(crate) kind: ReferenceKind,
    /// The object lies in another file.
    pub(crate) external: bool,
}

const EXTERNAL: u8 = 1 << 0;

impl Structure for RevisedReference {
    const NAME: &'static str = "Revised Reference";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let heap_id_len = usize::from(d.sizes().offsets).saturating_add(4);
        let kind = d.checked("Reference Type", Decoder::u8, |kind| matches!(kind, 0 | 2..=4))?;
        if kind == 0 {
            d.skip("Reserved", heap_id_len.saturating_add(5))?;
            return Ok(Self::Null);
        }
        let external = d.u8_in("Flags", 0..=EXTERNAL)? != 0;
        let kind = ReferenceKind::from_number(kind);
        if kind == ReferenceKind::Object2 && !external {
            let object = decode_token(d)?;
            d.skip("Padding", 7)?;
            return Ok(Self::Object(object));
        }
        let size = d.u32("Size")?;
        Ok(Self::Heap { target: RevisedForm { kind, external }, size, id: HeapId::decode(d)? })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        match *self {
            Self::Null => {
                e.zeros(usize::from(e.sizes().offsets).saturating_add(10));
                Ok(())
            }
            Self::Object(object) => {
                e.u8(ReferenceKind::Object2.number());
                e.u8(0);
                encode_token(e, object)?;
                e.zeros(7);
                Ok(())
            }
            Self::Heap { target, size, id } => {
                e.u8(target.kind.number());
                e.u8(if target.external { EXTERNAL } else { 0 });
                e.u32(size);
                id.encode(e)
            }
        }
    }
}

/// What the global heap holds for a revised reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RevisedTarget {
    /// The object's header, in the file named.
    pub(crate) object: Address,
    /// The file's name, where it is another one.
    pub(crate) file: Option<Vec<u8>>,
    pub(crate) part: ReferencePart,
}

/// The part of an object that a reference means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReferencePart {
    Whole,
    Region {
        /// Of the dataset.
        rank: u32,
        selection: StoredSelection,
    },
    /// An attribute's name.
    Attribute(Vec<u8>),
}

impl StructureIn<RevisedForm> for RevisedTarget {
    const NAME: &'static str = "Revised Reference Target";

    fn decode_in(d: &mut Decoder<'_>, form: &RevisedForm) -> Result<Self> {
        let object = decode_token(d)?;
        let file = form.external.then(|| decode_text(d, "File Name")).transpose()?;
        let part = match form.kind {
            ReferenceKind::Region2 => {
                let size = d.u32("Selection Size")?;
                let rank = d.u32("Rank")?;
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                let before = d.location("Selection");
                let mut d = d.part(<StoredSelection as Structure>::NAME, "Selection", size)?;
                let selection =
                    StoredSelection::decode(&mut d).map_err(|error| error.within(before))?;
                ReferencePart::Region { rank, selection }
            }
            ReferenceKind::Attribute => ReferencePart::Attribute(decode_text(d, "Attribute Name")?),
            _ => ReferencePart::Whole,
        };
        Ok(Self { object, file, part })
    }

    fn encode_in(&self, e: &mut Encoder, _: &RevisedForm) -> Result<()> {
        encode_token(e, self.object)?;
        if let Some(file) = &self.file {
            e.u16(e.count("File Name Length", file.len())?);
            e.bytes(file);
        }
        match &self.part {
            ReferencePart::Whole => {}
            ReferencePart::Region { rank, selection } => {
                let bytes = selection.to_bytes_in(e.sizes(), &())?;
                e.u32(e.count("Selection Size", bytes.len())?);
                e.u32(*rank);
                e.bytes(&bytes);
            }
            ReferencePart::Attribute(name) => {
                e.u16(e.count("Attribute Name Length", name.len())?);
                e.bytes(name);
            }
        }
        Ok(())
    }
}

impl RevisedTarget {
    /// The form it has in the heap.
    pub(crate) fn form(&self) -> RevisedForm {
        let kind = match self.part {
            ReferencePart::Whole => ReferenceKind::Object2,
            ReferencePart::Region { .. } => ReferenceKind::Region2,
            ReferencePart::Attribute(_) => ReferenceKind::Attribute,
        };
        RevisedForm { kind, external: self.file.is_some() }
    }
}

/// A token is an address here, and says how long it is.
fn decode_token(d: &mut Decoder<'_>) -> Result<Address> {
    let offsets = d.sizes().offsets;
    d.u8_in("Token Size", offsets..=offsets)?;
    d.defined_address("Token")
}

fn encode_token(e: &mut Encoder, object: Address) -> Result<()> {
    e.u8(e.sizes().offsets);
    e.address("Token", Some(object))
}

fn decode_text(d: &mut Decoder<'_>, field: &'static str) -> Result<Vec<u8>> {
    let len = d.u16(field)?;
    Ok(d.bytes(field, usize::from(len))?.to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::selection::testing::any_selection;
    use super::super::selection::{HyperslabDimension, Selection, SelectionForm};
    use super::*;
    use crate::codec::testing::{SIZES, check_round_trip, check_round_trip_in};
    use crate::limits::Limits;

    #[test]
    fn object_references_round_trip() {
        for object in [None, Some(Address(0x320))] {
            check_round_trip(&ObjectReference { object });
        }
    }

    #[test]
    fn revised_references_round_trip() {
        check_round_trip(&RevisedReference::Null);
        check_round_trip(&RevisedReference::Object(Address(0xc3)));
        let id = HeapId { address: Some(Address(0x8e8)), index: 2 };
        for kind in [ReferenceKind::Object2, ReferenceKind::Region2, ReferenceKind::Attribute] {
            let target = RevisedForm { kind, external: kind == ReferenceKind::Object2 };
            check_round_trip(&RevisedReference::Heap { target, size: 13, id });
        }
    }

    fn part() -> impl Strategy<Value = ReferencePart> {
        prop_oneof![
            Just(ReferencePart::Whole),
            (1_u32..4, any_selection())
                .prop_map(|(rank, selection)| ReferencePart::Region { rank, selection }),
            vec(1_u8.., 1..9).prop_map(ReferencePart::Attribute),
        ]
    }

    proptest! {
        #[test]
        fn region_references_round_trip(selection in any_selection()) {
            check_round_trip(&RegionReference { object: Address(0x320), selection });
        }

        #[test]
        fn targets_round_trip(file in prop::option::of(vec(1_u8.., 1..9)), part in part()) {
            let target = RevisedTarget { object: Address(0xc3), file, part };
            check_round_trip_in(&target, &target.form());
        }
    }

    #[test]
    fn reads_what_libhdf5_writes() {
        let bytes = [
            8, 0xc3, 0, 0, 0, 0, 0, 0, 0, 30, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1, 2, 2,
            0, 0, 0, 1, 0, 1, 0, 1, 0, 2, 0, 1, 0, 2, 0, 2, 0, 1, 0, 0, 0, 0, 0,
        ];
        let form = RevisedForm { kind: ReferenceKind::Region2, external: false };
        let found =
            RevisedTarget::from_bytes_in(&bytes, 0, SIZES[4], &Limits::DEFAULT, &form).unwrap();
        let axis = |stride, count, block| HyperslabDimension {
            start: 1,
            stride,
            count: Some(count),
            block: Some(block),
        };
        let selection = StoredSelection {
            form: SelectionForm { version: 3, width: 2 },
            selection: Selection::Regular(vec![axis(1, 1, 2), axis(2, 2, 1)]),
        };
        assert_eq!(found.object, Address(0xc3));
        assert_eq!(found.part, ReferencePart::Region { rank: 2, selection });
    }
}
