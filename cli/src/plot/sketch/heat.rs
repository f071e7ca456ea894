//! Heat maps.

use super::super::axes::Axis;
use super::super::chart;
use super::super::colors;
use super::super::heat::Heat;
use super::super::ticks;
use super::paint::{Paint, SHADES};
use super::{beneath, left};

/// Most characters that a cell is made wide where there are few.
const WIDEST_CELL: usize = 8;

/// Columns of the line that tells what colors mean.
const KEY: usize = 24;

pub(super) fn push(
    out: &mut String,
    (x, y): (&Axis, &Axis),
    heat: &Heat,
    (columns, value): (usize, &str),
    paint: Paint,
) {
    let range = heat.range().unwrap_or((0.0, 1.0));
    let rises = chart::rises(y, heat);
    let wide = columns.checked_div(heat.columns).unwrap_or(1).clamp(1, WIDEST_CELL);
    let high = if heat.rows() > 24 { 1 } else { wide };
    let rows: Vec<usize> = (0..heat.rows().saturating_mul(high))
        .map(|row| row.checked_div(high).unwrap_or(0))
        .map(|row| if rises { heat.rows().saturating_sub(row).saturating_sub(1) } else { row })
        .collect();
    let ends = [y.at(0), y.at(heat.down.saturating_sub(1))];
    let [top, bottom] = if rises { [ends[1], ends[0]] } else { ends };
    let count = rows.len().div_ceil(2);
    for (number, pair) in rows.chunks(2).enumerate() {
        let label = match number {
            0 => ticks::text(top, (top, bottom)),
            _ if number.saturating_add(1) == count => ticks::text(bottom, (top, bottom)),
            _ => String::new(),
        };
        out.push_str(&left(&label));
        for column in (0..heat.columns).flat_map(|column| std::iter::repeat_n(column, wide)) {
            let cell = |row: Option<&usize>| row.map_or(f64::NAN, |row| heat.get(*row, column));
            push_pair(out, [cell(pair.first()), cell(pair.get(1))], range, paint);
        }
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
    }
    let ends = [x.at(0), x.at(heat.across.saturating_sub(1))];
    let [from, to] = ends.map(|at| ticks::text(at, (ends[0], ends[1])));
    let names = format!("{} by {}", y.name, x.name);
    out.push_str(&beneath(heat.columns.saturating_mul(wide), [&from, &names, &to]));
    push_key(out, value, range, paint);
}

/// Appends a character for two cells, one above the other.
fn push_pair(out: &mut String, cells: [f64; 2], range: (f64, f64), paint: Paint) {
    if paint == Paint::Nothing {
        let known = cells.into_iter().filter_map(|cell| colors::share(cell, range));
        let (sum, count) =
            known.fold((0.0, 0_u32), |(sum, n), share| (sum + share, n.saturating_add(1)));
        return out.push(if count == 0 { ' ' } else { shade(sum / f64::from(count)) });
    }
    let [upper, lower] = cells.map(|cell| (!cell.is_nan()).then(|| colors::of(cell, range)));
    paint.push_halves(out, upper, lower);
}

/// The shade of a share from 0 to 1.
#[expect(clippy::as_conversions, reason = "a number from 0 to 4")]
fn shade(share: f64) -> char {
    let step = (share * 4.0) as usize;
    SHADES.get(step.min(3)).copied().unwrap_or(' ')
}

/// Appends the line that tells what colors mean.
fn push_key(out: &mut String, value: &str, range: (f64, f64), paint: Paint) {
    let [least, greatest] = [range.0, range.1].map(|value| ticks::text(value, range));
    out.push_str(&left(&least));
    for number in 0..KEY {
        let share = f64::from(u32::try_from(number).unwrap_or(0)) / 23.0;
        push_pair(out, [share, share], (0.0, 1.0), paint);
    }
    out.push_str(&format!(" {greatest}  {value}\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_shades() {
        assert_eq!([0.0, 0.3, 0.6, 1.0].map(shade), SHADES);
    }
}
