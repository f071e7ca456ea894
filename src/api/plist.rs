//! What programs written for `hdf5-metno` set through property lists of files and groups, for the
//! closures they do that in.

use super::file_builder::FileBuilder;
use crate::format::bounds::LibraryVersion;
use crate::object::group::create::GroupCreation;

/// Whether a group remembers the order in which links are made, and finds them by it.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::plist::LinkCreationOrder;
/// let mut options = hdfive::File::with_options();
/// options.with_fcpl(|p| p.link_creation_order(LinkCreationOrder::Indexed));
/// assert!(options.in_memory()?.creation_order_tracked());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum LinkCreationOrder {
    /// It does not remember it.
    #[default]
    Untracked,
    /// It remembers it.
    Tracked,
    /// It remembers it, and finds links by it.
    Indexed,
}

/// Whether an object remembers the order in which attributes are made, and finds them by it.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::plist::AttrCreationOrder;
/// let file = hdfive::File::in_memory()?;
/// let builder = file.new_dataset::<u8>().attr_creation_order(AttrCreationOrder::Tracked);
/// assert!(builder.create("x")?.attr_creation_order_tracked()?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum AttrCreationOrder {
    /// It does not remember it.
    #[default]
    Untracked,
    /// It remembers it.
    Tracked,
    /// It remembers it, and finds attributes by it.
    Indexed,
}

/// How a file is opened: what the closure given to [`FileBuilder::with_fapl`] changes.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::File;
/// let file = File::with_options().with_fapl(|p| p.core_filebacked(false).libver_v110()).create("x")?;
/// assert!(file.info().superblock_version > 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FileAccessBuilder {
    pub(super) builder: FileBuilder,
}

impl FileAccessBuilder {
    pub(super) fn change(&mut self, how: impl FnOnce(FileBuilder) -> FileBuilder) -> &mut Self {
        self.builder = how(self.builder.clone());
        self
    }

    /// The file is one file of the operating system, as it is by default.
    pub fn sec2(&mut self) -> &mut Self {
        self.change(|builder| builder.only_in_memory(false))
    }

    /// The file is in memory alone: see [`FileBuilder::only_in_memory`].
    pub fn core(&mut self) -> &mut Self {
        self.core_filebacked(false)
    }

    /// The file is in memory alone, unless it is to be `filebacked`: then it is as any other.
    pub fn core_filebacked(&mut self, filebacked: bool) -> &mut Self {
        self.change(|builder| builder.only_in_memory(!filebacked))
    }

    /// As [`core_filebacked`](Self::core_filebacked); memory grows by itself, whatever the increment.
    pub fn core_options(&mut self, increment: usize, filebacked: bool) -> &mut Self {
        let _ = increment;
        self.core_filebacked(filebacked)
    }

    /// See [`FileBuilder::library_versions`].
    pub fn libver_bounds(&mut self, low: LibraryVersion, high: LibraryVersion) -> &mut Self {
        self.change(|builder| builder.library_versions(low, high))
    }

    /// The oldest library there is understands what is written, as far as that can be.
    pub fn libver_earliest(&mut self) -> &mut Self {
        self.libver_bounds(LibraryVersion::Earliest, LibraryVersion::LATEST)
    }

    /// HDF5 1.8 understands what is written, as far as that can be.
    pub fn libver_v18(&mut self) -> &mut Self {
        self.libver_bounds(LibraryVersion::V18, LibraryVersion::LATEST)
    }

    /// HDF5 1.10 understands what is written, as far as that can be.
    pub fn libver_v110(&mut self) -> &mut Self {
        self.libver_bounds(LibraryVersion::V110, LibraryVersion::LATEST)
    }

    /// What is written is of the newest format there is.
    pub fn libver_latest(&mut self) -> &mut Self {
        self.libver_bounds(LibraryVersion::LATEST, LibraryVersion::LATEST)
    }

    /// See [`FileBuilder::alignment`].
    pub fn alignment(&mut self, threshold: u64, alignment: u64) -> &mut Self {
        self.change(|builder| builder.alignment(threshold, alignment))
    }
}

/// How a file is made: what the closure given to [`FileBuilder::with_fcpl`] changes.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let mut options = hdfive::File::with_options();
/// options.with_fcpl(|p| p.userblock(1024).obj_track_times(false));
/// assert_eq!(options.in_memory()?.userblock(), 1024);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FileCreateBuilder {
    pub(super) builder: FileBuilder,
}

impl FileCreateBuilder {
    /// See [`FileBuilder::userblock`].
    pub fn userblock(&mut self, size: u64) -> &mut Self {
        self.builder = self.builder.clone().userblock(size);
        self
    }

    /// See [`FileBuilder::track_times`].
    pub fn obj_track_times(&mut self, track_times: bool) -> &mut Self {
        self.builder = self.builder.clone().track_times(track_times);
        self
    }

    /// Whether the root group remembers the order in which links are made.
    pub fn link_creation_order(&mut self, order: LinkCreationOrder) -> &mut Self {
        order.set(self.builder.root_mut());
        self
    }

    /// Whether the root group remembers the order in which its attributes are made.
    pub fn attr_creation_order(&mut self, order: AttrCreationOrder) -> &mut Self {
        order.set(self.builder.root_mut());
        self
    }
}

/// How a group is made: what the closure given to [`GroupBuilder::with_gcpl`] changes.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::plist::AttrCreationOrder;
/// let file = hdfive::File::in_memory()?;
/// let builder = file.create_group_builder();
/// let builder = builder.with_gcpl(|p| p.attr_creation_order(AttrCreationOrder::Indexed));
/// assert!(builder.create("run")?.attr_creation_order_tracked()?);
/// # Ok(())
/// # }
/// ```
///
/// [`GroupBuilder::with_gcpl`]: crate::GroupBuilder::with_gcpl
#[derive(Debug)]
pub struct GroupCreateBuilder {
    pub(super) creation: GroupCreation,
}

impl GroupCreateBuilder {
    /// Whether the group remembers when it was changed.
    pub fn obj_track_times(&mut self, track_times: bool) -> &mut Self {
        self.creation.times = track_times;
        self
    }

    /// Whether the group remembers the order in which links are made.
    pub fn link_creation_order(&mut self, order: LinkCreationOrder) -> &mut Self {
        order.set(&mut self.creation);
        self
    }

    /// Whether the group remembers the order in which its attributes are made.
    pub fn attr_creation_order(&mut self, order: AttrCreationOrder) -> &mut Self {
        order.set(&mut self.creation);
        self
    }
}

impl FileBuilder {
    /// Changes how the file is opened, as the closure says: what property lists are used for in
    /// programs written for `hdf5-metno`.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::File;
    /// let file = File::with_options().with_fapl(|p| p.core_filebacked(false)).create("nowhere.h5")?;
    /// file.create_group("run")?;
    /// file.close()?;
    /// assert!(!std::path::Path::new("nowhere.h5").exists());
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_fapl<F>(&mut self, func: F) -> &mut Self
    where
        F: Fn(&mut FileAccessBuilder) -> &mut FileAccessBuilder,
    {
        let mut list = FileAccessBuilder { builder: self.clone() };
        func(&mut list);
        *self = list.builder;
        self
    }

    /// [`with_fapl`](Self::with_fapl) by its long name.
    pub fn with_access_plist<F>(&mut self, func: F) -> &mut Self
    where
        F: Fn(&mut FileAccessBuilder) -> &mut FileAccessBuilder,
    {
        self.with_fapl(func)
    }

    /// Changes how the file is made, as the closure says: what property lists are used for in
    /// programs written for `hdf5-metno`.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::with_options().with_fcpl(|p| p.userblock(512)).in_memory()?;
    /// assert_eq!(file.userblock(), 512);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_fcpl<F>(&mut self, func: F) -> &mut Self
    where
        F: Fn(&mut FileCreateBuilder) -> &mut FileCreateBuilder,
    {
        let mut list = FileCreateBuilder { builder: self.clone() };
        func(&mut list);
        *self = list.builder;
        self
    }

    /// [`with_fcpl`](Self::with_fcpl) by its long name.
    pub fn with_create_plist<F>(&mut self, func: F) -> &mut Self
    where
        F: Fn(&mut FileCreateBuilder) -> &mut FileCreateBuilder,
    {
        self.with_fcpl(func)
    }
}

impl LinkCreationOrder {
    fn set(self, creation: &mut GroupCreation) {
        creation.link_order_tracked = self != Self::Untracked;
        creation.link_order_indexed = self == Self::Indexed;
    }
}

impl AttrCreationOrder {
    fn set(self, creation: &mut GroupCreation) {
        creation.attribute_order_tracked = self != Self::Untracked;
        creation.attribute_order_indexed = self == Self::Indexed;
    }
}
