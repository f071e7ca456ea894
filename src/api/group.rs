//! Groups and links.

use std::ops::{ControlFlow, Deref};
use std::sync::Arc;

use super::Dataset;
use super::datatype::Datatype;
use super::location::{Location, LocationType, kind_of};
use super::reference::ReferencedObject;
use super::walk::Walk;
use crate::error::{Error, Result};
use crate::format::message::Link;
use crate::object::group::GroupObject;
use crate::object::path::{follow, resolve_link, text};

/// A group: named links to objects.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let group = file.group("run1")?;
/// for name in group.member_names()? {
///     println!("{name}");
/// }
/// assert!(group.link_exists("time"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Group {
    location: Location,
    /// As it was when it was opened; of a group that was made, nothing.
    object: Option<Arc<GroupObject>>,
    creation_order_tracked: bool,
}

impl Group {
    pub(crate) fn of(location: Location) -> Result<Self> {
        if !GroupObject::is(&location.found.header) {
            return Err(Error::usage("the object is not a group"));
        }
        let object = {
            let _reading = location.found.store.reading()?;
            location.found.group()?
        };
        let creation_order_tracked = object.creation_order_tracked;
        Ok(Self { location, object: Some(object), creation_order_tracked })
    }

    /// A group that was just made.
    pub(super) fn as_made(location: Location, creation_order_tracked: bool) -> Self {
        Self { location, object: None, creation_order_tracked }
    }

    /// The group as it is now.
    pub(super) fn object(&self) -> Result<Arc<GroupObject>> {
        match &self.object {
            Some(object) if !self.found.store.may_change() => Ok(Arc::clone(object)),
            _ => self.under(self.found.group()),
        }
    }

    /// Number of links.
    ///
    /// Zero where they cannot be counted: [`all_links`](Self::all_links) says why.
    #[must_use]
    pub fn len(&self) -> u64 {
        let _reading = self.found.store.reading();
        self.object().and_then(|object| object.len(&self.found.store)).unwrap_or(0)
    }

    /// Whether it has no links.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The group at `path`, from here or, where it starts with `/`, from the root.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is no such link;
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it leads to something else.
    pub fn group(&self, path: &str) -> Result<Self> {
        self.resolve(path)?.as_group()
    }

    /// The dataset at `path`, from here or, where it starts with `/`, from the root.
    ///
    /// # Errors
    ///
    /// As [`group`](Self::group).
    pub fn dataset(&self, path: &str) -> Result<Dataset> {
        self.resolve(path)?.as_dataset()
    }

    /// The committed datatype at `path`, from here or, where it starts with `/`, from the root.
    ///
    /// # Errors
    ///
    /// As [`group`](Self::group).
    pub fn named_datatype(&self, path: &str) -> Result<Datatype> {
        self.resolve(path)?.as_datatype()
    }

    /// The object at `path`, whatever it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is no such link.
    pub fn get(&self, path: &str) -> Result<ReferencedObject> {
        self.resolve(path)?.open()
    }

    /// The object at `path`, without looking at what it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is no such link.
    pub fn location(&self, path: &str) -> Result<Location> {
        self.resolve(path)
    }

    /// Whether `path` ends in a link, which need not lead anywhere.
    #[must_use]
    pub fn link_exists(&self, path: &str) -> bool {
        resolve_link(&self.found, path.as_bytes()).is_ok()
    }

    /// Whether the order in which links were made is known.
    #[must_use]
    pub fn creation_order_tracked(&self) -> bool {
        self.creation_order_tracked
    }

    /// All groups directly in this one.
    ///
    /// # Errors
    ///
    /// Where a link or its object cannot be read; links that lead nowhere are left out.
    pub fn groups(&self) -> Result<Vec<Self>> {
        self.members(LocationType::Group, |location| location.as_group())
    }

    /// All datasets directly in this group.
    ///
    /// # Errors
    ///
    /// As [`groups`](Self::groups).
    pub fn datasets(&self) -> Result<Vec<Dataset>> {
        self.members(LocationType::Dataset, |location| location.as_dataset())
    }

    /// All committed datatypes directly in this group.
    ///
    /// # Errors
    ///
    /// As [`groups`](Self::groups).
    pub fn named_datatypes(&self) -> Result<Vec<Datatype>> {
        self.members(LocationType::NamedDatatype, |location| location.as_datatype())
    }

    fn members<T>(
        &self,
        kind: LocationType,
        open: impl Fn(&Location) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut out = Vec::new();
        for link in self.raw_links()? {
            match follow(&self.found, &link) {
                Ok(found) if kind_of(&found) == Some(kind) => {
                    out.push(open(&Location::new(found))?)
                }
                Ok(_) => {}
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(out)
    }

    /// Calls `visit` with the path, from here, of every object beneath this group, until it
    /// breaks; gives what it broke with.
    ///
    /// Depth first, names in ascending order of their bytes; each object once, by the first path
    /// that leads to it; hard links only.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// use std::ops::ControlFlow;
    /// let found = file.visit(|path| match path.ends_with("/time") {
    ///     true => ControlFlow::Break(path.to_owned()),
    ///     false => ControlFlow::Continue(()),
    /// })?;
    /// assert_eq!(found.as_deref(), Some("run1/time"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where a link or an object header cannot be read.
    pub fn visit<B>(&self, mut visit: impl FnMut(&str) -> ControlFlow<B>) -> Result<Option<B>> {
        self.visit_items(|path, _| visit(path))
    }

    /// As [`visit`](Self::visit), with the object too.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// use std::ops::ControlFlow;
    /// let mut elements = 0;
    /// file.visit_items::<()>(|_, object| {
    ///     if let Ok(dataset) = object.as_dataset() {
    ///         elements += dataset.size();
    ///     }
    ///     ControlFlow::Continue(())
    /// })?;
    /// # assert!(elements > 120);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`visit`](Self::visit).
    pub fn visit_items<B>(
        &self,
        mut visit: impl FnMut(&str, &Location) -> ControlFlow<B>,
    ) -> Result<Option<B>> {
        let mut walk = Walk::beneath(self)?;
        while let Some(step) = walk.next() {
            let Some(object) = walk.meet(&step)? else { continue };
            if let ControlFlow::Break(value) = visit(&text(&step.path), &object) {
                return Ok(Some(value));
            }
            walk.enter(&step, &object)?;
        }
        Ok(None)
    }

    /// Names of all links, in ascending order of their bytes.
    pub(super) fn raw_names(&self) -> Result<Vec<Vec<u8>>> {
        let _reading = self.under(self.found.store.reading())?;
        self.under(self.object()?.names(&self.found.store))
    }

    pub(crate) fn raw_links(&self) -> Result<Vec<Link>> {
        let _reading = self.under(self.found.store.reading())?;
        self.under(self.object()?.all(&self.found.store))
    }
}

impl Deref for Group {
    type Target = Location;

    fn deref(&self) -> &Location {
        &self.location
    }
}

impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        self.location == other.location
    }
}

impl Eq for Group {}
