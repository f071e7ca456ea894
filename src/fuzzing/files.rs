//! Target of whole files: everything that the public interface reads.

use std::collections::HashSet;
use std::fmt::{Debug, Display};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::{limits, told};
use crate::{
    Attribute, Container, Dataset, Element, ExternalAccess, File, Group, LinkTarget, Location,
    LocationToken, Memory, ReferencedObject, Selection,
};

/// Values of this many elements are looked at one by one; of more, only the bytes are read.
const ELEMENTS: usize = 2_000;
/// Most objects that one walk enters.
const OBJECTS: usize = 200;
/// Most bytes of elements that one walk reads.
const BYTES: usize = 32 << 20;

/// A file.
pub fn open(input: &[u8]) {
    let storage = Arc::new(Memory::new(input.to_vec()));
    let options = File::with_options().limits(limits()).external(ExternalAccess::Deny);
    let Some(file) = told(options.open_storage(storage)) else { return };
    show(&(file.size(), file.userblock(), file.info(), &file));
    let mut walk = Walk { seen: HashSet::new(), waiting: Vec::new(), bytes: BYTES };
    walk.enter(&file);
    while let Some(group) = walk.waiting.pop() {
        walk.group(&group);
    }
    told(file.visit_items(|_, _| ControlFlow::<()>::Continue(())));
}

fn show(value: &dyn Debug) {
    assert!(!format!("{value:?}").is_empty());
}

fn display(value: &dyn Display) {
    let _ = value.to_string();
}

struct Walk {
    seen: HashSet<LocationToken>,
    waiting: Vec<Group>,
    /// Bytes that may still be read.
    bytes: usize,
}

impl Walk {
    /// An object, unless it was seen before.
    fn enter(&mut self, location: &Location) {
        if self.seen.len() >= OBJECTS || !self.seen.insert(location.token()) {
            return;
        }
        told(location.loc_info());
        show(&(location.comment(), location.name(), location));
        for (name, attribute) in told(location.all_attrs()).unwrap_or_default() {
            if let Some(attribute) = told(attribute) {
                self.attribute(&attribute);
            }
            told(location.attr(&name));
        }
        match told(location.open()) {
            Some(ReferencedObject::Group(group)) => self.waiting.push(group),
            Some(ReferencedObject::Dataset(dataset)) => self.dataset(&dataset),
            Some(ReferencedObject::Datatype(datatype)) => {
                show(&datatype);
                told(datatype.to_descriptor());
            }
            _ => {}
        }
    }

    fn group(&mut self, group: &Group) {
        show(&(group, group.len(), group.creation_order_tracked()));
        for link in told(group.all_links()).unwrap_or_default() {
            show(&link);
            told(group.link_info(&link.name));
            if let Some(found) = told(group.follow(&link)) {
                self.enter(&found);
            }
            if !matches!(link.target, LinkTarget::Hard(_)) {
                told(group.get(&link.name));
            }
        }
    }

    fn attribute(&mut self, attribute: &Attribute) {
        show(&(attribute, attribute.name(), attribute.creation_order()));
        self.container(attribute);
    }

    fn dataset(&mut self, dataset: &Dataset) {
        show(&(dataset, dataset.max_shape(), dataset.layout(), dataset.chunk()));
        show(&(dataset.chunk_index(), dataset.num_chunks(), dataset.stored_filters()));
        show(&(dataset.fill(), dataset.fill_time(), dataset.alloc_time()));
        show(&(dataset.offset(), dataset.storage_size(), dataset.chunk_info(1)));
        show(&(dataset.external_files(), dataset.virtual_mappings()));
        told(dataset.fill_value());
        let mut chunks = Vec::new();
        told(dataset.chunks_visit(|chunk| {
            chunks.push(chunk.offset);
            if chunks.len() < ELEMENTS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        }));
        for offset in chunks.iter().take(4) {
            told(dataset.read_chunk(offset));
        }
        self.container(dataset);
    }

    fn container(&mut self, container: &Container) {
        show(&container.space().is_ok());
        let Some(datatype) = told(container.dtype()) else { return };
        show(datatype.definition());
        told(datatype.to_descriptor());
        let count = container.size();
        let bytes = count.saturating_mul(datatype.size().max(1));
        let all = self.bytes.checked_sub(bytes);
        let selection = match all {
            Some(left) => {
                self.bytes = left;
                Selection::All
            }
            // A few elements from the far end, which lie in other chunks than the first.
            None => {
                let wide = |len: usize| crate::codec::wide(len.saturating_sub(1));
                let last: Vec<u64> = container.shape().into_iter().map(wide).collect();
                let Some(points) = told(Selection::points([vec![0; last.len()], last])) else {
                    return;
                };
                points
            }
        };
        if let Some(elements) = told(container.read_elements(selection)) {
            for element in elements.iter().take(ELEMENTS) {
                self.element(container, &element, 0);
            }
        }
        if all.is_some() && count <= ELEMENTS {
            told(container.read_values()).iter().flatten().for_each(|value| display(value));
            told(container.read_raw::<f64>());
            told(container.read_raw::<String>());
        }
    }

    fn element(&mut self, container: &Container, element: &Element<'_>, depth: usize) {
        if depth > 4 || self.bytes == 0 {
            return;
        }
        self.bytes = self.bytes.saturating_sub(element.bytes().len());
        if let Some(reference) = told(element.reference()).flatten() {
            show(&(&reference, reference.target(), reference.region(), reference.is_null()));
            if let Some(found) = told(container.dereference(&reference)) {
                self.enter(found.location());
            }
            told(container.dereference_attribute(&reference));
        }
        if let Some(inner) = told(element.variable()).flatten() {
            for element in inner.iter().take(8) {
                self.element(container, &element, depth.saturating_add(1));
            }
        }
        for part in element.parts().take(8) {
            self.element(container, &part, depth.saturating_add(1));
        }
    }
}
