//! How far virtual datasets reach.

use std::sync::Arc;

use super::dataset::Dataset;
use super::location::Location;
use crate::codec::wide;
use crate::error::Result;
use crate::object::raw_data::virtual_extent::VirtualAccess;
use crate::object::raw_data::virtual_nesting::Nesting;

/// Where a virtual dataset ends whose mappings have no bound. It is not stored: whoever looks at the
/// dataset chooses.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::VirtualView;
/// let file = hdfive::File::open("tests/fixtures/virtual_latest.h5")?;
/// let sure = file.dataset("pattern")?.virtual_view(VirtualView::FirstMissing)?;
/// println!("{:?}", sure.shape());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum VirtualView {
    /// Before the first element that a source lacks.
    FirstMissing,
    /// Behind the last element that a source has. What others lack holds the fill value.
    #[default]
    LastAvailable,
}

impl Dataset {
    /// The same dataset, where it is virtual seen to end as `view` says.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::VirtualView;
    /// # let file = hdfive::File::open("tests/fixtures/virtual_latest.h5")?;
    /// # let name = "pattern";
    /// let whole = file.dataset(name)?;
    /// let sure = whole.virtual_view(VirtualView::FirstMissing)?;
    /// assert!(sure.shape() <= whole.shape());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where a source that exists cannot be read.
    pub fn virtual_view(&self, view: VirtualView) -> Result<Self> {
        let first_missing = view == VirtualView::FirstMissing;
        self.seen(VirtualAccess { first_missing, ..self.known().virtual_access() })
    }

    /// The same dataset, where it is virtual and names of sources hold a block's number: seen to go
    /// on behind up to `gap` sources in a row that do not exist. Otherwise it ends with the first.
    ///
    /// # Errors
    ///
    /// As [`virtual_view`](Self::virtual_view).
    pub fn virtual_printf_gap(&self, gap: usize) -> Result<Self> {
        self.seen(VirtualAccess { printf_gap: wide(gap), ..self.known().virtual_access() })
    }

    /// The same dataset, seen to end as `access` says.
    pub(super) fn seen(&self, access: VirtualAccess) -> Result<Self> {
        if access == self.known().virtual_access() {
            return Ok(self.clone());
        }
        let store = &self.found.store;
        let _reading = self.named(store.reading())?;
        let current = self.current_dataset(self.known());
        let seen = self.named(current.refreshed(store, access, &mut Nesting::default()))?;
        let location = Location::clone(self);
        Ok(Self::with(location, seen.map_or(current, Arc::new)))
    }
}
