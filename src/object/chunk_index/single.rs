//! The index of a dataset that is one chunk.

use super::{ChunkChange, ChunkIndex, IndexContext, check_plain, outside};
use crate::codec::Address;
use crate::error::Result;
use crate::format::message::{ChunkIndexKind, FilteredChunk};
use crate::object::raw_data::chunked::ChunkLocation;
use crate::object::store::Store;
use crate::space::Extents;

/// The only chunk: the layout message itself is the index.
#[derive(Debug)]
pub(super) struct Single {
    rank: usize,
    chunk_bytes: u64,
    filtered: bool,
    location: Option<ChunkLocation>,
}

impl Single {
    pub(super) fn new(context: &IndexContext<'_>, filtered: Option<FilteredChunk>) -> Self {
        let chunk_bytes = context.grid.chunk_bytes;
        let (stored_bytes, filter_mask) =
            filtered.map_or((chunk_bytes, 0), |chunk| (chunk.size, chunk.mask));
        let location = |address| ChunkLocation { address, stored_bytes, filter_mask };
        // Where libhdf5 gave the chunk back as the dataset became empty, it left the address.
        let empty = context.grid.extent.contains(&0);
        Self {
            rank: context.grid.extent.len(),
            chunk_bytes,
            filtered: context.filtered || filtered.is_some(),
            location: context.layout.address.filter(|_| !empty).map(location),
        }
    }
}

impl ChunkIndex for Single {
    fn get(&self, _: &Store, scaled: &[u64]) -> Result<Option<ChunkLocation>> {
        Ok(self.location.filter(|_| scaled.iter().all(|n| *n == 0)))
    }

    fn for_each(
        &self,
        _: &Store,
        each: &mut dyn FnMut(&[u64], ChunkLocation) -> Result<()>,
    ) -> Result<()> {
        self.location.map_or(Ok(()), |location| each(&vec![0; self.rank], location))
    }

    fn layout(&self) -> (Option<Address>, ChunkIndexKind) {
        let stored =
            |at: ChunkLocation| FilteredChunk { size: at.stored_bytes, mask: at.filter_mask };
        let nothing = FilteredChunk { size: 0, mask: 0 };
        let chunk = self.location.map_or(nothing, stored);
        let filtered = self.filtered.then_some(chunk);
        (self.location.map(|at| at.address), ChunkIndexKind::Single { filtered })
    }

    fn create(&mut self, _: &Store) -> Result<()> {
        Ok(())
    }

    fn change(&mut self, _: &Store, changes: &[ChunkChange]) -> Result<()> {
        for (scaled, at) in changes {
            if scaled.iter().any(|n| *n != 0) {
                return Err(outside(scaled));
            }
            if let Some(at) = at.as_ref().filter(|_| !self.filtered) {
                check_plain(at, self.chunk_bytes)?;
            }
            self.location = *at;
        }
        Ok(())
    }

    fn extents(&self, _: &Store, _: &mut Extents) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::message::ChunkedLayout;
    use crate::object::raw_data::chunked::Grid;

    #[test]
    fn an_empty_dataset_has_no_chunk_whatever_the_layout_says() {
        let layout = ChunkedLayout {
            dimensions: vec![8],
            element_size: 2,
            flags: 0,
            index: ChunkIndexKind::Single { filtered: None },
            address: Some(Address(2048)),
        };
        let open = |len| {
            let (extent, chunk) = (vec![len], vec![8]);
            let grid = Grid { extent, chunk, element_size: 2, chunk_bytes: 16 };
            let maximum = &[Some(8)];
            let (layout, grid) = (&layout, &grid);
            let context = IndexContext { layout, version: 4, filtered: false, grid, maximum };
            Single::new(&context, None).layout().0
        };
        assert_eq!(open(8), Some(Address(2048)));
        assert_eq!(open(0), None);
    }
}
