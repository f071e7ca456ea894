//! Which elements of a dataspace are meant, and the runs of memory they come to.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "coordinates are checked against the extent when a selection is made; all sums of \
              them are below the extent's product, which fits 64 bits"
)]

use crate::error::{Error, Result};

/// Selected coordinates along one axis, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AxisSelection {
    /// `count` blocks of `block` coordinates, `stride` apart.
    Range { start: u64, stride: u64, count: u64, block: u64 },
    /// Any coordinates, strictly ascending.
    List(Vec<u64>),
}

/// Coordinates that follow each other both in the dataspace and in the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    /// First coordinate.
    pub(crate) from: u64,
    /// Place of the first coordinate among the selected ones.
    pub(crate) to: u64,
    pub(crate) len: u64,
}

impl AxisSelection {
    /// All `len` coordinates.
    pub(crate) fn all(len: u64) -> Self {
        Self::Range { start: 0, stride: 1, count: 1, block: len }
    }

    /// Number of selected coordinates.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Range { count, block, .. } => count.saturating_mul(*block),
            Self::List(list) => list.len() as u64,
        }
    }

    /// Whether every coordinate lies below `extent`, and a range's blocks do not overlap.
    fn fits(&self, extent: u64) -> bool {
        match self {
            Self::Range { start, stride, count, block } => {
                let last = count.checked_sub(1).map(|steps| steps.checked_mul(*stride));
                match last {
                    None => true,
                    _ if *block == 0 => true,
                    Some(steps) => {
                        (*count == 1 || stride >= block)
                            && steps
                                .and_then(|steps| start.checked_add(steps)?.checked_add(*block))
                                .is_some_and(|end| end <= extent)
                    }
                }
            }
            Self::List(list) => {
                list.is_sorted_by(|a, b| a < b) && list.last().is_none_or(|last| *last < extent)
            }
        }
    }

    /// The segments inside `[low, high)`, ascending.
    pub(crate) fn segments(&self, low: u64, high: u64) -> Vec<Segment> {
        let mut out = Vec::new();
        self.add_segments(low, high, &mut out);
        out
    }

    /// Appends the segments inside `[low, high)`, ascending.
    pub(crate) fn add_segments(&self, low: u64, high: u64, out: &mut Vec<Segment>) {
        let before = out.len();
        match *self {
            Self::Range { start, stride, count, block } => {
                if count == 0 || block == 0 {
                    return;
                }
                let (stride, count, block) =
                    if stride == block { (1, 1, count * block) } else { (stride, count, block) };
                // The first block that does not end before `low`.
                let first = low.saturating_sub(start + block - 1).div_ceil(stride.max(1));
                for n in first..count {
                    let from = start + n * stride;
                    if from >= high {
                        break;
                    }
                    let (a, b) = (from.max(low), (from + block).min(high));
                    if a < b {
                        out.push(Segment { from: a, to: n * block + (a - from), len: b - a });
                    }
                }
            }
            Self::List(ref list) => {
                let first = list.partition_point(|c| *c < low);
                for (to, from) in
                    list.iter().enumerate().skip(first).take_while(|(_, c)| **c < high)
                {
                    match out[before..].last_mut() {
                        Some(Segment { from: f, len, .. }) if *f + *len == *from => *len += 1,
                        _ => out.push(Segment { from: *from, to: to as u64, len: 1 }),
                    }
                }
            }
        }
    }

    /// The place of `coordinate` among the selected ones, and how many selected coordinates follow
    /// it without a gap, itself included.
    pub(crate) fn position(&self, coordinate: u64) -> Option<(u64, u64)> {
        match self {
            Self::Range { start, stride, count, block } => {
                let ahead = coordinate.checked_sub(*start)?;
                if stride == block || *count == 1 {
                    let len = count.saturating_mul(*block);
                    return (ahead < len).then(|| (ahead, len - ahead));
                }
                let (n, inside) = (ahead / (*stride).max(1), ahead % (*stride).max(1));
                (n < *count && inside < *block).then(|| (n * block + inside, block - inside))
            }
            Self::List(list) => {
                let place = list.binary_search(&coordinate).ok()?;
                let follow =
                    list[place..].iter().zip(coordinate..).take_while(|(a, b)| **a == *b).count();
                Some((place as u64, follow as u64))
            }
        }
    }

    /// The coordinate at `place` among the selected ones.
    pub(crate) fn coordinate(&self, place: u64) -> Option<u64> {
        match self {
            Self::Range { start, stride, count, block } => {
                let (n, inside) = (place.checked_div(*block)?, place.checked_rem(*block)?);
                (n < *count).then(|| start + n * stride + inside)
            }
            Self::List(list) => list.get(usize::try_from(place).ok()?).copied(),
        }
    }

    /// The `len` selected coordinates from place `at` on.
    fn part(&self, at: u64, len: u64) -> Self {
        let coordinates = || (at..at + len).filter_map(|place| self.coordinate(place)).collect();
        match *self {
            Self::Range { start, stride, count, block } if count == 1 || stride == block => {
                Self::Range { start: start + at, stride: 1, count: 1, block: len }
            }
            Self::Range { start, stride, block: 1, .. } => {
                Self::Range { start: start + at * stride, stride, count: len, block: 1 }
            }
            _ => Self::List(coordinates()),
        }
    }

    /// Parts of about `rows` coordinates, by place and number; where the first coordinates that
    /// are multiples of `align` are no further on, parts end before those.
    fn cuts(&self, rows: u64, align: u64) -> Vec<(u64, u64)> {
        let mut cuts = Vec::new();
        let mut at = 0;
        while at < self.len() {
            let mut len = rows.min(self.len() - at);
            let follow =
                self.coordinate(at).and_then(|start| Some((start, self.position(start)?.1)));
            if let Some((start, follow)) = follow {
                // The next edge, or the last one that is near enough.
                let next = align - start % align;
                let last = (start % align + len) / align * align;
                let edge = last.saturating_sub(start % align).max(next);
                if edge <= follow {
                    len = edge.min(self.len() - at);
                }
            }
            cuts.push((at, len));
            at += len;
        }
        cuts
    }

    /// The first coordinate at or after `from` that is selected.
    pub(crate) fn next_from(&self, from: u64) -> Option<u64> {
        match self {
            Self::Range { start, stride, count, block } => {
                if *count == 0 || *block == 0 {
                    return None;
                }
                let Some(ahead) = from.checked_sub(*start) else { return Some(*start) };
                let (n, inside) = (ahead / (*stride).max(1), ahead % (*stride).max(1));
                if *count == 1 {
                    return (ahead < *block).then_some(from);
                }
                if inside < *block {
                    (n < *count).then_some(from)
                } else {
                    (n + 1 < *count).then(|| start + (n + 1) * stride)
                }
            }
            Self::List(list) => list.get(list.partition_point(|c| *c < from)).copied(),
        }
    }
}

/// Elements of a dataspace, in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ElementSelection {
    /// The product of one selection an axis, in row-major order.
    Product(Vec<AxisSelection>),
    /// Runs along the last axis, in the order given.
    Runs(Runs),
}

/// Runs of elements along the last axis.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Runs {
    pub(crate) rank: usize,
    /// First coordinates, `rank` a run.
    pub(crate) starts: Vec<u64>,
    /// Elements, one a run.
    pub(crate) lens: Vec<u64>,
}

impl Runs {
    pub(crate) fn new(rank: usize) -> Self {
        Self { rank, starts: Vec::new(), lens: Vec::new() }
    }

    /// Points, `rank` coordinates each.
    pub(crate) fn points(rank: usize, coordinates: Vec<u64>) -> Self {
        let lens = vec![1; coordinates.len() / rank.max(1)];
        Self { rank, starts: coordinates, lens }
    }

    pub(crate) fn push(&mut self, start: &[u64], len: u64) {
        self.starts.extend_from_slice(start);
        self.lens.push(len);
    }

    /// First coordinates and length of each run; of the one element of a scalar, no coordinates.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u64], u64)> {
        self.lens.iter().enumerate().map(|(index, len)| (self.start(index), *len))
    }

    /// First coordinates of the run with this index.
    pub(crate) fn start(&self, index: usize) -> &[u64] {
        let from = index.saturating_mul(self.rank);
        self.starts.get(from..from.saturating_add(self.rank)).unwrap_or_default()
    }
}

impl ElementSelection {
    /// Every element of `extent`.
    pub(crate) fn all(extent: &[u64]) -> Self {
        Self::Product(extent.iter().map(|len| AxisSelection::all(*len)).collect())
    }

    /// Number of elements.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Product(axes) => axes.iter().fold(1, |n: u64, axis| n.saturating_mul(axis.len())),
            Self::Runs(runs) => runs.lens.iter().fold(0, |n: u64, len| n.saturating_add(*len)),
        }
    }

    /// Whether an element is among them more than once.
    pub(crate) fn repeats(&self) -> bool {
        let Self::Runs(runs) = self else { return false };
        let mut all: Vec<(&[u64], u64)> = runs.iter().filter(|(_, len)| *len > 0).collect();
        all.sort_unstable();
        let meet = |before: &(&[u64], u64), next: &(&[u64], u64)| {
            let (Some((at, row)), Some((start, same))) =
                (before.0.split_last(), next.0.split_last())
            else {
                return true;
            };
            row == same && at + before.1 > *start
        };
        all.iter().zip(all.iter().skip(1)).any(|(before, next)| meet(before, next))
    }

    /// Checks that it has the rank of `extent` and lies inside it.
    pub(crate) fn check(&self, extent: &[u64]) -> Result<()> {
        let (rank, inside) = match self {
            Self::Product(axes) => {
                (axes.len(), axes.iter().zip(extent).all(|(axis, len)| axis.fits(*len)))
            }
            Self::Runs(runs) => {
                let fits = |start: &[u64], len: u64| {
                    let Some((width, dims)) = extent.split_last() else { return len <= 1 };
                    let Some((last, outer)) = start.split_last() else { return false };
                    outer.iter().zip(dims).all(|(c, d)| c < d)
                        && last.checked_add(len).is_some_and(|end| end <= *width)
                };
                (runs.rank, runs.iter().all(|(start, len)| fits(start, len)))
            }
        };
        if rank != extent.len() {
            let ranks =
                format!("a selection of rank {rank} in a dataspace of rank {}", extent.len());
            return Err(Error::usage(ranks));
        }
        if inside {
            return Ok(());
        }
        Err(Error::usage(format!("the selection reaches outside the extent {extent:?}")))
    }

    /// The first element and the number of elements, where they follow each other in a dataspace of
    /// `extent`. Takes no memory: small reads are of this kind.
    pub(crate) fn one_run(&self, extent: &[u64]) -> Option<(u64, u64)> {
        let Self::Product(axes) = self else { return None };
        let (mut from, mut count, mut stride) = (0u64, 1u64, 1u64);
        let mut broken = false;
        for (axis, len) in axes.iter().zip(extent).rev() {
            let AxisSelection::Range { start, stride: step, count: blocks, block } = axis else {
                return None;
            };
            let own = blocks.checked_mul(*block)?;
            // Once an axis is not whole, those before it have one coordinate.
            if own == 0 || (*blocks > 1 && step != block) || (broken && own != 1) {
                return None;
            }
            broken |= own != *len;
            from = from.checked_add(start.checked_mul(stride)?)?;
            count = count.checked_mul(own)?;
            stride = stride.saturating_mul(*len);
        }
        Some((from, count))
    }

    /// Length of the one run there is in each row of an array of `extent`, and how far apart, at least, two of
    /// them start. `None` where there are others, or only one.
    pub(crate) fn run_a_row(&self, extent: &[u64]) -> Option<(u64, u64)> {
        let Self::Product(axes) = self else { return None };
        let (last, outer) = axes.split_last()?;
        if !matches!(last, AxisSelection::Range { stride, count, block, .. } if *count == 1 || stride == block)
        {
            return None;
        }
        let strides = strides(extent);
        let (axis, row) = outer.iter().zip(&strides).rfind(|(axis, _)| axis.len() > 1)?;
        let step = match axis {
            AxisSelection::Range { stride, block: 1, .. } => *stride,
            AxisSelection::Range { .. } => 1,
            AxisSelection::List(list) => {
                list.iter().zip(list.iter().skip(1)).map(|(a, b)| b - a).min()?
            }
        };
        Some((last.len(), row.saturating_mul(step)))
    }

    /// Calls `copy(source, result, len)`, offsets and length in elements, for every run of
    /// elements that is contiguous both in a dataspace of `extent` and in the result.
    pub(crate) fn for_each_run(
        &self,
        extent: &[u64],
        copy: &mut (impl FnMut(u64, u64, u64) -> Result<()> + ?Sized),
    ) -> Result<()> {
        if let Some((from, len)) = self.one_run(extent) {
            return copy(from, 0, len);
        }
        match self {
            Self::Product(axes) => {
                let segments: Vec<_> =
                    axes.iter().zip(extent).map(|(axis, len)| axis.segments(0, *len)).collect();
                let views: Vec<&[Segment]> = segments.iter().map(Vec::as_slice).collect();
                let zero = vec![0; extent.len()];
                let result: Vec<u64> = axes.iter().map(AxisSelection::len).collect();
                let (from_strides, to_strides) = (&strides(extent), &strides(&result));
                let (origin, source, result) = (&*zero, extent, &*result);
                let boxes = Boxes { origin, source, result, from_strides, to_strides };
                walk_product(&views, &boxes, copy)
            }
            Self::Runs(runs) => {
                let strides = strides(extent);
                let mut to = 0;
                for (start, len) in runs.iter() {
                    let from = start.iter().zip(&strides).map(|(c, s)| c * s).sum();
                    copy(from, to, len)?;
                    to += len;
                }
                Ok(())
            }
        }
    }

    /// The same elements in parts of about `most` at most, in order. Parts of a product are cut along
    /// its first axis, where that can be before coordinates that are multiples of `align`.
    pub(crate) fn blocks(&self, most: u64, align: u64) -> Vec<Self> {
        if self.len() <= most {
            return vec![self.clone()];
        }
        match self {
            Self::Product(axes) => {
                let Some((first, inner)) = axes.split_first() else { return vec![self.clone()] };
                let row = inner.iter().fold(1, |n: u64, axis| n.saturating_mul(axis.len())).max(1);
                let rows = most.checked_div(row).unwrap_or(1).max(1);
                let cut = |(at, len)| {
                    let axes = [first.part(at, len)].into_iter().chain(inner.iter().cloned());
                    Self::Product(axes.collect())
                };
                first.cuts(rows, align.max(1)).into_iter().map(cut).collect()
            }
            Self::Runs(runs) => {
                let mut blocks = vec![Runs::new(runs.rank)];
                let mut count = 0u64;
                for (start, len) in runs.iter() {
                    count = count.saturating_add(len);
                    if count > most {
                        blocks.push(Runs::new(runs.rank));
                        count = len;
                    }
                    if let Some(block) = blocks.last_mut() {
                        block.push(start, len);
                    }
                }
                blocks.into_iter().map(Self::Runs).collect()
            }
        }
    }

    /// All of it as runs along the last axis, in order.
    pub(crate) fn to_runs(&self) -> Runs {
        let axes = match self {
            Self::Runs(runs) => return runs.clone(),
            Self::Product(axes) => axes,
        };
        let mut runs = Runs::new(axes.len());
        let Some((last, outer)) = axes.split_last() else {
            runs.push(&[], 1);
            return runs;
        };
        let last = last.segments(0, u64::MAX);
        let outer: Vec<Vec<Segment>> = outer.iter().map(|a| a.segments(0, u64::MAX)).collect();
        let mut start = vec![0; axes.len()];
        expand(&outer, &last, 0, &mut start, &mut runs);
        runs
    }
}

fn expand(
    outer: &[Vec<Segment>],
    last: &[Segment],
    axis: usize,
    start: &mut Vec<u64>,
    runs: &mut Runs,
) {
    if let Some(segments) = outer.get(axis) {
        for segment in segments {
            for coordinate in segment.from..segment.from + segment.len {
                start[axis] = coordinate;
                expand(outer, last, axis + 1, start, runs);
            }
        }
        return;
    }
    for segment in last {
        start[axis] = segment.from;
        runs.push(start, segment.len);
    }
}

/// Elements between neighbours along each axis of a row-major array.
pub(crate) fn strides(extent: &[u64]) -> Vec<u64> {
    let mut strides = vec![1u64; extent.len()];
    for axis in (0..extent.len().saturating_sub(1)).rev() {
        strides[axis] = strides[axis + 1].saturating_mul(extent[axis + 1]);
    }
    strides
}

/// The boxes of elements that a product of segments leads from and to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Boxes<'a> {
    /// First coordinate of the source.
    pub(crate) origin: &'a [u64],
    /// Elements of the source along each axis, and of the result.
    pub(crate) source: &'a [u64],
    pub(crate) result: &'a [u64],
    /// What [`strides`] says of the source, and of the result.
    pub(crate) from_strides: &'a [u64],
    pub(crate) to_strides: &'a [u64],
}

/// Calls `copy(source, result, len)` for every run of a product of `segments`.
///
/// The source is a box of `source` elements whose first coordinate is `origin`; the result has the
/// extent `result`.
pub(crate) fn product_runs(
    segments: &[&[Segment]],
    origin: &[u64],
    source: &[u64],
    result: &[u64],
    copy: &mut dyn FnMut(u64, u64, u64) -> Result<()>,
) -> Result<()> {
    let (from_strides, to_strides) = (&strides(source), &strides(result));
    walk_product(segments, &Boxes { origin, source, result, from_strides, to_strides }, copy)
}

/// As [`product_runs`], for boxes that many products share.
pub(crate) fn walk_product(
    segments: &[&[Segment]],
    boxes: &Boxes<'_>,
    copy: &mut (impl FnMut(u64, u64, u64) -> Result<()> + ?Sized),
) -> Result<()> {
    if segments.iter().any(|axis| axis.is_empty()) {
        return Ok(());
    }
    // Axes that are whole on both sides join the run of the axis before them.
    let mut unit = 1;
    let mut rank = segments.len();
    while rank > 1 {
        let axis = rank - 1;
        let len = boxes.source[axis];
        let whole = matches!(segments[axis], [Segment { from, to: 0, len: own }]
            if *from == boxes.origin[axis] && *own == len && len == boxes.result[axis]);
        if !whole {
            break;
        }
        unit *= len;
        rank = axis;
    }
    let Some(inner) = rank.checked_sub(1) else { return copy(0, 0, 1) };
    walk_axis(&Walk { segments, boxes, inner, unit }, 0, (0, 0), copy)
}

struct Walk<'a> {
    segments: &'a [&'a [Segment]],
    boxes: &'a Boxes<'a>,
    /// The last axis that is walked.
    inner: usize,
    /// Elements behind one coordinate of that axis.
    unit: u64,
}

impl Walk<'_> {
    /// Where a segment of an axis begins on both sides.
    fn place_of(&self, axis: usize, segment: &Segment) -> (u64, u64) {
        let from = (segment.from - self.boxes.origin[axis]) * self.boxes.from_strides[axis];
        (from, segment.to * self.boxes.to_strides[axis])
    }
}

fn walk_axis(
    walk: &Walk<'_>,
    axis: usize,
    (from, to): (u64, u64),
    copy: &mut (impl FnMut(u64, u64, u64) -> Result<()> + ?Sized),
) -> Result<()> {
    let (from_stride, to_stride) = (walk.boxes.from_strides[axis], walk.boxes.to_strides[axis]);
    for segment in walk.segments[axis] {
        let (start, place) = walk.place_of(axis, segment);
        let (start, place) = (from + start, to + place);
        if axis == walk.inner {
            copy(start, place, segment.len * walk.unit)?;
            continue;
        }
        // Rows of one run each need no walk of their own.
        if axis + 1 == walk.inner
            && let [row] = walk.segments[walk.inner]
        {
            let (from, to) = walk.place_of(walk.inner, row);
            let (from, to, len) = (start + from, place + to, row.len * walk.unit);
            for n in 0..segment.len {
                copy(from + n * from_stride, to + n * to_stride, len)?;
            }
            continue;
        }
        for n in 0..segment.len {
            let next = (start + n * from_stride, place + n * to_stride);
            walk_axis(walk, axis + 1, next, copy)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn coordinates(axis: &AxisSelection) -> Vec<u64> {
        match axis {
            AxisSelection::Range { start, stride, count, block } => {
                (0..*count).flat_map(|n| (0..*block).map(move |b| start + n * stride + b)).collect()
            }
            AxisSelection::List(list) => list.clone(),
        }
    }

    fn axis(extent: u64) -> impl Strategy<Value = AxisSelection> {
        let range =
            (0..extent, 1..4u64, 1..4u64, 0..5u64).prop_map(move |(start, block, gap, count)| {
                let stride = block + gap - 1;
                let most = (extent - start + stride - block) / stride;
                AxisSelection::Range { start, stride, count: count.min(most), block }
            });
        let list = prop::collection::btree_set(0..extent, 0..6)
            .prop_map(|set| AxisSelection::List(set.into_iter().collect()));
        prop_oneof![range, list]
    }

    #[test]
    fn runs_of_rows_are_told_from_others() {
        let one = |start, len| AxisSelection::Range { start, stride: 1, count: 1, block: len };
        let every = |stride, count| AxisSelection::Range { start: 0, stride, count, block: 1 };
        let apart = |axes: &[AxisSelection]| {
            ElementSelection::Product(axes.to_vec()).run_a_row(&[5, 20, 30])
        };
        assert_eq!(apart(&[one(1, 1), one(0, 20), one(3, 4)]), Some((4, 30)));
        assert_eq!(apart(&[one(1, 1), every(3, 5), one(3, 4)]), Some((4, 90)));
        assert_eq!(apart(&[every(2, 2), one(7, 1), every(1, 9)]), Some((9, 1200)));
        let list = AxisSelection::List(vec![1, 9, 12]);
        assert_eq!(apart(&[one(0, 5), list, one(3, 4)]), Some((4, 90)));
        assert_eq!(apart(&[one(1, 1), one(7, 1), one(3, 4)]), None);
        assert_eq!(apart(&[one(0, 5), one(0, 20), every(2, 4)]), None);
        assert_eq!(ElementSelection::all(&[]).run_a_row(&[]), None);
    }

    #[test]
    fn the_element_of_a_scalar_is_a_run() {
        let all = ElementSelection::all(&[]);
        let runs = ElementSelection::Runs(all.to_runs());
        for selection in [all, runs] {
            selection.check(&[]).unwrap();
            let mut copied = Vec::new();
            let mut copy = |from, to, len| {
                copied.push((from, to, len));
                Ok(())
            };
            selection.for_each_run(&[], &mut copy).unwrap();
            assert_eq!((selection.len(), copied), (1, vec![(0, 0, 1)]));
        }
    }

    proptest! {
        #[test]
        fn runs_give_each_selected_element_once_in_order(
            (extent, axes) in prop::collection::vec(1..9u64, 1..4).prop_flat_map(|extent| {
                let axes: Vec<_> = extent.iter().map(|len| axis(*len)).collect();
                (Just(extent), axes)
            })
        ) {
            let selection = ElementSelection::Product(axes.clone());
            selection.check(&extent).unwrap();
            let mut expected = vec![0];
            for (axis, len) in axes.iter().zip(&extent) {
                let all = coordinates(axis);
                expected = expected.iter().flat_map(|e| all.iter().map(move |c| e * len + c)).collect();
            }
            let mut found = vec![u64::MAX; expected.len()];
            let mut copy = |from: u64, to: u64, len: u64| {
                for n in 0..len { found[(to + n) as usize] = from + n; }
                Ok(())
            };
            selection.for_each_run(&extent, &mut copy).unwrap();
            prop_assert_eq!(&found, &expected);
            if let Some((from, len)) = selection.one_run(&extent) {
                prop_assert!(expected.iter().copied().eq(from..from + len));
            }
            let runs = ElementSelection::Runs(selection.to_runs());
            let mut copy = |from: u64, to: u64, len: u64| {
                for n in 0..len { found[(to + n) as usize] = from + n; }
                Ok(())
            };
            runs.for_each_run(&extent, &mut copy).unwrap();
            prop_assert_eq!(&found, &expected);
            for align in 1..4 {
                let mut parts = Vec::new();
                let mut add = |from, _, len| {
                    parts.extend(from..from + len);
                    Ok(())
                };
                for block in selection.blocks(3, align) {
                    block.for_each_run(&extent, &mut add).unwrap();
                }
                for block in runs.blocks(3, align) {
                    prop_assert!(block.len() <= 3 || matches!(&block, ElementSelection::Runs(r) if r.lens.len() == 1));
                    block.for_each_run(&extent, &mut add).unwrap();
                }
                let twice = expected.iter().chain(&expected).copied();
                prop_assert!(twice.eq(parts));
            }
            for (axis, len) in axes.iter().zip(&extent) {
                let all = coordinates(axis);
                for (place, c) in all.iter().enumerate() {
                    prop_assert_eq!(axis.coordinate(place as u64), Some(*c));
                }
                for c in 0..*len {
                    let place = all.iter().position(|x| *x == c).map(|p| p as u64);
                    prop_assert_eq!(axis.position(c).map(|p| p.0), place);
                    prop_assert_eq!(axis.next_from(c), all.iter().find(|x| **x >= c).copied());
                }
            }
        }
    }
}
