//! Dataspaces: how many elements there are, and how they are arranged.

use crate::format::message::{Dataspace as Stored, DataspaceKind};

/// How many elements a dataset or attribute has, and how they are arranged.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let space = file.dataset("run1/frames")?.space()?;
/// assert_eq!((space.ndim(), space.shape()), (3, vec![4, 6, 5]));
/// assert!(space.is_simple() && !space.is_resizable());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataspace {
    stored: Stored,
}

impl Dataspace {
    pub(crate) fn of(stored: &Stored) -> Self {
        Self { stored: stored.clone() }
    }

    /// Number of axes: 0 of a scalar, and where there is no element.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.stored.rank()
    }

    /// Elements along each axis.
    #[must_use]
    pub fn shape(&self) -> Vec<usize> {
        let dims = self.stored.dimensions.iter();
        dims.map(|len| usize::try_from(*len).unwrap_or(usize::MAX)).collect()
    }

    /// Elements along each axis, whatever this machine can address.
    #[must_use]
    pub fn dims(&self) -> &[u64] {
        &self.stored.dimensions
    }

    /// Largest number of elements along each axis, `None` where it has no bound.
    #[must_use]
    pub fn maxdims(&self) -> Vec<Option<u64>> {
        (0..self.ndim()).map(|axis| self.stored.max(axis)).collect()
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

    /// Number of elements.
    #[must_use]
    pub fn size(&self) -> usize {
        self.stored.points().ok().and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX)
    }
}
