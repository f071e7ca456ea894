//! Elements copied with all that they name: to other places of their file, or to another file.

use std::borrow::Cow;

use super::heap_ids::{padded, place, size, sizes, unit};
use super::sequence::HeapElement;
use super::{HeapSink, HeapSource, no_conversion};
use crate::codec::{Address, Sizes, StructureIn};
use crate::error::Result;
use crate::format::datatype::{Class, Datatype, ReferenceKind, VarLen};
use crate::format::global_heap::HeapId;
use crate::format::reference::{
    ObjectReference, RegionReference, RevisedForm, RevisedReference, RevisedTarget,
};

/// Knows the copies of objects.
pub(crate) trait Copies {
    /// The copy of the object at this address, where there is one.
    fn copy_of(&self, object: Address) -> Result<Option<Address>>;
}

/// What becomes of references in copied elements.
#[derive(Clone, Copy)]
pub(crate) enum CopiedReferences<'a> {
    /// They refer to the same: the copy is in the same file.
    Keep,
    /// They refer to the copy of what they refer to, or to nothing. Those into other files stay.
    Follow(&'a dyn Copies),
}

/// How elements are copied.
#[derive(Clone, Copy)]
pub(crate) struct ElementCopy<'a> {
    /// Has what the elements name.
    pub(crate) source: &'a dyn HeapSource,
    /// Takes what the copies name.
    pub(crate) sink: &'a dyn HeapSink,
    pub(crate) references: CopiedReferences<'a>,
}

impl ElementCopy<'_> {
    /// The copies, stored as `to`, of the elements in `bytes`. `to` is `from` in the widths of the
    /// other file.
    ///
    /// # Errors
    ///
    /// Where an element, or what it names, is malformed.
    pub(crate) fn run(&self, from: &Datatype, to: &Datatype, bytes: &[u8]) -> Result<Vec<u8>> {
        let count = bytes.len().checked_div(size(from)).unwrap_or(0);
        let mut out = vec![0; count.saturating_mul(size(to))];
        self.all(from, to, bytes, &mut out)?;
        Ok(out)
    }

    /// Copies each of the elements in `bytes` to `out`.
    fn all(&self, from: &Datatype, to: &Datatype, bytes: &[u8], out: &mut [u8]) -> Result<()> {
        if !from.is_variable() {
            return replace(out, bytes);
        }
        let mut pairs = bytes.chunks_exact(size(from)).zip(out.chunks_exact_mut(size(to)));
        match (&from.class, &to.class) {
            (Class::VarLen(ours), Class::VarLen(theirs)) => {
                let forms = (HeapElement::new(from)?, HeapElement::new(to)?);
                pairs.try_for_each(|(element, out)| {
                    self.sequence(forms, (ours, theirs), element, out)
                })
            }
            (Class::Reference(kind), Class::Reference(_)) => {
                pairs.try_for_each(|(element, out)| self.reference(*kind, element, out))
            }
            (Class::Compound(ours), Class::Compound(theirs)) => {
                pairs.try_for_each(|(element, out)| {
                    if element.len() == out.len() {
                        // Gaps keep what they hold.
                        out.copy_from_slice(element);
                    }
                    ours.iter().zip(theirs).try_for_each(|(ours, theirs)| {
                        let (start, end) = place(ours.offset, &ours.datatype);
                        let element = element.get(start..end).unwrap_or_default();
                        let (start, end) = place(theirs.offset, &theirs.datatype);
                        let out = out.get_mut(start..end).unwrap_or_default();
                        self.all(&ours.datatype, &theirs.datatype, element, out)
                    })
                })
            }
            (Class::Array(ours), Class::Array(theirs)) => {
                self.all(&ours.base, &theirs.base, bytes, out)
            }
            _ => Err(no_conversion(from, to.class_name())),
        }
    }

    fn sequence(
        &self,
        (form, new_form): (HeapElement, HeapElement),
        (ours, theirs): (&VarLen, &VarLen),
        element: &[u8],
        out: &mut [u8],
    ) -> Result<()> {
        let (len, id) = form.parts(element)?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if id.address.is_none() {
            return replace(out, &new_form.make(len, &id)?);
        }
        let data = form.read(element, unit(ours), self.source)?;
        let id = if ours.base.is_variable() {
            self.sink.put(&self.run(&ours.base, &theirs.base, &data)?)?
        } else {
            self.sink.put(&data)?
        };
        replace(out, &new_form.make(len, &id)?)
    }

    fn reference(&self, kind: ReferenceKind, element: &[u8], out: &mut [u8]) -> Result<()> {
        out.fill(0);
        let others = match kind {
            ReferenceKind::Object => 0,
            ReferenceKind::Region => 4,
            kind if kind.is_revised() => 10,
            _ if matches!(self.references, CopiedReferences::Keep) => return replace(out, element),
            // Nobody knows what it refers to.
            _ => return Ok(()),
        };
        let from = self.source.widths().map_or_else(|| sizes(element, others), Ok)?;
        let to = self.sink.widths().map_or_else(|| sizes(out, others), Ok)?;
        let widths = (from, to);
        let copied = match kind {
            ReferenceKind::Object => self.object(widths, element)?,
            ReferenceKind::Region => self.region(widths, element)?,
            _ => self.revised(widths, element)?,
        };
        let size = out.len();
        copied.map_or(Ok(()), |copied| replace(out, &padded(copied, size)))
    }

    /// What an object is in the file of the copy.
    fn object_there(&self, object: Address) -> Result<Option<Address>> {
        match self.references {
            CopiedReferences::Keep => Ok(Some(object)),
            CopiedReferences::Follow(copies) => copies.copy_of(object),
        }
    }

    fn object(&self, (from, to): Widths, element: &[u8]) -> Result<Option<Vec<u8>>> {
        let found = ObjectReference::from_bytes_in(element, 0, from, self.source.limits(), &())?;
        let object = found.object.map(|object| self.object_there(object)).transpose()?.flatten();
        ObjectReference { object }.to_bytes_in(to, &()).map(Some)
    }

    fn region(&self, (from, to): Widths, element: &[u8]) -> Result<Option<Vec<u8>>> {
        let limits = self.source.limits();
        let id = HeapId::from_bytes_in(element, 0, from, limits, &())?;
        let Some(data) = self.source.heap_object(&id)? else { return Ok(None) };
        let data = if let CopiedReferences::Follow(copies) = self.references {
            let mut region =
                RegionReference::from_bytes_in(&data, self.source.offset(&id), from, limits, &())?;
            let Some(object) = copies.copy_of(region.object)? else { return Ok(None) };
            region.object = object;
            Cow::Owned(region.to_bytes_in(to, &())?)
        } else {
            data
        };
        self.sink.put(&data)?.to_bytes_in(to, &()).map(Some)
    }

    fn revised(&self, (from, to): Widths, element: &[u8]) -> Result<Option<Vec<u8>>> {
        let limits = self.source.limits();
        let copied = match RevisedReference::from_bytes_in(element, 0, from, limits, &())? {
            RevisedReference::Null => None,
            RevisedReference::Object(object) => {
                self.object_there(object)?.map(RevisedReference::Object)
            }
            RevisedReference::Heap { target: form, size, id } => {
                let Some(data) = self.source.heap_object(&id)? else { return Ok(None) };
                let (data, size) = if let CopiedReferences::Follow(copies) = self.references {
                    let target = RevisedTarget::from_bytes_in(
                        &data,
                        self.source.offset(&id),
                        from,
                        limits,
                        &form,
                    )?;
                    let copied = follow_target(copies, target, form, to)?;
                    let Some(data) = copied else { return Ok(None) };
                    let size = u32::try_from(data.len()).unwrap_or(u32::MAX);
                    (Cow::Owned(data), size)
                } else {
                    (data, size)
                };
                Some(RevisedReference::Heap { target: form, size, id: self.sink.put(&data)? })
            }
        };
        copied.map(|copied| copied.to_bytes_in(to, &())).transpose()
    }
}

/// The widths of two files.
type Widths = (Sizes, Sizes);

/// What the heap holds for the copy of a revised reference.
fn follow_target(
    copies: &dyn Copies,
    target: RevisedTarget,
    form: RevisedForm,
    to: Sizes,
) -> Result<Option<Vec<u8>>> {
    let object = match target.file {
        Some(_) => Some(target.object),
        None => copies.copy_of(target.object)?,
    };
    let copy = object.map(|object| RevisedTarget { object, ..target });
    copy.map(|copy| copy.to_bytes_in(to, &form)).transpose()
}

fn replace(out: &mut [u8], bytes: &[u8]) -> Result<()> {
    super::opaque::check_len(bytes, out.len())?;
    out.copy_from_slice(bytes);
    Ok(())
}
