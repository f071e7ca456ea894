//! One file to import, and what its dataset is to be.

use std::path::PathBuf;

use hdfive::definition::{ByteOrder, Datatype};

use crate::failure::Why;

/// Kind of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Unsigned,
    Float,
}

/// What is in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Text(Kind),
    Binary(Kind),
    /// Lines, each a string.
    Lines,
    /// Strings in quotes, as h5dump writes them.
    Quoted,
}

/// Who says how numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Architecture {
    Native,
    Std,
    Ieee,
    /// One that nothing is known of.
    Other,
}

/// A file, and its dataset.
#[derive(Debug, Clone)]
pub(super) struct Input {
    pub(super) file: PathBuf,
    /// What says how the dataset is to be, where that is a file.
    pub(super) config: Option<PathBuf>,
    pub(super) path: Vec<String>,
    pub(super) class: Class,
    /// Bits of a number in the file.
    pub(super) size: u32,
    pub(super) order: ByteOrder,
    pub(super) dimensions: Vec<u64>,
    pub(super) output_kind: Kind,
    pub(super) output_size: u32,
    pub(super) architecture: Architecture,
    pub(super) output_order: Option<ByteOrder>,
    pub(super) chunk: Option<Vec<u64>>,
    pub(super) deflate: Option<u8>,
    pub(super) external: Option<String>,
    pub(super) maximum: Option<Vec<Option<u64>>>,
}

impl Input {
    /// The file with this number, of which nothing is said.
    pub(super) fn new(file: PathBuf, number: usize) -> Self {
        Self {
            file,
            config: None,
            path: vec![format!("dataset{number}")],
            class: Class::Binary(Kind::Float),
            size: 32,
            order: ByteOrder::Little,
            dimensions: Vec::new(),
            output_kind: Kind::Float,
            output_size: 32,
            architecture: Architecture::Native,
            output_order: None,
            chunk: None,
            deflate: None,
            external: None,
            maximum: None,
        }
    }

    /// Sets what is in the file, and what is stored, where that is not said otherwise.
    pub(super) fn set_class(&mut self, class: Class, also_output: bool) {
        self.class = class;
        if let (Class::Text(kind) | Class::Binary(kind), true) = (class, also_output) {
            self.output_kind = kind;
        }
    }

    /// The type of the elements.
    pub(super) fn datatype(&self) -> Result<Datatype, Why> {
        let order = match (self.output_order, self.architecture) {
            (Some(order), _) => order,
            (None, Architecture::Native) => ByteOrder::Little,
            (None, _) => ByteOrder::Big,
        };
        match (self.architecture, self.output_kind) {
            (Architecture::Other, _) => {
                return Err(Why::new("Invalid value for output architecture."));
            }
            (Architecture::Std, Kind::Float) => {
                return Err(Why::new("STD not supported for float."));
            }
            (Architecture::Ieee, Kind::Integer | Kind::Unsigned) => {
                return Err(Why::new("IEEE not supported for INT."));
            }
            _ => {}
        }
        let bytes = self.output_size / 8;
        Ok(match self.output_kind {
            Kind::Float if !matches!(bytes, 4 | 8) => {
                return Err(Why::new("Invalid value for output size."));
            }
            Kind::Float => Datatype::float(bytes, order)?,
            kind => Datatype::integer(bytes, kind == Kind::Integer, order)?,
        })
    }

    /// Elements of the dataset.
    pub(super) fn count(&self) -> Result<usize, Why> {
        let count = self.dimensions.iter().try_fold(1_u64, |n, len| n.checked_mul(*len));
        let count = count.and_then(|count| usize::try_from(count).ok());
        count.ok_or_else(|| Why::new("the dimensions are too large"))
    }
}

/// What stands for a class.
pub(super) fn class(word: &str) -> Option<Class> {
    Some(match word {
        "TEXTIN" => Class::Text(Kind::Integer),
        "TEXTUIN" => Class::Text(Kind::Unsigned),
        "TEXTFP" | "TEXTFPE" => Class::Text(Kind::Float),
        "IN" => Class::Binary(Kind::Integer),
        "UIN" => Class::Binary(Kind::Unsigned),
        "FP" => Class::Binary(Kind::Float),
        "STR" => Class::Lines,
        _ => return None,
    })
}

/// Bits of a number.
pub(super) fn size(word: &str) -> Option<u32> {
    word.parse().ok().filter(|bits| matches!(bits, 8 | 16 | 32 | 64))
}

/// The names that a path is made of.
pub(super) fn path(word: &str) -> Option<Vec<String>> {
    let names = word.split(['/', '"']).filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(str::to_owned).collect();
    if names.is_empty() { None } else { Some(names) }
}
