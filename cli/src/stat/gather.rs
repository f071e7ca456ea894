//! What the objects of a file are counted by.

use std::collections::{BTreeMap, HashSet};

use hdfive::{
    Dataset, Datatype, Error, File, FileSpace, Layout, LinkTarget, Location, LocationType,
    MetadataSizes, StructureSizes,
};

use super::description;
use crate::memory;
use crate::tool;

/// Filters that have a line of their own, by their numbers.
const FILTERS: u16 = 6;

/// How many of what a file has.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    pub(super) groups: u64,
    pub(super) datasets: u64,
    pub(super) types: u64,
    /// Links that lead elsewhere.
    pub(super) links: u64,
    pub(super) max_links: u64,
    /// Groups by the number of their links.
    pub(super) group_sizes: BTreeMap<u64, u64>,
    pub(super) ranks: BTreeMap<u64, u64>,
    /// Datasets of one axis by its length.
    pub(super) lengths: BTreeMap<u64, u64>,
    pub(super) raw_data: u64,
    pub(super) external_data: u64,
    pub(super) external_files: u64,
    /// Compact, contiguous, chunked, virtual.
    pub(super) layouts: [u64; 4],
    /// None, those with numbers 1 to 6, any other.
    pub(super) filters: [u64; 8],
    pub(super) datatypes: Vec<Used>,
    /// Objects with attributes by the number of these.
    pub(super) attributes: BTreeMap<u64, u64>,
    /// What metadata takes.
    pub(super) sizes: Sizes,
    /// Whether something could not be read.
    pub(super) failed: bool,
}

/// Bytes that metadata takes.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    pub(super) structures: StructureSizes,
    pub(super) userblock: u64,
    pub(super) file: u64,
    pub(super) file_space: Option<FileSpace>,
    pub(super) groups: MetadataSizes,
    pub(super) datasets: MetadataSizes,
    pub(super) types: MetadataSizes,
}

impl Sizes {
    fn of(file: &File) -> Result<Self, Error> {
        let info = file.info();
        Ok(Self {
            structures: file.structure_sizes()?,
            userblock: info.userblock,
            file: file.size(),
            file_space: info.file_space,
            ..Self::default()
        })
    }

    /// Of trees and lists of attributes, and of their heaps.
    pub(super) fn attributes(&self) -> (u64, u64) {
        [&self.groups, &self.datasets, &self.types].iter().fold((0, 0), |(index, heap), sizes| {
            let index = sizes.attribute_index.saturating_add(index);
            (index, sizes.attribute_heap.saturating_add(heap))
        })
    }

    /// All of it.
    pub(super) fn metadata(&self) -> u64 {
        let file = &self.structures;
        let (index, heap) = self.attributes();
        let parts = [
            file.superblock,
            file.extension,
            self.userblock,
            file.shared_table,
            file.shared_index,
            file.shared_heap,
            file.free_space,
            self.groups.header,
            self.groups.index,
            self.groups.heap,
            self.datasets.header,
            self.datasets.index,
            self.datasets.heap,
            self.types.header,
            index,
            heap,
        ];
        parts.iter().fold(0, |sum, part| sum.saturating_add(*part))
    }
}

fn add_all(sums: &mut MetadataSizes, more: &MetadataSizes) {
    add(&mut sums.header, more.header);
    add(&mut sums.header_unused, more.header_unused);
    add(&mut sums.index, more.index);
    add(&mut sums.heap, more.heap);
    add(&mut sums.attribute_index, more.attribute_index);
    add(&mut sums.attribute_heap, more.attribute_heap);
}

/// A type of datasets.
#[derive(Debug)]
pub(super) struct Used {
    datatype: Datatype,
    pub(super) total: u64,
    /// Uses of it as a committed type.
    pub(super) named: u64,
    /// Bytes of its description, and of an element in memory.
    pub(super) description: u64,
    pub(super) size: u64,
}

fn count<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K) {
    add(counts.entry(key).or_default(), 1);
}

fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

impl Statistics {
    pub(super) fn of(file: &File) -> Self {
        let mut out = Self::default();
        match Sizes::of(file) {
            Ok(sizes) => out.sizes = sizes,
            Err(error) => out.complain(&error),
        }
        let mut seen = HashSet::from([file.token()]);
        let mut waiting: Vec<Location> = file.location("/").into_iter().collect();
        while let Some(location) = waiting.pop() {
            if let Err(error) = out.object(&location) {
                out.complain(&error);
            }
            let Ok(group) = location.as_group() else { continue };
            let links = group.all_links().unwrap_or_else(|error| {
                out.complain(&error);
                Vec::new()
            });
            count(&mut out.group_sizes, wide(links.len()));
            let mut inner = Vec::new();
            for link in links {
                let LinkTarget::Hard(token) = link.target else {
                    add(&mut out.links, 1);
                    continue;
                };
                if !seen.insert(token) {
                    continue;
                }
                match group.open_by_token(token) {
                    Ok(location) => inner.push(location),
                    Err(error) => out.complain(&error),
                }
            }
            // The first one comes next.
            waiting.extend(inner.into_iter().rev());
        }
        out
    }

    fn complain(&mut self, error: &Error) {
        self.failed = true;
        tool::error(super::TOOL.name, &error.to_string());
    }

    fn object(&mut self, location: &Location) -> Result<(), Error> {
        let info = location.loc_info()?;
        self.max_links = self.max_links.max(wide(info.num_links));
        if info.num_attrs > 0 {
            count(&mut self.attributes, wide(info.num_attrs));
        }
        let mut sizes = location.metadata_sizes()?;
        match info.loc_type {
            LocationType::Group => {
                add(&mut self.groups, 1);
                add_all(&mut self.sizes.groups, &sizes);
            }
            LocationType::Dataset => {
                let dataset = location.as_dataset()?;
                if dataset.layout() == Layout::Compact {
                    // That is raw data, wherever it lies.
                    sizes.header = sizes.header.saturating_sub(dataset.storage_size());
                }
                add(&mut self.datasets, 1);
                add_all(&mut self.sizes.datasets, &sizes);
                self.dataset(&dataset)?;
            }
            LocationType::NamedDatatype => {
                add(&mut self.types, 1);
                add_all(&mut self.sizes.types, &sizes);
            }
        }
        Ok(())
    }

    fn dataset(&mut self, dataset: &Dataset) -> Result<(), Error> {
        let space = dataset.space()?;
        let dims = space.dims();
        count(&mut self.ranks, wide(dims.len()));
        if let [len] = dims {
            count(&mut self.lengths, *len);
        }
        let external = dataset.external_files();
        add(&mut self.external_files, wide(external.len()));
        let stored = dataset.storage_size();
        if external.is_empty() {
            add(&mut self.raw_data, stored);
        } else {
            add(&mut self.external_data, stored);
        }
        let [compact, contiguous, chunked, mapped] = &mut self.layouts;
        add(
            match dataset.layout() {
                Layout::Compact => compact,
                Layout::Contiguous => contiguous,
                Layout::Chunked => chunked,
                Layout::Virtual => mapped,
            },
            1,
        );
        self.filters_of(dataset);
        self.datatype(dataset.dtype()?);
        Ok(())
    }

    fn filters_of(&mut self, dataset: &Dataset) {
        let filters = dataset.stored_filters();
        let mut places: Vec<u16> = filters.iter().map(|filter| filter.id).collect();
        if places.is_empty() {
            places.push(0);
        }
        for place in places {
            let place = place.min(FILTERS.saturating_add(1));
            if let Some(sum) = self.filters.get_mut(usize::from(place)) {
                add(sum, 1);
            }
        }
    }

    fn datatype(&mut self, datatype: Datatype) {
        let named = u64::from(datatype.is_committed());
        if let Some(used) = self.datatypes.iter_mut().find(|used| used.datatype == datatype) {
            add(&mut used.total, 1);
            add(&mut used.named, named);
            return;
        }
        let definition = datatype.definition();
        let (description, size) = (description::size(definition), memory::size(definition));
        self.datatypes.push(Used { total: 1, named, description, size, datatype });
    }
}
