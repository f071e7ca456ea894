//! Bare blocks of LZ4, read: of each sequence a token, with the lengths in its halves, literals, and the
//! distance of a reference (2 bytes, the lower one first). A half with all bits set is added to by the
//! bytes behind, up to the first that is not 255; references are 4 bytes longer. The last sequence ends
//! with its literals.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "hot loops; every step is checked against both lengths before it is made"
)]

use super::super::copies;

/// Decodes `input` to the front of `output`; gives the length.
pub(super) fn decompress(input: &[u8], output: &mut [u8]) -> Result<usize, &'static str> {
    const CUT_SHORT: &str = "block is cut short";
    let (mut from, mut to) = (0, 0);
    loop {
        let token = usize::from(*input.get(from).ok_or(CUT_SHORT)?);
        from += 1;
        let mut len = token >> 4;
        if len == 15 {
            len += more(input, &mut from).ok_or(CUT_SHORT)?;
        }
        if len > 0 {
            let source = input.get(from..).unwrap_or_default();
            let target = output.get_mut(to..).unwrap_or_default();
            if !copies::run(source, target, len) {
                return Err(if len > source.len() { CUT_SHORT } else { "block is too long" });
            }
            from += len;
            to += len;
        }
        let Some(distance) = input.get(from..).and_then(<[u8]>::first_chunk) else {
            return if from == input.len() { Ok(to) } else { Err(CUT_SHORT) };
        };
        let distance = usize::from(u16::from_le_bytes(*distance));
        from += 2;
        let mut len = token & 15;
        if len == 15 {
            len += more(input, &mut from).ok_or(CUT_SHORT)?;
        }
        len += 4;
        if distance == 0 || !copies::back(output, to, distance, len) {
            let is_near = distance > 0 && distance <= to;
            return Err(if is_near { "block is too long" } else { "reference to no byte" });
        }
        to += len;
    }
}

/// What bytes add to a length.
#[inline(always)]
fn more(input: &[u8], from: &mut usize) -> Option<usize> {
    let mut sum = 0;
    loop {
        let byte = usize::from(*input.get(*from)?);
        *from += 1;
        sum += byte;
        if byte < 255 {
            return Some(sum);
        }
    }
}
