//! Freed space is used again only after the next commit: what comes of it where it is not.
//!
//! `tests/crash.rs` breaks the other rules of commits, from outside.

#[path = "../../../tests/support/listing.rs"]
#[allow(dead_code, unreachable_patterns, unreachable_pub, reason = "made for use from outside")]
mod listing;
#[path = "../../../tests/support/recorder.rs"]
#[allow(dead_code, unreachable_pub, reason = "made for use from outside")]
mod recorder;

use std::sync::Arc;

use listing::{Listing, list_bytes};
use recorder::{Recorder, apply};

use crate::space::REUSED_AT_ONCE;
use crate::{File, LibraryVersion, Result, SharedMemory, Storage};

/// Makes and removes groups; gives how many files that were left in between are not as of a flush.
fn lost(version: LibraryVersion) -> Result<usize> {
    let recorder = Arc::new(Recorder::default());
    let storage = Arc::clone(&recorder) as Arc<dyn Storage>;
    let builder = File::with_options().auto_flush(false);
    let builder = builder.library_versions(version, LibraryVersion::LATEST);
    let file = builder.create_storage(storage)?;
    let mut flushes: Vec<(usize, usize, Listing)> = Vec::new();
    for round in 0..12 {
        for number in 0..5 {
            file.create_group(&format!("{round}/{number}"))?;
            if round > 1 {
                file.unlink(&format!("{}/{number}", round - 2))?;
            }
        }
        let begin = recorder.steps();
        file.flush()?;
        flushes.push((begin, recorder.steps(), list_bytes(recorder.to_vec())?));
    }
    let storage = SharedMemory::default();
    let mut lost = 0;
    for (done, step) in recorder.log().iter().enumerate() {
        apply(step, &storage)?;
        let last = flushes.iter().rposition(|(_, end, _)| *end <= done + 1);
        let Some(last) = last else { continue };
        let under_way = flushes.get(last + 1).filter(|(begin, ..)| *begin <= done);
        let allowed = [Some(&flushes[last]), under_way];
        let found = list_bytes(storage.to_vec()).ok();
        let as_of = |flush: &(usize, usize, Listing)| Some(&flush.2) == found.as_ref();
        lost += usize::from(!allowed.into_iter().flatten().any(as_of));
    }
    Ok(lost)
}

#[test]
fn where_freed_space_is_used_again_at_once_flushes_are_lost() {
    for version in [LibraryVersion::Earliest, LibraryVersion::V18] {
        assert_eq!(lost(version).unwrap(), 0);
        REUSED_AT_ONCE.set(true);
        let lost = lost(version).unwrap_or(1);
        REUSED_AT_ONCE.set(false);
        assert!(lost > 0, "{version:?}");
    }
}
