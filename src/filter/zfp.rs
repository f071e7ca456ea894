//! ZFP (filter 32013): numbers in blocks of 4 along each dimension, as a bare stream of ZFP. What
//! would be its header is in the client data.

use bytemuck::Pod;
use zfp_rs::{
    ZfpBitStream, ZfpConfig, ZfpDimensionality, ZfpField, ZfpFieldMetadata, ZfpFieldMut, ZfpScalar,
    ZfpScalarType, ZfpStreamAlignment,
};

use super::{Filter, bad_client_data, corrupt, decode_to_vec, too_long};
use crate::error::{Error, Result};

const NAME: &str = "ZFP";
/// The first word of a header: `zfp` and the version of the format, 5.
const MAGIC: u32 = u32::from_le_bytes(*b"zfp\x05");
/// Version 1.0.1 of the library, the format, and version 1.1.1 of the plugin.
const VERSIONS: u32 = 0x1010_5111;
/// Bits of the metadata behind the magic, and of a short mode behind that.
const META_BITS: u32 = 52;
const SHORT_MODE_BITS: u32 = 12;

/// Client data: versions, and a header of ZFP.
#[derive(Debug)]
pub(super) struct Zfp;

impl Filter for Zfp {
    fn id(&self) -> u16 {
        32_013
    }

    fn name(&self) -> &'static str {
        "zfp"
    }

    fn decode(&self, client_data: &[u32], input: &[u8], limit: usize) -> Result<Vec<u8>> {
        let len = Header::parse(client_data)?.len().ok_or_else(too_large)?;
        if len > limit {
            return Err(too_long(NAME, len, limit));
        }
        decode_to_vec(self, client_data, input, len)
    }

    fn decode_into(&self, client_data: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        let header = Header::parse(client_data)?;
        let (len, limit) = (header.len().ok_or_else(too_large)?, output.len());
        let output = output.get_mut(..len).ok_or_else(|| too_long(NAME, len, limit))?;
        let mut stream = ZfpBitStream::from_words(words(input));
        match header.meta.scalar_type {
            ZfpScalarType::I32 => header.decode::<i32>(&mut stream, output),
            ZfpScalarType::I64 => header.decode::<i64>(&mut stream, output),
            ZfpScalarType::F32 => header.decode::<f32>(&mut stream, output),
            ZfpScalarType::F64 => header.decode::<f64>(&mut stream, output),
        }?;
        Ok(len)
    }

    fn encode(&self, client_data: &[u32], input: &[u8]) -> Result<Option<Vec<u8>>> {
        let header = Header::parse(client_data)?;
        if header.len() != Some(input.len()) {
            return Err(bad_client_data(NAME, client_data));
        }
        match header.meta.scalar_type {
            ZfpScalarType::I32 => header.encode::<i32>(input),
            ZfpScalarType::I64 => header.encode::<i64>(input),
            ZfpScalarType::F32 => header.encode::<f32>(input),
            ZfpScalarType::F64 => header.encode::<f64>(input),
        }
        .map(Some)
    }

    fn max_encoded_len(&self, client_data: &[u32], len: usize) -> usize {
        let header = Header::parse(client_data).ok();
        let most = header.and_then(|header| {
            header.config.maximum_size(header.meta.scalar_type, header.meta.dims)
        });
        most.unwrap_or(len).max(len)
    }
}

/// A header of ZFP.
#[derive(Debug)]
struct Header {
    config: ZfpConfig,
    meta: ZfpFieldMetadata,
    /// Whether numbers have the high byte first: as the header's own words, which are as they were
    /// on the machine that wrote them.
    big_endian: bool,
}

impl Header {
    fn parse(client_data: &[u32]) -> Result<Self> {
        let bad = || bad_client_data(NAME, client_data);
        let &[_, magic, ref rest @ ..] = client_data else { return Err(bad()) };
        let big_endian = magic == MAGIC.swap_bytes();
        if magic != MAGIC && !big_endian {
            return Err(Error::unsupported("ZFP streams of other formats than 5"));
        }
        let word = |index: usize| {
            let word = rest.get(index).copied().unwrap_or(0);
            u128::from(if big_endian { word.swap_bytes() } else { word })
        };
        let bits = word(0) | word(1) << 32 | word(2) << 64 | word(3) << 96;
        let low = |bits: u128, count: u32| -> u64 {
            let rest = 128_u32.saturating_sub(count);
            u64::try_from(bits << rest >> rest).unwrap_or(u64::MAX)
        };
        let meta = ZfpFieldMetadata::from_bits(low(bits, META_BITS)).ok_or_else(bad)?;
        let mode = match low(bits >> META_BITS, SHORT_MODE_BITS) {
            0xFFF => low(bits >> META_BITS, 64),
            mode => mode,
        };
        let config = ZfpConfig::from_mode_bits(mode).ok_or_else(bad)?;
        Ok(Self { config, meta, big_endian })
    }

    fn client_data(&self) -> Option<Vec<u32>> {
        let mode = self.config.checked_mode_bits().ok()?;
        let bits = u128::from(self.meta.to_bits().ok()?) | u128::from(mode) << META_BITS;
        let count = if mode & 0xFFF == 0xFFF { 4 } else { 2 };
        let bytes = bits.to_le_bytes();
        let (words, _) = bytes.as_chunks();
        let words = words.iter().take(count).map(|word| u32::from_le_bytes(*word));
        Some([VERSIONS, MAGIC].into_iter().chain(words).collect())
    }

    /// Bytes of all numbers.
    fn len(&self) -> Option<usize> {
        let used = self.meta.dims.iter().take_while(|extent| **extent > 0);
        let size = self.meta.scalar_type.size();
        used.copied().try_fold(size, |len, extent| len.checked_mul(extent))
    }

    fn decode<T: ZfpScalar + Pod>(
        &self,
        stream: &mut ZfpBitStream,
        output: &mut [u8],
    ) -> Result<()> {
        let mut to = |numbers: &mut [T]| {
            let mut field = ZfpFieldMut::new(numbers, self.meta.dims).map_err(failed)?;
            stream.decompress(&self.config, &mut field).map_err(failed)
        };
        if let Ok(numbers) = bytemuck::try_cast_slice_mut(output) {
            to(numbers)?;
        } else {
            let mut numbers =
                vec![T::zeroed(); output.len().checked_div(size_of::<T>()).unwrap_or(0)];
            to(&mut numbers)?;
            output.copy_from_slice(bytemuck::cast_slice(&numbers));
        }
        self.swap::<T>(output);
        Ok(())
    }

    fn encode<T: ZfpScalar + Pod>(&self, input: &[u8]) -> Result<Vec<u8>> {
        let mut bytes = input.to_vec();
        self.swap::<T>(&mut bytes);
        let numbers: Vec<T> = bytemuck::pod_collect_to_vec(&bytes);
        let field = ZfpField::new(&numbers, self.meta.dims).map_err(failed)?;
        let most = self.config.maximum_size(self.meta.scalar_type, self.meta.dims);
        let mut stream = ZfpBitStream::new(most.ok_or_else(too_large)?).map_err(failed)?;
        stream.compress(&self.config, &field).map_err(failed)?;
        Ok(stream.into_words().iter().flat_map(|word| word.to_le_bytes()).collect())
    }

    /// Turns numbers from this machine's order of bytes to theirs, or back.
    fn swap<T>(&self, bytes: &mut [u8]) {
        if self.big_endian != cfg!(target_endian = "big") {
            bytes.chunks_exact_mut(size_of::<T>().max(1)).for_each(<[u8]>::reverse);
        }
    }
}

/// Client data of chunks of this shape, for which a user asked with `wanted`: a mode as the plugin
/// takes it, or the client data of another dataset.
pub(super) fn client_data(
    wanted: &[u32],
    is_float: bool,
    size: u32,
    chunk: &[u64],
) -> Result<Vec<u32>> {
    let cannot = |what: &str| Err(Error::usage(format!("ZFP filter: {what}")));
    let scalar_type = match (is_float, size) {
        (true, 4) => ZfpScalarType::F32,
        (true, 8) => ZfpScalarType::F64,
        (false, 4) => ZfpScalarType::I32,
        (false, 8) => ZfpScalarType::I64,
        _ => return cannot("numbers have to have 4 or 8 bytes"),
    };
    let mut dims = [0; 4];
    let mut used = 0_usize;
    for extent in chunk.iter().rev().filter(|extent| **extent > 1) {
        let Some(place) = dims.get_mut(used) else {
            return cannot("chunks have to have at most 4 dimensions of more than one element");
        };
        *place = usize::try_from(*extent).map_err(|_| too_large())?;
        used = used.saturating_add(1);
    }
    let Ok(rank) = u32::try_from(used).map(ZfpDimensionality::try_from) else {
        return cannot("too many dimensions");
    };
    let Ok(rank) = rank else {
        return cannot("chunks have to have more than one element");
    };
    let float = |low: u32, high: u32| f64::from_bits(u64::from(low) | u64::from(high) << 32);
    let config = match *wanted {
        [] => Some(ZfpConfig::new()),
        [_, MAGIC, ..] => Some(Header::parse(wanted)?.config),
        [1, _, low, high, ..] => ZfpConfig::fixed_rate(
            float(low, high),
            scalar_type,
            rank,
            ZfpStreamAlignment::Unaligned,
        )
        .ok(),
        [2, _, bits, ..] => Some(ZfpConfig::fixed_precision(bits)),
        [3, _, low, high, ..] if float(low, high) >= 0.0 => {
            Some(ZfpConfig::fixed_accuracy(float(low, high)))
        }
        [4, _, min_bits, max_bits, max_precision, min_exponent, ..] => {
            let min_exponent = min_exponent.cast_signed();
            ZfpConfig::expert(min_bits, max_bits, max_precision, min_exponent).ok()
        }
        [5, ..] => Some(ZfpConfig::reversible()),
        _ => None,
    };
    let header = config.map(|config| Header {
        config,
        meta: ZfpFieldMetadata { scalar_type, dims },
        big_endian: false,
    });
    match header.and_then(|header| header.client_data()) {
        Some(client_data) => Ok(client_data),
        None => cannot("this mode cannot be had for chunks of this size"),
    }
}

/// Bytes as the words of a stream.
fn words(bytes: &[u8]) -> Vec<u64> {
    let (words, rest) = bytes.as_chunks();
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let last = (!rest.is_empty()).then_some(u64::from_le_bytes(last));
    words.iter().map(|word| u64::from_le_bytes(*word)).chain(last).collect()
}

#[cold]
fn failed(error: impl std::fmt::Display) -> Error {
    corrupt(NAME, error)
}

#[cold]
fn too_large() -> Error {
    corrupt(NAME, "the shape is too large")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What hdf5plugin derives for chunks of 50 x 1 x 30 `f32`.
    const RATE: [u32; 4] = [VERSIONS, MAGIC, 0x1000_01d6, 0x0870_0003];
    const EXPERT: [u32; 6] = [VERSIONS, MAGIC, 0x1000_01d6, 0xfff0_0003, 0xc031_8009, 0x0008_0b64];

    fn of(wanted: &[u32]) -> Vec<u32> {
        client_data(wanted, true, 4, &[50, 1, 30]).unwrap()
    }

    fn float(mode: u32, value: f64) -> [u32; 4] {
        let bits = value.to_bits();
        [mode, 0, bits as u32, (bits >> 32) as u32]
    }

    #[test]
    fn client_data_are_those_of_the_plugin() {
        assert_eq!(of(&float(1, 8.5)), RATE);
        assert_eq!(of(&[2, 0, 12]), [VERSIONS, MAGIC, 0x1000_01d6, 0x80b0_0003]);
        assert_eq!(of(&float(3, 0.01)), [VERSIONS, MAGIC, 0x1000_01d6, 0xcac0_0003]);
        assert_eq!(of(&[5]), [VERSIONS, MAGIC, 0x1000_01d6, 0x8800_0003]);
        assert_eq!(of(&[4, 0, 10, 100, 20, -20_i32 as u32]), EXPERT);
        assert_eq!(of(&[]), [VERSIONS, MAGIC, 0x1000_01d6, 0xfff0_0003, 0xe088_8000, 0x0007_87af]);
        for made in [&RATE[..], &EXPERT] {
            assert_eq!(of(made), made);
        }
    }

    #[test]
    fn what_zfp_cannot_take_is_refused() {
        for (is_float, size, chunk) in [
            (true, 2, &[10][..]),
            (false, 1, &[10]),
            (true, 4, &[1, 1]),
            (true, 4, &[2, 2, 2, 2, 2]),
            (true, 4, &[1 << 50]),
        ] {
            client_data(&[5], is_float, size, chunk).unwrap_err();
        }
        for wanted in [&[9][..], &[1, 0], &float(1, f64::NAN), &float(3, -1.0), &[4, 0, 9, 8, 7, 6]]
        {
            client_data(wanted, true, 4, &[10]).unwrap_err();
        }
        let mut other = RATE;
        other[1] = u32::from_le_bytes(*b"zfp\x06");
        Zfp.decode(&other, &[0; 100], 6000).unwrap_err();
        Zfp.decode(&RATE[..1], &[0; 100], 6000).unwrap_err();
        // A chunk that its client data say is longer than it may be.
        Zfp.decode(&RATE, &[0; 10_000], 5999).unwrap_err();
        // A stream that ends early.
        Zfp.decode(&RATE, &[0; 100], 6000).unwrap_err();
    }

    #[test]
    fn the_order_of_bytes_of_the_writer_is_kept() {
        let swapped = RATE.map(u32::swap_bytes);
        let little: Vec<u8> = (0..1500).flat_map(|n| (n as f32).to_le_bytes()).collect();
        let big: Vec<u8> = (0..1500).flat_map(|n| (n as f32).to_be_bytes()).collect();
        let chunk = Zfp.encode(&RATE, &little).unwrap().unwrap();
        assert_eq!(Zfp.encode(&swapped, &big).unwrap().unwrap(), chunk);
        let (one, other) = (Zfp.decode(&RATE, &chunk, 6000), Zfp.decode(&swapped, &chunk, 6000));
        let turned: Vec<u8> =
            one.unwrap().chunks(4).flat_map(|n| [n[3], n[2], n[1], n[0]]).collect();
        assert_eq!(other.unwrap(), turned);
    }

    proptest! {
        #[test]
        fn reversible_comes_back(
            shape in prop::collection::vec(1_u64..9, 1..4),
            kind in 0_usize..4,
            seed in any::<u64>(),
        ) {
            prop_assume!(shape.iter().any(|extent| *extent > 1));
            let (is_float, size) = [(false, 4), (false, 8), (true, 4), (true, 8)][kind];
            let count = shape.iter().product::<u64>() as usize;
            let bytes: Vec<u8> = (0..count).flat_map(|n| {
                let n = (seed.wrapping_mul(n as u64 + 1) >> 40) as i32;
                match kind {
                    0 => n.to_le_bytes().to_vec(),
                    1 => i64::from(n).to_le_bytes().to_vec(),
                    2 => (n as f32 / 7.0).to_le_bytes().to_vec(),
                    _ => (f64::from(n) / 7.0).to_le_bytes().to_vec(),
                }
            }).collect();
            let made = client_data(&[5], is_float, size, &shape).unwrap();
            let chunk = Zfp.encode(&made, &bytes).unwrap().unwrap();
            prop_assert!(chunk.len() <= Zfp.max_encoded_len(&made, bytes.len()));
            prop_assert_eq!(&Zfp.decode(&made, &chunk, bytes.len()).unwrap(), &bytes);
            let mut unaligned = vec![0; bytes.len() + 1];
            Zfp.decode_into(&made, &chunk, &mut unaligned[1..]).unwrap();
            prop_assert_eq!(&unaligned[1..], bytes);
        }

        #[test]
        fn any_bytes_are_survived(
            client_data in prop::collection::vec(any::<u32>(), 2..5),
            input in prop::collection::vec(any::<u8>(), 0..300),
            limit in 0_usize..2000,
        ) {
            let with_magic = [&[VERSIONS, MAGIC], &client_data[..]].concat();
            for client_data in [with_magic, client_data] {
                if let Ok(output) = Zfp.decode(&client_data, &input, limit) {
                    prop_assert!(output.len() <= limit);
                }
            }
        }
    }
}
