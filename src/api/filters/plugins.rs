//! Filters that others registered, with parameters as their plugins take them.

use super::Filter;

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
}

impl Filter {
    /// Blosc, of level 0 (none) to 9 (smallest). This library does not have it: a program has to
    /// [bring it](crate::FileBuilder::filter), or making the dataset is
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported).
    ///
    /// ```
    /// use hdfive::filters::{Blosc, Filter};
    /// let filter = Filter::blosc(Blosc::ZStd, 9, true);
    /// assert_eq!(filter, Filter::User(32_001, vec![0, 0, 0, 0, 9, 1, 5]));
    /// assert!(!filter.is_available());
    /// ```
    #[must_use]
    pub fn blosc<T: Into<BloscShuffle>>(complib: Blosc, clevel: u8, shuffle: T) -> Self {
        let shuffle = match shuffle.into() {
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
        // The first four are the plugin's own to fill in.
        Self::User(32_001, vec![0, 0, 0, 0, clevel.into(), shuffle, complib])
    }

    /// ZFP. It takes the shape of chunks and the size of numbers from the dataset; what is said of
    /// them here is not needed. As [`blosc`](Self::blosc), it has to be brought.
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
