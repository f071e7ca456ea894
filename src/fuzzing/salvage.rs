//! Target of damaged files: what is left of them is brought to new ones.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::edits::Bounded;
use super::{limits, open, told};
use crate::codec::wide;
use crate::{Checker, ExternalAccess, File, FileBuilder, Memory, Salvager, SharedMemory, Storage};

/// Bytes that any new file may have.
const ROOM: u64 = 16 << 20;
/// Bytes that it may have beyond them, for each byte of the damaged one.
const ROOM_EACH: u64 = 64;

/// A file, of which all that can be told is brought to another one: that can be opened and walked
/// through, and is not out of proportion.
pub fn salvage(input: &[u8]) {
    let target = SharedMemory::default();
    let (from, to) = (Memory::new(input.to_vec()), Bounded(target.clone()));
    let salvager = Salvager::new().open_with(options());
    let salvaged = told(salvager.salvage_storage(Arc::new(from), Arc::new(to)));
    let len = target.len().expect("memory has a length");
    let most = wide(input.len()).saturating_mul(ROOM_EACH).saturating_add(ROOM);
    assert!(len <= most, "{} bytes became {len}", input.len());
    let Some(salvaged) = salvaged else { return };
    for loss in &salvaged.losses {
        assert!(!loss.to_string().is_empty());
    }
    let bytes = target.to_vec();
    let file = options().open_storage(Arc::new(Memory::new(bytes.clone())));
    let file = file.expect("a new file can be opened");
    let (mut objects, mut groups) = (0_u64, 0_u64);
    let walked = file.visit_items(|path, object| {
        assert!(object.open().is_ok(), "{path} cannot be opened");
        match path.starts_with("lost+found") && object.as_group().is_ok() {
            true => groups = groups.saturating_add(1),
            false => objects = objects.saturating_add(1),
        }
        ControlFlow::<()>::Continue(())
    });
    walked.expect("a new file can be walked through");
    // Of the groups, some may have been made for what was found.
    let brought = objects..=objects.saturating_add(groups);
    assert!(brought.contains(&salvaged.objects), "{} are {brought:?}", salvaged.objects);
    let report = Checker::new().elements(true).map(true).check(&file);
    let report = report.expect("a new file can be checked");
    assert!(report.is_sound(), "{:?}", report.faults);
    open(&bytes);
}

fn options() -> FileBuilder {
    File::with_options().limits(limits()).external(ExternalAccess::Deny)
}
