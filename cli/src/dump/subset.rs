//! Which elements of a dataset are shown: blocks along each axis.

use hdfive::{Selection, SliceOrIndex};

/// Blocks along each axis, as given; what is not given is 0 for the start, else 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Subset {
    pub(crate) start: Option<Vec<u64>>,
    pub(crate) stride: Option<Vec<u64>>,
    pub(crate) count: Option<Vec<u64>>,
    pub(crate) block: Option<Vec<u64>>,
}

/// Blocks along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Axis {
    pub(crate) start: u64,
    pub(crate) stride: u64,
    pub(crate) count: u64,
    pub(crate) block: u64,
}

impl Subset {
    /// The subset of `path[start;stride;count;block]`, and the path.
    pub(crate) fn compact(text: &str) -> (String, Option<Self>) {
        let Some((path, lists)) = text.rsplit_once('[') else { return (text.to_owned(), None) };
        let mut lists = lists.trim_end_matches(']').split(';').map(numbers);
        let mut next = || lists.next().flatten();
        let (start, stride, count, block) = (next(), next(), next(), next());
        (path.to_owned(), Some(Self { start, stride, count, block }))
    }

    /// Sets what the option `letter` stands for.
    pub(crate) fn set(&mut self, letter: char, list: &str) {
        let numbers = numbers(list);
        match letter {
            's' => self.start = numbers,
            'S' => self.stride = numbers,
            'c' => self.count = numbers,
            _ => self.block = numbers,
        }
    }

    /// The blocks along each of `rank` axes.
    pub(crate) fn axes(&self, rank: usize) -> Result<Vec<Axis>, String> {
        let lists = [
            ("start", &self.start),
            ("stride", &self.stride),
            ("count", &self.count),
            ("block", &self.block),
        ];
        for (name, list) in lists {
            let len = list.as_ref().map_or(0, Vec::len);
            if len > rank {
                return Err(format!("number of {name} dims ({len}) exceed dataset dims ({rank})"));
            }
        }
        let one = |list: &Option<Vec<u64>>, axis: usize, usual: u64| {
            list.as_ref().and_then(|list| list.get(axis)).copied().unwrap_or(usual)
        };
        let axis = |axis| Axis {
            start: one(&self.start, axis, 0),
            stride: one(&self.stride, axis, 1),
            count: one(&self.count, axis, 1),
            block: one(&self.block, axis, 1),
        };
        let axes: Vec<Axis> = (0..rank).map(axis).collect();
        if axes.iter().any(|axis| axis.count > 1 && axis.stride < axis.block) {
            return Err("wrong subset selection; blocks overlap".to_owned());
        }
        Ok(axes)
    }
}

impl Axis {
    /// The first coordinate of the block that is the `number`-th.
    pub(crate) fn at(&self, number: u64) -> u64 {
        self.start.saturating_add(number.saturating_mul(self.stride))
    }

    /// How many coordinates there are.
    pub(crate) fn len(&self) -> u64 {
        self.count.saturating_mul(self.block)
    }

    /// The coordinate that is the `number`-th.
    pub(crate) fn coordinate(&self, number: u64) -> u64 {
        let (block, within) = (number.checked_div(self.block), number.checked_rem(self.block));
        self.at(block.unwrap_or(0)).saturating_add(within.unwrap_or(0))
    }

    pub(crate) fn slice(&self) -> SliceOrIndex {
        let narrow = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        SliceOrIndex::SliceCount {
            start: narrow(self.start),
            step: narrow(self.stride.max(1)),
            count: narrow(self.count),
            block: narrow(self.block),
        }
    }

    /// One coordinate.
    pub(crate) fn single(start: u64) -> Self {
        Self { start, stride: 1, count: 1, block: 1 }
    }
}

/// What `axes` select.
pub(crate) fn selection(axes: &[Axis]) -> Selection {
    let slices: Vec<SliceOrIndex> = axes.iter().map(Axis::slice).collect();
    Selection::from(slices)
}

/// The numbers of a list, whatever stands between them; `None` where there is none.
fn numbers(text: &str) -> Option<Vec<u64>> {
    let words = text.split(|c: char| !c.is_ascii_digit()).filter(|word| !word.is_empty());
    let numbers: Vec<u64> = words.map(|word| word.parse().unwrap_or(u64::MAX)).collect();
    Some(numbers).filter(|numbers| !numbers.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsets_are_read_in_both_forms() {
        let (path, subset) = Subset::compact("/a/b[1,1;;2 3;]");
        let subset = subset.unwrap();
        assert_eq!(path, "/a/b");
        assert_eq!(subset.start, Some(vec![1, 1]));
        assert_eq!((subset.stride.clone(), subset.block.clone()), (None, None));
        assert_eq!(subset.axes(2).unwrap()[1], Axis { start: 1, stride: 1, count: 3, block: 1 });
        assert!(subset.axes(1).unwrap_err().contains("exceed"));
        assert_eq!(Subset::compact("/a"), ("/a".to_owned(), None));
    }

    #[test]
    fn blocks_do_not_overlap() {
        let mut subset = Subset::default();
        subset.set('c', "2");
        subset.set('k', "2");
        assert!(subset.axes(1).unwrap_err().contains("overlap"));
    }
}
