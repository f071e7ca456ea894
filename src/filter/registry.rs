//! The filters a file may use.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::Filter;
use super::deflate::Deflate;
use super::fletcher32::Fletcher32;
use super::lzf::Lzf;
use super::nbit::Nbit;
use super::scaleoffset::ScaleOffset;
use super::shuffle::Shuffle;
use super::szip::Szip;

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
    /// The built-in filters: deflate, shuffle, fletcher32, szip, nbit, scaleoffset and LZF.
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
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}
