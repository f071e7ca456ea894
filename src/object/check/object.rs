//! A closer look at one object: each message of its header, each link and attribute by its name,
//! each chunk by its place.

use std::sync::Arc;

use crate::codec::{Address, Structure};
use crate::element::check_heap_objects;
use crate::error::{Error, Result};
use crate::format::datatype::Datatype;
use crate::format::message::*;
use crate::format::object_header::{HeaderPrefix, RawMessage};
use crate::infra::free_lists;
use crate::infra::local_heap::LocalHeap;
use crate::object::attribute::{self, RawAttribute};
use crate::object::dataset::DatasetObject;
use crate::object::group::{GroupObject, Links};
use crate::object::header::ObjectHeader;
use crate::object::store::{CheckedHeap, Store};

/// Takes note of an error; where it gives one back, the work ends.
type Heed<'a> = &'a mut dyn FnMut(Error) -> Result<()>;

/// Looks at the object with this header, and at its attributes.
pub(super) fn check(
    store: &Arc<Store>,
    header: &ObjectHeader,
    elements: bool,
    heed: Heed<'_>,
) -> Result<()> {
    for found in &header.messages {
        message(store, found).or_else(&mut *heed)?;
    }
    attributes(store, header, elements, heed)?;
    if DatasetObject::is(header) {
        // What cannot be loaded was told of by who gathered what the object holds.
        let Ok(dataset) = DatasetObject::load(store, header) else { return Ok(()) };
        return dataset.check(store, elements, heed);
    }
    if GroupObject::is(header) {
        return group(store, header, heed);
    }
    if header.has(MessageType::DATATYPE) {
        return Ok(());
    }
    let problem = "the object is no group, dataset or datatype";
    let at = header.address;
    heed(store.space().broken(HeaderPrefix::NAME, "Header Messages", at, problem))
}

/// Looks at what belongs to no object.
pub(super) fn fixed(store: &Store, heed: Heed<'_>) -> Result<()> {
    if let Some(info) = store.file_space().filter(|_| !store.is_writable()) {
        free_lists::read(store.space(), info).map(drop).or_else(&mut *heed)?;
    }
    store.check_shared_messages(heed)
}

/// Decodes a message of any kind that is known.
fn message(store: &Store, found: &RawMessage) -> Result<()> {
    fn decoded<T: Structure>(store: &Store, found: &RawMessage) -> Result<()> {
        store.decode::<T>(found).map(drop)
    }
    let decode = match found.kind {
        MessageType::DATASPACE => decoded::<Dataspace>,
        MessageType::LINK_INFO => decoded::<LinkInfo>,
        MessageType::DATATYPE => decoded::<Datatype>,
        MessageType::FILL_VALUE_OLD => decoded::<FillValueOld>,
        MessageType::FILL_VALUE => decoded::<FillValue>,
        MessageType::LINK => decoded::<Link>,
        MessageType::EXTERNAL_FILES => decoded::<ExternalFiles>,
        MessageType::DATA_LAYOUT => decoded::<DataLayout>,
        MessageType::GROUP_INFO => decoded::<GroupInfo>,
        MessageType::FILTER_PIPELINE => decoded::<FilterPipeline>,
        MessageType::ATTRIBUTE => decoded::<Attribute>,
        MessageType::COMMENT => decoded::<Comment>,
        MessageType::MODIFICATION_TIME_OLD => decoded::<ModificationTimeOld>,
        MessageType::MODIFICATION_TIME => decoded::<ModificationTime>,
        MessageType::SYMBOL_TABLE => decoded::<SymbolTable>,
        MessageType::ATTRIBUTE_INFO => decoded::<AttributeInfo>,
        MessageType::REFERENCE_COUNT => decoded::<ReferenceCount>,
        _ => return Ok(()),
    };
    decode(store, found)
}

/// Looks up each link by its name.
fn group(store: &Arc<Store>, header: &ObjectHeader, heed: Heed<'_>) -> Result<()> {
    let Ok(group) = GroupObject::load(store, header) else { return Ok(()) };
    if matches!(group.links, Links::Compact(_)) {
        return Ok(());
    }
    if let Links::SymbolTable(table) = &group.links {
        let heap = LocalHeap::load(store.space(), table.heap);
        heap.and_then(|heap| heap.free_blocks().map(drop)).or_else(&mut *heed)?;
    }
    // What cannot be listed was told of already. Of a listing that is kept, names would be found, and not in the tree.
    let links = group.all(store).unwrap_or_default();
    let group = group.keeping_nodes();
    for link in links {
        let found = group.find_target(store, &link.name).and_then(|found| match found {
            Some(target) if target == link.target => Ok(()),
            _ => {
                let problem = lost(&link.name, "is listed, but not found by its name");
                let at = header.address;
                Err(store.space().broken("Group", "Links", at, problem))
            }
        });
        found.or_else(&mut *heed)?;
    }
    if let Links::Dense(dense) = &group.links {
        dense.check_orders(store).or_else(heed)?;
    }
    Ok(())
}

fn lost(name: &[u8], problem: &str) -> String {
    format!("\"{}\" {problem}", name.escape_ascii())
}

/// Looks up each attribute by its name, and reads its elements.
fn attributes(store: &Store, header: &ObjectHeader, elements: bool, heed: Heed<'_>) -> Result<()> {
    let at = header.address;
    let dense = match attribute::dense(store, header) {
        Ok(dense) => dense,
        // Told of already.
        Err(_) => return Ok(()),
    };
    if let Some(dense) = &dense {
        dense.check_orders(store).or_else(&mut *heed)?;
    }
    // What cannot be listed was told of already.
    for raw in attribute::all(store, header).unwrap_or_default() {
        let name = raw.message.name().to_vec();
        let found = attribute_elements(store, raw, elements).and_then(|()| {
            if dense.is_none() {
                return Ok(());
            }
            match attribute::find(store, header, &name)? {
                Some(_) => Ok(()),
                None => Err(not_found(store, at, &name)),
            }
        });
        found.or_else(&mut *heed)?;
    }
    Ok(())
}

fn not_found(store: &Store, at: Address, name: &[u8]) -> Error {
    let problem = lost(name, "is listed, but not found by its name");
    store.space().broken(Attribute::NAME, "Name", at, problem)
}

fn attribute_elements(store: &Store, raw: RawAttribute, elements: bool) -> Result<()> {
    let opened = raw.open(store)?;
    let data = opened.data()?;
    if !elements {
        return Ok(());
    }
    check_heap_objects(&opened.datatype.datatype, data, &CheckedHeap::new(store))
}
