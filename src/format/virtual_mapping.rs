//! Global heap block of a virtual dataset (specification VII.B, "Global Heap Block for Virtual
//! Datasets").
//!
//! See `spec-notes/virtual-and-external.md`.

use std::collections::HashMap;
use std::sync::Arc;

use super::bounds::Bounds;
use super::selection::{Selection, SelectionForm, StoredSelection};
use crate::codec::{Decoder, Encoder, Sizes, Structure, StructureIn, wide};
use crate::error::Result;
use crate::limits::Limits;

const SOURCE_FILE_SHARED: u8 = 1 << 0;
const SOURCE_DATASET_SHARED: u8 = 1 << 1;
const SAME_FILE: u8 = 1 << 2;
const ALL_FLAGS: u8 = SOURCE_FILE_SHARED | SOURCE_DATASET_SHARED | SAME_FILE;

/// A source file of this name is the file that holds the virtual dataset.
const THIS_FILE: &[u8] = b".";

/// The mappings of a virtual dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VirtualMappings {
    /// 0; or 1, which stores a name that recurs once.
    pub(crate) version: u8,
    pub(crate) mappings: Vec<Mapping>,
}

/// A part of a virtual dataset, and the part of another dataset that stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mapping {
    /// "Source Filename": `.` for the file that holds the virtual dataset. In names, `%b` may
    /// stand for a block's number.
    pub(crate) file: Arc<[u8]>,
    /// "Source Dataset".
    pub(crate) dataset: Arc<[u8]>,
    /// "Source Selection": elements of the source.
    pub(crate) source: Selection,
    pub(crate) source_form: SelectionForm,
    /// "Virtual Selection": elements of the virtual dataset.
    pub(crate) virtual_: Selection,
    pub(crate) virtual_form: SelectionForm,
}

impl Mapping {
    /// Whether the source lies in the file that holds the virtual dataset.
    pub(crate) fn is_same_file(&self) -> bool {
        *self.file == *THIS_FILE
    }

    /// A mapping that is not stored yet.
    pub(crate) fn new(
        (file, dataset): (&[u8], &[u8]),
        source: Selection,
        virtual_: Selection,
    ) -> Self {
        Self {
            file: file.into(),
            dataset: dataset.into(),
            source,
            source_form: SelectionForm::VERSION_1,
            virtual_,
            virtual_form: SelectionForm::VERSION_1,
        }
    }

    /// The mapping with its selections in the forms that the bounds ask for.
    fn in_bounds(&self, bounds: &Bounds) -> Result<Self> {
        let source = StoredSelection::in_bounds(&self.source, bounds)?;
        let virtual_ = StoredSelection::in_bounds(&self.virtual_, bounds)?;
        Ok(Self {
            file: Arc::clone(&self.file),
            dataset: Arc::clone(&self.dataset),
            source: source.selection,
            source_form: source.form,
            virtual_: virtual_.selection,
            virtual_form: virtual_.form,
        })
    }

    fn decode(d: &mut Decoder<'_>, version: u8, earlier: &[Self]) -> Result<Self> {
        let flags = if version == 0 { 0 } else { d.u8_in("Flags", 0..=ALL_FLAGS)? };
        let file = if flags & SAME_FILE != 0 {
            THIS_FILE.into()
        } else if flags & SOURCE_FILE_SHARED != 0 {
            shared(d, "Source Filename", earlier)?.file.clone()
        } else {
            d.nul_terminated("Source Filename")?.into()
        };
        let dataset = if flags & SOURCE_DATASET_SHARED != 0 {
            shared(d, "Source Dataset", earlier)?.dataset.clone()
        } else {
            d.nul_terminated("Source Dataset")?.into()
        };
        let name = <StoredSelection as Structure>::NAME;
        let source = d.embedded(name, "Source Selection", StoredSelection::decode)?;
        let virtual_ = d.embedded(name, "Virtual Selection", StoredSelection::decode)?;
        Ok(Self {
            file,
            dataset,
            source: source.selection,
            source_form: source.form,
            virtual_: virtual_.selection,
            virtual_form: virtual_.form,
        })
    }

    fn encode_selections(&self, e: &mut Encoder) -> Result<()> {
        let parts = [(&self.source, self.source_form), (&self.virtual_, self.virtual_form)];
        parts.into_iter().try_for_each(|(selection, form)| {
            StoredSelection { form, selection: selection.clone() }.encode(e)
        })
    }
}

impl VirtualMappings {
    /// These mappings, in the versions that the bounds ask for; in the newer one only where it is
    /// not longer.
    ///
    /// # Errors
    ///
    /// [`Usage`](crate::ErrorKind::Usage) where a selection is above the bounds.
    pub(crate) fn in_bounds(mappings: &[Mapping], bounds: &Bounds, sizes: Sizes) -> Result<Self> {
        let mappings = mappings.iter().map(|mapping| mapping.in_bounds(bounds));
        let mut list = Self { version: 0, mappings: mappings.collect::<Result<_>>()? };
        if bounds.virtual_block_version() > 0 {
            let old = list.to_bytes_in(sizes, &())?.len();
            list.version = 1;
            if list.to_bytes_in(sizes, &())?.len() > old {
                list.version = 0;
            }
        }
        Ok(list)
    }
}

/// The earlier mapping whose name is meant.
fn shared<'a>(
    d: &mut Decoder<'_>,
    field: &'static str,
    earlier: &'a [Mapping],
) -> Result<&'a Mapping> {
    let before = d.clone();
    let index = d.length(field)?;
    usize::try_from(index)
        .ok()
        .and_then(|index| earlier.get(index))
        .ok_or_else(|| before.broken(field, format!("mapping {index} is not an earlier one")))
}

/// Names of version 1 written so far, and the mapping each was written with.
#[derive(Default)]
struct Names<'a>(HashMap<&'a [u8], u64>);

impl<'a> Names<'a> {
    /// The earlier mapping that `name` can be shared with, where sharing is not longer than the
    /// name.
    fn share(&mut self, name: &'a [u8], index: u64, lengths: u8) -> Option<u64> {
        if wide(name.len()) < u64::from(lengths).saturating_sub(1) {
            return None;
        }
        let first = *self.0.entry(name).or_insert(index);
        (first != index).then_some(first)
    }
}

fn write_name(
    e: &mut Encoder,
    field: &'static str,
    name: &[u8],
    shared: Option<u64>,
) -> Result<()> {
    if let Some(index) = shared {
        return e.length(field, index);
    }
    if name.contains(&0) {
        return Err(e.broken(field, "the name holds a NUL"));
    }
    e.bytes(name);
    e.u8(0);
    Ok(())
}

impl Structure for VirtualMappings {
    const NAME: &'static str = "Global Heap Block for Virtual Datasets";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let version = d.u8_in("Version", 0..=1)?;
        let before = d.clone();
        let count = d.length("Num Entries")?;
        Limits::check("virtual_mappings", count, d.limits().virtual_mappings)
            .map_err(|error| error.or_at(before.location("Num Entries")))?;
        let mut mappings = Vec::new();
        for _ in 0..count {
            let mapping = Mapping::decode(d, version, &mappings)?;
            mappings.push(mapping);
        }
        d.checksum()?;
        Ok(Self { version, mappings })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.restart();
        e.u8(self.version);
        e.length("Num Entries", wide(self.mappings.len()))?;
        let (mut files, mut datasets) = (Names::default(), Names::default());
        let lengths = e.sizes().lengths;
        for (index, mapping) in self.mappings.iter().enumerate() {
            let (mut file, mut dataset) = (None, None);
            let same_file = self.version != 0 && mapping.is_same_file();
            if self.version != 0 {
                file = files.share(&mapping.file, wide(index), lengths).filter(|_| !same_file);
                dataset = datasets.share(&mapping.dataset, wide(index), lengths);
                let mut flags = file.map_or(0, |_| SOURCE_FILE_SHARED);
                flags |= dataset.map_or(0, |_| SOURCE_DATASET_SHARED);
                e.u8(flags | if same_file { SAME_FILE } else { 0 });
            }
            if !same_file {
                write_name(e, "Source Filename", &mapping.file, file)?;
            }
            write_name(e, "Source Dataset", &mapping.dataset, dataset)?;
            mapping.encode_selections(e)?;
        }
        e.checksum();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::selection::testing::any_selection;
    use super::*;
    use crate::codec::testing::{SIZES, check_round_trip};
    use crate::error::ErrorKind;

    fn name() -> impl Strategy<Value = Arc<[u8]>> {
        prop_oneof![
            Just(&b"."[..]),
            Just(&b"a"[..]),
            Just(&b"a much longer name"[..]),
            Just(&b"/group/a much longer name"[..]),
        ]
        .prop_map(Arc::from)
    }

    prop_compose! {
        fn mapping()(
            file in name(),
            dataset in name(),
            source in any_selection(),
            virtual_ in any_selection(),
        ) -> Mapping {
            Mapping {
                file,
                dataset,
                source: source.selection,
                source_form: source.form,
                virtual_: virtual_.selection,
                virtual_form: virtual_.form,
            }
        }
    }

    prop_compose! {
        fn mappings()(version in 0_u8..=1, mappings in vec(mapping(), 0..5)) -> VirtualMappings {
            VirtualMappings { version, mappings }
        }
    }

    proptest! {
        #[test]
        fn round_trips(value in mappings()) {
            check_round_trip(&value);
        }
    }

    fn whole(file: &[u8], dataset: &[u8]) -> Mapping {
        Mapping {
            file: file.into(),
            dataset: dataset.into(),
            source: Selection::All,
            source_form: SelectionForm::VERSION_1,
            virtual_: Selection::All,
            virtual_form: SelectionForm::VERSION_1,
        }
    }

    #[test]
    fn names_that_recur_are_stored_once() {
        let mappings = vec![whole(b"a file.h5", b"data"), whole(b"a file.h5", b"more")];
        let size = |version| {
            let block = VirtualMappings { version, mappings: mappings.clone() };
            block.to_bytes_in(SIZES[4], &()).unwrap().len()
        };
        assert_eq!(size(1), size(0) + 2 - 10 + 8);
    }

    #[test]
    fn a_name_of_a_later_mapping_is_refused() {
        let bytes = [1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let found = VirtualMappings::from_bytes_in(&bytes, 0, SIZES[4], &Limits::DEFAULT, &());
        assert!(found.unwrap_err().to_string().contains("not an earlier one"));
    }

    #[test]
    fn the_limit_holds() {
        let mappings = vec![whole(b"f", b"d"); 3];
        let bytes = VirtualMappings { version: 0, mappings }.to_bytes_in(SIZES[4], &()).unwrap();
        let mut limits = Limits::DEFAULT;
        limits.virtual_mappings = 2;
        let error = VirtualMappings::from_bytes_in(&bytes, 0, SIZES[4], &limits, &()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::LimitExceeded { limit: "virtual_mappings", .. }));
    }
}
