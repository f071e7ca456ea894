//! What decoders of the LZ77 kind copy: literals of the stream, and what was decoded before.

#![expect(
    clippy::arithmetic_side_effects,
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

/// Copies `len` bytes from `distance`, not 0, before `to` to `to`, one after the other; gives
/// whether `output` has them.
#[inline(always)]
pub(super) fn back(output: &mut [u8], to: usize, distance: usize, len: usize) -> bool {
    let Some(start) = to.checked_sub(distance) else { return false };
    if output.len() < to + len + 2 * BLOCK {
        return back_near_the_end(output, start, to, len);
    }
    if distance < BLOCK {
        // What was just written is best read as it was written, in small pieces.
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

/// Copies what is less than a block before `to`, over and over.
#[inline(always)]
fn repeat(output: &mut [u8], start: usize, to: usize, len: usize) {
    /// By distance, as many bytes as are whole repetitions and at least a block.
    const FAR: [usize; BLOCK] = [16, 16, 16, 18, 16, 20, 18, 21, 16, 18, 20, 22, 24, 26, 28, 30];
    let period = to - start;
    if period == 1 {
        let block = [output[start]; BLOCK];
        let mut copied = 0;
        while copied < len {
            output[to + copied..to + copied + BLOCK].copy_from_slice(&block);
            copied += BLOCK;
        }
        return;
    }
    let far = FAR[period % BLOCK];
    for copied in 0..far.min(len) {
        output[to + copied] = output[start + copied];
    }
    let mut copied = far;
    while copied < len {
        copy_block(output, to + copied - far, to + copied);
        copied += BLOCK;
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
    if end <= to + (to - start) {
        output.copy_within(start..start + len, to);
    } else {
        for copied in 0..len {
            output[to + copied] = output[start + copied];
        }
    }
    true
}
