//! The shape of a fractal heap: which block holds which part of the heap's space.

use crate::codec::{Address, Decoder, Encoder, floor_log2};
use crate::error::Result;

/// "Doubling Table" of a fractal heap header: rows of blocks, each row from the third on twice as
/// large as the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DoublingTable {
    /// Blocks in a row; a power of two.
    pub(crate) width: u16,
    /// Bytes of each block of the first two rows; a power of two.
    pub(crate) starting_block_size: u64,
    /// Bytes of the largest direct block; a power of two.
    pub(crate) max_direct_size: u64,
    /// Bits of the largest offset in the heap's space.
    pub(crate) max_heap_bits: u16,
    /// Rows of a new root indirect block.
    pub(crate) starting_rows: u16,
    /// `None` where the heap holds no managed object.
    pub(crate) root: Option<Address>,
    /// Rows of the root indirect block; 0 where the root is a direct block.
    pub(crate) root_rows: u16,
}

/// One block's place in an indirect block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) row: u32,
    /// Number of the entry in its indirect block: row times width plus column.
    pub(crate) entry: u64,
    /// First byte of the block, counted from the start of its indirect block.
    pub(crate) offset: u64,
    /// Bytes of the block.
    pub(crate) size: u64,
}

/// What direct blocks hold, of a cell or several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    /// Bytes for objects.
    pub(crate) room: u64,
    /// Bytes for objects in the first block.
    pub(crate) first: u64,
    /// Rows, or parts of rows, of direct blocks.
    pub(crate) rows: u64,
    /// Bytes for objects in one block of each row.
    pub(crate) sum: u64,
}

impl Contents {
    /// Adds `count` cells of a row, each of which holds `cell`; a `direct` row is one of blocks.
    pub(crate) fn add_row(&mut self, cell: &Self, count: u64, direct: bool) {
        let parts = if direct { 1 } else { count };
        if self.rows == 0 {
            self.first = cell.first;
        }
        self.room = self.room.saturating_add(cell.room.saturating_mul(count));
        self.rows = self.rows.saturating_add(cell.rows.saturating_mul(parts));
        self.sum = self.sum.saturating_add(cell.sum.saturating_mul(parts));
    }
}

impl DoublingTable {
    /// Reads the table and checks what everything below relies on.
    pub(super) fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let width = d.checked("Table Width", Decoder::u16, u16::is_power_of_two)?;
        let starting_block_size =
            d.checked("Starting Block Size", Decoder::length, u64::is_power_of_two)?;
        let max_direct_size = d.checked("Maximum Direct Block Size", Decoder::length, |size| {
            size.is_power_of_two() && (starting_block_size..=1 << 31).contains(&size)
        })?;
        let mut table = Self {
            width,
            starting_block_size,
            max_direct_size,
            max_heap_bits: 0,
            starting_rows: 0,
            root: None,
            root_rows: 0,
        };
        let least = table.first_row_bits();
        table.max_heap_bits = d.checked("Maximum Heap Size", Decoder::u16, |bits| {
            (least..=64).contains(&u32::from(bits))
        })?;
        table.starting_rows = d.u16("Starting # of Rows in Root Indirect Block")?;
        table.root = d.address("Address of Root Block")?;
        let most = table.max_root_rows();
        table.root_rows =
            d.checked("Current # of Rows in Root Indirect Block", Decoder::u16, |rows| {
                u32::from(rows) <= most
            })?;
        Ok(table)
    }

    pub(super) fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u16(self.width);
        e.length("Starting Block Size", self.starting_block_size)?;
        e.length("Maximum Direct Block Size", self.max_direct_size)?;
        e.u16(self.max_heap_bits);
        e.u16(self.starting_rows);
        e.address("Address of Root Block", self.root)?;
        e.u16(self.root_rows);
        Ok(())
    }

    /// Bytes of an offset in the heap's space.
    pub(crate) fn offset_width(&self) -> u8 {
        u8::try_from(self.max_heap_bits.div_ceil(8)).unwrap_or(8)
    }

    /// Logarithm of the bytes of the first row.
    fn first_row_bits(&self) -> u32 {
        floor_log2(self.starting_block_size).saturating_add(floor_log2(u64::from(self.width)))
    }

    /// Rows that hold direct blocks.
    pub(crate) fn max_direct_rows(&self) -> u32 {
        floor_log2(self.max_direct_size)
            .saturating_sub(floor_log2(self.starting_block_size))
            .saturating_add(2)
    }

    /// Most rows of the root indirect block.
    pub(crate) fn max_root_rows(&self) -> u32 {
        u32::from(self.max_heap_bits).saturating_sub(self.first_row_bits()).saturating_add(1)
    }

    /// Bytes of each block of `row`; `None` where they need more than 64 bits.
    pub(crate) fn block_size(&self, row: u32) -> Option<u64> {
        let doublings = row.saturating_sub(1);
        1_u64.checked_shl(doublings)?.checked_mul(self.starting_block_size)
    }

    /// First byte of `row`, counted from the start of its indirect block.
    pub(crate) fn row_offset(&self, row: u32) -> Option<u64> {
        match row {
            0 => Some(0),
            _ => self.block_size(row)?.checked_mul(u64::from(self.width)),
        }
    }

    /// Rows of the indirect block that a cell of `row` holds.
    pub(crate) fn child_rows(&self, row: u32) -> Option<u32> {
        let bits = floor_log2(self.block_size(row)?);
        Some(bits.checked_sub(self.first_row_bits())?.saturating_add(1))
    }

    /// Number and size of the first cell of a row with blocks of `size` bytes at least; `None`
    /// where no direct block is that large.
    pub(crate) fn row_for(&self, size: u64) -> Option<u32> {
        (0..self.max_direct_rows()).find(|row| self.block_size(*row).is_some_and(|s| s >= size))
    }

    /// Entry `entry` of an indirect block.
    pub(crate) fn cell(&self, entry: u64) -> Option<Cell> {
        let row = u32::try_from(entry.checked_div(u64::from(self.width))?).ok()?;
        let column = entry.checked_rem(u64::from(self.width))?;
        let size = self.block_size(row)?;
        let offset = self.row_offset(row)?.checked_add(column.checked_mul(size)?)?;
        Some(Cell { row, entry, offset, size })
    }

    /// The first direct block of `least` bytes at least that may lie at heap offset `from` or
    /// behind, as offset and size.
    pub(crate) fn next_direct(&self, from: u64, least: u64) -> Option<(u64, u64)> {
        let wanted = self.row_for(least)?;
        let mut at = from;
        // Ends: every turn is further on in the heap's space, at least by a block or a row.
        'search: loop {
            let (mut base, mut rows) = (0_u64, self.max_root_rows());
            // Ends: the cells fall in size.
            loop {
                let local = at.checked_sub(base)?;
                let cell = self.cell_at(local).filter(|cell| cell.row < rows)?;
                let start = base.checked_add(cell.offset)?;
                if cell.row >= self.max_direct_rows() {
                    (base, rows) = (start, self.child_rows(cell.row)?);
                    if rows > wanted {
                        continue;
                    }
                    at = start.checked_add(cell.size)?;
                } else if cell.row < wanted {
                    // Rows that are too small are skipped, with the block if none is large enough.
                    at = base.checked_add(self.row_offset(wanted.min(rows))?)?;
                } else if start < at {
                    at = start.checked_add(cell.size)?;
                } else {
                    return Some((start, cell.size));
                }
                continue 'search;
            }
        }
    }

    /// The direct block that heap offset `offset` belongs to, as offset and size.
    pub(crate) fn direct_at(&self, offset: u64) -> Option<(u64, u64)> {
        let (mut base, mut rows) = (0_u64, self.max_root_rows());
        // Ends: the cells fall in size.
        loop {
            let cell = self.cell_at(offset.checked_sub(base)?).filter(|cell| cell.row < rows)?;
            base = base.checked_add(cell.offset)?;
            if cell.row < self.max_direct_rows() {
                return Some((base, cell.size));
            }
            rows = self.child_rows(cell.row)?;
        }
    }

    /// What a cell of each of the first rows holds in direct blocks, its own or those below it.
    /// `overhead`: bytes of a direct block before the first object.
    pub(crate) fn contents(&self, overhead: u64, rows: u32) -> Vec<Contents> {
        let count = rows.min(self.max_root_rows());
        let mut rows: Vec<Contents> = Vec::new();
        for row in 0..count {
            let size = self.block_size(row).unwrap_or(u64::MAX);
            let room = size.saturating_sub(overhead);
            let mut contents = Contents { room, first: room, rows: 1, sum: room };
            if row >= self.max_direct_rows() {
                contents = Contents::default();
                let below = usize::try_from(self.child_rows(row).unwrap_or(0)).unwrap_or(0);
                for (below, cell) in (0..).zip(rows.iter().take(below)) {
                    let direct = below < self.max_direct_rows();
                    contents.add_row(cell, u64::from(self.width), direct);
                }
            }
            rows.push(contents);
        }
        rows
    }

    /// The cell that holds `offset`, counted from the start of an indirect block.
    pub(crate) fn cell_at(&self, offset: u64) -> Option<Cell> {
        let bits = floor_log2(offset);
        let row = match bits.checked_sub(self.first_row_bits()) {
            Some(doublings) if offset > 0 => doublings.saturating_add(1),
            _ => 0,
        };
        let size = self.block_size(row)?;
        let start = self.row_offset(row)?;
        let column = offset.checked_sub(start)?.checked_div(size)?;
        let entry = u64::from(row).checked_mul(u64::from(self.width))?.checked_add(column)?;
        let offset = start.checked_add(column.checked_mul(size)?)?;
        Some(Cell { row, entry, offset, size })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The table libhdf5 gives the heaps of groups.
    pub(in crate::format::fractal_heap) fn links() -> DoublingTable {
        DoublingTable {
            width: 4,
            starting_block_size: 512,
            max_direct_size: 65_536,
            max_heap_bits: 32,
            starting_rows: 1,
            root: Some(Address(0x300)),
            root_rows: 0,
        }
    }

    #[test]
    fn rows_double_from_the_third_on() {
        let table = links();
        let sizes = [0, 1, 2, 3].map(|row| table.block_size(row).unwrap());
        let offsets = [0, 1, 2, 3].map(|row| table.row_offset(row).unwrap());
        assert_eq!(sizes, [512, 512, 1024, 2048]);
        assert_eq!(offsets, [0, 2048, 4096, 8192]);
        assert_eq!((table.max_direct_rows(), table.max_root_rows()), (9, 22));
        assert_eq!(table.child_rows(9), Some(7));
    }

    #[test]
    fn direct_blocks_follow_each_other() {
        let mut table = links();
        table.max_direct_size = 2048;
        let mut at = 0;
        // Rows 0 to 3 are direct, row 4 leads to blocks of 2 rows, row 5 to blocks of 3.
        let mut expected = vec![512; 8];
        expected.extend([1024, 2048].iter().flat_map(|size| [*size; 4]));
        expected.extend([512; 4 * 8]);
        let next: Vec<u64> = [512; 8].into_iter().chain([1024; 4]).collect();
        expected.extend(next.repeat(4));
        for size in expected {
            assert_eq!(table.next_direct(at, 1), Some((at, size)));
            assert_eq!(table.direct_at(at + size - 1), Some((at, size)));
            at += size;
        }
        assert_eq!(table.next_direct(1, 1), Some((512, 512)));
        assert_eq!(table.next_direct(0, 513), Some((4096, 1024)));
        // Row 4 has no blocks as large.
        assert_eq!(table.next_direct(4096 + 4096 + 8192, 1000), Some((32_768 + 4096, 1024)));
        assert_eq!(table.next_direct(0, 2049), None);
        assert_eq!(table.next_direct(u64::from(u32::MAX), 1), None);
        let contents = table.contents(12, u32::MAX);
        assert_eq!(contents[4], Contents { room: 8 * 500, first: 500, rows: 2, sum: 1000 });
        assert_eq!(contents[5].rows, 3);
        assert_eq!(contents[6].rows, 4);
    }

    #[test]
    fn every_offset_has_one_cell() {
        let table = links();
        let mut at = 0;
        let mut entry = 0;
        for row in 0..12 {
            for _ in 0..table.width {
                let size = table.block_size(row).unwrap();
                let cell = Cell { row, entry, offset: at, size };
                assert_eq!(table.cell_at(at), Some(cell));
                assert_eq!(table.cell_at(at + size - 1), Some(cell));
                (at, entry) = (at + size, entry + 1);
            }
        }
    }
}
