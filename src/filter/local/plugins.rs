//! Client data of filters that others registered, as their plugins derive it.

use super::Local;
use crate::error::{Error, Result};
use crate::format::datatype::Class;

impl Local<'_> {
    /// Bytes of an element, or of one of those an array is of.
    fn base_size(&self) -> u32 {
        match &self.datatype.class {
            Class::Array(array) => array.base.size,
            _ => self.datatype.size,
        }
    }

    /// Of Blosc. `wanted` is the same, its first four values whatever they are.
    pub(super) fn blosc(&self, wanted: &[u32]) -> Result<Vec<u32>> {
        let element = u8::try_from(self.base_size()).map_or(1, u32::from);
        check_level(wanted)?;
        let mut values = vec![2, 2, element, self.chunk_bytes()?];
        values.extend(wanted.get(4..).unwrap_or_default());
        Ok(values)
    }

    /// Of Blosc 2. `wanted` is the same, its first four values but the size of blocks whatever they
    /// are, as those behind the seventh.
    pub(super) fn blosc2(&self, wanted: &[u32]) -> Result<Vec<u32>> {
        /// Most dimensions that blocks have.
        const MAX_RANK: usize = 16;
        /// The codec that Blosc 2 has no longer.
        const SNAPPY: u32 = 3;
        check_level(wanted)?;
        if wanted.get(6) == Some(&SNAPPY) {
            return Err(Error::unsupported("Snappy in Blosc2"));
        }
        let block = wanted.get(1).copied().unwrap_or(0);
        let mut values = vec![1, block, self.base_size(), self.chunk_bytes()?];
        // Level, shuffle and codec, those that are not said by default.
        let defaults = [5, 1, 0];
        let said = wanted.get(4..).unwrap_or_default();
        let chosen = |(index, default)| said.get(index).copied().unwrap_or(default);
        values.extend(defaults.into_iter().enumerate().map(chosen));
        if (2..=MAX_RANK).contains(&self.chunk.len()) {
            values.push(u32::try_from(self.chunk.len()).unwrap_or(0));
            for extent in self.chunk {
                values.push(u32::try_from(*extent).map_err(|_| super::too_large())?);
            }
        }
        Ok(values)
    }

    /// Of JPEG. `wanted` is the quality, or the same.
    #[cfg(feature = "jpeg")]
    pub(super) fn jpeg(&self, wanted: &[u32]) -> Result<Vec<u32>> {
        let is_byte = self.datatype.size == 1
            && matches!(&self.datatype.class, Class::Integer(number) if !number.signed);
        if !is_byte {
            return Err(Error::usage("JPEG filter: elements have to be unsigned bytes"));
        }
        super::super::jpeg::client_data(wanted, self.chunk)
    }

    /// Of ZFP. `wanted` is a mode as the plugin takes it, or the same.
    #[cfg(feature = "zfp")]
    pub(super) fn zfp(&self, wanted: &[u32]) -> Result<Vec<u32>> {
        let number = super::Number::of(self.datatype);
        let is_float = match self.datatype.class {
            Class::Float(_) => true,
            Class::Integer(_) => false,
            _ => return Err(Error::usage("ZFP filter: elements have to be numbers")),
        };
        if number.is_none_or(|number| number.big_endian) {
            return Err(Error::usage("ZFP filter: numbers have to have the low byte first"));
        }
        super::super::zfp::client_data(wanted, is_float, self.datatype.size, self.chunk)
    }
}

/// Chunks could not be encoded, and would all do without the filter.
fn check_level(wanted: &[u32]) -> Result<()> {
    match wanted.get(4) {
        Some(level @ 10..) => Err(Error::usage(format!("Blosc has levels 0 to 9, not {level}"))),
        _ => Ok(()),
    }
}
