//! Colors of a terminal, where it has some.

use std::io;

use anstream::{AutoStream, ColorChoice};
use anstyle::{Ansi256Color, Color, RgbColor, Style};

use super::super::colors::Rgb;

/// How colors are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    /// Not at all.
    Nothing,
    /// By the 216 of the cube.
    Cube,
    /// All of them.
    Full,
}

/// Shades in place of colors, the lightest first.
pub(super) const SHADES: [char; 4] = ['░', '▒', '▓', '█'];

impl Paint {
    /// As standard output shows colors.
    pub(super) fn of_terminal() -> Self {
        let choice = AutoStream::choice(&io::stdout());
        let full = std::env::var("COLORTERM")
            .is_ok_and(|term| matches!(term.as_str(), "truecolor" | "24bit"));
        match (choice, full) {
            (ColorChoice::Never, _) => Self::Nothing,
            (_, true) => Self::Full,
            (_, false) => Self::Cube,
        }
    }

    /// A color, if there are any.
    pub(super) fn color(self, (red, green, blue): Rgb) -> Option<Color> {
        match self {
            Self::Nothing => None,
            Self::Full => Some(RgbColor(red, green, blue).into()),
            Self::Cube => {
                let [red, green, blue] = [red, green, blue].map(level);
                let sum = red.saturating_mul(36).saturating_add(green.saturating_mul(6));
                Some(Ansi256Color(sum.saturating_add(blue).saturating_add(16)).into())
            }
        }
    }

    /// Appends a character whose upper and lower half have these colors.
    pub(super) fn push_halves(self, out: &mut String, upper: Option<Rgb>, lower: Option<Rgb>) {
        let colors = [upper, lower].map(|half| half.and_then(|rgb| self.color(rgb)));
        let (style, half) = match colors {
            [None, None] => return out.push(' '),
            [Some(upper), lower] => (Style::new().fg_color(Some(upper)).bg_color(lower), '▀'),
            [None, lower] => (Style::new().fg_color(lower), '▄'),
        };
        out.push_str(&format!("{style}{half}{style:#}"));
    }
}

/// The step of the cube that is next to a color's part.
fn level(part: u8) -> u8 {
    match part {
        0..48 => 0,
        48..115 => 1,
        _ => part.saturating_sub(35) / 40,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_have_a_place_in_the_cube() {
        assert_eq!(Paint::Cube.color((0, 0, 0)), Some(Ansi256Color(16).into()));
        assert_eq!(Paint::Cube.color((255, 255, 255)), Some(Ansi256Color(231).into()));
        assert_eq!(Paint::Nothing.color((1, 2, 3)), None);
    }
}
