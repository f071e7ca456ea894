//! Shapes of new datasets and attributes, and how far they may grow.

mod from;

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

use crate::codec::wide;
use crate::error::{Error, Result};
use crate::format::bounds::Bounds;
use crate::format::message::{Dataspace, DataspaceKind, MAXIMUM_RANK};

/// Size of one axis, and the largest one it may have.
///
/// ```
/// use hdfive::Extent;
///
/// assert_eq!(Extent::from(5), Extent::fixed(5));
/// assert_eq!(Extent::from(5..), Extent::resizable(5));
/// assert_eq!(Extent::from(5..=9), Extent::new(5, Some(9)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Extent {
    /// Elements along the axis.
    pub dim: usize,
    /// Most elements along the axis; `None` where there is no bound.
    pub max: Option<usize>,
}

impl Extent {
    /// An axis of `dim` elements that may have up to `max`.
    #[must_use]
    pub fn new(dim: usize, max: Option<usize>) -> Self {
        Self { dim, max }
    }

    /// An axis that keeps its size.
    #[must_use]
    pub fn fixed(dim: usize) -> Self {
        Self { dim, max: Some(dim) }
    }

    /// An axis that may grow without bound.
    #[must_use]
    pub fn resizable(dim: usize) -> Self {
        Self { dim, max: None }
    }

    /// Whether the axis keeps its size.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        self.max.is_some_and(|max| max <= self.dim)
    }

    /// Whether the axis may grow.
    #[must_use]
    pub fn is_resizable(&self) -> bool {
        !self.is_fixed()
    }

    /// Whether the axis may grow without bound.
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        self.max.is_none()
    }

    /// Whether the axis is not larger than it may be.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.max.is_none_or(|max| self.dim <= max)
    }
}

impl fmt::Debug for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extent({self})")
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max {
            Some(max) if max == self.dim => write!(f, "{}", self.dim),
            Some(max) => write!(f, "{}..={max}", self.dim),
            None => write!(f, "{}..", self.dim),
        }
    }
}

/// Sizes of all axes of an array.
///
/// ```
/// use hdfive::SimpleExtents;
///
/// let frames = SimpleExtents::from((0.., 480, 640));
/// assert_eq!(frames.dims(), [0, 480, 640]);
/// assert_eq!(frames.maxdims(), [None, Some(480), Some(640)]);
/// assert_eq!(SimpleExtents::new(&[480, 640]), SimpleExtents::fixed([480, 640]));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SimpleExtents {
    axes: Vec<Extent>,
}

impl SimpleExtents {
    /// These axes.
    #[must_use]
    pub fn from_vec(extents: Vec<Extent>) -> Self {
        Self { axes: extents }
    }

    /// These axes.
    #[must_use]
    pub fn new<T>(extents: T) -> Self
    where
        T: IntoIterator,
        T::Item: Into<Extent>,
    {
        Self { axes: extents.into_iter().map(Into::into).collect() }
    }

    /// Axes of these sizes, each of which keeps it.
    #[must_use]
    pub fn fixed<T>(extents: T) -> Self
    where
        T: IntoIterator,
        T::Item: Borrow<usize>,
    {
        Self { axes: extents.into_iter().map(|dim| Extent::fixed(*dim.borrow())).collect() }
    }

    /// Axes of these sizes, each of which may grow without bound.
    #[must_use]
    pub fn resizable<T>(extents: T) -> Self
    where
        T: IntoIterator,
        T::Item: Borrow<usize>,
    {
        Self { axes: extents.into_iter().map(|dim| Extent::resizable(*dim.borrow())).collect() }
    }

    /// Number of axes.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.axes.len()
    }

    /// Elements along each axis.
    #[must_use]
    pub fn dims(&self) -> Vec<usize> {
        self.axes.iter().map(|axis| axis.dim).collect()
    }

    /// Most elements along each axis, `None` where there is no bound.
    #[must_use]
    pub fn maxdims(&self) -> Vec<Option<usize>> {
        self.axes.iter().map(|axis| axis.max).collect()
    }

    /// Number of elements.
    #[must_use]
    pub fn size(&self) -> usize {
        self.axes.iter().fold(1, |n: usize, axis| n.saturating_mul(axis.dim))
    }

    /// Whether there are axes, all of which keep their size.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        !self.axes.is_empty() && self.axes.iter().all(Extent::is_fixed)
    }

    /// Whether an axis may grow.
    #[must_use]
    pub fn is_resizable(&self) -> bool {
        self.axes.iter().any(Extent::is_resizable)
    }

    /// Whether an axis may grow without bound.
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        self.axes.iter().any(Extent::is_unlimited)
    }

    /// Whether there are no more axes than a file can hold, none larger than it may be.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.axes.len() <= usize::from(MAXIMUM_RANK) && self.axes.iter().all(Extent::is_valid)
    }

    /// The axes.
    #[must_use]
    pub fn iter(&self) -> ExtentsIter<'_> {
        ExtentsIter { axes: self.axes.iter() }
    }
}

impl Deref for SimpleExtents {
    type Target = [Extent];

    /// The axes.
    fn deref(&self) -> &[Extent] {
        &self.axes
    }
}

impl<'a> IntoIterator for &'a SimpleExtents {
    type Item = &'a Extent;
    type IntoIter = ExtentsIter<'a>;

    fn into_iter(self) -> ExtentsIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for SimpleExtents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimpleExtents({self})")
    }
}

/// The axes of [`Extents`] or [`SimpleExtents`], the slowest first.
///
/// ```
/// use hdfive::Extents;
/// let extents = Extents::from((0.., 3));
/// assert_eq!(extents.iter().filter(|axis| axis.is_unlimited()).count(), 1);
/// ```
#[derive(Debug, Clone)]
pub struct ExtentsIter<'a> {
    axes: std::slice::Iter<'a, Extent>,
}

impl<'a> Iterator for ExtentsIter<'a> {
    type Item = &'a Extent;

    fn next(&mut self) -> Option<&'a Extent> {
        self.axes.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.axes.size_hint()
    }
}

impl DoubleEndedIterator for ExtentsIter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.axes.next_back()
    }
}

impl ExactSizeIterator for ExtentsIter<'_> {}

impl fmt::Display for SimpleExtents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (n, axis) in self.axes.iter().enumerate() {
            let before = if n == 0 { "" } else { ", " };
            write!(f, "{before}{axis}")?;
        }
        f.write_str(if self.axes.len() == 1 { ",)" } else { ")" })
    }
}

/// How many elements a new dataset or attribute has, and how they are arranged.
///
/// Numbers are axes that keep their size, `n..` axes that may grow, `n..=m` axes that may grow up
/// to `m`; tuples, arrays, slices and vectors of those are several axes, `()` is a scalar.
///
/// ```
/// use hdfive::Extents;
///
/// assert_eq!(Extents::from(()), Extents::scalar());
/// assert_eq!(Extents::from((3, 4)).dims(), [3, 4]);
/// assert!(Extents::from((0.., 4)).is_unlimited());
/// assert_eq!(Extents::from([3, 4]).resizable().maxdims(), [None, None]);
/// assert_eq!(Extents::null().size(), 0);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Extents {
    /// No element, not even along no axis.
    Null,
    /// One element along no axis.
    Scalar,
    /// An array.
    Simple(SimpleExtents),
}

impl Extents {
    /// What `extents` says.
    #[must_use]
    pub fn new<T: Into<Self>>(extents: T) -> Self {
        extents.into()
    }

    /// No element.
    #[must_use]
    pub fn null() -> Self {
        Self::Null
    }

    /// One element.
    #[must_use]
    pub fn scalar() -> Self {
        Self::Scalar
    }

    /// An array.
    #[must_use]
    pub fn simple<T: Into<SimpleExtents>>(extents: T) -> Self {
        Self::Simple(extents.into())
    }

    fn as_simple(&self) -> Option<&SimpleExtents> {
        match self {
            Self::Simple(extents) => Some(extents),
            _ => None,
        }
    }

    /// Whether there is no element, not even along no axis.
    #[must_use]
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// Whether there is one element along no axis.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        *self == Self::Scalar
    }

    /// Whether it has axes.
    #[must_use]
    pub fn is_simple(&self) -> bool {
        self.as_simple().is_some()
    }

    /// Number of axes.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.as_simple().map_or(0, SimpleExtents::ndim)
    }

    /// Elements along each axis.
    #[must_use]
    pub fn dims(&self) -> Vec<usize> {
        self.as_simple().map_or_else(Vec::new, SimpleExtents::dims)
    }

    /// Most elements along each axis, `None` where there is no bound.
    #[must_use]
    pub fn maxdims(&self) -> Vec<Option<usize>> {
        self.as_simple().map_or_else(Vec::new, SimpleExtents::maxdims)
    }

    /// Number of elements.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Scalar => 1,
            Self::Simple(extents) => extents.size(),
        }
    }

    /// Whether a file can hold it.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.as_simple().is_none_or(SimpleExtents::is_valid)
    }

    /// Whether an axis may grow without bound.
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        self.as_simple().is_some_and(SimpleExtents::is_unlimited)
    }

    /// Whether an axis may grow.
    #[must_use]
    pub fn is_resizable(&self) -> bool {
        self.as_simple().is_some_and(SimpleExtents::is_resizable)
    }

    /// The same, with axes that may grow without bound.
    #[must_use]
    pub fn resizable(self) -> Self {
        match self {
            Self::Simple(extents) => Self::Simple(SimpleExtents::resizable(extents.dims())),
            other => other,
        }
    }

    /// The axes.
    #[must_use]
    pub fn iter(&self) -> ExtentsIter<'_> {
        ExtentsIter { axes: self.slice().unwrap_or_default().iter() }
    }

    /// The axes, where it has any.
    #[must_use]
    pub fn slice(&self) -> Option<&[Extent]> {
        self.as_simple().map(|extents| extents.axes.as_slice())
    }

    /// What a dataspace message says.
    pub(crate) fn of(space: &Dataspace) -> Self {
        let narrow = |len: u64| usize::try_from(len).unwrap_or(usize::MAX);
        match space.kind {
            DataspaceKind::Null => Self::Null,
            DataspaceKind::Scalar => Self::Scalar,
            DataspaceKind::Simple => {
                let axes = (0..).zip(&space.dimensions);
                let axes = axes.map(|(axis, len)| Extent {
                    dim: narrow(*len),
                    max: space.max(axis).map(narrow),
                });
                Self::Simple(SimpleExtents { axes: axes.collect() })
            }
        }
    }

    /// The dataspace message that says it.
    ///
    /// # Errors
    ///
    /// [`Usage`](crate::ErrorKind::Usage) where no file can hold it.
    pub(crate) fn to_dataspace(&self, bounds: &Bounds) -> Result<Dataspace> {
        self.dataspace(bounds, true)
    }

    /// As [`to_dataspace`](Self::to_dataspace), of what keeps its shape, whatever is said here.
    pub(crate) fn to_fixed_dataspace(&self, bounds: &Bounds) -> Result<Dataspace> {
        self.dataspace(bounds, false)
    }

    fn dataspace(&self, bounds: &Bounds, has_maximum: bool) -> Result<Dataspace> {
        if !self.is_valid() {
            let problem = format!(
                "the shape {self} has more than {MAXIMUM_RANK} axes, or more than its maximum"
            );
            return Err(Error::usage(problem));
        }
        let kind = match self {
            Self::Null => DataspaceKind::Null,
            Self::Scalar => DataspaceKind::Scalar,
            // An array without axes is one element.
            Self::Simple(extents) if extents.ndim() == 0 => DataspaceKind::Scalar,
            Self::Simple(_) => DataspaceKind::Simple,
        };
        let axes = self.slice().unwrap_or_default();
        // Said of axes that keep their size, too: nobody forgets it then who makes one smaller.
        let simple = has_maximum && kind == DataspaceKind::Simple;
        let maximum = simple.then(|| axes.iter().map(|axis| axis.max.map(wide)).collect());
        let space = Dataspace {
            version: bounds.dataspace_version(kind),
            kind,
            dimensions: axes.iter().map(|axis| wide(axis.dim)).collect(),
            maximum,
        };
        space.points().map_err(|_| Error::usage("more elements than 64 bits can count"))?;
        Ok(space)
    }
}

impl fmt::Display for Extents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Scalar => f.write_str("()"),
            Self::Simple(extents) => extents.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_maximum_is_said_even_where_it_is_the_shape() {
        let space = |extents: Extents| extents.to_dataspace(&Bounds::default()).unwrap();
        assert_eq!(space(Extents::from((7, 4))).maximum, Some(vec![Some(7), Some(4)]));
        assert_eq!(space(Extents::from((7.., 4))).maximum, Some(vec![None, Some(4)]));
        assert_eq!(space(Extents::scalar()).maximum, None);
        assert_eq!(space(Extents::null()).maximum, None);
    }
}
