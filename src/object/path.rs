//! From a path to an object.

use std::sync::Arc;

use super::external::ExternalKind;
use super::group::GroupObject;
use super::header::ObjectHeader;
use super::store::Store;
use crate::codec::Address;
use crate::error::{Error, Result};
use crate::format::message::{Link, LinkTarget};
use crate::limits::Limits;

/// An object found: its file, its header, and the path that leads to it.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) store: Arc<Store>,
    pub(crate) header: Arc<ObjectHeader>,
    /// Path from the root of the store.
    pub(crate) path: Vec<u8>,
}

impl Found {
    /// The root group of a file.
    pub(crate) fn root(store: &Arc<Store>) -> Result<Self> {
        Self::at(store, store.superblock().root_header, b"/".to_vec())
    }

    /// The object whose header is at `address`.
    pub(crate) fn at(store: &Arc<Store>, address: Address, path: Vec<u8>) -> Result<Self> {
        let _reading = store.reading()?;
        let header = store.header(address).map_err(|error| error.under(&text(&path)))?;
        Ok(Self { store: Arc::clone(store), header: Arc::new(header), path })
    }

    /// The object's header as it is now: it may have changed where the file is being written.
    pub(crate) fn current(&self) -> Result<Arc<ObjectHeader>> {
        if !self.store.may_change() {
            return Ok(Arc::clone(&self.header));
        }
        self.store.header(self.header.address).map(Arc::new)
    }

    /// Whether both are the same object of the same open file.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.store, &other.store) && self.header.address == other.header.address
    }
}

/// A name or path as text; bytes that are not UTF-8 are escaped.
pub(crate) fn text(name: &[u8]) -> String {
    let mut out = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// The path of `name` in the group at `path`.
pub(crate) fn join(path: &[u8], name: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if path.ends_with(b"/") { b"" } else { b"/" };
    [path, slash, name].concat()
}

/// The object at `path`, from `start` or, where the path is absolute, from the root of its file.
/// Follows soft and external links.
pub(crate) fn resolve(start: &Found, path: &[u8]) -> Result<Found> {
    Resolver { hops: 0 }.resolve(start.clone(), path)
}

/// The link that `path` ends in, not followed; and the group that holds it. `None` where the path
/// has no link: it is the root, or `start` itself.
pub(crate) fn resolve_link(start: &Found, path: &[u8]) -> Result<Option<(Found, Link)>> {
    let trimmed = path.strip_suffix(b"/").unwrap_or(path);
    let (parent, name) = match trimmed.iter().rposition(|byte| *byte == b'/') {
        Some(at) => trimmed.split_at_checked(at.saturating_add(1)).unwrap_or((b"", trimmed)),
        None => (&b""[..], trimmed),
    };
    if name.is_empty() || name == b"." {
        return Ok(None);
    }
    let group = resolve(start, parent)?;
    let link = find_link(&group, name)?;
    Ok(Some((group, link)))
}

/// The object a link of `group` leads to.
pub(crate) fn follow(group: &Found, link: &Link) -> Result<Found> {
    Resolver { hops: 0 }.follow(group, link)
}

fn find_link(group: &Found, name: &[u8]) -> Result<Link> {
    let place = join(&group.path, name);
    let missing = || Error::not_found(format!("link {:?}", text(name))).under(&text(&group.path));
    if !GroupObject::is(&group.header) {
        return Err(missing());
    }
    let _reading = group.store.reading()?;
    let links = group.current().and_then(|header| GroupObject::load(&group.store, &header));
    let found = links.and_then(|links| links.find(&group.store, name));
    found.map_err(|error| error.under(&text(&place)))?.ok_or_else(missing)
}

struct Resolver {
    /// Soft and external links followed.
    hops: u64,
}

impl Resolver {
    fn resolve(&mut self, start: Found, path: &[u8]) -> Result<Found> {
        let mut at = if path.starts_with(b"/") { Found::root(&start.store)? } else { start };
        for name in path.split(|byte| *byte == b'/') {
            if name.is_empty() || name == b"." {
                continue;
            }
            let link = find_link(&at, name)?;
            at = self.follow(&at, &link)?;
        }
        Ok(at)
    }

    fn follow(&mut self, group: &Found, link: &Link) -> Result<Found> {
        let path = join(&group.path, &link.name);
        match &link.target {
            LinkTarget::Hard(address) => Found::at(&group.store, *address, path),
            LinkTarget::Soft(target) => {
                self.hop(group)?;
                self.resolve(group.clone(), target)
            }
            LinkTarget::External { file, object, .. } => {
                self.hop(group)?;
                let other = group.store.open_other(ExternalKind::Link, file);
                let other = other.map_err(|error| error.under(&text(&path)))?;
                // A relative object name starts at the other file's root.
                self.resolve(Found::root(&other)?, object)
            }
            LinkTarget::UserDefined { kind, .. } => {
                let what = format!("a user-defined link of type {kind}");
                Err(Error::unsupported(what).under(&text(&path)))
            }
        }
    }

    fn hop(&mut self, group: &Found) -> Result<()> {
        self.hops = self.hops.saturating_add(1);
        let allowed = group.store.space().limits().link_hops;
        Limits::check("link_hops", self.hops, allowed)
            .map_err(|error| error.under(&text(&group.path)))
    }
}
