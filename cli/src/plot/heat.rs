//! Values along two axes.

use super::axes::float;
use super::drawing::{Detail, range};
use super::missing::Meaning;
use crate::failure::Trouble;
use crate::part::Part;

/// Cells in rows; each is the mean of the elements in it that have a value.
#[derive(Debug, PartialEq)]
pub(super) struct Heat {
    pub(super) columns: usize,
    pub(super) cells: Vec<f64>,
    /// Elements across and down.
    pub(super) across: u64,
    pub(super) down: u64,
    /// Elements of a cell, down and across.
    cell: (u64, u64),
}

impl Heat {
    /// Reads the elements along the axes `(down, across)`, into as many cells as can be seen.
    pub(super) fn read(
        part: &Part,
        meaning: &Meaning,
        axes: (usize, usize),
        detail: Detail,
    ) -> Result<Self, Trouble> {
        let len = |axis: usize| part.dims.get(axis).copied().unwrap_or(0);
        let (down, across) = (len(axes.0), len(axes.1));
        let (height, width) = (down.div_ceil(detail.down), across.div_ceil(detail.across));
        let most = height.max(width);
        let (height, width) = if detail.square { (most, most) } else { (height, width) };
        let (height, width) = (height.max(1), width.max(1));
        let columns = narrow(across.div_ceil(width));
        let rows = narrow(down.div_ceil(height));
        let mut sums = vec![(0.0_f64, 0_u32); columns.saturating_mul(rows)];
        let (mut row, mut column) = (0_u64, 0_u64);
        part.read_numbers(&mut |numbers| {
            for number in numbers {
                let value = meaning.value(*number);
                let cell = narrow(row.checked_div(height).unwrap_or(0)).saturating_mul(columns);
                let cell = cell.saturating_add(narrow(column.checked_div(width).unwrap_or(0)));
                if !value.is_nan()
                    && let Some((sum, count)) = sums.get_mut(cell)
                {
                    *sum += value;
                    *count = count.saturating_add(1);
                }
                column = column.saturating_add(1);
                if column == across {
                    (row, column) = (row.saturating_add(1), 0);
                }
            }
            Ok(())
        })?;
        let mean = |(sum, count): (f64, u32)| sum / f64::from(count);
        let cells = sums.into_iter().map(mean).collect();
        Ok(Self { columns, cells, across, down, cell: (height, width) })
    }

    pub(super) fn rows(&self) -> usize {
        self.cells.len().checked_div(self.columns).unwrap_or(0)
    }

    /// The row of cells at a share of the whole height, from 0 up to 1.
    pub(super) fn row_at(&self, share: f64) -> usize {
        place(share, self.down, self.cell.0)
    }

    /// The column at a share of the whole width.
    pub(super) fn column_at(&self, share: f64) -> usize {
        place(share, self.across, self.cell.1)
    }

    /// The value of a cell; NaN where there is none.
    pub(super) fn get(&self, row: usize, column: usize) -> f64 {
        let cell = row.saturating_mul(self.columns).saturating_add(column);
        self.cells.get(cell).copied().unwrap_or(f64::NAN)
    }

    /// The least and the greatest value.
    pub(super) fn range(&self) -> Option<(f64, f64)> {
        range(self.cells.iter().copied())
    }
}

/// The cell at a share of `len` elements.
#[expect(clippy::as_conversions, reason = "a share of a length, which it does not exceed")]
fn place(share: f64, len: u64, cell: u64) -> usize {
    let element = (share * float(len)) as u64;
    narrow(element.min(len.saturating_sub(1)).checked_div(cell).unwrap_or(0))
}

fn narrow(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_lie_in_cells() {
        assert_eq!(place(0.0, 10, 3), 0);
        assert_eq!(place(0.95, 10, 3), 3);
        assert_eq!(place(1.0, 10, 3), 3);
    }
}
