//! Data Layout message (specification IV.A.2.i).

use super::chunked_layout::{ChunkIndexKind, ChunkedLayout};
use super::dataspace::MAXIMUM_RANK;
use crate::codec::{Address, Decoder, Encoder, Structure};
use crate::error::{Malformed, Result};
use crate::format::global_heap::HeapId;

const COMPACT: u8 = 0;
const CONTIGUOUS: u8 = 1;
const CHUNKED: u8 = 2;
const VIRTUAL: u8 = 3;

/// Data Layout message: how a dataset's elements lie in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataLayout {
    /// 1 to 5.
    pub(crate) version: u8,
    pub(crate) class: LayoutClass,
    /// Sizes that versions 1 and 2 store with a compact or contiguous layout. They may be
    /// truncated: the dataspace knows better. Empty otherwise.
    pub(crate) old_dimensions: Vec<u32>,
}

/// "Layout Class", and what goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LayoutClass {
    /// In the message.
    Compact { data: Vec<u8> },
    /// One block.
    Contiguous {
        /// `None` where nothing is allocated.
        address: Option<Address>,
        /// In bytes; `None` where the message does not say (versions 1 and 2).
        size: Option<u64>,
    },
    /// Blocks of one size, found through an index.
    Chunked(ChunkedLayout),
    /// Parts of other datasets, listed in an object of the global heap (none where its address is
    /// `None`).
    Virtual { heap: HeapId },
}

impl DataLayout {
    /// A layout of `version`.
    pub(crate) fn new(version: u8, class: LayoutClass) -> Self {
        Self { version, class, old_dimensions: Vec::new() }
    }

    fn decode_old(d: &mut Decoder<'_>, version: u8) -> Result<Self> {
        let stored = d.u8_in("Dimensionality", 1..=MAXIMUM_RANK.saturating_add(1))?;
        let class = d.u8_in("Layout Class", COMPACT..=CHUNKED)?;
        d.skip("Reserved", 5)?;
        let address = if class == COMPACT { None } else { d.address("Data Address")? };
        if class == CHUNKED {
            let (dimensions, element_size) =
                ChunkedLayout::decode_dimensions(d, u16::from(stored), 4)?;
            let index = ChunkIndexKind::BTree1;
            let layout = ChunkedLayout { dimensions, element_size, flags: 0, index, address };
            return Ok(Self::new(version, LayoutClass::Chunked(layout)));
        }
        let old_dimensions =
            (0..stored).map(|_| d.u32("Dimension Size")).collect::<Result<Vec<_>>>()?;
        let class = if class == COMPACT {
            let size = d.u32("Compact Data Size")?;
            LayoutClass::Compact { data: d.bytes_u64("Compact Data", size.into())?.to_vec() }
        } else {
            LayoutClass::Contiguous { address, size: None }
        };
        Ok(Self { version, class, old_dimensions })
    }

    fn encode_old(&self, e: &mut Encoder) -> Result<()> {
        let (class, stored) = match &self.class {
            LayoutClass::Compact { .. } => (COMPACT, self.old_dimensions.len()),
            LayoutClass::Contiguous { .. } => (CONTIGUOUS, self.old_dimensions.len()),
            LayoutClass::Chunked(layout) => (CHUNKED, layout.dimensions.len().saturating_add(1)),
            LayoutClass::Virtual { .. } => return Err(too_old(e)),
        };
        e.u8(e.count("Dimensionality", stored)?);
        e.u8(class);
        e.zeros(5);
        match &self.class {
            LayoutClass::Contiguous { address, .. } => e.address("Data Address", *address)?,
            LayoutClass::Chunked(layout) => {
                e.address("Data Address", layout.address)?;
                layout.encode_dimensions(e, 4)?;
            }
            _ => {}
        }
        self.old_dimensions.iter().for_each(|size| e.u32(*size));
        if let LayoutClass::Compact { data } = &self.class {
            e.u32(e.count("Compact Data Size", data.len())?);
            e.bytes(data);
        }
        Ok(())
    }

    fn decode_class(d: &mut Decoder<'_>, version: u8) -> Result<LayoutClass> {
        let last = if version == 3 { CHUNKED } else { VIRTUAL };
        let before = d.clone();
        Ok(match d.u8("Layout Class")? {
            COMPACT => {
                let size = d.u16("Compact Data Size")?;
                LayoutClass::Compact { data: d.bytes("Compact Data", size.into())?.to_vec() }
            }
            CONTIGUOUS => LayoutClass::Contiguous {
                address: d.address("Data Address")?,
                size: Some(d.length("Data Size")?),
            },
            CHUNKED if version == 3 => LayoutClass::Chunked(ChunkedLayout::decode_version_3(d)?),
            CHUNKED => LayoutClass::Chunked(ChunkedLayout::decode_indexed(d)?),
            VIRTUAL if last == VIRTUAL => LayoutClass::Virtual {
                heap: HeapId { address: d.address("Address")?, index: d.u32("Index")? },
            },
            found => {
                return Err(
                    before.malformed("Layout Class", Malformed::Value { found: found.into() })
                );
            }
        })
    }

    fn encode_class(&self, e: &mut Encoder) -> Result<()> {
        match &self.class {
            LayoutClass::Compact { data } => {
                e.u8(COMPACT);
                e.u16(e.count("Compact Data Size", data.len())?);
                e.bytes(data);
                Ok(())
            }
            LayoutClass::Contiguous { address, size } => {
                let Some(size) = size else {
                    return Err(e.broken("Data Size", "only versions 1 and 2 can do without"));
                };
                e.u8(CONTIGUOUS);
                e.address("Data Address", *address)?;
                e.length("Data Size", *size)
            }
            LayoutClass::Chunked(layout) => {
                e.u8(CHUNKED);
                if self.version == 3 {
                    layout.encode_version_3(e)
                } else {
                    layout.encode_indexed(e)
                }
            }
            LayoutClass::Virtual { .. } if self.version == 3 => Err(too_old(e)),
            LayoutClass::Virtual { heap } => {
                e.u8(VIRTUAL);
                e.address("Address", heap.address)?;
                e.u32(heap.index);
                Ok(())
            }
        }
    }
}

fn too_old(e: &Encoder) -> crate::error::Error {
    e.broken("Layout Class", "a virtual layout needs version 4")
}

impl Structure for DataLayout {
    const NAME: &'static str = "Data Layout Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let version = d.u8_in("Version", 1..=5)?;
        if version < 3 {
            return Self::decode_old(d, version);
        }
        Ok(Self::new(version, Self::decode_class(d, version)?))
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u8(self.version);
        if self.version < 3 { self.encode_old(e) } else { self.encode_class(e) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::chunked_layout::testing::indexed;
    use super::*;
    use crate::codec::testing::check_round_trip;

    fn address() -> impl Strategy<Value = Option<Address>> {
        prop::option::of((0_u64..0xffff).prop_map(Address))
    }

    fn btree1() -> impl Strategy<Value = LayoutClass> {
        (vec(1_u64..50, 1..5), 1_u64..50, address()).prop_map(|(dimensions, size, address)| {
            LayoutClass::Chunked(ChunkedLayout {
                dimensions,
                element_size: size,
                flags: 0,
                index: ChunkIndexKind::BTree1,
                address,
            })
        })
    }

    fn compact() -> impl Strategy<Value = LayoutClass> {
        vec(any::<u8>(), 0..20).prop_map(|data| LayoutClass::Compact { data })
    }

    fn contiguous() -> impl Strategy<Value = LayoutClass> {
        (address(), 0_u64..0xffff)
            .prop_map(|(address, size)| LayoutClass::Contiguous { address, size: Some(size) })
    }

    fn heap() -> impl Strategy<Value = LayoutClass> {
        (address(), any::<u32>())
            .prop_map(|(address, index)| LayoutClass::Virtual { heap: HeapId { address, index } })
    }

    fn old() -> impl Strategy<Value = DataLayout> {
        let unsized_ =
            address().prop_map(|address| LayoutClass::Contiguous { address, size: None });
        prop_oneof![
            (1_u8..=2, prop_oneof![compact(), unsized_], vec(any::<u32>(), 1..4)).prop_map(
                |(version, class, old_dimensions)| DataLayout { version, class, old_dimensions }
            ),
            (1_u8..=2, btree1()).prop_map(|(version, class)| DataLayout::new(version, class)),
        ]
    }

    fn new() -> impl Strategy<Value = DataLayout> {
        let chunked = indexed().prop_map(LayoutClass::Chunked);
        prop_oneof![
            (4_u8..=5, prop_oneof![compact(), contiguous(), chunked, heap()]),
            (Just(3), prop_oneof![compact(), contiguous(), btree1()]),
        ]
        .prop_map(|(version, class)| DataLayout::new(version, class))
    }

    proptest! {
        #[test]
        fn round_trips(value in prop_oneof![old(), new()]) {
            check_round_trip(&value);
        }
    }
}
