//! Bits, most significant first.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "hot loops; the window holds at most 64 bits, every shift is below that"
)]

/// Reads bits from the most significant bit of the first byte on.
#[derive(Debug)]
pub(super) struct BitReader<'a> {
    rest: &'a [u8],
    /// The next bits, from the top; zeros below.
    window: u64,
    /// How many bits of the window count.
    held: u32,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, window: 0, held: 0 }
    }

    /// Fills the window to more than 56 bits, or to the last there are.
    #[inline]
    fn fill(&mut self) {
        if let Some(next) = self.rest.first_chunk::<8>() {
            self.window |= u64::from_be_bytes(*next) >> self.held;
            let bytes = (63 - self.held) >> 3;
            self.rest = usize::try_from(bytes).ok().and_then(|n| self.rest.get(n..)).unwrap_or(&[]);
            self.held += bytes << 3;
            // Bits beyond the whole bytes are read again.
            self.window &= !(u64::MAX >> self.held);
        } else {
            while self.held <= 56
                && let Some((byte, rest)) = self.rest.split_first()
            {
                self.window |= u64::from(*byte) << (56 - self.held);
                self.held += 8;
                self.rest = rest;
            }
        }
    }

    /// The next `count` bits, at most 64, as a number; `None` where fewer are left.
    #[inline]
    pub(super) fn read(&mut self, count: u32) -> Option<u64> {
        if count > self.held {
            if count > 32 {
                return self.read_wide(count);
            }
            self.fill();
            if count > self.held {
                return None;
            }
        }
        if count == 0 {
            return Some(0);
        }
        let bits = self.window >> (64 - count);
        self.window = self.window.checked_shl(count).unwrap_or(0);
        self.held -= count;
        Some(bits)
    }

    #[cold]
    fn read_wide(&mut self, count: u32) -> Option<u64> {
        let high = self.read(count - 32)?;
        let low = self.read(32)?;
        Some(high << 32 | low)
    }

    /// How many zeros stand before the next one bit, which is consumed; `None` without one.
    #[inline]
    pub(super) fn zeros(&mut self) -> Option<u64> {
        let mut zeros = 0;
        loop {
            if self.window != 0 {
                let here = self.window.leading_zeros();
                self.window = self.window.checked_shl(here + 1).unwrap_or(0);
                self.held -= here + 1;
                return Some(zeros + u64::from(here));
            }
            zeros += u64::from(self.held);
            self.held = 0;
            self.fill();
            if self.held == 0 {
                return None;
            }
        }
    }
}

/// The field of `bits` bits, at most 56, at the bit `at`; 0 where less than eight bytes are left
/// there.
#[inline(always)]
pub(super) fn field(bytes: &[u8], at: usize, bits: u32) -> u64 {
    let Some(word) = bytes.get(at >> 3..).and_then(<[u8]>::first_chunk) else { return 0 };
    (u64::from_be_bytes(*word) << (at & 7)) >> 1 >> (63 - bits)
}

/// Writes bits from the most significant bit of the first byte on.
#[derive(Debug)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits not yet written, at the bottom; what is above them counts no more.
    window: u64,
    /// How many bits the window holds: below 32 between calls.
    held: u32,
}

impl BitWriter {
    /// Goes on after `bytes`.
    pub(super) fn after(bytes: Vec<u8>) -> Self {
        Self { bytes, window: 0, held: 0 }
    }

    /// Appends the lower `count` bits of `value`, at most 64.
    #[inline]
    pub(super) fn write(&mut self, value: u64, count: u32) {
        if count > 32 {
            self.write_short(value >> 32, count - 32);
            self.write_short(value, 32);
        } else {
            self.write_short(value, count);
        }
    }

    /// As [`write`](Self::write), at most 32.
    #[inline(always)]
    pub(super) fn write_short(&mut self, value: u64, count: u32) {
        self.window = self.window << count | (value & ((1 << count) - 1));
        self.held += count;
        if self.held >= 32 {
            self.held -= 32;
            let [.., a, b, c, d] = (self.window >> self.held).to_be_bytes();
            self.bytes.extend_from_slice(&[a, b, c, d]);
        }
    }

    /// Appends `zeros` zeros and a one.
    #[inline]
    pub(super) fn write_zeros(&mut self, mut zeros: u64) {
        while zeros >= 32 {
            self.write_short(0, 32);
            zeros -= 32;
        }
        self.write_short(1, u32::try_from(zeros).unwrap_or(0) + 1);
    }

    /// Bytes so far, a started one not counted.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() + usize::try_from(self.held >> 3).unwrap_or(0)
    }

    /// The bytes, the last one filled up with zeros.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let bytes = usize::try_from(self.held.div_ceil(8)).unwrap_or(0);
        // The bits that count go to the top of four bytes.
        let [.., a, b, c, d] = (self.window << (32 - self.held)).to_be_bytes();
        self.bytes.extend([a, b, c, d].iter().take(bytes));
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bits_come_back(fields in prop::collection::vec((any::<u64>(), 0_u32..=64, 0_u64..200), 0..200)) {
            let mut writer = BitWriter::after(Vec::new());
            for (value, count, zeros) in &fields {
                writer.write(*value, *count);
                writer.write_zeros(*zeros);
            }
            let bytes = writer.finish();
            let mut reader = BitReader::new(&bytes);
            let mut at = 0;
            for (value, count, zeros) in &fields {
                if *count <= 56 && at / 8 + 8 <= bytes.len() {
                    prop_assert_eq!(field(&bytes, at, *count), value & ((1 << count) - 1));
                }
                at += *count as usize + *zeros as usize + 1;
            }
            for (value, count, zeros) in fields {
                let expected = if count == 0 { 0 } else { value & (u64::MAX >> (64 - count)) };
                prop_assert_eq!(reader.read(count), Some(expected));
                prop_assert_eq!(reader.zeros(), Some(zeros));
            }
            let left: u32 = std::iter::from_fn(|| reader.read(1)).map(|bit| { assert_eq!(bit, 0); 1 }).sum();
            prop_assert!(left < 8);
            prop_assert_eq!(reader.read(1), None);
            prop_assert_eq!(reader.zeros(), None);
        }
    }
}
