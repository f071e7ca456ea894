//! Objects whose last hard link is gone.

use std::sync::Arc;

use super::holdings::{Holdings, Patience};
use super::store::Store;
use crate::codec::Address;
use crate::error::Result;

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
        let mut held = Holdings::of(store, &header, &mut Patience::ENDLESS.clone())?;
        held.free(store)?;
        store.drop_dataset(at);
        waiting.extend(held.objects.iter().map(|counted| counted.at));
    }
    Ok(())
}
