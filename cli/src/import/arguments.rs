//! The arguments of `h5import`: words in an order of their own.

use std::ffi::OsString;
use std::path::PathBuf;

use super::input::{self, Input};
use crate::failure::Why;

/// Most files that are imported at once.
const MOST_FILES: usize = 29;
/// Most bytes of the name of what is made.
const LONGEST_NAME: usize = 255;

/// What is imported, and to what.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub(super) inputs: Vec<Input>,
    pub(super) output: PathBuf,
}

/// What is wrong with the arguments.
#[derive(Debug)]
pub(super) struct Misuse {
    pub(super) why: Why,
    /// Whether the user is to see how the program is used.
    pub(super) help: bool,
}

/// An option, by its letter.
fn option(word: &str) -> Option<Result<char, Misuse>> {
    let name = word.strip_prefix('-')?;
    let known = ["outfile", "config", "help", "dims", "path", "type", "size"];
    let found = known.iter().find(|known| !name.is_empty() && known.starts_with(name));
    let letter = found.and_then(|found| found.chars().next());
    Some(letter.ok_or_else(|| shown(format!("Illegal argument: {word}."))))
}

fn shown(words: impl Into<String>) -> Misuse {
    Misuse { why: Why::new(words), help: true }
}

fn told(words: impl Into<String>) -> Misuse {
    Misuse { why: Why::new(words), help: false }
}

fn out_of_order() -> Misuse {
    shown("Error in state table.")
}

/// Reads the arguments; `None` where help is asked for.
pub(super) fn parse(words: &[OsString]) -> Result<Option<Arguments>, Misuse> {
    let mut arguments = Arguments::default();
    let mut words = words.iter().map(|word| word.to_string_lossy());
    // Options that may follow.
    let mut allowed = "h";
    while let Some(word) = words.next() {
        let letter = match option(&word) {
            None if matches!(allowed, "" | "cd") => return Err(out_of_order()),
            None => {
                if arguments.inputs.len() >= MOST_FILES {
                    let words = "Cannot specify more than 30 input files in one call to h5import.";
                    return Err(told(words));
                }
                arguments.inputs.push(Input::new(word.as_ref().into(), arguments.inputs.len()));
                allowed = "cd";
                continue;
            }
            Some(letter) => letter?,
        };
        if !allowed.contains(letter) {
            return Err(out_of_order());
        }
        if letter == 'h' {
            return Ok(None);
        }
        let value = words.next().ok_or_else(out_of_order)?;
        if option(&value).is_some() {
            return Err(out_of_order());
        }
        let Some(input) = arguments.inputs.last_mut() else { return Err(out_of_order()) };
        allowed = match letter {
            'o' => {
                if value.len() > LONGEST_NAME {
                    return Err(told("Length of output file name limited to 255 chars."));
                }
                arguments.output = value.as_ref().into();
                ""
            }
            'c' => {
                input.config = Some(value.as_ref().into());
                "o"
            }
            other => set(input, other, &value)?,
        };
    }
    if arguments.output.as_os_str().is_empty() {
        return Err(shown("No output file given."));
    }
    Ok(Some(arguments))
}

/// Sets what an option of an input says; gives the options that may follow.
fn set(input: &mut Input, letter: char, value: &str) -> Result<&'static str, Misuse> {
    match letter {
        'd' => {
            let sizes: Option<Vec<u64>> = value.split(',').map(|size| size.parse().ok()).collect();
            let wrong = || told(format!("Invalid dimensions - {value}."));
            input.dimensions = sizes.ok_or_else(wrong)?;
            Ok("opts")
        }
        'p' => {
            let wrong = || told(format!("Invalid path {value}."));
            input.path = input::path(value).ok_or_else(wrong)?;
            Ok("ots")
        }
        't' => {
            let wrong = || told(format!("Invalid type of data - {value}."));
            input.set_class(input::class(value).ok_or_else(wrong)?, true);
            Ok("os")
        }
        _ => {
            let wrong = || told(format!("Invalid size of data - {value}."));
            input.size = input::size(value).ok_or_else(wrong)?;
            input.output_size = input.size;
            Ok("o")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Option<Arguments>, Misuse> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        parse(&words)
    }

    #[test]
    fn words_stand_in_an_order_of_their_own() {
        let read_well = |words: &[&str]| read(words).expect("well").expect("no help");
        let one =
            read_well(&["in", "-d", "2,3", "-path", "/a/b", "-t", "IN", "-s", "16", "-o", "x"]);
        assert_eq!(one.output, PathBuf::from("x"));
        let [input] = one.inputs.as_slice() else { panic!("one file") };
        assert_eq!((input.dimensions.as_slice(), input.size), ([2, 3].as_slice(), 16));
        assert_eq!(input.path, ["a", "b"]);
        let two = read_well(&["a", "-c", "conf", "b", "-d", "7", "-outfile", "x"]);
        assert_eq!(two.inputs.len(), 2);
        assert!(read(&["-h"]).expect("well").is_none());
        for words in [
            &["a", "-o", "x"][..],
            &["a", "-d", "1"],
            &["a", "-d", "1", "-s", "8", "-t", "IN", "-o", "x"],
            &["a", "b", "-o", "x"],
            &["a", "-c", "conf", "-o", "x", "b"],
            &["a", "-x", "1", "-o", "x"],
            &["a", "-d"],
            &["a", "-d", "1", "-s", "12", "-o", "x"],
        ] {
            assert!(read(words).is_err(), "{words:?}");
        }
    }
}
