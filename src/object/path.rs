//! From a path to an object.

use std::sync::{Arc, OnceLock};

use super::external::ExternalKind;
use super::group::GroupObject;
use super::header::{KnownHeader, ObjectHeader};
use super::store::Store;
use crate::codec::Address;
use crate::error::{Error, Result};
use crate::format::message::{Link, LinkTarget};
use crate::limits::Limits;

/// An object found: its file, its header, and the path that leads to it.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) store: Arc<Store>,
    pub(crate) header: KnownHeader,
    /// Path from the root of the store.
    pub(crate) path: Vec<u8>,
    /// What it is as a group, where it is one, its links were asked for and nobody changes them.
    group: OnceLock<Arc<GroupObject>>,
}

impl Found {
    /// The root group of a file.
    pub(crate) fn root(store: &Arc<Store>) -> Result<Arc<Self>> {
        Self::at(store, store.superblock().root_header, b"/".to_vec())
    }

    /// The object whose header is at `address`.
    pub(crate) fn at(store: &Arc<Store>, address: Address, path: Vec<u8>) -> Result<Arc<Self>> {
        let _reading = store.reading()?;
        let header = match store.may_change() {
            true => store.kept_header(address).map(KnownHeader::of),
            false => KnownHeader::find(store.space(), address),
        };
        let header = header.map_err(|error| error.under(&text(&path)))?;
        Ok(Arc::new(Self { store: Arc::clone(store), header, path, group: OnceLock::new() }))
    }

    /// An object that was just made.
    pub(crate) fn of(store: &Arc<Store>, header: KnownHeader, path: Vec<u8>) -> Arc<Self> {
        Arc::new(Self { store: Arc::clone(store), header, path, group: OnceLock::new() })
    }

    /// The object's header as it is now: it may have changed where the file is being written.
    pub(crate) fn current(&self) -> Result<Arc<ObjectHeader>> {
        if !self.store.may_change() {
            return self.header.whole(self.store.space()).cloned();
        }
        self.store.kept_header(self.header.address)
    }

    /// The group that the object is, as it is now.
    pub(crate) fn group(&self) -> Result<Arc<GroupObject>> {
        match self.store.may_change() {
            true => self.store.group(&*self.current()?),
            false => self.known_group().cloned(),
        }
    }

    /// Gives `look` the group that the object is, as it is now.
    pub(crate) fn with_group<T>(&self, look: impl FnOnce(&GroupObject) -> Result<T>) -> Result<T> {
        match self.store.may_change() {
            true => look(&*self.store.group(&*self.current()?)?),
            false => look(self.known_group()?),
        }
    }

    /// The group that the object is, in a file that nobody changes.
    fn known_group(&self) -> Result<&Arc<GroupObject>> {
        if let Some(group) = self.group.get() {
            return Ok(group);
        }
        let group = self.store.group(&self.header)?;
        Ok(self.group.get_or_init(|| group))
    }

    /// Whether both are the same object of the same open file.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.store, &other.store) && self.header.address == other.header.address
    }
}

/// A name or path as text; bytes that are not UTF-8 are escaped.
pub(crate) fn text(name: &[u8]) -> String {
    if let Ok(name) = str::from_utf8(name) {
        return name.to_owned();
    }
    let mut out = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// As [`text`], of a name that is not needed any more.
pub(crate) fn into_text(name: Vec<u8>) -> String {
    String::from_utf8(name).unwrap_or_else(|error| text(error.as_bytes()))
}

/// The path of `name` in the group at `path`.
pub(crate) fn join(path: &[u8], name: &[u8]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(path.len().saturating_add(name.len()).saturating_add(1));
    joined.extend_from_slice(path);
    if !path.ends_with(b"/") {
        joined.push(b'/');
    }
    joined.extend_from_slice(name);
    joined
}

/// The object at `path`, from `start` or, where the path is absolute, from the root of its file.
/// Follows soft and external links.
pub(crate) fn resolve(start: &Arc<Found>, path: &[u8]) -> Result<Arc<Found>> {
    Resolver { hops: 0 }.resolve(start, path)
}

/// The link that `path` ends in, not followed; and the group that holds it. `None` where the path
/// has no link: it is the root, or `start` itself.
pub(crate) fn resolve_link(start: &Arc<Found>, path: &[u8]) -> Result<Option<(Arc<Found>, Link)>> {
    let trimmed = path.strip_suffix(b"/").unwrap_or(path);
    let (parent, name) = match trimmed.iter().rposition(|byte| *byte == b'/') {
        Some(at) => trimmed.split_at_checked(at.saturating_add(1)).unwrap_or((b"", trimmed)),
        None => (&b""[..], trimmed),
    };
    if name.is_empty() || name == b"." {
        return Ok(None);
    }
    let group = resolve(start, parent)?;
    let link = find_link(&group, name, |links| links.find(&group.store, name))?;
    Ok(Some((group, link)))
}

/// The object a link of `group` leads to.
pub(crate) fn follow(group: &Arc<Found>, link: &Link) -> Result<Arc<Found>> {
    Resolver { hops: 0 }.follow(group, &link.name, &link.target)
}

/// What `find` finds of the link `name` in a group.
fn find_link<T>(
    group: &Found,
    name: &[u8],
    find: impl FnOnce(&GroupObject) -> Result<Option<T>>,
) -> Result<T> {
    let missing = || Error::not_found(format!("link {:?}", text(name))).under(&text(&group.path));
    if !GroupObject::is(&group.header) {
        return Err(missing());
    }
    let _reading = group.store.reading()?;
    let found = group.with_group(find);
    found.map_err(|error| error.under(&text(&join(&group.path, name))))?.ok_or_else(missing)
}

struct Resolver {
    /// Soft and external links followed.
    hops: u64,
}

impl Resolver {
    fn resolve(&mut self, start: &Arc<Found>, path: &[u8]) -> Result<Arc<Found>> {
        let mut at = path.starts_with(b"/").then(|| Found::root(&start.store)).transpose()?;
        for name in path.split(|byte| *byte == b'/') {
            if name.is_empty() || name == b"." {
                continue;
            }
            let group = at.as_ref().unwrap_or(start);
            let target = find_link(group, name, |links| links.find_target(&group.store, name))?;
            at = Some(self.follow(group, name, &target)?);
        }
        Ok(at.unwrap_or_else(|| Arc::clone(start)))
    }

    fn follow(
        &mut self,
        group: &Arc<Found>,
        name: &[u8],
        target: &LinkTarget,
    ) -> Result<Arc<Found>> {
        let path = join(&group.path, name);
        match target {
            LinkTarget::Hard(address) => Found::at(&group.store, *address, path),
            LinkTarget::Soft(target) => {
                self.hop(group)?;
                self.resolve(group, target)
            }
            LinkTarget::External { file, object, .. } => {
                self.hop(group)?;
                let other = group.store.open_other(ExternalKind::Link, file);
                let other = other.map_err(|error| error.under(&text(&path)))?;
                // A relative object name starts at the other file's root.
                self.resolve(&Found::root(&other)?, object)
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
