//! Copied groups, and what their links lead to.

use std::sync::Arc;

use super::damaged::LossKind;
use super::header::Traits;
use super::{Copier, Place, Waiting};
use crate::error::Result;
use crate::format::message::{
    GroupInfo, Link, LinkInfo, LinkPhaseChange, LinkTarget, MessageType, SymbolTable,
};
use crate::object::group::GroupObject;
use crate::object::group::create::GroupCreation;
use crate::object::group::edit::GroupEdit;
use crate::object::header::{KnownHeader, ObjectHeader};
use crate::object::path::{Found, follow, join};

impl Copier<'_> {
    /// Makes an empty group that is otherwise like that of the header.
    pub(super) fn make_group(&self, place: &Place, header: &ObjectHeader) -> Result<KnownHeader> {
        let mut creation = creation(place, header, !self.options.without_attributes)?;
        let changes = self.options.changes.as_ref();
        if let Some((most, least)) = changes.and_then(|changes| changes.link_phase_change()) {
            let change = LinkPhaseChange { maximum_compact: most, minimum_dense: least };
            creation.phase_change = Some(change);
        }
        creation.create(self.to)
    }

    /// Copies the links of a group, and what they lead to as far as it belongs to the copy.
    pub(super) fn copy_links(&self, waiting: &Waiting, header: &ObjectHeader) -> Result<()> {
        let place = &waiting.place;
        if self.options.shallow && place.level > 0 {
            return Ok(());
        }
        let store = &place.store;
        let table = match self.options.losses {
            Some(_) => store.message(header, MessageType::SYMBOL_TABLE).ok().flatten(),
            None => None,
        };
        self.copy_links_read(waiting, table.as_ref(), || {
            let info: Option<LinkInfo> = store.message(header, MessageType::LINK_INFO)?;
            let group = Found::at(store, header.address, place.path.clone())?;
            let links = GroupObject::load(store, header)?.all(store)?;
            Ok((info, Some(group), links))
        })
    }

    /// Copies the links that `read` gives, with what the group says of them and the group, where its
    /// header can be read; `table` is where they are, where a damaged file has them in one.
    pub(super) fn copy_links_read(
        &self,
        waiting: &Waiting,
        table: Option<&SymbolTable>,
        read: impl FnOnce() -> Result<(Option<LinkInfo>, Option<Arc<Found>>, Vec<Link>)>,
    ) -> Result<()> {
        let Waiting { place, copy, .. } = waiting;
        let told = self.told();
        let found = self.spare(place, LossKind::Members, read)?;
        if self.told() != told {
            self.incomplete.borrow_mut().push(waiting.clone());
        }
        let Some((info, group, mut links)) = found else { return Ok(()) };
        if let Some(group) = group.as_ref().filter(|_| self.options.changes.is_some()) {
            let mut kept = Vec::with_capacity(links.len());
            for link in links {
                if self.keeps(group, &link)? {
                    kept.push(link);
                }
            }
            links = kept;
        }
        let mut next = info.and_then(|info| info.maximum_creation_index);
        if let Some(order) = self.options.changes.as_ref().and_then(|changes| changes.link_order())
        {
            let count = order.apply(&mut links);
            next = next.map(|_| count);
        }
        let mut copied = Vec::with_capacity(links.len());
        for mut link in links {
            let path = join(&place.path, &link.name);
            let member = Place { path, ..place.clone() };
            let target = || {
                self.check_link(place, &link)?;
                self.link_target(place, group.as_ref(), &link)
            };
            let target = match self.spare(&member, LossKind::Object, target)? {
                None => self.rebuild_group(&member, table, &link)?.map(LinkTarget::Hard),
                target => target,
            };
            let Some(target) = target else { continue };
            if let LinkTarget::Hard(at) = &target {
                self.count_link(*at);
            }
            link.target = target;
            copied.push(link);
        }
        let fill = || {
            self.claim_links(copied.iter().map(|link| link.name.as_slice()))?;
            GroupEdit::open(self.to, *copy)?.fill(copied, next)
        };
        self.spare(place, LossKind::Members, fill).map(drop)
    }

    /// What a link of the copy stands for.
    fn link_target(
        &self,
        place: &Place,
        group: Option<&Arc<Found>>,
        link: &Link,
    ) -> Result<LinkTarget> {
        let path = join(&place.path, &link.name);
        let level = place.level.saturating_add(1);
        let expand = match &link.target {
            LinkTarget::Hard(at) => {
                let place = Place { store: place.store.clone(), path, level };
                return self.object(&place, *at).map(LinkTarget::Hard);
            }
            LinkTarget::Soft(_) => self.options.expand_soft,
            LinkTarget::External { .. } => self.options.expand_external,
            LinkTarget::UserDefined { .. } => false,
        };
        let Some(group) = group.filter(|_| expand) else { return Ok(link.target.clone()) };
        match follow(group, link) {
            Ok(found) => {
                let place = Place { store: Arc::clone(&found.store), path, level };
                self.object(&place, found.header.address).map(LinkTarget::Hard)
            }
            // A link that leads nowhere does so in the copy, too.
            Err(error) if error.is_not_found() => Ok(link.target.clone()),
            Err(error) => Err(error),
        }
    }
}

/// How a group is made that is like that of the header.
pub(super) fn creation(
    place: &Place,
    header: &ObjectHeader,
    attributes: bool,
) -> Result<GroupCreation> {
    let store = &place.store;
    let link_info: Option<LinkInfo> = store.message(header, MessageType::LINK_INFO)?;
    let group_info: Option<GroupInfo> = store.message(header, MessageType::GROUP_INFO)?;
    let (link_info, group_info) = (link_info.unwrap_or_default(), group_info.unwrap_or_default());
    let traits = Traits::of(place, header, attributes)?;
    Ok(GroupCreation {
        link_order_tracked: link_info.maximum_creation_index.is_some(),
        link_order_indexed: link_info.creation_order_index.is_some(),
        phase_change: group_info.phase_change,
        estimates: group_info.estimates,
        attribute_order_tracked: traits.attribute_order_tracked,
        attribute_order_indexed: traits.attribute_order_indexed,
        attribute_phase_change: traits.phase_change,
        times: traits.times,
        header_version: traits.version,
        reserve: traits.reserve,
    })
}
