//! References: what they refer to, from the file and back.

use super::heap_ids::{padded, sizes};
use super::opaque::check_len;
use super::writer::{WriteValues, element_size};
use super::{Convert, Converter, HeapSink, HeapSource, RawReference, Writer, no_conversion};
use crate::codec::{Decoder, Sizes, StructureIn};
use crate::error::{Error, Result};
use crate::format::datatype::{Class, Datatype, ReferenceKind};
use crate::format::global_heap::HeapId;
use crate::format::reference::{
    ObjectReference, ReferencePart, RegionReference, RevisedReference, RevisedTarget,
};

/// The rank of a dataset that is not known: old references to all of it, or none, do not say it.
const UNKNOWN_RANK: u32 = u32::MAX;

/// What a reference refers to.
#[derive(Debug, Clone)]
pub(crate) struct Referent {
    /// The kind of references it is written as, where nobody says otherwise.
    pub(crate) kind: ReferenceKind,
    /// `None` where it is nothing.
    pub(crate) target: Option<RevisedTarget>,
}

impl Referent {
    /// Nothing.
    pub(crate) fn null(kind: ReferenceKind) -> Self {
        Self { kind, target: None }
    }

    /// What the reference stored as `raw` refers to, whose heap is `heap`.
    pub(crate) fn decode(raw: &RawReference, heap: &dyn HeapSource) -> Result<Self> {
        let kind = raw.kind;
        let target = match kind {
            _ if raw.is_null() => None,
            ReferenceKind::Object => {
                let reference: ObjectReference =
                    decode(&raw.bytes, 0, widths(&raw.bytes, 0, heap)?, heap)?;
                reference.object.map(|object| RevisedTarget {
                    object,
                    file: None,
                    part: ReferencePart::Whole,
                })
            }
            ReferenceKind::Region => decode_region(&raw.bytes, heap)?,
            kind if kind.is_revised() => decode_revised(&raw.bytes, heap)?,
            _ => return Err(Error::unsupported("a reference of an unknown kind")),
        };
        Ok(Self { kind, target })
    }

    /// The reference as an element of `size` bytes; what it keeps elsewhere goes to `heap`.
    fn to_element(&self, kind: ReferenceKind, size: usize, heap: &dyn HeapSink) -> Result<Vec<u8>> {
        let Some(target) = &self.target else { return Ok(vec![0; size]) };
        let widths =
            |others: usize| heap.widths().map_or_else(|| sizes(&vec![0; size], others), Ok);
        let element = match kind {
            ReferenceKind::Object => {
                if target.file.is_some() || target.part != ReferencePart::Whole {
                    return Err(refused("an object of the file"));
                }
                let reference = ObjectReference { object: Some(target.object) };
                reference.to_bytes_in(widths(0)?, &())?
            }
            ReferenceKind::Region => {
                let ReferencePart::Region { selection, .. } = &target.part else {
                    return Err(refused("a region of a dataset"));
                };
                if target.file.is_some() {
                    return Err(refused("a region of a dataset of the file"));
                }
                let (object, selection) = (target.object, selection.clone());
                let sizes = widths(4)?;
                let data = RegionReference { object, selection }.to_bytes_in(sizes, &())?;
                heap.put(&data)?.to_bytes_in(sizes, &())?
            }
            kind if kind.is_revised() => revised(target, widths(10)?, heap)?,
            _ => return Err(Error::unsupported("a reference of an unknown kind")),
        };
        let element = padded(element, size);
        check_len(&element, size)?;
        Ok(element)
    }

    /// How stored references become what they refer to.
    pub(crate) fn converter(stored: &Datatype) -> Result<Converter<Self>> {
        let (kind, size) = reference_type(stored)?;
        Converter::new(stored, Referents { kind, size })
    }

    /// How what they refer to becomes stored references.
    pub(crate) fn writer(stored: &Datatype) -> Result<Writer<Self>> {
        let (kind, size) = reference_type(stored)?;
        Writer::new(stored, Referents { kind, size })
    }
}

fn reference_type(stored: &Datatype) -> Result<(ReferenceKind, usize)> {
    match &stored.class {
        Class::Reference(kind) => Ok((*kind, element_size(stored)?)),
        _ => Err(no_conversion(stored, "a reference")),
    }
}

#[cold]
fn refused(wanted: &str) -> Error {
    Error::conversion(format!("the reference does not refer to {wanted}, as those stored here do"))
}

/// The widths of the file that a stored reference, all but `others` bytes of which are an address
/// there, is of.
fn widths(element: &[u8], others: usize, heap: &dyn HeapSource) -> Result<Sizes> {
    heap.widths().map_or_else(|| sizes(element, others), Ok)
}

fn decode<T: StructureIn<()>>(
    bytes: &[u8],
    offset: u64,
    sizes: Sizes,
    heap: &dyn HeapSource,
) -> Result<T> {
    T::from_bytes_in(bytes, offset, sizes, heap.limits(), &())
}

fn decode_region(element: &[u8], heap: &dyn HeapSource) -> Result<Option<RevisedTarget>> {
    let sizes = widths(element, 4, heap)?;
    let id: HeapId = decode(element, 0, sizes, heap)?;
    let Some(bytes) = heap.heap_object(&id)? else { return Ok(None) };
    let RegionReference { object, selection } = decode(&bytes, heap.offset(&id), sizes, heap)?;
    let rank = selection.selection.rank().and_then(|rank| u32::try_from(rank).ok());
    let rank = rank.unwrap_or(UNKNOWN_RANK);
    let part = ReferencePart::Region { rank, selection };
    Ok(Some(RevisedTarget { object, file: None, part }))
}

fn decode_revised(element: &[u8], heap: &dyn HeapSource) -> Result<Option<RevisedTarget>> {
    let sizes = widths(element, 10, heap)?;
    match decode(element, 0, sizes, heap)? {
        RevisedReference::Null => Ok(None),
        RevisedReference::Object(object) => {
            Ok(Some(RevisedTarget { object, file: None, part: ReferencePart::Whole }))
        }
        RevisedReference::Heap { target, size: _, id } => {
            let Some(bytes) = heap.heap_object(&id)? else { return Ok(None) };
            let name = <RevisedTarget as StructureIn<_>>::NAME;
            let mut d = Decoder::new(name, &bytes, heap.offset(&id), sizes, heap.limits());
            RevisedTarget::decode_in(&mut d, &target).map(Some)
        }
    }
}

fn revised(target: &RevisedTarget, sizes: Sizes, heap: &dyn HeapSink) -> Result<Vec<u8>> {
    if matches!(target.part, ReferencePart::Region { rank: UNKNOWN_RANK, .. }) {
        let problem = "the reference does not say of how many axes the dataset is: make it anew";
        return Err(Error::conversion(problem));
    }
    let form = target.form();
    let reference = if form.kind == ReferenceKind::Object2 && !form.external {
        RevisedReference::Object(target.object)
    } else {
        let data = target.to_bytes_in(sizes, &form)?;
        let size =
            u32::try_from(data.len()).map_err(|_| Error::usage("a reference of 4 GiB or more"))?;
        RevisedReference::Heap { target: form, size, id: heap.put(&data)? }
    };
    reference.to_bytes_in(sizes, &())
}

/// The conversion from and to one kind.
struct Referents {
    kind: ReferenceKind,
    size: usize,
}

impl Convert<Referent> for Referents {
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<Referent>) -> Result<()> {
        stored.chunks_exact(self.size.max(1)).try_for_each(|element| {
            let raw = RawReference { kind: self.kind, bytes: element.to_vec() };
            out.push(Referent::decode(&raw, heap)?);
            Ok(())
        })
    }
}

impl WriteValues<Referent> for Referents {
    fn append(&self, values: &[Referent], heap: &dyn HeapSink, out: &mut Vec<u8>) -> Result<()> {
        values.iter().try_for_each(|value| {
            out.extend_from_slice(&value.to_element(self.kind, self.size, heap)?);
            Ok(())
        })
    }
}
