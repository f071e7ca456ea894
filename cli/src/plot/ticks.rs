//! Numbers at axes.

use crate::text::printf::Format;

/// Text for numbers of an axis that spans `range`.
pub(super) fn text(value: f64, range: (f64, f64)) -> String {
    // What is nothing but the rounding of a step is 0.
    let span = (range.1 - range.0).abs();
    let value = if value.abs() < span * 1e-9 { 0.0 } else { value };
    let format = Format::parse("%.6g").unwrap_or_default();
    format.text(value).trim_end_matches('\0').to_owned()
}

/// A count with its thousands apart, as `12 345`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(place);
        if place > 0 && left.is_multiple_of(3) {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(text(0.1 + 0.2, (0.0, 1.0)), "0.3");
        assert_eq!(text(1e-17, (0.0, 1.0)), "0");
        assert_eq!(text(1e9, (0.0, 1e9)), "1e+09");
        assert_eq!(count(1_234_567), "1\u{a0}234\u{a0}567");
        assert_eq!(count(12), "12");
    }
}
