//! NumPy's format: a header in Python's words, and the elements.

use std::io::Write;

use super::numpy::Numpy;
use crate::failure::Failure;
use crate::part::Part;

/// What the first bytes are a multiple of.
const ALIGN: usize = 64;
/// Room that NumPy leaves for the first axis to grow.
const GROWTH: usize = 21;

/// Writes elements as `numpy.save` does.
pub(super) fn write(part: &Part, native: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let numpy = Numpy::of(&part.datatype, native).map_err(|why| part.failure(why))?;
    let mut shape = part.dims.clone();
    shape.extend(numpy.shape.iter().copied().map(u64::from));
    out.write_all(&header(&numpy.descr.text(), &shape))?;
    numpy.write(part, out)
}

fn header(descr: &str, shape: &[u64]) -> Vec<u8> {
    let lens: Vec<String> = shape.iter().map(u64::to_string).collect();
    let comma = if lens.len() == 1 { "," } else { "" };
    let list = lens.join(", ");
    let mut text =
        format!("{{'descr': {descr}, 'fortran_order': False, 'shape': ({list}{comma}), }}");
    if let Some(first) = lens.first() {
        text.extend(std::iter::repeat_n(' ', GROWTH.saturating_sub(first.len())));
    }
    let latin: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    let (version, mut bytes): (u8, Vec<u8>) = match latin {
        Some(latin) if padded(latin.len(), 2) <= usize::from(u16::MAX) => (1, latin),
        Some(latin) => (2, latin),
        None => (3, text.into_bytes()),
    };
    let width = if version == 1 { 2 } else { 4 };
    let len = padded(bytes.len(), width);
    bytes.resize(len.saturating_sub(1), b' ');
    bytes.push(b'\n');
    let mut out = b"\x93NUMPY".to_vec();
    out.extend([version, 0]);
    let len = u64::try_from(len).unwrap_or(u64::MAX).to_le_bytes();
    out.extend(len.iter().take(width));
    out.extend(bytes);
    out
}

/// Bytes of the header's text, its end of line included, such that the elements are aligned. What
/// is aligned already gets as much again: so NumPy does it.
fn padded(text: usize, width: usize) -> usize {
    let before = 8_usize.saturating_add(width);
    let len = text.saturating_add(1);
    let over = before.saturating_add(len).checked_rem(ALIGN).unwrap_or(0);
    len.saturating_add(ALIGN.saturating_sub(over))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_end_on_a_multiple_of_64() {
        for shape in [&[][..], &[3], &[3, 1_000_000]] {
            let header = header("'<f4'", shape);
            assert_eq!((header.len() % 64, header.last()), (0, Some(&b'\n')));
            assert_eq!(&header[..8], b"\x93NUMPY\x01\x00");
            assert_eq!(usize::from(header[8]) + 256 * usize::from(header[9]) + 10, header.len());
        }
        let names: Vec<String> = (0..5000).map(|n| format!("('name{n:05}', '<f4')")).collect();
        let long = header(&format!("[{}]", names.join(", ")), &[1]);
        assert_eq!((long[6], long.len() % 64), (2, 0));
        assert_eq!(header("[('\u{3b1}', '<f4')]", &[1])[6], 3);
    }
}
