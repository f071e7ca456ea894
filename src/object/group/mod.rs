//! Groups: where their links are kept, and how one is found.

pub(crate) mod create;
pub(crate) mod edit;

use std::sync::OnceLock;

use super::dense::{Dense, DenseLinks, DensePlaces};
use super::header::Messages;
use super::store::Store;
use crate::codec::Address;
use crate::error::{Error, Location, Result};
use crate::format::datatype::CharacterSet;
use crate::format::message::{Link, LinkInfo, LinkTarget, MessageType, SymbolTable};
use crate::format::symbol_table::{EntryCache, SymbolTableEntry};
use crate::infra::btree1::{KeptSymbols, find_group_entry, for_each_entry};
use crate::infra::kept::load_once;
use crate::infra::local_heap::{LocalHeap, StringsPlace};
use crate::infra::sorted_names::SortedNames;
use crate::infra::symbol_table;
use crate::space::Extents;

/// Where a group keeps its links.
#[derive(Debug)]
pub(crate) enum Links {
    /// A version 1 B-tree of symbol-table nodes, names in a local heap: the old style.
    SymbolTable(SymbolTable),
    /// Messages of the header.
    Compact(Vec<Link>),
    /// Messages in a fractal heap, found through version 2 B-trees.
    Dense(Box<Dense<DenseLinks>>),
}

/// A group: its links, and whether it knows the order they were made in.
#[derive(Debug)]
pub(crate) struct GroupObject {
    pub(crate) links: Links,
    pub(crate) creation_order_tracked: bool,
    /// The place in that order of the next link.
    pub(crate) next_creation_order: Option<u64>,
    /// What was read, where that is kept.
    kept: Option<KeptLinks>,
}

/// What was read of links that nobody changes.
#[derive(Debug, Default)]
struct KeptLinks {
    /// Of all of them; `None` where that is too much to keep.
    listed: OnceLock<Option<SortedNames>>,
    /// Of a symbol table.
    names: OnceLock<StringsPlace>,
    /// Of a symbol table.
    symbols: KeptSymbols,
}

impl GroupObject {
    /// Whether a header is a group's.
    pub(crate) fn is(header: &impl Messages) -> bool {
        header.has(MessageType::SYMBOL_TABLE) || header.has(MessageType::LINK_INFO)
    }

    pub(crate) fn load(store: &Store, header: &impl Messages) -> Result<Self> {
        if let Some(info) = store.message::<LinkInfo>(header, MessageType::LINK_INFO)? {
            let creation_order_tracked = info.maximum_creation_index.is_some();
            let links = match info.fractal_heap {
                Some(heap) => Self::dense(store, header.address(), heap, &info)?,
                None => {
                    let links = header.all(store.space(), MessageType::LINK)?.into_iter();
                    let links = links.map(|link| store.decode(link));
                    let links = links.filter_map(|link| store.space().heed(link).transpose());
                    Links::Compact(links.collect::<Result<_>>()?)
                }
            };
            let next_creation_order = info.maximum_creation_index;
            return Ok(Self { links, creation_order_tracked, next_creation_order, kept: None });
        }
        let table: Option<SymbolTable> = store.message(header, MessageType::SYMBOL_TABLE)?;
        let Some(table) = table else {
            return Err(Error::usage("the object is not a group"));
        };
        Ok(Self::of_table(table))
    }

    /// A group with links in a symbol table.
    pub(crate) fn of_table(table: SymbolTable) -> Self {
        let links = Links::SymbolTable(table);
        Self { links, creation_order_tracked: false, next_creation_order: None, kept: None }
    }

    /// Keeps what look-ups and listings read: for groups that nobody changes.
    pub(crate) fn keeping_nodes(mut self) -> Self {
        match &mut self.links {
            Links::Compact(_) => return self,
            Links::SymbolTable(_) => {}
            Links::Dense(dense) => dense.keep_nodes(),
        }
        self.kept = Some(KeptLinks::default());
        self
    }

    /// What a listing is kept in for look-ups after it, where that is to be done and was not.
    fn listing(&self) -> Option<SortedNames> {
        self.kept
            .as_ref()
            .filter(|kept| kept.listed.get().is_none())
            .map(|_| SortedNames::default())
    }

    fn keep_listed(&self, listed: Option<SortedNames>) {
        if let Some((kept, listed)) = self.kept.as_ref().zip(listed) {
            kept.listed.get_or_init(|| listed.finish());
        }
    }

    fn dense(store: &Store, header: Address, heap: Address, info: &LinkInfo) -> Result<Links> {
        let places = dense_places(store, header, heap, info)?;
        Ok(Links::Dense(Box::new(Dense::at(&places))))
    }

    /// Where the link of this name leads.
    pub(crate) fn find_target(&self, store: &Store, name: &[u8]) -> Result<Option<LinkTarget>> {
        let listed = self.kept.as_ref().and_then(|kept| kept.listed.get()?.as_ref());
        if let Some(header) = listed.and_then(|listed| listed.find(name)) {
            return Ok(Some(LinkTarget::Hard(header)));
        }
        match &self.links {
            Links::SymbolTable(table) => {
                let (space, k, btree) = (store.space(), store.group_k(), table.btree);
                let load = || StringsPlace::load(space, table.heap);
                let entry = match &self.kept {
                    Some(kept) => {
                        let names = load_once(&kept.names, load)?;
                        find_group_entry(space, btree, names, k, name, Some(&kept.symbols))?
                    }
                    None => find_group_entry(space, btree, &load()?, k, name, None)?,
                };
                entry.map(|entry| symbol_target(store, table, &entry)).transpose()
            }
            Links::Compact(links) => {
                Ok(links.iter().find(|link| link.name == name).map(|link| link.target.clone()))
            }
            Links::Dense(_) => Ok(self.find(store, name)?.map(|link| link.target)),
        }
    }

    /// The link of this name.
    pub(crate) fn find(&self, store: &Store, name: &[u8]) -> Result<Option<Link>> {
        match &self.links {
            Links::SymbolTable(_) => {
                let target = self.find_target(store, name)?;
                Ok(target.map(|target| symbol_link(name.to_vec(), target)))
            }
            Links::Compact(links) => Ok(links.iter().find(|link| link.name == name).cloned()),
            Links::Dense(dense) => dense.find_message(store, name, |_, message| {
                let link: Link = store.decode_bytes(message, 0)?;
                Ok((link.name == name).then_some(link))
            }),
        }
    }

    /// Whether there is a link of this name.
    pub(crate) fn has(&self, store: &Store, name: &[u8]) -> Result<bool> {
        match &self.links {
            Links::Dense(dense) => dense.has(store, name),
            _ => Ok(self.find(store, name)?.is_some()),
        }
    }

    /// All links, in ascending order of their names' bytes. Of two with the same name, which no
    /// group should have, the first one counts.
    pub(crate) fn all(&self, store: &Store) -> Result<Vec<Link>> {
        let mut links = match &self.links {
            Links::SymbolTable(table) => {
                let mut links = Vec::new();
                let (space, k) = (store.space(), store.group_k());
                for_each_entry(space, table.btree, table.heap, k, &mut |name, entry| {
                    let target = symbol_target(store, table, &entry)?;
                    links.push(symbol_link(name.to_vec(), target));
                    Ok(())
                })?;
                links
            }
            Links::Compact(links) => links.clone(),
            Links::Dense(dense) => {
                let mut links = Vec::new();
                dense.for_each_message(store, &mut |_, message| {
                    links.extend(store.space().heed(store.decode_bytes(message, 0))?);
                    Ok(())
                })?;
                links
            }
        };
        self.put_in_order(store, &mut links, |link| (&link.name, link.header()));
        Ok(links)
    }

    /// Sorts links by their names, of two with the same leaves the first, and keeps the names of hard ones for
    /// look-ups; `parts` gives the name and the header.
    fn put_in_order<T>(
        &self,
        store: &Store,
        links: &mut Vec<T>,
        parts: fn(&T) -> (&[u8], Option<Address>),
    ) {
        if !links.is_sorted_by(|a, b| parts(a).0 < parts(b).0) {
            links.sort_by(|a, b| parts(a).0.cmp(parts(b).0));
            let count = links.len();
            links.dedup_by(|b, a| parts(a).0 == parts(b).0);
            if links.len() != count {
                self.suspect_names(store);
            }
        }
        let mut listed = self.listing();
        if let Some(listed) = &mut listed {
            for link in links.iter() {
                if let (name, Some(header)) = parts(link) {
                    listed.push(name, header);
                }
            }
        }
        self.keep_listed(listed);
    }

    /// Notes that two links have one name, which is what is left of two.
    #[cold]
    fn suspect_names(&self, store: &Store) {
        let (structure, at) = match &self.links {
            Links::SymbolTable(table) => ("Symbol Table Node", table.btree),
            _ => ("Link Message", Address(0)),
        };
        store.space().suspect(structure, "Link Name", at, "two links have the same name");
    }

    /// The names of all links, as [`all`](Self::all) has them.
    pub(crate) fn names(&self, store: &Store) -> Result<Vec<Vec<u8>>> {
        let table = match &self.links {
            Links::SymbolTable(table) => table,
            Links::Compact(_) => {
                return Ok(self.all(store)?.into_iter().map(|link| link.name).collect());
            }
            Links::Dense(dense) => {
                // A whole link takes three times as much.
                let mut links = Vec::new();
                dense.for_each_message(store, &mut |_, message| {
                    let link: Option<Link> = store.space().heed(store.decode_bytes(message, 0))?;
                    links.extend(link.map(|link| (link.header(), link.name)));
                    Ok(())
                })?;
                self.put_in_order(store, &mut links, |(header, name)| (name, *header));
                return Ok(links.into_iter().map(|(_, name)| name).collect());
            }
        };
        let (mut names, mut listed) = (Vec::new(), self.listing());
        let (space, k) = (store.space(), store.group_k());
        for_each_entry(space, table.btree, table.heap, k, &mut |name, entry| {
            if let (Some(listed), Some(header)) = (&mut listed, entry.hard()) {
                listed.push(name, header);
            }
            names.push(name.to_vec());
            Ok(())
        })?;
        self.keep_listed(listed);
        if !names.is_sorted_by(|a, b| a < b) {
            names.sort();
            names.dedup();
        }
        Ok(names)
    }

    /// Adds what the group keeps its links in to `extents`, but for the header.
    pub(crate) fn extents(&self, store: &Store, extents: &mut Extents) -> Result<()> {
        match &self.links {
            Links::SymbolTable(table) => {
                symbol_table::extents(store.space(), table, store.group_k(), extents)
            }
            Links::Compact(_) => Ok(()),
            Links::Dense(dense) => dense.extents(store, extents),
        }
    }

    /// Number of links, without reading them where the group knows it.
    pub(crate) fn len(&self, store: &Store) -> Result<u64> {
        match &self.links {
            Links::Compact(links) => Ok(crate::codec::wide(links.len())),
            Links::Dense(dense) => dense.len(store),
            Links::SymbolTable(_) => self.all(store).map(|links| crate::codec::wide(links.len())),
        }
    }
}

/// Where the dense links of the group at `at` lie.
fn dense_places(store: &Store, at: Address, heap: Address, info: &LinkInfo) -> Result<DensePlaces> {
    let Some(names) = info.name_index else {
        let field = "Address of v2 B-tree for Name Index";
        let problem = "is undefined, but there is a heap";
        return Err(store.space().broken("Link Info Message", field, at, problem));
    };
    Ok(DensePlaces { heap, names, orders: info.creation_order_index.flatten() })
}

/// Where a symbol-table entry leads.
fn symbol_target(
    store: &Store,
    table: &SymbolTable,
    entry: &SymbolTableEntry,
) -> Result<LinkTarget> {
    match (&entry.cache, entry.header) {
        (EntryCache::SoftLink { offset }, _) => {
            let heap = LocalHeap::load(store.space(), table.heap)?;
            Ok(LinkTarget::Soft(heap.string((*offset).into())?.to_vec()))
        }
        (_, Some(header)) => Ok(LinkTarget::Hard(header)),
        (_, None) => {
            let offset = store.space().offset(table.btree);
            let field = "Object Header Address";
            let place = Location { structure: "Symbol Table Entry", field, offset };
            Err(Error::broken(place, "is undefined, and the link is not a soft one"))
        }
    }
}

/// The link that an entry of a symbol table stands for.
pub(crate) fn symbol_link_of(
    store: &Store,
    table: &SymbolTable,
    name: Vec<u8>,
    entry: &SymbolTableEntry,
) -> Result<Link> {
    Ok(symbol_link(name, symbol_target(store, table, entry)?))
}

/// A link of a symbol table.
fn symbol_link(name: Vec<u8>, target: LinkTarget) -> Link {
    Link { name, charset: CharacterSet::Ascii, creation_order: None, target }
}
