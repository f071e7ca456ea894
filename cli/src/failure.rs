//! What can go wrong, and how the user hears of it.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use crate::{color, names};

/// Why something could not be read, in words.
#[derive(Debug, Clone)]
pub(crate) struct Why(pub(crate) String);

impl Why {
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

impl From<hdfive::Error> for Why {
    fn from(error: hdfive::Error) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why the program ends early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The output cannot be written.
    Output(io::Error),
    /// The whole message, in words.
    Told(String),
    /// The user knows already.
    Reported,
}

impl Failure {
    /// A failure with the file at `path`.
    pub(crate) fn with(path: &Path, why: impl fmt::Display) -> Self {
        let (path, why) = (path.display().to_string(), why.to_string());
        // The library names files that it cannot open.
        let known = why.strip_prefix(&path).is_some_and(|rest| rest.starts_with(": "));
        Self::Told(if known { why } else { format!("{path}: {why}") })
    }

    /// Tells the user, unless nobody listens to the output any more: then the program has done
    /// what was wanted of it.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Self::Output(error) => tell(&format!("cannot write the output: {error}")),
            Self::Told(message) => tell(message),
            Self::Reported => ExitCode::FAILURE,
        }
    }
}

fn tell(message: &str) -> ExitCode {
    color::complain("h5:", &format!(" {}", names::printable(message)));
    ExitCode::FAILURE
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// What goes wrong: with the output, which ends the program, or with the data.
#[derive(Debug)]
pub(crate) enum Trouble {
    Output(Failure),
    Data(hdfive::Error),
}

impl From<hdfive::Error> for Trouble {
    fn from(error: hdfive::Error) -> Self {
        Self::Data(error)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Output(error.into())
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Output(failure)
    }
}
