//! Scale-offset (filter 6): numbers less their minimum, in as many bits as the largest needs.
//!
//! A chunk is the number of bits, the length of the minimum, the minimum, zeros up to offset 21,
//! and the packed numbers. Floating-point numbers are multiplied by a power of ten and rounded
//! first, so they lose what is behind that decimal place. The highest packed number stands for
//! the fill value where the dataset has one.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "hot loops; sizes are 1, 2, 4 or 8, bit counts are checked to be at most 8 times that"
)]

use super::bits::{BitReader, BitWriter, field};
use super::{Filter, bad_client_data, corrupt, decode_to_vec, too_long};
use crate::error::{Error, Result};

const NAME: &str = "scaleoffset";

/// Number of client data values.
pub(super) const CLIENT_DATA: usize = 20;
/// Scale types.
pub(super) const FLOAT_DECIMAL: u32 = 0;
pub(super) const FLOAT_EXPONENT: u32 = 1;
pub(super) const INTEGER: u32 = 2;
/// Where the packed numbers begin.
const HEADER: usize = 21;

#[derive(Debug)]
pub(super) struct ScaleOffset;

impl Filter for ScaleOffset {
    fn id(&self) -> u16 {
        6
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn decode(&self, client_data: &[u32], input: &[u8], limit: usize) -> Result<Vec<u8>> {
        let plan = Plan::parse(client_data)?;
        let len = if plan.nothing_to_do() { input.len() } else { plan.len(limit)? };
        if len > limit {
            return Err(too_long(NAME, len, limit));
        }
        decode_to_vec(self, client_data, input, len)
    }

    fn decode_into(&self, client_data: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        let plan = Plan::parse(client_data)?;
        let limit = output.len();
        if plan.nothing_to_do() {
            let target =
                output.get_mut(..input.len()).ok_or_else(|| too_long(NAME, input.len(), limit))?;
            target.copy_from_slice(input);
            return Ok(input.len());
        }
        let len = plan.len(limit)?;
        plan.decode(input, &mut output[..len])?;
        Ok(len)
    }

    fn decoded_prefix(&self, client_data: &[u32], input: &[u8]) -> Result<Option<usize>> {
        Ok(Plan::parse(client_data)?.nothing_to_do().then_some(input.len()))
    }

    fn encode(&self, client_data: &[u32], input: &[u8]) -> Result<Option<Vec<u8>>> {
        let plan = Plan::parse(client_data)?;
        if plan.nothing_to_do() {
            return Ok(Some(input.to_vec()));
        }
        if plan.len(input.len())? != input.len() {
            return Err(corrupt(NAME, "chunk has not the size that the client data say"));
        }
        Ok(Some(plan.encode(input)))
    }

    fn max_encoded_len(&self, _: &[u32], len: usize) -> usize {
        len.saturating_add(HEADER + 1)
    }
}

/// What the client data say.
#[derive(Debug, Clone, Copy)]
struct Plan {
    kind: Kind,
    /// Bytes of a number: 1, 2, 4 or 8, of floating-point ones 4 or 8.
    size: usize,
    big_endian: bool,
    elements: usize,
    /// Bits of the fill value.
    fill: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `bits`: those of each packed number, 0 for as many as it takes.
    Integer { signed: bool, bits: u32 },
    /// `digits`: decimal places kept, negative for places before the point.
    Float { digits: i32 },
}

impl Plan {
    fn parse(client_data: &[u32]) -> Result<Self> {
        let bad = || bad_client_data(NAME, client_data.get(..CLIENT_DATA).unwrap_or(client_data));
        let &[scale, factor, elements, class, size, sign, order, filled, low, high, ..] =
            client_data
        else {
            return Err(bad());
        };
        if client_data.len() != CLIENT_DATA || order > 1 || sign > 1 {
            return Err(bad());
        }
        let kind = match (scale, class, size) {
            (INTEGER, 0, 1 | 2 | 4 | 8) if factor <= 8 * size => {
                Kind::Integer { signed: sign == 1, bits: factor }
            }
            (FLOAT_DECIMAL, 1, 4 | 8) => Kind::Float { digits: factor.cast_signed() },
            (FLOAT_EXPONENT, 1, _) => {
                return Err(Error::unsupported("scaleoffset filter: scaling of exponents"));
            }
            _ => return Err(bad()),
        };
        let (size, elements) = (size as usize, elements as usize);
        let fill = u64::from(high) << 32 | u64::from(low);
        let fill = (filled != 0).then_some(fill & ones(8 * size as u32));
        Ok(Self { kind, size, big_endian: order == 1, elements, fill })
    }

    /// Whether chunks are stored as they are, without even a header.
    fn nothing_to_do(&self) -> bool {
        matches!(self.kind, Kind::Integer { bits, .. } if bits == self.width())
    }

    /// Bits of a number.
    fn width(&self) -> u32 {
        8 * self.size as u32
    }

    /// Length of the decoded chunk, at most `limit`.
    fn len(&self, limit: usize) -> Result<usize> {
        let len = self.elements.saturating_mul(self.size);
        if len > limit { Err(too_long(NAME, len, limit)) } else { Ok(len) }
    }

    fn decode(&self, input: &[u8], output: &mut [u8]) -> Result<()> {
        let short = || corrupt(NAME, "chunk is too short");
        let (header, packed) = input.split_at_checked(HEADER).ok_or_else(short)?;
        let bits = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
        if bits > self.width() {
            let problem = format_args!("{bits} bits for numbers of {}", self.width());
            return Err(corrupt(NAME, problem));
        }
        let mut minimum = [0; 8];
        let stored = usize::from(header[4]).min(8);
        minimum[..stored].copy_from_slice(&header[5..5 + stored]);
        let minimum = u64::from_le_bytes(minimum);
        if bits == self.width() {
            let packed = packed.get(..output.len()).ok_or_else(short)?;
            for (to, from) in output.chunks_exact_mut(self.size).zip(packed.chunks_exact(self.size))
            {
                to.copy_from_slice(from);
                if self.big_endian {
                    to.reverse();
                }
            }
            return Ok(());
        }
        match (self.kind, self.size) {
            (Kind::Integer { .. }, _) => {
                self.unpack(packed, bits, output, |n| n.wrapping_add(minimum))
            }
            (Kind::Float { digits }, 4) => {
                let (minimum, scale) = (f32::from_bits(minimum as u32), 10_f32.powf(digits as f32));
                self.unpack(packed, bits, output, |n| {
                    u64::from((n as i32 as f32 / scale + minimum).to_bits())
                })
            }
            (Kind::Float { digits }, _) => {
                let (minimum, scale) = (f64::from_bits(minimum), 10_f64.powf(f64::from(digits)));
                self.unpack(packed, bits, output, |n| (n as i64 as f64 / scale + minimum).to_bits())
            }
        }
        .ok_or_else(short)
    }

    /// Reads packed numbers of `bits` bits and writes what `value` makes of them.
    fn unpack(
        &self,
        packed: &[u8],
        bits: u32,
        output: &mut [u8],
        value: impl Fn(u64) -> u64,
    ) -> Option<()> {
        match self.size {
            1 => self.unpack_sized::<1>(packed, bits, output, value),
            2 => self.unpack_sized::<2>(packed, bits, output, value),
            4 => self.unpack_sized::<4>(packed, bits, output, value),
            _ => self.unpack_sized::<8>(packed, bits, output, value),
        }
    }

    #[inline(always)]
    fn unpack_sized<const N: usize>(
        &self,
        packed: &[u8],
        bits: u32,
        output: &mut [u8],
        value: impl Fn(u64) -> u64,
    ) -> Option<()> {
        let (numbers, _) = output.as_chunks_mut::<N>();
        let (fill, ones) = (self.fill, ones(bits));
        let store = |number: &mut [u8; N], packed: u64| {
            let value = match fill {
                Some(fill) if packed == ones => fill,
                _ => value(packed),
            };
            if self.big_endian {
                number.copy_from_slice(&value.to_be_bytes()[8 - N..]);
            } else {
                number.copy_from_slice(&value.to_le_bytes()[..N]);
            }
        };
        // Places of numbers are known without reading those before, while eight bytes are left.
        let fast = match bits {
            1..=56 => packed.len().saturating_sub(7) * 8 / bits as usize,
            _ => 0,
        };
        let (fast, rest) = numbers.split_at_mut(fast.min(numbers.len()));
        let mut at = 0;
        for number in fast {
            store(number, field(packed, at, bits));
            at += bits as usize;
        }
        let mut reader = BitReader::new(packed.get(at / 8..).unwrap_or_default());
        reader.read(at as u32 % 8)?;
        rest.iter_mut().try_for_each(|number| {
            store(number, reader.read(bits)?);
            Some(())
        })
    }

    fn encode(&self, input: &[u8]) -> Vec<u8> {
        match self.size {
            1 => self.encode_sized::<1>(input),
            2 => self.encode_sized::<2>(input),
            4 => self.encode_sized::<4>(input),
            _ => self.encode_sized::<8>(input),
        }
    }

    fn encode_sized<const N: usize>(&self, input: &[u8]) -> Vec<u8> {
        let (numbers, _) = input.as_chunks::<N>();
        let numbers = numbers.iter().map(|bytes| self.load(bytes));
        let (bits, minimum) = match self.kind {
            Kind::Integer { signed, bits } => self.range(numbers.clone(), signed, bits),
            Kind::Float { digits } => self.float_range(numbers.clone(), digits),
        };
        let mut encoded = Vec::with_capacity(HEADER + 1 + input.len());
        encoded.extend_from_slice(&bits.to_le_bytes());
        encoded.push(8);
        encoded.extend_from_slice(&minimum.to_le_bytes());
        encoded.resize(HEADER, 0);
        if bits == self.width() {
            for number in numbers {
                encoded.extend_from_slice(&number.to_le_bytes()[..N]);
            }
            return encoded;
        }
        // One byte more than the whole bytes, as the HDF5 library has it.
        let len = HEADER + (self.elements as u64 * u64::from(bits) / 8) as usize + 1;
        let mut writer = BitWriter::after(encoded);
        match self.kind {
            Kind::Integer { .. } => {
                for number in numbers {
                    let filled = self.fill == Some(number);
                    writer
                        .write(if filled { u64::MAX } else { number.wrapping_sub(minimum) }, bits);
                }
            }
            Kind::Float { digits } => {
                let scale = 10_f64.powf(f64::from(digits));
                let (minimum, fill) = (self.float(minimum) * scale, self.near_fill(digits));
                for number in numbers {
                    let number = self.float(number);
                    // To the nearest, halves up: neither negative nor beyond 63 bits.
                    let offset = number * scale - minimum;
                    let whole = offset as i64;
                    let whole = whole as u64 + u64::from(offset - whole as f64 >= 0.5);
                    let filled = fill.is_some_and(|fill| fill.holds(number));
                    writer.write(if filled { u64::MAX } else { whole }, bits);
                }
            }
        }
        let mut encoded = writer.finish();
        encoded.resize(len, 0);
        encoded
    }

    /// A number's bits; of a signed integer, as many copies of its sign as it takes.
    #[inline(always)]
    fn load<const N: usize>(&self, bytes: &[u8; N]) -> u64 {
        let mut wide = [0; 8];
        if self.big_endian {
            wide[8 - N..].copy_from_slice(bytes);
            u64::from_be_bytes(wide)
        } else {
            wide[..N].copy_from_slice(bytes);
            u64::from_le_bytes(wide)
        }
    }

    /// Bits that integers take, and the least of them. `bits`: what the user wants.
    fn range(&self, numbers: impl Iterator<Item = u64>, signed: bool, bits: u32) -> (u32, u64) {
        let unused = 64 - self.width();
        // Signed numbers move up by half the range, so that they compare as unsigned ones.
        let half = if signed { 1 << 63 } else { 0 };
        let ordered = |n: u64| {
            if signed { ((n << unused).cast_signed() >> unused).cast_unsigned() ^ half } else { n }
        };
        let (mut least, mut most) = (u64::MAX, 0);
        for number in numbers.filter(|number| self.fill != Some(*number)).map(ordered) {
            (least, most) = (least.min(number), most.max(number));
        }
        if least > most {
            // Nothing but fill values.
            return (if bits == 0 { 1 } else { bits }, 0);
        }
        match most - least {
            _ if bits != 0 => (bits, least ^ half),
            // The HDF5 library gives up here, and leaves the minimum at 0.
            range if range > ones(self.width()) - 2 => (self.width(), 0),
            range => (self.bits_for(range), least ^ half),
        }
    }

    /// Bits that floating-point numbers take when scaled and rounded, and the least of them. All
    /// bits, which keep every number as it is, where the range or a number is beyond that.
    fn float_range(&self, numbers: impl Iterator<Item = u64>, digits: i32) -> (u32, u64) {
        let (mut least, mut most, mut least_bits) = (f64::INFINITY, f64::NEG_INFINITY, 0);
        let fill = self.near_fill(digits);
        for bits in numbers {
            let number = self.float(bits);
            if !number.is_finite() {
                return (self.width(), 0);
            }
            if fill.is_some_and(|fill| fill.holds(number)) {
                continue;
            }
            if number < least {
                (least, least_bits) = (number, bits);
            }
            most = most.max(number);
        }
        if least > most {
            return (1, 0);
        }
        let scale = 10_f64.powf(f64::from(digits));
        let range = (most * scale - least * scale).round();
        let limit = 2_f64.powi(self.size as i32 * 8 - 1);
        if !(least * scale).is_finite() || !range.is_finite() || range >= limit {
            return (self.width(), 0);
        }
        (self.bits_for(range as u64), least_bits)
    }

    /// Bits for offsets up to `range`, and one more where there is a fill value.
    fn bits_for(&self, range: u64) -> u32 {
        match range.checked_add(u64::from(self.fill.is_some())) {
            Some(most) => (64 - most.leading_zeros()).min(self.width()),
            None => self.width(),
        }
    }

    fn float(&self, bits: u64) -> f64 {
        if self.size == 4 { f64::from(f32::from_bits(bits as u32)) } else { f64::from_bits(bits) }
    }

    /// What is within the precision kept of the fill value.
    fn near_fill(&self, digits: i32) -> Option<NearFill> {
        let near = 10_f64.powf(-f64::from(digits));
        self.fill.map(|fill| NearFill { fill: self.float(fill), near })
    }
}

/// Numbers that stand for the fill value.
#[derive(Debug, Clone, Copy)]
struct NearFill {
    fill: f64,
    near: f64,
}

impl NearFill {
    #[inline]
    fn holds(self, number: f64) -> bool {
        (number - self.fill).abs() < self.near
    }
}

/// The largest number of `bits` bits.
fn ones(bits: u32) -> u64 {
    if bits == 0 { 0 } else { u64::MAX >> (64 - bits) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn client_data(
        kind: [u32; 2],
        elements: usize,
        class: u32,
        size: usize,
        sign: u32,
        order: u32,
        fill: Option<u64>,
    ) -> Vec<u32> {
        let mut cd = vec![kind[0], kind[1], elements as u32, class, size as u32, sign, order];
        cd.push(u32::from(fill.is_some()));
        let fill = fill.unwrap_or(0);
        cd.extend([fill as u32, (fill >> 32) as u32]);
        cd.resize(CLIENT_DATA, 0);
        cd
    }

    fn bytes(numbers: &[u64], size: usize, order: u32) -> Vec<u8> {
        let one = |n: &u64| {
            let mut bytes = n.to_le_bytes()[..size].to_vec();
            if order == 1 {
                bytes.reverse();
            }
            bytes
        };
        numbers.iter().flat_map(one).collect()
    }

    #[test]
    fn senseless_client_data_is_refused() {
        let good = client_data([2, 0], 2, 0, 4, 0, 0, None);
        ScaleOffset.decode(&good, &[0; 22], 8).unwrap();
        ScaleOffset.decode(&good, &[0; 20], 8).unwrap_err();
        ScaleOffset.decode(&good, &[0; 22], 7).unwrap_err();
        ScaleOffset.decode(&good[..19], &[0; 22], 8).unwrap_err();
        for (index, value) in [(0, 0), (0, 3), (1, 33), (3, 1), (4, 3), (4, 0), (6, 2)] {
            let mut bad = good.clone();
            bad[index] = value;
            ScaleOffset.decode(&bad, &[0; 22], 100).unwrap_err();
        }
        let exponent = client_data([1, 0], 2, 1, 4, 0, 0, None);
        assert!(ScaleOffset.decode(&exponent, &[0; 22], 8).unwrap_err().is_unsupported());
        let mut chunk = [0; 100];
        chunk[0] = 33;
        ScaleOffset.decode(&good, &chunk, 8).unwrap_err();
    }

    #[test]
    fn all_bits_are_the_fill_value() {
        let cd = client_data([2, 0], 4, 0, 2, 1, 1, Some(0xFFF9));
        let chunk = bytes(&[0xFFFE, 0xFFF9, 1, 0], 2, 1);
        let stored = ScaleOffset.encode(&cd, &chunk).unwrap().unwrap();
        assert_eq!(stored[..6], [3, 0, 0, 0, 8, 0xFE]);
        assert_eq!(stored[21..], [0b0001_1101, 0b1010_0000]);
        assert_eq!(ScaleOffset.decode(&cd, &stored, 8).unwrap(), chunk);
    }

    proptest! {
        #[test]
        fn integers_come_back(
            size in prop::sample::select(vec![1_usize, 2, 4, 8]),
            (sign, order) in (0_u32..2, 0_u32..2),
            spread in 0_u32..=64,
            start in any::<u64>(),
            numbers in prop::collection::vec(any::<u64>(), 0..200),
            with_fill in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mask = ones(8 * size as u32);
            let numbers: Vec<u64> =
                numbers.iter().map(|n| (n & ones(spread)).wrapping_add(start) & mask).collect();
            let fill = with_fill.filter(|_| !numbers.is_empty()).map(|i| *i.get(&numbers));
            let cd = client_data([2, 0], numbers.len(), 0, size, sign, order, fill);
            let chunk = bytes(&numbers, size, order);
            let stored = ScaleOffset.encode(&cd, &chunk).unwrap().unwrap();
            prop_assert!(stored.len() <= ScaleOffset.max_encoded_len(&cd, chunk.len()));
            prop_assert_eq!(ScaleOffset.decode(&cd, &stored, chunk.len()).unwrap(), chunk);
        }

        #[test]
        fn floats_come_back_near(
            size in prop::sample::select(vec![4_usize, 8]),
            order in 0_u32..2,
            digits in -3_i32..5,
            numbers in prop::collection::vec(-1e5_f64..1e5, 1..100),
            with_fill in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let bits = |n: &f64| if size == 4 { u64::from((*n as f32).to_bits()) } else { n.to_bits() };
            let stored_numbers: Vec<u64> = numbers.iter().map(bits).collect();
            let fill = with_fill.map(|i| *i.get(&stored_numbers));
            let cd = client_data([0, digits as u32], numbers.len(), 1, size, 0, order, fill);
            let chunk = bytes(&stored_numbers, size, order);
            let stored = ScaleOffset.encode(&cd, &chunk).unwrap().unwrap();
            let back = ScaleOffset.decode(&cd, &stored, chunk.len()).unwrap();
            let plan = Plan::parse(&cd).unwrap();
            let tolerance = 10_f64.powi(-digits) * 1.001 + if size == 4 { 0.05 } else { 1e-9 };
            for (back, number) in back.chunks_exact(size).zip(&numbers) {
                let back = match size {
                    4 => plan.load::<4>(back.first_chunk().unwrap()),
                    _ => plan.load::<8>(back.first_chunk().unwrap()),
                };
                let back = plan.float(back);
                prop_assert!((back - number).abs() <= tolerance, "{back} for {number}");
            }
        }

        #[test]
        fn any_bytes_are_survived(
            cd in prop::collection::vec(0_u32..9, 20),
            input in prop::collection::vec(any::<u8>(), 0..100),
        ) {
            let _ = ScaleOffset.decode(&cd, &input, 64);
            let _ = ScaleOffset.encode(&cd, &input);
        }
    }
}
