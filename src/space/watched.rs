//! Writing a file that other programs read meanwhile (SWMR).
//!
//! A reader may hold an address that it found in a state of the file long gone. So nothing that a
//! commit left is used for anything else, and the file does not become shorter, until it is closed,
//! and not then either: what was given back is free for whoever opens the file next.

use std::sync::atomic::Ordering;

use super::Space;
use super::allocator::FreeRun;
use crate::error::Result;

impl Space {
    /// From here on others may read the file while this handle writes to it.
    pub(crate) fn let_others_read(&self) -> Result<()> {
        self.state_mut()?.allocator.withhold();
        self.watched.store(true, Ordering::Release);
        Ok(())
    }

    /// Whether others may read the file while this handle writes to it.
    pub(crate) fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Acquire)
    }

    /// Space that was given back while others could read the file.
    pub(crate) fn withheld(&self) -> Vec<FreeRun> {
        self.state().map_or_else(Vec::new, |state| state.allocator.withheld())
    }
}

#[cfg(test)]
mod tests {
    use crate::space::testing::scratch;
    use crate::space::{Purpose, Rank};

    #[test]
    fn what_readers_may_know_of_is_not_used_again() {
        let space = scratch();
        let block = |byte: u8| {
            let at = space.allocate(Purpose::Metadata, 64).unwrap();
            space.write(Rank::IndexNode, at, vec![byte; 64]).unwrap();
            space.commit(false).unwrap();
            at
        };
        let (before, known, last) = (block(1), block(2), block(3));
        space.free(Purpose::Metadata, before, 64).unwrap();
        space.commit(false).unwrap();
        space.let_others_read().unwrap();
        let end = space.end();
        for at in [known, last] {
            space.free(Purpose::Metadata, at, 64).unwrap();
            space.commit(false).unwrap();
        }
        assert_eq!(space.end(), end);
        let runs: Vec<_> = space.withheld().iter().map(|run| (run.at, run.len)).collect();
        assert_eq!(runs, [(known, 128)]);
        // What was free before is; what was never committed is at once.
        assert_eq!(space.allocate(Purpose::Metadata, 64).unwrap(), before);
        let more = space.allocate(Purpose::Metadata, 64).unwrap();
        assert!(more >= end);
        space.free(Purpose::Metadata, more, 64).unwrap();
        space.commit(false).unwrap();
        assert_eq!(space.allocate(Purpose::Metadata, 64).unwrap(), more);
        assert_eq!(space.withheld().len(), 1);
    }
}
