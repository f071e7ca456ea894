//! Shuffle (filter 2): the first bytes of all elements, then the second bytes, and so on.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "hot loops; `element` and `count` are taken from the slices' own length"
)]

use super::{Filter, bad_client_data, decode_to_vec, too_long};
use crate::error::Result;

const NAME: &str = "shuffle";

/// Client data: the element size in bytes.
#[derive(Debug)]
pub(super) struct Shuffle;

impl Filter for Shuffle {
    fn id(&self) -> u16 {
        2
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn decode(&self, client_data: &[u32], input: &[u8], limit: usize) -> Result<Vec<u8>> {
        if input.len() > limit {
            return Err(too_long(NAME, input.len(), limit));
        }
        decode_to_vec(self, client_data, input, input.len())
    }

    fn decode_into(&self, client_data: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        let limit = output.len();
        let output =
            output.get_mut(..input.len()).ok_or_else(|| too_long(NAME, input.len(), limit))?;
        unshuffle(element_size(client_data)?, input, output);
        Ok(input.len())
    }

    fn decode_part(
        &self,
        client_data: &[u32],
        input: &[u8],
        at: usize,
        output: &mut [u8],
    ) -> Result<bool> {
        let element = element_size(client_data)?;
        if output.len() > input.len().saturating_sub(at) {
            return Err(too_long(NAME, at.saturating_add(output.len()), input.len()));
        }
        unshuffle_part(element, input, at, output);
        Ok(true)
    }

    fn decoded_prefix(&self, client_data: &[u32], input: &[u8]) -> Result<Option<usize>> {
        let element = element_size(client_data)?;
        Ok((element == 1 || input.len() < 2 * element).then_some(input.len()))
    }

    fn encode(&self, client_data: &[u32], input: &[u8]) -> Result<Option<Vec<u8>>> {
        let mut output = Vec::new();
        self.encode_into(client_data, input, &mut output)?;
        Ok(Some(output))
    }

    fn encode_into(&self, client_data: &[u32], input: &[u8], output: &mut Vec<u8>) -> Result<bool> {
        let element = element_size(client_data)?;
        output.resize(input.len(), 0);
        shuffle(element, input, output);
        Ok(true)
    }

    fn max_encoded_len(&self, _: &[u32], len: usize) -> usize {
        len
    }
}

fn element_size(client_data: &[u32]) -> Result<usize> {
    match client_data {
        [size] if *size > 0 => Ok(usize::try_from(*size).unwrap_or(usize::MAX)),
        _ => Err(bad_client_data(NAME, client_data)),
    }
}

/// Elements that are turned at once.
const BLOCK: usize = 8;

/// Gathers the bytes of `element`-byte elements by their place in the element. What is left
/// after the last whole element is copied.
///
/// `input` and `output` must have the same length, and `element` must not be 0.
pub(super) fn shuffle(element: usize, input: &[u8], output: &mut [u8]) {
    let count = input.len() / element;
    let whole = count * element;
    output[whole..].copy_from_slice(&input[whole..]);
    let (input, output) = (&input[..whole], &mut output[..whole]);
    // A constant size makes the compiler unroll.
    match element {
        _ if count < 2 || element == 1 => output.copy_from_slice(input),
        2 => {
            let (low, high) = output.split_at_mut(count);
            let (elements, _) = input.as_chunks();
            // Two passes, for the compiler packs what it casts.
            for (low, element) in low.iter_mut().zip(elements) {
                *low = u16::from_le_bytes(*element) as u8;
            }
            for (high, element) in high.iter_mut().zip(elements) {
                *high = (u16::from_le_bytes(*element) >> 8) as u8;
            }
        }
        4 => gather4(input, output),
        8 => gather_fixed::<8>(input, output),
        16 => gather_fixed::<16>(input, output),
        _ => gather(element, input, output),
    }
}

/// Undoes [`shuffle`].
pub(super) fn unshuffle(element: usize, input: &[u8], output: &mut [u8]) {
    let count = input.len() / element;
    let whole = count * element;
    output[whole..].copy_from_slice(&input[whole..]);
    unshuffle_elements(element, &input[..whole], 0, &mut output[..whole]);
}

/// Undoes [`shuffle`] for the bytes from `at` on, as many as `output` has, which `input` must have.
fn unshuffle_part(element: usize, input: &[u8], at: usize, output: &mut [u8]) {
    let count = input.len() / element;
    let (planes, rest) = input.split_at(count * element);
    let (at_rest, of_planes) = (at.saturating_sub(planes.len()), planes.len().saturating_sub(at));
    let (output, behind) = output.split_at_mut(of_planes.min(output.len()));
    behind.copy_from_slice(&rest[at_rest.min(rest.len())..][..behind.len()]);
    if output.is_empty() {
        return;
    }
    // Elements that are not asked for whole: byte by byte.
    let byte = |at: usize| planes[at % element * count + at / element];
    let (before, output) =
        output.split_at_mut((at.next_multiple_of(element) - at).min(output.len()));
    for (to, at) in before.iter_mut().zip(at..) {
        *to = byte(at);
    }
    let at = at + before.len();
    let (output, after) = output.split_at_mut(output.len() - output.len() % element);
    for (to, at) in after.iter_mut().zip(at + output.len()..) {
        *to = byte(at);
    }
    unshuffle_elements(element, planes, at / element, output);
}

/// Undoes [`shuffle`] of whole elements for those from `first` on, as many as `output` has.
fn unshuffle_elements(element: usize, input: &[u8], first: usize, output: &mut [u8]) {
    match element {
        // Nothing was put elsewhere.
        _ if element == 1 || input.len() / element < 2 => {
            output.copy_from_slice(&input[first * element..][..output.len()]);
        }
        2 => {
            let (low, high) = input.split_at(input.len() / 2);
            let (elements, _) = output.as_chunks_mut();
            for ((low, high), element) in low[first..].iter().zip(&high[first..]).zip(elements) {
                *element = [*low, *high];
            }
        }
        4 => scatter_fixed::<4>(input, first, output),
        8 => scatter_fixed::<8>(input, first, output),
        16 => scatter_fixed::<16>(input, first, output),
        _ => scatter(element, input, first, output),
    }
}

/// [`shuffle`] of elements of four bytes: the compiler packs what it casts.
#[inline(never)]
fn gather4(input: &[u8], output: &mut [u8]) {
    /// Elements of which all places are gathered before those of the next ones, for they are near then.
    const NEAR: usize = 2048;
    let (elements, _) = input.as_chunks::<4>();
    let count = elements.len();
    for (part, elements) in elements.chunks(NEAR).enumerate() {
        for place in 0..4 {
            let plane = &mut output[place * count + part * NEAR..][..elements.len()];
            gather_place(place, elements, plane);
        }
    }
}

/// The bytes at one place of elements of four bytes.
#[inline(always)]
fn gather_place(place: usize, elements: &[[u8; 4]], plane: &mut [u8]) {
    /// As many elements as the shortest vector of a processor has bytes.
    const ROW: usize = 16;
    let byte = |element: [u8; 4]| (u32::from_le_bytes(element) >> (8 * place)) as u8;
    let (rows, rest) = elements.as_chunks::<ROW>();
    let (blocks, ends) = plane.as_chunks_mut::<ROW>();
    for (block, row) in blocks.iter_mut().zip(rows) {
        *block = row.map(byte);
    }
    for (end, element) in ends.iter_mut().zip(rest) {
        *end = byte(*element);
    }
}

/// [`gather`] of elements of a constant size, as a function of its own: where it stands among others, what the
/// compiler makes of it depends on what they are.
#[inline(never)]
fn gather_fixed<const ELEMENT: usize>(input: &[u8], output: &mut [u8]) {
    gather(ELEMENT, input, output);
}

/// [`scatter`] in the same way.
#[inline(never)]
fn scatter_fixed<const ELEMENT: usize>(input: &[u8], first: usize, output: &mut [u8]) {
    scatter(ELEMENT, input, first, output);
}

/// [`shuffle`] of whole elements: eight places at a time, then four, then one.
#[inline(always)]
fn gather(element: usize, input: &[u8], output: &mut [u8]) {
    let count = input.len() / element;
    let done = count - count % BLOCK;
    let mut place = 0;
    while element - place >= 8 {
        let mut planes = planes_mut::<8>(&mut output[place * count..], count);
        for (index, elements) in input.chunks_exact(BLOCK * element).enumerate() {
            let rows = turn8(std::array::from_fn(|row| {
                u64::from_le_bytes(first(&elements[row * element + place..]))
            }));
            for (plane, row) in planes.iter_mut().zip(rows) {
                plane[index] = row.to_le_bytes();
            }
        }
        place += 8;
    }
    if element - place >= 4 {
        let mut planes = planes_mut::<4>(&mut output[place * count..], count);
        for (index, elements) in input.chunks_exact(BLOCK * element).enumerate() {
            let half = |row: usize| {
                u64::from(u32::from_le_bytes(first(&elements[row * element + place..])))
            };
            let rows =
                turn4_back(std::array::from_fn(|row| half(2 * row) | half(2 * row + 1) << 32));
            for (plane, row) in planes.iter_mut().zip(rows) {
                plane[index] = row.to_le_bytes();
            }
        }
    }
    for place in 0..element {
        let from = if place < element - element % 4 { done } else { 0 };
        let plane = &mut output[place * count..][from..count];
        for (to, element) in plane.iter_mut().zip(input.chunks_exact(element).skip(from)) {
            *to = element[place];
        }
    }
}

/// [`unshuffle_elements`]: eight places at a time, then four, then one.
#[inline(always)]
fn scatter(element: usize, input: &[u8], first: usize, output: &mut [u8]) {
    let stride = input.len() / element;
    let count = output.len() / element;
    let done = count - count % BLOCK;
    let mut place = 0;
    while element - place >= 8 {
        let planes = planes::<8>(&input[place * stride + first..], stride, count);
        for (index, elements) in output.chunks_exact_mut(BLOCK * element).enumerate() {
            let columns = turn8(std::array::from_fn(|row| u64::from_le_bytes(planes[row][index])));
            for row in 0..8 {
                elements[row * element + place..][..8].copy_from_slice(&columns[row].to_le_bytes());
            }
        }
        place += 8;
    }
    if element - place >= 4 {
        let planes = planes::<4>(&input[place * stride + first..], stride, count);
        for (index, elements) in output.chunks_exact_mut(BLOCK * element).enumerate() {
            let columns = turn4(std::array::from_fn(|row| u64::from_le_bytes(planes[row][index])));
            for row in 0..4 {
                let bytes = columns[row].to_le_bytes();
                elements[2 * row * element + place..][..4].copy_from_slice(&bytes[..4]);
                elements[(2 * row + 1) * element + place..][..4].copy_from_slice(&bytes[4..]);
            }
        }
    }
    for place in 0..element {
        let from = if place < element - element % 4 { done } else { 0 };
        let plane = &input[place * stride + first..][from..count];
        for (element, byte) in output.chunks_exact_mut(element).skip(from).zip(plane) {
            element[place] = *byte;
        }
    }
}

/// `count` bytes of each of `N` planes, which follow each other every `stride` bytes, in blocks.
fn planes<const N: usize>(bytes: &[u8], stride: usize, count: usize) -> [&[[u8; BLOCK]]; N] {
    std::array::from_fn(|plane| bytes[plane * stride..][..count].as_chunks().0)
}

fn planes_mut<const N: usize>(bytes: &mut [u8], count: usize) -> [&mut [[u8; BLOCK]]; N] {
    let mut planes = bytes.chunks_exact_mut(count);
    std::array::from_fn(|_| planes.next().unwrap_or_default().as_chunks_mut().0)
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    *bytes.first_chunk().unwrap_or(&[0; N])
}

/// Turns eight rows of eight bytes into eight columns. Undoes itself.
#[inline(always)]
pub(super) fn turn8(rows: [u64; 8]) -> [u64; 8] {
    let [a, b, c, d, e, f, g, h] = rows;
    let ([a, e], [b, f], [c, g], [d, h]) = (swap4(a, e), swap4(b, f), swap4(c, g), swap4(d, h));
    let ([a, c], [b, d], [e, g], [f, h]) = (swap2(a, c), swap2(b, d), swap2(e, g), swap2(f, h));
    let ([a, b], [c, d], [e, f], [g, h]) = (swap1(a, b), swap1(c, d), swap1(e, f), swap1(g, h));
    [a, b, c, d, e, f, g, h]
}

/// Turns four rows of eight bytes into eight columns, two in a number.
#[inline(always)]
fn turn4(rows: [u64; 4]) -> [u64; 4] {
    let [a, b, c, d] = rows;
    let ([a, b], [c, d]) = (swap1(a, b), swap1(c, d));
    let ([a, c], [b, d]) = (swap2(a, c), swap2(b, d));
    let ([a, b], [c, d]) = (swap4(a, b), swap4(c, d));
    [a, c, b, d]
}

/// Undoes [`turn4`].
#[inline(always)]
fn turn4_back(columns: [u64; 4]) -> [u64; 4] {
    let [a, c, b, d] = columns;
    let ([a, b], [c, d]) = (swap4(a, b), swap4(c, d));
    let ([a, c], [b, d]) = (swap2(a, c), swap2(b, d));
    let ([a, b], [c, d]) = (swap1(a, b), swap1(c, d));
    [a, b, c, d]
}

/// Swaps every second byte of `a` with the one before it in `b`.
#[inline(always)]
fn swap1(a: u64, b: u64) -> [u64; 2] {
    swap::<8>(a, b, 0x00FF_00FF_00FF_00FF)
}

/// Swaps every second pair of bytes of `a` with the one before it in `b`.
#[inline(always)]
fn swap2(a: u64, b: u64) -> [u64; 2] {
    swap::<16>(a, b, 0x0000_FFFF_0000_FFFF)
}

/// Swaps the upper half of `a` with the lower one of `b`.
#[inline(always)]
fn swap4(a: u64, b: u64) -> [u64; 2] {
    swap::<32>(a, b, 0x0000_0000_FFFF_FFFF)
}

#[inline(always)]
fn swap<const BITS: u32>(a: u64, b: u64, mask: u64) -> [u64; 2] {
    let differ = ((a >> BITS) ^ b) & mask;
    [a ^ differ << BITS, b ^ differ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn planes_then_the_rest() {
        let shuffled = Shuffle.encode(&[3], b"abcABCxyzXY").unwrap().unwrap();
        assert_eq!(shuffled, b"aAxbBycCzXY");
        assert_eq!(Shuffle.decoded_prefix(&[1], b"abc").unwrap(), Some(3));
        assert_eq!(Shuffle.decoded_prefix(&[2], b"abc").unwrap(), Some(3));
        assert_eq!(Shuffle.decoded_prefix(&[2], b"abcd").unwrap(), None);
        Shuffle.decode(&[0], b"abc", 3).unwrap_err();
        Shuffle.decode(&[], b"abc", 3).unwrap_err();
        Shuffle.decode(&[2, 2], b"abc", 3).unwrap_err();
        Shuffle.decode(&[2], b"abc", 2).unwrap_err();
    }

    proptest! {
        #[test]
        fn every_size_comes_back(
            element in 1_usize..40,
            input in prop::collection::vec(any::<u8>(), 0..2000),
        ) {
            let mut shuffled = vec![0; input.len()];
            shuffle(element, &input, &mut shuffled);
            let count = input.len() / element;
            for (index, byte) in shuffled.iter().enumerate().take(count * element) {
                prop_assert_eq!(*byte, input[index % count * element + index / count]);
            }
            let mut back = vec![0; input.len()];
            unshuffle(element, &shuffled, &mut back);
            prop_assert_eq!(back, input);
        }

        #[test]
        fn every_part_comes_back(
            element in 1_usize..20,
            input in prop::collection::vec(any::<u8>(), 0..600),
            at in any::<prop::sample::Index>(),
            len in any::<prop::sample::Index>(),
        ) {
            let mut shuffled = vec![0; input.len()];
            shuffle(element, &input, &mut shuffled);
            let at = at.index(input.len() + 1);
            let len = len.index(input.len() - at + 1);
            let client_data = [element as u32];
            let mut part = vec![0; len];
            prop_assert!(Shuffle.decode_part(&client_data, &shuffled, at, &mut part).unwrap());
            prop_assert_eq!(&part, &input[at..at + len]);
            let mut beyond = vec![0; input.len() - at + 1];
            Shuffle.decode_part(&client_data, &shuffled, at, &mut beyond).unwrap_err();
        }
    }
}
