//! Attributes come, change and go.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::create::check_name;
use super::shared::independent;
use super::{Dense, dense_places, shared_message};
use crate::codec::{Address, Structure};
use crate::error::{Error, ErrorKind, Result};
use crate::format::datatype::CharacterSet;
use crate::format::message::{
    Attribute, AttributeInfo, AttributeParts, MessageFlags, MessageType, SharedLocation,
    SharedMessage,
};
use crate::format::object_header::{HeaderPrefix, RawMessage};
use crate::object::dense::{DenseAttributes, DensePlaces};
use crate::object::header::ObjectHeader;
use crate::object::path::text;
use crate::object::store::Store;
use crate::object::stored_type::StoredType;

/// Largest attribute message a header holds.
const LARGEST: usize = 0xffff;
/// The place in the creation order of an attribute whose object does not keep that order.
pub(super) const UNTRACKED: u16 = 0xffff;
/// Most attributes of a header, and fewest of a heap, where the object does not say.
const PHASE_CHANGE: (u16, u16) = (8, 6);

/// An attribute taken out of where it was.
struct Taken {
    /// Its place in the creation order.
    order: u32,
    /// The message, where no other object has the same one.
    gone: Option<Attribute>,
}

/// The attributes of one object, being changed. What their elements keep in heaps, and the committed
/// types that count them, are the caller's.
#[derive(Debug)]
pub(crate) struct AttributesEdit<'a> {
    store: &'a Store,
    header: Arc<ObjectHeader>,
    info: AttributeInfo,
    dense: Option<Dense<DenseAttributes>>,
    /// Messages of attributes came or went, or what is said about them is not what the header says.
    has_changed: bool,
}

impl<'a> AttributesEdit<'a> {
    pub(crate) fn open(store: &'a Store, at: Address) -> Result<Self> {
        let header = store.kept_header(at)?;
        let found: Option<AttributeInfo> = store.message(&header, MessageType::ATTRIBUTE_INFO)?;
        let info = found.clone().unwrap_or_else(|| new_info(&header.prefix));
        let places = dense_places(store, header.address, &info)?;
        let dense = places.map(|places| Dense::at(&places));
        let has_changed = found.is_none();
        Ok(Self { store, header, info, dense, has_changed })
    }

    /// The header, to be changed.
    fn header_mut(&mut self) -> &mut ObjectHeader {
        if Arc::get_mut(&mut self.header).is_none() {
            self.store.space().let_go_of_kept(self.header.address);
        }
        Arc::make_mut(&mut self.header)
    }

    /// The places of all attributes in the header, and their messages.
    fn compact(&self) -> Result<Vec<(usize, Attribute)>> {
        let all = self.header.messages.iter().enumerate();
        all.filter(|(_, message)| message.kind == MessageType::ATTRIBUTE)
            .map(|(at, message)| Ok((at, self.store.decode(message)?)))
            .collect()
    }

    /// The place in the header of the attribute of this name, where it is there.
    fn compact_place(&self, name: &[u8]) -> Result<Option<usize>> {
        let store = self.store;
        for (at, message) in self.header.messages.iter().enumerate() {
            if message.kind == MessageType::ATTRIBUTE {
                let shared = message.flags.contains(MessageFlags::SHARED);
                let found = store.resolve(message.kind, &message.body, message.offset, shared)?;
                let mut d = store.decoder(Attribute::NAME, &found.bytes, found.offset);
                if Attribute::is_named(&mut d, name)? {
                    return Ok(Some(at));
                }
            }
        }
        Ok(None)
    }

    /// Whether there is an attribute of this name.
    pub(super) fn has(&self, name: &[u8]) -> Result<bool> {
        if self.compact_place(name)?.is_some() {
            return Ok(true);
        }
        let Some(dense) = &self.dense else { return Ok(false) };
        dense.has(self.store, name)
    }

    /// Whether the attributes lie in a heap.
    pub(super) fn is_dense(&self) -> bool {
        self.dense.is_some()
    }

    /// Refuses a type that libhdf5 takes for damage in the header of the object.
    pub(super) fn check_type(&self, datatype: &StoredType) -> Result<()> {
        let old = self.header.prefix.version() == 1 && datatype.committed.is_none();
        if old && datatype.datatype.leaves_half_unused() {
            let what = "an attribute of numbers that leave more than half of their bits unused \
                        needs an object of format v18 or later";
            return Err(Error::usage(what));
        }
        Ok(())
    }

    /// Adds an attribute; gives its place in the order of creation.
    pub(crate) fn insert(&mut self, attribute: &Attribute) -> Result<u32> {
        if self.has(attribute.name())? {
            let name = format!("attribute {:?}", text(attribute.name()));
            return Err(Error::new(ErrorKind::Exists(name)));
        }
        self.add(attribute)
    }

    /// Adds an attribute of a name that there is not.
    pub(super) fn add(&mut self, attribute: &Attribute) -> Result<u32> {
        let order = self.next_order()?;
        self.put(attribute, order)?;
        if self.prepare()? {
            ObjectHeader::save_late(&mut self.header, self.store.space())?;
        }
        Ok(order)
    }

    /// Adds all these attributes, each with its place in the order of creation. Where the object has
    /// none yet, and keeps that order as they do, they keep their places; `next` is the place of the
    /// attribute to come.
    pub(crate) fn fill(
        &mut self,
        mut attributes: Vec<(Attribute, Option<u32>)>,
        next: Option<u16>,
    ) -> Result<()> {
        attributes.sort_by_key(|(_, order)| *order);
        let empty = self.dense.is_none() && !self.header.has(MessageType::ATTRIBUTE);
        if !empty || self.info.maximum_creation_index.is_some() != next.is_some() {
            return attributes
                .iter()
                .try_for_each(|(attribute, _)| self.insert(attribute).map(|_| ()));
        }
        for (attribute, order) in &attributes {
            self.put(attribute, order.unwrap_or(UNTRACKED.into()))?;
        }
        self.info.maximum_creation_index = next;
        self.has_changed = true;
        self.save()
    }

    /// Gives an attribute other elements; its place in the creation order stays. Whether the old
    /// ones are gone.
    pub(crate) fn replace(&mut self, attribute: &Attribute) -> Result<bool> {
        let taken = self.take(attribute.name())?;
        let gone = taken.gone.is_some();
        self.put_back(taken, attribute)?;
        Ok(gone)
    }

    /// Adds what stands for an attribute that was taken out. With it go its uses of what it shares,
    /// unless others have it, too.
    fn put_back(&mut self, taken: Taken, attribute: &Attribute) -> Result<()> {
        match taken.gone {
            Some(_) => self.put(attribute, taken.order)?,
            None => self.put(&independent(self.store, attribute)?, taken.order)?,
        }
        self.save()
    }

    /// Gives an attribute another name; its place in the creation order stays.
    pub(crate) fn rename(&mut self, attribute: &Attribute, name: &[u8]) -> Result<()> {
        check_name(name)?;
        if self.has(name)? {
            let name = format!("attribute {:?}", text(name));
            return Err(Error::new(ErrorKind::Exists(name)));
        }
        let mut renamed = attribute.with(&AttributeParts { name, ..attribute.parts() });
        renamed.charset = CharacterSet::Ascii;
        if !name.is_ascii() {
            renamed.charset = CharacterSet::Utf8;
            renamed.version = self.store.bounds().attribute_version(renamed.flags != 0, true);
        }
        let taken = self.take(attribute.name())?;
        self.put_back(taken, &renamed)
    }

    /// Removes an attribute; gives it where it is gone.
    pub(crate) fn remove(&mut self, name: &[u8]) -> Result<Option<Attribute>> {
        let taken = self.take(name)?;
        let (_, minimum) = self.phase_change();
        let left = self.dense.as_ref().map(|dense| dense.len(self.store)).transpose()?;
        if left.is_some_and(|left| left < u64::from(minimum)) {
            self.expand()?;
        }
        self.save()?;
        Ok(taken.gone)
    }

    fn next_order(&mut self) -> Result<u32> {
        let Some(next) = &mut self.info.maximum_creation_index else {
            return Ok(UNTRACKED.into());
        };
        let order = *next;
        *next = order
            .checked_add(1)
            .ok_or_else(|| Error::usage("an object had too many attributes"))?;
        self.has_changed = true;
        Ok(order.into())
    }

    /// Takes the attribute out of where it is.
    fn take(&mut self, name: &[u8]) -> Result<Taken> {
        if self.store.settle_arrivals()? {
            let places = self.dense.as_ref().map(Dense::places);
            self.dense = places.map(|places| Dense::at(&places));
        }
        if let Some(at) = self.compact_place(name)? {
            self.has_changed = true;
            let message = self.header_mut().messages.remove(at);
            let attribute = self.store.decode(&message)?;
            let gone = self.store.release(self.header.address, &message)?;
            let order = message.creation_index.unwrap_or(UNTRACKED).into();
            return Ok(Taken { order, gone: gone.map(|_| attribute) });
        }
        let missing = || Error::not_found(format!("attribute {:?}", text(name)));
        let dense = self.dense.as_mut().ok_or_else(missing)?;
        let record = dense.find(self.store, name)?.ok_or_else(missing)?;
        let attribute = self.store.decode_bytes(&dense.message(self.store, &record)?, 0)?;
        dense.remove(self.store, name, record.creation_order.into())?;
        let gone = match shared_message(self.store, &record)? {
            Some(message) => self.store.release(self.header.address, &message)?.is_some(),
            None => true,
        };
        Ok(Taken { order: record.creation_order, gone: gone.then_some(attribute) })
    }

    fn put(&mut self, attribute: &Attribute, order: u32) -> Result<()> {
        if let Some(dense) = &mut self.dense {
            return dense.insert_value(self.store, attribute.name(), attribute, order.into());
        }
        let body = self.store.encode_about(attribute, attribute.room())?;
        let old = matches!(self.header.prefix, HeaderPrefix::V1 { .. });
        let (most, _) = self.phase_change();
        let fits = body.len() <= LARGEST;
        let there = self.header.all(MessageType::ATTRIBUTE).count();
        if fits && (old || there < usize::from(most)) {
            return self.put_message(MessageFlags::empty(), body, order);
        }
        if old {
            let what = "an attribute of 64 KiB or more needs an object of format v18 or later";
            return Err(Error::usage(what));
        }
        self.condense()?;
        let Some(dense) = &mut self.dense else { return Ok(()) };
        dense.insert(self.store, attribute.name(), &body, order.into())
    }

    fn put_message(&mut self, flags: MessageFlags, body: Vec<u8>, order: u32) -> Result<()> {
        let order =
            u16::try_from(order).map_err(|_| Error::usage("an object had too many attributes"))?;
        self.has_changed = true;
        self.header_mut().messages.push(RawMessage {
            kind: MessageType::ATTRIBUTE,
            flags,
            creation_index: Some(order),
            body,
            offset: 0,
        });
        Ok(())
    }

    fn phase_change(&self) -> (u16, u16) {
        match &self.header.prefix {
            HeaderPrefix::V2 { phase_change: Some(change), .. } => *change,
            _ => PHASE_CHANGE,
        }
    }

    /// Moves the attributes from the header to a heap.
    fn condense(&mut self) -> Result<()> {
        let (store, ordered) = (self.store, self.info.creation_order_index.is_some());
        let mut dense = Dense::create(store, ordered)?;
        for (at, attribute) in self.compact()? {
            let Some(message) = self.header.messages.get(at) else { continue };
            let (name, order) = (attribute.name(), message.creation_index.unwrap_or(UNTRACKED));
            if let Some(id) = shared_id(store, message)? {
                dense.insert_shared(store, name, &id, order.into())?;
                continue;
            }
            // Nobody finds it where it was.
            store.release(self.header.address, message)?;
            dense.insert(store, name, &store.encode(&attribute)?, order.into())?;
        }
        self.has_changed = true;
        self.header_mut().remove_all(MessageType::ATTRIBUTE);
        self.dense = Some(dense);
        Ok(())
    }

    /// Moves the attributes from the heap to the header, where they all fit there.
    fn expand(&mut self) -> Result<()> {
        let store = self.store;
        let Some(places) = self.dense.as_ref().map(Dense::places) else { return Ok(()) };
        store.settle_one(places.heap)?;
        let dense = self.dense.insert(Dense::at(&places));
        let mut all = Vec::new();
        dense.for_each(store, &mut |record| {
            let (flags, body) = match shared_message(store, &record)? {
                Some(message) => (message.flags, message.body),
                None => (MessageFlags::empty(), dense.message(store, &record)?),
            };
            all.push((record.creation_order, flags, body));
            Ok(ControlFlow::Continue(()))
        })?;
        if all.iter().any(|(_, _, body)| body.len() > LARGEST) {
            return Ok(());
        }
        all.sort_by_key(|(order, ..)| *order);
        for (order, flags, body) in all {
            self.put_message(flags, body, order)?;
        }
        self.has_changed = true;
        self.dense.take().map_or(Ok(()), |dense| dense.free(store))
    }

    fn save(&mut self) -> Result<()> {
        if self.prepare()? {
            ObjectHeader::save_kept(&mut self.header, self.store.space())?;
        }
        Ok(())
    }

    /// Lets the header say what became of the attributes. Whether it is to be saved.
    fn prepare(&mut self) -> Result<bool> {
        if !self.has_changed && !self.header.tells_time() {
            return Ok(false);
        }
        let places = self.dense.as_ref().map(Dense::places);
        note_places(&mut self.info, places.as_ref());
        let store = self.store;
        let body = store.encode(&self.info)?;
        let header = self.header_mut();
        if matches!(header.prefix, HeaderPrefix::V2 { .. }) {
            header.set(MessageType::ATTRIBUTE_INFO, MessageFlags::DO_NOT_SHARE, body);
        }
        header.touch(store.space())?;
        Ok(true)
    }
}

/// What a header says about attributes before it has any.
fn new_info(prefix: &HeaderPrefix) -> AttributeInfo {
    let (tracked, indexed) = prefix.attribute_order();
    AttributeInfo {
        maximum_creation_index: tracked.then_some(0),
        fractal_heap: None,
        name_index: None,
        creation_order_index: indexed.then_some(None),
    }
}

fn note_places(info: &mut AttributeInfo, places: Option<&DensePlaces>) {
    info.fractal_heap = places.map(|places| places.heap);
    info.name_index = places.map(|places| places.names);
    if let Some(index) = &mut info.creation_order_index {
        *index = places.and_then(|places| places.orders);
    }
}

/// The place of a message in the file's heap of shared ones, where it is there.
fn shared_id(store: &Store, message: &RawMessage) -> Result<Option<[u8; 8]>> {
    if !message.flags.contains(MessageFlags::SHARED) {
        return Ok(None);
    }
    let shared: SharedMessage = store.decode_bytes(&message.body, message.offset)?;
    Ok(match shared.location {
        SharedLocation::Heap(id) => Some(id),
        SharedLocation::Header(_) => None,
    })
}
