//! Groups whose headers are gone, made anew of what the symbol tables that led to them say.

use super::{Copier, Place, Waiting};
use crate::codec::Address;
use crate::error::Result;
use crate::format::message::{Link, LinkTarget, SymbolTable};
use crate::format::symbol_table::EntryCache;
use crate::infra::btree1::find_group_entry;
use crate::infra::local_heap::{LocalHeap, StringsPlace};
use crate::object::group::GroupObject;
use crate::object::group::create::GroupCreation;
use crate::object::store::Store;

impl Copier<'_> {
    /// Makes a group in place of the one that a link of the group with this table leads to, where its
    /// entry there knows its links, too.
    pub(super) fn rebuild_group(
        &self,
        member: &Place,
        parent: Option<&SymbolTable>,
        link: &Link,
    ) -> Result<Option<Address>> {
        let (Some(parent), LinkTarget::Hard(source)) = (parent, &link.target) else {
            return Ok(None);
        };
        let known = self.copy_of(member, *source);
        if known.is_some() || self.options.losses.is_none() {
            return Ok(known);
        }
        let space = member.store.space();
        let noted = space.noted();
        let table = cached_table(&member.store, parent, &link.name).ok().flatten();
        let table = table.filter(|table| LocalHeap::load(space, table.heap).is_ok());
        // That the object is lost was told.
        space.take_noted(noted);
        let Some(table) = table else { return Ok(None) };
        let copy = GroupCreation::default().create(self.to)?.address;
        let place = Place { level: member.level.saturating_add(1), ..member.clone() };
        self.note_waiting(Waiting { place, source: *source, copy, table: Some(table) }, true);
        Ok(Some(copy))
    }

    /// Copies the links of a group of whose header nothing is left.
    pub(super) fn copy_cached_links(&self, waiting: &Waiting) -> Result<()> {
        let Some(table) = &waiting.table else { return Ok(()) };
        // What else lies in its heap is its own, too.
        self.incomplete.borrow_mut().push(waiting.clone());
        let store = &waiting.place.store;
        let links = || GroupObject::of_table(*table).all(store);
        self.copy_links_read(waiting, Some(table), || Ok((None, None, links()?)))
    }
}

/// What the entry of this name in a symbol table knows of the group that it leads to.
fn cached_table(store: &Store, table: &SymbolTable, name: &[u8]) -> Result<Option<SymbolTable>> {
    let space = store.space();
    let names = StringsPlace::load(space, table.heap)?;
    let entry = find_group_entry(space, table.btree, &names, store.group_k(), name, None)?;
    Ok(entry.and_then(|entry| table_of(entry.cache)))
}

/// What an entry knows of the group that it leads to.
pub(super) fn table_of(cache: EntryCache) -> Option<SymbolTable> {
    match cache {
        EntryCache::Group { btree, heap } => Some(SymbolTable { btree, heap }),
        EntryCache::None | EntryCache::SoftLink { .. } => None,
    }
}
