//! Which version of each structure a file gets: the one table of it.

use super::datatype::{Class, Datatype, FloatOrder};
use super::message::DataspaceKind;
use crate::error::{Error, Result};

/// A release of the HDF5 library, as the bounds of what a file may hold.
///
/// The lower bound says which versions of the structures are written where there is a choice; the
/// upper bound which releases must be able to read all of it. Anything that needs more is an error.
///
/// ```
/// use hdfive::LibraryVersion;
///
/// assert!(LibraryVersion::V18 < LibraryVersion::LATEST);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LibraryVersion {
    /// The oldest there is; of use as a lower bound.
    Earliest,
    /// HDF5 1.8.
    V18,
    /// HDF5 1.10.
    V110,
    /// HDF5 1.12.
    V112,
    /// HDF5 1.14.
    V114,
    /// HDF5 2.0.
    V200,
}

impl LibraryVersion {
    /// The newest there is.
    pub const LATEST: Self = Self::V200;

    /// The name h5py gives it as a value of `libver`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Earliest => "earliest",
            Self::V18 => "v108",
            Self::V110 => "v110",
            Self::V112 => "v112",
            Self::V114 => "v114",
            Self::V200 => "v200",
        }
    }
}

/// Which versions of the structures are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    low: LibraryVersion,
    high: LibraryVersion,
}

impl Default for Bounds {
    /// As HDF5 2 has it.
    fn default() -> Self {
        Self { low: LibraryVersion::V18, high: LibraryVersion::LATEST }
    }
}

/// What a chunked layout needs of its message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ChunkedNeeds {
    pub(crate) filtered: bool,
    /// Chunks that cross the edge of the dataset are stored without filters.
    pub(crate) partial_chunks_unfiltered: bool,
    /// Bytes of a decoded chunk.
    pub(crate) chunk_bytes: u64,
}

/// What a selection needs of its encoding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SelectionNeeds {
    /// Blocks of one size at one distance along each axis.
    pub(crate) regular: bool,
    pub(crate) blocks: u64,
    pub(crate) unlimited: bool,
    /// Some coordinate or number needs more than 32 bits.
    pub(crate) wide: bool,
}

impl Bounds {
    pub(crate) fn new(low: LibraryVersion, high: LibraryVersion) -> Self {
        Self { low, high }
    }

    /// Whether these are bounds at all.
    ///
    /// # Errors
    ///
    /// [`Usage`](crate::ErrorKind::Usage) where the upper bound is below the lower one, or names no
    /// release.
    pub(crate) fn check(&self) -> Result<()> {
        if self.high == LibraryVersion::Earliest {
            return Err(Error::usage("the upper bound of versions cannot be \"earliest\""));
        }
        if self.low > self.high {
            let (low, high) = (self.low.name(), self.high.name());
            let problem = format!("the bounds of versions are the wrong way round: {low}, {high}");
            return Err(Error::usage(problem));
        }
        Ok(())
    }

    /// Refuses `what`, which came with `version`, where that is above the upper bound.
    fn need(&self, version: LibraryVersion, what: &str) -> Result<()> {
        if version <= self.high {
            return Ok(());
        }
        let (needed, high) = (version.name(), self.high.name());
        Err(Error::usage(format!("{what} needs {needed}, but the upper bound is {high}")))
    }

    fn at_least(&self, version: LibraryVersion) -> bool {
        self.low >= version
    }

    /// Of the superblock, which for other reasons is to be at least of version `needs`.
    ///
    /// # Errors
    ///
    /// Where the bounds make no sense, or `needs` is above the upper one.
    pub(crate) fn superblock_version(&self, needs: u8) -> Result<u8> {
        self.check()?;
        let own = match self.low {
            LibraryVersion::Earliest => 0,
            LibraryVersion::V18 => 2,
            _ => 3,
        };
        let version = own.max(needs);
        if version > 2 {
            self.need(LibraryVersion::V110, "a superblock of version 3")?;
        }
        Ok(version)
    }

    /// Of object headers that need nothing special.
    pub(crate) fn header_version(&self) -> u8 {
        if self.at_least(LibraryVersion::V18) { 2 } else { 1 }
    }

    /// Of the headers of objects of this type, stored with them. libhdf5 takes numbers that leave
    /// more than half of their bits unused for damage where no checksum tells of it.
    pub(crate) fn header_version_of(&self, datatype: &Datatype) -> u8 {
        if datatype.leaves_half_unused() { 2 } else { self.header_version() }
    }

    /// Whether groups keep links, not symbol tables.
    pub(crate) fn new_style_groups(&self) -> bool {
        self.at_least(LibraryVersion::V18)
    }

    /// Of dataspace messages.
    pub(crate) fn dataspace_version(&self, kind: DataspaceKind) -> u8 {
        if kind == DataspaceKind::Null || self.at_least(LibraryVersion::V18) { 2 } else { 1 }
    }

    /// The same type in the versions it is to be written in.
    ///
    /// # Errors
    ///
    /// Where a part of it is above the upper bound.
    pub(crate) fn datatype(&self, datatype: &Datatype) -> Result<Datatype> {
        match needed(datatype) {
            5.. => self.need(LibraryVersion::V200, "a complex number")?,
            4 => self.need(LibraryVersion::V112, "a reference of the revised form")?,
            _ => {}
        }
        let own = match self.low {
            LibraryVersion::Earliest => 1,
            LibraryVersion::V18 | LibraryVersion::V110 => 3,
            LibraryVersion::V112 | LibraryVersion::V114 => 4,
            LibraryVersion::V200 => 5,
        };
        let mut datatype = datatype.clone();
        set_versions(&mut datatype, own);
        Ok(datatype)
    }

    /// Of fill value messages.
    pub(crate) fn fill_version(&self) -> u8 {
        if self.at_least(LibraryVersion::V18) { 3 } else { 2 }
    }

    /// Whether a fill value is written once more, for the libraries before version 1.6.
    pub(crate) fn writes_old_fill(&self) -> bool {
        !self.at_least(LibraryVersion::V18)
    }

    /// Of the layout messages of compact and contiguous data.
    pub(crate) fn linear_layout_version(&self) -> u8 {
        3
    }

    /// Of the layout messages of virtual datasets.
    ///
    /// # Errors
    ///
    /// Where they are above the upper bound.
    pub(crate) fn virtual_layout_version(&self) -> Result<u8> {
        self.need(LibraryVersion::V110, "a virtual dataset")?;
        Ok(4)
    }

    /// Of the layout messages of chunked data. Up to version 3 the index is a version 1 B-tree,
    /// from version 4 on one of the others.
    ///
    /// # Errors
    ///
    /// Where what is needed is above the upper bound.
    pub(crate) fn chunked_layout_version(&self, needs: &ChunkedNeeds) -> Result<u8> {
        if needs.chunk_bytes > u64::from(u32::MAX) {
            self.need(LibraryVersion::V200, "a chunk of 4 GiB or more")?;
            return Ok(5);
        }
        if needs.partial_chunks_unfiltered {
            self.need(LibraryVersion::V110, "storing partial chunks without filters")?;
        }
        Ok(if needs.filtered && self.at_least(LibraryVersion::V200) {
            5
        } else if needs.partial_chunks_unfiltered || self.at_least(LibraryVersion::V110) {
            4
        } else {
            3
        })
    }

    /// Newest version of the blocks that list the parts of virtual datasets.
    pub(crate) fn virtual_block_version(&self) -> u8 {
        u8::from(self.at_least(LibraryVersion::V200))
    }

    /// Of filter pipeline messages.
    pub(crate) fn pipeline_version(&self) -> u8 {
        if self.at_least(LibraryVersion::V18) { 2 } else { 1 }
    }

    /// Of attribute messages. `shared` where the datatype or the dataspace is stored elsewhere,
    /// `utf8` where the name is not ASCII.
    pub(crate) fn attribute_version(&self, shared: bool, utf8: bool) -> u8 {
        match (self.at_least(LibraryVersion::V18) || utf8, shared) {
            (true, _) => 3,
            (false, true) => 2,
            (false, false) => 1,
        }
    }

    /// Of the encoding of blocks that are selected.
    ///
    /// # Errors
    ///
    /// Where what is needed is above the upper bound.
    pub(crate) fn blocks_version(&self, needs: &SelectionNeeds) -> Result<u8> {
        let regular = needs.regular && needs.blocks >= 4;
        let version = if self.at_least(LibraryVersion::V112) {
            3
        } else if needs.unlimited || (regular && self.at_least(LibraryVersion::V110)) {
            2
        } else {
            1
        };
        let version = match (needs.wide, needs.regular) {
            (true, true) => version.max(2),
            (true, false) => 3,
            _ => version,
        };
        match version {
            3 => self.need(LibraryVersion::V112, "a selection this large")?,
            2 => self.need(LibraryVersion::V110, "a selection without bound, or this large")?,
            _ => {}
        }
        Ok(version)
    }

    /// Of the encoding of elements that are selected one by one; `wide` where some coordinate or
    /// their number needs more than 32 bits.
    ///
    /// # Errors
    ///
    /// Where what is needed is above the upper bound.
    pub(crate) fn points_version(&self, wide: bool) -> Result<u8> {
        if !wide && !self.at_least(LibraryVersion::V112) {
            return Ok(1);
        }
        self.need(LibraryVersion::V112, "a selection this large")?;
        Ok(2)
    }
}

/// The oldest version that holds a type.
fn needed(datatype: &Datatype) -> u8 {
    match &datatype.class {
        Class::Float(float) if float.order == FloatOrder::Vax => 3,
        Class::Reference(kind) if kind.is_revised() => 4,
        Class::Compound(members) => {
            members.iter().map(|member| needed(&member.datatype)).max().unwrap_or(1)
        }
        Class::Enum(enumeration) => needed(&enumeration.base),
        Class::VarLen(sequence) => needed(&sequence.base),
        Class::Array(array) => needed(&array.base).max(2),
        Class::Complex(_) => 5,
        _ => 1,
    }
}

/// Gives a type and its parts their versions, those that come in several at least `least`.
///
/// What is around a part is never older than it.
fn set_versions(datatype: &mut Datatype, least: u8) {
    let composite = least.max(needed(datatype));
    datatype.version = match &mut datatype.class {
        Class::Compound(members) => {
            for member in members {
                set_versions(&mut member.datatype, composite);
            }
            composite
        }
        Class::Enum(enumeration) => {
            set_versions(&mut enumeration.base, composite);
            composite
        }
        Class::Array(array) => {
            set_versions(&mut array.base, composite);
            composite
        }
        Class::VarLen(sequence) => {
            set_versions(&mut sequence.base, least);
            sequence.base.version
        }
        Class::Complex(complex) => {
            set_versions(&mut complex.base, least);
            5
        }
        _ => needed(datatype),
    };
}

#[cfg(test)]
mod tests {
    use super::LibraryVersion::{Earliest, V18, V110, V112, V114};
    use super::*;
    use crate::codec::Sizes;
    use crate::codec::testing::check_round_trip;
    use crate::format::datatype::{ByteOrder, Member, ReferenceKind};

    const LATEST: LibraryVersion = LibraryVersion::LATEST;

    fn int() -> Datatype {
        Datatype::integer(4, true, ByteOrder::Little).unwrap()
    }

    fn compound(member: Datatype) -> Datatype {
        let size = member.size;
        Datatype::compound(size, vec![Member::new("a", 0, member)]).unwrap()
    }

    fn version(low: LibraryVersion, datatype: &Datatype) -> u8 {
        let found = Bounds::new(low, LATEST).datatype(datatype).unwrap();
        assert!(found.same_type(datatype));
        check_round_trip(&found);
        found.version
    }

    #[test]
    fn types_follow_the_lower_bound() {
        let sizes = Sizes { offsets: 8, lengths: 8 };
        let array = Datatype::array(int(), &[2, 3]).unwrap();
        let all = [Earliest, V18, V110, V112, V114, LATEST];
        let versions = |datatype: &Datatype| all.map(|low| version(low, datatype));
        assert_eq!(versions(&int()), [1; 6]);
        assert_eq!(versions(&compound(int())), [1, 3, 3, 4, 4, 5]);
        assert_eq!(versions(&compound(compound(array.clone()))), [2, 3, 3, 4, 4, 5]);
        assert_eq!(versions(&array), [2, 3, 3, 4, 4, 5]);
        assert_eq!(versions(&Datatype::sequence(int(), sizes)), [1; 6]);
        assert_eq!(versions(&Datatype::sequence(compound(int()), sizes)), [1, 3, 3, 4, 4, 5]);
        let float = Datatype::float(8, ByteOrder::Little).unwrap();
        assert_eq!(versions(&Datatype::complex(float).unwrap()), [5; 6]);
        let reference = Datatype::reference(ReferenceKind::Object2, sizes);
        assert_eq!(versions(&compound(reference)), [4, 4, 4, 4, 4, 5]);
    }

    #[test]
    fn what_is_above_the_upper_bound_is_named() {
        let bounds = Bounds::new(V18, V110);
        let float = Datatype::float(8, ByteOrder::Little).unwrap();
        let error = bounds.datatype(&Datatype::complex(float).unwrap()).unwrap_err();
        assert!(error.to_string().contains("complex number needs v200"), "{error}");
        let sizes = Sizes { offsets: 8, lengths: 8 };
        bounds.datatype(&Datatype::reference(ReferenceKind::Object2, sizes)).unwrap_err();
        let large = ChunkedNeeds { chunk_bytes: 1 << 32, ..ChunkedNeeds::default() };
        bounds.chunked_layout_version(&large).unwrap_err();
        assert_eq!(Bounds::default().chunked_layout_version(&large).unwrap(), 5);
        Bounds::new(V18, V18).virtual_layout_version().unwrap_err();
        Bounds::new(V110, V18).superblock_version(0).unwrap_err();
        Bounds::new(Earliest, Earliest).superblock_version(0).unwrap_err();
        Bounds::new(Earliest, V18).superblock_version(3).unwrap_err();
    }

    #[test]
    fn layouts_follow_what_they_need() {
        let version = |low, filtered, partial_chunks_unfiltered| {
            let needs = ChunkedNeeds { filtered, partial_chunks_unfiltered, chunk_bytes: 80 };
            Bounds::new(low, LATEST).chunked_layout_version(&needs).unwrap()
        };
        assert_eq!(version(Earliest, true, false), 3);
        assert_eq!(version(V18, true, false), 3);
        assert_eq!(version(V18, true, true), 4);
        assert_eq!(version(V114, true, false), 4);
        assert_eq!(version(LATEST, false, false), 4);
        assert_eq!(version(LATEST, true, false), 5);
    }

    #[test]
    fn selections_are_as_old_as_can_be() {
        let needs = SelectionNeeds { regular: true, blocks: 4, ..SelectionNeeds::default() };
        let version = |low, needs: &SelectionNeeds| Bounds::new(low, LATEST).blocks_version(needs);
        assert_eq!(version(V18, &needs).unwrap(), 1);
        assert_eq!(version(V110, &needs).unwrap(), 2);
        assert_eq!(version(V112, &needs).unwrap(), 3);
        let wide = SelectionNeeds { wide: true, ..SelectionNeeds::default() };
        assert_eq!(version(Earliest, &wide).unwrap(), 3);
        Bounds::new(Earliest, V110).blocks_version(&wide).unwrap_err();
        assert_eq!(Bounds::default().points_version(false).unwrap(), 1);
        assert_eq!(Bounds::default().points_version(true).unwrap(), 2);
    }
}
