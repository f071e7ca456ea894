//! Configuration files that `h5dump` wrote: a dataset in the DDL.

use hdfive::definition::ByteOrder;

use super::input::{self, Architecture, Class, Input, Kind};
use crate::failure::Why;

/// The words of a DDL, names in quotes being one.
struct Words<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest.trim_start();
        let quoted = rest.strip_prefix('"').and_then(|name| name.find('"'));
        let white = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let end = quoted.map_or(white, |at| at.saturating_add(2));
        let (word, rest) = rest.split_at_checked(end)?;
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }
}

/// Lets `input` be as the dataset that `text` shows.
pub(super) fn read(text: &str, input: &mut Input) -> Result<(), Why> {
    let mut words = Words { rest: text };
    let mut named = false;
    let broken = |what: &str| Why(format!("Error in retrieving the {what} of the dataset."));
    while let Some(key) = words.next() {
        match key {
            "DATASET" if named => return Err(Why::new("DATASET appears twice.")),
            "DATASET" => {
                let path = words.next().and_then(input::path);
                input.path = path.ok_or_else(|| broken("path"))?;
                named = true;
            }
            "DATATYPE" => {
                let word = words.next().unwrap_or_default();
                datatype(word, input).ok_or_else(|| Why::new("Invalid value for input class."))?;
            }
            "DATASPACE" => dataspace(&mut words, input).ok_or_else(|| broken("dataspace"))?,
            "CHUNKED" => {
                input.chunk = Some(numbers(&mut words).ok_or_else(|| broken("chunks"))?);
            }
            "DEFLATE" => {
                let level = words.nth(2).and_then(|level| level.parse().ok());
                input.deflate = Some(level.ok_or_else(|| broken("filters"))?);
            }
            // How many blocks a part of the dataset has, and how large each is.
            "COUNT" => input.dimensions = numbers(&mut words).ok_or_else(|| broken("part"))?,
            "BLOCK" => {
                let block = numbers(&mut words).ok_or_else(|| broken("part"))?;
                for (len, block) in input.dimensions.iter_mut().zip(block) {
                    *len = len.saturating_mul(block);
                }
            }
            "DATA" => break,
            _ => {}
        }
    }
    if input.chunk.is_none() {
        input.maximum = None;
    }
    Ok(())
}

/// Numbers in parentheses.
fn numbers(words: &mut Words<'_>) -> Option<Vec<u64>> {
    limits(words)?.into_iter().collect()
}

/// Numbers in parentheses, `None` for those without bound.
fn limits(words: &mut Words<'_>) -> Option<Vec<Option<u64>>> {
    if words.next()? != "(" {
        return None;
    }
    let mut all = Vec::new();
    loop {
        match words.next()?.trim_end_matches([',', ';']) {
            ")" => return Some(all),
            "H5S_UNLIMITED" => all.push(None),
            word => all.push(Some(word.parse().ok()?)),
        }
    }
}

fn dataspace(words: &mut Words<'_>, input: &mut Input) -> Option<()> {
    match words.next()? {
        "SCALAR" => input.dimensions = Vec::new(),
        "SIMPLE" => {
            words.next().filter(|word| *word == "{")?;
            input.dimensions = numbers(words)?;
            if words.next()? == "/" {
                let most = limits(words)?;
                // A bound that is none adds nothing.
                input.maximum = Some(most).filter(|most| most.contains(&None));
            }
        }
        _ => return None,
    }
    Some(())
}

/// What a type says of the bytes in the file, and of the elements.
fn datatype(word: &str, input: &mut Input) -> Option<()> {
    if word == "H5T_STRING" {
        input.class = Class::Quoted;
        return Some(());
    }
    let (family, name) = word.strip_prefix("H5T_")?.split_once('_')?;
    let (kind, size, architecture) = match family {
        "NATIVE" => {
            let (kind, size) = native(name)?;
            (kind, size, Architecture::Native)
        }
        "STD" | "IEEE" => {
            let (letter, rest) = name.split_at_checked(1)?;
            let (bits, order) = rest.split_at_checked(rest.len().checked_sub(2)?)?;
            let (kind, architecture) = match letter {
                "I" => (Kind::Integer, Architecture::Std),
                "U" => (Kind::Unsigned, Architecture::Std),
                "F" => (Kind::Float, Architecture::Ieee),
                _ => return None,
            };
            input.output_order = Some(match order {
                "LE" => ByteOrder::Little,
                "BE" => ByteOrder::Big,
                _ => return None,
            });
            (kind, input::size(bits)?, architecture)
        }
        _ => return None,
    };
    input.set_class(Class::Binary(kind), true);
    (input.size, input.output_size, input.architecture) = (size, size, architecture);
    Some(())
}

fn native(name: &str) -> Option<(Kind, u32)> {
    Some(match name {
        "SCHAR" => (Kind::Integer, 8),
        "UCHAR" => (Kind::Unsigned, 8),
        "SHORT" => (Kind::Integer, 16),
        "USHORT" => (Kind::Unsigned, 16),
        "INT" => (Kind::Integer, 32),
        "UINT" => (Kind::Unsigned, 32),
        "LONG" | "LLONG" => (Kind::Integer, 64),
        "ULONG" | "ULLONG" => (Kind::Unsigned, 64),
        "FLOAT" => (Kind::Float, 32),
        "DOUBLE" => (Kind::Float, 64),
        _ => return None,
    })
}
