//! What fixed and extensible arrays of chunks have in common.

use std::fmt::Debug;

use super::extensible_array::ExtensibleArray;
use super::fixed_array::{FixedArray, VisitElement};
use crate::codec::Address;
use crate::error::Result;
use crate::format::chunk_element::ChunkElement;
use crate::space::Space;

/// An array of the file with one element a chunk.
pub(crate) trait ChunkArray: Debug + Send + Sync + Sized {
    /// Reads the header at `at`.
    fn load(space: &Space, at: Address) -> Result<Self>;

    /// Number of elements, stored or not.
    fn len(&self) -> u64;

    /// The element with this number, `None` where it is not stored.
    fn get(&self, space: &Space, number: u64) -> Result<Option<ChunkElement>>;

    /// Calls `visit` for every stored element.
    fn for_each(&self, space: &Space, visit: VisitElement<'_>) -> Result<()>;
}

impl ChunkArray for FixedArray {
    fn load(space: &Space, at: Address) -> Result<Self> {
        Self::load(space, at)
    }

    fn len(&self) -> u64 {
        self.len()
    }

    fn get(&self, space: &Space, number: u64) -> Result<Option<ChunkElement>> {
        self.get(space, number)
    }

    fn for_each(&self, space: &Space, visit: VisitElement<'_>) -> Result<()> {
        self.for_each(space, visit)
    }
}

impl ChunkArray for ExtensibleArray {
    fn load(space: &Space, at: Address) -> Result<Self> {
        Self::load(space, at)
    }

    fn len(&self) -> u64 {
        self.len()
    }

    fn get(&self, space: &Space, number: u64) -> Result<Option<ChunkElement>> {
        self.get(space, number)
    }

    fn for_each(&self, space: &Space, visit: VisitElement<'_>) -> Result<()> {
        self.for_each(space, visit)
    }
}
