//! Filters as files describe them.

use super::super::dataset::Dataset;
use super::Filter;
use crate::filter::names;
use crate::format::message::FilterDescription;
use crate::object::path::text;

/// A filter of a dataset's pipeline, as the file describes it.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let filters = file.dataset("run1/frames")?.stored_filters();
/// assert_eq!((filters[0].name(), filters[0].id), ("deflate", 1));
/// assert_eq!((filters[0].client_data.as_slice(), filters[0].is_optional()), (&[4][..], true));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredFilter {
    /// Its registered number.
    pub id: u16,
    /// Bit 0: chunks may do without it.
    pub flags: u16,
    /// Its parameters.
    pub client_data: Vec<u32>,
    name: String,
}

impl StoredFilter {
    /// Its name: the registered one, else the one stored, else its number.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether chunks may do without it.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        self.flags & 1 != 0
    }
}

impl Dataset {
    /// The filters of the pipeline, in the order they are applied on writing. One whose parameters
    /// are none of its own is [`Filter::User`].
    #[must_use]
    pub fn filters(&self) -> Vec<Filter> {
        let known = |filter: &StoredFilter| {
            let (id, client_data) = (i32::from(filter.id), &filter.client_data);
            Filter::from_raw(id, client_data).unwrap_or_else(|_| Filter::user(id, client_data))
        };
        self.stored_filters().iter().map(known).collect()
    }

    /// The filters of the pipeline, in the order they are applied on writing, as the file describes
    /// them.
    #[must_use]
    pub fn stored_filters(&self) -> Vec<StoredFilter> {
        let described = |filter: &FilterDescription| {
            let stored = || filter.name.as_deref().map(text);
            let known = names::registered_name(filter.id).map(str::to_owned);
            StoredFilter {
                id: filter.id,
                flags: filter.flags,
                client_data: filter.client_data.clone(),
                name: known.or_else(stored).unwrap_or_else(|| filter.id.to_string()),
            }
        };
        self.object().filters.iter().map(described).collect()
    }
}
