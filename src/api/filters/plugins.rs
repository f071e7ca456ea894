//! Filters that others registered, with parameters as their plugins take them.

use super::Filter;

/// What bitshuffle does with bits that are together.
///
/// ```
/// use hdfive::filters::{Bitshuffle, Filter};
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let new = file.new_dataset::<u16>().shape((64, 64)).bitshuffle(Bitshuffle::LZ4, 0);
/// # if !hdfive::filters::Filter::bitshuffle(Bitshuffle::LZ4, 0).is_available() { return Ok(()) }
/// assert_eq!(new.create("image")?.filters(), [Filter::Bitshuffle(Bitshuffle::LZ4, 0)]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bitshuffle {
    /// Nothing: another filter may follow.
    None,
    /// LZ4.
    #[default]
    LZ4,
    /// Zstandard, of this level.
    ZStd(i32),
}

impl Bitshuffle {
    /// What the plugin is asked for.
    pub(super) fn wanted(self, block_elements: u32) -> Vec<u32> {
        match self {
            Self::None => vec![block_elements, 0],
            Self::LZ4 => vec![block_elements, 2],
            Self::ZStd(level) => vec![block_elements, 3, level.cast_unsigned()],
        }
    }

    /// The filter of which a file states these parameters, behind the three that are not asked for.
    pub(super) fn from_raw(client_data: &[u32]) -> Option<Filter> {
        let codec = match client_data {
            [] | [_] | [_, 0, ..] => Self::None,
            [_, 2, ..] => Self::LZ4,
            [_, 3] => Self::ZStd(3),
            [_, 3, level, ..] => Self::ZStd(level.cast_signed()),
            _ => return None,
        };
        Some(Filter::Bitshuffle(codec, client_data.first().copied().unwrap_or(0)))
    }
}

/// What Blosc compresses with.
///
/// ```
/// use hdfive::filters::{Blosc, Filter};
/// assert_eq!(Filter::blosc(Blosc::LZ4, 5, false).id(), 32_001);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blosc {
    /// Its own.
    BloscLZ,
    /// LZ4.
    LZ4,
    /// LZ4, slower and smaller.
    LZ4HC,
    /// Snappy.
    Snappy,
    /// zlib.
    ZLib,
    /// Zstandard.
    ZStd,
}

/// What Blosc shuffles before it compresses.
///
/// ```
/// use hdfive::filters::BloscShuffle;
/// assert_eq!(BloscShuffle::from(true), BloscShuffle::Byte);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum BloscShuffle {
    /// Nothing.
    None,
    /// Bytes of equal weight together.
    #[default]
    Byte,
    /// Bits of equal weight together.
    Bit,
}

impl From<bool> for BloscShuffle {
    fn from(shuffle: bool) -> Self {
        if shuffle { Self::Byte } else { Self::None }
    }
}

/// What ZFP keeps of numbers.
///
/// ```
/// use hdfive::filters::{Filter, ZfpMode};
/// let filter = Filter::zfp(ZfpMode::FixedPrecision(12), vec![64, 64], 8);
/// assert_eq!(filter, Filter::User(32_013, vec![2, 0, 12]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ZfpMode {
    /// So many bits a value.
    FixedRate(f64),
    /// So many bits of each block's largest value.
    FixedPrecision(u8),
    /// Values that are off by at most so much.
    FixedAccuracy(f64),
    /// Everything.
    Reversible,
    /// Blocks of so many bits at least and at most, of values with so many bits, of which those
    /// below a power of two are left out.
    Expert {
        /// Fewest bits of a block.
        min_bits: u32,
        /// Most bits of a block.
        max_bits: u32,
        /// Most bits of a value, 1 to 64.
        max_precision: u32,
        /// The power of two of the smallest bit that is kept.
        min_exponent: i32,
    },
}

impl Filter {
    /// VBZ, for integers of so many bytes (1, 2 or 4) or, 0, anything; `differences` to the one ahead
    /// are smaller where numbers go up and down slowly; then Zstandard of this level. Feature `vbz`.
    ///
    /// ```
    /// use hdfive::filters::Filter;
    /// assert_eq!(Filter::vbz(2, true, 1), Filter::User(32_020, vec![1, 2, 1, 1]));
    /// ```
    #[must_use]
    pub fn vbz(integer_bytes: u8, differences: bool, level: u8) -> Self {
        let client_data = vec![1, integer_bytes.into(), differences.into(), level.into()];
        Self::User(32_020, client_data)
    }

    /// JPEG, of quality 1 (smallest) to 100, of images of unsigned bytes: chunks have to be one each, of
    /// rows and columns, and 3 for red, green and blue, in this order. What is read is about what was
    /// written. Feature `jpeg`.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::filters::Filter;
    /// # if !Filter::jpeg(90).is_available() { return Ok(()) }
    /// let file = hdfive::File::in_memory()?;
    /// let new = file.new_dataset::<u8>().shape((10, 480, 640)).chunk((1, 480, 640));
    /// let frames = new.filter(Filter::jpeg(90)).create("frames")?;
    /// assert_eq!(frames.filters(), [Filter::User(32_019, vec![90, 640, 480, 0])]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn jpeg(quality: u8) -> Self {
        Self::User(32_019, vec![quality.into()])
    }

    /// LZO, as PyTables has it. Feature `lzo`.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::filters::Filter;
    /// # if !Filter::lzo().is_available() { return Ok(()) }
    /// let file = hdfive::File::in_memory()?;
    /// let new = file.new_dataset::<i32>().shape(1000).shuffle().filter(Filter::lzo());
    /// assert_eq!(new.create("counts")?.filters()[1].id(), 305);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn lzo() -> Self {
        // Level, and version and kind of an object that even the first readers take for one without
        // checksums.
        Self::User(305, vec![1, 10, 0])
    }

    /// BitGroom: floats with as many bits as so many decimal digits need, for a filter behind it to make
    /// them smaller. Feature `bitround`.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::filters::Filter;
    /// # if !Filter::bit_groom(3).is_available() { return Ok(()) }
    /// let file = hdfive::File::in_memory()?;
    /// let new = file.new_dataset::<f32>().shape(1000).filter(Filter::bit_groom(3));
    /// let celsius = new.shuffle().deflate(4).create("celsius")?;
    /// assert_eq!(celsius.filters()[0], Filter::User(32_022, vec![3, 4, 0, 0, 0]));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn bit_groom(digits: u8) -> Self {
        Self::User(32_022, vec![digits.into()])
    }

    /// Granular BitRound: as [`bit_groom`](Self::bit_groom), with only the bits that each number needs.
    #[must_use]
    pub fn granular_bit_round(digits: u8) -> Self {
        Self::User(32_023, vec![digits.into()])
    }

    /// Blosc, of level 0 (none) to 9 (smallest): feature `blosc`. Without it, a program has to
    /// [bring it](crate::FileBuilder::filter), or making the dataset is
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported).
    ///
    /// ```
    /// use hdfive::filters::{Blosc, Filter};
    /// let filter = Filter::blosc(Blosc::ZStd, 9, true);
    /// assert_eq!(filter, Filter::User(32_001, vec![0, 0, 0, 0, 9, 1, 5]));
    /// ```
    #[must_use]
    pub fn blosc<T: Into<BloscShuffle>>(complib: Blosc, clevel: u8, shuffle: T) -> Self {
        Self::User(32_001, blosc(complib, clevel, shuffle.into()))
    }

    /// Blosc 2, as [`blosc`](Self::blosc) with all but Snappy: feature `blosc2`. Chunks of several
    /// dimensions are in blocks of as many.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::filters::{Blosc, Filter};
    /// let filter = Filter::blosc2(Blosc::LZ4, 5, true);
    /// # if !filter.is_available() { return Ok(()) }
    /// let file = hdfive::File::in_memory()?;
    /// file.new_dataset::<u16>().shape((480, 640)).filter(filter).create("image")?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn blosc2<T: Into<BloscShuffle>>(complib: Blosc, clevel: u8, shuffle: T) -> Self {
        Self::User(32_026, blosc(complib, clevel, shuffle.into()))
    }

    /// ZFP, of integers and floats of 4 or 8 bytes: feature `zfp`. It takes the shape of chunks and
    /// the size of numbers from the dataset; what is said of them here is not needed. Chunks may
    /// have 4 dimensions with more than one element.
    #[must_use]
    pub fn zfp(mode: ZfpMode, chunk_dims: Vec<usize>, n_bytes: u8) -> Self {
        let _ = (chunk_dims, n_bytes);
        let float = |mode: u32, value: f64| {
            let bits = value.to_bits();
            let half = |bits: u64| u32::try_from(bits & 0xFFFF_FFFF).unwrap_or(0);
            vec![mode, 0, half(bits), half(bits >> 32)]
        };
        let client_data = match mode {
            ZfpMode::FixedRate(rate) => float(1, rate),
            ZfpMode::FixedPrecision(bits) => vec![2, 0, bits.into()],
            ZfpMode::FixedAccuracy(accuracy) => float(3, accuracy),
            ZfpMode::Reversible => vec![5],
            ZfpMode::Expert { min_bits, max_bits, max_precision, min_exponent } => {
                vec![4, 0, min_bits, max_bits, max_precision, min_exponent.cast_unsigned()]
            }
        };
        Self::User(32_013, client_data)
    }

    /// ZFP with so many bits a value.
    #[must_use]
    pub fn zfp_rate(rate: f64, chunk_dims: Vec<usize>, n_bytes: u8) -> Self {
        Self::zfp(ZfpMode::FixedRate(rate), chunk_dims, n_bytes)
    }

    /// ZFP with so many bits of each block's largest value.
    #[must_use]
    pub fn zfp_precision(precision: u8, chunk_dims: Vec<usize>, n_bytes: u8) -> Self {
        Self::zfp(ZfpMode::FixedPrecision(precision), chunk_dims, n_bytes)
    }

    /// ZFP that is off by at most so much.
    #[must_use]
    pub fn zfp_accuracy(accuracy: f64, chunk_dims: Vec<usize>, n_bytes: u8) -> Self {
        Self::zfp(ZfpMode::FixedAccuracy(accuracy), chunk_dims, n_bytes)
    }

    /// ZFP that keeps everything.
    #[must_use]
    pub fn zfp_reversible(chunk_dims: Vec<usize>, n_bytes: u8) -> Self {
        Self::zfp(ZfpMode::Reversible, chunk_dims, n_bytes)
    }
}

/// Parameters of Blosc, of which the first four are the plugin's own to fill in.
fn blosc(complib: Blosc, clevel: u8, shuffle: BloscShuffle) -> Vec<u32> {
    let shuffle = match shuffle {
        BloscShuffle::None => 0,
        BloscShuffle::Byte => 1,
        BloscShuffle::Bit => 2,
    };
    let complib = match complib {
        Blosc::BloscLZ => 0,
        Blosc::LZ4 => 1,
        Blosc::LZ4HC => 2,
        Blosc::Snappy => 3,
        Blosc::ZLib => 4,
        Blosc::ZStd => 5,
    };
    vec![0, 0, 0, 0, clevel.into(), shuffle, complib]
}
