//! Copied elements: what they name is copied, what they refer to is followed.

use std::sync::Arc;

use super::bound::BoundedSink;
use super::{Copier, Place};
use crate::codec::Address;
use crate::element::{CopiedReferences, Copies, ElementCopy, holds_heap_ids};
use crate::error::{ErrorKind, Result};
use crate::format::datatype::Datatype;

/// Copies of the objects of one file.
struct Following<'a, 'b> {
    copier: &'a Copier<'b>,
    place: &'a Place,
}

impl Copies for Following<'_, '_> {
    fn copy_of(&self, object: Address) -> Result<Option<Address>> {
        if !self.copier.options.expand_references {
            return Ok(None);
        }
        let known = self.copier.copy_of(self.place, object);
        // One step further, as by a link: whichever comes first, the copy is the same.
        let place = Place { level: self.place.level.saturating_add(1), ..self.place.clone() };
        match self.copier.object(&place, object) {
            Ok(copy) => {
                if known.is_none() {
                    self.copier.referenced.borrow_mut().push(copy);
                }
                Ok(Some(copy))
            }
            // Where there is no object any more, the reference means nothing.
            Err(error) if matches!(error.kind(), ErrorKind::Malformed(_)) => Ok(None),
            // What it means cannot be had: that of the rest can.
            Err(error) if self.copier.can_spare(&error) => {
                self.place.store.space().note(error).map(|()| None)
            }
            Err(error) => Err(error),
        }
    }
}

impl Copier<'_> {
    /// Whether elements mean something else in their copy's file, or need something of their own
    /// there.
    pub(super) fn must_translate(&self, place: &Place, datatype: &Datatype) -> bool {
        if self.is_same_file(&place.store) {
            holds_heap_ids(datatype)
        } else {
            datatype.is_variable()
        }
    }

    /// The copies of elements.
    pub(super) fn elements(
        &self,
        place: &Place,
        from: &Datatype,
        to: &Datatype,
        bytes: &[u8],
    ) -> Result<Vec<u8>> {
        if !self.must_translate(place, from) {
            return Ok(bytes.to_vec());
        }
        let following = Following { copier: self, place };
        let references = if self.is_same_file(&place.store) {
            CopiedReferences::Keep
        } else {
            CopiedReferences::Follow(&following)
        };
        let sink = self.to.heap_writer();
        let source = Arc::clone(&place.store);
        let bounded = BoundedSink { copier: self, sink: &sink };
        let copies = ElementCopy { source: &*source, sink: &bounded, references };
        let copied = match copies.run(from, to, bytes) {
            Err(error) if self.can_spare(&error) => {
                self.elements_left(place, (from, to), bytes, &|element| {
                    copies.run(from, to, element)
                })?
            }
            copied => copied?,
        };
        sink.finish()?;
        Ok(copied)
    }
}
