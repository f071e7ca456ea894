//! The filters that new datasets may have, by the names `hdf5-metno` gives them.

use crate::error::{Error, Result};
use crate::object::dataset::create::FilterWish;

/// How szip codes samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SZip {
    /// As they are: best for what is near random.
    Entropy,
    /// As differences of neighbours: best for what is smooth.
    NearestNeighbor,
}

/// How scale-offset packs numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScaleOffset {
    /// Integers in so many bits, without loss where they fit; 0 for as many as each chunk needs.
    Integer(u16),
    /// Floats, rounded to so many decimal digits.
    FloatDScale(u8),
}

/// A filter that a new dataset is to have.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::filters::Filter;
/// let file = hdfive::File::in_memory()?;
/// let builder = file.new_dataset::<u16>().shape((480, 640));
/// let dataset = builder.set_filters(&[Filter::shuffle(), Filter::deflate(4)]).create("image")?;
/// let names: Vec<_> = dataset.filters().iter().map(|filter| filter.name().to_owned()).collect();
/// assert_eq!(names, ["shuffle", "deflate"]);
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
    /// Any other one, by its registered number, with its parameters. It must be one the file was
    /// opened with: see [`FileBuilder::filter`](crate::FileBuilder::filter).
    User(u16, Vec<u32>),
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

    /// Any other filter.
    #[must_use]
    pub fn user(id: u16, client_data: &[u32]) -> Self {
        Self::User(id, client_data.to_vec())
    }

    /// Its registered number.
    #[must_use]
    pub fn id(&self) -> u16 {
        match self {
            Self::Deflate(_) => 1,
            Self::Shuffle => 2,
            Self::Fletcher32 => 3,
            Self::SZip(..) => 4,
            Self::NBit => 5,
            Self::ScaleOffset(_) => 6,
            Self::LZF => 32_000,
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
                    SZip::Entropy => 4,
                    SZip::NearestNeighbor => 32,
                };
                vec![option, u32::from(*pixels)]
            }
            Self::ScaleOffset(ScaleOffset::FloatDScale(digits)) => vec![0, u32::from(*digits)],
            Self::ScaleOffset(ScaleOffset::Integer(bits)) => vec![2, u32::from(*bits)],
            Self::User(_, client_data) => client_data.clone(),
            Self::Shuffle | Self::Fletcher32 | Self::NBit | Self::LZF => Vec::new(),
        };
        let optional = !matches!(self, Self::Fletcher32 | Self::User(..));
        Ok(FilterWish { id: self.id(), optional, wanted })
    }
}
