//! Drawings with axes, on whatever `plotters` draws on.

use plotters::coord::Shift;
use plotters::coord::ranged1d::Ranged;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::axes::{Axis, float};
use super::bars::Bars;
use super::colors;
use super::curve::Curve;
use super::drawing::{Drawing, Shape, roomy};
use super::heat::Heat;
use super::ticks;

const INK: RGBColor = RGBColor(51, 51, 51);
const GRID: RGBColor = RGBColor(232, 232, 232);
const LINE: RGBColor = RGBColor(31, 102, 170);

/// Pixels, before they are made finer.
const MARGIN: u32 = 14;
const TITLE: u32 = 21;
const NAME: u32 = 16;
const LABEL: u32 = 15;
const BELOW: u32 = 50;
/// Room for the name of an axis beside its numbers, and for each of their characters.
const BESIDE: u32 = 42;
const CHARACTER: u32 = 9;
/// Width of the bar that tells what colors mean.
const BAR: u32 = 18;

/// Where the cells of a heat map lie: left, top, width, height.
pub(super) type Place = (i32, i32, i32, i32);

/// Whether the cells of a heat map are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cells {
    Drawn,
    LeftOut,
}

type Area<DB> = DrawingArea<DB, Shift>;
type Done<T> = Result<T, String>;

fn told(error: impl std::fmt::Display) -> String {
    format!("the picture cannot be drawn: {error}")
}

/// What is around the cells of a heat map, across and down.
pub(super) fn frame_of_heat(y: &Axis, heat: &Heat) -> (u32, u32) {
    let key = beside(key_range(heat)).saturating_add(BAR + MARGIN);
    let left = beside(y.edges(heat.down));
    (left.saturating_add(key).saturating_add(MARGIN * 2), MARGIN * 2 + BELOW + TITLE + 12)
}

/// Room for the numbers of an axis, and for its name.
fn beside(range: (f64, f64)) -> u32 {
    let numbers = RangedCoordf64::from(range.0.min(range.1)..range.0.max(range.1)).key_points(8);
    let longest = numbers.iter().map(|number| ticks::text(*number, range).chars().count()).max();
    let longest = u32::try_from(longest.unwrap_or(1)).unwrap_or(12).min(12);
    BESIDE.saturating_add(longest.saturating_mul(CHARACTER))
}

/// The range that colors stand for.
fn key_range(heat: &Heat) -> (f64, f64) {
    let range = heat.range().unwrap_or((0.0, 1.0));
    if range.0 < range.1 { range } else { roomy(range, 0.0) }
}

/// Whether the first row of a heat map lies at the bottom: where a scale rises upwards.
pub(super) fn rises(y: &Axis, heat: &Heat) -> bool {
    let (first, last) = y.edges(heat.down);
    y.has_even_scale() && first < last
}

/// Draws with lines and letters `finer` times as large; tells where the cells of a heat map lie.
pub(super) fn draw<DB: DrawingBackend>(
    root: &Area<DB>,
    drawing: &Drawing,
    finer: u32,
    cells: Cells,
) -> Done<Option<Place>> {
    root.fill(&WHITE).map_err(told)?;
    let page = Page { root, finer, title: &drawing.title };
    let place = match &drawing.shape {
        Shape::Curve { x, curve } => page.curve(x, curve, &drawing.value).map(|()| None),
        Shape::Bars(bars) => page.bars(bars, &drawing.value).map(|()| None),
        Shape::Heat { x, y, heat } => page.heat(x, y, heat, &drawing.value, cells).map(Some),
    }?;
    root.present().map_err(told)?;
    Ok(place)
}

/// What everything is drawn on.
struct Page<'a, DB: DrawingBackend> {
    root: &'a Area<DB>,
    finer: u32,
    title: &'a str,
}

/// The names of the axes and how their numbers are written.
struct Names<'a> {
    x: &'a str,
    y: &'a str,
    x_text: &'a dyn Fn(&f64) -> String,
    y_text: &'a dyn Fn(&f64) -> String,
    grid: bool,
}

type Chart<'a, DB> = ChartContext<'a, DB, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

impl<DB: DrawingBackend> Page<'_, DB> {
    fn large(&self, pixels: u32) -> u32 {
        pixels.saturating_mul(self.finer)
    }

    fn font(&self, size: u32) -> TextStyle<'static> {
        ("sans-serif", self.large(size)).into_font().color(&INK)
    }

    /// An empty chart with axes.
    fn chart<'c>(
        &self,
        area: &'c Area<DB>,
        x: (f64, f64),
        y: (f64, f64),
        names: &Names<'_>,
    ) -> Done<Chart<'c, DB>> {
        let mut chart = ChartBuilder::on(area)
            .caption(self.title, self.font(TITLE))
            .margin(self.large(MARGIN))
            .x_label_area_size(self.large(BELOW))
            .y_label_area_size(self.large(beside(y)))
            .build_cartesian_2d(x.0..x.1, y.0..y.1)
            .map_err(told)?;
        let mut mesh = chart.configure_mesh();
        if !names.grid {
            mesh.disable_mesh();
        }
        mesh.x_desc(names.x)
            .y_desc(names.y)
            .x_labels(9)
            .y_labels(8)
            .x_label_formatter(names.x_text)
            .y_label_formatter(names.y_text)
            .max_light_lines(0)
            .bold_line_style(GRID.stroke_width(self.finer))
            .axis_style(INK.stroke_width(self.finer))
            .label_style(self.font(LABEL))
            .axis_desc_style(self.font(NAME))
            .set_all_tick_mark_size(self.large(5))
            .draw()
            .map_err(told)?;
        Ok(chart)
    }

    fn curve(&self, x: &Axis, curve: &Curve, value: &str) -> Done<()> {
        let domain = curve.domain(x);
        let range = roomy(curve.range().unwrap_or((0.0, 1.0)), 0.04);
        let names = Names {
            x: &x.name,
            y: value,
            x_text: &|number| ticks::text(*number, domain),
            y_text: &|number| ticks::text(*number, range),
            grid: true,
        };
        let mut chart = self.chart(self.root, domain, range, &names)?;
        let thick = self.large(3) / 2;
        for piece in &curve.pieces {
            if self.finer == 1 {
                let line = LineSeries::new(piece.iter().copied(), LINE.stroke_width(thick));
                chart.draw_series(line).map_err(told)?;
            } else {
                // As pixels, lines in one have spikes where they turn sharply.
                let pieces =
                    piece.windows(2).map(|pair| PathElement::new(pair, LINE.stroke_width(thick)));
                chart.draw_series(pieces).map_err(told)?;
            }
            if curve.is_sparse() || piece.len() == 1 {
                let radius = self.large(if curve.is_sparse() { 3 } else { 1 });
                let dots = piece.iter().map(|point| Circle::new(*point, radius, LINE.filled()));
                chart.draw_series(dots).map_err(told)?;
            }
        }
        Ok(())
    }

    fn bars(&self, bars: &Bars, value: &str) -> Done<()> {
        let domain = (bars.edges(0).0, bars.edges(bars.counts.len().saturating_sub(1)).1);
        let range = (0.0, float(bars.greatest()) * 1.05);
        let names = Names {
            x: value,
            y: "count",
            x_text: &|number| ticks::text(*number, domain),
            y_text: &|number| ticks::text(*number, range),
            grid: true,
        };
        let mut chart = self.chart(self.root, roomy(domain, 0.01), range, &names)?;
        let filled = bars.counts.iter().enumerate().flat_map(|(number, count)| {
            let (from, to) = bars.edges(number);
            let corners = [(from, 0.0), (to, float(*count))];
            let edge = WHITE.stroke_width(self.finer / 2);
            [Rectangle::new(corners, LINE.mix(0.85).filled()), Rectangle::new(corners, edge)]
        });
        chart.draw_series(filled).map_err(told)?;
        Ok(())
    }

    fn heat(&self, x: &Axis, y: &Axis, heat: &Heat, value: &str, cells: Cells) -> Done<Place> {
        let (width, _) = self.root.dim_in_pixel();
        let key = self.large(beside(key_range(heat)).saturating_add(BAR + MARGIN));
        let (left, right) = self.root.split_horizontally(width.saturating_sub(key));
        let (x_sign, x_range) = turned(x.edges(heat.across), true);
        let (y_sign, y_range) = turned(y.edges(heat.down), y.has_even_scale() && rises(y, heat));
        let names = Names {
            x: &x.name,
            y: &y.name,
            x_text: &|number| ticks::text(x_sign * number, x_range),
            y_text: &|number| ticks::text(y_sign * number, y_range),
            grid: false,
        };
        let chart = self.chart(&left, x_range, y_range, &names)?;
        let (across, down) = chart.plotting_area().get_pixel_range();
        let place = (across.start, down.start, width_of(&across), width_of(&down));
        let range = heat.range().unwrap_or((0.0, 1.0));
        if cells == Cells::Drawn {
            self.cells(place, heat, rises(y, heat), range)?;
        }
        self.key(&right, value, key_range(heat))?;
        Ok(place)
    }

    /// Draws each pixel of a heat map in the color of the cell that it lies in.
    fn cells(&self, place: Place, heat: &Heat, rises: bool, range: (f64, f64)) -> Done<()> {
        let (left, top, width, height) = place;
        for down in 0..height {
            let row = heat.row_at(f64::from(down) / f64::from(height));
            let row = if rises {
                heat.row_at(1.0 - f64::from(down.saturating_add(1)) / f64::from(height))
            } else {
                row
            };
            for across in 0..width {
                let column = heat.column_at(f64::from(across) / f64::from(width));
                let (red, green, blue) = colors::of(heat.get(row, column), range);
                let at = (left.saturating_add(across), top.saturating_add(down));
                self.root.draw_pixel(at, &RGBColor(red, green, blue)).map_err(told)?;
            }
        }
        Ok(())
    }

    /// The bar that tells what colors mean.
    fn key(&self, area: &Area<DB>, value: &str, shown: (f64, f64)) -> Done<()> {
        let (width, _) = area.dim_in_pixel();
        let bar = self.large(BAR);
        let labels = width.saturating_sub(bar).saturating_sub(self.large(MARGIN));
        let mut chart = ChartBuilder::on(area)
            .caption(" ", self.font(TITLE))
            .margin_top(self.large(MARGIN))
            .margin_bottom(self.large(MARGIN))
            .margin_right(self.large(MARGIN))
            .x_label_area_size(self.large(BELOW))
            .right_y_label_area_size(labels)
            .build_cartesian_2d(0.0..1.0, shown.0..shown.1)
            .map_err(told)?;
        let steps = 128_u32;
        let step = (shown.1 - shown.0) / f64::from(steps);
        let pieces = (0..steps).map(|number| {
            let from = shown.0 + f64::from(number) * step;
            let (red, green, blue) = colors::of(from + step / 2.0, shown);
            Rectangle::new([(0.0, from), (1.0, from + step)], RGBColor(red, green, blue).filled())
        });
        chart.draw_series(pieces).map_err(told)?;
        chart
            .configure_mesh()
            .disable_mesh()
            .disable_x_axis()
            .y_labels(8)
            .y_desc(value)
            .y_label_formatter(&|number| ticks::text(*number, shown))
            .axis_style(INK.stroke_width(self.finer))
            .label_style(self.font(LABEL))
            .axis_desc_style(self.font(NAME))
            .set_all_tick_mark_size(self.large(5))
            .draw()
            .map_err(told)
    }
}

fn width_of(range: &std::ops::Range<i32>) -> i32 {
    range.end.saturating_sub(range.start)
}

/// A range that rises from the first edge to the last, or, not `onwards`, from the last to the first;
/// what falls so is drawn by the numbers' opposites.
fn turned((first, last): (f64, f64), onwards: bool) -> (f64, (f64, f64)) {
    let (from, to) = if onwards { (first, last) } else { (last, first) };
    if from <= to { (1.0, (from, to)) } else { (-1.0, (-from, -to)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_rise() {
        assert_eq!(turned((0.0, 10.0), true), (1.0, (0.0, 10.0)));
        assert_eq!(turned((0.0, 10.0), false), (-1.0, (-10.0, -0.0)));
        assert_eq!(turned((9.0, -9.0), false), (1.0, (-9.0, 9.0)));
    }
}
