//! The objects of heaps that elements stand for.

use super::sequence::HeapElement;
use super::{HeapSink, HeapSource, RawReference, Referent};
use crate::codec::{Sizes, StructureIn};
use crate::error::{Error, ErrorKind, Result};
use crate::format::datatype::{Class, Datatype, ReferenceKind, VarLen};
use crate::format::global_heap::HeapId;
use crate::format::reference::RevisedReference;
use crate::limits::Limits;

/// Whether elements hold names of objects in a heap: sequences and strings of any length, references
/// to regions and those in the revised form.
pub(crate) fn holds_heap_ids(stored: &Datatype) -> bool {
    match &stored.class {
        Class::VarLen(_) => true,
        Class::Reference(kind) => *kind == ReferenceKind::Region || kind.is_revised(),
        Class::Compound(members) => members.iter().any(|member| holds_heap_ids(&member.datatype)),
        Class::Array(array) => holds_heap_ids(&array.base),
        _ => false,
    }
}

/// Calls `visit` for every object of a heap that the elements in `bytes` name, those first that are
/// named by other objects.
///
/// # Errors
///
/// Those of `visit`, and where an object is not there that names others.
pub(crate) fn for_each_heap_id(
    stored: &Datatype,
    bytes: &[u8],
    source: &dyn HeapSource,
    visit: &mut dyn FnMut(HeapId) -> Result<()>,
) -> Result<()> {
    if !holds_heap_ids(stored) {
        return Ok(());
    }
    let elements = bytes.chunks_exact(size(stored));
    match &stored.class {
        Class::VarLen(of) => {
            let form = HeapElement::new(stored)?;
            let nested = holds_heap_ids(&of.base);
            for element in elements {
                let (_, id) = form.parts(element)?;
                if id.address.is_none() {
                    continue;
                }
                if nested {
                    let data = form.read(element, unit(of), source)?;
                    for_each_heap_id(&of.base, &data, source, visit)?;
                }
                visit(id)?;
            }
        }
        Class::Reference(kind) => {
            for element in elements {
                let id = match reference_id(*kind, element, source.widths()) {
                    // What is no reference, as in space that nobody wrote, names nothing.
                    Err(error) if matches!(error.kind(), ErrorKind::Malformed(_)) => None,
                    id => id?,
                };
                if let Some(id) = id {
                    visit(id)?;
                }
            }
        }
        Class::Compound(members) => {
            for member in members.iter().filter(|member| holds_heap_ids(&member.datatype)) {
                let (start, end) = place(member.offset, &member.datatype);
                for part in elements.clone().filter_map(|element| element.get(start..end)) {
                    for_each_heap_id(&member.datatype, part, source, visit)?;
                }
            }
        }
        Class::Array(array) => return for_each_heap_id(&array.base, bytes, source, visit),
        _ => {}
    }
    Ok(())
}

/// Reads all that the sequences, strings and references in `bytes` stand for, and all that these stand
/// for in turn.
///
/// # Errors
///
/// Where something is not there, or is shorter than it should be.
pub(crate) fn check_heap_objects(
    stored: &Datatype,
    bytes: &[u8],
    source: &dyn HeapSource,
) -> Result<()> {
    if !is_checked(stored) {
        return Ok(());
    }
    let elements = bytes.chunks_exact(size(stored));
    match &stored.class {
        Class::VarLen(of) => {
            let form = HeapElement::new(stored)?;
            for element in elements {
                form.with(element, unit(of), source, &mut |data| {
                    check_heap_objects(&of.base, data, source)
                })?;
            }
            Ok(())
        }
        Class::Compound(members) => {
            for member in members.iter().filter(|member| is_checked(&member.datatype)) {
                let (start, end) = place(member.offset, &member.datatype);
                for part in elements.clone().filter_map(|element| element.get(start..end)) {
                    check_heap_objects(&member.datatype, part, source)?;
                }
            }
            Ok(())
        }
        Class::Array(array) => check_heap_objects(&array.base, bytes, source),
        Class::Reference(kind) => {
            for element in elements.filter(|element| element.iter().any(|byte| *byte != 0)) {
                let raw = RawReference { kind: *kind, bytes: element.to_vec() };
                Referent::decode(&raw, source)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether elements stand for something else than themselves.
fn is_checked(stored: &Datatype) -> bool {
    match &stored.class {
        Class::VarLen(_) | Class::Reference(_) => true,
        Class::Compound(members) => members.iter().any(|member| is_checked(&member.datatype)),
        Class::Array(array) => is_checked(&array.base),
        _ => false,
    }
}

/// The reference stored as `element`, of its own copy of what it may have in a heap.
pub(super) fn duplicate_reference(
    kind: ReferenceKind,
    element: &[u8],
    heap: &dyn HeapSink,
) -> Result<Vec<u8>> {
    let widths = heap.widths();
    match reference_id(kind, element, widths)? {
        Some(id) => {
            let reference = reference_with(kind, element, widths, heap.duplicate(&id)?)?;
            Ok(padded(reference, element.len()))
        }
        None => Ok(element.to_vec()),
    }
}

/// What a reference, of a file of these widths, has in a heap.
fn reference_id(
    kind: ReferenceKind,
    element: &[u8],
    widths: Option<Sizes>,
) -> Result<Option<HeapId>> {
    let limits = &Limits::DEFAULT;
    let sizes = |others| widths.map_or_else(|| sizes(element, others), Ok);
    let id = match kind {
        ReferenceKind::Region => Some(HeapId::from_bytes_in(element, 0, sizes(4)?, limits, &())?),
        kind if kind.is_revised() => {
            match RevisedReference::from_bytes_in(element, 0, sizes(10)?, limits, &())? {
                RevisedReference::Heap { id, .. } => Some(id),
                RevisedReference::Null | RevisedReference::Object(_) => None,
            }
        }
        _ => None,
    };
    Ok(id.filter(|id| id.address.is_some()))
}

/// The same reference, of a file of these widths, `id` naming what it has in a heap.
fn reference_with(
    kind: ReferenceKind,
    element: &[u8],
    widths: Option<Sizes>,
    id: HeapId,
) -> Result<Vec<u8>> {
    let sizes = |others| widths.map_or_else(|| sizes(element, others), Ok);
    if kind == ReferenceKind::Region {
        return id.to_bytes_in(sizes(4)?, &());
    }
    let sizes = sizes(10)?;
    let reference = RevisedReference::from_bytes_in(element, 0, sizes, &Limits::DEFAULT, &())?;
    match reference {
        RevisedReference::Heap { target, size, .. } => {
            RevisedReference::Heap { target, size, id }.to_bytes_in(sizes, &())
        }
        other => other.to_bytes_in(sizes, &()),
    }
}

/// The reference, and zeros behind it up to the size that it has where it stands: libhdf5 stores those
/// in sequences with the size they have in memory.
pub(super) fn padded(mut reference: Vec<u8>, size: usize) -> Vec<u8> {
    reference.resize(size.max(reference.len()), 0);
    reference
}

/// The widths of the file, in which all but `others` bytes of the element are an address.
pub(super) fn sizes(element: &[u8], others: usize) -> Result<Sizes> {
    let width = element.len().checked_sub(others).and_then(|width| u8::try_from(width).ok());
    match width {
        Some(width @ (2 | 4 | 8 | 16 | 32)) => Ok(Sizes { offsets: width, lengths: width }),
        _ => Err(Error::unsupported(format!("references of {} bytes", element.len()))),
    }
}

pub(super) fn size(stored: &Datatype) -> usize {
    usize::try_from(stored.size).unwrap_or(usize::MAX).max(1)
}

/// Bytes of what a sequence counts.
pub(super) fn unit(of: &VarLen) -> usize {
    if of.is_string() { 1 } else { size(&of.base) }
}

/// Where a member starts and ends.
pub(super) fn place(offset: u32, of: &Datatype) -> (usize, usize) {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    (start, start.saturating_add(size(of)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::convert::NoHeap;

    #[test]
    fn what_is_no_reference_names_nothing() {
        let sizes = Sizes { offsets: 8, lengths: 8 };
        let stored = Datatype::reference(ReferenceKind::Object2, sizes);
        let mut elements = vec![3; size(&stored)];
        let region = Datatype::reference(ReferenceKind::Region2, sizes);
        // Kind, flags, size, address and index of a reference to a region.
        elements.extend([3, 0, 4, 0, 0, 0, 96, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
        let mut found = Vec::new();
        for_each_heap_id(&region, &elements, &NoHeap, &mut |id| {
            found.push(id);
            Ok(())
        })
        .unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
