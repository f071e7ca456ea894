//! Target of whole files: changes of everything in them.

use std::io;
use std::sync::Arc;

use super::{limits, open, told};
use crate::{
    Dataset, ExternalAccess, File, Group, H5Type, Location, LocationToken, ReferencedObject,
    SharedMemory, Storage,
};

/// Most objects that are changed.
const OBJECTS: usize = 24;
/// Elements of larger datasets are not all written.
const ELEMENTS: usize = 2_000;
/// No file grows beyond this.
const ROOM: u64 = 64 << 20;

/// Changes everything in a file and lets it be read as each flush left it.
pub fn edit(input: &[u8]) {
    let memory = SharedMemory::new(input.to_vec());
    let options = File::with_options().limits(limits()).external(ExternalAccess::Deny);
    let options = options.auto_flush(false).ignore_status(true);
    let Some(file) = told(options.open_storage_rw(Arc::new(Bounded(memory.clone())))) else {
        return;
    };
    let mut seen: Vec<LocationToken> = Vec::new();
    let mut waiting = Vec::from_iter(told(file.as_group()));
    while let Some(group) = waiting.pop() {
        let links = told(group.all_links()).unwrap_or_default();
        let mut names = Vec::new();
        for link in links.iter().take(OBJECTS) {
            names.push(link.name.clone());
            let Some(found) = told(group.follow(link)) else { continue };
            if seen.len() >= OBJECTS || seen.contains(&found.token()) {
                continue;
            }
            seen.push(found.token());
            attributes(&found);
            match told(found.open()) {
                Some(ReferencedObject::Group(inner)) => waiting.push(inner),
                Some(ReferencedObject::Dataset(dataset)) => change_dataset(&dataset),
                _ => {}
            }
        }
        told(file.flush());
        change_group(&group, &names);
    }
    attributes(&file);
    told(file.flush());
    open(&memory.to_vec());
    told(file.close());
    open(&memory.to_vec());
}

fn attributes(location: &Location) {
    let names = told(location.attr_names()).unwrap_or_default();
    told(location.set_attr("a new attribute", vec![1_i32; 40]));
    told(location.set_attr("a new attribute", "words"));
    for (number, name) in names.iter().enumerate().take(8) {
        match number % 3 {
            0 => told(location.modify_attr(name, 7)),
            1 => told(location.rename_attr(name, "renamed")),
            _ => told(location.delete_attr(name)),
        };
    }
    told(location.set_comment("changed"));
}

fn change_group(group: &Group, names: &[String]) {
    told(group.create_group("new/inner"));
    told(group.link_soft("/nowhere", "soft"));
    let data = group.new_dataset_builder().with_data(&[1.5_f64, 2.5]);
    told(data.deflate(1).create("data"));
    let text = group.new_dataset::<String>().shape(3..);
    if let Some(text) = told(text.create("text")) {
        told(text.write_raw(&["a", "b", "c"].map(String::from)));
    }
    for (number, name) in names.iter().enumerate() {
        match number % 4 {
            0 => told(group.relink(name, "moved")),
            1 => told(group.link_hard(name, &format!("{name} again"))),
            2 => told(group.link_info(name))
                .and_then(|link| told(group.follow(&link)))
                .and_then(|found| told(found.copy_to(group, "copy"))),
            _ => told(group.unlink(name)),
        };
        if number % 5 == 0 {
            told(group.file().and_then(|file| file.flush()));
        }
    }
    for name in names {
        told(group.unlink(name));
    }
}

fn change_dataset(dataset: &Dataset) {
    let count = dataset.size();
    if count <= ELEMENTS {
        write_back(dataset);
        numbers::<f64>(dataset, count);
        numbers::<String>(dataset, count);
    }
    for add in [3, 0] {
        let shape = dataset.shape();
        let wider: Vec<usize> = shape.iter().map(|len| len.saturating_add(add)).collect();
        let less: Vec<usize> = shape.iter().map(|len| len / 2).collect();
        told(dataset.resize(if add > 0 { wider } else { less }));
    }
    let first = vec![0; dataset.ndim()];
    if let Some((mask, bytes)) = told(dataset.read_chunk(&first)).flatten() {
        told(dataset.write_chunk(&first, mask, &bytes));
    }
    // One value stands for all of them.
    let row = dataset.shape().iter().skip(1).fold(1, |n: usize, len| n.saturating_mul(*len));
    if row <= ELEMENTS {
        told(dataset.write_slice(&[0_u8], 0..1));
    }
}

/// Writes what is there, as it is stored.
fn write_back(dataset: &Dataset) {
    if let Some(values) = told(dataset.read_values()) {
        told(dataset.write_values(&values));
    }
}

fn numbers<T: H5Type + Clone + Default>(dataset: &Dataset, count: usize) {
    told(dataset.write_raw(&vec![T::default(); count]));
}

/// A file that cannot grow without end.
#[derive(Debug)]
pub(super) struct Bounded(pub(super) SharedMemory);

impl Storage for Bounded {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, buf)
    }

    fn is_writable(&self) -> bool {
        true
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if offset.saturating_add(crate::codec::wide(bytes.len())) > ROOM {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.write_at(offset, bytes)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        if len > ROOM {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
