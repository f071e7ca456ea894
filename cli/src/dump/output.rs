//! Where the parts of the output go.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use super::LEVEL;
use super::options::{Options, Place};
use crate::failure::Failure;

/// The parts of the output: the DDL, elements of datasets, elements of attributes.
pub(super) struct Out<'a> {
    standard: &'a mut dyn Write,
    nowhere: io::Sink,
    files: Vec<BufWriter<File>>,
    ddl: Way,
    data: Way,
    attributes: Way,
    /// Whether a line of the DDL was written.
    begun: bool,
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Standard,
    Nowhere,
    File(usize),
}

impl<'a> Out<'a> {
    pub(super) fn new(options: &Options, standard: &'a mut dyn Write) -> Result<Self, Failure> {
        let mut out = Self {
            standard,
            nowhere: io::sink(),
            files: Vec::new(),
            ddl: Way::Standard,
            data: Way::Standard,
            attributes: Way::Standard,
            begun: false,
        };
        if let Some(place) = &options.ddl {
            out.ddl = out.open(place)?;
        }
        if let Some(output) = &options.output {
            let way = out.open(&output.place)?;
            if output.of_attributes {
                out.attributes = way;
            } else {
                out.data = way;
            }
        }
        Ok(out)
    }

    fn open(&mut self, place: &Place) -> Result<Way, Failure> {
        let Place::File(name) = place else { return Ok(Way::Nowhere) };
        let file = File::create(name).map_err(|error| {
            Failure::Told(format!("unable to open output file \"{name}\": {error}"))
        })?;
        self.files.push(BufWriter::new(file));
        Ok(Way::File(self.files.len().saturating_sub(1)))
    }

    fn way(&mut self, way: Way) -> &mut dyn Write {
        let file = match way {
            Way::Standard => return self.standard,
            Way::Nowhere => None,
            Way::File(number) => self.files.get_mut(number),
        };
        match file {
            Some(file) => file,
            None => &mut self.nowhere,
        }
    }

    pub(super) fn ddl(&mut self) -> &mut dyn Write {
        self.way(self.ddl)
    }

    pub(super) fn data(&mut self) -> &mut dyn Write {
        self.way(self.data)
    }

    pub(super) fn attribute_data(&mut self) -> &mut dyn Write {
        self.way(self.attributes)
    }

    /// Begins a line of the DDL with a text.
    pub(super) fn line(&mut self, depth: usize, text: &str) -> io::Result<()> {
        let spaces = depth.saturating_mul(LEVEL);
        let newline = if self.begun { "\n" } else { "" };
        self.begun = true;
        write!(self.ddl(), "{newline}{:spaces$}{text}", "")
    }

    /// Ends the last line of the DDL.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.begun = false;
        writeln!(self.ddl())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.files.iter_mut().try_for_each(Write::flush)?;
        self.standard.flush()
    }
}
