//! A heap in memory: what elements name lies behind them, in the same bytes.

use std::borrow::Cow;
use std::cell::RefCell;

use super::{HeapSink, HeapSource};
use crate::codec::{Address, Sizes, wide};
use crate::error::{Error, Result};
use crate::format::global_heap::HeapId;

/// The widths of elements in memory.
pub(crate) const WIDTHS: Sizes = Sizes { offsets: 8, lengths: 8 };

/// Elements, and behind them what they name: by its distance from the first byte.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InlineHeap<'a>(pub(crate) &'a [u8]);

impl HeapSource for InlineHeap<'_> {
    /// All from the object's first byte on: elements say how much of it is theirs.
    fn heap_object(&self, id: &HeapId) -> Result<Option<Cow<'_, [u8]>>> {
        let Some(at) = id.address else { return Ok(None) };
        let rest = usize::try_from(at.0).ok().and_then(|at| self.0.get(at..));
        let lost = || Error::usage("an element names data that lie outside of its bytes");
        rest.map(|rest| Some(rest.into())).ok_or_else(lost)
    }

    fn widths(&self) -> Option<Sizes> {
        Some(WIDTHS)
    }
}

/// Takes what elements name that are written to memory.
#[derive(Debug)]
pub(crate) struct InlineSink {
    /// Bytes of the elements, which come first.
    before: usize,
    objects: RefCell<Vec<u8>>,
}

impl InlineSink {
    /// For elements of so many bytes altogether.
    pub(crate) fn behind(before: usize) -> Self {
        Self { before, objects: RefCell::default() }
    }

    /// The elements with what they name behind them.
    pub(crate) fn join(self, mut elements: Vec<u8>) -> Vec<u8> {
        elements.append(&mut self.objects.into_inner());
        elements
    }
}

impl HeapSink for InlineSink {
    fn put(&self, bytes: &[u8]) -> Result<HeapId> {
        let mut objects = self.objects.borrow_mut();
        // An element of no bytes has no place, and the place of none is no name.
        let at = self.before.max(1).saturating_add(objects.len());
        objects.extend_from_slice(bytes);
        Ok(HeapId { address: Some(Address(wide(at))), index: 1 })
    }
}
