//! Objects of a damaged file that nothing leads to any more: found by looking through the file,
//! and brought to a group `lost+found`.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::damaged::LossKind;
use super::{Copier, Place, Waiting};
use crate::codec::{Address, wide};
use crate::error::Result;
use crate::format::datatype::CharacterSet;
use crate::format::message::{LayoutClass, Link, LinkTarget, MessageType, SymbolTable};
use crate::format::symbol_table::SymbolTableEntry;
use crate::infra::btree1::each_left;
use crate::infra::local_heap::LocalHeap;
use crate::object::dataset::DatasetObject;
use crate::object::group::create::GroupCreation;
use crate::object::group::edit::GroupEdit;
use crate::object::group::{GroupObject, symbol_link_of};
use crate::object::header::ObjectHeader;
use crate::object::holdings::{Holdings, Patience, Survey};
use crate::object::landmarks::window;
use crate::object::path::join;
use crate::object::store::Store;
use crate::object::stored_type::StoredType;
use crate::space::{Extent, Extents, Intervals, Purpose};

/// Bytes looked through at once.
const WINDOW: u64 = 1 << 20;
/// Bytes of the prefix of a header of version 1, and of its first message's.
const BEGINNING: usize = 24;

/// An object that nothing reached leads to.
struct Stray {
    at: Address,
    header: ObjectHeader,
}

/// The group that strays are brought to, once there is one.
struct Shelter<'a, 'b> {
    copier: &'a Copier<'b>,
    group: OnceCell<(Address, Vec<u8>)>,
}

impl Shelter<'_, '_> {
    /// The group in the copy's file, and its path.
    fn group(&self) -> Result<&(Address, Vec<u8>)> {
        if let Some(group) = self.group.get() {
            return Ok(group);
        }
        let to = self.copier.to;
        let root = to.superblock().root_header;
        let mut name = b"lost+found".to_vec();
        while GroupObject::load(to, &*to.kept_header(root)?)?.has(to, &name)? {
            name.push(b'~');
        }
        let made = GroupCreation::default().create(to)?.address;
        GroupEdit::open(to, root)?.insert(hard(name.clone(), made))?;
        Ok(self.group.get_or_init(|| (made, join(b"/", &name))))
    }

    /// A group within it.
    fn group_within(&self, name: &[u8]) -> Result<(Address, Vec<u8>)> {
        let (group, path) = self.group()?;
        let to = self.copier.to;
        let made = GroupCreation::default().create(to)?.address;
        GroupEdit::open(to, *group)?.insert(hard(name.to_vec(), made))?;
        Ok((made, join(path, name)))
    }
}

fn hard(name: Vec<u8>, at: Address) -> Link {
    let (charset, target) = (CharacterSet::Ascii, LinkTarget::Hard(at));
    Link { name, charset, creation_order: None, target }
}

/// What a stray is called: where it lies in its file.
fn name_of(store: &Store, at: Address) -> Vec<u8> {
    format!("{:#x}", store.space().offset(at)).into_bytes()
}

impl Copier<'_> {
    /// Brings what nothing leads to any more.
    pub(super) fn find_strays(&self, from: &Arc<Store>) -> Result<()> {
        let reached = self.accounted(from)?;
        let shelter = Shelter { copier: self, group: OnceCell::new() };
        // What a group still tells of names comes before what is found without one.
        self.adopt_symbols(from, &reached, None)?;
        let (groups, others): (Vec<Stray>, Vec<Stray>) = self
            .strays(from, &reached)?
            .into_iter()
            .partition(|stray| GroupObject::is(&stray.header));
        self.bring(from, &groups, &shelter)?;
        self.adopt_symbols(from, &self.accounted(from)?, Some(&shelter))?;
        self.bring(from, &others, &shelter)?;
        self.adopt_chunks(from, &self.accounted(from)?)
    }

    /// Brings strays, but for those that came with others.
    fn bring(&self, from: &Arc<Store>, strays: &[Stray], shelter: &Shelter<'_, '_>) -> Result<()> {
        let root = Place { store: Arc::clone(from), path: b"/".to_vec(), level: 0 };
        for Stray { at, .. } in strays {
            if self.copy_of(&root, *at).is_some() {
                continue;
            }
            let (group, path) = shelter.group()?;
            let name = name_of(from, *at);
            let place = Place { path: join(path, &name), ..root.clone() };
            let copy = self.spare(&place, LossKind::Object, || self.object(&place, *at))?;
            let Some(copy) = copy else { continue };
            self.count_link(copy);
            GroupEdit::open(self.to, *group)?.insert(hard(name, copy))?;
            self.fill_all()?;
        }
        Ok(())
    }

    /// Bytes that the objects lie in that were brought whole.
    fn accounted(&self, from: &Arc<Store>) -> Result<Intervals> {
        let (space, own) = (from.space(), self.key(from, Address(0)).0);
        let copies = self.copies.borrow();
        let mut at: Vec<Address> = Vec::with_capacity(copies.len());
        at.extend(copies.keys().filter(|(store, _)| *store == own).map(|(_, at)| *at));
        at.sort_unstable();
        let (mut bytes, mut heaps) = (Intervals::default(), BTreeSet::new());
        let mut patience = Patience::ENDLESS;
        let mut fixed = Extents::default();
        let noted = space.noted();
        // What is wrong with the file itself was told.
        let mut heed = |_| Ok(());
        let mut survey = Survey::new(&mut patience, false, &mut heed);
        let _ = from.fixed_extents(&mut fixed, &mut survey);
        space.take_noted(noted);
        fixed.iter().for_each(|extent| bytes.insert(extent.at.0, extent.len));
        for at in at {
            let held =
                from.header(at).and_then(|header| Holdings::of(from, &header, &mut patience));
            // Where something is damaged, what it says of its bytes may be, too.
            let is_whole = space.take_noted(noted).is_empty();
            let Some(held) = held.ok().filter(|_| is_whole) else { continue };
            inside(from, &held).for_each(|extent| bytes.insert(extent.at.0, extent.len));
            heaps.extend(held.heap_objects().filter_map(|id| id.address));
        }
        for at in heaps {
            let len = from.heap_contents(at).map_or(0, |(len, _)| len);
            bytes.insert(at.0, len);
        }
        space.take_noted(noted);
        Ok(bytes)
    }

    /// Brings the links of symbol table nodes that no tree leads to any more, to the group whose
    /// heap has their names; where that is gone, too, to one that is made in the shelter.
    fn adopt_symbols(
        &self,
        from: &Arc<Store>,
        reached: &Intervals,
        shelter: Option<&Shelter<'_, '_>>,
    ) -> Result<()> {
        let space = from.space();
        let noted = space.noted();
        let landmarks = from.landmarks()?;
        let stray = |at: &&Address| !reached.overlaps(at.0, 1);
        let nodes: Vec<Address> = landmarks.symbols.iter().filter(stray).copied().collect();
        if nodes.is_empty() {
            return Ok(());
        }
        // A group by its heap: one that was brought in part, or none.
        let mut heaps: BTreeMap<Address, Option<Waiting>> = BTreeMap::new();
        for at in landmarks.heaps.iter().filter(stray) {
            heaps.insert(*at, None);
        }
        let mut homes: BTreeMap<Address, (Address, Vec<u8>)> = BTreeMap::new();
        for waiting in self.incomplete.borrow().iter() {
            let header = from.header(waiting.source);
            let table = header
                .and_then(|header| from.message::<SymbolTable>(&header, MessageType::SYMBOL_TABLE));
            if let Some(table) = table.ok().flatten().or(waiting.table) {
                heaps.insert(table.heap, Some(waiting.clone()));
            }
        }
        for node in nodes {
            let mut fitting = Vec::new();
            for heap in heaps.keys() {
                if let Some(links) = links_in(from, node, *heap) {
                    fitting.push((*heap, links));
                }
            }
            // Where several heaps have such names, nobody knows which of them are meant.
            let [(heap, links)] = fitting.as_slice() else { continue };
            if !homes.contains_key(heap) {
                let home = match (heaps.get(heap), shelter) {
                    (Some(Some(waiting)), _) => (waiting.copy, waiting.place.path.clone()),
                    (_, Some(shelter)) => shelter.group_within(&name_of(from, *heap))?,
                    (_, None) => continue,
                };
                homes.insert(*heap, home);
            }
            let Some((group, path)) = homes.get(heap) else { continue };
            self.adopt_links(from, links, (*group, path))?;
        }
        space.take_noted(noted);
        Ok(())
    }

    /// Adds links to a group of the copy's file.
    fn adopt_links(
        &self,
        from: &Arc<Store>,
        links: &[Link],
        (group, path): (Address, &[u8]),
    ) -> Result<()> {
        for link in links {
            let header = self.to.kept_header(group)?;
            if GroupObject::load(self.to, &header)?.has(self.to, &link.name)? {
                continue;
            }
            let path = join(path, &link.name);
            let place = Place { store: Arc::clone(from), path, level: 1 };
            let target = || {
                self.check_link(&place, link)?;
                self.claim_links(std::iter::once(link.name.as_slice()))?;
                match &link.target {
                    LinkTarget::Hard(at) => self.object(&place, *at).map(LinkTarget::Hard),
                    other => Ok(other.clone()),
                }
            };
            let Some(target) = self.spare(&place, LossKind::Object, target)? else { continue };
            if let LinkTarget::Hard(at) = &target {
                self.count_link(*at);
            }
            let link = Link { target, ..link.clone() };
            GroupEdit::open(self.to, group)?.insert(link)?;
            self.fill_all()?;
        }
        Ok(())
    }

    /// The objects that nothing reached accounts for: those that no other of them leads to first.
    fn strays(&self, from: &Arc<Store>, reached: &Intervals) -> Result<Vec<Stray>> {
        let space = from.space();
        let noted = space.noted();
        let mut at: Vec<Address> = from.landmarks()?.headers.clone();
        at.retain(|at| !reached.overlaps(at.0, 1));
        at.extend(old_headers(from, reached)?);
        at.sort_unstable();
        at.dedup();
        let root = from.superblock().root_header;
        let mut strays: Vec<Stray> = at
            .into_iter()
            .filter(|at| *at != root)
            .filter_map(|at| whole(from, at).map(|header| Stray { at, header }))
            .collect();
        self.leave_out_used(from, reached, &mut strays);
        let mut led_to = HashSet::new();
        for stray in strays.iter().filter(|stray| GroupObject::is(&stray.header)) {
            let links = GroupObject::load(from, &stray.header).and_then(|group| group.all(from));
            for link in links.unwrap_or_default() {
                if let LinkTarget::Hard(at) = link.target
                    && at != stray.at
                {
                    led_to.insert(at);
                }
            }
        }
        space.take_noted(noted);
        // Of those that lead to each other in a circle, the first one comes.
        strays.sort_by_key(|stray| (led_to.contains(&stray.at), stray.at));
        Ok(strays)
    }

    /// Takes out what lies in the elements of another dataset, and datasets whose elements are
    /// another's: what is left of headers that were given up.
    fn leave_out_used(&self, from: &Arc<Store>, reached: &Intervals, strays: &mut Vec<Stray>) {
        let (space, mut taken, mut patience) =
            (from.space(), Intervals::default(), Patience::BRIEF);
        strays.retain(|stray| {
            let noted = space.noted();
            let held = Holdings::of(from, &stray.header, &mut patience);
            let is_whole = space.take_noted(noted).is_empty();
            let Some(held) = held.ok().filter(|_| is_whole) else { return true };
            let raw = inside(from, &held).filter(|extent| extent.purpose == Purpose::RawData);
            let raw: Vec<(u64, u64)> = raw.map(|extent| (extent.at.0, extent.len)).collect();
            let used =
                |(at, len): &(u64, u64)| taken.contains(*at, *len) || reached.contains(*at, *len);
            if !raw.is_empty() && raw.iter().all(used) {
                return false;
            }
            raw.into_iter().for_each(|(at, len)| taken.insert(at, len));
            true
        });
        strays.retain(|stray| !taken.overlaps(stray.at.0, 1));
    }
}

/// What an object holds that lies in the file: what does not, nobody holds.
fn inside(from: &Store, held: &Holdings) -> impl Iterator<Item = Extent> {
    let end = from.space().end().0;
    let lies = move |extent: &Extent| extent.at.0.saturating_add(extent.len) <= end;
    held.extents.iter().copied().filter(lies)
}

/// The links of a symbol table node, where all of their names are in the heap, and in order.
fn links_in(from: &Store, node: Address, heap: Address) -> Option<Vec<Link>> {
    let space = from.space();
    let names = LocalHeap::load(space, heap).ok()?;
    let table = SymbolTable { btree: node, heap };
    let free = names.free_blocks().ok()?;
    let mut links: Vec<Link> = Vec::new();
    let mut take = |entry: SymbolTableEntry| -> Result<bool> {
        let at = entry.name_offset;
        let name = names.string(at)?.to_vec();
        let is_text = |name: &str| !name.is_empty() && !name.contains('/');
        let is_name = str::from_utf8(&name)
            .is_ok_and(|name| is_text(name) && !name.chars().any(char::is_control));
        let behind = links.last().is_none_or(|last| last.name < name);
        let is_free =
            free.iter().any(|(start, len)| (*start..start.saturating_add(*len)).contains(&at));
        links.push(symbol_link_of(from, &table, name, &entry)?);
        Ok(is_name && behind && !is_free && names.begins(at))
    };
    let (mut any, mut fits) = (false, true);
    let read = each_left(space, node, from.group_k().leaf, &mut |entry| {
        // An entry that was wiped out says nothing of the others.
        if let Ok(entry) = entry
            && entry.name_offset > 0
        {
            any = true;
            fits &= take(entry).unwrap_or(false);
        }
        Ok(())
    });
    (read.is_ok() && any && fits).then_some(links)
}

/// The header at `at`, where all of it can be read, and what it says of its object fits together.
fn whole(from: &Arc<Store>, at: Address) -> Option<ObjectHeader> {
    let space = from.space();
    let noted = space.noted();
    let header = ObjectHeader::load(space, at).ok();
    let header = header.filter(|header| is_object(from, header).unwrap_or(false));
    let is_whole = space.noted() == noted;
    space.take_noted(noted);
    header.filter(|_| is_whole)
}

fn is_object(from: &Arc<Store>, header: &ObjectHeader) -> Result<bool> {
    if DatasetObject::is(header) {
        let dataset = DatasetObject::load(from, header)?;
        match &dataset.layout.class {
            LayoutClass::Chunked(layout) => dataset.grid(from, layout).map(drop)?,
            LayoutClass::Contiguous { size: Some(size), .. } if dataset.external.is_none() => {
                dataset.check_stored(from, *size)?;
            }
            LayoutClass::Compact { data } => {
                dataset.check_stored(from, wide(data.len()))?;
            }
            _ => {}
        }
        return Ok(true);
    }
    if GroupObject::is(header) {
        let table = from.message::<SymbolTable>(header, MessageType::SYMBOL_TABLE)?;
        let is = |at, mark: &[u8]| from.space().read("Group", at, 4).is_ok_and(|b| *b == *mark);
        return Ok(table.is_none_or(|table| is(table.btree, b"TREE") || is(table.heap, b"HEAP")));
    }
    match header.find(MessageType::DATATYPE).filter(|_| header.is_datatype()) {
        Some(message) => StoredType::of_message(from, message).map(|_| true),
        None => Ok(false),
    }
}

/// Where a header of version 1 may begin, among the bytes that nothing accounts for.
fn old_headers(from: &Store, reached: &Intervals) -> Result<Vec<Address>> {
    let space = from.space();
    let mut found = Vec::new();
    let (mut done, end) = (0_u64, space.end().0);
    let ends = reached.iter().chain([(end, 0)]);
    for (start, len) in ends {
        let (mut at, gap_end) = (done, start.min(end));
        while at < gap_end {
            let now = gap_end.saturating_sub(at).min(WINDOW);
            // A header may begin at the end of a window.
            let with_rest = space.available(Address(at), now.saturating_add(wide(BEGINNING)));
            if let Some(bytes) = space.heed(window(space, Address(at), with_rest))? {
                let starts = (at..).zip(bytes.windows(BEGINNING));
                let inside = starts.take_while(|(start, _)| *start < gap_end);
                found.extend(inside.filter(|(_, b)| may_be_header(b)).map(|(at, _)| Address(at)));
            }
            at = at.saturating_add(WINDOW);
        }
        done = done.max(start.saturating_add(len));
    }
    Ok(found)
}

/// Whether the bytes may be the beginning of a header of version 1, and of its first message.
fn may_be_header(bytes: &[u8]) -> bool {
    let &[1, 0, m0, m1, r0, r1, r2, r3, s0, s1, s2, s3, 0, 0, 0, 0, k0, k1, l0, _, _, ..] = bytes
    else {
        return false;
    };
    let (messages, kind) = (u16::from_le_bytes([m0, m1]), u16::from_le_bytes([k0, k1]));
    let links = u32::from_le_bytes([r0, r1, r2, r3]);
    let size = u32::from_le_bytes([s0, s1, s2, s3]);
    let aligned = size & 7 == 0 && l0 & 7 == 0;
    (1..4096).contains(&messages)
        && (1..1 << 16).contains(&links)
        && (16..1 << 20).contains(&size)
        && aligned
        && kind <= 0x18
}
