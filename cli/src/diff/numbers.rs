//! Numbers that are compared.

use std::io;

use super::report::{Report, pad, padded};
use super::table::Table;
use crate::text::printf::Format;

/// The number that a text begins with, as C reads it; 0 where it begins with none.
pub(super) fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let ends = (1..=text.len()).rev().filter_map(|end| text.get(..end));
    ends.filter_map(|part| part.parse().ok()).next().unwrap_or(0.0)
}

/// What makes two numbers different.
enum Outcome {
    Same,
    Different,
    /// They are this far apart, relative to the first.
    Relative(f64),
    /// The first is 0, and nothing is relative to that.
    NotComparable,
}

/// Compares two integers; gives the number of differences.
pub(super) fn integers(
    report: &mut Report<'_>,
    table: &mut Table,
    index: u64,
    numbers: [i128; 2],
) -> io::Result<u64> {
    let [first, second] = numbers;
    let apart = first.abs_diff(second);
    let wide = approximate(apart);
    let options = report.options;
    let outcome = match (options.delta, options.relative) {
        (Some(delta), _) if wide > delta => Outcome::Different,
        (None, Some(most)) => {
            relative(approximate_signed(first), approximate_signed(second), wide, most)
        }
        (None, None) if apart > 0 => Outcome::Different,
        _ => Outcome::Same,
    };
    let mut digits = itoa::Buffer::new();
    let column = |out: &mut String, number| match number {
        0 => out.push_str(digits.format(first)),
        1 => out.push_str(digits.format(second)),
        _ => out.push_str(digits.format(apart)),
    };
    tell(report, table, index, outcome, column, |per| format!("{per:.6}"))
}

/// Compares two bytes of what is no number; gives the number of differences.
pub(super) fn bytes(
    report: &mut Report<'_>,
    table: &mut Table,
    index: u64,
    bytes: [u8; 2],
) -> io::Result<u64> {
    // Nothing is relative to 0, and nothing is said of that.
    if report.options.relative.is_some() && bytes.first() == Some(&0) {
        return Ok(0);
    }
    integers(report, table, index, bytes.map(i128::from))
}

/// A floating-point number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Real<'a> {
    pub(super) value: f64,
    /// Its bytes, lowest first or not as in both.
    pub(super) bits: &'a [u8],
    /// Whether it has 4 bytes.
    pub(super) single: bool,
}

/// Compares two floating-point numbers; gives the number of differences. `alike` says that both have
/// the same type.
pub(super) fn reals(
    report: &mut Report<'_>,
    table: &mut Table,
    index: u64,
    numbers: [Real<'_>; 2],
    alike: bool,
) -> io::Result<u64> {
    let [first, second] = numbers;
    let single = first.single && second.single;
    let apart = distance(first.value, second.value, single);
    let outcome = outcome_of_reals(report, numbers, apart, alike);
    let precise = matches!(outcome, Outcome::Relative(_) | Outcome::NotComparable);
    let format = match precise {
        true => Format::parse("%.10g").unwrap_or_default(),
        false => Format::default(),
    };
    let column = |out: &mut String, number| match number {
        0 => format.push(out, first.value),
        1 => format.push(out, second.value),
        _ => format.push(out, apart),
    };
    tell(report, table, index, outcome, column, |_| {
        let quotient = divided(second.value, first.value, single);
        format.text(distance(1.0, quotient, single))
    })
}

fn outcome_of_reals(
    report: &Report<'_>,
    numbers: [Real<'_>; 2],
    apart: f64,
    alike: bool,
) -> Outcome {
    let options = report.options;
    let [first, second] = numbers;
    if options.nans {
        match (first.value.is_nan(), second.value.is_nan()) {
            (true, true) => return Outcome::Same,
            (false, false) => {}
            _ => return Outcome::Different,
        }
    }
    let different = match (options.delta, options.relative) {
        (Some(delta), _) => apart > delta,
        (None, Some(most)) => return relative(first.value, second.value, apart, most),
        (None, None) if options.epsilon => {
            let single = first.single && second.single;
            let epsilon = if single { f32::EPSILON.into() } else { f64::EPSILON };
            apart.is_nan() || apart >= epsilon
        }
        (None, None) if alike => first.bits != second.bits,
        (None, None) => first.value.to_bits() != second.value.to_bits(),
    };
    if different { Outcome::Different } else { Outcome::Same }
}

/// How two numbers differ that may be `most` apart, relative to the first.
fn relative(first: f64, second: f64, apart: f64, most: f64) -> Outcome {
    let is_zero = |number: f64| number.abs() < f64::EPSILON;
    if is_zero(first) {
        return if is_zero(second) { Outcome::Same } else { Outcome::NotComparable };
    }
    let per = (apart / first).abs();
    if per > most { Outcome::Relative(per) } else { Outcome::Same }
}

/// Tells of a difference, if there is one, and counts it. `column` appends one of the two numbers, or
/// how far they are apart.
fn tell(
    report: &mut Report<'_>,
    table: &mut Table,
    index: u64,
    outcome: Outcome,
    mut column: impl FnMut(&mut String, usize),
    per: impl FnOnce(f64) -> String,
) -> io::Result<u64> {
    if matches!(outcome, Outcome::Same) {
        return Ok(0);
    }
    if !report.shows() {
        return Ok(1);
    }
    let last = match outcome {
        Outcome::Relative(apart) => Some(padded(&per(apart), 14)),
        Outcome::NotComparable => Some("not comparable".to_owned()),
        _ => None,
    };
    table.begin_line(report, index, None, last.is_some())?;
    let mut line = String::with_capacity(96);
    for number in 0..3 {
        if number > 0 {
            line.push(' ');
        }
        let start = line.len();
        column(&mut line, number);
        pad(&mut line, start, 15);
    }
    if let Some(last) = last {
        line.push(' ');
        line.push_str(&last);
    }
    report.line(&line)?;
    Ok(1)
}

/// How far two numbers are apart, in the precision that they have.
fn distance(first: f64, second: f64, single: bool) -> f64 {
    if single { f64::from((narrow(first) - narrow(second)).abs()) } else { (first - second).abs() }
}

fn divided(first: f64, second: f64, single: bool) -> f64 {
    if single { f64::from(narrow(first) / narrow(second)) } else { first / second }
}

#[allow(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "the number was one of 4 bytes"
)]
fn narrow(number: f64) -> f32 {
    number as f32
}

#[allow(clippy::as_conversions, clippy::cast_precision_loss, reason = "the nearest is meant")]
fn approximate(number: u128) -> f64 {
    number as f64
}

#[allow(clippy::as_conversions, clippy::cast_precision_loss, reason = "the nearest is meant")]
fn approximate_signed(number: i128) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_begins_with_a_number() {
        let cases = [("u", 0.0), ("-4", -4.0), ("1.5x", 1.5), (" 2e3", 2000.0), ("", 0.0)];
        for (text, number) in cases {
            assert!((leading_number(text) - number).abs() < f64::EPSILON, "{text}");
        }
    }

    #[test]
    fn nothing_is_relative_to_zero() {
        assert!(matches!(relative(0.0, 1.0, 1.0, 0.5), Outcome::NotComparable));
        assert!(matches!(relative(0.0, 0.0, 0.0, 0.5), Outcome::Same));
        assert!(matches!(relative(2.0, 1.0, 1.0, 0.4), Outcome::Relative(_)));
        assert!(matches!(relative(2.0, 1.0, 1.0, 0.5), Outcome::Same));
    }
}
