//! Fractal heap indirect block.

use super::FractalHeapHeader;
use crate::codec::{Address, Decoder, Encoder, Sizes, StructureIn, wide};
use crate::error::Result;

/// What an indirect block needs to know.
#[derive(Debug, Clone)]
pub(crate) struct IndirectBlockContext<'a> {
    pub(crate) heap: &'a FractalHeapHeader,
    /// Rows of the block.
    pub(crate) rows: u32,
}

impl IndirectBlockContext<'_> {
    /// Whether a block has as many entries as this says.
    pub(crate) fn has_entries_of(&self, block: &IndirectBlock) -> bool {
        wide(block.direct.len()) == self.direct_entries()
            && wide(block.indirect.len()) == self.indirect_entries()
    }

    fn direct_entries(&self) -> u64 {
        let table = &self.heap.table;
        u64::from(self.rows.min(table.max_direct_rows())).saturating_mul(u64::from(table.width))
    }

    fn indirect_entries(&self) -> u64 {
        let table = &self.heap.table;
        let rows = self.rows.saturating_sub(table.max_direct_rows());
        u64::from(rows).saturating_mul(u64::from(table.width))
    }

    /// Bytes of the block.
    pub(crate) fn size(&self, sizes: Sizes) -> u64 {
        let filtered = if self.heap.filters.is_some() { sizes.l().saturating_add(4) } else { 0 };
        let direct = self.direct_entries().saturating_mul(sizes.o().saturating_add(filtered));
        sizes
            .o()
            .saturating_add(u64::from(self.heap.table.offset_width()))
            .saturating_add(direct)
            .saturating_add(self.indirect_entries().saturating_mul(sizes.o()))
            .saturating_add(9)
    }
}

/// Fractal heap indirect block: where other blocks are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndirectBlock {
    /// The heap's header.
    pub(crate) heap: Address,
    /// First byte of the block's part of the heap's space.
    pub(crate) offset: u64,
    /// Row by row.
    pub(crate) direct: Vec<DirectEntry>,
    /// Row by row, behind those of `direct`.
    pub(crate) indirect: Vec<Option<Address>>,
}

impl IndirectBlock {
    /// A block that leads nowhere, of a heap without filters.
    pub(crate) fn empty(
        heap: Address,
        offset: u64,
        context: &IndirectBlockContext<'_>,
    ) -> Option<Self> {
        let mut block = Self { heap, offset, direct: Vec::new(), indirect: Vec::new() };
        block.grow(context)?;
        Some(block)
    }

    /// Gives the block of a heap without filters as many entries as `context` says.
    pub(crate) fn grow(&mut self, context: &IndirectBlockContext<'_>) -> Option<()> {
        let nowhere = DirectEntry { address: None, filtered: None };
        self.direct.resize(usize::try_from(context.direct_entries()).ok()?, nowhere);
        self.indirect.resize(usize::try_from(context.indirect_entries()).ok()?, None);
        Some(())
    }

    /// Where each entry leads, row by row.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = Option<Address>> {
        self.direct.iter().map(|entry| entry.address).chain(self.indirect.iter().copied())
    }

    /// Where entry `entry` leads.
    pub(crate) fn entry(&self, entry: u64) -> Option<Address> {
        let entry = usize::try_from(entry).ok()?;
        match self.direct.get(entry) {
            Some(direct) => direct.address,
            None => self.indirect.get(entry.checked_sub(self.direct.len())?).copied().flatten(),
        }
    }

    /// Lets entry `entry` lead to `to`; `None` where there is no such entry.
    pub(crate) fn set_entry(&mut self, entry: u64, to: Option<Address>) -> Option<()> {
        let entry = usize::try_from(entry).ok()?;
        if let Some(direct) = self.direct.get_mut(entry) {
            direct.address = to;
        } else {
            *self.indirect.get_mut(entry.checked_sub(self.direct.len())?)? = to;
        }
        Some(())
    }
}

/// Where a direct block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DirectEntry {
    pub(crate) address: Option<Address>,
    /// `None` where the heap has no filters.
    pub(crate) filtered: Option<FilteredBlock>,
}

/// How a direct block of a filtered heap is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FilteredBlock {
    /// Bytes in the file.
    pub(crate) size: u64,
    /// Bit `i` set: filter `i` was skipped.
    pub(crate) mask: u32,
}

impl StructureIn<IndirectBlockContext<'_>> for IndirectBlock {
    const NAME: &'static str = "Fractal Heap Indirect Block";

    fn decode_in(d: &mut Decoder<'_>, context: &IndirectBlockContext<'_>) -> Result<Self> {
        d.signature(b"FHIB")?;
        d.u8_in("Version", 0..=0)?;
        let heap = d.defined_address("Heap Header Address")?;
        let offset = d.uint("Block Offset", context.heap.table.offset_width())?;
        let mut direct = Vec::new();
        for _ in 0..context.direct_entries() {
            let address = d.address("Child Direct Block Address")?;
            let filtered = match context.heap.filters {
                None => None,
                Some(_) => Some(FilteredBlock {
                    size: d.length("Size of Filtered Direct Block")?,
                    mask: d.u32("Filter Mask for Direct Block")?,
                }),
            };
            direct.push(DirectEntry { address, filtered });
        }
        let indirect = (0..context.indirect_entries())
            .map(|_| d.address("Child Indirect Block Address"))
            .collect::<Result<_>>()?;
        d.checksum()?;
        Ok(Self { heap, offset, direct, indirect })
    }

    fn encode_in(&self, e: &mut Encoder, context: &IndirectBlockContext<'_>) -> Result<()> {
        if wide(self.direct.len()) != context.direct_entries()
            || wide(self.indirect.len()) != context.indirect_entries()
        {
            let problem = "not as many entries as the rows have";
            return Err(e.broken("Child Direct Block Address", problem));
        }
        e.bytes(b"FHIB");
        e.u8(0);
        e.address("Heap Header Address", Some(self.heap))?;
        e.uint("Block Offset", self.offset, context.heap.table.offset_width())?;
        for entry in &self.direct {
            e.address("Child Direct Block Address", entry.address)?;
            match (entry.filtered, &context.heap.filters) {
                (None, None) => {}
                (Some(filtered), Some(_)) => {
                    e.length("Size of Filtered Direct Block", filtered.size)?;
                    e.u32(filtered.mask);
                }
                _ => return Err(e.broken("Filter Mask for Direct Block", "heap has no filters")),
            }
        }
        for address in &self.indirect {
            e.address("Child Indirect Block Address", *address)?;
        }
        e.checksum();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::header::HeapFilters;
    use super::super::header::tests::header;
    use super::*;
    use crate::codec::testing::{SIZES, cases, check_round_trip_in};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(cases(16)))]

        #[test]
        fn round_trips(
            filtered in any::<bool>(),
            rows in 1..12_u32,
            addresses in proptest::collection::vec(proptest::option::of(0..0xffff_u64), 48),
        ) {
            let mut heap = header();
            heap.filters = filtered
                .then(|| HeapFilters { root_size: 0, root_mask: 0, pipeline: vec![2, 0] });
            let context = IndirectBlockContext { heap: &heap, rows };
            let mut addresses = addresses.into_iter().map(|a| a.map(Address));
            let entry = |address| {
                let filtered = filtered.then_some(FilteredBlock { size: 77, mask: 1 });
                DirectEntry { address, filtered }
            };
            let direct = usize::try_from(context.direct_entries()).unwrap();
            let indirect = usize::try_from(context.indirect_entries()).unwrap();
            let block = IndirectBlock {
                heap: Address(0x80),
                offset: 4096,
                direct: addresses.by_ref().take(direct).map(entry).collect(),
                indirect: addresses.take(indirect).collect(),
            };
            check_round_trip_in(&block, &context);
            for sizes in SIZES {
                let len = block.to_bytes_in(sizes, &context).unwrap().len();
                prop_assert_eq!(wide(len), context.size(sizes));
            }
        }
    }
}
