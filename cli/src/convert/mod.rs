//! `h5 convert`: datasets as HDF5 1.8 reads them, in place, as `h5format_convert` leaves them.

mod options;

use std::ffi::OsString;
use std::io::Write;
use std::ops::ControlFlow;
use std::process::ExitCode;

use hdfive::{ChunkIndexType, Dataset, File, Layout};

use crate::access::Access;
use crate::failure::{Failure, Trouble};
use crate::names::printable;
use crate::tool::{self, Tool};
use options::Options;

/// The tool.
pub(crate) const TOOL: Tool =
    Tool { name: "h5format_convert", verb: "convert", help: include_str!("help.txt"), run };

/// Runs `h5format_convert` with these arguments; the file is opened as `access` says.
fn run(access: &Access, arguments: &[OsString], out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let options = match options::parse(arguments) {
        Ok(options) => options,
        Err(instead) => return instead.answer(&TOOL, out),
    };
    let mut converter = Converter { options: &options, out };
    converter.say("Process command line options")?;
    if options.noop {
        converter.say("It is noop...")?;
    }
    let name = options.file.display().to_string();
    let builder = access.builder(&options.file);
    let opened =
        if options.noop { builder.open(&options.file) } else { builder.open_rw(&options.file) };
    let file = match opened {
        Ok(file) => file,
        Err(why) => return Ok(failed(&format!("unable to open file \"{name}\""), &why)),
    };
    converter.say(&format!("Open the file {}", printable(&name)))?;
    let mut code = converter.convert_file(&file, &name)?;
    match file.close() {
        Ok(()) => converter.say("Close the file")?,
        Err(why) => code = failed(&format!("unable to close file \"{name}\""), &why),
    }
    Ok(code)
}

fn failed(words: &str, why: &hdfive::Error) -> ExitCode {
    tool::error(TOOL.name, words);
    tool::remark(&why.to_string());
    ExitCode::FAILURE
}

/// Converts datasets of one file, and tells of it.
struct Converter<'a> {
    options: &'a Options,
    out: &'a mut dyn Write,
}

impl Converter<'_> {
    fn say(&mut self, words: &str) -> Result<(), Failure> {
        if self.options.verbose {
            writeln!(self.out, "{words}")?;
        }
        Ok(())
    }

    fn convert_file(&mut self, file: &File, name: &str) -> Result<ExitCode, Failure> {
        let converted = match &self.options.dataset {
            Some(path) => {
                self.say(&format!("Going to process dataset: {}...", printable(path)))?;
                self.convert(file, path)?
            }
            None => self.convert_all(file)?,
        };
        if !converted {
            return Ok(ExitCode::FAILURE);
        }
        if self.options.noop {
            self.say("Not processing the file's superblock...")?;
            return Ok(ExitCode::SUCCESS);
        }
        self.say("Processing the file's superblock...")?;
        Ok(match file.downgrade() {
            Ok(_) => ExitCode::SUCCESS,
            Err(why) => failed(&format!("unable to convert file's superblock\"{name}\""), &why),
        })
    }

    /// Converts every dataset, by the first path that leads to it; `false` where one cannot be.
    fn convert_all(&mut self, file: &File) -> Result<bool, Failure> {
        self.say("Processing all datasets in the file...")?;
        let mut paths = Vec::new();
        let walked = file.visit_items::<()>(|path, object| {
            if matches!(object.loc_type(), Ok(hdfive::LocationType::Dataset)) {
                paths.push(format!("/{path}"));
            }
            ControlFlow::Continue(())
        });
        for path in &paths {
            self.say(&format!("Going to process dataset:{}...", printable(path)))?;
            if !self.convert(file, path)? {
                return Ok(false);
            }
        }
        if let Err(why) = walked {
            failed("unable to look through all of the file", &why);
            return Ok(false);
        }
        Ok(true)
    }

    /// Converts the dataset at `path`; `false` where it cannot be.
    fn convert(&mut self, file: &File, path: &str) -> Result<bool, Failure> {
        let dataset = match file.dataset(path) {
            Ok(dataset) => dataset,
            Err(why) => return self.broke_off(&format!("unable to open dataset \"{path}\""), &why),
        };
        self.say("Open the dataset")?;
        match self.convert_dataset(&dataset) {
            Ok(()) => {}
            Err(Trouble::Output(failure)) => return Err(failure),
            Err(Trouble::Data(why)) => {
                return self.broke_off(&format!("unable to downgrade dataset \"{path}\""), &why);
            }
        }
        self.say("Close the dataset")?;
        self.say("Close the dataset creation property list")?;
        Ok(true)
    }

    fn broke_off(&mut self, words: &str, why: &hdfive::Error) -> Result<bool, Failure> {
        failed(words, why);
        self.say("Error encountered")?;
        Ok(false)
    }

    fn convert_dataset(&mut self, dataset: &Dataset) -> Result<(), Trouble> {
        self.say("Retrieve the dataset's layout")?;
        let what = match dataset.layout() {
            Layout::Chunked => {
                self.say("Dataset is a chunked dataset")?;
                self.say("Retrieve the dataset's chunk indexing type")?;
                if dataset.chunk_index() == Some(ChunkIndexType::BTree1) {
                    self.say(
                        "Dataset's chunk indexing type is already version 1 B-tree: no further action",
                    )?;
                    return Ok(());
                }
                "Dataset's chunk indexing type is not version 1 B-tree"
            }
            Layout::Contiguous => {
                "Dataset is a contiguous dataset: downgrade layout version as needed"
            }
            Layout::Compact => "Dataset is a compact dataset: downgrade layout version as needed",
            Layout::Virtual => return Ok(self.say("No further action for virtual dataset")?),
        };
        self.say(what)?;
        if self.options.noop {
            return Ok(self.say("Not converting the dataset")?);
        }
        self.say("Converting the dataset...")?;
        dataset.downgrade()?;
        Ok(self.say("Done")?)
    }
}
