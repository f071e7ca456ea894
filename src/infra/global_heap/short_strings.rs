//! Short strings out of global heaps, many at once.

use super::collection::{Collection, object_at};
use super::reader::{HeapReader, Objects, Walk};
use crate::codec::{Address, Sizes};
use crate::element::{HeapElement, SHORT, TextBatch, UsualElement};
use crate::format::global_heap::{ObjectHeader, padding};

/// The widths of nearly all files: what follows is for those alone.
const USUAL: Sizes = Sizes { offsets: 8, lengths: 8 };

/// What an element names that has no bytes.
const EMPTY: &[u8; SHORT] = &[0; SHORT];

/// What was put into a batch.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Taken {
    /// Elements.
    pub(crate) elements: usize,
    /// Bytes of the objects they name.
    pub(crate) bytes: usize,
}

impl HeapReader<'_> {
    /// Puts the strings of the first elements in `stored` into `batch`, as long as it has room, they are
    /// short, and in the collection read last, and have nothing about them that is to be looked at.
    pub(crate) fn short_strings(
        &self,
        form: HeapElement,
        stored: &[u8],
        batch: &mut TextBatch,
    ) -> Taken {
        let last = self.last.borrow();
        match (last.as_ref(), form.usual(stored)) {
            (Some(last), Some(elements)) => match &last.objects {
                Objects::InOrder(walk) => walk.short_strings(last.at, elements, batch),
                Objects::Any(all, lent) => {
                    let bytes = lent.or(all.own_bytes()).unwrap_or_default();
                    all.short_strings(bytes, last.at, elements, batch)
                }
            },
            _ => Taken::default(),
        }
    }
}

impl Walk<'_> {
    fn short_strings(
        &self,
        at: Address,
        elements: &[UsualElement],
        batch: &mut TextBatch,
    ) -> Taken {
        if self.sizes.lengths != USUAL.lengths {
            return Taken::default();
        }
        let (mut elements, mut bytes) = (elements.iter(), 0usize);
        let mut rest = self.bytes.get(self.next.get()..).unwrap_or_default();
        let elements = batch.fill(|| {
            let (len, address, index) = HeapElement::usual_parts(elements.next()?);
            if len == 0 {
                return Some((EMPTY, 0));
            }
            let (header, data) = object_at(rest, ObjectHeader::len(USUAL), USUAL)?;
            let len = usize::try_from(len).ok()?;
            let is_it = address == at.0 && u32::from(header.index) == index && index != 0;
            if !is_it || len > data.len().min(SHORT) {
                return None;
            }
            let string = rest.get(data.start..)?.first_chunk()?;
            bytes = bytes.saturating_add(data.len());
            let next = data.end.saturating_add(padding(data.len()));
            rest = rest.get(next..).unwrap_or_default();
            Some((string, len))
        });
        self.next.set(self.bytes.len().saturating_sub(rest.len()));
        Taken { elements, bytes }
    }
}

impl Collection {
    fn short_strings(
        &self,
        all: &[u8],
        at: Address,
        elements: &[UsualElement],
        batch: &mut TextBatch,
    ) -> Taken {
        if self.sizes().lengths != USUAL.lengths {
            return Taken::default();
        }
        let (mut elements, mut bytes) = (elements.iter(), 0usize);
        let elements = batch.fill(|| {
            let (len, address, index) = HeapElement::usual_parts(elements.next()?);
            if len == 0 {
                return Some((EMPTY, 0));
            }
            if address != at.0 {
                return None;
            }
            let data = self.find(index, all)?;
            let len = usize::try_from(len).ok()?;
            if len > data.len().min(SHORT) {
                return None;
            }
            let string = all.get(data.start..)?.first_chunk()?;
            bytes = bytes.saturating_add(data.len());
            Some((string, len))
        });
        Taken { elements, bytes }
    }
}
