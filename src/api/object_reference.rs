//! References that are made, and followed.

use std::sync::Arc;

use super::attribute::Attribute;
use super::dataset::Dataset;
use super::location::{Location, LocationToken};
use super::reference::{Reference, ReferencedObject};
use super::selection::Selection;
use crate::element::{Converter, H5Type, RawReference, TypeDescriptor, Writer};
use crate::error::{Error, Result};
use crate::format::datatype::{Datatype as Stored, ReferenceKind};
use crate::format::reference::ReferencePart;
use crate::format::selection::StoredSelection;

/// A reference that an object can be named by.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{ObjectReference, ObjectReference1, ObjectReference2};
/// fn refer<R: ObjectReference>(file: &hdfive::File) -> hdfive::Result<R> {
///     file.reference("run")
/// }
/// let file = hdfive::File::in_memory()?;
/// file.create_group("run")?;
/// file.dereference(&refer::<ObjectReference1>(&file)?)?;
/// file.dereference(&refer::<ObjectReference2>(&file)?)?;
/// # Ok(())
/// # }
/// ```
pub trait ObjectReference: H5Type {
    /// The reference to an object.
    #[doc(hidden)]
    fn to_object(token: LocationToken) -> Self;

    /// What it refers to.
    #[doc(hidden)]
    fn referent(&self) -> Reference;

    /// A reference to the object at `name`, from `location`: see [`Location::reference`].
    ///
    /// # Errors
    ///
    /// As [`Location::reference`].
    fn create(location: &Location, name: &str) -> Result<Self> {
        location.reference(name)
    }

    /// The object that the reference, read from the file of `location`, leads to: see
    /// [`Location::dereference`].
    ///
    /// # Errors
    ///
    /// As [`Location::dereference`].
    fn dereference(&self, location: &Location) -> Result<ReferencedObject> {
        location.dereference(self)
    }
}

impl ObjectReference for Reference {
    fn to_object(token: LocationToken) -> Self {
        Self::to_part(ReferenceKind::Object, token.0, ReferencePart::Whole)
    }

    fn referent(&self) -> Reference {
        self.clone()
    }
}

/// A [`Reference`] to an object, in the form that all versions of HDF5 know.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::ObjectReference1;
/// let file = hdfive::File::in_memory()?;
/// file.create_group("run")?;
/// file.set_attr("latest", file.reference::<ObjectReference1>("run")?)?;
/// let latest: ObjectReference1 = file.attr("latest")?.read_scalar()?;
/// file.dereference(&latest)?.location().set_attr("seen", true)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectReference1(Option<LocationToken>);

impl H5Type for ObjectReference1 {
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::Reference(ReferenceKind::Object)
    }

    /// Of a reference in another form, the object alone is kept.
    fn converter(stored: &Stored) -> Result<Converter<Self>> {
        Ok(Reference::converter(stored)?.map(|reference| Self(reference.token())))
    }

    fn writer(stored: &Stored) -> Result<Writer<Self>> {
        Ok(Reference::writer(stored)?.after(|value: &Self| value.referent()))
    }
}

impl ObjectReference for ObjectReference1 {
    fn to_object(token: LocationToken) -> Self {
        Self(Some(token))
    }

    fn referent(&self) -> Reference {
        self.0.map_or_else(Reference::null, Reference::to_object)
    }
}

/// A [`Reference`] to an object, in the form that HDF5 1.12 brought.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::ObjectReference2;
/// let file = hdfive::File::in_memory()?;
/// let reference = file.reference::<ObjectReference2>("/")?;
/// assert_eq!(file.dereference(&reference)?.location().token(), file.token());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectReference2(Reference);

impl H5Type for ObjectReference2 {
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::Reference(ReferenceKind::Object2)
    }

    fn converter(stored: &Stored) -> Result<Converter<Self>> {
        Ok(Reference::converter(stored)?.map(Self))
    }

    fn writer(stored: &Stored) -> Result<Writer<Self>> {
        Ok(Reference::writer(stored)?.after(Self::referent))
    }
}

impl ObjectReference for ObjectReference2 {
    fn to_object(token: LocationToken) -> Self {
        Self(Reference::to_part(ReferenceKind::Object2, token.0, ReferencePart::Whole))
    }

    fn referent(&self) -> Reference {
        self.0.clone()
    }
}

impl From<ObjectReference1> for Reference {
    fn from(reference: ObjectReference1) -> Self {
        reference.referent()
    }
}

impl From<ObjectReference2> for Reference {
    fn from(reference: ObjectReference2) -> Self {
        reference.0
    }
}

impl Location {
    /// A reference to the object at `path`, from here; `.` is this object.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where nothing is there,
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it lies in another file.
    pub fn reference<R: ObjectReference>(&self, path: &str) -> Result<R> {
        let object = self.resolve(path)?;
        if !Arc::ptr_eq(&object.found.store, &self.found.store) {
            let problem =
                format!("{path:?} leads to another file: a reference stays within its own");
            return self.under(Err(Error::usage(problem)));
        }
        Ok(R::to_object(object.token()))
    }

    /// A reference to the attribute `name`, in the form that HDF5 1.12 brought.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none of that name.
    pub fn reference_attr(&self, name: &str) -> Result<Reference> {
        if !self.has_attr(name)? {
            return Err(self.missing(format!("attribute {name:?}")));
        }
        let part = ReferencePart::Attribute(name.as_bytes().to_vec());
        Ok(Reference::to_part(ReferenceKind::Object2, self.token().0, part))
    }

    /// What a reference, read from this object's file as it is stored, says.
    ///
    /// # Errors
    ///
    /// Where the reference, or what the file keeps for it elsewhere, is malformed.
    pub fn decode_reference(&self, raw: &RawReference) -> Result<Reference> {
        let _reading = self.under(self.found.store.reading())?;
        self.under(Reference::decode(&self.found.store, raw))
    }

    /// The object that a reference, read from this object's file, leads to: that whose region or
    /// attribute is meant, where it is not the object itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for a null reference; whatever opening
    /// the target gives.
    pub fn dereference<R: ObjectReference>(&self, reference: &R) -> Result<ReferencedObject> {
        self.under(reference.referent().open(&self.found.store))
    }

    /// The attribute that a reference, read from this object's file, leads to.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it is not to an attribute; whatever
    /// opening it gives.
    pub fn dereference_attribute(&self, reference: &Reference) -> Result<Attribute> {
        self.under(reference.open_attribute(&self.found.store))
    }
}

impl Dataset {
    /// A reference to elements of the dataset.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let bytes = std::fs::read("tests/fixtures/tour_latest.h5").unwrap();
    /// # let storage = hdfive::SharedMemory::new(bytes);
    /// let file = hdfive::File::with_options().open_storage_rw(std::sync::Arc::new(storage))?;
    /// let time = file.dataset("run1/time")?;
    /// file.set_attr("best", time.reference_region(1..3)?)?;
    /// let best: hdfive::Reference = file.attr("best")?.read_scalar()?;
    /// let region = best.region().unwrap().clone();
    /// assert_eq!(time.read_slice_raw::<f64>(region)?, time.read_slice_raw::<f64>(1..3)?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the selection does not fit the shape, is
    /// without bound along an axis, or is too large for the file's version bounds.
    pub fn reference_region(&self, selection: impl Into<Selection>) -> Result<Reference> {
        let selection = selection.into();
        let make = || {
            let space = self.space()?;
            if space.is_null() {
                return Err(Error::usage("a null dataspace has no elements to refer to"));
            }
            let selection = selection.to_stored(space.dims())?;
            if selection.unlimited_axis().is_some() {
                return Err(Error::usage("a reference to a region without bound"));
            }
            let bounds = self.found.store.bounds();
            let selection = StoredSelection::in_bounds(&selection, bounds)?;
            let rank = u32::try_from(space.ndim()).unwrap_or(u32::MAX);
            let part = ReferencePart::Region { rank, selection };
            Ok(Reference::to_part(ReferenceKind::Region, self.token().0, part))
        };
        self.named(make())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::api::File;
    use crate::codec::Address;
    use crate::element::{HeapSink, Referent};
    use crate::format::bounds::{Bounds, LibraryVersion};
    use crate::format::global_heap::HeapId;

    /// Keeps what is put there, under numbers from 1.
    #[derive(Default)]
    struct Kept(RefCell<Vec<Vec<u8>>>);

    impl HeapSink for Kept {
        fn put(&self, bytes: &[u8]) -> Result<HeapId> {
            let mut all = self.0.borrow_mut();
            all.push(bytes.to_vec());
            Ok(HeapId { address: Some(Address(all.len() as u64)), index: 1 })
        }
    }

    /// What references of libhdf5 keep in the heap, as it keeps it and as this library would.
    fn check(name: &str, low: LibraryVersion) {
        let file = File::open(format!("tests/fixtures/{name}.h5")).unwrap();
        let store = &file.found.store;
        let dataset = file.dataset("references").unwrap();
        let stored = dataset.dtype().unwrap().definition().clone();
        let (writer, kept) = (Referent::writer(&stored).unwrap(), Kept::default());
        let raw: Vec<RawReference> = dataset.read_raw().unwrap();
        let mut wanted: Vec<Vec<u8>> = Vec::new();
        for raw in &raw {
            let referent = Referent::decode(raw, &**store).unwrap();
            let region = match referent.target.as_ref().map(|target| &target.part) {
                Some(ReferencePart::Region { selection, .. }) => Some(selection),
                _ => None,
            };
            if let Some(region) = region {
                let bounds = Bounds::new(low, LibraryVersion::LATEST);
                let own = StoredSelection::in_bounds(&region.selection, &bounds).unwrap();
                assert_eq!(&own, region, "{name}");
            }
            let again = writer.write_one(&referent, &kept).unwrap();
            // An element ends with the name of what it keeps in the heap.
            let place = raw.bytes.len() - 12;
            let in_heap = kept.0.borrow().len() > wanted.len();
            if in_heap {
                let id: HeapId = store.decode_bytes(&raw.bytes[place..], 0).unwrap();
                wanted.push(store.heap_object(&id).unwrap().unwrap().to_vec());
                let head = place.min(2);
                assert_eq!(again[..head], raw.bytes[..head]);
                let size = |data: &[u8]| u32::try_from(data.len()).unwrap().to_le_bytes();
                if place > 0 {
                    assert_eq!(again[2..6], size(kept.0.borrow().last().unwrap()));
                    assert_eq!(raw.bytes[2..6], size(wanted.last().unwrap()));
                }
            } else {
                assert_eq!(again, raw.bytes);
            }
        }
        // libhdf5 makes room in the heap for blocks listed one by one, whatever form it writes them in;
        // what is left of it holds anything.
        for (own, wanted) in kept.0.into_inner().iter().zip(&wanted) {
            assert!(wanted.starts_with(own), "{name}: {own:?} is not {wanted:?}");
        }
        assert!(wanted.len() > 5, "{name}");
    }

    #[test]
    fn references_are_what_libhdf5_makes_them() {
        use LibraryVersion::{Earliest, V110, V112};
        check("new_references_v110", V110);
        check("new_references_latest", LibraryVersion::LATEST);
        check("region_references_earliest", Earliest);
        check("region_references_v110", V110);
        check("region_references_v112", V112);
        check("region_references_latest", LibraryVersion::LATEST);
    }
}
