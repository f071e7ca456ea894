//! Chunks that are read some at a time, before they are decoded: where the storage lends nothing, it may
//! have to ask for each range, and asks for many in one.

use std::collections::VecDeque;

use super::chunked::ChunkLocation;
use crate::codec::Address;
use crate::space::Space;

/// Most bytes that are read at once.
const BYTES: u64 = 4 << 20;
/// Most chunks.
const CHUNKS: usize = 256;
/// How far ahead a chunk is looked for: those before it turned out not to be needed.
const NEAR: usize = 16;

/// The chunks that are read next.
#[derive(Debug)]
pub(super) struct Ahead<'a> {
    space: &'a Space,
    /// Those that were not read yet, in order.
    places: VecDeque<ChunkLocation>,
    /// Those that were, and nobody has taken.
    read: VecDeque<(Address, Vec<u8>)>,
}

impl<'a> Ahead<'a> {
    /// Of the chunks at `places`, in the order in which they are taken.
    pub(super) fn new(space: &'a Space, places: VecDeque<ChunkLocation>) -> Self {
        Self { space, places, read: VecDeque::new() }
    }

    /// The stored bytes of the chunk that is at `at`. `None` of one that is better read by itself: which
    /// then has the error, too, where it cannot be.
    pub(super) fn take(&mut self, at: &ChunkLocation) -> Option<Vec<u8>> {
        if let Some(place) = self.read.iter().position(|(known, _)| *known == at.address) {
            self.read.drain(..place);
            return self.read.pop_front().map(|(_, bytes)| bytes);
        }
        let place = self.places.iter().take(NEAR).position(|place| place == at)?;
        self.places.drain(..place);
        let mut bytes = 0_u64;
        let fits = |at: &&ChunkLocation| {
            bytes = bytes.saturating_add(at.stored_bytes);
            bytes <= BYTES
        };
        let now = self.places.iter().take(CHUNKS).take_while(fits).count();
        let now: Vec<_> = self.places.drain(..now.max(1)).collect();
        if now.len() < 2 {
            return None;
        }
        let ranges: Vec<_> = now.iter().map(|at| (at.address, at.stored_bytes)).collect();
        let read = self.space.read_raw_ranges("Chunk", &ranges).ok()?;
        self.read = now.iter().map(|at| at.address).zip(read).collect();
        self.read.pop_front().map(|(_, bytes)| bytes)
    }
}
