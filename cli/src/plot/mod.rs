//! `h5 plot`: a dataset, or a part of one, as a picture.

mod axes;
mod bars;
mod chart;
mod colors;
mod curve;
mod drawing;
mod heat;
mod missing;
mod picture;
mod sketch;
mod ticks;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::access::Access;
use crate::failure::Failure;
use crate::output::Output;
use crate::part::{Named, Part, is_same_file};
use drawing::Drawing;

/// What is drawn, and how.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  h5 plot run.h5/run1/time                            a sketch in the terminal
  h5 plot run.h5/temperature -o temperature.png       a heat map with the file's scales and units
  h5 plot run.h5/frames --frame 7 -o frame.svg        one frame of many
  h5 plot run.h5/counts --histogram --bins 50 -o counts.png
  h5 plot 'run.h5/signal[1000;;500]'                  500 elements from number 1000 on

Elements that equal the attributes _FillValue or missing_value are gaps; scale_factor and
add_offset are heeded.")]
pub(crate) struct Options {
    #[command(flatten)]
    named: Named,
    /// The picture to write, a PNG or SVG by the end of its name; a sketch in the terminal where
    /// none is named
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How often which values occur
    #[arg(long)]
    histogram: bool,
    /// Bars of the histogram [default: by the number of elements]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    bins: Option<u32>,
    /// The place along the first axis of three whose picture is drawn
    #[arg(long, value_name = "N", default_value_t = 0)]
    frame: u64,
    /// Width and height of the picture in pixels [default: by the shape of the dataset]
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size)]
    size: Option<(u32, u32)>,
    /// What stands above [default: the dataset's long_name, or its path]
    #[arg(long)]
    title: Option<String>,
    /// Draw values by their common logarithms
    #[arg(long)]
    log: bool,
}

/// Sides of a picture.
fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once(['x', 'X']).and_then(|(width, height)| {
        let side = |text: &str| text.trim().parse().ok().filter(|n| (120..=8192).contains(n));
        Some((side(width)?, side(height)?))
    });
    sides.ok_or("two numbers from 120 to 8192 are wanted, as in 800x500".to_owned())
}

/// Forms of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Png,
    Svg,
}

/// Draws what `options` name.
pub(crate) fn run(access: &Access, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
    let form = match &options.output {
        None => None,
        Some(path) => {
            let end = path.extension().map(|end| end.to_string_lossy().to_ascii_lowercase());
            Some(match end.as_deref() {
                Some("png") => Form::Png,
                Some("svg") => Form::Svg,
                _ => {
                    let why = "pictures are PNG or SVG: the name has to end in .png or .svg";
                    return Err(Failure::with(path, why));
                }
            })
        }
    };
    let mut part = Part::open(access, &options.named)?;
    let drawing = match form {
        None => sketch::drawing(&mut part, options)?,
        Some(_) => Drawing::of(&mut part, options, drawing::FINE)?,
    };
    let (Some(form), Some(path)) = (form, &options.output) else {
        return sketch::write(&drawing, out);
    };
    if is_same_file(path, &part.file) {
        return Err(Failure::with(path, "the output would replace the file that is read"));
    }
    let bytes = picture::draw(&drawing, form, options.size).map_err(Failure::Told)?;
    let mut output = Output::create(path)?;
    let done = output.writer().write_all(&bytes).map_err(Failure::from);
    output.finish(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_sides() {
        assert_eq!(size("800x500"), Ok((800, 500)));
        assert!(size("800").is_err());
        assert!(size("800x1000000").is_err());
    }
}
