//! Fill values that keep something in a heap: each stored element has what it names to itself.

use crate::element::{CopiedReferences, ElementCopy, holds_heap_ids};
use crate::error::Result;
use crate::format::datatype::Datatype;
use crate::object::store::Store;

/// Lets each of the elements in `bytes` that is the fill value itself, not a copy, name a copy of
/// what that names: the end of one element must not be the end of others, nor of the fill value.
pub(crate) fn own_fill(
    store: &Store,
    datatype: &Datatype,
    fill: Option<&[u8]>,
    bytes: &mut [u8],
) -> Result<()> {
    let Some(fill) = fill.filter(|_| holds_heap_ids(datatype)) else { return Ok(()) };
    let references = CopiedReferences::Keep;
    let copy = ElementCopy { source: store, sink: store, references };
    for element in bytes.chunks_exact_mut(fill.len().max(1)).filter(|element| *element == fill) {
        let own = copy.run(datatype, datatype, fill)?;
        element.iter_mut().zip(own).for_each(|(to, from)| *to = from);
    }
    Ok(())
}
