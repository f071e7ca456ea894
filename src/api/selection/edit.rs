//! Selections made of others.

use super::{Hyperslab, SliceOrIndex};
use crate::error::{Error, Result};

impl SliceOrIndex {
    /// The same from its start on, to the end of the axis, wherever that is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it is no slice, or starts at a distance
    /// from the end.
    pub fn to_unlimited(self) -> Result<Self> {
        let (start, step, block) = self.parts("made unlimited")?;
        Ok(Self::Unlimited { start, step, block })
    }

    /// The same, with blocks of that many coordinates.
    fn with_block(self, block: usize) -> Result<Self> {
        let (start, step, _) = self.parts("given a block size")?;
        Ok(match self {
            Self::SliceTo { end, .. } => Self::SliceTo { start, step, end, block },
            Self::SliceCount { count, .. } => Self::SliceCount { start, step, count, block },
            Self::Slice { end: Some(end), .. } => {
                let end = usize::try_from(end)
                    .map_err(|_| Error::usage("a slice that ends at a distance from the end"))?;
                Self::SliceTo { start, step, end, block }
            }
            _ => Self::Unlimited { start, step, block },
        })
    }

    /// Start, step and block of a slice.
    fn parts(&self, change: &str) -> Result<(usize, usize, usize)> {
        match self {
            Self::SliceTo { start, step, block, .. }
            | Self::SliceCount { start, step, block, .. }
            | Self::Unlimited { start, step, block } => Ok((*start, *step, *block)),
            Self::Rest { start } => Ok((*start, 1, 1)),
            Self::Slice { start, step, .. } => match usize::try_from(start.unwrap_or(0)) {
                Ok(start) => Ok((start, *step, 1)),
                Err(_) => Err(Error::usage("a slice that starts at a distance from the end")),
            },
            other => Err(Error::usage(format!("the selection {other} cannot be {change}"))),
        }
    }
}

impl Hyperslab {
    /// The same, to the end of axis `axis`, wherever that is.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let rows = hdfive::Hyperslab::new((1..5, 3));
    /// assert_eq!(rows.set_unlimited(0)?.to_string(), "(1..∞, 3)");
    /// assert!(rows.set_unlimited(1).is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where there is no such axis, or no slice along
    /// it.
    pub fn set_unlimited(&self, axis: usize) -> Result<Self> {
        self.with_axis(axis, SliceOrIndex::to_unlimited)
    }

    /// The same, with blocks of `blocksize` coordinates along axis `axis`.
    ///
    /// # Errors
    ///
    /// As [`set_unlimited`](Self::set_unlimited).
    pub fn set_block(&self, axis: usize, blocksize: usize) -> Result<Self> {
        self.with_axis(axis, |entry| entry.with_block(blocksize))
    }

    fn with_axis(
        &self,
        axis: usize,
        change: impl FnOnce(SliceOrIndex) -> Result<SliceOrIndex>,
    ) -> Result<Self> {
        let mut changed = self.clone();
        let entry = changed.axes.get_mut(axis);
        let entry = entry
            .ok_or_else(|| Error::usage(format!("the selection {self} has no axis {axis}")))?;
        *entry = change(entry.clone())?;
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_change_and_indices_do_not() {
        let slab = Hyperslab::new((1..5, .., 3, SliceOrIndex::Ellipsis, vec![1, 2]));
        let words = |slab: Result<Hyperslab>| slab.map(|slab| slab.to_string()).unwrap();
        assert_eq!(words(slab.set_unlimited(0)), "(1..∞, .., 3, ..., [1, 2])");
        assert_eq!(words(slab.set_unlimited(1)), "(1..5, ..∞, 3, ..., [1, 2])");
        assert_eq!(words(slab.set_block(0, 2)), "(1..5;1(Bx2), .., 3, ..., [1, 2])");
        assert_eq!(words(slab.set_block(1, 2)), "(1..5, ..∞;1(Bx2), 3, ..., [1, 2])");
        for axis in 2..6 {
            assert!(slab.set_unlimited(axis).is_err() && slab.set_block(axis, 2).is_err());
        }
        assert!(Hyperslab::new(-3..).set_unlimited(0).is_err());
        assert!(Hyperslab::new(..-1).set_block(0, 2).is_err());
        let count = SliceOrIndex::SliceCount { start: 1, step: 4, count: 2, block: 1 };
        assert_eq!(words(Hyperslab::new(count).set_block(0, 3)), "(1+2;4(Bx3),)");
        assert_eq!((slab.is_unlimited(), slab.unlimited_axis()), (true, Some(1)));
    }
}
