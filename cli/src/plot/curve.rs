//! Values along one axis.

use super::axes::{Axis, float};
use super::drawing::range;
use super::missing::Meaning;
use crate::failure::Trouble;
use crate::part::Part;

/// Pieces of a line, between gaps: points of x and value.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Curve {
    pub(super) pieces: Vec<Vec<(f64, f64)>>,
    /// How many elements there are.
    pub(super) len: u64,
}

/// What is seen in one step: the first and last place, the least and the greatest value of it.
#[derive(Debug, Clone, Copy)]
struct Step {
    places: (u64, u64),
    ends: (f64, f64),
    range: (f64, f64),
}

impl Curve {
    /// Reads the elements; of many, those that stand out in each of as many steps as can be seen.
    pub(super) fn read(
        part: &Part,
        meaning: &Meaning,
        x: &Axis,
        steps: u64,
    ) -> Result<Self, Trouble> {
        let len = part.len();
        let width = if len > steps.saturating_mul(2) { len.div_ceil(steps.max(1)) } else { 1 };
        let mut curve = Self { pieces: vec![Vec::new()], len };
        let mut step: Option<Step> = None;
        let mut place = 0_u64;
        part.read_numbers(&mut |numbers| {
            for number in numbers {
                let value = meaning.value(*number);
                if value.is_nan() {
                    curve.end(x, step.take());
                    curve.gap();
                } else {
                    step = Some(match step {
                        None => Step {
                            places: (place, place),
                            ends: (value, value),
                            range: (value, value),
                        },
                        Some(step) => Step {
                            places: (step.places.0, place),
                            ends: (step.ends.0, value),
                            range: (step.range.0.min(value), step.range.1.max(value)),
                        },
                    });
                }
                place = place.saturating_add(1);
                if place.is_multiple_of(width) {
                    curve.end(x, step.take());
                }
            }
            Ok(())
        })?;
        curve.end(x, step);
        curve.pieces.retain(|piece| !piece.is_empty());
        Ok(curve)
    }

    /// Adds what is seen of a step.
    fn end(&mut self, x: &Axis, step: Option<Step>) {
        let (Some(step), Some(piece)) = (step, self.pieces.last_mut()) else { return };
        let (first, last) = step.places;
        piece.push((x.at(first), step.ends.0));
        if first == last {
            return;
        }
        let middle = x.at(first.midpoint(last));
        let (low, high) = step.range;
        // The way a line goes that rises, or falls, through the step.
        let order = if step.ends.0 <= step.ends.1 { [low, high] } else { [high, low] };
        piece.extend(order.map(|value| (middle, value)));
        piece.push((x.at(last), step.ends.1));
    }

    /// Begins a piece; of a great many gaps only some can be seen.
    fn gap(&mut self) {
        if self.pieces.last().is_some_and(|piece| !piece.is_empty()) {
            self.pieces.push(Vec::new());
        }
    }

    /// The least and the greatest value.
    pub(super) fn range(&self) -> Option<(f64, f64)> {
        range(self.pieces.iter().flatten().map(|(_, value)| *value))
    }

    /// The least and the greatest x.
    pub(super) fn domain(&self, x: &Axis) -> (f64, f64) {
        let (first, last) = (x.at(0), x.at(self.len.saturating_sub(1)));
        if first == last {
            return (first - 0.5, last + 0.5);
        }
        (first.min(last), first.max(last))
    }

    /// Whether there are so few points that each is to be seen.
    pub(super) fn is_sparse(&self) -> bool {
        float(self.len) <= 60.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_keeps_what_stands_out() {
        let axis = Axis { name: String::new(), scale: None, first: 0.0, step: 1.0 };
        let mut curve = Curve { pieces: vec![Vec::new()], len: 10 };
        let step = Step { places: (0, 9), ends: (1.0, 2.0), range: (-5.0, 7.0) };
        curve.end(&axis, Some(step));
        assert_eq!(curve.pieces, [vec![(0.0, 1.0), (4.0, -5.0), (4.0, 7.0), (9.0, 2.0)]]);
        assert_eq!(curve.range(), Some((-5.0, 7.0)));
        assert_eq!(curve.domain(&axis), (0.0, 9.0));
    }
}
