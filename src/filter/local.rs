//! Client data that a filter derives from a dataset when it is created.

mod plugins;

use super::nbit;
use super::scaleoffset;
use super::szip;
use crate::error::{Error, Result};
use crate::format::datatype::{ByteOrder, Class, Datatype, FloatOrder};

/// What a filter has to know of a dataset.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Local<'a> {
    pub(crate) datatype: &'a Datatype,
    /// Elements along each dimension of a chunk.
    pub(crate) chunk: &'a [u64],
    /// The fill value in the dataset's type, no bytes for the default one, `None` where the
    /// dataset has none.
    pub(crate) fill: Option<&'a [u8]>,
}

impl Local<'_> {
    /// The client data of filter `id`, for which a user asked with `wanted`.
    ///
    /// `wanted` is, of szip, the options mask (4 or 32) and pixels per block; of scaleoffset, the
    /// scale type and factor; of bitshuffle, elements of a block, mode and level; of BitGroom and its like, the digits; of JPEG, the quality; of every other filter, what it is to become where it depends on
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`Usage`](crate::ErrorKind::Usage) where the filter cannot be applied to the dataset.
    pub(crate) fn client_data(&self, id: u16, wanted: &[u32]) -> Result<Vec<u32>> {
        match id {
            2 => Ok(vec![self.datatype.size]),
            3 => Ok(Vec::new()),
            4 => self.szip(wanted),
            5 => self.nbit(),
            6 => self.scaleoffset(wanted),
            // Versions of h5py's filter and of its LZF.
            32_000 => Ok(vec![4, 0x105, self.chunk_bytes()?]),
            // The plugin puts these ahead of what is asked for.
            #[cfg(feature = "bitshuffle")]
            32_008 => {
                let head = [super::bitshuffle::VERSION.as_slice(), &[self.datatype.size]];
                Ok([head.concat().as_slice(), wanted].concat())
            }
            #[cfg(feature = "bitround")]
            32_022 | 32_023 => self.bitround(wanted),
            32_001 => self.blosc(wanted),
            32_026 => self.blosc2(wanted),
            #[cfg(feature = "jpeg")]
            32_019 => self.jpeg(wanted),
            #[cfg(feature = "zfp")]
            32_013 => self.zfp(wanted),
            _ => Ok(wanted.to_vec()),
        }
    }

    /// Digits, size, whether there is a fill value, and its bits.
    #[cfg(feature = "bitround")]
    fn bitround(&self, wanted: &[u32]) -> Result<Vec<u32>> {
        let little =
            matches!(&self.datatype.class, Class::Float(n) if n.order == FloatOrder::Little);
        let size = self.datatype.size;
        let digits = wanted.first().copied().unwrap_or(3);
        if !little || !matches!(size, 4 | 8) || !(1..=16).contains(&digits) {
            let what = "1 to 16 digits, of floats of 4 or 8 bytes, lowest byte first";
            return Err(Error::usage(format!("filters that round keep {what}")));
        }
        let fill = self.fill.unwrap_or_default();
        let mut bytes = fill.to_vec();
        bytes.resize(8, 0);
        let (words, _) = bytes.as_chunks();
        let mut values = vec![digits, size, u32::from(!fill.is_empty())];
        values.extend(words.iter().map(|word| u32::from_le_bytes(*word)));
        values.resize(super::bitround::CLIENT_DATA, 0);
        Ok(values)
    }

    fn elements(&self) -> Result<u64> {
        let product = |product: u64, extent: &u64| product.checked_mul(*extent);
        self.chunk.iter().try_fold(1, product).ok_or_else(|| Error::usage("chunk is too large"))
    }

    fn chunk_bytes(&self) -> Result<u32> {
        let bytes = self.elements()?.checked_mul(self.datatype.size.into());
        bytes.and_then(|bytes| u32::try_from(bytes).ok()).ok_or_else(too_large)
    }

    fn szip(&self, wanted: &[u32]) -> Result<Vec<u32>> {
        // Bits of the options mask: no restriction of options, lowest byte first, bare stream.
        const ALLOW_K13: u32 = 1;
        const LITTLE_ENDIAN: u32 = 8;
        const RAW: u32 = 128;
        let cannot = |what: &str| Err(Error::usage(format!("szip filter: {what}")));
        let &[options, block] = wanted else { return cannot("needs two values") };
        let size = self.datatype.size;
        if size != 8 && !(1..=4).contains(&size) {
            return cannot("elements have to have 1 to 4 or 8 bytes");
        }
        let Some(number) = Number::of(self.datatype) else {
            return cannot("elements have to be numbers");
        };
        let bits = match number.precision {
            _ if number.offset != 0 => size.saturating_mul(8),
            bits => bits,
        };
        let pixel = match bits {
            ..=24 => bits,
            25..=32 => 32,
            _ => 64,
        };
        let largest = u32::try_from(szip::MAX_BLOCK).unwrap_or(0);
        if block == 0 || block > largest || !block.is_multiple_of(2) {
            return cannot("a block has to have 2 to 32 pixels, an even number");
        }
        let elements = self.elements()?;
        let last = self.chunk.last().copied().unwrap_or(1);
        if elements < block.into() {
            return cannot("a chunk has to have as many elements as a block");
        }
        // A scanline is along the last dimension, where that is long enough.
        let most = u64::from(block).saturating_mul(128);
        let line = if last < block.into() { elements } else { last };
        let line = u32::try_from(line.min(most)).map_err(|_| too_large())?;
        let order = if number.big_endian { szip::BIG_ENDIAN } else { LITTLE_ENDIAN };
        let options = options & (szip::NEAREST_NEIGHBOUR | szip::ENTROPY);
        Ok(vec![options | order | ALLOW_K13 | RAW, block, pixel, line])
    }

    fn nbit(&self) -> Result<Vec<u32>> {
        let elements = u32::try_from(self.elements()?).map_err(|_| too_large())?;
        let mut grammar = Grammar { values: vec![0, 0, elements], all_bits: true };
        match self.datatype.class {
            Class::Integer(_) | Class::Float(_) | Class::Array(_) | Class::Compound(_) => {
                grammar.push(self.datatype);
            }
            // Nothing to do at all is not even described.
            _ => {}
        }
        let Grammar { mut values, all_bits } = grammar;
        let count = u32::try_from(values.len()).map_err(|_| too_large())?;
        if values.len() > nbit::MAX_CLIENT_DATA {
            return Err(Error::usage("nbit filter: the type has too many members"));
        }
        if let [total, nothing_to_do, ..] = values.as_mut_slice() {
            (*total, *nothing_to_do) = (count, u32::from(all_bits));
        }
        Ok(values)
    }

    fn scaleoffset(&self, wanted: &[u32]) -> Result<Vec<u32>> {
        let cannot = |what: &str| Err(Error::usage(format!("scaleoffset filter: {what}")));
        let &[scale, factor] = wanted else { return cannot("needs two values") };
        let size = self.datatype.size;
        let (class, sign, factor) = match (&self.datatype.class, scale, size) {
            (Class::Integer(integer), scaleoffset::INTEGER, 1 | 2 | 4 | 8) => {
                (0, u32::from(integer.signed), factor.min(size.saturating_mul(8)))
            }
            (Class::Float(_), scaleoffset::FLOAT_DECIMAL, 4 | 8) => (1, 0, factor),
            _ => return cannot("scale type and element type do not fit"),
        };
        let Some(number) = Number::of(self.datatype) else { return cannot("unknown byte order") };
        let elements = u32::try_from(self.elements()?).map_err(|_| too_large())?;
        let order = u32::from(number.big_endian);
        let mut values = vec![scale, factor, elements, class, size, sign, order];
        values.push(u32::from(self.fill.is_some()));
        let mut bytes = self.fill.unwrap_or_default().to_vec();
        if number.big_endian {
            bytes.reverse();
        }
        bytes.resize(8, 0);
        let (words, _) = bytes.as_chunks();
        values.extend(words.iter().map(|word| u32::from_le_bytes(*word)));
        values.resize(scaleoffset::CLIENT_DATA, 0);
        Ok(values)
    }
}

#[cold]
fn too_large() -> Error {
    Error::usage("chunk is too large for its filters")
}

/// Where the bits of a number are.
#[derive(Debug, Clone, Copy)]
struct Number {
    big_endian: bool,
    precision: u32,
    offset: u32,
}

impl Number {
    /// `None` of what is no number, or one whose bytes have another order than these two.
    fn of(datatype: &Datatype) -> Option<Self> {
        let (big_endian, precision, offset) = match &datatype.class {
            Class::Integer(n) => (n.order == ByteOrder::Big, n.precision, n.offset),
            Class::Bitfield(n) => (n.order == ByteOrder::Big, n.precision, n.offset),
            Class::Float(n) => match n.order {
                FloatOrder::Little => (false, n.precision, n.offset),
                FloatOrder::Big => (true, n.precision, n.offset),
                _ => return None,
            },
            Class::Enum(n) => return Self::of(&n.base),
            _ => return None,
        };
        Some(Self { big_endian, precision: precision.into(), offset: offset.into() })
    }
}

/// Client data of the nbit filter.
#[derive(Debug)]
struct Grammar {
    values: Vec<u32>,
    /// Whether every bit of every number is significant.
    all_bits: bool,
}

impl Grammar {
    fn push(&mut self, datatype: &Datatype) {
        let size = datatype.size;
        let number = match datatype.class {
            Class::Integer(_) | Class::Float(_) => Number::of(datatype),
            _ => None,
        };
        match (&datatype.class, number) {
            (_, Some(Number { big_endian, precision, offset })) => {
                self.all_bits &= offset == 0 && precision == size.saturating_mul(8);
                let order = u32::from(big_endian);
                self.values.extend([nbit::ATOMIC, size, order, precision, offset]);
            }
            (Class::Array(array), _) => {
                self.values.extend([nbit::ARRAY, size]);
                self.push(&array.base);
            }
            (Class::Compound(members), _) => {
                let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
                self.values.extend([nbit::COMPOUND, size, count]);
                for (index, member) in members.iter().enumerate() {
                    self.values.push(member.offset);
                    if matches!(member.datatype.class, Class::VarLen(_)) {
                        // Its size differs between memory and file: everything up to the next.
                        let next = members.get(index.saturating_add(1));
                        let end = next.map_or(size, |next| next.offset);
                        self.values.extend([nbit::NOOP, end.saturating_sub(member.offset)]);
                    } else {
                        self.push(&member.datatype);
                    }
                }
            }
            _ => self.values.extend([nbit::NOOP, size]),
        }
    }
}
