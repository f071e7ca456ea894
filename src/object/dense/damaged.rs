//! Messages of a damaged heap: those that any index still names, and those that are found by
//! looking through its blocks.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Dense, DenseKind, VisitMessage, all_records, sized};
use crate::codec::{Address, Decoder, StructureIn, wide};
use crate::error::Result;
use crate::format::btree2::BTree2Header;
use crate::format::fractal_heap::{DirectBlock, DirectBlockContext};
use crate::format::message::MessageType;
use crate::object::landmarks::window;
use crate::object::store::Store;

/// Most bytes of a block that are looked through.
const MOST: u64 = 1 << 16;
/// Bytes without a message behind which none is looked for.
const GAP: u32 = 1 << 10;

/// A message that an index names.
struct Known {
    id: Vec<u8>,
    order: Option<i64>,
    is_shared: bool,
}

impl<K: DenseKind> Dense<K> {
    /// As [`for_each_message`](Self::for_each_message), of what is left. Where something is missing,
    /// messages that lie in blocks of the heap and are named by nothing are visited, too: some of
    /// them may have been removed.
    pub(super) fn for_each_message_left(
        &self,
        store: &Store,
        visit: VisitMessage<'_>,
    ) -> Result<()> {
        let space = store.space();
        let before = space.noted();
        let mut seen = BTreeSet::new();
        let heap = space.heed(self.heap(store))?;
        let names = space.heed(self.names(store))?;
        let mut all = Vec::new();
        if let Some(names) = names {
            for record in space.heed(all_records(space, names))?.unwrap_or_default() {
                let (id, order) = (K::heap_id(&record).to_vec(), K::order_by_name(&record));
                all.push(Known { id, order, is_shared: K::is_shared(&record) });
            }
            if wide(all.len()) != names.len() && space.noted() == before {
                let field = "Total Number of Records in B-tree";
                space.suspect(BTree2Header::NAME, field, self.places.names, "records are missing");
            }
        }
        if space.noted() != before
            && let Some(Some(orders)) = space.heed(self.orders(store))?
        {
            for record in space.heed(all_records(space, orders))?.unwrap_or_default() {
                let (id, order) = (K::heap_id_by_order(&record).to_vec(), K::order(&record));
                all.push(Known { id, order: Some(order), is_shared: false });
            }
        }
        let mut take = |order, message: &[u8]| -> Result<()> {
            let name = space.heed(K::name(store, message))?;
            if name.is_some_and(|name| seen.insert(name)) { visit(order, message) } else { Ok(()) }
        };
        let mut known = BTreeSet::new();
        for Known { id, order, is_shared } in all {
            if !known.insert(id.clone()) {
                continue;
            }
            let message = match heap {
                _ if is_shared => {
                    sized(&id).and_then(|id| store.shared_message(MessageType::ATTRIBUTE, &id, 0))
                }
                Some(heap) => heap.get(space, &id).map(Cow::into_owned),
                None => continue,
            };
            if let Some(message) = space.heed(message)? {
                take(order, &message)?;
            }
        }
        if space.noted() != before {
            for at in store.landmarks()?.blocks.iter().copied() {
                self.search(store, at, &mut |message| take(None, message))?;
            }
        }
        Ok(())
    }

    /// Visits what looks like messages in the direct block at `at`, where it is one of this heap.
    fn search(
        &self,
        store: &Store,
        at: Address,
        visit: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let space = store.space();
        let bytes = window(space, at, space.available(at, MOST))?;
        let name = <DirectBlock as StructureIn<DirectBlockContext<'_>>>::NAME;
        let mut d = space.decoder(name, at, &bytes);
        if !is_of_heap(&mut d, self.places.heap) {
            return Ok(());
        }
        let mut rest = bytes.get(d.position()..).unwrap_or_default();
        let mut misses = 0_u32;
        // How long the block is, its heap would know: another one ends it.
        while !rest.is_empty() && misses < GAP && !rest.starts_with(b"FHDB") {
            match K::message_len(store, rest) {
                Some(len) => {
                    let (message, behind) = rest.split_at_checked(len).unwrap_or((rest, &[]));
                    visit(message)?;
                    (rest, misses) = (behind, 0);
                }
                None => {
                    rest = rest.get(1..).unwrap_or_default();
                    misses = misses.saturating_add(1);
                }
            }
        }
        Ok(())
    }
}

/// Reads the beginning of a direct block; gives whether it is one of the heap at `heap`.
fn is_of_heap(d: &mut Decoder<'_>, heap: Address) -> bool {
    d.signature(b"FHDB").is_ok()
        && d.skip("Version", 1).is_ok()
        && d.address("Heap Header Address").is_ok_and(|at| at == Some(heap))
}
