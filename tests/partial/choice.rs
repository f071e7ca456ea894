//! Selections at random, with the places they mean.

use hdfive::{Hyperslab, Selection, SliceOrIndex};

use crate::support::random::Random;

/// A selection, and what it is to mean.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) selection: Selection,
    /// Places of the elements, in their order.
    pub(crate) places: Vec<usize>,
    /// Shape of the values.
    pub(crate) shape: Vec<usize>,
    repeats: Repeats,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeats {
    Axes,
    One,
    Nothing,
}

impl Choice {
    pub(crate) fn all(shape: &[usize]) -> Self {
        let places = (0..shape.iter().product()).collect();
        let (selection, shape) = (Selection::All, shape.to_vec());
        Self { selection, places, shape, repeats: Repeats::Axes }
    }

    /// A shape of values that repeat to the shape of the selection.
    pub(crate) fn repeated(&self, random: &mut Random) -> Vec<usize> {
        match self.repeats {
            Repeats::Nothing => self.shape.clone(),
            Repeats::One => vec![1; random.below(3)],
            Repeats::Axes => {
                let mut one = |len: &usize| if random.below(3) == 0 { 1 } else { *len };
                let mut shape: Vec<usize> = self.shape.iter().map(&mut one).collect();
                while random.below(4) == 0 && !shape.is_empty() {
                    // What is missing in front repeats, too.
                    shape.remove(0);
                }
                if shape.len() == self.shape.len() && random.below(4) == 0 {
                    shape.insert(0, 1);
                }
                shape
            }
        }
    }
}

/// Which of values of the shape `given` stands at each place of the shape `wanted`.
pub(crate) fn spread(given: &[usize], wanted: &[usize]) -> Vec<usize> {
    let total: usize = wanted.iter().product();
    if given.iter().product::<usize>() == 1 {
        return vec![0; total];
    }
    let value = |place: usize| {
        let (mut rest, mut at, mut stride) = (place, 0, 1);
        for axis in 0..wanted.len() {
            let len = wanted[wanted.len() - 1 - axis];
            let (coordinate, given) = (rest % len, given.iter().rev().nth(axis).copied());
            rest /= len;
            let given = given.unwrap_or(1);
            at += if given == 1 { 0 } else { coordinate * stride };
            stride *= given;
        }
        at
    };
    (0..total).map(value).collect()
}

pub(crate) fn choose(shape: &[usize], random: &mut Random) -> Choice {
    match random.below(10) {
        0 => Choice::all(shape),
        1 => Choice {
            selection: Selection::None,
            places: Vec::new(),
            shape: vec![0],
            repeats: Repeats::Axes,
        },
        2 if !shape.is_empty() && !shape.contains(&0) => points(shape, random),
        3 => mask(shape, random),
        4 if !shape.is_empty() && !shape.contains(&0) => blocks(shape, random),
        5 | 6 if !shape.is_empty() => slab(shape, true, random),
        _ => slab(shape, false, random),
    }
}

fn place(shape: &[usize], coordinates: &[usize]) -> usize {
    shape.iter().zip(coordinates).fold(0, |place, (len, at)| place * len + at)
}

fn wide(coordinates: &[usize]) -> Vec<u64> {
    coordinates.iter().map(|at| *at as u64).collect()
}

fn points(shape: &[usize], random: &mut Random) -> Choice {
    let count = 1 + random.below(9);
    let points: Vec<Vec<usize>> =
        (0..count).map(|_| shape.iter().map(|len| random.below(*len)).collect()).collect();
    let places = points.iter().map(|point| place(shape, point)).collect();
    let selection = Selection::points(points.iter().map(|point| wide(point))).unwrap();
    Choice { selection, places, shape: vec![count], repeats: Repeats::One }
}

fn mask(shape: &[usize], random: &mut Random) -> Choice {
    let mask: Vec<bool> = (0..shape.iter().product()).map(|_| random.below(3) == 0).collect();
    let places: Vec<usize> = (0..mask.len()).filter(|place| mask[*place]).collect();
    let shape = vec![places.len()];
    Choice { selection: Selection::Mask(mask), places, shape, repeats: Repeats::One }
}

fn blocks(shape: &[usize], random: &mut Random) -> Choice {
    let mut chosen = vec![false; shape.iter().product()];
    let mut blocks = Vec::new();
    for _ in 0..1 + random.below(3) {
        let first: Vec<usize> = shape.iter().map(|len| random.below(*len)).collect();
        let last: Vec<usize> =
            first.iter().zip(shape).map(|(first, len)| first + random.below(len - first)).collect();
        let axes: Vec<Vec<usize>> =
            first.iter().zip(&last).map(|(first, last)| (*first..=*last).collect()).collect();
        for place in product(shape, &axes) {
            chosen[place] = true;
        }
        blocks.push((wide(&first), wide(&last)));
    }
    let places: Vec<usize> = (0..chosen.len()).filter(|place| chosen[*place]).collect();
    let shape = vec![places.len()];
    Choice { selection: Selection::Blocks(blocks), places, shape, repeats: Repeats::Nothing }
}

/// Places of the product of coordinates.
fn product(shape: &[usize], axes: &[Vec<usize>]) -> Vec<usize> {
    let mut places = vec![0];
    for (len, axis) in shape.iter().zip(axes) {
        places = places.iter().flat_map(|at| axis.iter().map(move |c| at * len + c)).collect();
    }
    places
}

fn slab(shape: &[usize], listed: bool, random: &mut Random) -> Choice {
    let list = listed.then(|| random.below(shape.len()));
    let (mut entries, mut axes, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (n, len) in shape.iter().enumerate() {
        let (entry, chosen) =
            if list == Some(n) { listed_axis(*len, random) } else { axis(*len, random) };
        if !entry.is_index() {
            values.push(chosen.len());
        }
        entries.push(entry);
        axes.push(chosen);
    }
    let whole = |n: &usize| axes[*n].len() == shape[*n] && !entries[*n].is_index();
    // Whole axes at the end need not be named, or are an ellipsis.
    if random.below(3) == 0 {
        let named = (0..shape.len()).rev().find(|n| !whole(n) || list == Some(*n));
        entries.truncate(named.map_or(0, |n| n + 1));
        if random.below(2) == 0 {
            entries.push(SliceOrIndex::Ellipsis);
        }
    }
    let places = product(shape, &axes);
    let selection = Selection::Hyperslab(Hyperslab::new(entries));
    let repeats = if listed { Repeats::Nothing } else { Repeats::Axes };
    Choice { selection, places, shape: values, repeats }
}

fn listed_axis(len: usize, random: &mut Random) -> (SliceOrIndex, Vec<usize>) {
    let chosen: Vec<usize> = (0..len).filter(|_| random.below(2) == 0).collect();
    let entry = if random.below(2) == 0 {
        SliceOrIndex::Mask((0..len).map(|at| chosen.contains(&at)).collect())
    } else {
        let mut from_end = |at: &usize| {
            let back = random.below(2) == 0;
            if back { *at as isize - len as isize } else { *at as isize }
        };
        SliceOrIndex::List(chosen.iter().map(&mut from_end).collect())
    };
    (entry, chosen)
}

fn axis(len: usize, random: &mut Random) -> (SliceOrIndex, Vec<usize>) {
    if len == 0 {
        return (SliceOrIndex::from(..), Vec::new());
    }
    let start = random.below(len);
    match random.below(6) {
        0 => (SliceOrIndex::Index(start), vec![start]),
        1 => (SliceOrIndex::FromEnd(len - start), vec![start]),
        2 => {
            let step = 1 + random.below(4);
            let block = 1 + random.below(step);
            let most = 1 + (len - start).saturating_sub(block) / step;
            let count = if start + block > len { 0 } else { random.below(most + 1) };
            let starts = (0..count).map(|n| start + n * step);
            let chosen = starts.flat_map(|at| at..at + block).collect();
            (SliceOrIndex::SliceCount { start, step, count, block }, chosen)
        }
        3 => {
            let step = 1 + random.below(3);
            let end = random.below(len + 3);
            let chosen = (start..end.min(len)).step_by(step).collect();
            (SliceOrIndex::SliceTo { start, step, end, block: 1 }, chosen)
        }
        4 => (SliceOrIndex::from(..), (0..len).collect()),
        _ => {
            let step = 1 + random.below(3);
            let end = random.below(len + 1);
            let (low, high) = (start as isize - len as isize, end as isize);
            let entry = SliceOrIndex::Slice { start: Some(low), end: Some(high), step };
            (entry, (start..end).step_by(step).collect())
        }
    }
}
