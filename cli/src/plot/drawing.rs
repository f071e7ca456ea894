//! What is drawn, read from a dataset in as few numbers as can be seen.

use super::Options;
use super::axes::{self, Axis};
use super::bars::Bars;
use super::curve::Curve;
use super::heat::Heat;
use super::missing::Meaning;
use crate::failure::Failure;
use crate::part::Part;

/// How much can be seen: steps along x and y.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Detail {
    /// Of a line.
    pub(super) steps: u64,
    /// Of cells, and whether they have to be squares where they are counted.
    pub(super) across: u64,
    pub(super) down: u64,
    pub(super) square: bool,
    /// Of a histogram, where it is not told.
    pub(super) bars: Option<u32>,
}

/// That of a picture.
pub(super) const FINE: Detail =
    Detail { steps: 1400, across: 1400, down: 1400, square: false, bars: None };

/// A drawing without its form.
#[derive(Debug)]
pub(super) struct Drawing {
    pub(super) title: String,
    /// Name of the values.
    pub(super) value: String,
    pub(super) shape: Shape,
}

#[derive(Debug)]
pub(super) enum Shape {
    Curve { x: Axis, curve: Curve },
    Heat { x: Axis, y: Axis, heat: Heat },
    Bars(Bars),
}

impl Drawing {
    /// Reads what is to be drawn.
    pub(super) fn of(part: &mut Part, options: &Options, detail: Detail) -> Result<Self, Failure> {
        let mut title = options.title.clone().unwrap_or_else(|| axes::title(part));
        let value = axes::value_name(part, options.log);
        let meaning = Meaning::of(&part.dataset, options.log);
        if options.histogram {
            let bars = Bars::read(part, &meaning, options.bins.or(detail.bars))
                .map_err(|t| part.told(t))?;
            let bars = bars.ok_or_else(|| part.failure("there is no value to be drawn"))?;
            return Ok(Self { title, value, shape: Shape::Bars(bars) });
        }
        let mut long = long_axes(part);
        if let [first, _, _] = long.as_slice() {
            let (first, len) = (*first, part.dims.get(*first).copied().unwrap_or(0));
            if options.frame >= len {
                let why = format!("there are {len} frames; the first one is number 0");
                return Err(part.failure(why));
            }
            if options.title.is_none() {
                title = format!("{title}, frame {}", part.coordinate(first, options.frame));
            }
            part.restrict(first, options.frame);
            long.remove(0);
        }
        let shape = match long.as_slice() {
            [] | [_] => {
                let x = Axis::of(part, long.first().copied().unwrap_or(0));
                let curve = Curve::read(part, &meaning, &x, detail.steps);
                Shape::Curve { x, curve: curve.map_err(|t| part.told(t))? }
            }
            [down, across] => {
                let (x, y) = (Axis::of(part, *across), Axis::of(part, *down));
                let square = detail.square && !x.has_even_scale() && !y.has_even_scale();
                let detail = Detail { square, ..detail };
                let heat = Heat::read(part, &meaning, (*down, *across), detail);
                Shape::Heat { x, y, heat: heat.map_err(|t| part.told(t))? }
            }
            _ => {
                let shape: Vec<String> = part.dims.iter().map(u64::to_string).collect();
                let shape = shape.join(" x ");
                let why = format!("too many axes to be drawn ({shape}): select a part of it");
                return Err(part.failure(why));
            }
        };
        let drawing = Self { title, value, shape };
        if drawing.is_empty() {
            return Err(part.failure("there is no value to be drawn"));
        }
        Ok(drawing)
    }

    fn is_empty(&self) -> bool {
        match &self.shape {
            Shape::Curve { curve, .. } => curve.range().is_none(),
            Shape::Heat { heat, .. } => heat.range().is_none(),
            Shape::Bars(_) => false,
        }
    }
}

/// Axes of more than one place; of a picture, the last two however long they are.
fn long_axes(part: &Part) -> Vec<usize> {
    let all = 0..part.dims.len();
    all.filter(|axis| part.dims.get(*axis).is_some_and(|len| *len != 1)).collect()
}

/// The least and the greatest of all values that are numbers, apart.
pub(super) fn range(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let mut range = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values {
        if value.is_finite() {
            range = (range.0.min(value), range.1.max(value));
        }
    }
    (range.0 <= range.1).then_some(range)
}

/// A range with room around it: some, where there is but one value.
pub(super) fn roomy((least, greatest): (f64, f64), room: f64) -> (f64, f64) {
    if least < greatest {
        let room = (greatest / 2.0 - least / 2.0) * 2.0 * room;
        return (least - room, greatest + room);
    }
    let room = if least == 0.0 { 1.0 } else { least.abs() / 2.0 };
    (least - room, greatest + room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_leave_out_what_is_no_number() {
        assert_eq!(range([1.0, f64::NAN, -2.0]), Some((-2.0, 1.0)));
        assert_eq!(range([f64::NAN]), None);
        assert_eq!(roomy((3.0, 3.0), 0.0), (1.5, 4.5));
        assert_eq!(roomy((0.0, 10.0), 0.1), (-1.0, 11.0));
    }
}
