//! Bits of equal weight together: what bitshuffle, and Blosc with it, does to a block of elements.
//!
//! The first row of the result is the lowest bit of the first byte of all elements, the next one
//! the second bit, and so on to the highest bit of the last byte. A row has a bit for each
//! element, from the lowest of its first byte on.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "hot loops; all lengths are taken from the slices' own"
)]

use super::shuffle::{shuffle, turn8, unshuffle};

/// Elements that are turned at once.
const GROUP: usize = 64;

/// Turns `input`, elements of `element` bytes whose number is a multiple of 8, into rows of bits.
///
/// `output` must be as long as `input`, `element` not 0. `scratch` is memory to work in, which may
/// be of any length and hold anything.
pub(super) fn transpose(element: usize, input: &[u8], output: &mut [u8], scratch: &mut Vec<u8>) {
    let count = input.len() / element;
    let planes = if element == 1 {
        input
    } else {
        scratch.resize(input.len().max(scratch.len()), 0);
        shuffle(element, input, &mut scratch[..input.len()]);
        &scratch[..input.len()]
    };
    if count == 0 {
        return;
    }
    for (plane, rows) in planes.chunks_exact(count).zip(output.chunks_exact_mut(count)) {
        plane_to_rows(plane, rows);
    }
}

/// Undoes [`transpose`].
pub(super) fn untranspose(element: usize, input: &[u8], output: &mut [u8], scratch: &mut Vec<u8>) {
    let count = input.len() / element;
    if count == 0 {
        return;
    }
    if element == 1 {
        rows_to_plane(input, output);
        return;
    }
    scratch.resize(input.len().max(scratch.len()), 0);
    let planes = &mut scratch[..input.len()];
    for (rows, plane) in input.chunks_exact(count).zip(planes.chunks_exact_mut(count)) {
        rows_to_plane(rows, plane);
    }
    unshuffle(element, planes, output);
}

/// One byte of each element to eight rows of bits.
fn plane_to_rows(plane: &[u8], rows: &mut [u8]) {
    let row = plane.len() / 8;
    let (groups, rest) = plane.as_chunks::<GROUP>();
    for (index, group) in groups.iter().enumerate() {
        let turned = turn_bits(turn8(words(group)));
        for (place, word) in turned.iter().enumerate() {
            rows[place * row + 8 * index..][..8].copy_from_slice(&word.to_le_bytes());
        }
    }
    let done = groups.len() * 8;
    for (index, bytes) in rest.as_chunks::<8>().0.iter().enumerate() {
        let turned = turn_one(u64::from_le_bytes(*bytes)).to_le_bytes();
        for (place, byte) in turned.iter().enumerate() {
            rows[place * row + done + index] = *byte;
        }
    }
}

/// Undoes [`plane_to_rows`].
fn rows_to_plane(rows: &[u8], plane: &mut [u8]) {
    let row = plane.len() / 8;
    let (groups, rest) = plane.as_chunks_mut::<GROUP>();
    let done = groups.len() * 8;
    for (index, group) in groups.iter_mut().enumerate() {
        let turned = std::array::from_fn(|place| {
            let bytes = rows[place * row + 8 * index..].first_chunk();
            u64::from_le_bytes(*bytes.unwrap_or(&[0; 8]))
        });
        let words = turn8(turn_bits(turned));
        for (bytes, word) in group.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *bytes = word.to_le_bytes();
        }
    }
    for (index, bytes) in rest.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let column = std::array::from_fn(|place| rows[place * row + done + index]);
        *bytes = turn_one(u64::from_le_bytes(column)).to_le_bytes();
    }
}

fn words(group: &[u8; GROUP]) -> [u64; 8] {
    let (words, _) = group.as_chunks();
    std::array::from_fn(|index| u64::from_le_bytes(words[index]))
}

/// Swaps bits of pairs of words that are `STEP` apart: those of the first that `MASK` has, moved
/// down by `SHIFT`, with those of the second that are there.
#[inline(always)]
fn swap<const STEP: usize, const SHIFT: u32, const MASK: u64>(words: &mut [u64; 8]) {
    for low in (0..8).filter(|low| low & STEP == 0) {
        let high = low + STEP;
        let differ = (words[low] >> SHIFT ^ words[high]) & MASK;
        words[high] ^= differ;
        words[low] ^= differ << SHIFT;
    }
}

/// In each byte of all words, bit `i` of word `j` and bit `j` of word `i`, exchanged. Undoes itself.
#[inline(always)]
fn turn_bits(mut words: [u64; 8]) -> [u64; 8] {
    swap::<4, 4, 0x0F0F_0F0F_0F0F_0F0F>(&mut words);
    swap::<2, 2, 0x3333_3333_3333_3333>(&mut words);
    swap::<1, 1, 0x5555_5555_5555_5555>(&mut words);
    words
}

/// Bit `i` of byte `j` and bit `j` of byte `i`, exchanged. Undoes itself.
#[inline(always)]
fn turn_one(mut word: u64) -> u64 {
    let mut swap = |shift: u32, mask: u64| {
        let differ = (word >> shift ^ word) & mask;
        word ^= differ ^ differ << shift;
    };
    swap(28, 0x0000_0000_F0F0_F0F0);
    swap(14, 0x0000_CCCC_0000_CCCC);
    swap(7, 0x00AA_00AA_00AA_00AA);
    word
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As the module says it.
    fn slowly(element: usize, input: &[u8]) -> Vec<u8> {
        let count = input.len() / element;
        let mut rows = vec![0; input.len()];
        for (index, bytes) in input.chunks_exact(element).enumerate() {
            for bit in 0..8 * element {
                let set = bytes[bit / 8] >> (bit % 8) & 1;
                rows[bit * count / 8 + index / 8] |= set << (index % 8);
            }
        }
        rows
    }

    proptest! {
        #[test]
        fn rows_are_as_said_and_come_back(
            element in 1_usize..20,
            eights in 0_usize..40,
            bytes in prop::collection::vec(any::<u8>(), 20 * 40 * 8),
            mut scratch in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let input = &bytes[..element * eights * 8];
            let mut rows = vec![1; input.len()];
            transpose(element, input, &mut rows, &mut scratch);
            prop_assert_eq!(&rows, &slowly(element, input));
            let mut back = vec![1; input.len()];
            untranspose(element, &rows, &mut back, &mut scratch);
            prop_assert_eq!(back, input);
        }
    }
}
