//! Which fill values have what they keep in heaps to themselves.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::Store;
use crate::element::holds_heap_ids;
use crate::error::Result;
use crate::format::datatype::Datatype;
use crate::format::global_heap::HeapId;

/// What fill values keep in heaps that were made since the file was opened.
///
/// When libhdf5 copies a dataset within its file, both have the same fill value: it names what lies
/// in a heap twice, and nothing says so. Only of one made by this handle is it certain that no other
/// dataset needs what it names; what others name stays when a dataset goes, as with libhdf5.
#[derive(Debug, Default)]
pub(crate) struct OwnFills(Mutex<HashSet<HeapId>>);

impl OwnFills {
    pub(crate) fn knows(&self, id: &HeapId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }
}

impl Store {
    /// A dataset with this fill value is made, which nothing else names.
    pub(crate) fn note_fill(&self, datatype: &Datatype, fill: &[u8]) -> Result<()> {
        if holds_heap_ids(datatype) {
            let ids = self.heap_ids(datatype, fill)?;
            self.fills.0.lock().unwrap_or_else(PoisonError::into_inner).extend(ids);
        }
        Ok(())
    }

    pub(crate) fn own_fills(&self) -> &OwnFills {
        &self.fills
    }
}
