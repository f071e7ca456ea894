//! `h5 export`: a dataset, or a part of one, in a format that other programs read.

mod csv;
mod lines;
mod npy;
mod numpy;
mod picture;
mod raw;
mod scalar;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::access::Access;
use crate::failure::Failure;
use crate::output::{self, Output};
use crate::part::{Named, Part, is_same_file};

/// What is exported, and how.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  h5 export run.h5/table -o table.csv
  h5 export run.h5/run1/time -o time.npy              numpy.load reads it
  h5 export run.h5/table -f jsonl | jq .name
  h5 export 'run.h5/frames[7,0,0;;1,480,640]' -o frame.png
                                                      frame 7 of many: first places, then counts
  h5 export 'run.h5/time[0;10;100]'                   every tenth element, a hundred of them")]
pub(crate) struct Options {
    #[command(flatten)]
    named: Named,
    /// The file to write; standard output where none is named
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The format, where the name of the output does not tell it [default: csv]
    #[arg(short, long, value_enum)]
    format: Option<Format>,
    /// Numbers of npy and raw in this machine's byte order, not in that of the file
    #[arg(long)]
    native: bool,
}

/// Formats by the name and, behind a dot, by the end of a file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Comma-separated values: a line for each row; of compounds, a line for each element, with a
    /// column for each member and their names in the first line
    Csv,
    /// NumPy's format, as numpy.save writes what h5py reads
    Npy,
    /// The bytes of the elements, one after the other
    #[value(alias = "bin")]
    Raw,
    /// JSON, a line for each place along the first axis
    #[value(alias = "ndjson")]
    Jsonl,
    /// A picture: numbers as shades of grey, the least black, the greatest white; those of 8 and 16
    /// bits without a sign as they are. A last axis of 3 or 4 bytes is red, green, blue, opacity
    Png,
}

impl Format {
    fn is_text(self) -> bool {
        matches!(self, Self::Csv | Self::Jsonl)
    }
}

/// Exports what `options` name.
pub(crate) fn run(access: &Access, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
    let format = format_of(options)?;
    let part = Part::open(access, &options.named)?;
    let Some(path) = &options.output else {
        if output::is_terminal() && !format.is_text() {
            let why = "bytes are not for a terminal; name a file with -o";
            return Err(Failure::Told(why.to_owned()));
        }
        return write(&part, format, options.native, out);
    };
    if is_same_file(path, &part.file) {
        return Err(Failure::with(path, "the output would replace the file that is read"));
    }
    let mut output = Output::create(path)?;
    let done = write(&part, format, options.native, output.writer());
    output.finish(done)
}

fn write(part: &Part, format: Format, native: bool, out: &mut dyn Write) -> Result<(), Failure> {
    match format {
        Format::Csv => csv::write(part, out),
        Format::Npy => npy::write(part, native, out),
        Format::Raw => raw::write(part, native, out),
        Format::Jsonl => lines::write(part, out),
        Format::Png => picture::write(part, out),
    }
}

fn format_of(options: &Options) -> Result<Format, Failure> {
    if let Some(format) = options.format {
        return Ok(format);
    }
    let Some(path) = &options.output else { return Ok(Format::Csv) };
    let end = path.extension().map(|end| end.to_string_lossy().into_owned()).unwrap_or_default();
    Format::from_str(&end, true).map_err(|_| {
        let why = "which format is wanted? --format csv, npy, raw, jsonl or png tells";
        Failure::with(path, why)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_name_tells_the_format() {
        let of = |end: &str| Format::from_str(end, true).ok();
        assert_eq!(of("CSV"), Some(Format::Csv));
        assert_eq!(of("bin"), Some(Format::Raw));
        assert_eq!(of("txt"), None);
    }
}
