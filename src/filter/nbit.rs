//! N-bit (filter 5): only the significant bits of every number, packed.
//!
//! The client data is a grammar: a count of its values, whether there is nothing to do, elements
//! of the chunk, and then the element's type, of which some kinds nest. Bits stand most
//! significant first, whatever the type's byte order.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "hot loops; the grammar's sizes and offsets are checked against each other when it is parsed"
)]

use super::bits::{BitReader, BitWriter, field};
use super::{Filter, bad_client_data, corrupt, decode_to_vec, too_long};
use crate::error::Result;

const NAME: &str = "nbit";

pub(super) const ATOMIC: u32 = 1;
pub(super) const ARRAY: u32 = 2;
pub(super) const COMPOUND: u32 = 3;
pub(super) const NOOP: u32 = 4;
/// Most client data values the HDF5 library takes.
pub(super) const MAX_CLIENT_DATA: usize = 4096;
/// Deepest nesting of the grammar.
const MAX_DEPTH: usize = 32;

#[derive(Debug)]
pub(super) struct Nbit;

impl Filter for Nbit {
    fn id(&self) -> u16 {
        5
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn decode(&self, client_data: &[u32], input: &[u8], limit: usize) -> Result<Vec<u8>> {
        match Plan::parse(client_data)? {
            Some(plan) => {
                let len = plan.len(limit)?;
                decode_to_vec(self, client_data, input, len)
            }
            None if input.len() > limit => Err(too_long(NAME, input.len(), limit)),
            None => Ok(input.to_vec()),
        }
    }

    fn decode_into(&self, client_data: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        let limit = output.len();
        let Some(plan) = Plan::parse(client_data)? else {
            let target =
                output.get_mut(..input.len()).ok_or_else(|| too_long(NAME, input.len(), limit))?;
            target.copy_from_slice(input);
            return Ok(input.len());
        };
        let len = plan.len(limit)?;
        plan.decode(input, &mut output[..len])
            .ok_or_else(|| corrupt(NAME, "chunk is too short"))?;
        Ok(len)
    }

    fn decoded_prefix(&self, client_data: &[u32], input: &[u8]) -> Result<Option<usize>> {
        Ok(Plan::parse(client_data)?.is_none().then_some(input.len()))
    }

    fn encode(&self, client_data: &[u32], input: &[u8]) -> Result<Option<Vec<u8>>> {
        let Some(plan) = Plan::parse(client_data)? else { return Ok(Some(input.to_vec())) };
        if plan.len(input.len())? != input.len() {
            return Err(corrupt(NAME, "chunk has not the size that the client data say"));
        }
        let mut writer = BitWriter::after(Vec::with_capacity(input.len() + 1));
        plan.encode(input, &mut writer);
        // The HDF5 library adds a byte where the last one is full, and expects it.
        writer.write(0, 8);
        let (len, mut encoded) = (writer.len(), writer.finish());
        encoded.truncate(len);
        Ok(Some(encoded))
    }

    fn max_encoded_len(&self, _: &[u32], len: usize) -> usize {
        len.saturating_add(1)
    }
}

/// What the client data say.
#[derive(Debug)]
struct Plan {
    elements: usize,
    element: Node,
}

/// A type, as far as its bits go. Sizes and offsets in bytes.
#[derive(Debug)]
enum Node {
    Atomic(Atomic),
    Array { base: Box<Node>, size: usize },
    Compound { size: usize, members: Vec<(usize, Node)> },
    Noop { size: usize },
}

#[derive(Debug, Clone, Copy)]
struct Atomic {
    size: usize,
    big_endian: bool,
    /// Significant bits, at least 1.
    precision: u32,
    /// The lowest significant bit. With `precision`, never more than `size` holds.
    offset: u32,
}

impl Plan {
    /// `None` where there is nothing to do.
    fn parse(client_data: &[u32]) -> Result<Option<Self>> {
        let bad = || bad_client_data(NAME, client_data.get(..16).unwrap_or(client_data));
        let [_, nothing_to_do, elements, grammar @ ..] = client_data else { return Err(bad()) };
        if *nothing_to_do != 0 {
            return Ok(None);
        }
        let mut grammar = grammar;
        let element = Node::parse(&mut grammar, 0).ok_or_else(bad)?;
        let elements = usize::try_from(*elements).map_err(|_| bad())?;
        Ok(Some(Self { elements, element }))
    }

    /// Length of the decoded chunk, at most `limit`.
    fn len(&self, limit: usize) -> Result<usize> {
        let len = self.elements.saturating_mul(self.element.size());
        if len > limit { Err(too_long(NAME, len, limit)) } else { Ok(len) }
    }

    fn decode(&self, input: &[u8], output: &mut [u8]) -> Option<()> {
        if let Node::Atomic(atomic) = &self.element {
            match atomic.size {
                1 => return atomic.decode_all::<1>(input, output),
                2 => return atomic.decode_all::<2>(input, output),
                4 => return atomic.decode_all::<4>(input, output),
                8 if atomic.precision <= 56 => return atomic.decode_all::<8>(input, output),
                _ => {}
            }
        }
        output.fill(0);
        let mut reader = BitReader::new(input);
        output
            .chunks_exact_mut(self.element.size())
            .try_for_each(|element| self.element.unpack(&mut reader, element))
    }

    fn encode(&self, input: &[u8], writer: &mut BitWriter) {
        match &self.element {
            Node::Atomic(atomic) => match atomic.size {
                1 => atomic.encode_all::<1>(input, writer),
                2 => atomic.encode_all::<2>(input, writer),
                4 => atomic.encode_all::<4>(input, writer),
                8 => atomic.encode_all::<8>(input, writer),
                size => input.chunks_exact(size).for_each(|element| atomic.pack(writer, element)),
            },
            element => {
                input.chunks_exact(element.size()).for_each(|bytes| element.pack(writer, bytes))
            }
        }
    }
}

impl Node {
    /// Takes one type off the front of `grammar`; `None` where it makes no sense.
    fn parse(grammar: &mut &[u32], depth: usize) -> Option<Self> {
        if depth > MAX_DEPTH {
            return None;
        }
        let kind = take(grammar)?;
        let size = usize::try_from(take(grammar)?).ok().filter(|size| *size > 0)?;
        match kind {
            ATOMIC => {
                let big_endian = match take(grammar)? {
                    0 => false,
                    1 => true,
                    _ => return None,
                };
                let (precision, offset) = (take(grammar)?, take(grammar)?);
                let used = usize::try_from(precision.checked_add(offset)?).ok()?;
                (precision > 0 && used <= size.checked_mul(8)?).then_some(())?;
                Some(Self::Atomic(Atomic { size, big_endian, precision, offset }))
            }
            ARRAY => {
                let base = Box::new(Self::parse(grammar, depth + 1)?);
                (size % base.size() == 0).then_some(Self::Array { base, size })
            }
            COMPOUND => {
                let count = take(grammar)?;
                let mut members = Vec::new();
                for _ in 0..count {
                    let offset = usize::try_from(take(grammar)?).ok()?;
                    let member = Self::parse(grammar, depth + 1)?;
                    (offset.checked_add(member.size())? <= size).then_some(())?;
                    members.push((offset, member));
                }
                disjoint(&members).then_some(Self::Compound { size, members })
            }
            NOOP => Some(Self::Noop { size }),
            _ => None,
        }
    }

    /// Bytes, at least 1.
    fn size(&self) -> usize {
        match self {
            Self::Atomic(Atomic { size, .. })
            | Self::Array { size, .. }
            | Self::Compound { size, .. }
            | Self::Noop { size } => *size,
        }
    }

    /// Reads one element to `output`, which is zero and has its size.
    fn unpack(&self, reader: &mut BitReader<'_>, output: &mut [u8]) -> Option<()> {
        match self {
            Self::Atomic(atomic) => atomic.unpack(reader, output),
            Self::Array { base, .. } => output
                .chunks_exact_mut(base.size())
                .try_for_each(|element| base.unpack(reader, element)),
            Self::Compound { members, .. } => members.iter().try_for_each(|(offset, member)| {
                member.unpack(reader, &mut output[*offset..][..member.size()])
            }),
            Self::Noop { .. } => output.iter_mut().try_for_each(|byte| {
                *byte = u8::try_from(reader.read(8)?).ok()?;
                Some(())
            }),
        }
    }

    /// Writes one element, of which `input` holds the bytes.
    fn pack(&self, writer: &mut BitWriter, input: &[u8]) {
        match self {
            Self::Atomic(atomic) => atomic.pack(writer, input),
            Self::Array { base, .. } => {
                input.chunks_exact(base.size()).for_each(|element| base.pack(writer, element));
            }
            Self::Compound { members, .. } => {
                for (offset, member) in members {
                    member.pack(writer, &input[*offset..][..member.size()]);
                }
            }
            Self::Noop { .. } => input.iter().for_each(|byte| writer.write(u64::from(*byte), 8)),
        }
    }
}

/// Whether no member holds a byte of another: such members would not come back.
fn disjoint(members: &[(usize, Node)]) -> bool {
    let mut places: Vec<_> = members.iter().map(|(at, member)| (*at, member.size())).collect();
    places.sort_unstable();
    places.iter().zip(places.iter().skip(1)).all(|((at, size), (next, _))| at + size <= *next)
}

impl Atomic {
    /// Unpacks elements of `N` bytes, at most 8, whose precision is at most 56.
    #[inline(always)]
    fn decode_all<const N: usize>(&self, input: &[u8], output: &mut [u8]) -> Option<()> {
        let bits = usize::try_from(self.precision).ok()?;
        let (elements, _) = output.as_chunks_mut::<N>();
        // Places of elements are known without reading those before, while eight bytes are left.
        let most = input.len().saturating_sub(7).saturating_mul(8) / bits;
        let (fast, rest) = elements.split_at_mut(most.min(elements.len()));
        let read = |at| field(input, at, self.precision) << self.offset;
        let mut at = 0;
        if self.big_endian {
            for element in fast.iter_mut() {
                element.copy_from_slice(&read(at).to_be_bytes()[8 - N..]);
                at += bits;
            }
        } else {
            for element in fast.iter_mut() {
                element.copy_from_slice(&read(at).to_le_bytes()[..N]);
                at += bits;
            }
        }
        let mut reader = BitReader::new(input.get(at / 8..).unwrap_or_default());
        reader.read(u32::try_from(at % 8).ok()?)?;
        rest.iter_mut().try_for_each(|element| self.unpack(&mut reader, element))
    }

    /// Packs elements of `N` bytes, at most 8.
    #[inline(always)]
    fn encode_all<const N: usize>(&self, input: &[u8], writer: &mut BitWriter) {
        let (elements, _) = input.as_chunks::<N>();
        let value = |element: &[u8; N]| {
            let mut bytes = [0; 8];
            if self.big_endian {
                bytes[8 - N..].copy_from_slice(element);
                u64::from_be_bytes(bytes) >> self.offset
            } else {
                bytes[..N].copy_from_slice(element);
                u64::from_le_bytes(bytes) >> self.offset
            }
        };
        if self.precision <= 32 {
            elements.iter().for_each(|element| writer.write_short(value(element), self.precision));
        } else {
            elements.iter().for_each(|element| writer.write(value(element), self.precision));
        }
    }

    #[inline]
    fn unpack(&self, reader: &mut BitReader<'_>, output: &mut [u8]) -> Option<()> {
        if self.size > 8 {
            return self.unpack_wide(reader, output);
        }
        let value = reader.read(self.precision)? << self.offset;
        if self.big_endian {
            output.copy_from_slice(&value.to_be_bytes()[8 - self.size..]);
        } else {
            output.copy_from_slice(&value.to_le_bytes()[..self.size]);
        }
        Some(())
    }

    #[inline]
    fn pack(&self, writer: &mut BitWriter, input: &[u8]) {
        if self.size > 8 {
            return self.pack_wide(writer, input);
        }
        let mut bytes = [0; 8];
        let value = if self.big_endian {
            bytes[8 - self.size..].copy_from_slice(input);
            u64::from_be_bytes(bytes)
        } else {
            bytes[..self.size].copy_from_slice(input);
            u64::from_le_bytes(bytes)
        };
        writer.write(value >> self.offset, self.precision);
    }

    /// Numbers of more than 64 bits, byte by byte.
    fn unpack_wide(&self, reader: &mut BitReader<'_>, output: &mut [u8]) -> Option<()> {
        self.parts().try_for_each(|(index, low, count)| {
            output[index] = u8::try_from(reader.read(count)? << low).ok()?;
            Some(())
        })
    }

    fn pack_wide(&self, writer: &mut BitWriter, input: &[u8]) {
        for (index, low, count) in self.parts() {
            writer.write(u64::from(input[index] >> low), count);
        }
    }

    /// The bytes that hold significant bits, most significant first: index, lowest significant
    /// bit and how many there are.
    fn parts(self) -> impl Iterator<Item = (usize, u32, u32)> {
        let (low, high) = (self.offset, self.offset + self.precision);
        (low / 8..high.div_ceil(8)).rev().filter_map(move |byte| {
            let (first, last) = (low.max(byte * 8), high.min(byte * 8 + 8));
            let place = usize::try_from(byte).ok()?;
            let index = if self.big_endian { self.size - 1 - place } else { place };
            Some((index, first - byte * 8, last - first))
        })
    }
}

fn take(values: &mut &[u32]) -> Option<u32> {
    let (first, rest) = values.split_first()?;
    *values = rest;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grammar() -> impl Strategy<Value = (u32, Vec<u32>)> {
        let atomic = (1_u32..20, 0_u32..2)
            .prop_flat_map(|(size, order)| (Just(size), Just(order), 1..=8 * size))
            .prop_flat_map(|(size, order, precision)| {
                (0..=8 * size - precision)
                    .prop_map(move |offset| (size, vec![ATOMIC, size, order, precision, offset]))
            });
        let noop = (1_u32..20).prop_map(|size| (size, vec![NOOP, size]));
        prop_oneof![4 => atomic, 1 => noop].prop_recursive(3, 12, 3, |inner| {
            let array = (inner.clone(), 1_u32..5).prop_map(|((size, base), count)| {
                (size * count, [vec![ARRAY, size * count], base].concat())
            });
            let compound = prop::collection::vec((inner, 0_u32..3), 1..4).prop_map(|members| {
                let (mut size, mut body) = (0, Vec::new());
                for ((member, grammar), gap) in &members {
                    body.push(size + gap);
                    body.extend(grammar);
                    size += gap + member;
                }
                (size, [vec![COMPOUND, size, members.len() as u32], body].concat())
            });
            prop_oneof![array, compound]
        })
    }

    fn client_data(elements: u32, grammar: &[u32]) -> Vec<u32> {
        [&[3 + grammar.len() as u32, 0, elements][..], grammar].concat()
    }

    #[test]
    fn bits_stand_most_significant_first() {
        let cd = client_data(3, &[ATOMIC, 4, 0, 12, 4]);
        let chunk = [0xF0, 0xAB, 0, 0, 0x12, 0x34, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
        let stored = Nbit.encode(&cd, &chunk).unwrap().unwrap();
        assert_eq!(stored, [0xAB, 0xF3, 0x41, 0xFF, 0xF0]);
        let back = Nbit.decode(&cd, &stored, 12).unwrap();
        assert_eq!(back, [0xF0, 0xAB, 0, 0, 0x10, 0x34, 0, 0, 0xF0, 0xFF, 0, 0]);
        Nbit.decode(&cd, &stored, 11).unwrap_err();
        Nbit.decode(&cd, &stored[..4], 12).unwrap_err();
        Nbit.encode(&cd, &chunk[..8]).unwrap_err();
        let full = client_data(1, &[ATOMIC, 4, 1, 32, 0]);
        assert_eq!(Nbit.encode(&full, &[1, 2, 3, 4]).unwrap().unwrap(), [1, 2, 3, 4, 0]);
    }

    #[test]
    fn nothing_to_do_is_nothing_done() {
        let cd = [8, 1, 3, ATOMIC, 4, 0, 32, 0];
        assert_eq!(Nbit.decode(&cd, b"abc", 3).unwrap(), b"abc");
        assert_eq!(Nbit.decoded_prefix(&cd, b"abc").unwrap(), Some(3));
        assert_eq!(Nbit.encode(&cd, b"abc").unwrap().unwrap(), b"abc");
        Nbit.decode(&cd, b"abc", 2).unwrap_err();
    }

    #[test]
    fn senseless_grammars_are_refused() {
        for grammar in [
            &[][..],
            &[ATOMIC],
            &[ATOMIC, 0, 0, 1, 0],
            &[ATOMIC, 4, 2, 1, 0],
            &[ATOMIC, 4, 0, 0, 0],
            &[ATOMIC, 4, 0, 32, 1],
            &[ATOMIC, 4, 0, u32::MAX, 2],
            &[ARRAY, 6, ATOMIC, 4, 0, 1, 0],
            &[COMPOUND, 4, 1, 1, ATOMIC, 4, 0, 1, 0],
            &[COMPOUND, 4, u32::MAX, 0, NOOP, 1],
            &[NOOP, 0],
            &[5, 1],
        ] {
            Nbit.decode(&client_data(1, grammar), &[0; 100], 100).unwrap_err();
        }
        let deep = [ARRAY, 1].repeat(1000);
        Nbit.decode(&client_data(1, &[&deep[..], &[NOOP, 1]].concat()), &[0; 100], 100)
            .unwrap_err();
    }

    proptest! {
        #[test]
        fn significant_bits_come_back(
            (size, grammar) in grammar(),
            elements in 0_u32..20,
            seed in prop::collection::vec(any::<u8>(), 1..50),
        ) {
            let cd = client_data(elements, &grammar);
            let len = (size * elements) as usize;
            let chunk: Vec<u8> = seed.iter().copied().cycle().take(len).collect();
            let stored = Nbit.encode(&cd, &chunk).unwrap().unwrap();
            prop_assert!(stored.len() <= Nbit.max_encoded_len(&cd, len));
            let back = Nbit.decode(&cd, &stored, len).unwrap();
            prop_assert!(back.iter().zip(&chunk).all(|(back, chunk)| back & !chunk == 0));
            prop_assert_eq!(Nbit.encode(&cd, &back).unwrap().unwrap(), stored);
        }
    }
}
