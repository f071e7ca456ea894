//! Dataspaces: how many elements there are, how they are arranged, and which are meant.

use std::fmt;

use super::extents::Extents;
use super::selection::{RawSelection, Selection};
use crate::codec::{Sizes, StructureIn};
use crate::error::{Error, Result};
use crate::format::bounds::Bounds;
use crate::format::encoded_dataspace::EncodedDataspace;
use crate::format::message::{Dataspace as Stored, DataspaceKind};
use crate::format::selection::{Selection as StoredSelection, StoredSelection as Formed};
use crate::limits::Limits;

/// How many elements a dataset or attribute has, and how they are arranged; and which of them are
/// meant: all, unless a [selection](Self::select) says otherwise.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let space = file.dataset("run1/frames")?.space()?;
/// assert_eq!((space.ndim(), space.shape()), (3, vec![4, 6, 5]));
/// assert!(space.is_simple() && !space.is_resizable());
/// let part = space.select((1..3, .., 0))?;
/// assert_eq!((part.size(), part.selection_size()), (120, 12));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Dataspace {
    stored: Stored,
    selection: StoredSelection,
}

impl Dataspace {
    pub(crate) fn of(stored: &Stored) -> Self {
        Self { stored: stored.clone(), selection: StoredSelection::All }
    }

    /// The dataspace that `extents` says.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let space = hdfive::Dataspace::try_new((3.., 4))?;
    /// assert_eq!((space.shape(), space.maxdims()), (vec![3, 4], vec![None, Some(4)]));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where no file can hold it.
    pub fn try_new<T: Into<Extents>>(extents: T) -> Result<Self> {
        extents.into().to_dataspace(&Bounds::default()).map(|stored| Self::of(&stored))
    }

    /// The same again.
    #[must_use]
    pub fn copy(&self) -> Self {
        self.clone()
    }

    /// Number of axes: 0 of a scalar, and where there is no element.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.stored.rank()
    }

    /// Elements along each axis.
    #[must_use]
    pub fn shape(&self) -> Vec<usize> {
        self.stored.dimensions.iter().map(|len| narrow(*len)).collect()
    }

    /// Elements along each axis, whatever this machine can address.
    #[must_use]
    pub fn dims(&self) -> &[u64] {
        &self.stored.dimensions
    }

    /// Largest number of elements along each axis, `None` where it has no bound.
    #[must_use]
    pub fn maxdims(&self) -> Vec<Option<usize>> {
        (0..self.ndim()).map(|axis| self.stored.max(axis).map(narrow)).collect()
    }

    /// What it says.
    ///
    /// # Errors
    ///
    /// None.
    pub fn extents(&self) -> Result<Extents> {
        Ok(Extents::of(&self.stored))
    }

    /// Whether an axis can grow.
    #[must_use]
    pub fn is_resizable(&self) -> bool {
        self.stored.is_resizable()
    }

    /// Whether there is no element, not even along no axis.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.stored.kind == DataspaceKind::Null
    }

    /// Whether there is one element along no axis.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        self.stored.kind == DataspaceKind::Scalar
    }

    /// Whether it has axes.
    #[must_use]
    pub fn is_simple(&self) -> bool {
        self.stored.kind == DataspaceKind::Simple
    }

    /// Whether all elements that are selected are there.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let selection = Selection::of_stored(&self.selection);
        self.selection.rank().is_none_or(|rank| rank == self.ndim())
            && self.can_take(&selection).is_ok()
            && selection.resolve(self.dims()).is_ok()
    }

    /// Number of elements.
    #[must_use]
    pub fn size(&self) -> usize {
        self.stored.points().map_or(usize::MAX, narrow)
    }

    /// Number of elements that are selected; as many as there can be where the selection is without
    /// bound.
    #[must_use]
    pub fn selection_size(&self) -> usize {
        match self.selection.points() {
            Some(points) => narrow(points),
            None => self.size(),
        }
    }

    /// The same, with other elements selected.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the selection does not fit the shape.
    pub fn select<S: Into<Selection>>(&self, selection: S) -> Result<Self> {
        let selection = selection.into();
        self.can_take(&selection)?;
        let selection = selection.to_counted(self.dims())?;
        Ok(Self { stored: self.stored.clone(), selection })
    }

    /// The same, with other elements selected.
    ///
    /// # Errors
    ///
    /// As [`select`](Self::select).
    pub fn select_raw<S: Into<RawSelection>>(&self, raw_sel: S) -> Result<Self> {
        let selection = raw_sel.into().to_stored()?;
        let there = Self { stored: self.stored.clone(), selection };
        if there.is_valid() { Ok(there) } else { Err(Error::usage(there.does_not_fit())) }
    }

    /// The elements that are selected.
    ///
    /// # Errors
    ///
    /// None.
    pub fn get_selection(&self) -> Result<Selection> {
        Ok(Selection::of_stored(&self.selection))
    }

    /// The elements that are selected, number by number.
    ///
    /// # Errors
    ///
    /// None.
    pub fn get_raw_selection(&self) -> Result<RawSelection> {
        Ok(RawSelection::of_stored(&self.selection))
    }

    /// It and its selection in bytes, as libhdf5 encodes them (`H5Sencode`).
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::Dataspace;
    /// let column = Dataspace::try_new((10, 12))?.select((.., 3))?;
    /// assert_eq!(Dataspace::decode(column.encode()?)?, column);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where there is no form for the selection.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let selection = Formed::in_bounds(&self.selection.merged(), &Bounds::default())?;
        let version = if self.is_null() { 2 } else { 1 };
        let dataspace = Stored { version, ..self.stored.clone() };
        let encoded = EncodedDataspace { dataspace, selection };
        encoded.to_bytes_in(Sizes { offsets: 8, lengths: 8 }, &())
    }

    /// What [`encode`](Self::encode) made `buf` of, or libhdf5.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) where that is not what the bytes are.
    pub fn decode<T: AsRef<[u8]>>(buf: T) -> Result<Self> {
        let sizes = Sizes { offsets: 8, lengths: 8 };
        let found = EncodedDataspace::from_bytes_in(buf.as_ref(), 0, sizes, &Limits::DEFAULT, &())?;
        let selection = found.selection.selection.counted();
        let there = Self { stored: found.dataspace, selection };
        if there.is_valid() { Ok(there) } else { Err(Error::usage(there.does_not_fit())) }
    }

    /// Refuses selections of elements where there is none.
    fn can_take(&self, selection: &Selection) -> Result<()> {
        if self.is_null() && !selection.is_all() && !selection.is_none() {
            return Err(Error::usage("a null dataspace has no elements to select"));
        }
        Ok(())
    }

    fn does_not_fit(&self) -> String {
        format!("the selection does not fit the dataspace {}", Extents::of(&self.stored))
    }
}

fn narrow(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

impl PartialEq for Dataspace {
    /// Whether both say the same, and the same is selected in the same way.
    fn eq(&self, other: &Self) -> bool {
        self.stored.kind == other.stored.kind
            && self.dims() == other.dims()
            && (0..self.ndim()).all(|axis| self.stored.max(axis) == other.stored.max(axis))
            && self.selection == other.selection
    }
}

impl Eq for Dataspace {}

impl fmt::Display for Dataspace {
    /// Its extents, and what is selected of them where that is not everything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Extents::of(&self.stored).fmt(f)?;
        match &self.selection {
            StoredSelection::All => Ok(()),
            selection => write!(f, " [{}]", Selection::of_stored(selection)),
        }
    }
}

impl fmt::Debug for Dataspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<HDF5 dataspace: {self}>")
    }
}

impl TryFrom<Extents> for Dataspace {
    type Error = Error;

    fn try_from(extents: Extents) -> Result<Self> {
        Self::try_new(extents)
    }
}

#[cfg(test)]
mod tests;
