//! What Blosc compresses streams with.

use super::super::{Filter, corrupt, deflate, lz4, zstd};
use super::chunk::NAME;
use super::lz;
use crate::error::{Error, Result};

/// One of the codecs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Codec {
    BloscLz,
    Lz4,
    /// LZ4, with more effort.
    Lz4Hc,
    Snappy,
    Zlib,
    Zstd,
}

impl Codec {
    /// By its number in client data.
    pub(in super::super) fn of_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::BloscLz,
            1 => Self::Lz4,
            2 => Self::Lz4Hc,
            3 => Self::Snappy,
            4 => Self::Zlib,
            5 => Self::Zstd,
            _ => return None,
        })
    }

    /// By its number in a chunk.
    pub(in super::super) fn of_format(format: u8, version: u8) -> Result<Self> {
        let refused = |what: String| Err(Error::unsupported(format!("Blosc chunks of {what}")));
        if version != 1 {
            return refused(format!("version {version} of codec {format}"));
        }
        Ok(match format {
            0 => Self::BloscLz,
            1 => Self::Lz4,
            2 => Self::Snappy,
            3 => Self::Zlib,
            4 => Self::Zstd,
            _ => return refused(format!("codec {format}")),
        })
    }

    /// Its number in client data.
    pub(in super::super) fn code(self) -> u8 {
        match self {
            Self::BloscLz => 0,
            Self::Lz4 => 1,
            Self::Lz4Hc => 2,
            Self::Snappy => 3,
            Self::Zlib => 4,
            Self::Zstd => 5,
        }
    }

    /// Its number in a chunk.
    pub(in super::super) fn format(self) -> u8 {
        match self {
            Self::BloscLz => 0,
            Self::Lz4 | Self::Lz4Hc => 1,
            Self::Snappy => 2,
            Self::Zlib => 3,
            Self::Zstd => 4,
        }
    }

    /// Decodes a stream to all of `output`.
    pub(in super::super) fn decode(self, input: &[u8], output: &mut [u8]) -> Result<()> {
        let len = match self {
            Self::BloscLz => lz::decompress(input, output).map(|()| output.len()),
            Self::Lz4 | Self::Lz4Hc => Some(lz4::decompress(NAME, input, output)?),
            Self::Snappy => snap::raw::Decoder::new().decompress(input, output).ok(),
            Self::Zlib => Some(deflate::Deflate.decode_into(&[], input, output)?),
            Self::Zstd => Some(zstd::decompress(NAME, input, output)?),
        };
        if len == Some(output.len()) {
            return Ok(());
        }
        Err(corrupt(NAME, format_args!("a stream of {} bytes cannot be decoded", input.len())))
    }

    /// Encodes a stream and appends it to `output`, where it has fewer than `max` bytes; gives
    /// whether it has. Where it has not, `output` may end in anything.
    pub(in super::super) fn encode(
        self,
        level: u32,
        input: &[u8],
        output: &mut Vec<u8>,
        max: usize,
    ) -> bool {
        let start = output.len();
        match self {
            Self::BloscLz => return lz::compress(level, input, output, max),
            Self::Lz4Hc => {
                if !lz4::compress_high(level, input, output) {
                    return false;
                }
            }
            Self::Lz4 => {
                if lz4::compress(NAME, input, output).is_err() {
                    return false;
                }
            }
            Self::Snappy => {
                output.resize(start.saturating_add(snap::raw::max_compress_len(input.len())), 0);
                let room = output.get_mut(start..).unwrap_or_default();
                let Ok(len) = snap::raw::Encoder::new().compress(input, room) else { return false };
                output.truncate(start.saturating_add(len));
            }
            Self::Zlib => output.extend_from_slice(&deflate::encode::encode(input, level)),
            Self::Zstd => zstd::compress(zstd_level(level), input, output),
        }
        output.len().saturating_sub(start) < max
    }
}

/// The level of Zstandard that one of Blosc's stands for.
fn zstd_level(level: u32) -> i32 {
    match level {
        9.. => 22,
        _ => i32::try_from(level.saturating_mul(2).saturating_sub(1)).unwrap_or(1),
    }
}
