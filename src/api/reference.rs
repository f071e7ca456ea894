//! References to objects, regions and attributes.

use std::path::PathBuf;
use std::sync::Arc;

use super::attribute::Attribute;
use super::datatype::Datatype;
use super::location::{Location, LocationToken};
use super::selection::{Selection, SliceOrIndex};
use super::{Dataset, Group};
use crate::codec::{Address, StructureIn};
use crate::element::RawReference;
use crate::error::{Error, Result};
use crate::format::datatype::ReferenceKind;
use crate::format::global_heap::HeapId;
use crate::format::reference::{
    ObjectReference, ReferencePart, RegionReference, RevisedReference, RevisedTarget,
};
use crate::format::selection::{HyperslabDimension, Selection as StoredSelection};
use crate::object::external::ExternalKind;
use crate::object::path::{Found, text};
use crate::object::store::Store;

/// What a stored reference refers to.
///
/// Read references as [`RawReference`] and turn them into this with
/// [`Location::reference`](crate::Location::reference).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reference {
    /// The object, `None` where the reference is null.
    pub(crate) object: Option<Address>,
    /// The file that holds the object, where it is another one.
    pub(crate) file: Option<Vec<u8>>,
    /// What of the object is meant.
    pub(crate) part: Part,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    Region(Selection),
    Attribute(Vec<u8>),
}

/// What a [`Reference`] means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReferenceTarget {
    /// Nothing.
    Null,
    /// An object.
    Object,
    /// Elements of a dataset.
    Region,
    /// An attribute of an object.
    Attribute,
}

/// An object of any kind.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ReferencedObject {
    /// A group.
    Group(Group),
    /// A dataset.
    Dataset(Dataset),
    /// A committed datatype.
    Datatype(Datatype),
}

impl ReferencedObject {
    /// What all kinds of objects have in common.
    #[must_use]
    pub fn location(&self) -> &Location {
        match self {
            Self::Group(group) => group,
            Self::Dataset(dataset) => dataset,
            Self::Datatype(datatype) => datatype,
        }
    }
}

impl Reference {
    /// Understands a reference as it is stored.
    pub(crate) fn decode(store: &Store, raw: &RawReference) -> Result<Self> {
        let null = Self { object: None, file: None, part: Part::Whole };
        if raw.is_null() {
            return Ok(null);
        }
        match raw.kind {
            ReferenceKind::Object => {
                let reference: ObjectReference = store.decode_bytes(&raw.bytes, 0)?;
                Ok(Self { object: reference.object, ..null })
            }
            ReferenceKind::Region => {
                let id: HeapId = store.decode_bytes(&raw.bytes, 0)?;
                let Some(bytes) = store.heap_object(&id)? else { return Ok(null) };
                let offset = id.address.map_or(0, |at| store.space().offset(at));
                let region: RegionReference = store.decode_bytes(&bytes, offset)?;
                let part = Part::Region(Selection::of_stored(&region.selection.selection));
                Ok(Self { object: Some(region.object), file: None, part })
            }
            kind if kind.is_revised() => Self::decode_revised(store, raw, null),
            _ => Err(Error::unsupported("a reference of an unknown kind")),
        }
    }

    fn decode_revised(store: &Store, raw: &RawReference, null: Self) -> Result<Self> {
        match store.decode_bytes(&raw.bytes, 0)? {
            RevisedReference::Null => Ok(null),
            RevisedReference::Object(object) => Ok(Self { object: Some(object), ..null }),
            RevisedReference::Heap { target, size: _, id } => {
                let Some(bytes) = store.heap_object(&id)? else { return Ok(null) };
                let offset = id.address.map_or(0, |at| store.space().offset(at));
                let name = <RevisedTarget as StructureIn<_>>::NAME;
                let mut d = store.decoder(name, &bytes, offset);
                let target = RevisedTarget::decode_in(&mut d, &target)?;
                let part = match target.part {
                    ReferencePart::Whole => Part::Whole,
                    ReferencePart::Attribute(name) => Part::Attribute(name),
                    ReferencePart::Region { selection, .. } => {
                        Part::Region(Selection::of_stored(&selection.selection))
                    }
                };
                Ok(Self { object: Some(target.object), file: target.file, part })
            }
        }
    }

    /// What it means.
    #[must_use]
    pub fn target(&self) -> ReferenceTarget {
        match (&self.object, &self.part) {
            (None, _) => ReferenceTarget::Null,
            (_, Part::Whole) => ReferenceTarget::Object,
            (_, Part::Region(_)) => ReferenceTarget::Region,
            (_, Part::Attribute(_)) => ReferenceTarget::Attribute,
        }
    }

    /// Whether it refers to nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.object.is_none()
    }

    /// The object within its file.
    #[must_use]
    pub fn token(&self) -> Option<LocationToken> {
        self.object.map(LocationToken)
    }

    /// The elements of the dataset that are meant.
    #[must_use]
    pub fn region(&self) -> Option<&Selection> {
        match &self.part {
            Part::Region(selection) => Some(selection),
            _ => None,
        }
    }

    /// Name of the attribute that is meant.
    #[must_use]
    pub fn attribute_name(&self) -> Option<String> {
        match &self.part {
            Part::Attribute(name) => Some(text(name)),
            _ => None,
        }
    }

    /// Name of the file that holds the object, where it is another one.
    #[must_use]
    pub fn file_name(&self) -> Option<PathBuf> {
        self.file.as_deref().map(|name| PathBuf::from(text(name)))
    }

    pub(crate) fn locate(&self, store: &Arc<Store>) -> Result<Location> {
        let null = || Error::not_found("the target of a null reference");
        let address = self.object.ok_or_else(null)?;
        let store = match &self.file {
            Some(name) => store.open_other(ExternalKind::Link, name)?,
            None => Arc::clone(store),
        };
        Found::at(&store, address, Vec::new()).map(Location::new)
    }

    pub(crate) fn open(&self, store: &Arc<Store>) -> Result<ReferencedObject> {
        self.locate(store)?.open()
    }

    pub(crate) fn open_attribute(&self, store: &Arc<Store>) -> Result<Attribute> {
        let name = self.attribute_name();
        let name = name.ok_or_else(|| Error::usage("the reference is not to an attribute"))?;
        self.locate(store)?.attr(&name)
    }
}

impl Selection {
    /// A selection as the file describes it.
    pub(crate) fn of_stored(stored: &StoredSelection) -> Self {
        match stored {
            StoredSelection::None => Self::None,
            StoredSelection::All => Self::All,
            StoredSelection::Points { rank, coordinates } => {
                Self::Points { rank: *rank, coordinates: coordinates.clone() }
            }
            StoredSelection::Regular(axes) => {
                let axes: Vec<SliceOrIndex> = axes.iter().map(stored_axis).collect();
                Self::Hyperslab(axes.into())
            }
            StoredSelection::Blocks { .. } => Self::Blocks(
                stored.blocks().map(|(first, last)| (first.to_vec(), last.to_vec())).collect(),
            ),
        }
    }
}

fn stored_axis(axis: &HyperslabDimension) -> SliceOrIndex {
    let narrow = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let (start, step) = (narrow(axis.start), narrow(axis.stride));
    match (axis.count, axis.block) {
        (Some(count), Some(block)) => {
            SliceOrIndex::SliceCount { start, step, count: narrow(count), block: narrow(block) }
        }
        (None, Some(block)) => SliceOrIndex::Unlimited { start, step, block: narrow(block) },
        (_, None) => SliceOrIndex::Rest { start },
    }
}
