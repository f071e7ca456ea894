//! Objects copied, within a file and from file to file.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::copy_changes::Asked;
use super::group_edit::{charset, parent_of};
use super::{Group, Location};
use crate::error::{Error, ErrorKind, Result};
use crate::format::message::{Link, LinkTarget};
use crate::object::copy::changes::Changes;
use crate::object::copy::{CopyOptions, copy, copy_members};
use crate::object::group::edit::GroupEdit;
use crate::object::path::resolve_link;
use crate::object::progress::{self, Job};

/// How an object is copied, as [`Location::copy_options`] gives it.
///
/// The copy has all that the object has: its attributes, of a dataset the elements in the same
/// layout, of a group the links and everything that hard links lead to. An object that several
/// links lead to is copied once. Creation orders, comments and times stay. Datasets and attributes
/// of a committed type are of a copy of that type.
///
/// What is stored follows the bounds of the file of the copy
/// ([`FileBuilder::library_versions`](crate::FileBuilder::library_versions)): the versions of
/// structures, and which index the chunks have. Chunks themselves are moved as they are stored, but
/// where elements name places of their file.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let source = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let file = hdfive::File::in_memory()?;
/// source.group("run1")?.copy_options().without_attrs(true).copy_to(&file, "runs/first")?;
/// assert_eq!(file.dataset("runs/first/time")?.shape(), [4]);
/// assert!(file.dataset("runs/first/time")?.attr_names()?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CopyBuilder {
    source: Location,
    options: CopyOptions,
    asked: Asked,
}

impl CopyBuilder {
    /// Whether of groups in a group nothing is copied but their attributes.
    #[must_use]
    pub fn shallow(mut self, on: bool) -> Self {
        self.options.shallow = on;
        self
    }

    /// Whether what soft links lead to is copied in their place. Links that lead nowhere stay.
    #[must_use]
    pub fn expand_soft(mut self, on: bool) -> Self {
        self.options.expand_soft = on;
        self
    }

    /// Whether what external links lead to is copied in their place. Links that lead nowhere stay.
    #[must_use]
    pub fn expand_external(mut self, on: bool) -> Self {
        self.options.expand_external = on;
        self
    }

    /// Whether in another file references refer to the copies of what they refer to, which is
    /// copied for them where it is not part of the copy. To what else nothing leads there is then a
    /// link in the root group, `~obj_pointed_by_` and the object's address.
    ///
    /// Without it references in another file become null. Within their file they always stay.
    #[must_use]
    pub fn expand_refs(mut self, on: bool) -> Self {
        self.options.expand_references = on;
        self
    }

    /// Whether attributes are left out.
    #[must_use]
    pub fn without_attrs(mut self, on: bool) -> Self {
        self.options.without_attributes = on;
        self
    }

    /// Copies the object to `name`, a path from the group `dst` or, where it starts with `/`, from
    /// the root of its file. Groups on the way are made.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Exists`](crate::ErrorKind::Exists) where there is a link of that name,
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where `dst` is not a group or its file is open
    /// for reading only, or where the bounds of its file do not allow what the object has; whatever
    /// reading the object gives. Nothing is copied then.
    pub fn copy_to(&self, dst: &Location, name: &str) -> Result<()> {
        let (source, group) = (&self.source.found, dst.as_group()?);
        let store = &group.found.store;
        let job = Job::begin(self.source.bytes_to_copy(self.options.shallow));
        let copied = store.edit_reading(&source.store, || {
            if resolve_link(&group.found, name.as_bytes()).is_ok() {
                return Err(Error::new(ErrorKind::Exists(format!("link {name:?}"))));
            }
            let at = copy(source, store, self.options.clone())?;
            // Only now: a group made on the way is no part of the copy.
            let (parent, name) = parent_of(&group.found, name, true)?;
            let (charset, target) = (charset(&name), LinkTarget::Hard(at));
            let link = Link { name, charset, creation_order: None, target };
            GroupEdit::open(store, parent.header.address)?.insert(link)?;
            job.end()
        });
        group.under(copied)
    }

    /// Copies all that the group holds, as [`Group::copy_all_to`] does, with these options:
    /// references always refer to the copies.
    ///
    /// # Errors
    ///
    /// As [`copy_to`](Self::copy_to); [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the source
    /// is not a group.
    pub fn copy_all_to(&self, dst: &Group) -> Result<()> {
        self.source.as_group()?;
        let (source, target) = (&self.source.found, &dst.found);
        let options = CopyOptions { expand_references: true, ..self.options.clone() };
        let store = &target.store;
        let job = Job::begin(self.source.bytes_to_copy(options.shallow));
        let copied = store.edit_reading(&source.store, || {
            copy_members(source, store, target.header.address, options)?;
            job.end()
        });
        dst.under(copied)
    }

    pub(super) fn asked(mut self, change: impl FnOnce(&mut Asked)) -> Self {
        change(&mut self.asked);
        let asked: Arc<dyn Changes> = Arc::new(self.asked.clone());
        self.options.changes = Some(asked);
        self
    }
}

impl Location {
    /// Bytes of elements that a copy of the object has to move, as far as hard links tell; where
    /// nobody watches, nobody counts.
    fn bytes_to_copy(&self, shallow: bool) -> u64 {
        let mut bytes = 0_u64;
        let mut add = |object: &Self| {
            if let Ok(dataset) = object.as_dataset() {
                bytes = bytes.saturating_add(dataset.storage_size());
            }
        };
        match self.as_group() {
            _ if !progress::is_watched() => {}
            Ok(group) => {
                // What cannot be read is told of by the copy.
                let _ = group.visit_items::<()>(|path, object| {
                    if !shallow || !path.contains('/') {
                        add(object);
                    }
                    ControlFlow::Continue(())
                });
            }
            Err(_) => add(self),
        }
        bytes
    }

    /// Copies the object to `name`, a path from the group `dst`. Groups on the way are made.
    ///
    /// References in another file become null; soft and external links stay as they are.
    /// [`copy_options`](Self::copy_options) can change that.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let source = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// let file = hdfive::File::in_memory()?;
    /// source.dataset("run1/time")?.copy_to(&file, "time")?;
    /// let values: Vec<f64> = file.dataset("time")?.read_raw()?;
    /// assert_eq!(values, source.dataset("run1/time")?.read_raw::<f64>()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`CopyBuilder::copy_to`].
    pub fn copy_to(&self, dst: &Self, name: &str) -> Result<()> {
        self.copy_options().copy_to(dst, name)
    }

    /// How the object is copied, to be changed and used.
    #[must_use]
    pub fn copy_options(&self) -> CopyBuilder {
        CopyBuilder {
            source: self.clone(),
            options: CopyOptions::default(),
            asked: Asked::default(),
        }
    }
}

impl Group {
    /// Copies all that this group holds, and its attributes and its comment, to the group `dst`:
    /// of a root group, all of the file. References refer to the copies; links to this group lead
    /// to `dst`.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let source = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// let file = hdfive::File::with_options().like(&source)?.in_memory()?;
    /// source.copy_all_to(&file)?;
    /// assert_eq!(file.member_names()?, source.member_names()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`CopyBuilder::copy_to`].
    pub fn copy_all_to(&self, dst: &Self) -> Result<()> {
        self.copy_options().copy_all_to(dst)
    }
}
