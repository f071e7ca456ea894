//! Objects whose last hard link is gone.

use std::sync::Arc;

use super::attribute;
use super::dataset::DatasetObject;
use super::group::GroupObject;
use super::group::edit::GroupEdit;
use super::store::Store;
use super::stored_type::committed_at;
use crate::codec::Address;
use crate::error::Result;
use crate::format::message::{LinkTarget, MessageFlags, MessageType};

/// One more hard link leads to the object at `at`.
pub(crate) fn add_link(store: &Store, at: Address) -> Result<()> {
    let mut header = store.header(at)?;
    let count = header.reference_count(store.space())?;
    header.set_reference_count(store.space(), count.saturating_add(1))?;
    header.save(store.space())
}

/// One hard link less leads to the object at `at`; without any, it and what only it holds go.
pub(crate) fn drop_link(store: &Arc<Store>, at: Address) -> Result<()> {
    let mut waiting = vec![at];
    while let Some(at) = waiting.pop() {
        let mut header = store.header(at)?;
        let count = header.reference_count(store.space())?;
        if count > 1 {
            header.set_reference_count(store.space(), count.saturating_sub(1))?;
            header.save(store.space())?;
            continue;
        }
        if DatasetObject::is(&header) {
            store.dataset(at)?.free(store)?;
            store.drop_dataset(at);
        } else if GroupObject::is(&header) {
            let group = GroupEdit::open(store, at)?;
            for link in group.all()? {
                if let LinkTarget::Hard(target) = link.target {
                    waiting.push(target);
                }
            }
            group.free()?;
        }
        waiting.extend(attribute::edit::free_all(store, &header)?);
        for message in header.all(MessageType::DATATYPE) {
            if message.flags.contains(MessageFlags::SHARED) {
                waiting.extend(committed_at(store, &message.body, message.offset)?);
            }
        }
        header.free(store.space())?;
    }
    Ok(())
}
