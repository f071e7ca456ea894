//! What a tool does where its arguments do not ask for its work.

use std::io::Write;
use std::process::ExitCode;

use super::{RELEASE, Tool, error};
use crate::failure::Failure;

/// What is asked for instead of the tool's work.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Instead {
    Help,
    Version,
    /// Nothing that the tool can follow.
    Misuse(Misuse),
}

/// Why the arguments cannot be followed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Misuse {
    /// What the tool's error says.
    error: Option<String>,
    /// What its output says.
    said: Option<String>,
    /// Whether the help is shown.
    help: bool,
    /// What its output says behind the help.
    last: Option<String>,
}

impl Misuse {
    /// The help says it all.
    pub(crate) fn help() -> Instead {
        Instead::Misuse(Self { help: true, ..Self::default() })
    }

    /// An error, without the help.
    pub(crate) fn error(words: impl Into<String>) -> Instead {
        Instead::Misuse(Self { error: Some(words.into()), ..Self::default() })
    }

    /// An error, with the help.
    pub(crate) fn error_and_help(words: impl Into<String>) -> Instead {
        Instead::Misuse(Self { error: Some(words.into()), help: true, ..Self::default() })
    }

    /// An error, with the help, and words of the output behind it.
    pub(crate) fn error_help_and_said(words: impl Into<String>, last: &str) -> Instead {
        let last = Some(last.to_owned());
        Instead::Misuse(Self { error: Some(words.into()), help: true, last, ..Self::default() })
    }

    /// Words of the output, without the help.
    pub(crate) fn said(words: impl Into<String>) -> Instead {
        Instead::Misuse(Self { said: Some(words.into()), ..Self::default() })
    }

    /// Words of the output, with the help.
    pub(crate) fn said_and_help(words: impl Into<String>) -> Instead {
        Instead::Misuse(Self { said: Some(words.into()), help: true, ..Self::default() })
    }
}

impl Instead {
    /// Does it as `tool`.
    pub(crate) fn answer(&self, tool: &Tool, out: &mut dyn Write) -> Result<ExitCode, Failure> {
        let misuse = match self {
            Self::Help => &Misuse { help: true, ..Misuse::default() },
            Self::Version => {
                writeln!(out, "{}: Version {RELEASE}", tool.name)?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::Misuse(misuse) => misuse,
        };
        misuse.error.iter().for_each(|words| error(tool.name, words));
        if let Some(words) = &misuse.said {
            writeln!(out, "{words}")?;
        }
        if misuse.help {
            out.write_all(tool.help.as_bytes())?;
        }
        if let Some(words) = &misuse.last {
            writeln!(out, "{words}")?;
        }
        let helped = matches!(self, Self::Help);
        Ok(if helped { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
