//! Datasets row by row: one place along the first axis after the other.

use std::fmt;
use std::vec::IntoIter;

use super::dataset::Dataset;
use super::selection::{Selection, SliceOrIndex};
use crate::element::H5Type;
use crate::error::{Error, Result};

/// Most bytes read at once for rows smaller than that.
const AHEAD: usize = 1 << 20;

/// The rows of a dataset, as [`Dataset::iter_rows`] gives them.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let dataset = file.new_dataset::<u8>().shape((2, 3)).create("x")?;
/// for row in dataset.iter_rows::<u8>()? {
///     assert_eq!(row?, [0, 0, 0]);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Rows<T> {
    dataset: Dataset,
    /// The next row to be read.
    next: usize,
    rows: usize,
    /// Rows read at once.
    batch: usize,
    /// Elements of a row.
    len: usize,
    read: IntoIter<T>,
    /// Rows of those read that are left.
    left: usize,
}

impl Dataset {
    /// Reads the dataset row by row: for each place along its first axis, the elements there, in
    /// row-major order. Of a dataset of one axis, rows are single elements.
    ///
    /// There are as many rows as the dataset has when this is called. A few are read at once, no
    /// more than a chunk's or a MiB's worth.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// let table = file.new_dataset::<f64>().shape((3, 2)).create("table")?;
    /// table.write_raw(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
    /// let mut sums = Vec::new();
    /// for row in table.iter_rows::<f64>()? {
    ///     sums.push(row?.iter().sum::<f64>());
    /// }
    /// assert_eq!(sums, [3.0, 7.0, 11.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it has no axis. What reading a row gives,
    /// in its place; there are no more rows then.
    pub fn iter_rows<T: H5Type>(&self) -> Result<Rows<T>> {
        let shape = self.shape();
        let Some((rows, inner)) = shape.split_first() else {
            return self.named(Err(Error::usage("a dataset without axes has no rows")));
        };
        let len = inner.iter().fold(1_usize, |n, len| n.saturating_mul(*len));
        let bytes = len.saturating_mul(self.dtype()?.size()).max(1);
        let fit = AHEAD.checked_div(bytes).unwrap_or(1);
        let chunk = self.chunk().and_then(|chunk| chunk.first().copied());
        let batch = chunk.map_or(fit, |chunk| fit.min(chunk)).max(1);
        let (dataset, rows, read) = (self.clone(), *rows, Vec::new().into_iter());
        Ok(Rows { dataset, next: 0, rows, batch, len, read, left: 0 })
    }
}

impl<T: H5Type> Rows<T> {
    fn fill(&mut self) -> Result<()> {
        let end = self.next.saturating_add(self.batch).min(self.rows);
        let rows = vec![SliceOrIndex::from(self.next..end), SliceOrIndex::Ellipsis];
        let read: Vec<T> = self.dataset.read_slice_raw(Selection::Hyperslab(rows.into()))?;
        self.left = end.saturating_sub(self.next);
        self.next = end;
        self.read = read.into_iter();
        Ok(())
    }
}

impl<T: H5Type> Iterator for Rows<T> {
    type Item = Result<Vec<T>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            if self.next >= self.rows {
                return None;
            }
            if let Err(error) = self.fill() {
                self.next = self.rows;
                return Some(Err(error));
            }
        }
        self.left = self.left.saturating_sub(1);
        Some(Ok(self.read.by_ref().take(self.len).collect()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.rows.saturating_sub(self.next).saturating_add(self.left);
        (0, Some(left))
    }
}

impl<T> fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.rows.saturating_sub(self.next).saturating_add(self.left);
        write!(f, "<{left} rows of {:?}>", self.dataset)
    }
}
