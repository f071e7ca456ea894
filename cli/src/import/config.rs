//! Configuration files: a keyword, and its value, on each line.

use std::collections::HashSet;
use std::fs;
use std::iter::Peekable;
use std::path::Path;
use std::str::{FromStr, SplitWhitespace};

use hdfive::definition::ByteOrder;

use super::ddl;
use super::input::{self, Architecture, Class, Input, Kind};
use crate::failure::Why;

/// Most dimensions.
const MOST_DIMENSIONS: usize = 32;

type Words<'a> = Peekable<SplitWhitespace<'a>>;

/// Lets `input` be as the file at `path` says.
pub(super) fn read(path: &Path, input: &mut Input) -> Result<(), Why> {
    let name = path.display();
    let text = fs::read(path).map_err(|why| {
        Why(format!("Unable to open the configuration file:  {name} for reading: {why}"))
    })?;
    let text = String::from_utf8_lossy(&text);
    if text.split_whitespace().next() == Some("HDF5") {
        return ddl::read(&text, input);
    }
    let mut words = text.split_whitespace().peekable();
    let mut given = HashSet::new();
    while let Some(key) = words.next() {
        if !given.insert(key) {
            return Err(Why(format!("{key} keyword appears twice in {name}.")));
        }
        set(input, key, &mut words, &given)
            .ok_or_else(|| wrong(key, &name.to_string()))?
            .map_err(|why| Why(format!("{why} ({name})")))?;
    }
    check(input, &given).map_err(Why::new)
}

fn wrong(key: &str, file: &str) -> Why {
    Why(format!("Unknown keyword: {key} in configuration file: {file}"))
}

/// Sets what a keyword says; `None` where there is no such keyword.
fn set(
    input: &mut Input,
    key: &str,
    words: &mut Words<'_>,
    given: &HashSet<&str>,
) -> Option<Result<(), String>> {
    let has = |key: &str| given.contains(key);
    Some(match key {
        "PATH" => word(words, input::path, "path").map(|path| input.path = path),
        "INPUT-CLASS" => word(words, input::class, "input class")
            .map(|class| input.set_class(class, !has("OUTPUT-CLASS"))),
        "INPUT-SIZE" => word(words, input::size, "input size").map(|size| {
            input.size = size;
            if !has("OUTPUT-SIZE") {
                input.output_size = size;
            }
        }),
        "INPUT-BYTE-ORDER" => {
            word(words, order, "input byte-order").map(|order| input.order = order)
        }
        "RANK" => word(words, rank, "rank").map(|rank| input.dimensions = vec![0; rank]),
        "DIMENSION-SIZES" if !has("RANK") => {
            Err("DIMENSION-SIZES cannot appear before RANK is provided.".to_owned())
        }
        "DIMENSION-SIZES" => sizes(input, words, "dimension").map(|sizes| input.dimensions = sizes),
        "OUTPUT-CLASS" => word(words, kind, "output class").map(|kind| input.output_kind = kind),
        "OUTPUT-SIZE" => {
            word(words, input::size, "output size").map(|size| input.output_size = size)
        }
        "OUTPUT-ARCHITECTURE" => word(words, architecture, "output architecture")
            .map(|architecture| input.architecture = architecture),
        "OUTPUT-BYTE-ORDER" => {
            word(words, order, "output byte-order").map(|order| input.output_order = Some(order))
        }
        _ => return storage(input, key, words, has("DIMENSION-SIZES")),
    })
}

/// Sets what a keyword says of how the dataset is stored.
fn storage(
    input: &mut Input,
    key: &str,
    words: &mut Words<'_>,
    sized: bool,
) -> Option<Result<(), String>> {
    Some(match key {
        "CHUNKED-DIMENSION-SIZES" | "MAXIMUM-DIMENSIONS" if !sized => {
            Err(format!("{key} cannot appear before DIMENSION-SIZES are provided."))
        }
        "CHUNKED-DIMENSION-SIZES" => sizes(input, words, "chunked dimension").and_then(|chunk| {
            if chunk.iter().zip(&input.dimensions).any(|(chunk, len)| chunk > len) {
                let why = "The CHUNKED-DIMENSION-SIZES cannot exceed the sizes of DIMENSION-SIZES";
                return Err(why.to_owned());
            }
            input.chunk = Some(chunk);
            Ok(())
        }),
        "MAXIMUM-DIMENSIONS" => sizes(input, words, "maximum dimension").and_then(|most: Vec<i64>| {
            let most = most.into_iter().map(|most| u64::try_from(most).ok());
            let most: Vec<Option<u64>> = most.collect();
            let short = |(most, len): (&Option<u64>, &u64)| most.is_some_and(|most| most < *len);
            if most.iter().zip(&input.dimensions).any(short) {
                let why = "The MAXIMUM-DIMENSIONS cannot be less than the sizes of DIMENSION-SIZES. \
                           Exception: can be -1 to indicate unlimited size";
                return Err(why.to_owned());
            }
            input.maximum = Some(most);
            Ok(())
        }),
        "COMPRESSION-TYPE" => {
            let gzip = |word: &str| (word == "GZIP").then_some(());
            word(words, gzip, "compression").map(|()| {
                input.deflate.get_or_insert(6);
            })
        }
        "COMPRESSION-PARAM" => {
            let level = |word: &str| word.parse().ok().filter(|level: &u8| *level <= 9);
            word(words, level, "compression parameter").map(|level| input.deflate = Some(level))
        }
        "EXTERNAL-STORAGE" => {
            let name = |word: &str| Some(word.to_owned());
            word(words, name, "external storage").map(|name| input.external = Some(name))
        }
        _ => return None,
    })
}

/// The next word, as `parse` understands it.
fn word<T>(
    words: &mut Words<'_>,
    parse: impl Fn(&str) -> Option<T>,
    what: &str,
) -> Result<T, String> {
    let word = words.next().ok_or_else(|| format!("Unable to get the {what}."))?;
    parse(word).ok_or_else(|| format!("Invalid value for {what}."))
}

/// All numbers that follow: one a dimension.
fn sizes<T: FromStr>(input: &Input, words: &mut Words<'_>, what: &str) -> Result<Vec<T>, String> {
    let mut sizes = Vec::new();
    while let Some(size) = words.peek().and_then(|word| word.parse().ok()) {
        sizes.push(size);
        words.next();
    }
    if sizes.len() == input.dimensions.len() {
        return Ok(sizes);
    }
    Err(format!("No. of dimensions for which {what} sizes provided is not equal to provided rank."))
}

fn rank(word: &str) -> Option<usize> {
    word.parse().ok().filter(|rank| (1..=MOST_DIMENSIONS).contains(rank))
}

fn order(word: &str) -> Option<ByteOrder> {
    match word {
        "LE" => Some(ByteOrder::Little),
        "BE" => Some(ByteOrder::Big),
        _ => None,
    }
}

fn kind(word: &str) -> Option<Kind> {
    match word {
        "IN" => Some(Kind::Integer),
        "UIN" => Some(Kind::Unsigned),
        "FP" => Some(Kind::Float),
        _ => None,
    }
}

fn architecture(word: &str) -> Option<Architecture> {
    match word {
        "NATIVE" => Some(Architecture::Native),
        "STD" => Some(Architecture::Std),
        "IEEE" => Some(Architecture::Ieee),
        "INTEL" | "CRAY" | "MIPS" | "ALPHA" | "UNIX" => Some(Architecture::Other),
        _ => None,
    }
}

/// Whether what is said goes together.
fn check(input: &Input, given: &HashSet<&str>) -> Result<(), &'static str> {
    if input.class == Class::Lines {
        return Ok(());
    }
    let has = |key| given.contains(key);
    let (chunked, grows) = (has("CHUNKED-DIMENSION-SIZES"), has("MAXIMUM-DIMENSIONS"));
    let compressed = has("COMPRESSION-TYPE");
    if !has("RANK") || !has("DIMENSION-SIZES") {
        return Err("One or more of the required fields (RANK, DIMENSION-SIZES) missing.");
    }
    if has("EXTERNAL-STORAGE") && (compressed || chunked || grows) {
        return Err(
            "Cannot specify chunking or compression or extendible data sets with the external \
                    file option.",
        );
    }
    if (compressed || grows) && !chunked {
        return Err(
            "Cannot specify the compression or the extendible data sets without the chunking \
                    option.",
        );
    }
    match (input.output_kind, input.architecture) {
        (Kind::Float, Architecture::Std) => {
            Err("OUTPUT-ARCHITECTURE cannot be STD if OUTPUT-CLASS is floating point (FP).")
        }
        (Kind::Integer, Architecture::Ieee) => {
            Err("OUTPUT-ARCHITECTURE cannot be IEEE if OUTPUT-CLASS is integer (IN).")
        }
        (Kind::Float, _) if !matches!(input.output_size, 32 | 64) => {
            Err("For OUTPUT-CLASS FP, valid values for OUTPUT-SIZE are (32, 64) .")
        }
        _ => Ok(()),
    }
}
