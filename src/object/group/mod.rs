//! Groups: where their links are kept, and how one is found.

pub(crate) mod create;
pub(crate) mod edit;

use std::ops::ControlFlow;

use super::dense::{Dense, DenseLinks, DensePlaces};
use super::header::ObjectHeader;
use super::store::Store;
use crate::codec::Address;
use crate::error::{Error, Location, Result};
use crate::format::btree2::LinkNameRecord;
use crate::format::datatype::CharacterSet;
use crate::format::message::{Link, LinkInfo, LinkTarget, MessageType, SymbolTable};
use crate::format::symbol_table::{EntryCache, SymbolTableEntry};
use crate::infra::btree1::{find_group_entry, group_entries};
use crate::infra::local_heap::LocalHeap;
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
}

impl GroupObject {
    /// Whether a header is a group's.
    pub(crate) fn is(header: &ObjectHeader) -> bool {
        header.has(MessageType::SYMBOL_TABLE) || header.has(MessageType::LINK_INFO)
    }

    pub(crate) fn load(store: &Store, header: &ObjectHeader) -> Result<Self> {
        if let Some(info) = store.message::<LinkInfo>(header, MessageType::LINK_INFO)? {
            let creation_order_tracked = info.maximum_creation_index.is_some();
            let links = match info.fractal_heap {
                Some(heap) => Self::dense(store, header, heap, &info)?,
                None => {
                    let links = header.all(MessageType::LINK).map(|link| store.decode(link));
                    Links::Compact(links.collect::<Result<_>>()?)
                }
            };
            return Ok(Self { links, creation_order_tracked });
        }
        let table: Option<SymbolTable> = store.message(header, MessageType::SYMBOL_TABLE)?;
        let Some(table) = table else {
            return Err(Error::usage("the object is not a group"));
        };
        Ok(Self { links: Links::SymbolTable(table), creation_order_tracked: false })
    }

    fn dense(
        store: &Store,
        header: &ObjectHeader,
        heap: Address,
        info: &LinkInfo,
    ) -> Result<Links> {
        let places = dense_places(store, header.address, heap, info)?;
        Ok(Links::Dense(Box::new(Dense::load(store, &places)?)))
    }

    /// The link of this name.
    pub(crate) fn find(&self, store: &Store, name: &[u8]) -> Result<Option<Link>> {
        match &self.links {
            Links::SymbolTable(table) => {
                let k = store.group_k();
                let (btree, heap) = (table.btree, table.heap);
                let entry = find_group_entry(store.space(), btree, heap, k, name)?;
                let link =
                    |entry: SymbolTableEntry| symbol_link(store, table, name.to_vec(), &entry);
                entry.map(link).transpose()
            }
            Links::Compact(links) => Ok(links.iter().find(|link| link.name == name).cloned()),
            Links::Dense(dense) => {
                let record = dense.find(store, name)?;
                record.map(|record| dense_link(store, dense, &record)).transpose()
            }
        }
    }

    /// All links, in ascending order of their names' bytes. Of two with the same name, which no
    /// group should have, the first one counts.
    pub(crate) fn all(&self, store: &Store) -> Result<Vec<Link>> {
        let mut links = match &self.links {
            Links::SymbolTable(table) => {
                let k = store.group_k();
                let entries = group_entries(store.space(), table.btree, table.heap, k)?;
                let link = |(name, entry): (Vec<u8>, SymbolTableEntry)| {
                    symbol_link(store, table, name, &entry)
                };
                entries.into_iter().map(link).collect::<Result<Vec<_>>>()?
            }
            Links::Compact(links) => links.clone(),
            Links::Dense(dense) => {
                let mut links = Vec::new();
                dense.for_each(store, &mut |record| {
                    links.push(dense_link(store, dense, &record)?);
                    Ok(ControlFlow::Continue(()))
                })?;
                links
            }
        };
        if !links.is_sorted_by(|a, b| a.name < b.name) {
            links.sort_by(|a, b| a.name.cmp(&b.name));
            links.dedup_by(|b, a| a.name == b.name);
        }
        Ok(links)
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
            Links::Dense(dense) => Ok(dense.len()),
            Links::SymbolTable(_) => self.all(store).map(|links| crate::codec::wide(links.len())),
        }
    }
}

fn dense_link(store: &Store, dense: &Dense<DenseLinks>, record: &LinkNameRecord) -> Result<Link> {
    store.decode_bytes(&dense.message(store, record)?, 0)
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

/// A symbol-table entry as a link.
fn symbol_link(
    store: &Store,
    table: &SymbolTable,
    name: Vec<u8>,
    entry: &SymbolTableEntry,
) -> Result<Link> {
    let target = match (&entry.cache, entry.header) {
        (EntryCache::SoftLink { offset }, _) => {
            let heap = LocalHeap::load(store.space(), table.heap)?;
            LinkTarget::Soft(heap.string((*offset).into())?.to_vec())
        }
        (_, Some(header)) => LinkTarget::Hard(header),
        (_, None) => {
            let offset = store.space().offset(table.btree);
            let field = "Object Header Address";
            let place = Location { structure: "Symbol Table Entry", field, offset };
            return Err(Error::broken(place, "is undefined, and the link is not a soft one"));
        }
    };
    Ok(Link { name, charset: CharacterSet::Ascii, creation_order: None, target })
}
