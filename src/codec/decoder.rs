//! The one bounds-checked reader of on-disk fields.

use std::ffi::CStr;
use std::ops::RangeInclusive;

use super::{Address, Sizes, lookup3, wide};
use crate::error::{Error, ErrorKind, Location, Malformed, Result};
use crate::limits::Limits;

/// The one bounds-checked reader of on-disk fields.
///
/// It knows the structure and the file offset it reads at, so every error it returns does.
#[derive(Debug, Clone)]
pub(crate) struct Decoder<'a> {
    structure: &'static str,
    bytes: &'a [u8],
    position: usize,
    offset: u64,
    sizes: Sizes,
    limits: &'a Limits,
}

impl<'a> Decoder<'a> {
    /// Reads `structure` from `bytes`, whose first byte lies at `offset` of the file.
    #[inline]
    pub(crate) fn new(
        structure: &'static str,
        bytes: &'a [u8],
        offset: u64,
        sizes: Sizes,
        limits: &'a Limits,
    ) -> Self {
        Self { structure, bytes, position: 0, offset, sizes, limits }
    }

    pub(crate) fn set_sizes(&mut self, sizes: Sizes) {
        self.sizes = sizes;
    }

    pub(crate) fn sizes(&self) -> Sizes {
        self.sizes
    }

    /// The name of the structure this decoder reads.
    pub(crate) fn structure(&self) -> &'static str {
        self.structure
    }

    pub(crate) fn limits(&self) -> &'a Limits {
        self.limits
    }

    /// Bytes read so far.
    #[inline]
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// Bytes not read yet.
    #[inline]
    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.position)
    }

    /// The place of the field that starts here.
    #[inline]
    pub(crate) fn location(&self, field: &'static str) -> Location {
        let offset = self.offset.saturating_add(wide(self.position));
        Location { structure: self.structure, field, offset }
    }

    /// An error about the field that starts here.
    #[cold]
    pub(crate) fn malformed(&self, field: &'static str, problem: Malformed) -> Error {
        Error::at(ErrorKind::Malformed(problem), self.location(field))
    }

    /// An error, in words, about the field that starts here.
    #[cold]
    pub(crate) fn broken(&self, field: &'static str, problem: impl Into<String>) -> Error {
        Error::broken(self.location(field), problem)
    }

    /// Reads a field with `read`, and checks it with `good`; the error of a field that is not good
    /// holds its value and its place.
    #[inline]
    pub(crate) fn checked<T: Copy + Into<u64>>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Result<T>,
        good: impl FnOnce(T) -> bool,
    ) -> Result<T> {
        let mut ahead = self.clone();
        let found = read(&mut ahead, field)?;
        if !good(found) {
            return Err(self.malformed(field, Malformed::Value { found: found.into() }));
        }
        *self = ahead;
        Ok(found)
    }

    #[inline]
    pub(crate) fn bytes(&mut self, field: &'static str, len: usize) -> Result<&'a [u8]> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let Some(bytes) = rest.get(..len) else {
            let (needed, left) = (wide(len), wide(rest.len()));
            return Err(self.malformed(field, Malformed::Truncated { needed, left }));
        };
        self.position = self.position.saturating_add(len);
        Ok(bytes)
    }

    /// As [`bytes`](Self::bytes), for a length a file gave.
    pub(crate) fn bytes_u64(&mut self, field: &'static str, len: u64) -> Result<&'a [u8]> {
        match usize::try_from(len) {
            Ok(len) => self.bytes(field, len),
            Err(_) => {
                let left = wide(self.remaining());
                Err(self.malformed(field, Malformed::Truncated { needed: len, left }))
            }
        }
    }

    /// Everything that is left.
    #[inline]
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        self.position = self.bytes.len();
        rest
    }

    /// Reserved or padding bytes, whatever they hold.
    #[inline]
    pub(crate) fn skip(&mut self, field: &'static str, len: usize) -> Result<()> {
        self.bytes(field, len).map(|_| ())
    }

    #[inline]
    pub(crate) fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N]> {
        self.lent(field).copied()
    }

    /// As [`array`](Self::array), where it lies: bytes in a result are moved one by one.
    #[inline]
    fn lent<const N: usize>(&mut self, field: &'static str) -> Result<&'a [u8; N]> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let Some(array) = rest.first_chunk() else {
            let (needed, left) = (wide(N), wide(rest.len()));
            return Err(self.malformed(field, Malformed::Truncated { needed, left }));
        };
        self.position = self.position.saturating_add(N);
        Ok(array)
    }

    #[inline]
    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8> {
        self.lent(field).map(|bytes| u8::from_le_bytes(*bytes))
    }

    #[inline]
    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16> {
        self.lent(field).map(|bytes| u16::from_le_bytes(*bytes))
    }

    #[inline]
    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32> {
        self.lent(field).map(|bytes| u32::from_le_bytes(*bytes))
    }

    #[inline]
    pub(crate) fn u64(&mut self, field: &'static str) -> Result<u64> {
        self.lent(field).map(|bytes| u64::from_le_bytes(*bytes))
    }

    pub(crate) fn i32(&mut self, field: &'static str) -> Result<i32> {
        self.lent(field).map(|bytes| i32::from_le_bytes(*bytes))
    }

    /// An unsigned integer of 1 to 8 bytes.
    #[inline]
    pub(crate) fn uint(&mut self, field: &'static str, width: u8) -> Result<u64> {
        if width == 8 {
            return self.u64(field);
        }
        let mut array = [0; 8];
        for (to, from) in array.iter_mut().zip(self.bytes(field, usize::from(width))?) {
            *to = *from;
        }
        Ok(u64::from_le_bytes(array))
    }

    /// A length, of the superblock's "Size of Lengths" bytes. Those above 8 must be zero.
    #[inline]
    pub(crate) fn length(&mut self, field: &'static str) -> Result<u64> {
        // Nearly all files have lengths of this width.
        if self.sizes.lengths == 8 {
            return self.u64(field);
        }
        self.wide_uint(field, self.sizes.lengths)
    }

    /// A length, `None` where all its bits are one ("unlimited").
    pub(crate) fn length_or_unlimited(&mut self, field: &'static str) -> Result<Option<u64>> {
        self.optional(field, self.sizes.lengths)
    }

    /// A file address, `None` where the file holds the undefined address.
    #[inline]
    pub(crate) fn address(&mut self, field: &'static str) -> Result<Option<Address>> {
        Ok(self.optional(field, self.sizes.offsets)?.map(Address))
    }

    /// A file address that must be defined.
    #[inline]
    pub(crate) fn defined_address(&mut self, field: &'static str) -> Result<Address> {
        let start = self.position;
        let Some(address) = self.address(field)? else {
            self.position = start;
            return Err(self.broken(field, "the address is undefined"));
        };
        Ok(address)
    }

    #[inline]
    fn optional(&mut self, field: &'static str, width: u8) -> Result<Option<u64>> {
        if width == 8 {
            // Nearly all files have addresses and lengths of this width.
            return self.u64(field).map(|value| (value != u64::MAX).then_some(value));
        }
        let ahead = self.bytes.get(self.position..).unwrap_or_default();
        if ahead.get(..usize::from(width)).is_some_and(|all| all.iter().all(|b| *b == 0xff)) {
            self.position = self.position.saturating_add(usize::from(width));
            return Ok(None);
        }
        self.wide_uint(field, width).map(Some)
    }

    fn wide_uint(&mut self, field: &'static str, width: u8) -> Result<u64> {
        if width <= 8 {
            return self.uint(field, width);
        }
        let mut ahead = self.clone();
        let value = ahead.uint(field, width.min(8))?;
        let high = ahead.bytes(field, usize::from(width.saturating_sub(8)))?;
        if high.iter().any(|byte| *byte != 0) {
            return Err(self.broken(field, "needs more than 64 bits"));
        }
        *self = ahead;
        Ok(value)
    }

    #[inline]
    pub(crate) fn signature(&mut self, expected: &[u8; 4]) -> Result<()> {
        let mut ahead = self.clone();
        let found = ahead.array("Signature")?;
        if found != *expected {
            return Err(self.malformed("Signature", Malformed::Signature { found }));
        }
        *self = ahead;
        Ok(())
    }

    /// A one-byte field that must lie in `defined`.
    #[inline]
    pub(crate) fn u8_in(&mut self, field: &'static str, defined: RangeInclusive<u8>) -> Result<u8> {
        self.checked(field, Self::u8, |found| defined.contains(&found))
    }

    /// Bytes up to a NUL, which is read too but not part of the result.
    pub(crate) fn nul_terminated(&mut self, field: &'static str) -> Result<&'a [u8]> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let Ok(len) = CStr::from_bytes_until_nul(rest).map(CStr::count_bytes) else {
            let left = wide(rest.len());
            return Err(self
                .malformed(field, Malformed::Truncated { needed: left.saturating_add(1), left }));
        };
        let text = self.bytes(field, len)?;
        self.skip(field, 1)?;
        Ok(text)
    }

    /// Reads a structure embedded here with `read`, which knows it as `structure`; its errors say
    /// that they arose inside this one's `field`.
    pub(crate) fn embedded<T>(
        &mut self,
        structure: &'static str,
        field: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let outer = self.location(field);
        let mut inner = self.clone();
        inner.structure = structure;
        let value = read(&mut inner).map_err(|error| error.within(outer))?;
        self.position = inner.position;
        Ok(value)
    }

    /// The unsigned integer of 1 to 8 bytes that lies `ahead` bytes behind what was read, where it is
    /// there: for bisection.
    #[inline]
    pub(crate) fn peek(&self, ahead: usize, width: u8) -> Option<u64> {
        let bytes = self.bytes.get(self.position..)?.get(ahead..)?;
        if width == 8 {
            return bytes.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
        }
        let mut array = [0; 8];
        let bytes = bytes.get(..usize::from(width))?;
        array.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(u64::from_le_bytes(array))
    }

    /// A decoder of what lies `len` bytes ahead.
    #[inline]
    pub(crate) fn ahead(&self, field: &'static str, len: usize) -> Result<Self> {
        let mut ahead = self.clone();
        ahead.skip(field, len)?;
        Ok(ahead)
    }

    /// A decoder of the next `len` bytes alone, which are skipped here.
    pub(crate) fn part(
        &mut self,
        structure: &'static str,
        field: &'static str,
        len: usize,
    ) -> Result<Self> {
        let offset = self.location(field).offset;
        let bytes = self.bytes(field, len)?;
        Ok(Self { structure, bytes, position: 0, offset, sizes: self.sizes, limits: self.limits })
    }

    /// The checksum of everything before it, verified.
    pub(crate) fn checksum(&mut self) -> Result<()> {
        let covered = self.bytes.get(..self.position).unwrap_or_default();
        let computed = lookup3(covered);
        let mut ahead = self.clone();
        let stored = ahead.u32("Checksum")?;
        if stored != computed && !cfg!(fuzzing) {
            return Err(self.malformed("Checksum", Malformed::Checksum { stored, computed }));
        }
        *self = ahead;
        Ok(())
    }

    /// Starts the part of the bytes that the next [`checksum`](Self::checksum) covers here.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn restart(&mut self) {
        self.offset = self.location("").offset;
        self.bytes = self.bytes.get(self.position..).unwrap_or_default();
        self.position = 0;
    }
}
