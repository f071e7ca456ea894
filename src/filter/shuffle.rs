//! Shuffle (filter 2): the first bytes of all elements, then the second bytes, and so on.

#![expect(
    clippy::arithmetic_side_effects,
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

    fn decoded_prefix(&self, client_data: &[u32], input: &[u8]) -> Result<Option<usize>> {
        let element = element_size(client_data)?;
        Ok((element == 1 || input.len() < 2 * element).then_some(input.len()))
    }

    fn encode(&self, client_data: &[u32], input: &[u8]) -> Result<Option<Vec<u8>>> {
        let mut output = vec![0; input.len()];
        shuffle(element_size(client_data)?, input, &mut output);
        Ok(Some(output))
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

/// Gathers the bytes of `element`-byte elements by their place in the element. What is left
/// after the last whole element is copied.
///
/// `input` and `output` must have the same length, and `element` must not be 0.
pub(super) fn shuffle(element: usize, input: &[u8], output: &mut [u8]) {
    let count = input.len() / element;
    let whole = count * element;
    output[whole..].copy_from_slice(&input[whole..]);
    let (input, output) = (&input[..whole], &mut output[..whole]);
    match element {
        _ if count < 2 || element == 1 => output.copy_from_slice(input),
        2 => shuffle_fixed::<2>(input, output),
        4 => shuffle_fixed::<4>(input, output),
        8 => shuffle_fixed::<8>(input, output),
        16 => shuffle_fixed::<16>(input, output),
        _ => {
            for (place, plane) in output.chunks_exact_mut(count).enumerate() {
                for (to, from) in plane.iter_mut().zip(input[place..].iter().step_by(element)) {
                    *to = *from;
                }
            }
        }
    }
}

/// Undoes [`shuffle`].
pub(super) fn unshuffle(element: usize, input: &[u8], output: &mut [u8]) {
    let count = input.len() / element;
    let whole = count * element;
    output[whole..].copy_from_slice(&input[whole..]);
    let (input, output) = (&input[..whole], &mut output[..whole]);
    match element {
        _ if count < 2 || element == 1 => output.copy_from_slice(input),
        2 => unshuffle_fixed::<2>(input, output),
        4 => unshuffle_fixed::<4>(input, output),
        8 => unshuffle_fixed::<8>(input, output),
        16 => unshuffle_fixed::<16>(input, output),
        _ => {
            for (place, plane) in input.chunks_exact(count).enumerate() {
                for (to, from) in output[place..].iter_mut().step_by(element).zip(plane) {
                    *to = *from;
                }
            }
        }
    }
}

fn shuffle_fixed<const N: usize>(input: &[u8], output: &mut [u8]) {
    let (elements, _) = input.as_chunks::<N>();
    for (place, plane) in output.chunks_exact_mut(elements.len()).enumerate() {
        for (to, element) in plane.iter_mut().zip(elements) {
            *to = element[place];
        }
    }
}

fn unshuffle_fixed<const N: usize>(input: &[u8], output: &mut [u8]) {
    let (elements, _) = output.as_chunks_mut::<N>();
    let count = elements.len();
    let planes: [&[u8]; N] = std::array::from_fn(|place| &input[place * count..][..count]);
    for (index, element) in elements.iter_mut().enumerate() {
        for place in 0..N {
            element[place] = planes[place][index];
        }
    }
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
    }
}
