//! Drawings as PNG and SVG.

use std::io::Cursor;
use std::sync::Once;

use base64::Engine;
use plotters::prelude::{BitMapBackend, IntoDrawingArea, SVGBackend};
use plotters::style::{FontStyle, register_font};

use super::axes::float;
use super::chart::{self, Cells};
use super::drawing::{Drawing, Shape};
use super::heat::Heat;
use super::{Form, colors};

/// The font of pictures, for all machines the same: a part of DejaVu Sans.
const FONT: &[u8] = include_bytes!("../../assets/DejaVuSans.ttf");

/// A picture is drawn as many times as wide and high, and made smaller: edges are smooth so.
const FINER: u32 = 2;

/// Draws a picture; an error says why it cannot be drawn.
pub(super) fn draw(
    drawing: &Drawing,
    form: Form,
    size: Option<(u32, u32)>,
) -> Result<Vec<u8>, String> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // It is read by each test that draws.
        let _ = register_font("sans-serif", FontStyle::Normal, FONT);
    });
    let size = size.unwrap_or_else(|| usual_size(drawing));
    match form {
        Form::Png => png(drawing, size),
        Form::Svg => svg(drawing, size),
    }
}

/// Width and height: of images, such that pixels are squares.
fn usual_size(drawing: &Drawing) -> (u32, u32) {
    let Shape::Heat { x, y, heat } = &drawing.shape else { return (800, 480) };
    let (across, down) = (float(heat.across), float(heat.down));
    let ratio = down / across;
    let scaled = x.has_even_scale() || y.has_even_scale();
    let (width, height) = if scaled || !(0.2..=5.0).contains(&ratio) {
        (600.0, 400.0)
    } else if ratio > 1.0 {
        ((600.0 / ratio).max(120.0), 600.0)
    } else {
        (600.0, 600.0 * ratio)
    };
    let (around, above) = chart::frame_of_heat(y, heat);
    (whole(width).saturating_add(around), whole(height).saturating_add(above))
}

#[expect(clippy::as_conversions, reason = "a small positive number")]
fn whole(number: f64) -> u32 {
    number.round() as u32
}

fn narrow(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn png(drawing: &Drawing, (width, height): (u32, u32)) -> Result<Vec<u8>, String> {
    let large = (width.saturating_mul(FINER), height.saturating_mul(FINER));
    let row = narrow(large.0).saturating_mul(3);
    let mut pixels = vec![0; row.saturating_mul(narrow(large.1))];
    {
        let root = BitMapBackend::with_buffer(&mut pixels, large).into_drawing_area();
        chart::draw(&root, drawing, FINER, Cells::Drawn)?;
    }
    encode(&smaller(&pixels, row), (width, height), png::ColorType::Rgb)
}

/// A picture of rows of `row` bytes, half as wide and high: the mean of each four pixels.
fn smaller(pixels: &[u8], row: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(pixels.len() / 4);
    for rows in pixels.chunks_exact(row.saturating_mul(2).max(1)) {
        let (first, second) = rows.split_at(row);
        let pairs = first.as_chunks::<6>().0.iter().zip(second.as_chunks::<6>().0);
        for ([r, g, b, r2, g2, b2], [r3, g3, b3, r4, g4, b4]) in pairs {
            for four in [[r, r2, r3, r4], [g, g2, g3, g4], [b, b2, b3, b4]] {
                let sum =
                    four.into_iter().fold(2_u16, |sum, one| sum.saturating_add((*one).into()));
                out.push(u8::try_from(sum / 4).unwrap_or(u8::MAX));
            }
        }
    }
    out
}

fn encode(pixels: &[u8], size: (u32, u32), color: png::ColorType) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(Cursor::new(&mut out), size.0, size.1);
    encoder.set_color(color);
    encoder.set_compression(png::Compression::High);
    let told = |error: png::EncodingError| format!("cannot write the picture: {error}");
    let mut writer = encoder.write_header().map_err(told)?;
    writer.write_image_data(pixels).map_err(told)?;
    writer.finish().map_err(told)?;
    Ok(out)
}

/// The cells of a heat map go in as an image of their own: as many rectangles would be slow to show.
fn svg(drawing: &Drawing, size: (u32, u32)) -> Result<Vec<u8>, String> {
    let mut text = String::new();
    let place = {
        let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
        chart::draw(&root, drawing, 1, Cells::LeftOut)?
    };
    let (Shape::Heat { y, heat, .. }, Some((x0, y0, width, height))) = (&drawing.shape, place)
    else {
        return Ok(text.into_bytes());
    };
    let picture = cells(heat, chart::rises(y, heat))?;
    let data = base64::engine::general_purpose::STANDARD.encode(picture);
    let image = format!(
        "<image x=\"{x0}\" y=\"{y0}\" width=\"{width}\" height=\"{height}\" \
         preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" \
         href=\"data:image/png;base64,{data}\"/>\n"
    );
    let end = text.rfind("</svg>").unwrap_or(text.len());
    text.insert_str(end, &image);
    Ok(text.into_bytes())
}

/// A picture with a pixel for each cell; `rises` puts the first row to the bottom.
fn cells(heat: &Heat, rises: bool) -> Result<Vec<u8>, String> {
    let range = heat.range().unwrap_or((0.0, 1.0));
    let mut pixels = Vec::with_capacity(heat.cells.len().saturating_mul(3));
    for row in 0..heat.rows() {
        let row = if rises { heat.rows().saturating_sub(row).saturating_sub(1) } else { row };
        for column in 0..heat.columns {
            let (red, green, blue) = colors::of(heat.get(row, column), range);
            pixels.extend([red, green, blue]);
        }
    }
    let side = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    encode(&pixels, (side(heat.columns), side(heat.rows())), png::ColorType::Rgb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_pixels_become_one() {
        let row = [0, 10, 255, 4, 10, 255];
        let pixels: Vec<u8> = row.into_iter().chain([1, 10, 255, 3, 20, 255]).collect();
        assert_eq!(smaller(&pixels, 6), [2, 13, 255]);
    }
}
