//! The objects of heaps that elements stand for: to free them, to copy them.

use super::sequence::HeapElement;
use super::{HeapSink, HeapSource};
use crate::codec::{Sizes, StructureIn};
use crate::error::{Error, Result};
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
                if let Some(id) = reference_id(*kind, element)? {
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

/// What becomes of references in copied elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CopiedReferences {
    /// They refer to the same: the copy is in the same file.
    Keep,
    /// They refer to nothing: where they refer to is not in the file of the copy.
    Clear,
}

/// The elements in `bytes` with all that they name, which is read from `source` and kept in `sink`.
/// Both files must have addresses of the same width.
pub(crate) fn copy_elements(
    stored: &Datatype,
    bytes: &[u8],
    source: &dyn HeapSource,
    sink: &dyn HeapSink,
    references: CopiedReferences,
) -> Result<Vec<u8>> {
    let mut out = bytes.to_vec();
    Copy { source, sink, references }.all(stored, &mut out)?;
    Ok(out)
}

struct Copy<'a> {
    source: &'a dyn HeapSource,
    sink: &'a dyn HeapSink,
    references: CopiedReferences,
}

impl Copy<'_> {
    /// Lets each of the elements in `bytes` name copies.
    fn all(&self, stored: &Datatype, bytes: &mut [u8]) -> Result<()> {
        let mut elements = bytes.chunks_exact_mut(size(stored));
        match &stored.class {
            Class::VarLen(of) => {
                let form = HeapElement::new(stored)?;
                elements.try_for_each(|element| self.sequence(form, of, element))
            }
            Class::Reference(kind) => {
                elements.try_for_each(|element| self.reference(*kind, element))
            }
            Class::Compound(members) => elements.try_for_each(|element| {
                members.iter().filter(|member| member.datatype.is_variable()).try_for_each(
                    |member| {
                        let (start, end) = place(member.offset, &member.datatype);
                        let part = element.get_mut(start..end).unwrap_or_default();
                        self.all(&member.datatype, part)
                    },
                )
            }),
            Class::Array(array) if array.base.is_variable() => self.all(&array.base, bytes),
            _ => Ok(()),
        }
    }

    fn sequence(&self, form: HeapElement, of: &VarLen, element: &mut [u8]) -> Result<()> {
        let (len, id) = form.parts(element)?;
        if id.address.is_none() {
            return Ok(());
        }
        let mut data = form.read(element, unit(of), self.source)?;
        if of.base.is_variable() {
            self.all(&of.base, data.to_mut())?;
        }
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        replace(element, &form.make(len, &self.sink.put(&data)?)?)
    }

    fn reference(&self, kind: ReferenceKind, element: &mut [u8]) -> Result<()> {
        if self.references == CopiedReferences::Clear {
            element.fill(0);
            return Ok(());
        }
        let Some(id) = reference_id(kind, element)? else { return Ok(()) };
        let data = self.source.heap_object(&id)?.unwrap_or_default();
        replace(element, &reference_with(kind, element, self.sink.put(&data)?)?)
    }
}

/// The reference stored as `element`, of its own copy of what it may have in a heap.
pub(super) fn duplicate_reference(
    kind: ReferenceKind,
    element: &[u8],
    heap: &dyn HeapSink,
) -> Result<Vec<u8>> {
    match reference_id(kind, element)? {
        Some(id) => reference_with(kind, element, heap.duplicate(&id)?),
        None => Ok(element.to_vec()),
    }
}

/// What a reference has in a heap.
fn reference_id(kind: ReferenceKind, element: &[u8]) -> Result<Option<HeapId>> {
    let limits = &Limits::DEFAULT;
    let id = match kind {
        ReferenceKind::Region => {
            Some(HeapId::from_bytes_in(element, 0, sizes(element, 4)?, limits, &())?)
        }
        kind if kind.is_revised() => {
            match RevisedReference::from_bytes_in(element, 0, sizes(element, 10)?, limits, &())? {
                RevisedReference::Heap { id, .. } => Some(id),
                RevisedReference::Null | RevisedReference::Object(_) => None,
            }
        }
        _ => None,
    };
    Ok(id.filter(|id| id.address.is_some()))
}

/// The same reference, `id` naming what it has in a heap.
fn reference_with(kind: ReferenceKind, element: &[u8], id: HeapId) -> Result<Vec<u8>> {
    if kind == ReferenceKind::Region {
        return id.to_bytes_in(sizes(element, 4)?, &());
    }
    let sizes = sizes(element, 10)?;
    let reference = RevisedReference::from_bytes_in(element, 0, sizes, &Limits::DEFAULT, &())?;
    match reference {
        RevisedReference::Heap { target, size, .. } => {
            RevisedReference::Heap { target, size, id }.to_bytes_in(sizes, &())
        }
        other => other.to_bytes_in(sizes, &()),
    }
}

/// The widths of the file, in which all but `others` bytes of the element are an address.
fn sizes(element: &[u8], others: usize) -> Result<Sizes> {
    let width = element.len().checked_sub(others).and_then(|width| u8::try_from(width).ok());
    match width {
        Some(width @ (2 | 4 | 8 | 16 | 32)) => Ok(Sizes { offsets: width, lengths: width }),
        _ => Err(Error::unsupported(format!("references of {} bytes", element.len()))),
    }
}

fn replace(element: &mut [u8], bytes: &[u8]) -> Result<()> {
    super::opaque::check_len(bytes, element.len())?;
    element.copy_from_slice(bytes);
    Ok(())
}

fn size(stored: &Datatype) -> usize {
    usize::try_from(stored.size).unwrap_or(usize::MAX).max(1)
}

/// Bytes of what a sequence counts.
fn unit(of: &VarLen) -> usize {
    if of.is_string() { 1 } else { size(&of.base) }
}

/// Where a member starts and ends.
fn place(offset: u32, of: &Datatype) -> (usize, usize) {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    (start, start.saturating_add(size(of)))
}
