//! What decoders of the LZ77 kind copy: literals of the stream, and what was decoded before.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "hot loops; every step is checked against the lengths before it is made"
)]

/// Longest run of literals, in bytes.
pub(super) const MAX_LITERALS: usize = 32;
/// Bytes copied at once where there is room for more than asked.
const BLOCK: usize = 16;

/// Copies `len` bytes, at most 32, from the front of `input` to that of `output`; gives whether
/// both have as many.
#[inline(always)]
pub(super) fn literals(input: &[u8], output: &mut [u8], len: usize) -> bool {
    if let (Some(source), Some(target)) =
        (input.first_chunk::<MAX_LITERALS>(), output.first_chunk_mut::<MAX_LITERALS>())
    {
        // More than asked for, in one go: the rest is overwritten later.
        *target = *source;
        return true;
    }
    let (Some(source), Some(target)) = (input.get(..len), output.get_mut(..len)) else {
        return false;
    };
    target.copy_from_slice(source);
    true
}

/// Copies `len` bytes, however many, from the front of `input` to that of `output`; gives whether both have
/// as many.
#[cfg(any(feature = "lz4", feature = "lzo"))]
#[inline(always)]
pub(super) fn run(input: &[u8], output: &mut [u8], len: usize) -> bool {
    if len <= MAX_LITERALS {
        return literals(input, output, len);
    }
    let (Some(source), Some(target)) = (input.get(..len), output.get_mut(..len)) else {
        return false;
    };
    target.copy_from_slice(source);
    true
}

/// As [`back`], where that is at most a block which does not reach into itself, with room behind: most
/// references are. Gives whether it was.
#[inline(always)]
pub(super) fn near(output: &mut [u8], to: usize, distance: usize, len: usize) -> bool {
    if len > BLOCK || len > distance {
        return false;
    }
    let Some(block) = to.checked_sub(distance).and_then(|start| output.get(start..)?.first_chunk())
    else {
        return false;
    };
    let block: [u8; BLOCK] = *block;
    let Some(room) = output.get_mut(to..).and_then(<[u8]>::first_chunk_mut) else { return false };
    *room = block;
    true
}

/// Copies `len` bytes from `distance`, not 0, before `to` to `to`, one after the other; gives
/// whether `output` has them.
#[inline(always)]
pub(super) fn back(output: &mut [u8], to: usize, distance: usize, len: usize) -> bool {
    let Some(start) = to.checked_sub(distance) else { return false };
    if output.len() < to + len + 2 * BLOCK {
        return back_near_the_end(output, start, to, len);
    }
    if distance < BLOCK {
        repeat(output, start, to, len);
        return true;
    }
    // More than asked for, again: what is read too much is overwritten later.
    copy_block(output, start, to);
    let mut copied = BLOCK;
    while copied < len {
        copy_block(output, start + copied, to + copied);
        copied += BLOCK;
    }
    true
}

/// Copies what is less than a block before `to`, over and over, without reading again what it wrote: that
/// is not there yet.
#[inline(always)]
fn repeat(output: &mut [u8], start: usize, to: usize, len: usize) {
    /// By distance, what makes of that many bytes a word of repetitions, and how many bytes of whole
    /// ones that word has.
    const REPEATED: [(u64, usize); BLOCK / 2] = [
        (1, 8),
        (0x0101_0101_0101_0101, 8),
        (0x0001_0001_0001_0001, 8),
        (0x0001_0000_0100_0001, 6),
        (0x0000_0001_0000_0001, 8),
        (0x0000_0100_0000_0001, 5),
        (0x0001_0000_0000_0001, 6),
        (0x0100_0000_0000_0001, 7),
    ];
    let period = to - start;
    let block: [u8; BLOCK] = *output[start..].first_chunk().unwrap_or(&[0; BLOCK]);
    let bytes = u128::from_le_bytes(block) & (u128::MAX >> (8 * (BLOCK - period) as u32));
    let (block, step) = match REPEATED.get(period) {
        Some((times, whole)) => {
            let word = u128::from((bytes as u64).wrapping_mul(*times));
            if *whole == 8 { (word | word << 64, BLOCK) } else { (word, *whole) }
        }
        None => (bytes | bytes << (8 * period as u32), period),
    };
    let block = block.to_le_bytes();
    let mut copied = 0;
    while copied < len {
        output[to + copied..to + copied + BLOCK].copy_from_slice(&block);
        copied += step;
    }
}

#[inline(always)]
fn copy_block(output: &mut [u8], from: usize, to: usize) {
    let block: [u8; BLOCK] = *output[from..].first_chunk().unwrap_or(&[0; BLOCK]);
    output[to..to + BLOCK].copy_from_slice(&block);
}

/// As [`back`], to the byte.
#[cold]
fn back_near_the_end(output: &mut [u8], start: usize, to: usize, len: usize) -> bool {
    let end = to + len;
    if end > output.len() {
        return false;
    }
    // What was copied repeats itself as well: each time there is twice as much to copy.
    let mut copied = 0;
    while copied < len {
        let more = (to + copied - start).min(len - copied);
        output.copy_within(start..start + more, to + copied);
        copied += more;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_distances_and_lengths_are_copied() {
        for distance in 1..40 {
            for len in 1..100 {
                for room in [0, 1, 31, 32, 40] {
                    let mut output: Vec<u8> = (0..40).map(|n| n * 5 + 1).collect();
                    output.resize(40 + len + room, 0);
                    let expected: Vec<u8> =
                        (0..len).map(|n| output[40 - distance + n % distance]).collect();
                    assert!(back(&mut output, 40, distance, len));
                    assert_eq!(output[40..40 + len], expected, "{distance} {len} {room}");
                }
            }
        }
        assert!(!back(&mut [0; 100], 40, 41, 5));
        assert!(!back(&mut [0; 100], 40, 4, 61));
    }
}
