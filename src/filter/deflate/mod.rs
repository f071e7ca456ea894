//! Deflate (filter 1): one zlib stream (RFC 1950).

mod block;
pub(super) mod encode;
mod huffman;
mod inflate;
mod matches;
mod table;

use std::cell::Cell;

use self::inflate::Tables;
use super::{Filter, bad_client_data, corrupt, decode_to_vec};
use crate::error::Result;

const NAME: &str = "deflate";

thread_local! {
    /// What decodes the thread's next stream.
    static TABLES: Cell<Option<Box<Tables>>> = const { Cell::new(None) };
}

/// Client data: the level, 0 to 9.
#[derive(Debug)]
pub(super) struct Deflate;

impl Filter for Deflate {
    fn id(&self) -> u16 {
        1
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn decode(&self, client_data: &[u32], input: &[u8], limit: usize) -> Result<Vec<u8>> {
        decode_to_vec(self, client_data, input, limit)
    }

    fn decode_into(&self, _: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        let mut tables = TABLES.take().unwrap_or_else(Tables::new);
        let decoded = tables.inflate(input, output);
        TABLES.set(Some(tables));
        decoded.map_err(|what| corrupt(NAME, what))
    }

    fn encode(&self, client_data: &[u32], input: &[u8]) -> Result<Option<Vec<u8>>> {
        let level = match client_data {
            [level @ 0..=9, ..] => *level,
            _ => return Err(bad_client_data(NAME, client_data)),
        };
        Ok(Some(encode::encode(input, level)))
    }

    fn max_encoded_len(&self, _: &[u32], len: usize) -> usize {
        // A fixed code has at most 9 bits for a byte, and some encoders use nothing else.
        len.saturating_add(len >> 2).saturating_add(64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_size_is_held_to() {
        let chunk = Deflate.encode(&[6], &[7; 1000]).unwrap().unwrap();
        assert_eq!(Deflate.decode(&[6], &chunk, 1000).unwrap(), [7; 1000]);
        assert_eq!(Deflate.decode(&[6], &chunk, 2000).unwrap(), [7; 1000]);
        Deflate.decode(&[6], &chunk, 999).unwrap_err();
        Deflate.decode(&[6], &chunk, 0).unwrap_err();
        Deflate.decode(&[6], &[], 0).unwrap_err();
        for len in 0..chunk.len() {
            Deflate.decode(&[6], &chunk[..len], 1000).unwrap_err();
        }
        let trailing = [chunk.as_slice(), b"trailing"].concat();
        assert_eq!(Deflate.decode(&[6], &trailing, 1000).unwrap(), [7; 1000]);
        let empty = Deflate.encode(&[6], &[]).unwrap().unwrap();
        assert!(Deflate.decode(&[6], &empty, 0).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn every_level_comes_back(
            level in 0_u32..10,
            input in prop::collection::vec(any::<u8>(), 0..3000),
            bits in any::<u8>(),
        ) {
            let input: Vec<u8> = input.iter().map(|byte| byte & bits).collect();
            let chunk = Deflate.encode(&[level], &input).unwrap().unwrap();
            prop_assert!(chunk.len() <= Deflate.max_encoded_len(&[level], input.len()));
            prop_assert_eq!(Deflate.decode(&[level], &chunk, input.len()).unwrap(), input);
        }
    }
}
