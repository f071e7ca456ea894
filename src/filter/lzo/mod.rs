//! LZO (filter 305), as PyTables has it: a chunk is one stream of LZO1X.
//!
//! A stream is codes, each with what belongs to it, and literals:
//!
//! | code | bytes behind it | |
//! |---|---|---|
//! | 18 to 255, as the first one | | as many literals less 17 |
//! | `0000LLLL`, behind none | | L + 3 literals |
//! | `0000DDSS`, behind 1 to 3 | `HHHHHHHH` | 2 bytes, of H, D + 1 bytes before |
//! | `0000DDSS`, behind more | `HHHHHHHH` | 3 bytes, of H, D + 2049 bytes before |
//! | `0001HLLL` | `DDDDDDSS DDDDDDDD` | L + 2 bytes, of H, D + 16384 bytes before; where H and D are 0, the end |
//! | `001LLLLL` | `DDDDDDSS DDDDDDDD` | L + 2 bytes, of D + 1 bytes before |
//! | `LLLDDDSS` | `HHHHHHHH` | L + 1 bytes, of H, D + 1 bytes before |
//!
//! S literals follow. A length L of no bits set is as much as the bits can say, and what the next
//! bytes add, up to the first that is not 0; each 0 is 255.
//!
//! Before version 0.8, PyTables put the Adler-32 of the decoded bytes and their number, 4 bytes
//! each, behind the stream.

mod decode;
mod encode;

use super::{Filter, corrupt, decode_to_vec};
use crate::error::Result;

const NAME: &str = "LZO";

/// Distance up to which references of up to 8 bytes have the shortest code.
const BEYOND_M2: usize = 1 << 11;
/// Distance beyond which references have a code of their own.
const FAR: usize = 1 << 14;
/// As many literals as there may be, or more.
const MANY: usize = 4;

/// Client data: level, version and kind of PyTables' object, which mean nothing.
#[derive(Debug)]
pub(super) struct Lzo;

impl Filter for Lzo {
    fn id(&self) -> u16 {
        305
    }

    fn name(&self) -> &'static str {
        "lzo"
    }

    fn decode(&self, client_data: &[u32], input: &[u8], limit: usize) -> Result<Vec<u8>> {
        decode_to_vec(self, client_data, input, limit)
    }

    fn decode_into(&self, _: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        let (end, len) = decode::decompress(input, output)?;
        let trailer = input.get(end..).and_then(|rest| <&[u8; 8]>::try_from(rest).ok());
        if let Some([a, b, c, d, stated @ ..]) = trailer {
            let sum = simd_adler32::adler32(&output.get(..len).unwrap_or_default());
            let is_right = usize::try_from(u32::from_le_bytes(*stated)).ok() == Some(len)
                && u32::from_le_bytes([*a, *b, *c, *d]) == sum;
            if !is_right {
                return Err(corrupt(NAME, "checksum is wrong"));
            }
        }
        Ok(len)
    }

    fn encode(&self, _: &[u32], input: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(encode::compress(input))
    }

    fn may_refuse(&self) -> bool {
        // What does not get shorter.
        true
    }

    fn max_encoded_len(&self, _: &[u32], len: usize) -> usize {
        // Of any encoder, with the trailer.
        len.saturating_add(len >> 3).saturating_add(139)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(stored: &[u8], limit: usize) -> Result<Vec<u8>> {
        Lzo.decode(&[], stored, limit)
    }

    #[test]
    fn each_code_is_understood() {
        let end = [17, 0, 0];
        let of = |codes: &[u8], limit| decode(&[codes, &end].concat(), limit);
        assert_eq!(of(&[], 5).unwrap(), b"");
        assert_eq!(of(b"\x14abc", 3).unwrap(), b"abc");
        // Four literals, then three bytes from 2049 and more before, which are not there.
        of(b"\x15abcd\x00\x00", 100).unwrap_err();
        // Two bytes from 3 before, and one literal.
        assert_eq!(of(b"\x14abc\x09\x00x", 6).unwrap(), b"abcabx");
        assert_eq!(of(b"\x14abc\x48\x00", 6).unwrap(), b"abcabc");
        assert_eq!(of(b"\x14abc\xe8\x00", 11).unwrap(), b"abcabcabcab");
        assert_eq!(of(b"\x14abc\x23\x08\x00", 8).unwrap(), b"abcabcab");
        assert_eq!(
            of(b"\x14abc\x20\x01\x00\x00", 37).unwrap(),
            [b'c'; 35][..].iter().fold(b"ab".to_vec(), |mut all, byte| {
                all.push(*byte);
                all
            })
        );
        // A run of literals behind a reference without any.
        assert_eq!(of(b"\x12a\x40\x00\x01wxyz", 8).unwrap(), b"aaaawxyz");
        let long = [&b"\x12a\x40\x00\x00\x02"[..], &[7; 20]].concat();
        assert_eq!(of(&long, 24).unwrap()[4..], [7; 20]);
        // Before the first byte, and more than there is room for.
        of(b"\x14abc\x4c\x00", 6).unwrap_err();
        of(b"\x14abc\x48\x00", 5).unwrap_err();
        of(b"\x15abcd", 3).unwrap_err();
    }

    #[test]
    fn far_references_come_back() {
        let noise = |seed: u32| (0..30_000_u32).map(move |i| (i.wrapping_mul(seed) >> 23) as u8);
        for apart in [0, 1, 2, 3] {
            let seeds = [0x9E37_79B1, 0x85EB_CA6B, 0xC2B2_AE35];
            let other = noise(0x27D4_EB2F).take(3000 * apart);
            let input: Vec<u8> = noise(seeds[0])
                .take(9000)
                .chain(other)
                .chain(noise(seeds[1]))
                .chain(noise(seeds[0]).take(9000))
                .collect();
            let stored = Lzo.encode(&[], &input).unwrap().unwrap();
            assert!(stored.len() < input.len() - 8000);
            assert_eq!(decode(&stored, input.len()).unwrap(), input);
        }
    }

    #[test]
    fn a_checksum_is_checked_where_there_is_one() {
        let chunk = [7; 100];
        let mut stored = Lzo.encode(&[], &chunk).unwrap().unwrap();
        stored.extend_from_slice(&simd_adler32::adler32(&chunk).to_le_bytes());
        stored.extend_from_slice(&100_u32.to_le_bytes());
        assert_eq!(decode(&stored, 100).unwrap(), chunk);
        for at in stored.len() - 8..stored.len() {
            let mut broken = stored.clone();
            broken[at] ^= 1;
            decode(&broken, 100).unwrap_err();
        }
    }

    proptest! {
        #[test]
        fn chunks_come_back(
            words in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..400), 1..8),
            order in prop::collection::vec(any::<prop::sample::Index>(), 0..200),
            cut in any::<prop::sample::Index>(),
            flip in any::<(prop::sample::Index, u8)>(),
        ) {
            let chunk: Vec<u8> = order.iter().flat_map(|i| i.get(&words).clone()).collect();
            if let Some(mut stored) = Lzo.encode(&[], &chunk).unwrap() {
                prop_assert!(stored.len() < chunk.len());
                prop_assert_eq!(&decode(&stored, chunk.len()).unwrap(), &chunk);
                decode(&stored, chunk.len() - 1).unwrap_err();
                decode(&stored[..cut.index(stored.len())], chunk.len()).unwrap_err();
                let at = flip.0.index(stored.len());
                stored[at] ^= flip.1;
                if let Ok(decoded) = decode(&stored, chunk.len()) {
                    prop_assert!(decoded.len() <= chunk.len());
                }
            }
        }

        #[test]
        fn any_bytes_are_survived(input in prop::collection::vec(any::<u8>(), 0..300), limit in 0_usize..2000) {
            if let Ok(output) = decode(&input, limit) {
                prop_assert!(output.len() <= limit);
            }
        }
    }
}
