//! Structures that say themselves what they are, found wherever they lie: for files in which what
//! led to them is gone.

use std::borrow::Cow;

use crate::codec::{Address, wide};
use crate::error::Result;
use crate::space::Space;

/// Bytes looked through at once.
const WINDOW: u64 = 1 << 20;
/// Bytes of a signature and the version behind it.
const MARK: usize = 5;

/// Where structures with a signature lie, each kind in ascending order. What a landmark is worth is
/// for who reads the structure to say.
#[derive(Debug, Default)]
pub(crate) struct Landmarks {
    /// Object headers of version 2.
    pub(crate) headers: Vec<Address>,
    /// Symbol table nodes.
    pub(crate) symbols: Vec<Address>,
    /// Local heaps.
    pub(crate) heaps: Vec<Address>,
    /// Direct blocks of fractal heaps.
    pub(crate) blocks: Vec<Address>,
    /// Nodes of version 1 B-trees of chunks.
    pub(crate) chunk_nodes: Vec<Address>,
}

impl Landmarks {
    /// Looks through the whole file, once.
    pub(crate) fn find(space: &Space) -> Result<Self> {
        let mut found = Self::default();
        let end = space.end().0;
        let mut at = 0_u64;
        while at < end {
            // What begins at the end of one window is whole in the next.
            let len = end.saturating_sub(at).min(WINDOW.saturating_add(wide(MARK)));
            if let Some(bytes) = space.heed(window(space, Address(at), len))? {
                let starts = bytes.windows(MARK).take(usize::try_from(WINDOW).unwrap_or(0));
                for (n, mark) in (at..).zip(starts) {
                    found.meet(Address(n), mark);
                }
            }
            at = at.saturating_add(WINDOW);
        }
        Ok(found)
    }

    fn meet(&mut self, at: Address, mark: &[u8]) {
        match mark {
            b"OHDR\x02" => self.headers.push(at),
            b"SNOD\x01" => self.symbols.push(at),
            b"HEAP\0" => self.heaps.push(at),
            b"FHDB\0" => self.blocks.push(at),
            b"TREE\x01" => self.chunk_nodes.push(at),
            _ => {}
        }
    }
}

/// Bytes of the file, whatever they are.
pub(crate) fn window(space: &Space, at: Address, len: u64) -> Result<Cow<'_, [u8]>> {
    space.read_raw("File", at, len)
}
