//! Numbers of a file, as text or as bytes.

use std::fs::File;
use std::io::Read;
use std::str::FromStr;

use hdfive::H5Type;
use hdfive::definition::ByteOrder;

use super::input::{Class, Input};
use crate::failure::Why;

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

/// All numbers that the dataset has elements.
pub(super) fn read<T: Number>(input: &Input) -> Result<Vec<T>, Why> {
    let count = input.count()?;
    if matches!(input.class, Class::Text(_)) { text(input, count) } else { binary(input, count) }
}

/// What there is of a file.
pub(super) fn open(input: &Input) -> Result<File, Why> {
    let failed = |why: std::io::Error| {
        Why(format!("Unable to open the input file  {} for reading: {why}", input.file.display()))
    };
    File::open(&input.file).map_err(failed)
}

fn text<T: Number>(input: &Input, count: usize) -> Result<Vec<T>, Why> {
    let mut bytes = Vec::new();
    open(input)?.read_to_end(&mut bytes).map_err(|why| Why(why.to_string()))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut numbers = Vec::new();
    for word in text.split_whitespace().take(count) {
        let number = word.parse();
        let wrong = || Why(format!("\"{word}\" is no such number of {} bits.", input.size));
        numbers.push(number.map_err(|_| wrong())?);
    }
    if numbers.len() == count { Ok(numbers) } else { Err(too_short(numbers.len(), count)) }
}

fn binary<T: Number>(input: &Input, count: usize) -> Result<Vec<T>, Why> {
    let size = size_of::<T>();
    let wanted = count.checked_mul(size).ok_or_else(|| Why::new("the dimensions are too large"))?;
    let mut bytes = Vec::new();
    let file = open(input)?.take(u64::try_from(wanted).unwrap_or(u64::MAX));
    { file }.read_to_end(&mut bytes).map_err(|why| Why(why.to_string()))?;
    let elements = bytes.chunks_exact(size);
    let numbers: Vec<T> =
        elements.filter_map(|element| T::in_order(element, input.order)).collect();
    if numbers.len() == count { Ok(numbers) } else { Err(too_short(numbers.len(), count)) }
}

fn too_short(found: usize, wanted: usize) -> Why {
    Why(format!("{found} numbers where the dataset has {wanted} elements."))
}
