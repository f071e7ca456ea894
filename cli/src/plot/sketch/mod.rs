//! Drawings in the characters of a terminal.

mod bars;
mod canvas;
mod curve;
mod heat;
mod paint;

use std::io::{self, Write};

use super::Options;
use super::drawing::{Detail, Drawing, Shape};
use crate::failure::Failure;
use crate::names::printable;
use crate::part::Part;
use paint::Paint;

/// Columns where it is not known how many there are.
const COLUMNS: usize = 80;
/// Most columns, and rows of characters: more are no better to see.
const WIDEST: usize = 160;
const ROWS: usize = 24;
/// Columns of the numbers at the left.
const LEFT: usize = 12;

/// Columns of what is drawn.
fn columns() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let known = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let columns = told.or_else(known).unwrap_or(COLUMNS);
    columns.clamp(LEFT.saturating_add(20), WIDEST).saturating_sub(LEFT).saturating_sub(1)
}

/// Reads what is to be drawn.
pub(super) fn drawing(part: &mut Part, options: &Options) -> Result<Drawing, Failure> {
    let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let (columns, rows) = (wide(columns()), wide(ROWS));
    let detail = Detail {
        // Characters have two dots across.
        steps: columns.saturating_mul(2),
        across: columns,
        // And are as high as two cells.
        down: rows.saturating_mul(2),
        square: true,
        bars: Some(20),
    };
    Drawing::of(part, options, detail)
}

/// Writes a sketch.
pub(super) fn write(drawing: &Drawing, out: &mut dyn Write) -> Result<(), Failure> {
    let mut text = String::new();
    text.push_str(&" ".repeat(LEFT));
    text.push_str(&printable(&drawing.title));
    text.push('\n');
    let paint = Paint::of_terminal();
    match &drawing.shape {
        Shape::Curve { x, curve } => curve::push(&mut text, x, curve, columns(), &drawing.value),
        Shape::Heat { x, y, heat } => {
            heat::push(&mut text, (x, y), heat, (columns(), &drawing.value), paint);
        }
        Shape::Bars(bars) => bars::push(&mut text, bars, columns(), &drawing.value),
    }
    let written: io::Result<()> = out.write_all(text.as_bytes());
    Ok(written?)
}

/// Text of at most [`LEFT`] columns less one, at the right of them.
fn left(text: &str) -> String {
    let width = LEFT.saturating_sub(1);
    let kept: String = text.chars().take(width).collect();
    format!("{kept:>width$} ")
}

/// A line beneath: text at the left, in the middle and at the right of `columns`.
fn beneath(columns: usize, texts: [&str; 3]) -> String {
    let [first, middle, last] = texts;
    let len = |text: &str| text.chars().count();
    let mut out = " ".repeat(LEFT);
    out.push_str(first);
    let spare =
        columns.saturating_sub(len(first)).saturating_sub(len(middle)).saturating_sub(len(last));
    out.push_str(&" ".repeat(spare / 2));
    out.push_str(middle);
    out.push_str(&" ".repeat(spare.saturating_sub(spare / 2)));
    out.push_str(last);
    format!("{}\n", out.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_texts_share_a_line() {
        assert_eq!(beneath(11, ["a", "b", "c"]), format!("{}a    b    c\n", " ".repeat(LEFT)));
        assert_eq!(left("-1.5").chars().count(), LEFT);
    }
}
