//! What stands at the axes of a drawing: names, units, and where along an axis elements lie.

use hdfive::{Container, Dataset, Value};

use crate::names::printable;
use crate::part::Part;

/// Most places of a scale that are read.
const MAX_SCALE: u64 = 1 << 22;

/// Most characters of a name.
const MAX_NAME: usize = 60;

/// An axis: its name, and where its places lie.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub(super) name: String,
    /// One for each place, ascending or descending; else the places are counted.
    pub(super) scale: Option<Vec<f64>>,
    /// The first place, and how far it is to the next.
    pub(super) first: f64,
    pub(super) step: f64,
}

impl Axis {
    /// That of a part's axis.
    pub(super) fn of(part: &Part, axis: usize) -> Self {
        let label = part.dataset.dim(axis).and_then(|dim| dim.label()).unwrap_or_default();
        let scale = scale_of(part, axis);
        let (mut name, values) = match scale {
            Some((name, scale, values)) => {
                let name = if label.is_empty() { name } else { label };
                (with_unit(&name, unit(&scale)), Some(values))
            }
            None => (label, None),
        };
        if name.is_empty() {
            "index".clone_into(&mut name);
        }
        let [first, next] = [0, 1].map(|number| float(part.coordinate(axis, number)));
        Self { name: shown(&name), scale: values, first, step: next - first }
    }

    /// Where the `number`-th place lies.
    pub(super) fn at(&self, number: u64) -> f64 {
        let place = self.scale.as_ref().and_then(|scale| {
            usize::try_from(number).ok().and_then(|number| scale.get(number)).copied()
        });
        place.unwrap_or(self.first + float(number) * self.step)
    }

    /// Where the first of `len` places begins and the last one ends, where all are as wide; else
    /// their numbers.
    pub(super) fn edges(&self, len: u64) -> (f64, f64) {
        if let Some((first, last)) = self.scale.as_ref().and_then(|scale| even(scale)) {
            let half = (last - first) / float(len.saturating_sub(1).max(1)) / 2.0;
            return (first - half, last + half);
        }
        let half = self.step / 2.0;
        (self.first - half, self.first + float(len) * self.step - half)
    }

    /// Whether its places are those of a scale whose steps are even.
    pub(super) fn has_even_scale(&self) -> bool {
        self.scale.as_ref().is_some_and(|scale| even(scale).is_some())
    }
}

/// The ends of a scale whose steps are as wide, within one in fifty.
fn even(scale: &[f64]) -> Option<(f64, f64)> {
    let (first, last) = (*scale.first()?, *scale.last()?);
    let steps = float(u64::try_from(scale.len()).ok()?.checked_sub(1).filter(|steps| *steps > 0)?);
    let step = (last - first) / steps;
    let mut pairs = scale.windows(2);
    let same = |pair: &[f64]| matches!(pair, [a, b] if ((b - a) / step - 1.0).abs() < 0.02);
    pairs.all(same).then_some((first, last))
}

/// The first dimension scale of an axis: its name, itself, its values.
fn scale_of(part: &Part, axis: usize) -> Option<(String, Dataset, Vec<f64>)> {
    let (name, scale) = part.dataset.dim(axis).ok()?.scales().ok()?.into_iter().next()?;
    if scale.ndim() != 1 || scale.size() != *part.dataset.shape().get(axis)? {
        return None;
    }
    if *part.dims.get(axis)? > MAX_SCALE {
        return None;
    }
    let values = scale.read_slice_raw::<f64>(part.slice(axis)).ok()?;
    let rising = values.is_sorted_by(|a, b| a < b);
    if !(rising || values.is_sorted_by(|a, b| a > b)) || !values.iter().all(|v| v.is_finite()) {
        return None;
    }
    let own = scale.name();
    let last = own.rsplit('/').next().unwrap_or_default();
    // netCDF gives dimensions without a variable a name that is a sentence.
    if name.starts_with("This is a netCDF dimension") {
        return None;
    }
    let name = if name.is_empty() { last.to_owned() } else { name };
    Some((name, scale, values))
}

/// What the values of a dataset are.
pub(super) fn value_name(part: &Part, log: bool) -> String {
    let name = part.path.rsplit('/').next().unwrap_or_default();
    let name = shown(&with_unit(name, unit(&part.dataset)));
    if log { format!("log10 {name}") } else { name }
}

/// What a dataset is called: in words, where it has some.
pub(super) fn title(part: &Part) -> String {
    let title = text(&part.dataset, "long_name").or_else(|| text(&part.dataset, "title"));
    shown(&title.unwrap_or(part.path.clone()))
}

fn unit(dataset: &Dataset) -> Option<String> {
    ["units", "unit", "Units", "Unit", "UNITS"].into_iter().find_map(|name| text(dataset, name))
}

/// The text of an attribute that is one.
fn text(dataset: &Dataset, name: &str) -> Option<String> {
    let attribute = dataset.attr(name).ok()?;
    let container: &Container = &attribute;
    if container.size() != 1 {
        return None;
    }
    let text = match container.read_value().ok()? {
        Value::String(text) => text,
        Value::Array { elements, .. } => match elements.into_iter().next()? {
            Value::String(text) => text,
            _ => return None,
        },
        _ => return None,
    };
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn with_unit(name: &str, unit: Option<String>) -> String {
    match unit {
        Some(unit) => format!("{name} [{unit}]"),
        None => name.to_owned(),
    }
}

/// Not too long, and without characters that are orders.
fn shown(name: &str) -> String {
    let name = printable(name);
    if name.chars().count() <= MAX_NAME {
        return name;
    }
    let kept: String = name.chars().take(MAX_NAME.saturating_sub(1)).collect();
    format!("{kept}\u{2026}")
}

/// A number of elements as a float.
#[expect(clippy::as_conversions, reason = "there is no other way; drawings bear the rounding")]
pub(super) fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_even_or_not() {
        assert_eq!(even(&[1.0, 2.0, 3.0]), Some((1.0, 3.0)));
        assert_eq!(even(&[3.0, 1.0]), Some((3.0, 1.0)));
        assert_eq!(even(&[1.0, 2.0, 4.0]), None);
        assert_eq!(even(&[1.0]), None);
    }

    #[test]
    fn edges_lie_around_places() {
        let axis = Axis { name: String::new(), scale: None, first: 10.0, step: 2.0 };
        assert_eq!(axis.edges(3), (9.0, 15.0));
        let scaled = Axis { scale: Some(vec![0.0, 5.0, 10.0]), ..axis };
        assert_eq!((scaled.edges(3), scaled.at(1)), ((-2.5, 12.5), 5.0));
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(shown("a\x1bb"), "a\\x1bb");
        assert_eq!(shown(&"x".repeat(100)).chars().count(), MAX_NAME);
    }
}
