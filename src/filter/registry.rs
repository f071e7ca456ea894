//! The filters a file may use.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

#[cfg(feature = "bitround")]
use super::bitround::{BitGroom, GranularBitRound};
#[cfg(feature = "bitshuffle")]
use super::bitshuffle::Bitshuffle;
#[cfg(feature = "blosc")]
use super::blosc::Blosc;
#[cfg(feature = "blosc2")]
use super::blosc2::Blosc2;
#[cfg(feature = "bzip2")]
use super::bzip2::Bzip2;
use super::deflate::Deflate;
use super::fletcher32::Fletcher32;
#[cfg(feature = "jpeg")]
use super::jpeg::Jpeg;
#[cfg(feature = "lz4")]
use super::lz4::Lz4;
use super::lzf::Lzf;
#[cfg(feature = "lzo")]
use super::lzo::Lzo;
use super::nbit::Nbit;
use super::scaleoffset::ScaleOffset;
use super::shuffle::Shuffle;
use super::szip::Szip;
#[cfg(feature = "vbz")]
use super::vbz::Vbz;
#[cfg(feature = "zfp")]
use super::zfp::Zfp;
#[cfg(feature = "zstd")]
use super::zstd::Zstd;
use super::{Filter, names};

use crate::error::{Error, Result};

/// The filters a file may use: the built-in ones and those a program adds.
///
/// A clone is cheap and sees what was registered before it was made, not after.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let filters = hdfive::Registry::new();
/// let file = hdfive::File::with_options().filters(filters).open("tests/fixtures/tour_latest.h5")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Registry {
    filters: Arc<BTreeMap<u16, Arc<dyn Filter>>>,
}

impl Registry {
    /// The built-in filters: deflate, shuffle, fletcher32, szip, nbit, scaleoffset and LZF, and
    /// those of others whose features are on: see [`filters::registered`](crate::filters::registered).
    #[must_use]
    pub fn new() -> Self {
        static BUILT_IN: OnceLock<Registry> = OnceLock::new();
        BUILT_IN.get_or_init(Self::built_in).clone()
    }

    /// No filter at all.
    #[must_use]
    pub fn empty() -> Self {
        Self { filters: Arc::default() }
    }

    fn built_in() -> Self {
        let mut registry = Self::empty();
        registry
            .register(Deflate)
            .register(Shuffle)
            .register(Fletcher32)
            .register(Lzf)
            .register(Szip)
            .register(Nbit)
            .register(ScaleOffset);
        #[cfg(feature = "lz4")]
        registry.register(Lz4);
        #[cfg(feature = "lzo")]
        registry.register(Lzo);
        #[cfg(feature = "zstd")]
        registry.register(Zstd);
        #[cfg(feature = "bzip2")]
        registry.register(Bzip2);
        #[cfg(feature = "bitshuffle")]
        registry.register(Bitshuffle);
        #[cfg(feature = "vbz")]
        registry.register(Vbz);
        #[cfg(feature = "bitround")]
        registry.register(BitGroom).register(GranularBitRound);
        #[cfg(feature = "blosc")]
        registry.register(Blosc);
        #[cfg(feature = "blosc2")]
        registry.register(Blosc2);
        #[cfg(feature = "jpeg")]
        registry.register(Jpeg);
        #[cfg(feature = "zfp")]
        registry.register(Zfp);
        registry
    }

    /// Adds a filter, in the place of the one that had its id.
    pub fn register(&mut self, filter: impl Filter + 'static) -> &mut Self {
        Arc::make_mut(&mut self.filters).insert(filter.id(), Arc::new(filter));
        self
    }

    /// The filter with this id.
    #[must_use]
    pub fn get(&self, id: u16) -> Option<&dyn Filter> {
        self.filters.get(&id).map(AsRef::as_ref)
    }

    /// The ids of all filters, ascending.
    pub fn ids(&self) -> impl Iterator<Item = u16> + '_ {
        self.filters.keys().copied()
    }

    /// The filter with this id, which a file may have a name for.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](crate::ErrorKind::Unsupported) names the filter that is not here, and the
    /// feature of this crate that builds it in.
    pub(crate) fn require(&self, id: u16, name_in_file: Option<&[u8]>) -> Result<&dyn Filter> {
        self.get(id).ok_or_else(|| absent(id, name_in_file))
    }
}

#[cold]
fn absent(id: u16, name_in_file: Option<&[u8]>) -> Error {
    let filter = names::describe(id, name_in_file);
    match names::feature(id).filter(|_| Registry::new().get(id).is_none()) {
        Some(feature) => {
            Error::unsupported(format!("{filter} without the feature `{feature}` of hdfive"))
        }
        None => Error::unsupported(filter),
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}
