//! Bits of one number, counted from the least significant.

use crate::format::datatype::ByteOrder;

/// The bytes of one number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) order: ByteOrder,
}

impl Bytes<'_> {
    /// The byte of the given rank, the least significant being 0.
    fn byte(self, rank: usize) -> u8 {
        let at = place(self.bytes.len(), self.order, rank);
        self.bytes.get(at).copied().unwrap_or(0)
    }

    pub(super) fn bit(self, bit: u32) -> bool {
        self.byte(bit as usize / 8) >> (bit % 8) & 1 == 1
    }

    /// `len` bits, at most 128, from bit `from` on.
    pub(super) fn bits(self, from: u32, len: u32) -> u128 {
        let (first, skipped) = (from as usize / 8, from % 8);
        let count = (skipped + len).div_ceil(8);
        let low = (0..count.min(16))
            .rev()
            .fold(0_u128, |value, rank| value << 8 | u128::from(self.byte(first + rank as usize)));
        let mut value = low >> skipped;
        if count > 16 {
            value |= u128::from(self.byte(first + 16)) << (128 - skipped);
        }
        if len < 128 { value & ((1 << len) - 1) } else { value }
    }
}

/// The bytes of one number that is being written.
#[derive(Debug)]
pub(super) struct BytesMut<'a> {
    pub(super) bytes: &'a mut [u8],
    pub(super) order: ByteOrder,
}

impl BytesMut<'_> {
    /// Bits there are.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.bytes.len()).map_or(u32::MAX, |len| len.saturating_mul(8))
    }

    /// Sets `len` bits, at most 128, from bit `from` on to the lowest of `value`.
    pub(super) fn set(&mut self, from: u32, len: u32, mut value: u128) {
        let (mut at, mut left) = (from, len);
        while left > 0 {
            let skipped = at % 8;
            let taken = left.min(8 - skipped);
            let mask = (u8::MAX >> (8 - taken)) << skipped;
            let rank = place(self.bytes.len(), self.order, at as usize / 8);
            if let Some(byte) = self.bytes.get_mut(rank) {
                *byte = *byte & !mask | ((value as u8) << skipped) & mask;
            }
            value >>= taken;
            at += taken;
            left -= taken;
        }
    }

    /// Sets all bits from bit `from` up to bit `end` to `bit`.
    pub(super) fn fill(&mut self, from: u32, end: u32, bit: bool) {
        let value = if bit { u128::MAX } else { 0 };
        for at in (from..end).step_by(128) {
            self.set(at, (end - at).min(128), value);
        }
    }
}

/// Where the byte of rank `rank` is among `len`.
fn place(len: usize, order: ByteOrder, rank: usize) -> usize {
    match order {
        ByteOrder::Little => rank,
        ByteOrder::Big => len.wrapping_sub(rank + 1),
    }
}
