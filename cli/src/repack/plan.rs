//! What is to be otherwise in the copy of a dataset.

use std::collections::HashMap;

use hdfive::filters::Filter;
use hdfive::{Dataset, DatasetChanges, File, Layout, LocationToken, definition};

use super::native;
use super::options::{ObjectWish, Options};
use super::wishes::{FilterWish, LayoutWish};

/// Most bytes of a chunk that nobody gave a shape.
const CHUNK_BYTES: usize = 32 << 20;
/// Most bytes of elements of which a compact dataset is tried.
const MOST_COMPACT: u64 = 64_512;

/// What is asked for, by dataset.
#[derive(Debug)]
pub(super) struct Plan {
    filters: Vec<FilterWish>,
    layout: Option<LayoutWish>,
    objects: HashMap<LocationToken, ObjectWish>,
    minimum: u64,
    native: bool,
    /// The file that is repacked.
    file: String,
}

impl Plan {
    /// What is asked for of the objects of a file, all of which are there.
    pub(super) fn new(options: &Options, file: &File) -> hdfive::Result<Self> {
        let mut objects: HashMap<LocationToken, ObjectWish> = HashMap::new();
        for wish in &options.objects {
            let token = file.location(&wish.path)?.token();
            // An object may have several names.
            let object = objects.entry(token).or_insert_with(|| ObjectWish {
                filters: Vec::new(),
                layout: None,
                ..wish.clone()
            });
            object.filters.extend(wish.filters.iter().cloned());
            object.layout = wish.layout.clone().or(object.layout.take());
        }
        Ok(Self {
            filters: options.filters.clone(),
            layout: options.layout.clone(),
            objects,
            minimum: options.minimum,
            native: options.native,
            file: file.filename(),
        })
    }

    fn is_asked(&self) -> bool {
        !self.filters.is_empty() || self.layout.is_some() || !self.objects.is_empty()
    }

    /// Whether the dataset is left as it is, whatever is asked for.
    fn leaves(&self, dataset: &Dataset) -> hdfive::Result<bool> {
        let stored = dataset.dtype()?;
        let references = matches!(stored.definition().class, definition::Class::Reference(_));
        // What another file has is merged as it is.
        let elsewhere = dataset.filename() != self.file;
        Ok(references || elsewhere || dataset.filters().iter().any(|filter| !filter.is_available()))
    }

    /// Bytes of all elements.
    fn bytes(dataset: &Dataset) -> u64 {
        let elements = dataset
            .shape()
            .iter()
            .fold(1_u64, |n, len| n.saturating_mul(u64::try_from(*len).unwrap_or(u64::MAX)));
        let size = dataset.dtype().map_or(0, |datatype| datatype.size());
        elements.saturating_mul(u64::try_from(size).unwrap_or(u64::MAX))
    }

    /// Whether a dataset is too small for what is asked for.
    pub(super) fn is_too_small(&self, dataset: &Dataset) -> bool {
        let object = self.objects.get(&dataset.token());
        let layout = object.and_then(|object| object.layout.as_ref()).or(self.layout.as_ref());
        layout != Some(&LayoutWish::Compact) && Self::bytes(dataset) < self.minimum
    }

    /// What is to be otherwise in the copy of a dataset.
    pub(super) fn changes(&self, dataset: &Dataset) -> hdfive::Result<DatasetChanges> {
        let mut changes = DatasetChanges::new();
        if self.leaves(dataset)? {
            return Ok(changes);
        }
        if self.native && !dataset.dtype()?.is_committed() {
            let stored = dataset.dtype()?;
            let native = native::of(stored.definition());
            if let Some(native) = native.filter(|native| native != &**stored.definition()) {
                changes = changes.datatype(&native);
            }
        }
        if !self.is_asked() {
            return Ok(changes);
        }
        if !dataset.external_files().is_empty() {
            changes = changes.contiguous();
        }
        if dataset.shape().is_empty() || self.is_too_small(dataset) {
            return Ok(changes);
        }
        let object = self.objects.get(&dataset.token());
        let filters = match object {
            Some(object) if !object.filters.is_empty() => object.filters.as_slice(),
            _ => self.filters.as_slice(),
        };
        let layout = self.layout.as_ref().or(object.and_then(|object| object.layout.as_ref()));
        let changes = Self::with_filters(changes, dataset, filters, layout.is_some())?;
        Ok(Self::with_layout(changes, dataset, layout))
    }

    fn with_filters(
        mut changes: DatasetChanges,
        dataset: &Dataset,
        filters: &[FilterWish],
        has_layout: bool,
    ) -> hdfive::Result<DatasetChanges> {
        if filters.is_empty() {
            return Ok(changes);
        }
        changes = changes.filters(&[]);
        let wanted: Vec<&FilterWish> = filters.iter().filter(|wish| wish.id != 0).collect();
        if !wanted.is_empty() && !has_layout && dataset.layout() != Layout::Chunked {
            changes = changes.chunk(&strip(dataset));
        }
        for wish in wanted {
            let filter = Filter::from_raw(wish.id, &wish.values)?;
            changes = match wish.optional {
                Some(optional) => changes.push_filter(filter, optional),
                None => changes.push_filter(filter, wish.id != FilterWish::FLETCHER32),
            };
        }
        Ok(changes)
    }

    fn with_layout(
        mut changes: DatasetChanges,
        dataset: &Dataset,
        layout: Option<&LayoutWish>,
    ) -> DatasetChanges {
        match layout {
            None => return changes,
            Some(LayoutWish::Chunked(shape)) => return changes.chunk(shape),
            Some(LayoutWish::Contiguous { .. }) => changes = changes.contiguous().filters(&[]),
            Some(LayoutWish::Compact) => {
                changes = changes.compact();
                if Self::bytes(dataset) > MOST_COMPACT {
                    return changes;
                }
            }
        }
        // Only chunks can grow.
        changes.fixed_extent()
    }
}

/// The shape of chunks that nobody gave one: what fits, along the last axes first.
fn strip(dataset: &Dataset) -> Vec<usize> {
    let mut bytes = dataset.dtype().map_or(1, |datatype| datatype.size()).max(1);
    let mut shape = dataset.shape();
    for len in shape.iter_mut().rev() {
        let fit = CHUNK_BYTES.checked_div(bytes).unwrap_or(0).max(1);
        *len = fit.min(*len).max(1);
        bytes = bytes.saturating_mul(*len);
    }
    shape
}
