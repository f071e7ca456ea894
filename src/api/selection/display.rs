//! Selections as text.

use std::fmt::{self, Display, Formatter};

use super::{Hyperslab, Selection, SliceOrIndex};

/// Places that are shown of a list.
const SHOWN: usize = 16;

/// Step and block, where they are not 1.
fn steps(f: &mut Formatter<'_>, step: usize, block: usize) -> fmt::Result {
    match (step, block) {
        (1, 1) => Ok(()),
        (step, 1) => write!(f, ";{step}"),
        (step, block) => write!(f, ";{step}(Bx{block})"),
    }
}

/// A start, where it is not 0.
fn from(f: &mut Formatter<'_>, start: usize) -> fmt::Result {
    if start == 0 { Ok(()) } else { write!(f, "{start}") }
}

fn list<T: Display>(f: &mut Formatter<'_>, items: &[T]) -> fmt::Result {
    f.write_str("[")?;
    for (index, item) in items.iter().take(SHOWN).enumerate() {
        write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
    }
    f.write_str(if items.len() > SHOWN { ", ...]" } else { "]" })
}

fn mask(f: &mut Formatter<'_>, mask: &[bool]) -> fmt::Result {
    write!(f, "mask ({} of {})", mask.iter().filter(|on| **on).count(), mask.len())
}

impl Display for SliceOrIndex {
    /// `4`, `-1`, `1..8;3` for every third, `(Bx2)` behind it for blocks of 2, `1+2;3` for a start and
    /// a count, `∞` for an end that is as far as the axis goes.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "{index}"),
            Self::FromEnd(back) => write!(f, "-{back}"),
            Self::SliceTo { start, step, end, block } => {
                from(f, *start)?;
                write!(f, "..{end}")?;
                steps(f, *step, *block)
            }
            Self::SliceCount { start, step, count, block } => {
                write!(f, "{start}+{count}")?;
                steps(f, *step, *block)
            }
            Self::Unlimited { start, step, block } => {
                from(f, *start)?;
                f.write_str("..∞")?;
                steps(f, *step, *block)
            }
            Self::Rest { start } => {
                from(f, *start)?;
                f.write_str("..∞")
            }
            Self::Slice { start, end, step } => {
                let start = start.filter(|start| *start != 0);
                start.map_or(Ok(()), |start| write!(f, "{start}"))?;
                f.write_str("..")?;
                end.map_or(Ok(()), |end| write!(f, "{end}"))?;
                steps(f, *step, 1)
            }
            Self::List(places) => list(f, places),
            Self::Mask(of) => mask(f, of),
            Self::Ellipsis => f.write_str("..."),
        }
    }
}

impl Display for Hyperslab {
    /// The axes in parentheses.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, axis) in self.iter().enumerate() {
            write!(f, "{}{axis}", if index == 0 { "" } else { ", " })?;
        }
        f.write_str(if self.len() == 1 { ",)" } else { ")" })
    }
}

impl Display for Selection {
    /// `..` for everything, the axes in parentheses, the points in brackets.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str(".."),
            Self::None => f.write_str("none"),
            Self::Hyperslab(slab) => slab.fmt(f),
            Self::Points { rank, coordinates } => {
                let points = coordinates.chunks((*rank).max(1));
                let points: Vec<Listed<'_>> =
                    points.take(SHOWN.saturating_add(1)).map(Listed).collect();
                list(f, &points)
            }
            Self::Mask(of) => mask(f, of),
            Self::Blocks(blocks) => {
                for (index, (first, last)) in blocks.iter().take(SHOWN).enumerate() {
                    let before = if index == 0 { "" } else { " + " };
                    write!(f, "{before}{}..={}", Listed(first), Listed(last))?;
                }
                f.write_str(if blocks.len() > SHOWN { " + ..." } else { "" })
            }
        }
    }
}

/// Coordinates in brackets.
struct Listed<'a>(&'a [u64]);

impl Display for Listed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        list(f, self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_hdf5_metno() {
        let words = |selection: Selection| selection.to_string();
        assert_eq!(words((..).into()), "..");
        assert_eq!(words((1..3).into()), "(1..3,)");
        assert_eq!(words((1..3, 2).into()), "(1..3, 2)");
        assert_eq!(words((..=4).into()), "(..5,)");
        let (start, step, block) = (1, 3, 2);
        assert_eq!(words(SliceOrIndex::Unlimited { start, step, block }.into()), "(1..∞;3(Bx2),)");
        let count = SliceOrIndex::SliceCount { start, step, count: 2, block };
        assert_eq!(words(count.into()), "(1+2;3(Bx2),)");
        let to = SliceOrIndex::SliceTo { start, step, end: 8, block: 1 };
        assert_eq!(
            words((to, SliceOrIndex::Unlimited { start: 0, step: 1, block: 1 }).into()),
            "(1..8;3, ..∞)"
        );
    }

    #[test]
    fn what_only_this_library_has_reads_as_well() {
        let words = |selection: Selection| selection.to_string();
        assert_eq!(words((-3.., ..-1, -1).into()), "(-3.., ..-1, -1)");
        assert_eq!(words((SliceOrIndex::stepped(.., 2), vec![1, 3]).into()), "(..;2, [1, 3])");
        assert_eq!(words(vec![true, false, true].into()), "(mask (2 of 3),)");
        assert_eq!(words(Selection::points([[1, 2], [0, 1]]).unwrap()), "[[1, 2], [0, 1]]");
        let blocks = Selection::Blocks(vec![(vec![0, 0], vec![1, 2]), (vec![5, 5], vec![5, 6])]);
        assert_eq!(words(blocks), "[0, 0]..=[1, 2] + [5, 5]..=[5, 6]");
        let many = Selection::from((0..100).collect::<Vec<usize>>().as_slice());
        assert!(words(many).ends_with("[15], ...]"));
    }
}
