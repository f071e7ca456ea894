//! The filters of datasets, by the names `hdf5-metno` gives them.

mod plugins;
mod stored;

pub use plugins::{Bitshuffle, Blosc, BloscShuffle, ZfpMode};
pub use stored::StoredFilter;

use crate::error::{Error, Result};
use crate::filter::{Registry, names};
use crate::object::dataset::create::FilterWish;

/// How szip codes samples.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::filters::SZip;
/// let file = hdfive::File::in_memory()?;
/// let new = file.new_dataset::<u16>().shape((64, 64)).szip(SZip::NearestNeighbor, 8);
/// new.create("image")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SZip {
    /// As they are: best for what is near random.
    Entropy,
    /// As differences of neighbours: best for what is smooth.
    NearestNeighbor,
}

impl SZip {
    const ENTROPY: u32 = 4;
    const NEAREST_NEIGHBOR: u32 = 32;
}

/// How scale-offset packs numbers.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::filters::ScaleOffset;
/// let file = hdfive::File::in_memory()?;
/// let new = file.new_dataset::<f32>().shape(1000).scale_offset(ScaleOffset::FloatDScale(2));
/// new.create("celsius")?; // two decimals are kept
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScaleOffset {
    /// Integers in so many bits, without loss where they fit; 0 for as many as each chunk needs.
    Integer(u16),
    /// Floats, rounded to so many decimal digits.
    FloatDScale(u8),
}

/// What this library can do with a filter.
///
/// ```
/// use hdfive::filters::Filter;
/// let info = Filter::get_info(Filter::shuffle().id());
/// assert!(info.is_available && info.encode_enabled && info.decode_enabled);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct FilterInfo {
    /// Whether it has the filter.
    pub is_available: bool,
    /// Whether it can write with it.
    pub encode_enabled: bool,
    /// Whether it can read what was written with it.
    pub decode_enabled: bool,
}

/// Whether this library has deflate: it does.
#[must_use]
pub fn deflate_available() -> bool {
    Filter::deflate(0).is_available()
}

/// Whether this library has deflate, by the name of the program that made it known.
#[must_use]
pub fn gzip_available() -> bool {
    deflate_available()
}

/// Whether this library has szip: it does.
#[must_use]
pub fn szip_available() -> bool {
    Filter::szip(SZip::Entropy, 8).is_available()
}

/// Whether this library has LZF: it does.
#[must_use]
pub fn lzf_available() -> bool {
    Filter::lzf().is_available()
}

/// Whether this library has Blosc.
#[must_use]
pub fn blosc_available() -> bool {
    Filter::blosc(Blosc::BloscLZ, 5, true).is_available()
}

/// Whether this library has ZFP.
#[must_use]
pub fn zfp_available() -> bool {
    Filter::zfp(ZfpMode::Reversible, Vec::new(), 8).is_available()
}

/// The filters this library was built with: number and name, by number. Those of others are
/// features of this crate; a program can [bring more](crate::FileBuilder::filter).
///
/// ```
/// let all = hdfive::filters::registered();
/// assert_eq!(all[0], (1, "deflate"));
/// assert!(all.contains(&(32_000, "LZF")));
/// ```
#[must_use]
pub fn registered() -> Vec<(u16, &'static str)> {
    let named = |id| Some((id, names::registered_name(id)?));
    Registry::new().ids().filter_map(named).collect()
}

/// A filter of a dataset.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::filters::Filter;
/// let file = hdfive::File::in_memory()?;
/// let builder = file.new_dataset::<u16>().shape((480, 640));
/// let dataset = builder.set_filters(&[Filter::shuffle(), Filter::deflate(4)]).create("image")?;
/// assert_eq!(dataset.filters(), [Filter::Shuffle, Filter::Deflate(4)]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Filter {
    /// gzip, of level 0 (none) to 9 (smallest).
    Deflate(u8),
    /// The first bytes of all elements of a chunk, then the second ones, and so on.
    Shuffle,
    /// A checksum.
    Fletcher32,
    /// szip, with so many pixels a block: an even number up to 32.
    SZip(SZip, u8),
    /// Only the bits that numbers have.
    NBit,
    /// Numbers in few bits.
    ScaleOffset(ScaleOffset),
    /// LZF, h5py's fast one.
    LZF,
    /// LZ4, in blocks of so many bytes; 0 for the plugin's own size, which is the whole chunk up to
    /// 1 GiB. Feature `lz4`.
    LZ4(u32),
    /// Zstandard, of level 1 (fastest) to 22 (smallest); 0 is 3, negative ones are faster still. Feature
    /// `zstd`.
    Zstd(i32),
    /// bzip2, in blocks of 100,000 to 900,000 bytes: 1 to 9. Feature `bzip2`.
    BZip2(u8),
    /// Bits of equal weight together, then what [`Bitshuffle`] says, in blocks of so many elements: a
    /// multiple of 8; 0 for as many as are in 8 KiB. Feature `bitshuffle`.
    Bitshuffle(Bitshuffle, u32),
    /// Any other one, by its registered number, with its parameters. It must be one the file was
    /// opened with: see [`FileBuilder::filter`](crate::FileBuilder::filter).
    User(i32, Vec<u32>),
}

impl Filter {
    /// gzip, of level 0 (none) to 9 (smallest).
    #[must_use]
    pub fn deflate(level: u8) -> Self {
        Self::Deflate(level)
    }

    /// The first bytes of all elements of a chunk, then the second ones, and so on.
    #[must_use]
    pub fn shuffle() -> Self {
        Self::Shuffle
    }

    /// A checksum.
    #[must_use]
    pub fn fletcher32() -> Self {
        Self::Fletcher32
    }

    /// szip, with so many pixels a block.
    #[must_use]
    pub fn szip(coding: SZip, px_per_block: u8) -> Self {
        Self::SZip(coding, px_per_block)
    }

    /// Only the bits that numbers have.
    #[must_use]
    pub fn nbit() -> Self {
        Self::NBit
    }

    /// Numbers in few bits.
    #[must_use]
    pub fn scale_offset(mode: ScaleOffset) -> Self {
        Self::ScaleOffset(mode)
    }

    /// LZF.
    #[must_use]
    pub fn lzf() -> Self {
        Self::LZF
    }

    /// LZ4, in blocks of so many bytes; 0 for the whole chunk.
    #[must_use]
    pub fn lz4(block_bytes: u32) -> Self {
        Self::LZ4(block_bytes)
    }

    /// Zstandard, of level 1 (fastest) to 22 (smallest).
    #[must_use]
    pub fn zstd(level: i32) -> Self {
        Self::Zstd(level)
    }

    /// bzip2, in blocks of so many times 100,000 bytes.
    #[must_use]
    pub fn bzip2(block_size: u8) -> Self {
        Self::BZip2(block_size)
    }

    /// Bits of equal weight together, then what `codec` says, in blocks of so many elements.
    #[must_use]
    pub fn bitshuffle(codec: Bitshuffle, block_elements: u32) -> Self {
        Self::Bitshuffle(codec, block_elements)
    }

    /// Any other filter.
    #[must_use]
    pub fn user(id: i32, client_data: &[u32]) -> Self {
        Self::User(id, client_data.to_vec())
    }

    /// The filter that a registered number and parameters mean, as a file states them.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::filters::Filter;
    /// assert_eq!(Filter::from_raw(1, &[6])?, Filter::Deflate(6));
    /// assert_eq!(Filter::from_raw(307, &[9])?, Filter::BZip2(9));
    /// assert_eq!(Filter::from_raw(40_000, &[9])?, Filter::User(40_000, vec![9]));
    /// assert!(Filter::from_raw(1, &[]).is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where there is no such number, or the
    /// parameters are none of the filter's.
    pub fn from_raw(filter_id: i32, client_data: &[u32]) -> Result<Self> {
        let known = match (filter_id, client_data) {
            (1, [level, ..]) => u8::try_from(*level).ok().filter(|n| *n <= 9).map(Self::Deflate),
            (2, _) => Some(Self::Shuffle),
            (3, _) => Some(Self::Fletcher32),
            (4, [options, pixels, ..]) => u8::try_from(*pixels).ok().and_then(|pixels| {
                let coding = match options & (SZip::ENTROPY | SZip::NEAREST_NEIGHBOR) {
                    SZip::ENTROPY => SZip::Entropy,
                    SZip::NEAREST_NEIGHBOR => SZip::NearestNeighbor,
                    _ => return None,
                };
                Some(Self::SZip(coding, pixels))
            }),
            (5, _) => Some(Self::NBit),
            (6, [0, digits, ..]) => {
                u8::try_from(*digits).ok().map(|n| Self::ScaleOffset(ScaleOffset::FloatDScale(n)))
            }
            (6, [2, bits, ..]) => {
                u16::try_from(*bits).ok().map(|n| Self::ScaleOffset(ScaleOffset::Integer(n)))
            }
            (307, [block_size, ..]) => {
                u8::try_from(*block_size).ok().filter(|n| (1..=9).contains(n)).map(Self::BZip2)
            }
            (32_008, [_, _, _, rest @ ..]) => Bitshuffle::from_raw(rest),
            (32_015, [level, ..]) => Some(Self::Zstd(level.cast_signed())),
            (1 | 4 | 6 | 307 | 32_008 | 32_015, _) => None,
            (32_000, _) => Some(Self::LZF),
            (32_004, client_data) => Some(Self::LZ4(client_data.first().copied().unwrap_or(0))),
            _ if u16::try_from(filter_id).is_ok_and(|id| id > 0) => {
                Some(Self::user(filter_id, client_data))
            }
            _ => return Err(Error::usage(format!("no filter has the number {filter_id}"))),
        };
        known.ok_or_else(|| {
            Error::usage(format!("filter {filter_id} has no parameters {client_data:?}"))
        })
    }

    /// What this library can do with the filter of this number. A program can [bring
    /// others](crate::FileBuilder::filter).
    ///
    /// ```
    /// use hdfive::filters::{Filter, FilterInfo};
    /// assert!(Filter::get_info(1).encode_enabled);
    /// assert_eq!(Filter::get_info(61_000), FilterInfo::default());
    /// ```
    #[must_use]
    pub fn get_info(filter_id: i32) -> FilterInfo {
        let id = u16::try_from(filter_id).unwrap_or(0);
        let here = Registry::new().get(id).is_some();
        FilterInfo { is_available: here, encode_enabled: here, decode_enabled: here }
    }

    /// Whether this library has the filter.
    #[must_use]
    pub fn is_available(&self) -> bool {
        Self::get_info(self.id()).is_available
    }

    /// Whether this library can write with the filter.
    #[must_use]
    pub fn encode_enabled(&self) -> bool {
        Self::get_info(self.id()).encode_enabled
    }

    /// Whether this library can read what the filter wrote.
    #[must_use]
    pub fn decode_enabled(&self) -> bool {
        Self::get_info(self.id()).decode_enabled
    }

    /// Its registered number.
    #[must_use]
    pub fn id(&self) -> i32 {
        match self {
            Self::Deflate(_) => 1,
            Self::Shuffle => 2,
            Self::Fletcher32 => 3,
            Self::SZip(..) => 4,
            Self::NBit => 5,
            Self::ScaleOffset(_) => 6,
            Self::LZF => 32_000,
            Self::LZ4(_) => 32_004,
            Self::Zstd(_) => 32_015,
            Self::BZip2(_) => 307,
            Self::Bitshuffle(..) => 32_008,
            Self::User(id, _) => *id,
        }
    }

    /// What is asked of a new dataset. Chunks may do without a filter that only makes them smaller,
    /// as libhdf5 and h5py have it; not without a checksum.
    pub(crate) fn wish(&self) -> Result<FilterWish> {
        let wanted = match self {
            Self::Deflate(level) if *level > 9 => {
                return Err(Error::usage(format!("deflate has levels 0 to 9, not {level}")));
            }
            Self::Deflate(level) => vec![u32::from(*level)],
            Self::SZip(coding, pixels) => {
                let option = match coding {
                    SZip::Entropy => SZip::ENTROPY,
                    SZip::NearestNeighbor => SZip::NEAREST_NEIGHBOR,
                };
                vec![option, u32::from(*pixels)]
            }
            Self::ScaleOffset(ScaleOffset::FloatDScale(digits)) => vec![0, u32::from(*digits)],
            Self::ScaleOffset(ScaleOffset::Integer(bits)) => vec![2, u32::from(*bits)],
            Self::LZ4(block_bytes) => vec![*block_bytes],
            Self::Zstd(level) if !(-131_072..=22).contains(level) => {
                return Err(Error::usage(format!("zstd has levels -131072 to 22, not {level}")));
            }
            Self::Zstd(level) => vec![level.cast_unsigned()],
            Self::BZip2(block) if !(1..=9).contains(block) => {
                return Err(Error::usage(format!("bzip2 has blocks of size 1 to 9, not {block}")));
            }
            Self::BZip2(block) => vec![u32::from(*block)],
            Self::Bitshuffle(_, block) if block % 8 != 0 => {
                let problem = format!("bitshuffle has blocks of a multiple of 8, not {block}");
                return Err(Error::usage(problem));
            }
            Self::Bitshuffle(codec, block) => codec.wanted(*block),
            Self::User(_, client_data) => client_data.clone(),
            Self::Shuffle | Self::Fletcher32 | Self::NBit | Self::LZF => Vec::new(),
        };
        let optional = match self {
            // Of others, those that are known only to make chunks smaller.
            Self::User(id, _) => matches!(id, 305 | 32_001 | 32_013 | 32_019 | 32_026),
            _ => !matches!(self, Self::Fletcher32),
        };
        let id = u16::try_from(self.id()).ok().filter(|id| *id > 0);
        let no_number = || Error::usage(format!("no filter has the number {}", self.id()));
        Ok(FilterWish { id: id.ok_or_else(no_number)?, optional, wanted })
    }
}
