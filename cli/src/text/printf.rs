//! Numbers as C's `printf` writes them.

use std::fmt::Write;

use super::digits::Digits;

/// A format of one floating-point number: text, a conversion, text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Format {
    before: String,
    flags: Flags,
    width: usize,
    precision: usize,
    conversion: Conversion,
    upper: bool,
    after: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Flags {
    left: bool,
    plus: bool,
    space: bool,
    zero: bool,
    alternative: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conversion {
    Fixed,
    Exponent,
    Shortest,
}

impl Default for Format {
    /// `%g`.
    fn default() -> Self {
        Self {
            before: String::new(),
            flags: Flags::default(),
            width: 0,
            precision: 6,
            conversion: Conversion::Shortest,
            upper: false,
            after: String::new(),
        }
    }
}

impl Format {
    /// Reads a format such as `%.3f`; `None` where it is none of a floating-point number.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (before, rest) = text.split_once('%')?;
        let mut out = Self { before: before.to_owned(), ..Self::default() };
        let mut rest = rest;
        loop {
            let mut letters = rest.chars();
            match letters.next()? {
                '-' => out.flags.left = true,
                '+' => out.flags.plus = true,
                ' ' => out.flags.space = true,
                '0' => out.flags.zero = true,
                '#' => out.flags.alternative = true,
                _ => break,
            }
            rest = letters.as_str();
        }
        let (width, mut rest) = number(rest);
        out.width = width.unwrap_or(0);
        if let Some(behind) = rest.strip_prefix('.') {
            let (precision, behind) = number(behind);
            out.precision = precision.unwrap_or(0);
            rest = behind;
        }
        rest = rest.trim_start_matches(['l', 'L']);
        let mut letters = rest.chars();
        let letter = letters.next()?;
        out.upper = letter.is_ascii_uppercase();
        out.conversion = match letter.to_ascii_lowercase() {
            'f' => Conversion::Fixed,
            'e' => Conversion::Exponent,
            'g' => Conversion::Shortest,
            _ => return None,
        };
        out.after = letters.as_str().replace("%%", "%");
        Some(out)
    }

    /// The text of `number`.
    pub(crate) fn text(&self, number: f64) -> String {
        let mut out = String::new();
        self.push(&mut out, number);
        out
    }

    /// Appends the text of `number`.
    pub(crate) fn push(&self, out: &mut String, number: f64) {
        out.push_str(&self.before);
        let start = out.len();
        match (number.is_sign_negative(), self.flags) {
            (true, _) => out.push('-'),
            (false, Flags { plus: true, .. }) => out.push('+'),
            (false, Flags { space: true, .. }) => out.push(' '),
            _ => {}
        }
        let signed = out.len();
        self.push_digits(out, number.abs());
        if self.upper
            && let Some(text) = out.get_mut(start..)
        {
            text.make_ascii_uppercase();
        }
        let gap = self.width.saturating_sub(out.len().saturating_sub(start));
        if gap > 0 {
            let (at, filler) = match (self.flags.left, self.flags.zero && number.is_finite()) {
                (true, _) => (out.len(), " "),
                (false, true) => (signed, "0"),
                (false, false) => (start, " "),
            };
            out.insert_str(at, &filler.repeat(gap));
        }
        out.push_str(&self.after);
    }

    fn push_digits(&self, out: &mut String, number: f64) {
        if number.is_nan() {
            return out.push_str("nan");
        }
        if number.is_infinite() {
            return out.push_str("inf");
        }
        match self.conversion {
            // Writing to memory cannot fail.
            Conversion::Fixed => drop(write!(out, "{number:.*}", self.precision)),
            Conversion::Exponent => {
                Digits::of(number, self.precision.saturating_add(1)).push_exponent(out);
            }
            Conversion::Shortest => self.push_shortest(out, number),
        }
    }

    fn push_shortest(&self, out: &mut String, number: f64) {
        let precision = self.precision.max(1);
        let mut digits = Digits::of(number, precision);
        let exponent = digits.exponent;
        if !self.flags.alternative {
            digits.trim();
        }
        if exponent < -4 || exponent >= i32::try_from(precision).unwrap_or(i32::MAX) {
            digits.push_exponent(out);
        } else {
            digits.push_plain(out);
        }
    }
}

/// The number that `text` begins with, and the rest.
fn number(text: &str) -> (Option<usize>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    // Wider than anything that is shown.
    (digits.parse().ok().map(|n: usize| n.min(4096)), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_in_c() {
        let cases = [
            ("%g", 0.0, "0"),
            ("%g", -0.0, "-0"),
            ("%g", 100_000.0, "100000"),
            ("%g", 1_000_000.0, "1e+06"),
            ("%g", 999_999.5, "1e+06"),
            ("%g", 0.0001, "0.0001"),
            ("%g", 0.000_01, "1e-05"),
            ("%g", 6.666_666_7, "6.66667"),
            ("%g", 1e300, "1e+300"),
            ("%g", f64::NEG_INFINITY, "-inf"),
            ("%.7f", 1.0 / 3.0, "0.3333333"),
            ("%+.2e", 12345.678, "+1.23e+04"),
            ("%08.3f", -1.5, "-001.500"),
            ("%-8.1fx", 1.5, "1.5     x"),
            ("[%G]", 1e-10, "[1E-10]"),
            ("%Lf", 2.0, "2.000000"),
        ];
        for (format, number, text) in cases {
            assert_eq!(Format::parse(format).unwrap().text(number), text, "{format}");
        }
    }

    #[test]
    fn what_is_no_format_is_refused() {
        for format in ["", "5", "%", "%s", "%.3d"] {
            assert_eq!(Format::parse(format), None, "{format}");
        }
    }
}
