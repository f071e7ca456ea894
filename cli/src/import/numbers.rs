//! Numbers of a file, as text or as bytes, some at a time.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::str::FromStr;

use hdfive::H5Type;
use hdfive::definition::ByteOrder;

use super::input::{Class, Input};
use crate::failure::Why;

/// More bytes than a number has as text.
const LONGEST: usize = 4096;

/// A number that a file may hold.
pub(super) trait Number: H5Type + FromStr + Sized {
    /// The number that these bytes are, `None` where it has another size.
    fn in_order(bytes: &[u8], order: ByteOrder) -> Option<Self>;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Number for $number {
            fn in_order(bytes: &[u8], order: ByteOrder) -> Option<Self> {
                let bytes = bytes.try_into().ok()?;
                Some(match order {
                    ByteOrder::Little => Self::from_le_bytes(bytes),
                    ByteOrder::Big => Self::from_be_bytes(bytes),
                })
            }
        }
    )*};
}

numbers!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);

/// What there is of a file.
pub(super) fn open(input: &Input) -> Result<BufReader<File>, Why> {
    let failed = |why: std::io::Error| {
        Why(format!("Unable to open the input file  {} for reading: {why}", input.file.display()))
    };
    Ok(BufReader::with_capacity(1 << 16, File::open(&input.file).map_err(failed)?))
}

/// The numbers of a file that have not been read yet.
pub(super) struct Numbers<'a> {
    input: &'a Input,
    file: BufReader<File>,
    /// Those that have been read.
    found: usize,
    /// All that the dataset has elements.
    wanted: usize,
}

impl<'a> Numbers<'a> {
    pub(super) fn of(input: &'a Input) -> Result<Self, Why> {
        Ok(Self { input, file: open(input)?, found: 0, wanted: input.count()? })
    }

    /// The next `count` numbers.
    pub(super) fn next<T: Number>(&mut self, count: usize) -> Result<Vec<T>, Why> {
        let read = if matches!(self.input.class, Class::Text(_)) {
            self.text(count)
        } else {
            self.binary(count)
        };
        let numbers: Vec<T> = read?;
        self.found = self.found.saturating_add(numbers.len());
        if numbers.len() == count {
            return Ok(numbers);
        }
        let (found, wanted) = (self.found, self.wanted);
        Err(Why(format!("{found} numbers where the dataset has {wanted} elements.")))
    }

    fn text<T: Number>(&mut self, count: usize) -> Result<Vec<T>, Why> {
        let mut numbers = Vec::new();
        let mut word = Vec::new();
        while numbers.len() < count && next_word(&mut self.file, &mut word)? {
            let text = std::str::from_utf8(&word).unwrap_or_default();
            let wrong = || {
                let text = String::from_utf8_lossy(&word);
                Why(format!("\"{text}\" is no such number of {} bits.", self.input.size))
            };
            numbers.push(text.parse().map_err(|_| wrong())?);
        }
        Ok(numbers)
    }

    fn binary<T: Number>(&mut self, count: usize) -> Result<Vec<T>, Why> {
        let size = size_of::<T>();
        let too_large = || Why::new("the dimensions are too large");
        let wanted = count.checked_mul(size).ok_or_else(too_large)?;
        let mut bytes = Vec::new();
        let mut file = self.file.by_ref().take(u64::try_from(wanted).unwrap_or(u64::MAX));
        file.read_to_end(&mut bytes).map_err(|why| Why(why.to_string()))?;
        let elements = bytes.chunks_exact(size);
        Ok(elements.filter_map(|element| T::in_order(element, self.input.order)).collect())
    }
}

/// Reads what stands between white space; `false` at the end of the file.
fn next_word(file: &mut impl BufRead, word: &mut Vec<u8>) -> Result<bool, Why> {
    let is_white = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    word.clear();
    loop {
        let there = match file.fill_buf() {
            Ok(there) => there,
            Err(why) if why.kind() == ErrorKind::Interrupted => continue,
            Err(why) => return Err(Why(why.to_string())),
        };
        if there.is_empty() {
            return Ok(!word.is_empty());
        }
        let before = match word.is_empty() {
            true => there.iter().take_while(|byte| is_white(byte)).count(),
            false => 0,
        };
        let rest = there.get(before..).unwrap_or_default();
        let len = rest.iter().take_while(|byte| !is_white(byte)).count();
        word.extend_from_slice(rest.get(..len).unwrap_or_default());
        let ends = len < rest.len();
        file.consume(before.saturating_add(len));
        if ends {
            return Ok(true);
        }
        if word.len() > LONGEST {
            return Err(Why(format!("a word of more than {LONGEST} bytes is no number.")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_whatever_is_read_at_once() {
        for capacity in 1..9 {
            let mut file = BufReader::with_capacity(capacity, b" 12 -3\n\n4.5e3\t7".as_slice());
            let (mut word, mut words) = (Vec::new(), Vec::new());
            while next_word(&mut file, &mut word).unwrap() {
                words.push(String::from_utf8(word.clone()).unwrap());
            }
            assert_eq!(words, ["12", "-3", "4.5e3", "7"], "{capacity}");
        }
        let mut endless = BufReader::new(std::io::repeat(b'1'));
        assert!(next_word(&mut endless, &mut Vec::new()).is_err());
    }
}
