//! Parts of datasets that are read a piece after the other.

use crate::dump::subset::Axis;

/// Bytes of a part that is read at once.
const PIECE: u64 = 4 << 20;

/// The `number`-th piece of what `axes` select, in row-major order: all of it where that is little,
/// else a run of coordinates of one axis for each coordinate of the axes before it.
pub(crate) fn piece(axes: &[Axis], size: u64, number: u64) -> Option<Vec<Axis>> {
    if axes.iter().any(|axis| axis.len() == 0) {
        return None;
    }
    // The axis that is cut is the last one of which all would be too much.
    let mut behind = size.max(1);
    let mut cut = axes.len();
    while let Some(axis) = cut.checked_sub(1).and_then(|before| axes.get(before)) {
        let grown = behind.saturating_mul(axis.len());
        if grown > PIECE {
            break;
        }
        behind = grown;
        cut = cut.saturating_sub(1);
    }
    let fit = PIECE.checked_div(behind).unwrap_or(0).max(1);
    let mut out = axes.to_vec();
    let mut left = number;
    for (place, axis) in out.iter_mut().take(cut).enumerate().rev() {
        let fit = if place.saturating_add(1) == cut { fit } else { 1 };
        let (runs, run) = run(axis, fit, left)?;
        *axis = run;
        left = left.checked_div(runs)?;
    }
    (left == 0).then_some(out)
}

/// The number of runs of about `fit` coordinates of an axis, and the `number`-th of them, counted
/// round and round.
fn run(axis: &Axis, fit: u64, number: u64) -> Option<(u64, Axis)> {
    let joined = axis.count == 1 || axis.stride == axis.block;
    let whole = Axis { stride: 1, count: axis.len(), block: 1, ..*axis };
    let axis = if joined { &whole } else { axis };
    let blocks = fit.checked_div(axis.block)?;
    if blocks == 0 {
        let number = number.checked_rem(axis.len())?;
        return Some((axis.len(), Axis::single(axis.coordinate(number))));
    }
    let runs = axis.count.div_ceil(blocks);
    let first = number.checked_rem(runs)?.saturating_mul(blocks);
    let count = blocks.min(axis.count.saturating_sub(first));
    Some((runs, Axis { start: axis.at(first), count, ..*axis }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_the_part_once() {
        let axis = |start, count| Axis { start, stride: 2, count, block: 1 };
        let axes = [axis(1, 3), axis(0, 1 << 20)];
        let pieces: Vec<Vec<Axis>> = (0..).map_while(|number| piece(&axes, 4, number)).collect();
        let starts: Vec<u64> = pieces.iter().map(|piece| piece[0].start).collect();
        assert_eq!(starts, [1, 3, 5]);
        assert!(pieces.iter().all(|piece| piece[1] == axes[1]));
        let long = [Axis { start: 7, stride: 1, count: 1, block: 5 << 20 }];
        let pieces: Vec<Vec<Axis>> = (0..).map_while(|number| piece(&long, 2, number)).collect();
        let runs: Vec<[u64; 2]> =
            pieces.iter().map(|piece| [piece[0].start, piece[0].len()]).collect();
        let step = 2 << 20;
        assert_eq!(runs, [[7, step], [7 + step, step], [7 + 2 * step, 1 << 20]]);
        let wide = [Axis { start: 0, stride: 5, count: 2, block: 3 }];
        let pieces = (0..).map_while(|number| piece(&wide, PIECE, number));
        let places: Vec<u64> = pieces.map(|piece| piece[0].start).collect();
        assert_eq!(places, [0, 1, 2, 5, 6, 7]);
        assert_eq!(piece(&[axis(0, 0)], 1, 0), None);
        assert_eq!((piece(&[], 1, 0), piece(&[], 1, 1)), (Some(Vec::new()), None));
    }
}
