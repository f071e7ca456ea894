//! Blosc 2 (filter 32026): a frame with one chunk of Blosc 2, of which the elements may be in blocks
//! of several dimensions.

mod array;
mod frame;

use array::{Grid, MAX_RANK, block_shape};
use frame::{Content, Facts, Frame};

use super::blosc::chunk::{LONG, MAX_STREAMS};
use super::blosc::codec::Codec;
use super::blosc::encode::{Made, Plan};
use super::blosc::stages::{Scratch, Stages};
use super::blosc::{first_block, whole_elements, with_scratch};
use super::{Filter, bad_client_data, corrupt, in_new_memory, too_long};
use crate::error::{Error, Result};

const NAME: &str = "Blosc2";
/// Bytes a stream has at least.
const MIN_STREAM: usize = 32;
/// Bytes of the smallest and the largest block that is several streams.
const SMALLEST: usize = 32 << 10;
const LARGEST: usize = 4 << 20;

/// Client data: version of the filter, bytes of a block or 0, of an element and of a chunk, level,
/// filter, codec, and with several dimensions their count and the shape of a chunk. Decoding needs
/// none of it.
#[derive(Debug)]
pub(super) struct Blosc2;

impl Filter for Blosc2 {
    fn id(&self) -> u16 {
        32_026
    }

    fn name(&self) -> &'static str {
        "blosc2"
    }

    in_new_memory!();

    fn decode_into(&self, _: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        with_scratch(|scratch| decode(input, output, scratch))
    }

    fn encode_into(&self, client_data: &[u32], input: &[u8], output: &mut Vec<u8>) -> Result<bool> {
        let wanted = Wanted::parse(client_data)?;
        output.clear();
        with_scratch(|scratch| encode(&wanted, input, output, scratch))
            .ok_or_else(|| bad_client_data(NAME, client_data))?;
        Ok(true)
    }

    fn max_encoded_len(&self, client_data: &[u32], len: usize) -> usize {
        let wanted = Wanted::parse(client_data).ok();
        let grid = wanted.as_ref().and_then(|wanted| wanted.grid(len));
        // Stored, with the blocks at the ends filled up.
        grid.map_or(len, |grid| grid.blocks_len).saturating_add(len >> 4).saturating_add(4096)
    }
}

/// Decodes a frame to the front of `output`; gives the length.
fn decode(input: &[u8], output: &mut [u8], scratch: &mut Scratch) -> Result<usize> {
    let frame = Frame::parse(input, scratch)?;
    let grid = match frame.layer([b"b2nd", b"caterva"])? {
        Some(layer) => Some(Grid::parse(layer, frame.element)?),
        None => None,
    };
    let (len, limit) = (grid.map_or(frame.len, |grid| grid.len), output.len());
    let output = output.get_mut(..len).ok_or_else(|| too_long(NAME, len, limit))?;
    if grid.is_some_and(|grid| grid.blocks_len != frame.len) {
        return Err(corrupt(NAME, "the array's blocks are not what the frame holds"));
    }
    match (frame.content, grid) {
        (Content::Zeros, _) => output.fill(0),
        (Content::Nan, _) => match frame.element {
            4 => output.as_chunks_mut().0.fill(f32::NAN.to_le_bytes()),
            8 => output.as_chunks_mut().0.fill(f64::NAN.to_le_bytes()),
            _ => return Err(corrupt(NAME, "NaN of no floating-point type")),
        },
        (Content::Chunk(chunk), None) => chunk.decode(output, scratch)?,
        (Content::Chunk(chunk), Some(grid)) => {
            if chunk.block != grid.block_len {
                return Err(corrupt(NAME, "the array's blocks are not those of the chunk"));
            }
            let mut block = Vec::new();
            for index in 0..chunk.blocks() {
                if let Some(range) = grid.whole(index) {
                    let target = output.get_mut(range).unwrap_or_default();
                    chunk.decode_block(index, target, scratch)?;
                    continue;
                }
                block.resize(grid.block_len, 0);
                chunk.decode_block(index, &mut block, scratch)?;
                for row in grid.rows(index) {
                    let from = block.get(row.in_block..).and_then(|bytes| bytes.get(..row.len));
                    let to = output.get_mut(row.in_array..);
                    if let Some((to, from)) = to.and_then(|to| to.get_mut(..row.len)).zip(from) {
                        to.copy_from_slice(from);
                    }
                }
            }
        }
    }
    Ok(len)
}

/// What client data asks for.
#[derive(Debug)]
struct Wanted {
    block: usize,
    element: usize,
    level: u32,
    filter: u8,
    codec: Codec,
    /// Of a chunk, nothing where there is but one dimension.
    shape: Vec<usize>,
}

impl Wanted {
    fn parse(client_data: &[u32]) -> Result<Self> {
        let bad = || bad_client_data(NAME, client_data);
        let &[_, block, element, _, ref rest @ ..] = client_data else { return Err(bad()) };
        let value = |index: usize, default: u32| rest.get(index).copied().unwrap_or(default);
        let (level, filter, code) = (value(0, 5), value(1, 1), value(2, 0));
        let codec = Codec::of_code(code).filter(|codec| *codec != Codec::Snappy);
        if level > 9 || element == 0 {
            return Err(bad());
        }
        if filter > 3 || codec.is_none() {
            return Err(Error::unsupported(format!(
                "Blosc2 with filter {filter} and codec {code}"
            )));
        }
        let wide = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let extents = rest.get(4..).unwrap_or_default().iter().map(|extent| wide(*extent));
        let shape = extents.take(wide(value(3, 0))).collect();
        Ok(Self {
            block: wide(block),
            element: wide(element),
            level,
            filter: u8::try_from(filter).unwrap_or(0),
            codec: codec.ok_or_else(bad)?,
            shape,
        })
    }

    /// Whether blocks of so many bytes are several streams.
    fn divides(&self, filter: u8, element: usize, block: usize) -> bool {
        let fast = match self.codec {
            Codec::BloscLz | Codec::Lz4 => true,
            Codec::Zstd => self.level <= 5,
            _ => false,
        };
        let long = block.checked_div(element).is_some_and(|len| len >= MIN_STREAM);
        fast && filter == 1 && element <= MAX_STREAMS && long
    }

    /// The bytes of a block of one dimension, by the rules of the C library.
    fn block(&self, filter: u8, len: usize) -> usize {
        if len < self.element {
            return 1;
        }
        let mut block = match self.block {
            0 if self.level > 0 && self.divides(filter, self.element, len) => {
                let kilobytes: usize = match self.level {
                    ..=3 => 32,
                    4..=6 => 64,
                    7 => 128,
                    8 => 256,
                    _ => 512,
                };
                (kilobytes << 10).saturating_mul(self.element).clamp(SMALLEST, LARGEST)
            }
            0 => first_block(self.codec, self.level, len),
            block => block,
        };
        block = block.min(len);
        whole_elements(block, self.element)
    }

    /// Blocks of several dimensions, where a chunk of so many bytes has them.
    fn grid(&self, len: usize) -> Option<Grid> {
        // Of larger elements, the C library does not read such blocks.
        let is_small = u8::try_from(self.element).is_ok();
        if !is_small || !(2..=MAX_RANK).contains(&self.shape.len()) || self.shape.contains(&0) {
            return None;
        }
        // Whatever the filter, as the plugin has it.
        let block = block_shape(&self.shape, self.block(1, len), self.element);
        Grid::new(&self.shape, &block, self.element).filter(|grid| grid.len == len)
    }
}

/// Appends the frame of a chunk to `output`; `None` where what is asked for makes no sense.
fn encode(
    wanted: &Wanted,
    input: &[u8],
    output: &mut Vec<u8>,
    scratch: &mut Scratch,
) -> Option<()> {
    let grid = wanted.grid(input.len());
    let block =
        grid.map_or_else(|| wanted.block(wanted.filter, input.len()), |grid| grid.block_len);
    let filled = grid.map(|grid| gather(&grid, input));
    let input = filled.as_deref().unwrap_or(input);
    // Larger elements are taken for bytes.
    let element = u8::try_from(wanted.element).unwrap_or(1);
    let size = usize::from(element);
    let plan = Plan {
        codec: wanted.codec,
        level: wanted.level,
        element,
        block: block.max(1),
        divided: wanted.divides(wanted.filter, size, block),
        filter: wanted.filter,
        stages: Stages::new(5, size, &[(wanted.filter, 0)]).ok()?,
        long: true,
        smallest: MIN_STREAM,
    };
    let layer = grid.map(|grid| grid.layer());
    let facts = Facts {
        codec: wanted.codec.code(),
        level: u8::try_from(wanted.level).ok()?,
        filter: wanted.filter,
        element: wanted.element,
        block,
        len: input.len(),
        layer: layer.as_deref().map(|layer| (&b"b2nd"[..], layer)),
    };
    let from = output.len();
    frame::start(&facts, output);
    let header = output.len().checked_sub(from)?;
    let made = plan.encode(input, output, input.len().checked_add(LONG)?, scratch);
    if made == Made::Zeros {
        output.truncate(from.checked_add(header)?);
    }
    frame::finish(output, from, header, made == Made::Zeros);
    (made != Made::TooLong).then_some(())
}

/// The elements of an array in the order of its blocks.
fn gather(grid: &Grid, input: &[u8]) -> Vec<u8> {
    let mut output = vec![0; grid.blocks_len];
    for (index, block) in output.chunks_exact_mut(grid.block_len).enumerate() {
        for row in grid.rows(index) {
            let from = input.get(row.in_array..).and_then(|bytes| bytes.get(..row.len));
            let to = block.get_mut(row.in_block..).and_then(|bytes| bytes.get_mut(..row.len));
            if let Some((to, from)) = to.zip(from) {
                to.copy_from_slice(from);
            }
        }
    }
    output
}

#[cfg(test)]
mod tests;
