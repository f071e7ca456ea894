//! Chunk bytes to chunk bytes: the filters and their pipeline. No I/O, no locks.

#[cfg(feature = "bitshuffle")]
mod bit_transpose;
#[cfg(feature = "bitround")]
mod bitround;
mod bits;
#[cfg(feature = "bitshuffle")]
mod bitshuffle;
#[cfg(feature = "blosc")]
mod blosc;
#[cfg(feature = "blosc2")]
mod blosc2;
#[cfg(feature = "bzip2")]
mod bzip2;
mod copies;
mod deflate;
#[cfg(test)]
mod fixture_tests;
mod fletcher32;
#[cfg(feature = "jpeg")]
mod jpeg;
pub(crate) mod local;
#[cfg(feature = "lz4")]
mod lz4;
mod lzf;
#[cfg(feature = "lzo")]
mod lzo;
#[cfg(any(feature = "blosc", feature = "lzo"))]
mod matching;
pub(crate) mod names;
mod nbit;
pub(crate) mod pipeline;
mod registry;
mod scaleoffset;
mod shuffle;
mod szip;
#[cfg(feature = "vbz")]
mod vbz;
#[cfg(feature = "zfp")]
mod zfp;
#[cfg(feature = "zstd")]
mod zstd;

use std::fmt;

pub use registry::Registry;

use crate::error::{Error, ErrorKind, Malformed, Result};

/// A filter: what the chunks of a dataset go through on their way to the file and back.
///
/// The filters of the HDF5 library and h5py's LZF are built in. A program adds others by
/// implementing this trait and registering them in a [`Registry`].
///
/// # Examples
///
/// A filter that inverts every byte:
///
/// ```
/// #[derive(Debug)]
/// struct Invert;
///
/// impl hdfive::Filter for Invert {
///     fn id(&self) -> u16 {
///         40_000
///     }
///
///     fn name(&self) -> &str {
///         "invert"
///     }
///
///     fn decode(&self, _: &[u32], input: &[u8], _: usize) -> hdfive::Result<Vec<u8>> {
///         Ok(input.iter().map(|byte| !byte).collect())
///     }
///
///     fn encode(&self, _: &[u32], input: &[u8]) -> hdfive::Result<Option<Vec<u8>>> {
///         Ok(Some(input.iter().map(|byte| !byte).collect()))
///     }
/// }
///
/// let file = hdfive::File::with_options()
///     .filter(Invert)
///     .open("tests/fixtures/tour_latest.h5")?;
/// # Ok::<(), hdfive::Error>(())
/// ```
pub trait Filter: Send + Sync + fmt::Debug {
    /// Its identifier, as registered with The HDF Group (32,768 and above: anyone's own).
    fn id(&self) -> u16;

    /// Its name, for messages and for the pipeline message of new datasets.
    fn name(&self) -> &str;

    /// Undoes [`encode`](Self::encode).
    ///
    /// `limit` is the most bytes the result may have: an implementation must not allocate much
    /// more than that on the input's word. Where nothing stands before this filter in the
    /// pipeline but filters that keep the length, it is also exactly what the result has to have.
    ///
    /// # Errors
    ///
    /// [`Error::corrupt_chunk`] where `input` is not something `encode` makes, or is longer than
    /// `limit` when decoded.
    fn decode(&self, client_data: &[u32], input: &[u8], limit: usize) -> Result<Vec<u8>>;

    /// Encodes the bytes of one chunk; `None` where that is of no use, because the result would
    /// not be smaller. An optional filter is then left out for this chunk.
    ///
    /// By default an error: a filter may be able to decode only.
    ///
    /// # Errors
    ///
    /// Where `client_data` and `input` do not fit each other.
    fn encode(&self, client_data: &[u32], input: &[u8]) -> Result<Option<Vec<u8>>> {
        let _ = (client_data, input);
        Err(Error::unsupported(format!("encoding with filter {} ({})", self.id(), self.name())))
    }

    /// [`encode`](Self::encode) to memory that is there already: `output`, of which what it held is
    /// lost. Gives whether that was of use; where it was not, `output` may hold anything.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    fn encode_into(&self, client_data: &[u32], input: &[u8], output: &mut Vec<u8>) -> Result<bool> {
        let encoded = self.encode(client_data, input)?;
        let is_of_use = encoded.is_some();
        if let Some(encoded) = encoded {
            *output = encoded;
        }
        Ok(is_of_use)
    }

    /// Whether [`encode`](Self::encode) may refuse bytes only for what they are: that it gives
    /// `None`, or an error, for some chunks and not for others of the same length. By default it
    /// does not.
    ///
    /// Chunks that must go through such a filter are encoded whenever they change, so that a refusal
    /// is the error of that change; all others only when they are full, or with a flush, which then
    /// leaves refused ones behind and says so.
    fn may_refuse(&self) -> bool {
        false
    }

    /// [`decode`](Self::decode) to memory that is there already; gives the length.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode), with the length of `output` as the limit.
    fn decode_into(&self, client_data: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        let decoded = self.decode(client_data, input, output.len())?;
        let limit = output.len();
        let Some(target) = output.get_mut(..decoded.len()) else {
            return Err(too_long(self.name(), decoded.len(), limit));
        };
        target.copy_from_slice(&decoded);
        Ok(decoded.len())
    }

    /// [`decode`](Self::decode) of a part alone: fills `output` with the bytes from `at` on of what all of
    /// `input` decodes to. Gives whether it did, which is the same for all parts of a chunk, empty ones, too.
    ///
    /// By default it does not. It is for filters that put bytes elsewhere, so that no part needs the
    /// others: those bytes then go straight to where the reader wants them.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode), and where there are not as many bytes.
    fn decode_part(
        &self,
        client_data: &[u32],
        input: &[u8],
        at: usize,
        output: &mut [u8],
    ) -> Result<bool> {
        let _ = (client_data, input, at, output);
        Ok(false)
    }

    /// The length of the decoded bytes where they are simply the first bytes of `input` (a
    /// filter that appends a checksum), `None` where [`decode`](Self::decode) has to be asked.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    fn decoded_prefix(&self, client_data: &[u32], input: &[u8]) -> Result<Option<usize>> {
        let _ = (client_data, input);
        Ok(None)
    }

    /// The most bytes [`encode`](Self::encode) makes of `len` bytes.
    ///
    /// Bounds what decoding may allocate for the stages behind this one. By default a quarter
    /// more and 4 KiB.
    fn max_encoded_len(&self, client_data: &[u32], len: usize) -> usize {
        let _ = client_data;
        len.saturating_add(len >> 2).saturating_add(4096)
    }
}

impl Error {
    /// What a [`Filter`] answers to chunk bytes it cannot decode, in words.
    #[cold]
    pub fn corrupt_chunk(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Malformed(Malformed::Broken(problem.into())))
    }
}

/// Chunk bytes that a filter cannot decode.
#[cold]
fn corrupt(filter: &str, problem: impl fmt::Display) -> Error {
    Error::corrupt_chunk(format!("{filter} filter: {problem}"))
}

/// Client data that makes no sense.
#[cold]
fn bad_client_data(filter: &str, client_data: &[u32]) -> Error {
    corrupt(filter, format_args!("client data {client_data:?} makes no sense"))
}

/// Decoded bytes that do not fit.
#[cold]
fn too_long(filter: &str, len: usize, limit: usize) -> Error {
    corrupt(filter, format_args!("decodes to {len} bytes, {limit} are allowed"))
}

/// What a filter whose blocks may be small makes of `len` bytes at most: `exact`, or twice as much and
/// 64 KiB, beyond which a chunk is not worth being encoded, nor being given memory.
#[cfg(any(feature = "lz4", feature = "bitshuffle"))]
fn capped(len: usize, exact: usize) -> usize {
    exact.min(len.saturating_mul(2).saturating_add(64 << 10))
}

/// Of filters that work in memory that is there: the same in new memory.
#[cfg(any(feature = "bzip2", feature = "jpeg", feature = "lz4", feature = "zstd"))]
macro_rules! in_new_memory {
    () => {
        fn decode(&self, client_data: &[u32], input: &[u8], limit: usize) -> Result<Vec<u8>> {
            super::decode_to_vec(self, client_data, input, limit)
        }

        fn encode(&self, client_data: &[u32], input: &[u8]) -> Result<Option<Vec<u8>>> {
            let mut output = Vec::new();
            Ok(self.encode_into(client_data, input, &mut output)?.then_some(output))
        }
    };
}
#[cfg(any(feature = "bzip2", feature = "jpeg", feature = "lz4", feature = "zstd"))]
use in_new_memory;

/// Decodes with a filter's own `decode_into` to new memory.
fn decode_to_vec(
    filter: &impl Filter,
    client_data: &[u32],
    input: &[u8],
    limit: usize,
) -> Result<Vec<u8>> {
    let mut output = vec![0; limit];
    let len = filter.decode_into(client_data, input, &mut output)?;
    output.truncate(len);
    Ok(output)
}
