//! Everything a file holds, fact by fact, so that two states of it can be told apart.

use hdfive::{
    Container, Dataset, File, Group, LinkTarget, Location, ReferencedObject, Result, Selection,
};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write;
use std::sync::Arc;

/// Facts by their names. `PATH=` are the elements of a dataset, as stored where they mean nothing
/// elsewhere; `PATH@NAME` is an attribute, `PATH/NAME->` a link, `PATH` what else there is.
pub type Listing = BTreeMap<String, Vec<u8>>;

/// Bytes of a dataset that were overwritten in place: the name of the fact, the first byte, and what
/// they came to be.
#[derive(Debug, Clone)]
pub struct Overwritten {
    pub fact: String,
    pub start: usize,
    pub bytes: Vec<u8>,
}

/// Everything in a file. Objects are named by the path where they are found first, not by their
/// addresses.
pub fn list(file: &File) -> Result<Listing> {
    let mut listing = Listing::new();
    let mut paths = HashMap::from([(file.token(), "/".to_owned())]);
    object(&mut listing, "/", file)?;
    let mut waiting = VecDeque::from([(String::new(), Group::clone(file))]);
    while let Some((path, group)) = waiting.pop_front() {
        let links = group.all_links()?;
        let facts = format!("{} {}", group.len(), group.creation_order_tracked());
        listing.insert(format!("{path}/ links"), facts.into_bytes());
        for link in links {
            let place = format!("{path}/{}", link.name);
            let mut facts = format!("{:?} {:?}", link.creation_order, link.char_encoding);
            let LinkTarget::Hard(token) = link.target else {
                write!(facts, " {:?}", link.target).unwrap();
                listing.insert(format!("{place}->"), facts.into_bytes());
                continue;
            };
            let first = paths.entry(token).or_insert_with(|| place.clone());
            write!(facts, " object {first}").unwrap();
            listing.insert(format!("{place}->"), facts.into_bytes());
            if *first != place {
                continue;
            }
            let found = group.follow(&link)?;
            object(&mut listing, &place, &found)?;
            match found.open()? {
                ReferencedObject::Group(group) => waiting.push_back((place, group)),
                ReferencedObject::Dataset(found) => dataset(&mut listing, &place, &found)?,
                ReferencedObject::Datatype(datatype) => {
                    let definition = format!("{:?}", datatype.definition());
                    listing.insert(format!("{place}:"), definition.into_bytes());
                }
            }
        }
    }
    Ok(listing)
}

/// Everything in the file that `bytes` are.
pub fn list_bytes(bytes: Vec<u8>) -> Result<Listing> {
    list(&File::from_bytes(bytes)?)
}

/// Everything in the file that `bytes` are, opened for writing, and the bytes as that left them.
pub fn list_opened_for_writing(bytes: Vec<u8>) -> Result<(Listing, Vec<u8>)> {
    let storage = hdfive::SharedMemory::new(bytes);
    let file = File::with_options().open_storage_rw(Arc::new(storage.clone()))?;
    let listing = list(&file)?;
    drop(file);
    Ok((listing, storage.to_vec()))
}

fn object(listing: &mut Listing, path: &str, found: &Location) -> Result<()> {
    let info = found.loc_info()?;
    let mut facts = format!("{} {}", info.num_links, info.num_attrs);
    write!(facts, " {:?} {}", found.comment(), found.attr_creation_order_tracked()?).unwrap();
    listing.insert(path.to_owned(), facts.into_bytes());
    for (name, attribute) in found.all_attrs()? {
        let attribute = attribute?;
        let mut facts = format!("{:?} {:?}", attribute.creation_order(), attribute.shape());
        write!(facts, " {:?} {:?}", attribute.dtype()?.definition(), attribute.read_values()?)
            .unwrap();
        listing.insert(format!("{path}@{name}"), facts.into_bytes());
    }
    Ok(())
}

fn dataset(listing: &mut Listing, path: &str, dataset: &Dataset) -> Result<()> {
    let mut facts = format!("{:?} {:?}", dataset.shape(), dataset.max_shape());
    let fill = dataset.fill_elements();
    let fill = fill.as_ref().map(hdfive::Elements::bytes);
    write!(facts, " {:?} {:?} {fill:?}", dataset.layout(), dataset.chunk()).unwrap();
    write!(facts, " {:?} {:?}", dataset.stored_filters(), dataset.dtype()?.definition()).unwrap();
    listing.insert(format!("{path}:"), facts.into_bytes());
    listing.insert(format!("{path}="), elements(dataset)?);
    Ok(())
}

/// The elements as stored, or what they mean where that lies elsewhere.
fn elements(container: &Container) -> Result<Vec<u8>> {
    if refers(&container.dtype()?.definition().class) {
        return Ok(format!("{:?}", container.read_values()?).into_bytes());
    }
    Ok(container.read_elements(Selection::All)?.bytes().to_vec())
}

fn refers(class: &hdfive::definition::Class) -> bool {
    use hdfive::definition::Class;
    match class {
        Class::VarLen(_) | Class::Reference(_) => true,
        Class::Compound(members) => members.iter().any(|member| refers(&member.datatype.class)),
        Class::Array(array) => refers(&array.base.class),
        _ => false,
    }
}

/// How `found` differs from `expected`, of which some bytes may be those of `overwritten`, too.
pub fn difference(
    found: &Listing,
    expected: &Listing,
    overwritten: &[Overwritten],
) -> Option<String> {
    for (name, value) in expected {
        let Some(there) = found.get(name) else { return Some(format!("{name} is missing")) };
        if there != value && !explained(name, there, value, overwritten) {
            return Some(format!("{name} is {}, not {}", short(there), short(value)));
        }
    }
    let extra = found.keys().find(|name| !expected.contains_key(*name))?;
    Some(format!("{extra} is there: {}", short(&found[extra])))
}

fn explained(name: &str, found: &[u8], expected: &[u8], overwritten: &[Overwritten]) -> bool {
    let bytes = found.iter().zip(expected).enumerate();
    found.len() == expected.len()
        && bytes.filter(|(_, (found, expected))| found != expected).all(|(at, (found, _))| {
            overwritten.iter().any(|other| {
                let place = at.checked_sub(other.start);
                other.fact == name && place.and_then(|at| other.bytes.get(at)) == Some(found)
            })
        })
}

fn short(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let all = match std::str::from_utf8(value) {
        Ok(_) => text.into_owned(),
        Err(_) => format!("{value:?}"),
    };
    all.chars().take(300).collect()
}
