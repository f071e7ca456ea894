//! Elements of virtual datasets, written to their sources.
//!
//! Each file of sources takes them in a step of its own; those of the virtual dataset's own file are
//! part of the step under way.

use std::sync::Arc;

use super::virtual_data::{Source, VirtualData};
use super::virtual_nesting::Nesting;
use super::virtual_read::{Picked, gather, room};
use crate::element::{CopiedReferences, ElementCopy, StoredConversion};
use crate::error::{Error, Result};
use crate::format::datatype::{Class, Datatype};
use crate::object::dataset::DatasetObject;
use crate::object::selection::ElementSelection;
use crate::object::store::Store;

impl VirtualData {
    /// Writes `bytes`, those of `elements`, to all sources that stand for them.
    ///
    /// # Errors
    ///
    /// Where no source stands for an element, or a source cannot be written to. Nothing is written
    /// then.
    pub(crate) fn write(
        &self,
        store: &Arc<Store>,
        dataset: &DatasetObject,
        elements: &ElementSelection,
        bytes: &[u8],
        nesting: &mut Nesting,
    ) -> Result<()> {
        let mut pieces = Vec::new();
        for mapping in &self.mappings {
            for block in self.blocks(store, mapping, dataset, nesting)? {
                pieces.extend(self.pick(store, &block, elements, nesting)?);
            }
        }
        check_places(&pieces, elements.len())?;
        pieces.iter().try_for_each(|piece| check_source(store, &piece.source))?;
        let writing = Writing { store, dataset, bytes };
        let is_own = |piece: &Picked| Arc::ptr_eq(&piece.source.store, store);
        let (own, mut others): (Vec<_>, Vec<_>) = pieces.into_iter().partition(is_own);
        while let Some(first) = others.first() {
            let other = Arc::clone(&first.source.store);
            let same = |piece: &Picked| Arc::ptr_eq(&piece.source.store, &other);
            let (now, later): (Vec<_>, Vec<_>) = others.into_iter().partition(same);
            other
                .edit_elements(|| now.iter().try_for_each(|piece| writing.piece(piece, nesting)))?;
            others = later;
        }
        own.iter().try_for_each(|piece| writing.piece(piece, nesting))?;
        // The sources have copies of their own.
        store.free_heap_objects(&dataset.datatype.datatype, bytes)
    }
}

/// Elements on their way to sources.
#[derive(Debug, Clone, Copy)]
struct Writing<'a> {
    store: &'a Arc<Store>,
    dataset: &'a DatasetObject,
    bytes: &'a [u8],
}

impl Writing<'_> {
    fn piece(&self, piece: &Picked, nesting: &mut Nesting) -> Result<()> {
        let Picked { source, elements, places } = piece;
        let limits = self.store.space().limits();
        let other = &source.store;
        // What was written to it before may have made another one of it.
        let target = other.dataset_nested(source.dataset.address(), nesting)?;
        let (from, to) = (&self.dataset.datatype.datatype, &target.datatype.datatype);
        let (size, target_size) = (self.dataset.element_size(), target.element_size());
        let mut stored = room(limits, elements.len(), size)?;
        gather(self.bytes, places, size, &mut stored)?;
        let convert = StoredConversion::new(from, to)?;
        if !convert.is_copy() {
            let mut converted = room(limits, elements.len(), target_size)?;
            // Members that the virtual dataset lacks stay as they are.
            if matches!(to.class, Class::Compound(_) | Class::Array(_)) {
                nesting.deeper(limits, |inner| {
                    target.read_nested(other, elements, &mut converted, inner)
                })?;
            }
            convert.run(&stored, &mut converted)?;
            stored = converted;
        }
        if to.is_variable() {
            let (heap, sink) = (&**self.store, &**other);
            let references = CopiedReferences::Keep;
            stored = ElementCopy { source: heap, sink, references }.run(to, to, &stored)?;
        }
        nesting.deeper(limits, |inner| target.write_nested(other, elements, &stored, inner))
    }
}

/// Checks that there is a place for each of `len` elements.
fn check_places(pieces: &[Picked], len: u64) -> Result<()> {
    let mut places: Vec<(u64, u64)> =
        pieces.iter().flat_map(|piece| piece.places.clone()).collect();
    places.sort_unstable();
    let mut end = 0u64;
    for (at, len) in places {
        if at > end {
            break;
        }
        end = end.max(at.saturating_add(len));
    }
    if end >= len {
        return Ok(());
    }
    Err(Error::usage("the selection has elements of a virtual dataset that no source stands for"))
}

fn check_source(store: &Arc<Store>, source: &Source) -> Result<()> {
    let (other, datatype) = (&source.store, &source.dataset.datatype.datatype);
    if !other.is_writable() {
        let path = other.path().map(|path| path.display().to_string()).unwrap_or_default();
        let problem = "a source of the virtual dataset is in a file open for reading only";
        return Err(Error::usage(problem).under(&path));
    }
    if Arc::ptr_eq(other, store) || !datatype.is_variable() {
        return Ok(());
    }
    if store.space().sizes() != other.space().sizes() {
        return Err(Error::unsupported("variable-length data of a file with other widths"));
    }
    if has_references(datatype) {
        return Err(Error::unsupported("references of a virtual source in another file"));
    }
    Ok(())
}

fn has_references(datatype: &Datatype) -> bool {
    match &datatype.class {
        Class::Reference(_) => true,
        Class::VarLen(sequence) => has_references(&sequence.base),
        Class::Compound(members) => members.iter().any(|member| has_references(&member.datatype)),
        Class::Array(array) => has_references(&array.base),
        _ => false,
    }
}
