//! Ids of objects in a fractal heap.

use crate::codec::{Address, Decoder, Encoder, Sizes, StructureIn, wide};
use crate::error::Result;

/// What the heap's header says of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdLayout {
    /// Bytes of an id.
    pub(crate) id_length: u16,
    /// Bytes of the offset of a managed object.
    pub(crate) offset_width: u8,
    /// Bytes of the length of a managed object.
    pub(crate) length_width: u8,
    /// Whether the heap has filters.
    pub(crate) filtered: bool,
}

impl IdLayout {
    /// Bytes behind the first.
    fn room(&self) -> u64 {
        u64::from(self.id_length).saturating_sub(1)
    }

    /// Whether ids of huge objects say where the object is.
    pub(crate) fn holds_huge(&self, sizes: Sizes) -> bool {
        let plain = sizes.o().saturating_add(sizes.l());
        let filtered = plain.saturating_add(sizes.l()).saturating_add(4);
        self.room() >= if self.filtered { filtered } else { plain }
    }

    /// Bytes of the key of a huge object of which ids do not say where it is.
    pub(crate) fn huge_key_width(&self) -> u8 {
        u8::try_from(self.room().min(8)).unwrap_or(8)
    }

    /// Whether the length of a tiny object takes a byte of its own.
    fn extended_tiny(&self) -> bool {
        self.id_length > 18
    }

    /// Bytes of the largest tiny object.
    pub(crate) fn max_tiny(&self) -> u64 {
        if self.extended_tiny() { self.room().saturating_sub(1) } else { self.room().min(16) }
    }
}

/// Fractal heap id: which object, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HeapId {
    /// In a direct block.
    Managed {
        /// First byte of the object in the heap's space.
        offset: u64,
        /// Bytes of the object.
        length: u64,
    },
    /// In the file by itself.
    Huge(HugeObject),
    /// In the id.
    Tiny(Vec<u8>),
}

/// Where a huge object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HugeObject {
    /// Under this key of the heap's tree of huge objects.
    Indirect(u64),
    /// Here.
    Direct {
        address: Address,
        /// Bytes in the file.
        length: u64,
        /// Filter mask and decoded size; `None` where the heap has no filters.
        filtered: Option<(u32, u64)>,
    },
}

const TYPE_SHIFT: u8 = 4;
const MANAGED: u8 = 0;
const HUGE: u8 = 1;
const TINY: u8 = 2;

impl StructureIn<IdLayout> for HeapId {
    const NAME: &'static str = "Fractal Heap ID";

    fn decode_in(d: &mut Decoder<'_>, layout: &IdLayout) -> Result<Self> {
        let mut d = d.part(Self::NAME, "Heap ID", usize::from(layout.id_length))?;
        // Version 0 in bits 6 and 7, type in bits 4 and 5, length of tiny objects below.
        let kind = d.checked("Version & Type", Decoder::u8, |first| first >> TYPE_SHIFT <= TINY)?;
        match kind >> TYPE_SHIFT {
            MANAGED => Ok(Self::Managed {
                offset: d.uint("Offset", layout.offset_width)?,
                length: d.uint("Length", layout.length_width)?,
            }),
            HUGE => decode_huge(&mut d, layout).map(Self::Huge),
            _ => {
                let low = u64::from(kind & 0x0f);
                let length = match layout.extended_tiny() {
                    false => low,
                    true => low << 8 | u64::from(d.u8("Extended Length")?),
                };
                let data = d.bytes_u64("Data", length.saturating_add(1))?;
                Ok(Self::Tiny(data.to_vec()))
            }
        }
    }

    fn encode_in(&self, e: &mut Encoder, layout: &IdLayout) -> Result<()> {
        let end = e.position().saturating_add(usize::from(layout.id_length));
        match self {
            Self::Managed { offset, length } => {
                e.u8(MANAGED << TYPE_SHIFT);
                e.uint("Offset", *offset, layout.offset_width)?;
                e.uint("Length", *length, layout.length_width)?;
            }
            Self::Huge(object) => {
                e.u8(HUGE << TYPE_SHIFT);
                encode_huge(e, object, layout)?;
            }
            Self::Tiny(data) => {
                let length = wide(data.len()).saturating_sub(1);
                if data.is_empty() || wide(data.len()) > layout.max_tiny() {
                    return Err(e.broken("Data", "the object is not tiny"));
                }
                let [low, high, ..] = length.to_le_bytes();
                if layout.extended_tiny() {
                    e.u8(TINY << TYPE_SHIFT | high);
                    e.u8(low);
                } else {
                    e.u8(TINY << TYPE_SHIFT | low);
                }
                e.bytes(data);
            }
        }
        match end.checked_sub(e.position()) {
            Some(padding) => {
                e.zeros(padding);
                Ok(())
            }
            None => Err(e.broken("Heap ID", "does not fit the heap's ids")),
        }
    }
}

fn decode_huge(d: &mut Decoder<'_>, layout: &IdLayout) -> Result<HugeObject> {
    if !layout.holds_huge(d.sizes()) {
        return d.uint("v2 B-tree Key", layout.huge_key_width()).map(HugeObject::Indirect);
    }
    let address = d.defined_address("Address")?;
    let length = d.length("Length")?;
    let filtered = match layout.filtered {
        false => None,
        true => Some((d.u32("Filter Mask")?, d.length("De-filtered Size")?)),
    };
    Ok(HugeObject::Direct { address, length, filtered })
}

fn encode_huge(e: &mut Encoder, object: &HugeObject, layout: &IdLayout) -> Result<()> {
    match object {
        HugeObject::Indirect(key) if !layout.holds_huge(e.sizes()) => {
            e.uint("v2 B-tree Key", *key, layout.huge_key_width())
        }
        HugeObject::Direct { address, length, filtered }
            if layout.holds_huge(e.sizes()) && filtered.is_some() == layout.filtered =>
        {
            e.address("Address", Some(*address))?;
            e.length("Length", *length)?;
            if let Some((mask, size)) = filtered {
                e.u32(*mask);
                e.length("De-filtered Size", *size)?;
            }
            Ok(())
        }
        _ => Err(e.broken("Heap ID", "does not fit the heap's ids")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::check_round_trip_in;

    fn layout(id_length: u16, filtered: bool) -> IdLayout {
        IdLayout { id_length, offset_width: 4, length_width: 2, filtered }
    }

    proptest! {
        #[test]
        fn managed_ids_round_trip(offset in any::<u32>(), length in any::<u16>()) {
            let id = HeapId::Managed { offset: u64::from(offset), length: u64::from(length) };
            check_round_trip_in(&id, &layout(7, false));
        }

        #[test]
        fn tiny_ids_round_trip(data in proptest::collection::vec(any::<u8>(), 1..=16)) {
            check_round_trip_in(&HeapId::Tiny(data.clone()), &layout(17, false));
            check_round_trip_in(&HeapId::Tiny(data.clone()), &layout(18, false));
            check_round_trip_in(&HeapId::Tiny(data), &layout(300, false));
        }

        #[test]
        fn huge_ids_round_trip(key in 0..0xffff_u64, mask in any::<u32>()) {
            check_round_trip_in(&HeapId::Huge(HugeObject::Indirect(key)), &layout(4, false));
            let mut filtered = None;
            for id_length in [17, 29] {
                let address = Address(key.min(0xfffe));
                let huge = HugeObject::Direct { address, length: key, filtered };
                check_round_trip_in(&HeapId::Huge(huge), &layout(id_length, filtered.is_some()));
                filtered = Some((mask, key));
            }
        }
    }

    #[test]
    fn long_tiny_objects_have_lengths_of_twelve_bits() {
        check_round_trip_in(&HeapId::Tiny(vec![7; 700]), &layout(1000, false));
    }
}
