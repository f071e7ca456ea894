//! How often which values occur.

use super::axes::float;
use super::missing::Meaning;
use crate::failure::Trouble;
use crate::part::Part;

/// Most bars where their number is not given.
const MOST: f64 = 128.0;

/// Counts of values in ranges of one width.
#[derive(Debug, PartialEq)]
pub(super) struct Bars {
    /// The least value of the first range, and the width of each.
    pub(super) first: f64,
    pub(super) width: f64,
    pub(super) counts: Vec<u64>,
}

impl Bars {
    /// Counts all elements that have a value; `None` where there are none.
    pub(super) fn read(
        part: &Part,
        meaning: &Meaning,
        bins: Option<u32>,
    ) -> Result<Option<Self>, Trouble> {
        let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut count, mut whole) = (0_u64, true);
        part.read_numbers(&mut |numbers| {
            for value in numbers.iter().map(|number| meaning.value(*number)) {
                if !value.is_nan() {
                    (least, greatest) = (least.min(value), greatest.max(value));
                    whole &= value.fract() == 0.0;
                    count = count.saturating_add(1);
                }
            }
            Ok(())
        })?;
        if count == 0 {
            return Ok(None);
        }
        let mut bars = Self::planned(least, greatest, count, whole, bins);
        part.read_numbers(&mut |numbers| {
            for value in numbers.iter().map(|number| meaning.value(*number)) {
                if !value.is_nan() {
                    bars.count(value);
                }
            }
            Ok(())
        })?;
        Ok(Some(bars))
    }

    /// Empty ranges: one for each integer where they are few.
    fn planned(least: f64, greatest: f64, count: u64, whole: bool, bins: Option<u32>) -> Self {
        // Rice's rule.
        let usual = (2.0 * float(count).cbrt()).ceil().clamp(10.0, MOST);
        let bins = bins.map_or(usual, f64::from);
        let span = greatest - least;
        let (first, width, bins) = if whole && span < bins {
            (least - 0.5, 1.0, span + 1.0)
        } else if whole {
            let width = ((span + 1.0) / bins).ceil();
            (least - 0.5, width, ((span + 1.0) / width).ceil())
        } else if span > 0.0 && span.is_finite() {
            (least, span / bins, bins)
        } else {
            (least - 0.5, 1.0, 1.0)
        };
        Self { first, width, counts: vec![0; index(bins).max(1)] }
    }

    fn count(&mut self, value: f64) {
        let last = self.counts.len().saturating_sub(1);
        let at = index(((value - self.first) / self.width).floor()).min(last);
        if let Some(count) = self.counts.get_mut(at) {
            *count = count.saturating_add(1);
        }
    }

    /// Where a range begins, and where it ends.
    pub(super) fn edges(&self, number: usize) -> (f64, f64) {
        let at = |number: usize| {
            self.first + float(u64::try_from(number).unwrap_or(u64::MAX)) * self.width
        };
        (at(number), at(number.saturating_add(1)))
    }

    pub(super) fn greatest(&self) -> u64 {
        self.counts.iter().copied().max().unwrap_or(0)
    }
}

/// A number that is no less than 0, as an index.
#[expect(clippy::as_conversions, reason = "rounds, whatever the number")]
fn index(number: f64) -> usize {
    number as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_bars_of_their_own() {
        let bars = Bars::planned(3.0, 6.0, 100, true, None);
        assert_eq!((bars.first, bars.width, bars.counts.len()), (2.5, 1.0, 4));
        let bars = Bars::planned(0.0, 999.0, 1000, true, None);
        assert_eq!((bars.width, bars.counts.len()), (50.0, 20));
    }

    #[test]
    fn the_greatest_value_is_in_the_last_range() {
        let mut bars = Bars::planned(0.0, 1.0, 10, false, Some(4));
        [0.0, 0.25, 0.99, 1.0].into_iter().for_each(|value| bars.count(value));
        assert_eq!(bars.counts, [1, 1, 0, 2]);
        assert_eq!(bars.edges(3), (0.75, 1.0));
    }
}
