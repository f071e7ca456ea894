//! Differences of elements, one a line.

use std::io;

use super::comparable::dimensions;
use super::report::{Report, pad, padded};
use crate::dump::subset::Axis;

/// Bytes from which on libhdf5's tool reads a dataset in strips, and begins a new table with each.
const STRIPPED: u64 = 128 << 20;
/// Bytes of a strip.
const STRIP: u64 = 1 << 20;

/// The table of the differences of two datasets or attributes.
#[derive(Debug)]
pub(super) struct Table {
    /// What the two are called.
    pub(super) names: [String; 2],
    dims: Vec<u64>,
    /// The elements that are compared, if not all.
    axes: Option<Vec<Axis>>,
    /// Elements of a strip along each axis, where there are strips.
    strip: Option<Vec<u64>>,
    /// The strip whose table was begun: the number of its first element's row, in strips.
    begun: Option<Vec<u64>>,
}

impl Table {
    /// A table of elements of `size` bytes in an array of `dims`.
    pub(super) fn new(names: [String; 2], dims: &[u64], size: u64) -> Self {
        let bytes = dims.iter().fold(size, |bytes, len| bytes.saturating_mul(*len));
        let strip = if bytes < STRIPPED { None } else { Some(strip(dims, size)) };
        Self { names, dims: dims.to_vec(), axes: None, strip, begun: None }
    }

    /// The same of the elements that `axes` select.
    pub(super) fn of_part(mut self, axes: &[Axis]) -> Self {
        self.axes = Some(axes.to_vec());
        self.strip = None;
        self
    }

    /// The coordinates of the `index`-th element.
    fn coordinates(&self, index: u64) -> Vec<u64> {
        let Some(axes) = &self.axes else { return coordinates(index, &self.dims) };
        let lens: Vec<u64> = axes.iter().map(Axis::len).collect();
        let numbers = coordinates(index, &lens);
        axes.iter().zip(numbers).map(|(axis, number)| axis.coordinate(number)).collect()
    }

    /// Begins the line of the `index`-th element; `character` is a place in it, where it is text.
    /// `relative` says that the table has a column more.
    pub(super) fn begin_line(
        &mut self,
        report: &mut Report<'_>,
        index: u64,
        character: Option<usize>,
        relative: bool,
    ) -> io::Result<()> {
        let at = self.coordinates(index);
        let strip = self.strip.iter().flatten();
        let strip = at.iter().zip(strip).map(|(at, len)| at.checked_div(*len).unwrap_or(0));
        let begun =
            self.begun.as_ref().is_some_and(|begun| strip.clone().eq(begun.iter().copied()));
        if !begun {
            self.begun = Some(strip.collect());
            self.head(report, relative)?;
        }
        let mut position = String::with_capacity(48);
        match (self.dims.is_empty(), character) {
            (false, _) => {
                position.push('[');
                for at in &at {
                    position.push(' ');
                    position.push_str(itoa::Buffer::new().format(*at));
                }
                position.push_str(" ]");
            }
            (true, Some(character)) => position.push_str(&format!("[ {character}]")),
            (true, None) => position.push_str(&" ".repeat(6)),
        }
        let end = position.len();
        pad(&mut position, end, 10);
        report.part(&position)
    }

    fn head(&self, report: &mut Report<'_>, relative: bool) -> io::Result<()> {
        let dims = dimensions(&self.dims);
        report.line(&format!("{:<16}{dims}{:11}{dims}", "size:", ""))?;
        let [first, second] = &self.names;
        let (first, second) = (padded(first, 15), padded(second, 15));
        let columns = format!("{:<15} {first} {second}", "position");
        if relative {
            report.line(&format!("{columns} {:<15} {:<15}", "difference", "relative"))?;
            report.line(&"-".repeat(72))
        } else {
            report.line(&format!("{columns} {:<20}", "difference"))?;
            report.line(&"-".repeat(60))
        }
    }
}

/// Elements of a strip along each axis.
fn strip(dims: &[u64], size: u64) -> Vec<u64> {
    let mut bytes = size.max(1);
    let mut out: Vec<u64> = Vec::with_capacity(dims.len());
    for len in dims.iter().rev() {
        let fit = STRIP.checked_div(bytes).unwrap_or(0).max(1).min(*len);
        bytes = bytes.saturating_mul(fit).max(1);
        out.push(fit);
    }
    out.reverse();
    out
}

fn coordinates(index: u64, dims: &[u64]) -> Vec<u64> {
    let mut left = index;
    let mut out = Vec::with_capacity(dims.len());
    for len in dims.iter().rev() {
        out.push(left.checked_rem(*len).unwrap_or(0));
        left = left.checked_div(*len).unwrap_or(0);
    }
    out.reverse();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_are_as_long_as_they_fit() {
        assert_eq!(strip(&[1 << 30], 1), [1 << 20]);
        assert_eq!(strip(&[1000, 1 << 18], 2), [2, 1 << 18]);
        assert_eq!(strip(&[3, 1 << 22], 1), [1, 1 << 20]);
        assert_eq!(coordinates(7, &[2, 2, 3]), [1, 0, 1]);
    }

    #[test]
    fn elements_of_a_part_have_their_coordinates() {
        let axes = [
            Axis { start: 1, stride: 3, count: 2, block: 2 },
            Axis { start: 5, ..Axis::single(0) },
        ];
        let table = Table::new([String::new(), String::new()], &[9, 9], 1).of_part(&axes);
        let places: Vec<Vec<u64>> = (0..4).map(|index| table.coordinates(index)).collect();
        assert_eq!(places, [[1, 5], [2, 5], [4, 5], [5, 5]]);
    }
}
