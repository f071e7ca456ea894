//! JPEG (filter 32019): a chunk is one image, a stream of JPEG. What is decoded is about what was
//! encoded.

use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{Filter, bad_client_data, corrupt, in_new_memory, too_long};
use crate::error::{Error, Result};

const NAME: &str = "JPEG";

/// Most columns or rows of an image.
const MAX_EXTENT: u32 = 65_535;

/// Client data: quality (1 to 100), columns, rows, and 0 for one byte a pixel or 1 for red, green and
/// blue.
#[derive(Debug)]
pub(super) struct Jpeg;

impl Filter for Jpeg {
    fn id(&self) -> u16 {
        32_019
    }

    fn name(&self) -> &'static str {
        "jpeg"
    }

    in_new_memory!();

    fn decode_into(&self, client_data: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        let plan = Plan::parse(client_data)?;
        let space = if plan.colors == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
        let options = DecoderOptions::default()
            .set_strict_mode(true)
            .set_max_width(usize::from(plan.columns))
            .set_max_height(usize::from(plan.rows))
            .jpeg_set_out_colorspace(space);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(input), options);
        decoder.decode_headers().map_err(failed)?;
        let info = decoder.info().ok_or_else(|| corrupt(NAME, "stream is cut short"))?;
        if (info.width, info.height, usize::from(info.components))
            != (plan.columns, plan.rows, plan.colors)
        {
            return Err(corrupt(NAME, "the image is not as large as the chunk"));
        }
        let (len, limit) = (plan.len(), output.len());
        let output = output.get_mut(..len).ok_or_else(|| too_long(NAME, len, limit))?;
        decoder.decode_into(output).map_err(failed)?;
        Ok(len)
    }

    fn encode_into(&self, client_data: &[u32], input: &[u8], output: &mut Vec<u8>) -> Result<bool> {
        let plan = Plan::parse(client_data)?;
        if plan.len() != input.len() {
            return Err(bad_client_data(NAME, client_data));
        }
        output.clear();
        let mut encoder = Encoder::new(output, plan.quality);
        // As libjpeg has it by default.
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
        let kind = if plan.colors == 1 { ColorType::Luma } else { ColorType::Rgb };
        encoder.encode(input, plan.columns, plan.rows, kind).map_err(failed)?;
        Ok(true)
    }

    fn max_encoded_len(&self, _: &[u32], len: usize) -> usize {
        // At the highest quality noise gets longer; headers, tables and whole blocks of small images.
        len.saturating_mul(2).saturating_add(8 << 10)
    }
}

/// What client data say.
#[derive(Debug, Clone, Copy)]
struct Plan {
    quality: u8,
    columns: u16,
    rows: u16,
    /// Bytes of a pixel: 1 or 3.
    colors: usize,
}

impl Plan {
    fn parse(client_data: &[u32]) -> Result<Self> {
        let plan = match *client_data {
            [
                quality @ 1..=100,
                columns @ 1..=MAX_EXTENT,
                rows @ 1..=MAX_EXTENT,
                color @ 0..=1,
                ..,
            ] => {
                let extents = u8::try_from(quality).ok().zip(u16::try_from(columns).ok());
                extents.zip(u16::try_from(rows).ok()).map(|((quality, columns), rows)| Self {
                    quality,
                    columns,
                    rows,
                    colors: if color == 0 { 1 } else { 3 },
                })
            }
            _ => None,
        };
        plan.ok_or_else(|| bad_client_data(NAME, client_data))
    }

    /// Bytes of the image.
    fn len(self) -> usize {
        let pixels = usize::from(self.columns).saturating_mul(usize::from(self.rows));
        pixels.saturating_mul(self.colors)
    }
}

/// Client data of chunks of this shape, for which a user asked with `wanted`: the quality, or all of
/// it.
pub(super) fn client_data(wanted: &[u32], chunk: &[u64]) -> Result<Vec<u32>> {
    let cannot = |what: &str| Err(Error::usage(format!("JPEG filter: {what}")));
    let quality = wanted.first().copied().unwrap_or(75);
    if !(1..=100).contains(&quality) {
        return cannot("quality is 1 to 100");
    }
    let (color, image) = match chunk {
        [image @ .., 3] if image.len() > 1 => (1, image),
        image => (0, image),
    };
    let extent = |extent: u64| u32::try_from(extent).ok().filter(|extent| *extent <= MAX_EXTENT);
    match image {
        [others @ .., rows, columns] if others.iter().all(|extent| *extent == 1) => {
            match extent(*columns).zip(extent(*rows)) {
                Some((columns, rows)) => Ok(vec![quality, columns, rows, color]),
                None => cannot("images have at most 65,535 rows and columns"),
            }
        }
        _ => cannot("chunks have to be one image each, of rows and columns and perhaps 3 colors"),
    }
}

#[cold]
fn failed(error: impl std::fmt::Display) -> Error {
    corrupt(NAME, error)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What varies slowly, and comes back nearly the same.
    fn image(columns: u32, rows: u32, colors: u32) -> Vec<u8> {
        let at = |n: u32| (n / colors % columns + n / colors / columns * 2 + n % colors * 30) as u8;
        (0..columns * rows * colors).map(|n| at(n) / 2 + 40).collect()
    }

    #[test]
    fn images_come_back_nearly() {
        for (columns, rows, color) in [(64, 48, 0), (64, 48, 1), (1, 1, 0), (17, 9, 1), (200, 1, 0)]
        {
            let client_data = [100, columns, rows, color];
            let chunk = image(columns, rows, if color == 0 { 1 } else { 3 });
            let stored = Jpeg.encode(&client_data, &chunk).unwrap().unwrap();
            assert!(stored.len() <= Jpeg.max_encoded_len(&client_data, chunk.len()));
            let back = Jpeg.decode(&client_data, &stored, chunk.len()).unwrap();
            let most = chunk.iter().zip(&back).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(
                most <= Some(if color == 0 { 2 } else { 60 }),
                "{columns} {rows} {color}: {most:?}"
            );
            Jpeg.decode(&client_data, &stored, chunk.len() - 1).unwrap_err();
            Jpeg.decode(&[100, columns + 1, rows, color], &stored, 100_000).unwrap_err();
            Jpeg.decode(&[100, columns, rows, 1 - color], &stored, 100_000).unwrap_err();
        }
    }

    #[test]
    fn what_is_no_image_is_refused() {
        assert_eq!(client_data(&[90], &[1, 48, 64]).unwrap(), [90, 64, 48, 0]);
        assert_eq!(client_data(&[90], &[48, 64, 3]).unwrap(), [90, 64, 48, 1]);
        assert_eq!(client_data(&[90, 1, 2, 3], &[48, 3]).unwrap(), [90, 3, 48, 0]);
        for (wanted, chunk) in
            [(90, &[64][..]), (90, &[2, 48, 64]), (0, &[4, 4]), (101, &[4, 4]), (9, &[4, 65_536])]
        {
            client_data(&[wanted], chunk).unwrap_err();
        }
        for bad in [&[][..], &[90, 4, 4], &[0, 4, 4, 0], &[90, 0, 4, 0], &[90, 4, 4, 2]] {
            Jpeg.encode(bad, &[0; 16]).unwrap_err();
        }
        Jpeg.encode(&[90, 4, 4, 0], &[0; 15]).unwrap_err();
    }

    #[test]
    fn what_is_cut_short_is_an_error() {
        let client_data = [90, 64, 48, 1];
        let stored = Jpeg.encode(&client_data, &image(64, 48, 3)).unwrap().unwrap();
        // The end of the image, 2 bytes, is not missed.
        for len in 0..stored.len() - 3 {
            assert!(Jpeg.decode(&client_data, &stored[..len], 64 * 48 * 3).is_err(), "{len}");
        }
    }

    proptest! {
        #[test]
        fn any_change_is_survived(
            color in 0_u32..2,
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let client_data = [90, 33, 20, color];
            let chunk = image(33, 20, if color == 0 { 1 } else { 3 });
            let mut stored = Jpeg.encode(&client_data, &chunk).unwrap().unwrap();
            for (at, byte) in changes {
                let at = at.index(stored.len());
                stored[at] = byte;
            }
            if let Ok(output) = Jpeg.decode(&client_data, &stored, chunk.len()) {
                prop_assert_eq!(output.len(), chunk.len());
            }
        }
    }
}
