//! What all objects have in common: a name, a file, attributes.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::attribute::Attribute;
use super::datatype::Datatype;
use super::file::File;
use super::reference::ReferencedObject;
use super::{Dataset, Group};
use crate::codec::{Address, wide};
use crate::error::{Error, Result};
use crate::format::message::{Comment, MessageType, ReferenceCount};
use crate::format::object_header::{HeaderPrefix, Times};
use crate::object::attribute;
use crate::object::dataset::DatasetObject;
use crate::object::group::GroupObject;
use crate::object::header::{Messages, ObjectHeader};
use crate::object::path::{Found, resolve, text};
use crate::object::raw_data::virtual_nesting::Nesting;
use crate::object::sizes::MetadataSizes;

/// An object of a file: what groups, datasets and committed datatypes have in common.
///
/// A cheap handle: clones share everything, and keep the file open.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let dataset = file.dataset("run1/time")?;
/// assert_eq!(dataset.name(), "/run1/time");
/// assert_eq!(dataset.attr_names()?, ["gain", "unit"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Location {
    pub(crate) found: Arc<Found>,
}

/// What kind of object a [`Location`] is.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::LocationType;
/// let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// assert_eq!(file.location("run1/time")?.loc_type()?, LocationType::Dataset);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LocationType {
    /// A group.
    Group,
    /// A dataset.
    Dataset,
    /// A committed datatype.
    NamedDatatype,
}

/// Names an object within its file: two handles with equal tokens are one object.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let time = file.dataset("run1/time")?;
/// let same = file.open_by_token(time.token())?;
/// assert_eq!(same.token(), time.token());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocationToken(pub(crate) Address);

impl LocationToken {
    /// Where the object's header lies: its first byte's distance from the start of the HDF5 part
    /// of the file (behind a user block), in bytes.
    #[must_use]
    pub fn address(self) -> u64 {
        self.0.0
    }
}

/// Facts about an object.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let info = file.dataset("run1/time")?.loc_info()?;
/// println!("{} links, {} attributes", info.num_links, info.num_attrs);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocationInfo {
    /// Tells files that are open in this program apart.
    pub fileno: u64,
    /// Names the object within its file.
    pub token: LocationToken,
    /// What kind of object it is.
    pub loc_type: LocationType,
    /// Number of hard links to it.
    pub num_links: usize,
    /// When it was last read, in seconds since 1970; 0 where the file does not say so. Files whose
    /// headers are of the first version know one time for all.
    pub atime: i64,
    /// When its elements were last changed; else as [`atime`](Self::atime).
    pub mtime: i64,
    /// When anything of it was last changed; else as [`atime`](Self::atime).
    pub ctime: i64,
    /// When it was made; else as [`atime`](Self::atime).
    pub btime: i64,
    /// Number of attributes.
    pub num_attrs: usize,
    /// Version of the object header.
    pub header_version: u8,
}

impl Location {
    pub(crate) fn new(found: Arc<Found>) -> Self {
        Self { found }
    }

    /// Path of the object: the one it was opened by, soft and external links followed. Of an object
    /// that a reference or a token led to, the first one that leads there, found by going through the
    /// file; empty where there is none.
    #[must_use]
    pub fn name(&self) -> String {
        if self.found.path.is_empty() { self.find_path() } else { self.known_name() }
    }

    /// Path that the object was opened by; empty where it was not opened by one.
    pub(crate) fn known_name(&self) -> String {
        text(&self.found.path)
    }

    /// Path of an object that was not opened by one.
    fn find_path(&self) -> String {
        let find = || {
            let root = self.file()?;
            if root.token() == self.token() {
                return Ok(Some("/".to_owned()));
            }
            root.visit_items(|path, object| match object.token() == self.token() {
                true => ControlFlow::Break(format!("/{path}")),
                false => ControlFlow::Continue(()),
            })
        };
        find().ok().flatten().unwrap_or_default()
    }

    /// Path of the file that holds the object; empty where it is not a file of the operating
    /// system.
    #[must_use]
    pub fn filename(&self) -> String {
        self.found.store.path().map_or_else(String::new, |path| path.display().to_string())
    }

    /// The file that holds the object.
    ///
    /// # Errors
    ///
    /// Where its root group cannot be read.
    pub fn file(&self) -> Result<File> {
        File::of_store(&self.found.store)
    }

    /// The object's comment.
    #[must_use]
    pub fn comment(&self) -> Option<String> {
        let comment: Comment = self.message(MessageType::COMMENT).ok()??;
        Some(text(&comment.text))
    }

    /// The attribute `name`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none of that name.
    pub fn attr(&self, name: &str) -> Result<Attribute> {
        let _reading = self.under(self.found.store.reading())?;
        let raw = self.under(self.find_attribute(name))?;
        let raw = raw.ok_or_else(|| self.missing(format!("attribute {name:?}")))?;
        Ok(Attribute::new(self.clone(), self.under(raw.open(&self.found.store))?))
    }

    /// Whether there is an attribute `name`.
    ///
    /// # Errors
    ///
    /// Where the attributes cannot be read.
    pub fn has_attr(&self, name: &str) -> Result<bool> {
        let _reading = self.under(self.found.store.reading())?;
        Ok(self.under(self.find_attribute(name))?.is_some())
    }

    /// Names of all attributes: in the order they were made where the object tracks that, else in
    /// ascending order of their bytes.
    ///
    /// # Errors
    ///
    /// Where the attributes cannot be read.
    pub fn attr_names(&self) -> Result<Vec<String>> {
        let mut all = self.raw_attributes()?;
        if self.attr_creation_order_tracked()? {
            all.sort_by_key(|raw| raw.creation_order);
        }
        Ok(all.iter().map(|raw| text(raw.message.name())).collect())
    }

    /// All attributes by name, in ascending order of the names' bytes, each with the error that
    /// keeps it from being read.
    ///
    /// # Errors
    ///
    /// Where the list itself cannot be read.
    pub fn all_attrs(&self) -> Result<Vec<(String, Result<Attribute>)>> {
        let _reading = self.under(self.found.store.reading())?;
        let all = self.raw_attributes()?;
        let open = |raw: attribute::RawAttribute| {
            let name = text(raw.message.name());
            let opened = self.under(raw.open(&self.found.store));
            (name, opened.map(|attribute| Attribute::new(self.clone(), attribute)))
        };
        Ok(all.into_iter().map(open).collect())
    }

    /// Whether the order in which attributes were made is known.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// let dataset = file.new_dataset::<u8>().track_order(true).create("x")?;
    /// assert!(dataset.attr_creation_order_tracked()?);
    /// assert!(!file.attr_creation_order_tracked()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the header cannot be read.
    pub fn attr_creation_order_tracked(&self) -> Result<bool> {
        let _reading = self.under(self.found.store.reading())?;
        Ok(self.header()?.prefix.attribute_order().0)
    }

    /// What kind of object it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where it is of a kind that this
    /// library does not know; [`ErrorKind::Closed`](crate::ErrorKind::Closed) where the file is
    /// closed.
    pub fn loc_type(&self) -> Result<LocationType> {
        let _reading = self.under(self.found.store.reading())?;
        self.under(kind_of(&self.found).ok_or_else(unknown_kind))
    }

    /// What kind of object is at `path`, from here.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where nothing is there; else as
    /// [`loc_type`](Self::loc_type).
    pub fn loc_type_by_name(&self, path: &str) -> Result<LocationType> {
        self.resolve(path)?.loc_type()
    }

    /// Facts about the object at `path`, from here.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// let info = file.loc_info_by_name("run1/time")?;
    /// assert_eq!((info.num_attrs, info.num_links), (2, 1));
    /// assert_eq!(file.open_by_token(info.token)?.attr_names()?, ["gain", "unit"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`loc_type_by_name`](Self::loc_type_by_name), and [`loc_info`](Self::loc_info).
    pub fn loc_info_by_name(&self, path: &str) -> Result<LocationInfo> {
        self.resolve(path)?.loc_info()
    }

    /// How many bytes the structures of the object take.
    ///
    /// # Errors
    ///
    /// Where they cannot be read.
    pub fn metadata_sizes(&self) -> Result<MetadataSizes> {
        let _reading = self.under(self.found.store.reading_settled())?;
        let header = self.header()?;
        self.under(MetadataSizes::of(&self.found.store, &header))
    }

    /// Facts about the object.
    ///
    /// # Errors
    ///
    /// Where the header or the list of attributes cannot be read.
    pub fn loc_info(&self) -> Result<LocationInfo> {
        let _reading = self.under(self.found.store.reading())?;
        let header = self.header()?;
        let prefix = &header.prefix;
        let num_links = match prefix {
            HeaderPrefix::V1 { reference_count, .. } => *reference_count,
            HeaderPrefix::V2 { .. } => self
                .message::<ReferenceCount>(MessageType::REFERENCE_COUNT)?
                .map_or(1, |message| message.count),
        };
        let all = self.raw_attributes()?;
        let times = self.under(header.times(&self.found.store))?;
        let seconds =
            |of: fn(&Times) -> u32| times.as_ref().map_or(0, |times| i64::from(of(times)));
        Ok(LocationInfo {
            fileno: wide(Arc::as_ptr(&self.found.store).addr()),
            token: self.token(),
            loc_type: self.loc_type()?,
            num_links: usize::try_from(num_links).unwrap_or(usize::MAX),
            atime: seconds(|times| times.access),
            mtime: seconds(|times| times.modification),
            ctime: seconds(|times| times.change),
            btime: seconds(|times| times.birth),
            num_attrs: all.len(),
            header_version: prefix.version(),
        })
    }

    /// Names the object within its file.
    #[must_use]
    pub fn token(&self) -> LocationToken {
        LocationToken(self.found.header.address)
    }

    /// The object with this token, of the same file.
    ///
    /// # Errors
    ///
    /// Where there is no object header of that place.
    pub fn open_by_token(&self, token: LocationToken) -> Result<Self> {
        Found::at(&self.found.store, token.0, Vec::new()).map(Self::new)
    }

    /// As the kind of object it is.
    ///
    /// # Errors
    ///
    /// Where its header cannot be read as that kind, or is of no kind.
    pub fn open(&self) -> Result<ReferencedObject> {
        match kind_of(&self.found) {
            Some(LocationType::Group) => self.as_group().map(ReferencedObject::Group),
            Some(LocationType::Dataset) => self.as_dataset().map(ReferencedObject::Dataset),
            Some(LocationType::NamedDatatype) => self.as_datatype().map(ReferencedObject::Datatype),
            None => Err(unknown_kind()),
        }
        .map_err(|error| error.under(&self.known_name()))
    }

    /// As a group.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it is none.
    pub fn as_group(&self) -> Result<Group> {
        self.under(Group::of(self.clone()))
    }

    /// As a dataset.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it is none.
    pub fn as_dataset(&self) -> Result<Dataset> {
        self.under(Dataset::of(self.clone()))
    }

    /// As a committed datatype.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it is none.
    pub fn as_datatype(&self) -> Result<Datatype> {
        self.under(Datatype::of(self.clone()))
    }

    /// The object at `path`, from here.
    pub(crate) fn resolve(&self, path: &str) -> Result<Self> {
        resolve(&self.found, path.as_bytes()).map(Self::new)
    }

    fn message<T: crate::codec::Structure>(&self, kind: MessageType) -> Result<Option<T>> {
        let _reading = self.under(self.found.store.reading())?;
        self.under(self.found.store.message(&*self.header()?, kind))
    }

    /// The header as it is now.
    pub(crate) fn header(&self) -> Result<Arc<ObjectHeader>> {
        self.under(self.found.current())
    }

    fn find_attribute(&self, name: &str) -> Result<Option<attribute::RawAttribute>> {
        let store = &self.found.store;
        if !store.may_change() {
            return attribute::find(store, &self.found.header, name.as_bytes());
        }
        attribute::find(store, &*self.header()?, name.as_bytes())
    }

    /// All attributes, in ascending order of their names' bytes.
    pub(super) fn raw_attributes(&self) -> Result<Vec<attribute::RawAttribute>> {
        let _reading = self.under(self.found.store.reading())?;
        self.under(attribute::all(&self.found.store, &*self.header()?))
    }

    /// The dataset that this object is, as it is now, seen as `known` is. Where it cannot be read any
    /// more, what is asked of `known` says so.
    pub(crate) fn current_dataset(&self, known: &Arc<DatasetObject>) -> Arc<DatasetObject> {
        let store = &self.found.store;
        let _reading = store.reading();
        let access = known.virtual_access();
        let current = store.may_change().then(|| store.dataset(self.found.header.address).ok());
        let current = match current.flatten() {
            Some(current) if current.virtual_access() == access => return current,
            Some(current) => current,
            None => Arc::clone(known),
        };
        let refreshed = current.refreshed(store, access, &mut Nesting::default());
        refreshed.ok().flatten().map_or(current, Arc::new)
    }

    /// Names this object in an error.
    pub(crate) fn under<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| error.under(&self.known_name()))
    }

    pub(crate) fn missing(&self, what: String) -> Error {
        Error::not_found(what).under(&self.known_name())
    }
}

/// The kind of object a header is of, where it is one of those this library knows.
pub(crate) fn kind_of(found: &Found) -> Option<LocationType> {
    if DatasetObject::is(&found.header) {
        Some(LocationType::Dataset)
    } else if GroupObject::is(&found.header) {
        Some(LocationType::Group)
    } else {
        found.header.has(MessageType::DATATYPE).then_some(LocationType::NamedDatatype)
    }
}

#[cold]
fn unknown_kind() -> Error {
    Error::unsupported("an object of unknown kind")
}

impl PartialEq for Location {
    fn eq(&self, other: &Self) -> bool {
        self.found.is(&other.found)
    }
}

impl Eq for Location {}
