//! Lines.

use super::super::axes::Axis;
use super::super::curve::Curve;
use super::super::drawing::roomy;
use super::super::ticks;
use super::canvas::Canvas;
use super::{beneath, left};

/// Rows of characters.
const ROWS: usize = 16;

pub(super) fn push(out: &mut String, x: &Axis, curve: &Curve, columns: usize, value: &str) {
    let domain = curve.domain(x);
    let range = curve.range().unwrap_or((0.0, 1.0));
    let range = if range.0 < range.1 { range } else { roomy(range, 0.0) };
    let mut canvas = Canvas::new(columns, ROWS);
    let dot = |(x, y): (f64, f64)| {
        let across = (x - domain.0) / (domain.1 - domain.0) * last(columns.saturating_mul(2));
        let down = (range.1 - y) / (range.1 - range.0) * last(ROWS.saturating_mul(4));
        (whole(across), whole(down))
    };
    for piece in &curve.pieces {
        let mut before = None;
        for point in piece {
            let at = dot(*point);
            canvas.line(before.unwrap_or(at), at);
            before = Some(at);
        }
    }
    for (number, row) in canvas.rows().enumerate() {
        let from_top = last(number.saturating_add(1)) / last(ROWS);
        let label = match number {
            0 | 5 | 10 | 15 => ticks::text(range.1 - from_top * (range.1 - range.0), range),
            _ => String::new(),
        };
        out.push_str(&left(&label));
        out.push_str(row.trim_end());
        out.push('\n');
    }
    let [from, to] = [domain.0, domain.1].map(|at| ticks::text(at, domain));
    out.push_str(&beneath(columns, [&from, &format!("{value} by {}", x.name), &to]));
}

/// The last of `count` places, from 0 on.
#[expect(clippy::as_conversions, reason = "columns of a terminal")]
fn last(count: usize) -> f64 {
    count.saturating_sub(1) as f64
}

#[expect(clippy::as_conversions, reason = "columns of a terminal")]
fn whole(number: f64) -> i64 {
    number.round() as i64
}
