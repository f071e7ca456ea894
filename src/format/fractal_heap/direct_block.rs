//! Fractal heap direct block.

use super::FractalHeapFlags;
use super::FractalHeapHeader;
use crate::codec::{Address, Decoder, Encoder, Sizes, StructureIn, lookup3, wide};
use crate::error::{Malformed, Result};

/// What a direct block needs to know.
#[derive(Debug, Clone)]
pub(crate) struct DirectBlockContext<'a> {
    pub(crate) heap: &'a FractalHeapHeader,
    /// Bytes of the block, decoded.
    pub(crate) size: u64,
}

impl DirectBlockContext<'_> {
    /// Bytes of the block before the first object.
    pub(crate) fn overhead(&self, sizes: Sizes) -> u64 {
        DirectBlock::overhead(self.heap, sizes)
    }

    fn is_checksummed(&self) -> bool {
        self.heap.flags.contains(FractalHeapFlags::CHECKSUMMED)
    }
}

/// Fractal heap direct block: objects and the space between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DirectBlock {
    /// The heap's header.
    pub(crate) heap: Address,
    /// First byte of the block in the heap's space.
    pub(crate) offset: u64,
    /// Everything behind the block's own fields.
    pub(crate) data: Vec<u8>,
}

impl StructureIn<DirectBlockContext<'_>> for DirectBlock {
    const NAME: &'static str = "Fractal Heap Direct Block";

    fn decode_in(d: &mut Decoder<'_>, context: &DirectBlockContext<'_>) -> Result<Self> {
        let whole = d.clone().bytes_u64("Object Data", context.size)?;
        d.signature(b"FHDB")?;
        d.u8_in("Version", 0..=0)?;
        let heap = d.defined_address("Heap Header Address")?;
        let offset = d.uint("Block Offset", context.heap.table.offset_width())?;
        let before = context.overhead(d.sizes());
        if context.is_checksummed() {
            check(d, whole, before)?;
        }
        let data = d.bytes_u64("Object Data", context.size.saturating_sub(before))?.to_vec();
        Ok(Self { heap, offset, data })
    }

    fn encode_in(&self, e: &mut Encoder, context: &DirectBlockContext<'_>) -> Result<()> {
        let before = context.overhead(e.sizes());
        if before.saturating_add(wide(self.data.len())) != context.size {
            return Err(e.broken("Object Data", "does not fill the block"));
        }
        e.restart();
        let start = e.position();
        self.encode_fields(e, context)?;
        let fields = e.position().saturating_sub(start);
        if context.is_checksummed() {
            e.zeros(4);
        }
        e.bytes(&self.data);
        if context.is_checksummed() {
            e.checksum_at(fields);
        }
        Ok(())
    }
}

impl DirectBlock {
    /// Bytes of each direct block of `heap` before the first object.
    pub(crate) fn overhead(heap: &FractalHeapHeader, sizes: Sizes) -> u64 {
        let checksum = if heap.flags.contains(FractalHeapFlags::CHECKSUMMED) { 4 } else { 0 };
        sizes
            .o()
            .saturating_add(u64::from(heap.table.offset_width()))
            .saturating_add(5)
            .saturating_add(checksum)
    }

    fn encode_fields(&self, e: &mut Encoder, context: &DirectBlockContext<'_>) -> Result<()> {
        e.bytes(b"FHDB");
        e.u8(0);
        e.address("Heap Header Address", Some(self.heap))?;
        e.uint("Block Offset", self.offset, context.heap.table.offset_width())
    }
}

/// Reads the checksum, which covers the `whole` block with the checksum itself zero. `before`:
/// bytes of the block before its data.
fn check(d: &mut Decoder<'_>, whole: &[u8], before: u64) -> Result<()> {
    let before = usize::try_from(before).unwrap_or(usize::MAX);
    let fields = whole.get(..before.saturating_sub(4)).unwrap_or_default();
    let data = whole.get(before..).unwrap_or_default();
    let computed = lookup3(&[fields, &[0; 4], data].concat());
    let stored = d.clone().u32("Checksum")?;
    if stored != computed && !cfg!(fuzzing) {
        return Err(d.malformed("Checksum", Malformed::Checksum { stored, computed }));
    }
    d.skip("Checksum", 4)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::header::tests::header;
    use super::*;
    use crate::codec::testing::{SIZES, cases, check_round_trip_at};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(cases(16)))]

        #[test]
        fn round_trips(
            checksummed in any::<bool>(),
            offset in any::<u32>(),
            data in proptest::collection::vec(any::<u8>(), 60),
        ) {
            let mut heap = header();
            heap.flags.set(FractalHeapFlags::CHECKSUMMED, checksummed);
            for sizes in SIZES {
                let mut context = DirectBlockContext { heap: &heap, size: 0 };
                context.size = context.overhead(sizes) + 60;
                let offset = u64::from(offset);
                let block = DirectBlock { heap: Address(0x80), offset, data: data.clone() };
                check_round_trip_at(&block, &context, sizes);
            }
        }
    }
}
