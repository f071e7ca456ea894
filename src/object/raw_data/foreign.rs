//! Variable-length data that lies in the heap of another file than the element.
//!
//! The elements of a virtual dataset may come from other files, whose heaps their ids mean. Each
//! heap collection of another file gets an address of its own, far behind the end of the virtual
//! dataset's file, under which this file finds it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, Weak};

use crate::codec::{Address, Decoder, Encoder, Sizes, Structure};
use crate::error::{Error, ErrorKind, Result};
use crate::format::datatype::{Class, Datatype};
use crate::format::global_heap::HeapId;
use crate::limits::Limits;
use crate::object::store::Store;

/// Collections of other files, each under the address it has here.
#[derive(Debug, Default)]
pub(crate) struct ForeignHeaps {
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    collections: Vec<(Weak<Store>, Address)>,
    /// Numbers in `collections`, by store (its place in memory) and address.
    numbers: HashMap<(usize, Address), u64>,
}

/// The highest address of files with these widths; the one above is the undefined address.
fn highest(sizes: Sizes) -> u64 {
    let unused = 64u32.saturating_sub(u32::from(sizes.offsets).saturating_mul(8));
    u64::MAX.checked_shr(unused).unwrap_or(0).saturating_sub(1)
}

impl ForeignHeaps {
    /// The file and address of the collection that has the address `at` here.
    ///
    /// # Errors
    ///
    /// Where that file is not open any more.
    pub(crate) fn find(&self, sizes: Sizes, at: Address) -> Result<Option<(Arc<Store>, Address)>> {
        let Some((store, at)) = self.entry(sizes, at) else { return Ok(None) };
        let closed = || Error::new(ErrorKind::Closed);
        store.upgrade().map(|store| Some((store, at))).ok_or_else(closed)
    }

    /// Whether a collection of another file has the address `at` here.
    pub(crate) fn knows(&self, sizes: Sizes, at: Address) -> bool {
        self.entry(sizes, at).is_some()
    }

    fn entry(&self, sizes: Sizes, at: Address) -> Option<(Weak<Store>, Address)> {
        let number = usize::try_from(highest(sizes).checked_sub(at.0)?).ok()?;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.collections.get(number).cloned()
    }

    /// The address that the collection at `at` of `store` has here.
    fn address(&self, sizes: Sizes, store: &Arc<Store>, at: Address) -> Address {
        let key = (Arc::as_ptr(store).addr(), at);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let next = crate::codec::wide(known.collections.len());
        let number = *known.numbers.entry(key).or_insert(next);
        if number == next {
            known.collections.push((Arc::downgrade(store), at));
        }
        Address(highest(sizes).saturating_sub(number))
    }
}

/// Makes the heap ids in `elements`, which are of `source`, mean the same in `store`.
pub(super) fn adopt(
    store: &Store,
    source: &Arc<Store>,
    datatype: &Datatype,
    elements: &mut [u8],
) -> Result<()> {
    let sizes = store.space().sizes();
    if sizes != source.space().sizes() {
        return Err(Error::unsupported("variable-length data of a file with other widths"));
    }
    let mut places = Vec::new();
    collect(datatype, 0, &mut places)?;
    let size = usize::try_from(datatype.size).unwrap_or(usize::MAX).max(1);
    for element in elements.chunks_exact_mut(size) {
        for place in &places {
            // The length in elements stands before the id.
            let Some(bytes) = element.get_mut(place.saturating_add(4)..) else { continue };
            let mut d = Decoder::new(HeapId::NAME, bytes, 0, sizes, &Limits::DEFAULT);
            let id = HeapId::decode(&mut d)?;
            let Some(at) = id.address else { continue };
            let address = Some(store.foreign().address(sizes, source, at));
            let mut e = Encoder::new(HeapId::NAME, sizes);
            HeapId { address, index: id.index }.encode(&mut e)?;
            bytes.iter_mut().zip(e.into_bytes()).for_each(|(to, from)| *to = from);
        }
    }
    Ok(())
}

/// Offsets of the variable-length parts of an element.
fn collect(datatype: &Datatype, offset: usize, places: &mut Vec<usize>) -> Result<()> {
    let narrow = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    match &datatype.class {
        Class::VarLen(kind) if !kind.base.is_variable() => places.push(offset),
        Class::VarLen(_) => {
            let what = "nested variable-length data of a virtual source in another file";
            return Err(Error::unsupported(what));
        }
        Class::Reference(_) => {
            return Err(Error::unsupported("references of a virtual source in another file"));
        }
        Class::Compound(members) => {
            for member in members {
                collect(&member.datatype, offset.saturating_add(narrow(member.offset)), places)?;
            }
        }
        Class::Array(array) if array.base.is_variable() => {
            let step = narrow(array.base.size).max(1);
            for at in (0..narrow(datatype.size)).step_by(step) {
                collect(&array.base, offset.saturating_add(at), places)?;
            }
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stay_below_the_undefined_one() {
        let sizes = |offsets| Sizes { offsets, lengths: offsets };
        assert_eq!(highest(sizes(2)), 0xfffe);
        assert_eq!(highest(sizes(8)), u64::MAX - 1);
    }
}
