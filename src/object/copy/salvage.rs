//! All that is left of a damaged file, copied to a new one.

use std::sync::Arc;

use super::damaged::LossKind;
use super::rebuilt::table_of;
use super::{Copier, CopyOptions, Place, Waiting};
use crate::codec::wide;
use crate::error::Result;
use crate::object::store::Store;

/// What was brought.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Brought {
    /// Objects, the root group not counted.
    pub(crate) objects: u64,
    /// Those of them that nothing led to any more, or nothing but their like.
    pub(crate) found: u64,
}

/// Copies what is left of the file `from`, which was opened as a damaged one, to the new file `to`,
/// as part of a step.
pub(crate) fn salvage(from: &Arc<Store>, to: &Arc<Store>, options: CopyOptions) -> Result<Brought> {
    let copier = Copier::new(to, options);
    copier.bound(from.space().end().0);
    let root = from.superblock().root_header;
    let main = to.superblock().root_header;
    let place = Place { store: Arc::clone(from), path: b"/".to_vec(), level: 0 };
    // What was noted when the file was opened.
    for error in from.space().take_noted(0) {
        copier.spare(&place, LossKind::File, || Err::<(), _>(error))?;
    }
    let entry = from.superblock().root_entry.as_ref().filter(|entry| entry.header == Some(root));
    let table = entry.and_then(|entry| table_of(entry.cache));
    copier.note_waiting(Waiting { place, source: root, copy: main, table }, false);
    copier.fill_all()?;
    let reached = copier.copies.borrow().len();
    if copier.told() > 0 {
        copier.find_strays(from)?;
    }
    let all = copier.copies.borrow().len();
    copier.link_orphans(main)?;
    copier.count_links()?;
    let found = wide(all.saturating_sub(reached));
    Ok(Brought { objects: wide(all.saturating_sub(1)), found })
}
