//! Changes of groups: what comes, moves and goes.

use std::sync::Arc;

use super::Group;
use super::links::CharEncoding;
use super::location::Location;
use super::maybe::Maybe;
use super::plist::GroupCreateBuilder;
use crate::codec::Address;
use crate::error::{Error, ErrorKind, Result};
use crate::format::datatype::CharacterSet;
use crate::format::message::{Comment, Link, LinkTarget, MessageFlags, MessageType};
use crate::object::delete::{add_link, drop_link};
use crate::object::group::GroupObject;
use crate::object::group::create::GroupCreation;
use crate::object::group::edit::GroupEdit;
use crate::object::header::KnownHeader;
use crate::object::path::{Found, resolve, resolve_link, text};
use crate::object::store::Store;

/// A group to be made.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let group = file.create_group_builder().track_order(true).create("run1/frames")?;
/// group.create_group("b")?;
/// group.create_group("a")?;
/// assert_eq!(group.member_names()?, ["b", "a"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct GroupBuilder {
    parent: Group,
    creation: GroupCreation,
    link: LinkWish,
}

/// How the link to a new object is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkWish {
    /// Groups on the way that do not exist are made, too.
    pub(crate) parents: bool,
    /// How its name is marked, where that is said.
    pub(crate) encoding: Option<CharEncoding>,
}

impl Default for LinkWish {
    fn default() -> Self {
        Self { parents: true, encoding: None }
    }
}

impl GroupBuilder {
    /// A group to be made in `parent`.
    #[must_use]
    pub fn new(parent: &Group) -> Self {
        Self {
            parent: parent.clone(),
            creation: GroupCreation::default(),
            link: LinkWish::default(),
        }
    }

    /// Whether the group remembers the order in which links and attributes are made.
    #[must_use]
    pub fn track_order(mut self, on: bool) -> Self {
        self.creation =
            GroupCreation { times: self.creation.times, ..GroupCreation::track_order(on) };
        self
    }

    /// Whether the group remembers when it was changed (where its format can say so).
    #[must_use]
    pub fn track_times(mut self, on: bool) -> Self {
        self.creation.times = on;
        self
    }

    /// Whether groups on the way that do not exist are made, too (the default).
    #[must_use]
    pub fn create_intermediate_group(mut self, on: bool) -> Self {
        self.link.parents = on;
        self
    }

    /// Whether the group remembers when it was changed: [`track_times`](Self::track_times) by the
    /// name that datasets have for it.
    #[must_use]
    pub fn obj_track_times(self, on: bool) -> Self {
        self.track_times(on)
    }

    /// How the name of the link to the group is marked: by default as UTF-8 only where it has to be.
    #[must_use]
    pub fn char_encoding(mut self, encoding: CharEncoding) -> Self {
        self.link.encoding = Some(encoding);
        self
    }

    /// Changes what the closure says: what property lists are used for in programs written for
    /// `hdf5-metno`.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::plist::LinkCreationOrder;
    /// let file = hdfive::File::in_memory()?;
    /// let builder = file.create_group_builder();
    /// let builder = builder.with_gcpl(|p| p.link_creation_order(LinkCreationOrder::Tracked));
    /// assert!(builder.create("run")?.creation_order_tracked());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_gcpl<F>(mut self, func: F) -> Self
    where
        F: Fn(&mut GroupCreateBuilder) -> &mut GroupCreateBuilder,
    {
        let mut list = GroupCreateBuilder { creation: self.creation };
        func(&mut list);
        self.creation = list.creation;
        self
    }

    /// [`with_gcpl`](Self::with_gcpl) by its long name.
    #[must_use]
    pub fn with_create_plist<F>(self, func: F) -> Self
    where
        F: Fn(&mut GroupCreateBuilder) -> &mut GroupCreateBuilder,
    {
        self.with_gcpl(func)
    }

    /// Makes the group at `path`, from the parent or, where it starts with `/`, from the root; with
    /// `None`, one to which no link leads, until [`link_object`](Group::link_object) makes one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Exists`](crate::ErrorKind::Exists) where there is a link already;
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the file is open for reading only.
    pub fn create<'n, T: Into<Maybe<&'n str>>>(&self, path: T) -> Result<Group> {
        let parent = &self.parent;
        let make = |store: &Arc<Store>| self.creation.create(store);
        match path.into().into() {
            Some(path) => {
                let made = parent.edit_in(path, self.link, make)?;
                Ok(Group::as_made(made, self.creation.link_order_tracked))
            }
            None => parent.edit_anonymous(make)?.as_group(),
        }
    }
}

impl Group {
    /// Makes the group at `path`, and those on the way that do not exist. These remember the order
    /// in which links are made where the group they are made in does.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::with_options().track_order(true).in_memory()?;
    /// assert!(!file.create_group("run1/frames")?.creation_order_tracked());
    /// assert!(file.group("run1")?.creation_order_tracked());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`GroupBuilder::create`].
    pub fn create_group(&self, path: &str) -> Result<Self> {
        self.create_group_builder().create(path)
    }

    /// A group to be made here, with options.
    #[must_use]
    pub fn create_group_builder(&self) -> GroupBuilder {
        GroupBuilder::new(self)
    }

    /// The group at `path`, which is made where there is none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where there is something else.
    pub fn require_group(&self, path: &str) -> Result<Self> {
        match self.group(path) {
            Err(error) if error.is_not_found() => self.create_group(path),
            found => found,
        }
    }

    /// Makes a soft link: a path, which need not lead anywhere yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Exists`](crate::ErrorKind::Exists) where there is a link already.
    pub fn link_soft(&self, target: &str, link_name: &str) -> Result<()> {
        if target.is_empty() {
            return self.under(Err(Error::usage("a soft link leads somewhere")));
        }
        self.add_link(link_name, LinkTarget::Soft(target.as_bytes().to_vec()))
    }

    /// Makes a link to an object of another file.
    ///
    /// # Errors
    ///
    /// As [`link_soft`](Self::link_soft).
    pub fn link_external(&self, file: &str, object: &str, link_name: &str) -> Result<()> {
        if file.is_empty() || object.is_empty() || file.contains('\0') || object.contains('\0') {
            return self.under(Err(Error::usage("an external link names a file and an object")));
        }
        let (file, object) = (file.as_bytes().to_vec(), object.as_bytes().to_vec());
        self.add_link(link_name, LinkTarget::External { flags: 0, file, object })
    }

    /// Makes one more hard link to the object at `target`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where nothing is at `target`; else as
    /// [`link_soft`](Self::link_soft).
    pub fn link_hard(&self, target: &str, link_name: &str) -> Result<()> {
        let target = self.resolve(target)?;
        self.link_object(&target, link_name)
    }

    /// Makes a hard link to an object of the file that is there already, at `link_name`.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// let dataset = file.new_dataset::<i32>().shape(3).create(None)?;
    /// file.link_object(&dataset, "x")?;
    /// assert_eq!(file.dataset("x")?.shape(), [3]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the object is in another file; else as
    /// [`link_soft`](Self::link_soft).
    pub fn link_object(&self, target: &Location, link_name: &str) -> Result<()> {
        if !Arc::ptr_eq(&target.found.store, &self.found.store) {
            return self.under(Err(Error::usage("a hard link stays within its file")));
        }
        self.add_link(link_name, LinkTarget::Hard(target.found.header.address))
    }

    /// Moves the link at `name` to `path`, both from here.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is no link at `name`,
    /// [`ErrorKind::Exists`](crate::ErrorKind::Exists) where there is one at `path`.
    pub fn relink(&self, name: &str, path: &str) -> Result<()> {
        let store = &self.found.store;
        let moved = store.edit(|| {
            let (from, link) = self.stored_link(name)?;
            let (to, new_name) = parent_of(&self.found, path, true)?;
            if !Arc::ptr_eq(&from.store, store) {
                return Err(Error::usage("a link moves within its file"));
            }
            if from.header.address == to.header.address && link.name == new_name {
                return Ok(());
            }
            let mut target = GroupEdit::open(store, to.header.address)?;
            let charset = charset(&new_name);
            target.insert(Link { name: new_name, charset, ..link.clone() })?;
            // It is to be there before the other one goes.
            store.settle_waiting()?;
            store.space().take_away(|| {
                GroupEdit::open(store, from.header.address)?.remove(&link.name).map(|_| ())
            })
        });
        self.under(moved)
    }

    /// Removes the link at `name`; an object to which no other hard link leads goes with it, and
    /// its space is used again.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none.
    pub fn unlink(&self, name: &str) -> Result<()> {
        let store = &self.found.store;
        let removed = store.edit_taking(|| {
            let (group, link) = self.stored_link(name)?;
            if !Arc::ptr_eq(&group.store, store) {
                return Err(Error::usage("the link belongs to another file"));
            }
            store.space().take_away(|| {
                GroupEdit::open(store, group.header.address)?.remove(&link.name)?;
                match link.target {
                    LinkTarget::Hard(at) => drop_link(store, at),
                    _ => Ok(()),
                }
            })
        });
        self.under(removed)
    }

    fn stored_link(&self, path: &str) -> Result<(Arc<Found>, Link)> {
        let found = resolve_link(&self.found, path.as_bytes())?;
        found.ok_or_else(|| Error::usage(format!("{path:?} is not the path of a link")))
    }

    fn add_link(&self, path: &str, target: LinkTarget) -> Result<()> {
        let store = &self.found.store;
        let added = store.edit_adding(|| {
            let (group, name) = parent_of(&self.found, path, true)?;
            insert(store, &group, name, target)
        });
        self.under(added)
    }

    /// Makes an object and the link at `path` that leads to it. `make` changes no group.
    pub(crate) fn edit_in<H: Into<KnownHeader>>(
        &self,
        path: &str,
        wish: LinkWish,
        make: impl FnOnce(&Arc<Store>) -> Result<H>,
    ) -> Result<Location> {
        self.edit_in_reading(path, wish, &self.found.store, make)
    }

    /// As [`edit_in`](Self::edit_in), of an object for which another file is read.
    pub(super) fn edit_in_reading<H: Into<KnownHeader>>(
        &self,
        path: &str,
        wish: LinkWish,
        other: &Arc<Store>,
        make: impl FnOnce(&Arc<Store>) -> Result<H>,
    ) -> Result<Location> {
        let store = &self.found.store;
        let change = || {
            let (group, name) = parent_of(&self.found, path, wish.parents)?;
            let charset = wish.encoding.map_or(charset(&name), CharEncoding::stored);
            if charset == CharacterSet::Ascii && !name.is_ascii() {
                let problem = format!("the name {:?} is not ASCII", text(&name));
                return Err(Error::usage(problem));
            }
            let mut edit = GroupEdit::open(store, group.header.address)?;
            if edit.has(&name)? {
                return Err(Error::new(ErrorKind::Exists(format!("link {path:?}"))));
            }
            let header: KnownHeader = make(store)?.into();
            let path = crate::object::path::join(&group.path, &name);
            let target = LinkTarget::Hard(header.address);
            edit.insert_new(Link { name, charset, creation_order: None, target })?;
            Ok(Found::of(store, header, path))
        };
        let made = if Arc::ptr_eq(store, other) {
            store.edit_adding(change)
        } else {
            store.edit_reading(other, change)
        };
        self.under(made).map(Location::new)
    }
}

impl Group {
    /// Makes an object to which no link leads yet.
    pub(crate) fn edit_anonymous<H: Into<KnownHeader>>(
        &self,
        make: impl FnOnce(&Arc<Store>) -> Result<H>,
    ) -> Result<Location> {
        let store = &self.found.store;
        let made = store.edit(|| {
            let KnownHeader { address: at, .. } = make(store)?.into();
            let mut header = store.header(at)?;
            header.set_reference_count(store.space(), 0)?;
            header.save(store.space())?;
            Found::at(store, at, Vec::new())
        });
        self.under(made).map(Location::new)
    }
}

impl Location {
    /// Gives the object a comment, or takes it away where it is empty.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the file is open for reading only.
    pub fn set_comment(&self, text: &str) -> Result<()> {
        let store = &self.found.store;
        let set = store.edit(|| {
            let mut header = store.header(self.found.header.address)?;
            if text.is_empty() {
                header.remove_all(MessageType::COMMENT);
            } else {
                let body = store.encode(&Comment { text: text.as_bytes().to_vec() })?;
                header.set(MessageType::COMMENT, MessageFlags::empty(), body);
            }
            header.touch(store.space())?;
            header.save(store.space())
        });
        self.under(set)
    }

    /// Takes the object's comment away, where it has one.
    ///
    /// # Errors
    ///
    /// As [`set_comment`](Self::set_comment).
    pub fn clear_comment(&self) -> Result<()> {
        self.set_comment("")
    }
}

/// Adds a link; an object at its end gets to know that one more leads to it.
fn insert(store: &Arc<Store>, group: &Found, name: Vec<u8>, target: LinkTarget) -> Result<()> {
    if let LinkTarget::Hard(at) = &target {
        add_link(store, *at)?;
    }
    let link = Link { charset: charset(&name), name, creation_order: None, target };
    GroupEdit::open(store, group.header.address)?.insert(link)
}

/// The group that is to hold the last link of `path`, and the link's name. Groups on the way are
/// made where `parents` asks for it.
pub(super) fn parent_of(
    start: &Arc<Found>,
    path: &str,
    parents: bool,
) -> Result<(Arc<Found>, Vec<u8>)> {
    let path = path.as_bytes();
    if !matches!(path, b"" | b".") && !path.contains(&b'/') {
        return Ok((Arc::clone(start), path.to_vec()));
    }
    let store = &start.store;
    let mut at = if path.starts_with(b"/") { Found::root(store)? } else { Arc::clone(start) };
    let mut names: Vec<&[u8]> =
        path.split(|b| *b == b'/').filter(|name| !name.is_empty() && *name != b".").collect();
    let Some(last) = names.pop() else {
        return Err(Error::usage(format!("{:?} is not the path of a link", text(path))));
    };
    for name in names {
        at = match resolve(&at, name) {
            Err(error) if parents && error.is_not_found() && !link_there(&at, name) => {
                let parent = at.header.whole(at.store.space())?;
                let made = GroupCreation::on_the_way(store, parent)?.create(store)?.address;
                insert_new(store, &at, name, made)?
            }
            found => found?,
        };
        if !Arc::ptr_eq(&at.store, store) {
            return Err(Error::usage("the path leads to another file"));
        }
        if !GroupObject::is(&at.header) {
            return Err(Error::usage(format!("{:?} is not a group", text(&at.path))));
        }
    }
    Ok((at, last.to_vec()))
}

fn link_there(group: &Arc<Found>, name: &[u8]) -> bool {
    resolve_link(group, name).is_ok()
}

fn insert_new(store: &Arc<Store>, group: &Found, name: &[u8], at: Address) -> Result<Arc<Found>> {
    let target = LinkTarget::Hard(at);
    let link = Link { charset: charset(name), name: name.to_vec(), creation_order: None, target };
    GroupEdit::open(store, group.header.address)?.insert(link)?;
    Found::at(store, at, crate::object::path::join(&group.path, name))
}

/// As h5py and hdf5-metno mark names: UTF-8 where they need it.
pub(super) fn charset(name: &[u8]) -> CharacterSet {
    if name.is_ascii() { CharacterSet::Ascii } else { CharacterSet::Utf8 }
}
