//! bzip2 (filter 307): a chunk is one stream.

use bzip2::{Action, Compress, Compression, Decompress, Status};

use super::{Filter, bad_client_data, corrupt, in_new_memory};
use crate::error::{Error, Result};

const NAME: &str = "bzip2";

/// Block size where the client data has none.
const DEFAULT_BLOCK: u32 = 9;

/// Client data: the block size, in 100,000 bytes, 1 to 9. A block takes at most 4 MB to decode.
#[derive(Debug)]
pub(super) struct Bzip2;

impl Filter for Bzip2 {
    fn id(&self) -> u16 {
        307
    }

    fn name(&self) -> &'static str {
        NAME
    }

    in_new_memory!();

    fn decode_into(&self, _: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        let mut stream = Decompress::new(false);
        loop {
            let (from, to) = (stream.total_in(), stream.total_out());
            let room = output.get_mut(place(to)..).unwrap_or_default();
            let is_full = room.is_empty();
            let status = stream.decompress(input.get(place(from)..).unwrap_or_default(), room);
            match status {
                Ok(Status::StreamEnd) => return Ok(place(stream.total_out())),
                Ok(_) if (from, to) != (stream.total_in(), stream.total_out()) => {}
                Ok(_) if is_full => {
                    return Err(corrupt(NAME, "decodes to more than the chunk holds"));
                }
                Ok(_) => return Err(corrupt(NAME, "stream is cut short")),
                Err(error) => return Err(corrupt(NAME, error)),
            }
        }
    }

    fn encode_into(&self, client_data: &[u32], input: &[u8], output: &mut Vec<u8>) -> Result<bool> {
        let block = client_data.first().copied().unwrap_or(DEFAULT_BLOCK);
        if !(1..=9).contains(&block) {
            return Err(bad_client_data(NAME, client_data));
        }
        output.resize(self.max_encoded_len(client_data, input.len()), 0);
        let mut stream = Compress::new(Compression::new(block), 0);
        loop {
            let (from, to) = (stream.total_in(), stream.total_out());
            let input = input.get(place(from)..).unwrap_or_default();
            let room = output.get_mut(place(to)..).unwrap_or_default();
            match stream.compress(input, room, Action::Finish) {
                Ok(Status::StreamEnd) => {
                    output.truncate(place(stream.total_out()));
                    return Ok(true);
                }
                Ok(_) if (from, to) != (stream.total_in(), stream.total_out()) => {}
                Ok(_) => return Err(no_room()),
                Err(error) => return Err(corrupt(NAME, error)),
            }
        }
    }

    fn max_encoded_len(&self, _: &[u32], len: usize) -> usize {
        // As libbz2 says it.
        len.saturating_add(len / 100).saturating_add(600)
    }
}

#[cold]
fn no_room() -> Error {
    corrupt(NAME, "chunk does not get as small as every chunk does")
}

fn place(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(stored: &[u8], limit: usize) -> Result<Vec<u8>> {
        Bzip2.decode(&[], stored, limit)
    }

    #[test]
    fn streams_are_held_to_the_limit() {
        let stored = Bzip2.encode(&[], &[7; 100_000]).unwrap().unwrap();
        assert!(stored.starts_with(b"BZh9") && stored.len() < 60);
        assert_eq!(decode(&stored, 100_000).unwrap(), [7; 100_000]);
        assert_eq!(decode(&stored, 100_001).unwrap(), [7; 100_000]);
        decode(&stored, 99_999).unwrap_err();
        decode(&stored, 0).unwrap_err();
        decode(&[], 10).unwrap_err();
        decode(b"no stream at all", 10).unwrap_err();
        Bzip2.encode(&[0], b"abc").unwrap_err();
        Bzip2.encode(&[10], b"abc").unwrap_err();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn chunks_come_back(
            chunk in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..600),
                prop::collection::vec(0_u8..3, 0..6000),
            ],
            block in 1_u32..=9,
            cut in any::<prop::sample::Index>(),
            flip in any::<(prop::sample::Index, u8)>(),
        ) {
            let mut stored = Bzip2.encode(&[block], &chunk).unwrap().unwrap();
            prop_assert_eq!(&decode(&stored, chunk.len()).unwrap(), &chunk);
            decode(&stored[..cut.index(stored.len())], chunk.len()).unwrap_err();
            let at = flip.0.index(stored.len());
            stored[at] ^= flip.1;
            if let Ok(decoded) = decode(&stored, chunk.len()) {
                prop_assert!(decoded.len() <= chunk.len());
            }
        }
    }
}
