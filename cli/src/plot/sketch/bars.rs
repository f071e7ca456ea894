//! Histograms.

use super::super::axes::float;
use super::super::bars::Bars;
use super::super::ticks;
use super::{LEFT, left};

/// Bars of one eighth of a character and more.
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

pub(super) fn push(out: &mut String, bars: &Bars, columns: usize, value: &str) {
    let range = (bars.edges(0).0, bars.edges(bars.counts.len().saturating_sub(1)).1);
    let single = bars.width == 1.0 && range.0.fract() != 0.0;
    let room =
        columns.saturating_sub(ticks::count(bars.greatest()).chars().count().saturating_add(1));
    let top = float(bars.greatest().max(1));
    for (number, count) in bars.counts.iter().enumerate() {
        let (from, to) = bars.edges(number);
        // One bar an integer is that integer's.
        let label = ticks::text(if single { from.midpoint(to) } else { from }, range);
        out.push_str(&left(&label));
        push_bar(out, float(*count) / top, room);
        out.push_str(&format!(" {}\n", ticks::count(*count)));
    }
    if !single {
        out.push_str(left(&ticks::text(range.1, range)).trim_end());
        out.push('\n');
    }
    out.push_str(&format!("{}count of {value}\n", " ".repeat(LEFT)));
}

/// Appends a bar of a share of `room` characters.
#[expect(clippy::as_conversions, reason = "columns of a terminal")]
fn push_bar(out: &mut String, share: f64, room: usize) {
    let eighths = (share * room as f64 * 8.0).round() as usize;
    out.extend(std::iter::repeat_n('█', eighths / 8));
    if let Some(rest) = EIGHTHS.get(eighths % 8).filter(|_| !eighths.is_multiple_of(8)) {
        out.push(*rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_counts_are_great() {
        let mut out = String::new();
        push_bar(&mut out, 0.5, 5);
        assert_eq!(out, "██▌");
    }
}
