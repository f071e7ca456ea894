//! Deflate (filter 1): one zlib stream (RFC 1950).

mod block;
pub(super) mod encode;
mod huffman;
mod matches;

use std::cell::Cell;

use zlib_rs::{Inflate, InflateFlush, Status};

use super::{Filter, bad_client_data, corrupt, decode_to_vec};
use crate::codec::wide;
use crate::error::Result;

const NAME: &str = "deflate";
/// Of the largest window that there is.
const WINDOW_BITS: u8 = 15;

thread_local! {
    /// What decodes the thread's next stream: to make one anew costs more than a small chunk.
    static INFLATE: Cell<Option<Inflate>> = const { Cell::new(None) };
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
        let mut inflate = INFLATE.take().unwrap_or_else(|| Inflate::new(true, WINDOW_BITS));
        let result = inflate_whole(&mut inflate, input, output);
        inflate.reset(true);
        INFLATE.set(Some(inflate));
        result
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

/// Decodes the stream `input` to the front of `output`; gives the length.
fn inflate_whole(inflate: &mut Inflate, input: &[u8], output: &mut [u8]) -> Result<usize> {
    let mut step = |input: &[u8], output: &mut [u8]| match inflate.decompress(
        input,
        output,
        InflateFlush::Finish,
    ) {
        Ok(status) => Ok((status == Status::StreamEnd, inflate.total_in(), inflate.total_out())),
        Err(error) => Err(corrupt(NAME, inflate.error_message().unwrap_or(error.as_str()))),
    };
    let (mut end, used, len) = step(input, output)?;
    if !end && len == wide(output.len()) {
        // The end of the stream may need no more room, only another call.
        let rest = usize::try_from(used).ok().and_then(|used| input.get(used..));
        let (ended, _, total) = step(rest.unwrap_or_default(), &mut [0])?;
        if total > len {
            return Err(corrupt(NAME, format_args!("decodes to more than {len} bytes")));
        }
        end = ended;
    }
    if !end {
        return Err(corrupt(NAME, "stream ends early"));
    }
    Ok(usize::try_from(len).unwrap_or(output.len()))
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
