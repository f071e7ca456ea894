//! Links come and go.

use std::sync::Arc;

use super::{GroupObject, Links};
use crate::codec::Address;
use crate::error::{Error, ErrorKind, Result};
use crate::format::datatype::CharacterSet;
use crate::format::message::{
    GroupInfo, Link, LinkInfo, LinkPhaseChange, LinkTarget, MessageFlags, MessageType, SymbolTable,
};
use crate::format::symbol_table::EntryCache;
use crate::infra::symbol_table::{self, Target};
use crate::object::dense::{Dense, DenseLinks, DensePlaces};
use crate::object::header::ObjectHeader;
use crate::object::path::text;
use crate::object::store::Store;

/// Largest link message a header holds.
const LARGEST: usize = 0xffff;

/// A group being changed. The counts of links that objects keep are the caller's.
#[derive(Debug)]
pub(crate) struct GroupEdit<'a> {
    store: &'a Store,
    header: Arc<ObjectHeader>,
    object: GroupObject,
    /// Messages of links came or went.
    has_changed: bool,
}

impl<'a> GroupEdit<'a> {
    pub(crate) fn open(store: &'a Store, at: Address) -> Result<Self> {
        let header = store.kept_header(at)?;
        let object = GroupObject::load(store, &header)?;
        Ok(Self { store, header, object, has_changed: false })
    }

    /// The link of this name.
    pub(crate) fn find(&self, name: &[u8]) -> Result<Option<Link>> {
        self.object.find(self.store, name)
    }

    /// Whether there is a link of this name.
    pub(crate) fn has(&self, name: &[u8]) -> Result<bool> {
        self.object.has(self.store, name)
    }

    /// Adds a link, which gets its place in the creation order here.
    pub(crate) fn insert(&mut self, link: Link) -> Result<()> {
        check_name(&link.name)?;
        if self.has(&link.name)? {
            let name = format!("link {:?}", text(&link.name));
            return Err(Error::new(ErrorKind::Exists(name)));
        }
        self.insert_new(link)
    }

    /// As [`insert`](Self::insert), of a link of whose name there is none.
    pub(crate) fn insert_new(&mut self, mut link: Link) -> Result<()> {
        check_name(&link.name)?;
        if let Links::Dense(dense) = &mut self.object.links
            && !self.object.creation_order_tracked
            && !self.header.tells_time()
        {
            // The header says nothing of a single link.
            link.creation_order = None;
            return dense.insert_value(self.store, &link.name, &link, 0);
        }
        if self.insert_symbol(&link)? {
            return self.save();
        }
        let mut info = self.info()?;
        link.creation_order = None;
        if let Some(next) = &mut info.maximum_creation_index {
            let order =
                i64::try_from(*next).map_err(|_| Error::usage("a group had too many links"))?;
            link.creation_order = Some(order);
            *next = next.saturating_add(1);
        }
        self.put(&mut info, &link)?;
        self.save_info(&info)
    }

    /// Adds a link to the symbol table of an old-style group; `false` where there is none, or none
    /// any more, for it could not hold the link.
    fn insert_symbol(&mut self, link: &Link) -> Result<bool> {
        let Links::SymbolTable(table) = &self.object.links else { return Ok(false) };
        let table = *table;
        let Some(target) = symbol_target(self.store, link)? else {
            self.modernize(&table)?;
            return Ok(false);
        };
        let (space, k) = (self.store.space(), self.store.group_k());
        symbol_table::insert(space, &table, k, &link.name, target)?;
        Ok(true)
    }

    /// Adds all these links to the group. Where it is empty, and keeps the order of creation as
    /// they do, they keep their places in that order; `next` is the place of the link to come.
    pub(crate) fn fill(&mut self, mut links: Vec<Link>, next: Option<u64>) -> Result<()> {
        links.sort_by_key(|link| link.creation_order);
        if matches!(self.object.links, Links::SymbolTable(_)) {
            for link in links {
                check_name(&link.name)?;
                if !self.insert_symbol(&link)? {
                    self.insert(link)?;
                }
            }
            return self.save();
        }
        let tracked = self.info()?.maximum_creation_index.is_some();
        if tracked != next.is_some() || self.object.len(self.store)? > 0 {
            return links.into_iter().try_for_each(|link| self.insert(link));
        }
        let mut info = self.info()?;
        for link in &links {
            check_name(&link.name)?;
            self.put(&mut info, link)?;
        }
        info.maximum_creation_index = next;
        self.save_info(&info)
    }

    /// Adds a link whose creation order is set.
    fn put(&mut self, info: &mut LinkInfo, link: &Link) -> Result<()> {
        let body = self.store.encode(link)?;
        let most = usize::from(self.phase_change()?.maximum_compact);
        if let Links::Compact(links) = &mut self.object.links {
            if links.len() < most && body.len() <= LARGEST {
                links.push(link.clone());
                self.has_changed = true;
                let flags = MessageFlags::empty();
                Arc::make_mut(&mut self.header).push(MessageType::LINK, flags, body);
                return Ok(());
            }
            self.condense(info)?;
        }
        let Links::Dense(dense) = &mut self.object.links else { return Ok(()) };
        let order = link.creation_order.unwrap_or(0);
        dense.insert(self.store, &link.name, &body, order)?;
        note_places(info, Some(&dense.places()));
        Ok(())
    }

    /// Removes the link of this name, and gives it.
    pub(crate) fn remove(&mut self, name: &[u8]) -> Result<Link> {
        if self.store.settle_arrivals()? {
            self.object = GroupObject::load(self.store, &self.header)?;
        }
        let missing = || Error::not_found(format!("link {:?}", text(name)));
        let link = self.find(name)?.ok_or_else(missing)?;
        let store = self.store;
        match &mut self.object.links {
            Links::SymbolTable(table) => {
                symbol_table::remove(store.space(), table, store.group_k(), name)?;
            }
            Links::Compact(links) => {
                links.retain(|link| link.name != name);
                self.remove_message(name)?;
            }
            Links::Dense(dense) => {
                dense.remove(store, name, link.creation_order.unwrap_or(0))?;
                let (left, places) = (dense.len(store)?, dense.places());
                let mut info = self.info()?;
                if left < u64::from(self.phase_change()?.minimum_dense) {
                    store.settle_one(places.heap)?;
                    self.object = GroupObject::load(store, &self.header)?;
                    self.expand(&mut info)?;
                }
                self.save_info(&info)?;
                return Ok(link);
            }
        }
        self.save()?;
        Ok(link)
    }

    fn remove_message(&mut self, name: &[u8]) -> Result<()> {
        let mut found = None;
        for (at, message) in self.header.messages.iter().enumerate() {
            if message.kind == MessageType::LINK && self.store.decode::<Link>(message)?.name == name
            {
                found = Some(at);
            }
        }
        if let Some(at) = found {
            Arc::make_mut(&mut self.header).messages.remove(at);
        }
        Ok(())
    }

    /// Moves the links from the header to a heap.
    fn condense(&mut self, info: &mut LinkInfo) -> Result<()> {
        let Links::Compact(links) = &self.object.links else { return Ok(()) };
        let ordered = info.creation_order_index.is_some();
        let mut dense = Dense::<DenseLinks>::create(self.store, ordered)?;
        for link in links {
            let body = self.store.encode(link)?;
            let order = link.creation_order.unwrap_or(0);
            dense.insert(self.store, &link.name, &body, order)?;
        }
        self.has_changed = true;
        Arc::make_mut(&mut self.header).remove_all(MessageType::LINK);
        note_places(info, Some(&dense.places()));
        self.object.links = Links::Dense(Box::new(dense));
        Ok(())
    }

    /// Moves the links from the heap to the header, where they all fit there.
    fn expand(&mut self, info: &mut LinkInfo) -> Result<()> {
        let links = self.object.all(self.store)?;
        let bodies = links.iter().map(|link| self.store.encode(link));
        let bodies = bodies.collect::<Result<Vec<_>>>()?;
        if bodies.iter().any(|body| body.len() > LARGEST) {
            return Ok(());
        }
        self.has_changed = true;
        let header = Arc::make_mut(&mut self.header);
        for body in bodies {
            header.push(MessageType::LINK, MessageFlags::empty(), body);
        }
        note_places(info, None);
        let dense = std::mem::replace(&mut self.object.links, Links::Compact(links));
        match dense {
            Links::Dense(dense) => dense.free(self.store),
            _ => Ok(()),
        }
    }

    /// Makes an old-style group one of the new style, which can hold any link.
    fn modernize(&mut self, table: &SymbolTable) -> Result<()> {
        let links = self.object.all(self.store)?;
        symbol_table::free(self.store.space(), table, self.store.group_k())?;
        self.has_changed = true;
        let header = Arc::make_mut(&mut self.header);
        header.remove_all(MessageType::SYMBOL_TABLE);
        let flags = MessageFlags::CONSTANT;
        let body = self.store.encode(&GroupInfo { phase_change: None, estimates: None })?;
        header.push(MessageType::GROUP_INFO, flags, body);
        self.object.links = Links::Compact(Vec::new());
        let mut info = LinkInfo::default();
        let body = self.store.encode(&info)?;
        header.push(MessageType::LINK_INFO, MessageFlags::empty(), body);
        for link in &links {
            self.put(&mut info, link)?;
        }
        let body = self.store.encode(&info)?;
        let header = Arc::make_mut(&mut self.header);
        header.set(MessageType::LINK_INFO, MessageFlags::empty(), body);
        self.store.forget_root_table(self.header.address)
    }

    fn info(&self) -> Result<LinkInfo> {
        let info = self.store.message(&self.header, MessageType::LINK_INFO)?;
        info.ok_or_else(|| Error::usage("the group has no link info message"))
    }

    fn phase_change(&self) -> Result<LinkPhaseChange> {
        let info: Option<GroupInfo> = self.store.message(&self.header, MessageType::GROUP_INFO)?;
        Ok(info.and_then(|info| info.phase_change).unwrap_or_default())
    }

    fn save_info(&mut self, info: &LinkInfo) -> Result<()> {
        let body = self.store.encode(info)?;
        let is_there = self.header.find(MessageType::LINK_INFO).is_some_and(|m| m.body == body);
        if is_there && !self.has_changed && !self.header.tells_time() {
            return Ok(());
        }
        let flags = MessageFlags::empty();
        Arc::make_mut(&mut self.header).set(MessageType::LINK_INFO, flags, body);
        self.save()
    }

    fn save(&mut self) -> Result<()> {
        let header = Arc::make_mut(&mut self.header);
        header.touch(self.store.space())?;
        header.save(self.store.space())
    }
}

fn note_places(info: &mut LinkInfo, places: Option<&DensePlaces>) {
    info.fractal_heap = places.map(|places| places.heap);
    info.name_index = places.map(|places| places.names);
    if let Some(index) = &mut info.creation_order_index {
        *index = places.and_then(|places| places.orders);
    }
}

/// What an old-style group keeps of a link; `None` where it cannot keep it.
fn symbol_target<'a>(store: &Store, link: &'a Link) -> Result<Option<Target<'a>>> {
    if link.charset != CharacterSet::Ascii {
        return Ok(None);
    }
    Ok(match &link.target {
        LinkTarget::Hard(at) => {
            let header = store.header(*at)?;
            let table: Option<SymbolTable> = store.message(&header, MessageType::SYMBOL_TABLE)?;
            let cache = table.map_or(EntryCache::None, |table| EntryCache::Group {
                btree: table.btree,
                heap: table.heap,
            });
            Some(Target::Hard { header: *at, cache })
        }
        LinkTarget::Soft(path) => Some(Target::Soft(path)),
        _ => None,
    })
}

fn check_name(name: &[u8]) -> Result<()> {
    let wrong = |what: &str| Err(Error::usage(format!("a link's name {what}")));
    match name {
        b"" => wrong("is not empty"),
        b"." => wrong("is not \".\""),
        _ if name.contains(&b'/') => wrong("has no \"/\""),
        _ if name.contains(&0) => wrong("has no NUL"),
        _ => Ok(()),
    }
}
