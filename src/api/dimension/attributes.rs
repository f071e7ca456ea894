//! The attributes that dimension scales consist of, as HDF5's dimension-scale specification has
//! them: a scale has `CLASS`, perhaps `NAME`, and `REFERENCE_LIST`, which names the axes it is
//! attached to; a dataset with scales has `DIMENSION_LIST`, and one with labels `DIMENSION_LABELS`,
//! of one element an axis.

use std::borrow::Cow;

use crate::api::dataset::Dataset;
use crate::api::element_type::ElementType;
use crate::api::extents::Extents;
use crate::api::object_reference::ObjectReference;
use crate::api::reference::Reference;
use crate::element::{H5Type, StringBytes};
use crate::error::{Error, Result};
use crate::format::datatype::{
    ByteOrder, CharacterSet, Class, Datatype, Member, ReferenceKind, StringPadding,
};
use crate::object::attribute::create::{AttributeCreation, delete, set_data};
use crate::object::attribute::{AttributeObject, find};
use crate::object::path::text;
use crate::object::stored_type::StoredType;

/// Says of what kind a dataset is.
pub(super) const CLASS: &str = "CLASS";
/// The value of `CLASS` that makes a dataset a scale.
pub(super) const SCALE: &str = "DIMENSION_SCALE";
/// A scale's name.
pub(super) const NAME: &str = "NAME";
const LABELS: &str = "DIMENSION_LABELS";
const SCALES: &str = "DIMENSION_LIST";
const BACK_REFERENCES: &str = "REFERENCE_LIST";

/// The attribute, where there is one.
fn attribute(dataset: &Dataset, name: &str) -> Result<Option<AttributeObject>> {
    let store = &dataset.found.store;
    let found = find(store, &*dataset.header()?, name.as_bytes())?;
    found.map(|raw| raw.open(store)).transpose()
}

/// Makes an attribute, in place of the one of its name, of elements that `data` makes.
fn put(
    dataset: &Dataset,
    name: &str,
    datatype: &StoredType,
    extents: &Extents,
    data: Option<Vec<u8>>,
) -> Result<()> {
    let store = &dataset.found.store;
    let mut dataspace = extents.to_dataspace(store.bounds())?;
    // libhdf5 states the bounds of these, too.
    let dimensions = dataspace.dimensions.iter().copied();
    dataspace.maximum = (!extents.is_scalar()).then(|| dimensions.map(Some).collect());
    let (name, data) = (name.as_bytes(), data.map(Cow::Owned));
    let creation = AttributeCreation { name, datatype, dataspace, data, charset: None };
    creation.put(store, dataset.token().0)
}

/// The string that an attribute is; `None` where there is none, or it is no string.
pub(super) fn text_of(dataset: &Dataset, name: &str) -> Result<Option<String>> {
    if !dataset.has_attr(name)? {
        return Ok(None);
    }
    let attribute = dataset.attr(name)?;
    let is_text = match &attribute.dtype()?.definition().class {
        Class::String(_) => true,
        Class::VarLen(kind) => kind.is_string(),
        _ => false,
    };
    if !is_text || attribute.size() != 1 {
        return Ok(None);
    }
    let value: StringBytes = attribute.read_scalar()?;
    Ok(Some(text(&value.0)))
}

/// Sets an attribute to a string, as libhdf5 stores it: of the length it has, and marked as ASCII
/// whatever it holds.
pub(super) fn put_text(dataset: &Dataset, name: &str, value: &str) -> Result<()> {
    let store = &dataset.found.store;
    let size = u32::try_from(value.len().saturating_add(1));
    let size = size.map_err(|_| Error::usage("the string does not fit an attribute"))?;
    let padding = StringPadding::NullTerminated;
    let definition = Datatype::fixed_string(size, padding, CharacterSet::Ascii)?;
    let stored = ElementType::from(definition).stored(store)?;
    let value = StringBytes(value.as_bytes().to_vec());
    let data = store.to_elements(&stored.datatype, &[value])?;
    put(dataset, name, &stored, &Extents::Scalar, Some(data))
}

/// An attribute with one element for each axis of a dataset.
struct PerAxis<'a> {
    dataset: &'a Dataset,
    name: &'static str,
}

impl PerAxis<'_> {
    fn read<T: H5Type>(&self, axis: usize) -> Result<Option<T>> {
        if !self.dataset.has_attr(self.name)? {
            return Ok(None);
        }
        let all: Vec<T> = self.dataset.attr(self.name)?.read_raw()?;
        Ok(all.into_iter().nth(axis))
    }

    /// The attribute; made, of no bytes but zeros, where there is none.
    fn made(&self, definition: impl FnOnce() -> Datatype) -> Result<AttributeObject> {
        let dataset = self.dataset;
        if attribute(dataset, self.name)?.is_none() {
            let stored = ElementType::from(definition()).stored(&dataset.found.store)?;
            put(dataset, self.name, &stored, &Extents::simple(dataset.ndim()), None)?;
        }
        let missing = || Error::not_found(format!("attribute {:?}", self.name));
        attribute(dataset, self.name)?.ok_or_else(missing)
    }

    /// Writes the element of one axis; the others stay as they are, to the byte.
    fn write<T: H5Type>(&self, attribute: &AttributeObject, axis: usize, value: T) -> Result<()> {
        let store = &self.dataset.found.store;
        check_form(&attribute.datatype.datatype)?;
        let element = store.to_elements(&attribute.datatype.datatype, &[value])?;
        let mut data = attribute.data()?.to_vec();
        let place = data.chunks_exact_mut(element.len().max(1)).nth(axis);
        let Some(place) = place else {
            let problem = format!("attribute {:?} has no element for axis {axis}", self.name);
            return Err(Error::usage(problem));
        };
        place.copy_from_slice(&element);
        set_data(store, self.dataset.token().0, attribute, data)
    }
}

/// The labels of a dataset's axes.
pub(super) struct Labels<'a>(PerAxis<'a>);

impl<'a> Labels<'a> {
    pub(super) fn of(dataset: &'a Dataset) -> Self {
        Self(PerAxis { dataset, name: LABELS })
    }

    /// The label of an axis, empty where it has none.
    pub(super) fn get(&self, axis: usize) -> Result<String> {
        let found: Option<StringBytes> = self.0.read(axis)?;
        Ok(found.map(|label| text(&label.0)).unwrap_or_default())
    }

    pub(super) fn set(&self, axis: usize, label: &str) -> Result<()> {
        let attribute = self.0.made(|| Datatype::var_len_string(CharacterSet::Ascii))?;
        self.0.write(&attribute, axis, StringBytes(label.as_bytes().to_vec()))
    }
}

/// The scales of a dataset's axes.
pub(super) struct Scales<'a>(PerAxis<'a>);

impl<'a> Scales<'a> {
    pub(super) fn of(dataset: &'a Dataset) -> Self {
        Self(PerAxis { dataset, name: SCALES })
    }

    /// Whether any axis has, or had, scales.
    pub(super) fn exist(&self) -> Result<bool> {
        self.0.dataset.has_attr(SCALES)
    }

    /// References to the scales of an axis.
    pub(super) fn get(&self, axis: usize) -> Result<Vec<Reference>> {
        Ok(self.0.read(axis)?.unwrap_or_default())
    }

    pub(super) fn has(&self, axis: usize, scale: &Dataset) -> Result<bool> {
        Ok(self.get(axis)?.iter().any(|reference| leads_to(reference, scale)))
    }

    pub(super) fn add(&self, axis: usize, scale: &Dataset) -> Result<()> {
        if self.has(axis, scale)? {
            return Ok(());
        }
        let object = Datatype::reference_to(ReferenceKind::Object);
        let attribute = self.0.made(|| Datatype::var_len_sequence(object))?;
        let mut all = self.get(axis)?;
        all.push(Reference::to_object(scale.token()));
        self.0.write(&attribute, axis, all)
    }

    /// Whether the scale was there. With the last one of all axes the attribute goes.
    pub(super) fn remove(&self, axis: usize, scale: &Dataset) -> Result<bool> {
        let mut all = self.get(axis)?;
        let before = all.len();
        all.retain(|reference| !leads_to(reference, scale));
        let Some(attribute) = attribute(self.0.dataset, SCALES)?.filter(|_| all.len() < before)
        else {
            return Ok(false);
        };
        self.0.write(&attribute, axis, all)?;
        let dataset = self.0.dataset;
        let left: Vec<Vec<Reference>> = dataset.attr(SCALES)?.read_raw()?;
        if left.iter().all(Vec::is_empty) {
            delete(&dataset.found.store, dataset.token().0, SCALES.as_bytes())?;
        }
        Ok(true)
    }
}

/// The axes that a scale is attached to.
pub(super) struct BackReferences<'a>(&'a Dataset);

impl<'a> BackReferences<'a> {
    pub(super) fn of(scale: &'a Dataset) -> Self {
        Self(scale)
    }

    fn all(&self) -> Result<Vec<(Reference, u32)>> {
        if !self.0.has_attr(BACK_REFERENCES)? {
            return Ok(Vec::new());
        }
        self.0.attr(BACK_REFERENCES)?.read_raw()
    }

    pub(super) fn has(&self, dataset: &Dataset, axis: usize) -> Result<bool> {
        Ok(self.all()?.iter().any(|entry| is_axis(entry, dataset, axis)))
    }

    pub(super) fn add(&self, dataset: &Dataset, axis: usize) -> Result<()> {
        let mut all = self.all()?;
        if all.iter().any(|entry| is_axis(entry, dataset, axis)) {
            return Ok(());
        }
        let too_many = |_| Error::usage(format!("axis {axis} has no number of 32 bits"));
        let number = u32::try_from(axis).map_err(too_many)?;
        all.push((Reference::to_object(dataset.token()), number));
        self.put(&all)
    }

    /// Forgets an axis. With the last one the attribute goes.
    pub(super) fn remove(&self, dataset: &Dataset, axis: usize) -> Result<()> {
        let mut all = self.all()?;
        let before = all.len();
        all.retain(|entry| !is_axis(entry, dataset, axis));
        if all.len() == before {
            return Ok(());
        }
        if all.is_empty() {
            let at = self.0.token().0;
            return delete(&self.0.found.store, at, BACK_REFERENCES.as_bytes());
        }
        self.put(&all)
    }

    fn put(&self, all: &[(Reference, u32)]) -> Result<()> {
        let store = &self.0.found.store;
        let stored = match attribute(self.0, BACK_REFERENCES)? {
            Some(attribute) => attribute.datatype,
            None => ElementType::from(back_reference()?).stored(store)?,
        };
        check_form(&stored.datatype)?;
        let data = store.to_elements(&stored.datatype, all)?;
        put(self.0, BACK_REFERENCES, &stored, &Extents::simple(all.len()), Some(data))
    }
}

/// The type of a back reference, laid out as the struct that libhdf5 keeps it in.
fn back_reference() -> Result<Datatype> {
    let dataset = Datatype::reference_to(ReferenceKind::Object);
    let dimension = Datatype::integer(4, false, ByteOrder::Little)?;
    let members = vec![Member::new("dataset", 0, dataset), Member::new("dimension", 8, dimension)];
    Datatype::compound(16, members)
}

/// Refuses to change lists of references in the form of HDF5 1.12: libhdf5 takes what it finds in a list
/// for old ones, and cannot go on with one that has grown.
fn check_form(stored: &Datatype) -> Result<()> {
    let revised = match &stored.class {
        Class::VarLen(of) => is_revised(&of.base),
        Class::Compound(members) => members.iter().any(|member| is_revised(&member.datatype)),
        _ => false,
    };
    match revised {
        false => Ok(()),
        true => Err(Error::unsupported("changing a list of references in the form of HDF5 1.12")),
    }
}

fn is_revised(stored: &Datatype) -> bool {
    matches!(stored.class, Class::Reference(kind) if kind.is_revised())
}

fn leads_to(reference: &Reference, dataset: &Dataset) -> bool {
    reference.token() == Some(dataset.token())
}

fn is_axis(entry: &(Reference, u32), dataset: &Dataset, axis: usize) -> bool {
    let (reference, number) = entry;
    leads_to(reference, dataset) && usize::try_from(*number) == Ok(axis)
}
