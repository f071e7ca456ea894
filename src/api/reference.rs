//! References to objects, regions and attributes.

use std::path::PathBuf;
use std::sync::Arc;

use super::attribute::Attribute;
use super::datatype::Datatype;
use super::location::{Location, LocationToken};
use super::selection::{Selection, SliceOrIndex, regular_blocks};
use super::{Dataset, Group};
use crate::codec::Address;
use crate::element::{Converter, H5Type, RawReference, Referent, TypeDescriptor, Writer};
use crate::error::{Error, Result};
use crate::format::datatype::{Datatype as Stored, ReferenceKind};
use crate::format::reference::{ReferencePart, RevisedTarget};
use crate::format::selection::{HyperslabDimension, Selection as StoredSelection};
use crate::object::external::ExternalKind;
use crate::object::path::{Found, text};
use crate::object::store::Store;

/// What a reference refers to: an object, elements of a dataset, an attribute, or nothing.
///
/// Datasets and attributes of references are read into it and written from it. Made by
/// [`Location::reference`], [`Dataset::reference_region`] and [`Location::reference_attr`].
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{Reference, ReferencedObject};
/// let file = hdfive::File::in_memory()?;
/// let run = file.create_group("run")?;
/// file.set_attr("latest", file.reference::<Reference>("run")?)?;
/// let latest: Reference = file.attr("latest")?.read_scalar()?;
/// let ReferencedObject::Group(group) = file.dereference(&latest)? else { panic!("no group") };
/// assert_eq!(group.token(), run.token());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Reference {
    referent: Referent,
    /// The elements that are meant, where it is to a region.
    region: Option<Selection>,
}

/// What a [`Reference`] means.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{Reference, ReferenceTarget};
/// let file = hdfive::File::in_memory()?;
/// file.create_group("run")?;
/// let reference: Reference = file.reference("run")?;
/// assert_eq!(reference.target(), ReferenceTarget::Object);
/// assert_eq!(Reference::null().target(), ReferenceTarget::Null);
/// # Ok(())
/// # }
/// ```
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
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::ReferencedObject;
/// let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// match file.get("run1/time")? {
///     ReferencedObject::Dataset(dataset) => assert_eq!(dataset.ndim(), 1),
///     other => panic!("{other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
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
    fn new(referent: Referent) -> Self {
        let region = match referent.target.as_ref().map(|target| &target.part) {
            Some(ReferencePart::Region { selection, .. }) => {
                Some(Selection::of_stored(&selection.selection))
            }
            _ => None,
        };
        Self { referent, region }
    }

    pub(super) fn to_part(kind: ReferenceKind, object: Address, part: ReferencePart) -> Self {
        let target = Some(RevisedTarget { object, file: None, part });
        Self::new(Referent { kind, target })
    }

    /// Understands a reference as it is stored.
    pub(crate) fn decode(store: &Store, raw: &RawReference) -> Result<Self> {
        Referent::decode(raw, store).map(Self::new)
    }

    /// A reference to nothing.
    ///
    /// ```
    /// assert!(hdfive::Reference::null().is_null());
    /// ```
    #[must_use]
    pub fn null() -> Self {
        Self::new(Referent::null(ReferenceKind::Object))
    }

    /// The same, to be stored in the form that HDF5 1.12 brought where nobody says otherwise: of one
    /// type, whatever it refers to. h5py cannot read it.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::Reference;
    /// use hdfive::types::TypeDescriptor;
    /// let file = hdfive::File::in_memory()?;
    /// file.set_attr("unit", "m/s")?;
    /// let whole = file.reference::<Reference>("/")?.revised();
    /// let part = file.reference_attr("unit")?;
    /// file.set_attr("two", [whole, part])?;
    /// let two: Vec<Reference> = file.attr("two")?.read_raw()?;
    /// assert_eq!(two[1].attribute_name().as_deref(), Some("unit"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn revised(mut self) -> Self {
        self.referent.kind = ReferenceKind::Object2;
        self
    }

    /// What it means.
    #[must_use]
    pub fn target(&self) -> ReferenceTarget {
        match self.referent.target.as_ref().map(|target| &target.part) {
            None => ReferenceTarget::Null,
            Some(ReferencePart::Whole) => ReferenceTarget::Object,
            Some(ReferencePart::Region { .. }) => ReferenceTarget::Region,
            Some(ReferencePart::Attribute(_)) => ReferenceTarget::Attribute,
        }
    }

    /// Whether it refers to nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.referent.target.is_none()
    }

    /// The object within its file.
    #[must_use]
    pub fn token(&self) -> Option<LocationToken> {
        self.referent.target.as_ref().map(|target| LocationToken(target.object))
    }

    /// The elements of the dataset that are meant.
    #[must_use]
    pub fn region(&self) -> Option<&Selection> {
        self.region.as_ref()
    }

    /// Name of the attribute that is meant.
    #[must_use]
    pub fn attribute_name(&self) -> Option<String> {
        match &self.referent.target.as_ref()?.part {
            ReferencePart::Attribute(name) => Some(text(name)),
            _ => None,
        }
    }

    /// Name of the file that holds the object, where it is another one.
    #[must_use]
    pub fn file_name(&self) -> Option<PathBuf> {
        let file = self.referent.target.as_ref()?.file.as_deref();
        file.map(|name| PathBuf::from(text(name)))
    }

    pub(crate) fn locate(&self, store: &Arc<Store>) -> Result<Location> {
        let null = || Error::not_found("the target of a null reference");
        let target = self.referent.target.as_ref().ok_or_else(null)?;
        let store = match &target.file {
            Some(name) => store.open_other(ExternalKind::Link, name)?,
            None => Arc::clone(store),
        };
        Found::at(&store, target.object, Vec::new()).map(Location::new)
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

impl PartialEq for Reference {
    /// Whether both refer to the same, in whatever form.
    fn eq(&self, other: &Self) -> bool {
        let file = |of: &Self| Some(of.referent.target.as_ref()?.file.clone());
        self.token() == other.token()
            && file(self) == file(other)
            && self.target() == other.target()
            && self.region == other.region
            && self.attribute_name() == other.attribute_name()
    }
}

impl Eq for Reference {}

impl H5Type for Reference {
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::Reference(ReferenceKind::Object)
    }

    /// Of the kind of the first one that refers to something.
    fn descriptor_of(values: &[Self]) -> TypeDescriptor {
        let first = values.iter().find(|value| !value.is_null()).or(values.first());
        let kind = first.map_or(ReferenceKind::Object, |first| first.referent.kind);
        TypeDescriptor::Reference(kind)
    }

    fn converter(stored: &Stored) -> Result<Converter<Self>> {
        Ok(Referent::converter(stored)?.map(Self::new))
    }

    fn writer(stored: &Stored) -> Result<Writer<Self>> {
        Ok(Referent::writer(stored)?.after(|value: &Self| value.referent.clone()))
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
            StoredSelection::Blocks { .. } => match regular_blocks(stored) {
                Some(slab) => Self::Hyperslab(slab),
                None => {
                    let blocks = stored.blocks();
                    Self::Blocks(blocks.map(|(a, b)| (a.to_vec(), b.to_vec())).collect())
                }
            },
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
