//! Pictures whose pixels are elements.

use std::io::Write;

use hdfive::definition::{Class, Datatype};

use crate::failure::{Failure, Trouble};
use crate::memory::volume;
use crate::part::Part;
use png::{BitDepth, ColorType};

/// How elements become pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Pixels {
    /// One byte each, as it is.
    Bytes,
    /// Two bytes each, as they are.
    Words { big: bool },
    /// Shades between the least and the greatest.
    Scaled,
}

/// What a picture is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Frame {
    width: u32,
    height: u32,
    color: ColorType,
    pixels: Pixels,
}

impl Frame {
    /// An error says why elements of this type and shape are no picture.
    fn of(datatype: &Datatype, dims: &[u64]) -> Result<Self, String> {
        let pixels = match &datatype.class {
            Class::Integer(integer) if !integer.signed && integer.offset == 0 => {
                match (datatype.size, integer.precision) {
                    (1, 8) => Pixels::Bytes,
                    (2, 16) => {
                        Pixels::Words { big: integer.order == hdfive::definition::ByteOrder::Big }
                    }
                    _ => Pixels::Scaled,
                }
            }
            Class::Integer(_) | Class::Float(_) | Class::Enum(_) => Pixels::Scaled,
            _ => return Err("a picture is made of integers or floats".to_owned()),
        };
        let colors = match dims.last() {
            Some(3) => ColorType::Rgb,
            Some(4) => ColorType::Rgba,
            _ => ColorType::Grayscale,
        };
        let (image, color) = match dims {
            [.., _, _, _] if pixels == Pixels::Bytes && colors != ColorType::Grayscale => {
                (dims.get(..dims.len().saturating_sub(1)).unwrap_or_default(), colors)
            }
            _ => (dims, ColorType::Grayscale),
        };
        // Axes of one place, as those of a frame taken from many, count for nothing.
        let (frames, image) = image.split_at(image.len().saturating_sub(2));
        let (&[height, width], true) = (image, volume(frames) == 1) else {
            let shape = dims.iter().map(u64::to_string).collect::<Vec<String>>().join(" x ");
            let what = "a picture has two axes; select one of many as in /path[2,0,0;;1,480,640]";
            return Err(format!("{what} (this has shape {shape})"));
        };
        let side = |len: u64| {
            let side = u32::try_from(len).ok();
            let side = side.filter(|side| (1..=i32::MAX.unsigned_abs()).contains(side));
            side.ok_or(format!("a picture cannot have a side of {len} pixels"))
        };
        Ok(Self { width: side(width)?, height: side(height)?, color, pixels })
    }
}

/// Writes elements as the pixels of a picture.
pub(super) fn write(part: &Part, out: &mut dyn Write) -> Result<(), Failure> {
    let frame = Frame::of(&part.datatype, &part.dims).map_err(|why| part.failure(why))?;
    let bounds = match frame.pixels {
        Pixels::Scaled => bounds(part)?,
        _ => (0.0, 0.0),
    };
    let mut encoder = png::Encoder::new(out, frame.width, frame.height);
    encoder.set_color(frame.color);
    encoder.set_depth(match frame.pixels {
        Pixels::Words { .. } => BitDepth::Sixteen,
        _ => BitDepth::Eight,
    });
    let mut writer = encoder.write_header().map_err(encoding)?;
    let mut stream = writer.stream_writer().map_err(encoding)?;
    let done = match frame.pixels {
        Pixels::Bytes => part.read(&mut |elements| Ok(stream.write_all(elements.bytes())?)),
        Pixels::Words { big } => part.read(&mut |elements| {
            let mut bytes = elements.bytes().to_vec();
            if !big {
                bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|word| word.reverse());
            }
            Ok(stream.write_all(&bytes)?)
        }),
        Pixels::Scaled => part.read_numbers(&mut |numbers| {
            let shades: Vec<u8> = numbers.iter().map(|number| shade(*number, bounds)).collect();
            Ok(stream.write_all(&shades)?)
        }),
    };
    done.map_err(|trouble| part.told(trouble))?;
    stream.finish().map_err(encoding)?;
    writer.finish().map_err(encoding)
}

/// The least and the greatest of all finite numbers.
fn bounds(part: &Part) -> Result<(f64, f64), Failure> {
    let mut bounds = (f64::INFINITY, f64::NEG_INFINITY);
    let done: Result<(), Trouble> = part.read_numbers(&mut |numbers| {
        for number in numbers.iter().filter(|number| number.is_finite()) {
            bounds = (bounds.0.min(*number), bounds.1.max(*number));
        }
        Ok(())
    });
    done.map_err(|trouble| part.told(trouble))?;
    Ok(bounds)
}

/// A number between bounds as a shade; black where it is none.
#[expect(clippy::as_conversions, reason = "rounds to 0..=255, whatever the number")]
fn shade(number: f64, (least, greatest): (f64, f64)) -> u8 {
    // Halves, as the difference of two doubles may be no double.
    let range = greatest / 2.0 - least / 2.0;
    let scaled = (number / 2.0 - least / 2.0) / range;
    if range > 0.0 { (scaled * 255.0).round() as u8 } else { 0 }
}

fn encoding(error: png::EncodingError) -> Failure {
    match error {
        png::EncodingError::IoError(error) => Failure::Output(error),
        other => Failure::Told(format!("cannot write the picture: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_shades() {
        let bounds = (-1.0, 1.0);
        let shades = [-1.0, 0.0, 1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        assert_eq!(shades.map(|number| shade(number, bounds)), [0, 128, 255, 0, 255, 0]);
        assert_eq!(shade(f64::MAX, (f64::MIN, f64::MAX)), 255);
        assert_eq!(shade(7.0, (7.0, 7.0)), 0);
    }
}
