//! Selections in the document.

use hdfive::{Selection, SliceOrIndex};
use sha2::{Digest, Sha256};

use super::encode::{hex, wide};
use crate::failure::Why;

/// Most elements of a selection whose places are hashed.
const MAX_HASHED: u64 = 1_000_000;

/// Most elements of blocks, counted with repetition, that are looked at one by one.
const MAX_LISTED: u64 = 4 * MAX_HASHED;

/// A regular hyperslab along one axis; `None` is unlimited.
#[derive(Debug, Clone, Copy)]
struct Axis {
    start: u64,
    stride: u64,
    count: Option<u64>,
    block: Option<u64>,
}

/// The text of a selection in an array of this extent.
pub(super) fn text(selection: &Selection, extent: &[u64]) -> Result<String, Why> {
    match selection {
        Selection::None => Ok("none".to_owned()),
        Selection::All => Ok("all".to_owned()),
        Selection::Hyperslab(slab) => {
            let axes: Result<Vec<Axis>, Why> = slab.axes().iter().map(Axis::of).collect();
            of_axes(&axes?, extent)
        }
        Selection::Points { rank, coordinates } => of_points(*rank, coordinates, extent),
        Selection::Blocks(blocks) => of_blocks(blocks, extent),
        _ => Err(Why::new("a selection that no file holds")),
    }
}

/// The smallest extent that holds the selection.
pub(super) fn bounds(selection: &Selection) -> Vec<u64> {
    let join = |list: &mut Vec<u64>, coordinates: &mut dyn Iterator<Item = u64>| {
        for (axis, last) in coordinates.enumerate() {
            let len = last.saturating_add(1);
            match list.get_mut(axis) {
                Some(known) => *known = (*known).max(len),
                None => list.push(len),
            }
        }
    };
    let mut out = Vec::new();
    match selection {
        Selection::Hyperslab(slab) => {
            let last = |axis| Axis::of(axis).ok().and_then(|axis| axis.last()).unwrap_or(0);
            join(&mut out, &mut slab.axes().iter().map(last));
        }
        Selection::Points { rank, coordinates } => {
            for point in coordinates.chunks_exact((*rank).max(1)) {
                join(&mut out, &mut point.iter().copied());
            }
        }
        Selection::Blocks(blocks) => {
            for (_, last) in blocks {
                join(&mut out, &mut last.iter().copied());
            }
        }
        _ => {}
    }
    out
}

impl Axis {
    fn of(axis: &SliceOrIndex) -> Result<Self, Why> {
        Ok(match axis {
            SliceOrIndex::SliceCount { start, step, count, block } => Self {
                start: wide(*start),
                stride: wide(*step),
                count: Some(wide(*count)),
                block: Some(wide(*block)),
            },
            SliceOrIndex::Unlimited { start, step, block } => Self {
                start: wide(*start),
                stride: wide(*step),
                count: None,
                block: Some(wide(*block)),
            },
            SliceOrIndex::Rest { start } => {
                Self { start: wide(*start), stride: 1, count: Some(1), block: None }
            }
            _ => return Err(Why::new("a slice that no file holds")),
        })
    }

    fn is_unlimited(&self) -> bool {
        self.count.is_none() || self.block.is_none()
    }

    fn len(&self) -> u64 {
        self.count.unwrap_or(1).saturating_mul(self.block.unwrap_or(1))
    }

    fn last(&self) -> Option<u64> {
        let before = self.count?.checked_sub(1)?.checked_mul(self.stride)?;
        self.start.checked_add(before)?.checked_add(self.block?.checked_sub(1)?)
    }

    fn coordinates(&self) -> impl Iterator<Item = u64> + Clone + use<> {
        let Self { start, stride, .. } = *self;
        let block = self.block.unwrap_or(0);
        (0..self.count.unwrap_or(0)).flat_map(move |number| {
            let first = start.wrapping_add(number.wrapping_mul(stride));
            (0..block).map(move |at| first.wrapping_add(at))
        })
    }
}

fn listed(numbers: impl IntoIterator<Item = impl ToString>) -> String {
    let numbers: Vec<String> = numbers.into_iter().map(|number| number.to_string()).collect();
    numbers.join(",")
}

/// Elements between neighbours along each axis.
fn steps(extent: &[u64]) -> Vec<u64> {
    let mut step: u64 = 1;
    let mut out: Vec<u64> = Vec::with_capacity(extent.len());
    for len in extent.iter().rev() {
        out.push(step);
        step = step.wrapping_mul(*len);
    }
    out.reverse();
    out
}

fn check_rank(rank: usize, extent: &[u64]) -> Result<(), Why> {
    if rank == extent.len() {
        return Ok(());
    }
    Err(Why(format!("a selection of rank {rank} in a dataspace of rank {}", extent.len())))
}

/// The text of `count` elements in this bounding box, with the hash of their places.
fn summary(count: u64, low: &[u64], high: &[u64], places: Option<&[u64]>) -> String {
    if count == 0 {
        return "none".to_owned();
    }
    let mut out = format!("n={count};lo={};hi={}", listed(low), listed(high));
    if let Some(places) = places.filter(|_| count <= MAX_HASHED) {
        let mut hasher = Sha256::new();
        for place in places {
            hasher.update(place.to_le_bytes());
        }
        out.push_str(";h=");
        out.push_str(&hex(&hasher.finalize()));
    }
    out
}

fn of_axes(axes: &[Axis], extent: &[u64]) -> Result<String, Why> {
    check_rank(axes.len(), extent)?;
    if axes.iter().any(Axis::is_unlimited) {
        let or_u = |n: Option<u64>| n.map_or("u".to_owned(), |n| n.to_string());
        return Ok(format!(
            "unlimited;start={};stride={};count={};block={}",
            listed(axes.iter().map(|axis| axis.start)),
            listed(axes.iter().map(|axis| axis.stride)),
            listed(axes.iter().map(|axis| or_u(axis.count))),
            listed(axes.iter().map(|axis| or_u(axis.block))),
        ));
    }
    let count = axes.iter().fold(1, |n: u64, axis| n.saturating_mul(axis.len()));
    let low: Vec<u64> = axes.iter().map(|axis| axis.start).collect();
    let high: Vec<u64> = axes.iter().map(|axis| axis.last().unwrap_or(u64::MAX)).collect();
    if count == 0 || count > MAX_HASHED {
        return Ok(summary(count, &low, &high, None));
    }
    let mut places = vec![0];
    for (axis, step) in axes.iter().zip(steps(extent)) {
        places = expand(&places, axis.coordinates(), step);
    }
    places.sort_unstable();
    Ok(summary(count, &low, &high, Some(&places)))
}

/// Each place moved to each of the coordinates along one more axis.
fn expand(places: &[u64], coordinates: impl Iterator<Item = u64> + Clone, step: u64) -> Vec<u64> {
    let moved = |place: &u64| {
        let place = *place;
        coordinates.clone().map(move |at| place.wrapping_add(at.wrapping_mul(step)))
    };
    places.iter().flat_map(moved).collect()
}

fn of_points(rank: usize, coordinates: &[u64], extent: &[u64]) -> Result<String, Why> {
    check_rank(rank, extent)?;
    let (mut low, mut high) = (vec![u64::MAX; rank], vec![0; rank]);
    let steps = steps(extent);
    let mut places = Vec::new();
    for point in coordinates.chunks_exact(rank.max(1)) {
        let mut place: u64 = 0;
        for (((at, step), low), high) in point.iter().zip(&steps).zip(&mut low).zip(&mut high) {
            place = place.wrapping_add(at.wrapping_mul(*step));
            *low = (*low).min(*at);
            *high = (*high).max(*at);
        }
        places.push(place);
    }
    Ok(summary(wide(places.len()), &low, &high, Some(&places)))
}

fn of_blocks(blocks: &[(Vec<u64>, Vec<u64>)], extent: &[u64]) -> Result<String, Why> {
    let rank = extent.len();
    let (mut low, mut high) = (vec![u64::MAX; rank], vec![0; rank]);
    let mut count: u64 = 0;
    for (first, last) in blocks {
        check_rank(first.len(), extent)?;
        check_rank(last.len(), extent)?;
        let mut volume: u64 = 1;
        for (((first, last), low), high) in first.iter().zip(last).zip(&mut low).zip(&mut high) {
            let len = last.checked_sub(*first).and_then(|len| len.checked_add(1));
            let len = len.ok_or_else(|| Why::new("a block ends before it starts"))?;
            volume = volume.saturating_mul(len);
            *low = (*low).min(*first);
            *high = (*high).max(*last);
        }
        count = count.saturating_add(volume);
    }
    if count > MAX_LISTED {
        return Ok(summary(count, &low, &high, None));
    }
    let steps = steps(extent);
    let mut places = Vec::new();
    for (first, last) in blocks {
        let mut block = vec![0];
        for ((first, last), step) in first.iter().zip(last).zip(&steps) {
            block = expand(&block, *first..=*last, *step);
        }
        places.append(&mut block);
    }
    places.sort_unstable();
    places.dedup();
    Ok(summary(wide(places.len()), &low, &high, Some(&places)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(list: &[u64]) -> String {
        let bytes: Vec<u8> = list.iter().flat_map(|place| place.to_le_bytes()).collect();
        hex(&Sha256::digest(&bytes))
    }

    fn slice(start: usize, step: usize, count: usize, block: usize) -> SliceOrIndex {
        SliceOrIndex::SliceCount { start, step, count, block }
    }

    #[test]
    fn regular_hyperslabs_list_their_elements_in_order() {
        let selection = Selection::from((slice(1, 1, 1, 1), slice(0, 3, 2, 2)));
        let want = format!("n=4;lo=1,0;hi=1,4;h={}", places(&[6, 7, 9, 10]));
        assert_eq!(text(&selection, &[3, 6]).unwrap(), want);
        assert_eq!(bounds(&selection), [2, 5]);
    }

    #[test]
    fn points_keep_their_order_and_blocks_do_not() {
        let points = Selection::points([[2, 1], [0, 0]]).unwrap();
        let want = format!("n=2;lo=0,0;hi=2,1;h={}", places(&[9, 0]));
        assert_eq!(text(&points, &[3, 4]).unwrap(), want);
        let blocks = vec![(vec![1, 1], vec![1, 2]), (vec![0, 0], vec![0, 0])];
        let want = format!("n=3;lo=0,0;hi=1,2;h={}", places(&[0, 5, 6]));
        assert_eq!(text(&Selection::Blocks(blocks), &[3, 4]).unwrap(), want);
    }

    #[test]
    fn unlimited_hyperslabs_are_told_by_their_numbers() {
        let axes = (SliceOrIndex::Unlimited { start: 2, step: 4, block: 1 }, slice(0, 1, 1, 10));
        let want = "unlimited;start=2,0;stride=4,1;count=u,1;block=1,10";
        assert_eq!(text(&axes.into(), &[8, 10]).unwrap(), want);
    }

    #[test]
    fn huge_selections_are_not_listed() {
        let selection = Selection::from(slice(0, 1, 1, 1 << 40));
        assert_eq!(
            text(&selection, &[1 << 41]).unwrap(),
            format!("n={0};lo=0;hi={1}", 1u64 << 40, (1u64 << 40) - 1)
        );
    }
}
