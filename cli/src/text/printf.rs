//! Numbers as C's `printf` writes them.

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
        let negative = number.is_sign_negative();
        let digits = self.digits(number.abs());
        let sign = match (negative, self.flags) {
            (true, _) => "-",
            (false, Flags { plus: true, .. }) => "+",
            (false, Flags { space: true, .. }) => " ",
            _ => "",
        };
        let gap = self.width.saturating_sub(sign.len().saturating_add(digits.len()));
        let body = if self.flags.left {
            format!("{sign}{digits}{:gap$}", "")
        } else if self.flags.zero && number.is_finite() {
            format!("{sign}{:0<gap$}{digits}", "")
        } else {
            format!("{:gap$}{sign}{digits}", "")
        };
        format!("{}{body}{}", self.before, self.after)
    }

    fn digits(&self, number: f64) -> String {
        let text = if number.is_nan() {
            "nan".to_owned()
        } else if number.is_infinite() {
            "inf".to_owned()
        } else {
            match self.conversion {
                Conversion::Fixed => format!("{number:.*}", self.precision),
                Conversion::Exponent => exponent(number, self.precision),
                Conversion::Shortest => shortest(number, self.precision, self.flags.alternative),
            }
        };
        if self.upper { text.to_uppercase() } else { text }
    }
}

/// The number that `text` begins with, and the rest.
fn number(text: &str) -> (Option<usize>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    // Wider than anything that is shown.
    (digits.parse().ok().map(|n: usize| n.min(4096)), rest)
}

/// Mantissa and exponent of a number that is not negative, rounded to digits behind the point.
fn parts(number: f64, precision: usize) -> (String, i32) {
    let text = format!("{number:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.to_owned(), exponent.parse().unwrap_or(0))
}

fn written(mantissa: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

fn exponent(number: f64, precision: usize) -> String {
    let (mantissa, exponent) = parts(number, precision);
    written(&mantissa, exponent)
}

fn shortest(number: f64, precision: usize, keep: bool) -> String {
    let digits = precision.max(1);
    let (mantissa, exponent) = parts(number, digits.saturating_sub(1));
    let limit = i32::try_from(digits).unwrap_or(i32::MAX);
    let trim = |text: &str| {
        if keep || !text.contains('.') {
            text.to_owned()
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    if exponent < -4 || exponent >= limit {
        return written(&trim(&mantissa), exponent);
    }
    let behind = limit.saturating_sub(1).saturating_sub(exponent);
    trim(&format!("{number:.*}", usize::try_from(behind).unwrap_or(0)))
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
