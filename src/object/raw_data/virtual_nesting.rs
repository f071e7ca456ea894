//! Bounds on virtual datasets that consist of virtual datasets.

use crate::error::{Error, Result};
use crate::limits::Limits;

/// How virtual datasets that consist of virtual datasets are followed: no further than a bound in
/// depth, and no more work in all than what is asked for can need.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Nesting {
    depth: u64,
    /// Sources opened or read beneath the first level.
    nested: u64,
    /// Elements taken from sources.
    taken: u64,
    /// Elements that may be taken, once a read has begun.
    allowed: Option<u64>,
}

/// Sources opened or read beneath the first level for one operation.
const NESTED_SOURCES: u64 = 4096;
/// How often an element may be taken from a source: once a level of nesting, and twice that where
/// mappings overlap.
const OVERLAP: u64 = 16;

impl Nesting {
    /// Does `work` one level deeper.
    pub(super) fn deeper<T>(
        &mut self,
        limits: &Limits,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let depth = self.depth.saturating_add(1);
        Limits::check("file_depth", depth, limits.file_depth)?;
        if self.depth > 0 {
            self.nested = self.nested.saturating_add(1);
            if self.nested > NESTED_SOURCES {
                return Err(Error::unsupported("virtual datasets nested in that many others"));
            }
        }
        let before = std::mem::replace(&mut self.depth, depth);
        let done = work(self);
        self.depth = before;
        done
    }

    /// Notes that a read of `wanted` elements begins; its bound is that of the outermost one.
    pub(super) fn begin(&mut self, wanted: u64) {
        self.allowed.get_or_insert(wanted.saturating_mul(OVERLAP));
    }

    /// Notes that `elements` are taken from a source.
    pub(super) fn take(&mut self, elements: u64) -> Result<()> {
        self.taken = self.taken.saturating_add(elements);
        if self.allowed.is_some_and(|allowed| self.taken > allowed) {
            return Err(Error::unsupported("virtual mappings that overlap so often"));
        }
        Ok(())
    }
}
