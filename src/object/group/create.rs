//! New groups.

use std::sync::Arc;

use super::{GroupObject, Links};
use crate::error::{Error, Result};
use crate::format::message::{
    GroupEstimates, GroupInfo, LinkInfo, LinkPhaseChange, MessageFlags, MessageType,
};
use crate::format::object_header::RawMessage;
use crate::format::symbol_table::EntryCache;
use crate::infra::symbol_table;
use crate::object::header::{HeaderCreation, KnownHeader, ObjectHeader};
use crate::object::store::Store;

/// Bytes left free in the header of a new group, for its first links and attributes.
const RESERVE: u64 = 96;

/// How a new group is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct GroupCreation {
    /// Remembers the order links are made in.
    pub(crate) link_order_tracked: bool,
    /// Finds links by that order.
    pub(crate) link_order_indexed: bool,
    /// Maximum of compact, minimum of dense links, where they are not the usual ones.
    pub(crate) phase_change: Option<LinkPhaseChange>,
    pub(crate) estimates: Option<GroupEstimates>,
    /// Remembers the order attributes are made in.
    pub(crate) attribute_order_tracked: bool,
    /// Finds attributes by that order.
    pub(crate) attribute_order_indexed: bool,
    /// Maximum of compact, minimum of dense attributes, where they are not the usual ones.
    pub(crate) attribute_phase_change: Option<(u16, u16)>,
    pub(crate) times: bool,
    /// Oldest version of the header that will do.
    pub(crate) header_version: u8,
    /// Bytes left free in the header beside those for the first links and attributes.
    pub(crate) reserve: u64,
}

impl GroupCreation {
    /// A group that remembers all orders, as h5py's `track_order` makes it.
    pub(crate) fn track_order(on: bool) -> Self {
        Self {
            link_order_tracked: on,
            link_order_indexed: on,
            attribute_order_tracked: on,
            attribute_order_indexed: on,
            ..Self::default()
        }
    }

    /// A group on the way to what is made, in a group with this header: as libhdf5 has it, with the
    /// same properties of links.
    pub(crate) fn on_the_way(store: &Store, parent: &ObjectHeader) -> Result<Self> {
        let links: Option<LinkInfo> = store.message(parent, MessageType::LINK_INFO)?;
        let links = links.unwrap_or_default();
        let group: Option<GroupInfo> = store.message(parent, MessageType::GROUP_INFO)?;
        Ok(Self {
            link_order_tracked: links.maximum_creation_index.is_some(),
            link_order_indexed: links.creation_order_index.is_some(),
            phase_change: group.as_ref().and_then(|group| group.phase_change),
            estimates: group.and_then(|group| group.estimates),
            ..Self::default()
        })
    }

    /// Makes an empty group to which nothing leads yet.
    pub(crate) fn create(&self, store: &Store) -> Result<KnownHeader> {
        if self.link_order_indexed && !self.link_order_tracked {
            return Err(Error::usage("creation order is indexed only where it is tracked"));
        }
        if let Some(header) = store.group_alike(self)? {
            return Ok(header);
        }
        let new_style = store.bounds().new_style_groups() || self.link_order_tracked;
        let message =
            |kind, flags, body| RawMessage { kind, flags, creation_index: None, body, offset: 0 };
        let mut messages = Vec::new();
        if new_style {
            let info = LinkInfo {
                maximum_creation_index: self.link_order_tracked.then_some(0),
                creation_order_index: self.link_order_indexed.then_some(None),
                ..LinkInfo::default()
            };
            let estimates =
                GroupInfo { phase_change: self.phase_change, estimates: self.estimates };
            let body = store.encode(&info)?;
            messages.push(message(MessageType::LINK_INFO, MessageFlags::empty(), body));
            let body = store.encode(&estimates)?;
            messages.push(message(MessageType::GROUP_INFO, MessageFlags::CONSTANT, body));
        } else {
            let table = symbol_table::create(store.space(), store.group_k())?;
            let body = store.encode(&table)?;
            messages.push(message(MessageType::SYMBOL_TABLE, MessageFlags::empty(), body));
        }
        let modern = self.attribute_order_tracked || self.attribute_phase_change.is_some();
        let version = if modern { 2 } else { store.bounds().header_version() };
        let version = version.max(self.header_version);
        let reserve = if new_style { RESERVE } else { 0 };
        let how = HeaderCreation {
            version,
            attribute_order_tracked: self.attribute_order_tracked,
            attribute_order_indexed: self.attribute_order_indexed,
            phase_change: self.attribute_phase_change,
            times: self.times && version == 2,
            reserve: reserve.max(self.reserve),
        };
        let header = ObjectHeader::create(store.space(), &how, messages)?;
        if new_style && !how.times {
            store.note_group(self, &header)?;
        }
        Ok(Arc::new(header).into())
    }

    /// What the entry of the root group says about it in the superblock.
    pub(crate) fn entry_cache(&self, store: &Store, header: &KnownHeader) -> Result<EntryCache> {
        Ok(match GroupObject::load(store, header)?.links {
            Links::SymbolTable(table) => EntryCache::Group { btree: table.btree, heap: table.heap },
            _ => EntryCache::None,
        })
    }
}
