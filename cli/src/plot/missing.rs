//! Elements that stand for no value, and numbers that stand for others.

use hdfive::Dataset;

/// How stored numbers become values: those that mark gaps become NaN, others are scaled, as the
/// attributes of netCDF's conventions say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Meaning {
    gaps: Vec<f64>,
    scale: Option<f64>,
    offset: Option<f64>,
    log: bool,
}

impl Meaning {
    pub(super) fn of(dataset: &Dataset, log: bool) -> Self {
        let number = |name: &str| {
            let numbers = dataset.attr(name).and_then(|attr| attr.read_raw::<f64>()).ok()?;
            numbers.first().copied()
        };
        let gaps = ["_FillValue", "missing_value"].into_iter().filter_map(number).collect();
        Self { gaps, scale: number("scale_factor"), offset: number("add_offset"), log }
    }

    /// The value of a stored number; NaN where it has none.
    pub(super) fn value(&self, number: f64) -> f64 {
        if !number.is_finite() || self.gaps.contains(&number) {
            return f64::NAN;
        }
        let value = number * self.scale.unwrap_or(1.0) + self.offset.unwrap_or(0.0);
        if !self.log {
            return value;
        }
        if value > 0.0 { value.log10() } else { f64::NAN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_have_no_value() {
        let file = hdfive::File::in_memory().unwrap();
        let dataset = file.create_dataset("x", [1_i16, 2].as_slice()).unwrap();
        dataset.set_attr("_FillValue", -1_i16).unwrap();
        dataset.set_attr("scale_factor", 0.5).unwrap();
        dataset.set_attr("add_offset", 10.0).unwrap();
        let meaning = Meaning::of(&dataset, false);
        assert_eq!(meaning.value(4.0), 12.0);
        assert!(meaning.value(-1.0).is_nan() && meaning.value(f64::INFINITY).is_nan());
        assert_eq!(Meaning { log: true, ..Meaning::default() }.value(1000.0), 3.0);
    }
}
