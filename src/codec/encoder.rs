//! The mirror of the decoder.

use super::{Address, Sizes, lookup3, wide};
use crate::error::{Error, ErrorKind, Location, Malformed, Result};

/// Room for what most messages take.
const USUAL: usize = 64;

/// The mirror of [`Decoder`](super::Decoder): one method per field kind, in the same words.
#[derive(Debug)]
pub(crate) struct Encoder {
    structure: &'static str,
    bytes: Vec<u8>,
    /// First byte the next checksum covers.
    start: usize,
    sizes: Sizes,
}

impl Encoder {
    pub(crate) fn new(structure: &'static str, sizes: Sizes) -> Self {
        Self::with_room(structure, sizes, USUAL)
    }

    /// With room for so many bytes at first.
    pub(crate) fn with_room(structure: &'static str, sizes: Sizes, room: usize) -> Self {
        Self { structure, bytes: Vec::with_capacity(room), start: 0, sizes }
    }

    /// Goes on behind `bytes`.
    pub(crate) fn behind(structure: &'static str, sizes: Sizes, bytes: Vec<u8>) -> Self {
        let start = bytes.len();
        Self { structure, bytes, start, sizes }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn sizes(&self) -> Sizes {
        self.sizes
    }

    pub(crate) fn set_sizes(&mut self, sizes: Sizes) {
        self.sizes = sizes;
    }

    /// Bytes written so far.
    pub(crate) fn position(&self) -> usize {
        self.bytes.len()
    }

    fn location(&self, field: &'static str) -> Location {
        Location { structure: self.structure, field, offset: wide(self.bytes.len()) }
    }

    /// An error about the field that starts here: the value cannot be written.
    #[cold]
    pub(crate) fn broken(&self, field: &'static str, problem: impl Into<String>) -> Error {
        Error::broken(self.location(field), problem)
    }

    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    #[inline]
    pub(crate) fn zeros(&mut self, len: usize) {
        /// Padding is shorter.
        const FEW: [u8; 8] = [0; 8];
        let end = self.bytes.len().saturating_add(len);
        if len <= FEW.len() && self.bytes.capacity().saturating_sub(self.bytes.len()) >= FEW.len() {
            // A copy of a length that is known is one instruction.
            self.bytes(&FEW);
            self.bytes.truncate(end);
        } else {
            self.bytes.resize(end, 0);
        }
    }

    #[inline]
    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes(&value.to_le_bytes());
    }

    #[inline]
    pub(crate) fn u16(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    #[inline]
    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    #[inline]
    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn i32(&mut self, value: i32) {
        self.bytes(&value.to_le_bytes());
    }

    /// Fields of 16 bytes together, the first one in the lowest bits: of what there are millions.
    #[inline]
    pub(crate) fn u128(&mut self, value: u128) {
        self.bytes(&value.to_le_bytes());
    }

    /// An unsigned integer of 1 to 8 bytes; an error where it does not fit.
    #[inline]
    pub(crate) fn uint(&mut self, field: &'static str, value: u64, width: u8) -> Result<()> {
        let bytes = value.to_le_bytes();
        if width == 8 {
            self.bytes(&bytes);
            return Ok(());
        }
        let fits =
            value.checked_shr(u32::from(width).saturating_mul(8)).is_none_or(|high| high == 0);
        let Some(low) = bytes.get(..usize::from(width)).filter(|_| fits) else {
            return self.wide_uint(field, value, width);
        };
        self.bytes(low);
        Ok(())
    }

    /// As [`uint`](Self::uint), of one that does not fit, or of more than 8 bytes.
    #[cold]
    fn wide_uint(&mut self, field: &'static str, value: u64, width: u8) -> Result<()> {
        if width < 8 {
            let problem = Malformed::Value { found: value };
            return Err(Error::at(ErrorKind::Malformed(problem), self.location(field)));
        }
        self.bytes(&value.to_le_bytes());
        self.zeros(usize::from(width.saturating_sub(8)));
        Ok(())
    }

    /// A number in fewer bits than its Rust type: `count` as a `u16`, say.
    pub(crate) fn count<T: TryFrom<usize>>(&self, field: &'static str, count: usize) -> Result<T> {
        T::try_from(count).map_err(|_| self.broken(field, format!("{count} does not fit")))
    }

    /// A length, of the superblock's "Size of Lengths" bytes.
    pub(crate) fn length(&mut self, field: &'static str, value: u64) -> Result<()> {
        self.uint(field, value, self.sizes.lengths)
    }

    /// A length; all bits one where it is `None` ("unlimited").
    pub(crate) fn length_or_unlimited(
        &mut self,
        field: &'static str,
        value: Option<u64>,
    ) -> Result<()> {
        self.optional(field, value, self.sizes.lengths)
    }

    /// A file address; the undefined address where it is `None`.
    pub(crate) fn address(&mut self, field: &'static str, address: Option<Address>) -> Result<()> {
        self.optional(field, address.map(|address| address.0), self.sizes.offsets)
    }

    fn optional(&mut self, field: &'static str, value: Option<u64>, width: u8) -> Result<()> {
        match value {
            Some(value) => self.uint(field, value, width),
            None => {
                self.bytes.resize(self.bytes.len().saturating_add(usize::from(width)), 0xff);
                Ok(())
            }
        }
    }

    /// The checksum of everything since the start, or the last [`restart`](Self::restart).
    pub(crate) fn checksum(&mut self) {
        let checksum = lookup3(self.bytes.get(self.start..).unwrap_or_default());
        self.u32(checksum);
    }

    /// Puts the checksum of everything since the start where four zeros are, counted from there; they
    /// are part of what it covers.
    pub(crate) fn checksum_at(&mut self, at: usize) {
        let covered = self.bytes.get_mut(self.start..).unwrap_or_default();
        let checksum = lookup3(covered).to_le_bytes();
        if let Some(to) = covered.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
            *to = checksum;
        }
    }

    /// Starts the part of the bytes that the next [`checksum`](Self::checksum) covers here.
    pub(crate) fn restart(&mut self) {
        self.start = self.bytes.len();
    }
}
