//! Objects copied: to another place of their file, or to another file.
//!
//! An object that is met gets a copy at once, a header with nothing in it that depends on other
//! objects, and is filled later. Headers never move: whatever leads to an object can name its copy
//! before that is whole, so that links and references may run in circles, and nothing is copied
//! twice. What is copied is what the file held when the copy began: no link leads to a copy before
//! all is done.

mod attributes;
mod bound;
pub(crate) mod changes;
pub(crate) mod damaged;
mod dataset;
mod datatype;
mod group;
mod header;
mod leaves;
mod orphans;
mod rebuilt;
mod recode;
mod references;
pub(crate) mod salvage;
mod strays;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use changes::Changes;
use damaged::{LossKind, Losses};

use super::dataset::DatasetObject;
use super::group::GroupObject;
use super::group::create::GroupCreation;
use super::header::ObjectHeader;
use super::path::{Found, text};
use super::store::Store;
use crate::codec::Address;
use crate::error::{Error, Result};
use crate::format::message::{MessageType, SymbolTable};

/// What is copied, and how.
#[derive(Debug, Clone, Default)]
pub(crate) struct CopyOptions {
    /// Of groups in the group only the attributes.
    pub(crate) shallow: bool,
    /// What soft links lead to becomes part of the copy.
    pub(crate) expand_soft: bool,
    /// What external links lead to becomes part of the copy.
    pub(crate) expand_external: bool,
    /// What references to objects and regions mean becomes part of the copy.
    pub(crate) expand_references: bool,
    pub(crate) without_attributes: bool,
    /// What is to be otherwise in the copy.
    pub(crate) changes: Option<Arc<dyn Changes>>,
    /// Hears of what cannot be read of a damaged file, which is left out then.
    pub(crate) losses: Option<Arc<dyn Losses>>,
}

/// Copies an object to the file `to`, as part of a step. Gives its header's address; one hard link
/// is to lead there.
pub(crate) fn copy(from: &Found, to: &Arc<Store>, options: CopyOptions) -> Result<Address> {
    let copier = Copier::new(to, options);
    let place = Place { store: Arc::clone(&from.store), path: from.path.clone(), level: 0 };
    let at = copier.object(&place, from.header.address)?;
    copier.count_link(at);
    copier.run(at)?;
    Ok(at)
}

/// Copies what a group holds, and its attributes, to the group at `at` of the file `to`, as part of
/// a step. Links to the group itself lead to that one.
pub(crate) fn copy_members(
    from: &Found,
    to: &Arc<Store>,
    at: Address,
    options: CopyOptions,
) -> Result<()> {
    if Arc::ptr_eq(&from.store, to) && from.header.address == at {
        return Err(Error::usage("a group is not copied into itself"));
    }
    let copier = Copier::new(to, options);
    let place = Place { store: Arc::clone(&from.store), path: from.path.clone(), level: 0 };
    copier.adopt(&place, from.header.address, at);
    copier.run(at)
}

/// Makes a dataset like another one, without its elements and attributes, as part of a step.
pub(crate) fn dataset_like(from: &Found, to: &Arc<Store>) -> Result<Address> {
    let options = CopyOptions { without_attributes: true, ..CopyOptions::default() };
    let copier = Copier::new(to, options);
    let place = Place { store: Arc::clone(&from.store), path: from.path.clone(), level: 0 };
    let made = copier.make_dataset(&place, &*from.current()?)?.address;
    // A committed type that comes from another file with it.
    copier.run(made)?;
    to.dataset(made)?.allocate_early(to)?;
    Ok(made)
}

/// How a group is made that keeps its links and attributes as another one does.
pub(crate) fn group_like(group: &Found) -> Result<GroupCreation> {
    let place = Place { store: Arc::clone(&group.store), path: group.path.clone(), level: 0 };
    group::creation(&place, &*group.current()?, true)
}

/// Where an object was met.
#[derive(Debug, Clone)]
struct Place {
    store: Arc<Store>,
    /// How it was reached, for errors.
    path: Vec<u8>,
    /// Hard links from the object that the whole copy is of.
    level: u32,
}

/// An object whose copy waits to be filled.
#[derive(Debug, Clone)]
struct Waiting {
    place: Place,
    source: Address,
    copy: Address,
    /// Where the links of a group are that its header does not tell of any more.
    table: Option<SymbolTable>,
}

/// The copy of an object.
#[derive(Debug)]
struct Copied {
    /// Hard links that lead there.
    links: u32,
    /// Made here.
    new: bool,
}

/// One copy under way.
struct Copier<'a> {
    to: &'a Arc<Store>,
    options: CopyOptions,
    /// Files that objects are copied from; their places here tell them apart.
    sources: RefCell<Vec<Arc<Store>>>,
    copies: RefCell<HashMap<(usize, Address), Address>>,
    copied: RefCell<BTreeMap<Address, Copied>>,
    waiting: RefCell<Vec<Waiting>>,
    /// Copies of datasets that are not as these are.
    changed: RefCell<HashSet<Address>>,
    /// Copies that were made because a reference asked for them, in order.
    referenced: RefCell<Vec<Address>>,
    /// Groups some of whose links could not be read, and their copies.
    incomplete: RefCell<Vec<Waiting>>,
    /// Datasets some of whose chunks could not be found, and their copies.
    torn: RefCell<Vec<Waiting>>,
    /// Bytes that the copies take.
    claimed: Cell<u64>,
    /// Most bytes that they may take.
    most: Cell<u64>,
}

impl<'a> Copier<'a> {
    fn new(to: &'a Arc<Store>, options: CopyOptions) -> Self {
        Self {
            to,
            options,
            sources: RefCell::default(),
            copies: RefCell::default(),
            copied: RefCell::default(),
            waiting: RefCell::default(),
            changed: RefCell::default(),
            referenced: RefCell::default(),
            incomplete: RefCell::default(),
            torn: RefCell::default(),
            claimed: Cell::new(0),
            most: Cell::new(u64::MAX),
        }
    }

    /// Whether objects of this file are copied within it.
    fn is_same_file(&self, store: &Arc<Store>) -> bool {
        Arc::ptr_eq(self.to, store)
    }

    /// Names an object of any file.
    fn key(&self, store: &Arc<Store>, at: Address) -> (usize, Address) {
        let mut sources = self.sources.borrow_mut();
        let known = sources.iter().position(|source| Arc::ptr_eq(source, store));
        let index = known.unwrap_or_else(|| {
            sources.push(Arc::clone(store));
            sources.len().saturating_sub(1)
        });
        (index, at)
    }

    /// The copy of the object at `source`, where there is one already.
    fn copy_of(&self, place: &Place, source: Address) -> Option<Address> {
        let key = self.key(&place.store, source);
        self.copies.borrow().get(&key).copied()
    }

    /// The copy of the object at `source`, which is made where there is none yet.
    fn object(&self, place: &Place, source: Address) -> Result<Address> {
        if let Some(copy) = self.copy_of(place, source) {
            return Ok(copy);
        }
        let under = |error: Error| error.under(&text(&place.path));
        let noted = place.store.space().noted();
        let header = place.store.header(source).map_err(under)?;
        self.claim_header(&header).map_err(under)?;
        let copy = self.make(place, &header).map_err(under)?;
        // All of it is read once more when the copy is filled.
        place.store.space().take_noted(noted);
        self.note(place, source, copy, true);
        Ok(copy)
    }

    /// Makes a header for the copy of an object.
    fn make(&self, place: &Place, header: &ObjectHeader) -> Result<Address> {
        if DatasetObject::is(header) {
            Ok(self.make_dataset(place, header)?.address)
        } else if GroupObject::is(header) {
            Ok(self.make_group(place, header)?.address)
        } else if self.options.losses.is_some() && !header.is_datatype() {
            Err(self.unknown_kind(place, header))
        } else if header.has(MessageType::DATATYPE) {
            self.make_datatype(place, header)
        } else {
            Err(Error::unsupported("an object of unknown kind"))
        }
    }

    /// Takes an object that is there for the copy of another one.
    fn adopt(&self, place: &Place, source: Address, copy: Address) {
        self.note(place, source, copy, false);
    }

    fn note(&self, place: &Place, source: Address, copy: Address, new: bool) {
        self.note_waiting(Waiting { place: place.clone(), source, copy, table: None }, new);
    }

    fn note_waiting(&self, waiting: Waiting, new: bool) {
        let key = self.key(&waiting.place.store, waiting.source);
        self.copies.borrow_mut().insert(key, waiting.copy);
        self.copied.borrow_mut().insert(waiting.copy, Copied { links: 0, new });
        self.waiting.borrow_mut().push(waiting);
    }

    /// One more hard link leads to the copy at `at`.
    fn count_link(&self, at: Address) {
        if let Some(copied) = self.copied.borrow_mut().get_mut(&at) {
            copied.links = copied.links.saturating_add(1);
        }
    }

    /// Fills all copies, of which `main` is what is asked for.
    fn run(&self, main: Address) -> Result<()> {
        self.fill_all()?;
        self.link_orphans(main)?;
        self.count_links()
    }

    /// Fills the copies that wait for it, and those that come to be by that.
    fn fill_all(&self) -> Result<()> {
        loop {
            let Some(waiting) = self.waiting.borrow_mut().pop() else { break };
            let filled = self.fill(&waiting);
            filled.map_err(|error| error.under(&text(&waiting.place.path)))?;
        }
        Ok(())
    }

    fn fill(&self, waiting: &Waiting) -> Result<()> {
        let Waiting { place, source, copy, table } = waiting;
        let header = self.spare(place, LossKind::Header, || place.store.header(*source))?;
        let Some(header) = header else { return self.copy_cached_links(waiting) };
        if !self.options.without_attributes {
            self.spare(place, LossKind::Attributes, || {
                self.copy_attributes(place, &header, *copy)
            })?;
        }
        if table.is_some() && !GroupObject::is(&header) {
            return self.copy_cached_links(waiting);
        }
        if DatasetObject::is(&header) {
            self.spare(place, LossKind::Elements, || self.copy_data(place, *source, *copy))?;
        } else if GroupObject::is(&header) {
            self.copy_links(waiting, &header)?;
        }
        self.spare(place, LossKind::Header, || self.finish_header(place, &header, *copy))?;
        Ok(())
    }

    /// Lets every copy know how many links lead to it.
    fn count_links(&self) -> Result<()> {
        for (at, Copied { links, new }) in self.copied.take() {
            if links == 1 && new {
                continue;
            }
            let mut header = self.to.header(at)?;
            // Uses of a committed type are counted already; and a header is made with one link.
            let count = header.reference_count(self.to.space())?;
            let uses = if new { count.saturating_sub(1) } else { count };
            header.set_reference_count(self.to.space(), uses.saturating_add(links))?;
            header.save(self.to.space())?;
        }
        Ok(())
    }
}
