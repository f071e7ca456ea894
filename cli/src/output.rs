//! Files that verbs write.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A file that is written under a name of its own and takes its place when it is whole: what goes
/// wrong half-way leaves what was there before.
pub(crate) struct Output {
    writer: BufWriter<File>,
    path: PathBuf,
    /// The name it has until then; `None` of what is no plain file, as a pipe.
    part: Option<PathBuf>,
}

/// Whether standard output is a terminal.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

impl Output {
    /// Begins the file at `path`.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let is_plain = fs::metadata(path).map_or(true, |known| known.is_file());
        // A link stays one: what it leads to is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let part = is_plain.then(|| part_of(&path));
        let file = File::create(part.as_ref().unwrap_or(&path));
        let file = file.map_err(|error| Failure::with(&path, error))?;
        Ok(Self { writer: BufWriter::with_capacity(1 << 18, file), path, part })
    }

    pub(crate) fn writer(&mut self) -> &mut dyn Write {
        &mut self.writer
    }

    /// Puts the file in its place, if all went well; else takes it away.
    pub(crate) fn finish(mut self, done: Result<(), Failure>) -> Result<(), Failure> {
        let written = |error: io::Error| Failure::with(&self.path, error);
        let done = match done {
            // This is no pipe whose reader had enough.
            Err(Failure::Output(error)) => Err(written(error)),
            done => done.and_then(|()| self.writer.flush().map_err(written)),
        };
        let Some(part) = self.part else { return done };
        let done = done.and_then(|()| fs::rename(&part, &self.path).map_err(written));
        if done.is_err() {
            // There is nothing to be done about what cannot be removed.
            let _ = fs::remove_file(&part);
        }
        done
    }
}

/// The name beside `path` that a file has until it is whole.
fn part_of(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}
