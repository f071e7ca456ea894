//! Reads every object, attribute and element of each file named, and says what cannot be read.

use hdfive::{ExternalAccess, File, Group, Location, ReferencedObject};

fn main() {
    for path in std::env::args().skip(1) {
        let opened = File::with_options().external(ExternalAccess::All).open(&path);
        match opened {
            Ok(file) => {
                let mut seen = std::collections::HashSet::from([file.token()]);
                read_group(&path, &file, &mut seen);
            }
            Err(error) => println!("{path}: {error}"),
        }
    }
}

fn read_group(
    path: &str,
    group: &Group,
    seen: &mut std::collections::HashSet<hdfive::LocationToken>,
) {
    read_attributes(path, group);
    let links = match group.all_links() {
        Ok(links) => links,
        Err(error) => return println!("{path}: {error}"),
    };
    for link in links {
        let hdfive::LinkTarget::Hard(token) = &link.target else { continue };
        if !seen.insert(*token) {
            continue;
        }
        let object = group.follow(&link).and_then(|location| location.open());
        match object {
            Ok(ReferencedObject::Group(group)) => read_group(path, &group, seen),
            Ok(ReferencedObject::Dataset(dataset)) => {
                read_attributes(path, &dataset);
                if let Err(error) = dataset.read_values() {
                    println!("{path}: {}: {error}", link.name);
                }
            }
            Ok(object) => read_attributes(path, object.location()),
            Err(error) => println!("{path}: {}: {error}", link.name),
        }
    }
}

fn read_attributes(path: &str, object: &Location) {
    match object.all_attrs() {
        Ok(attrs) => {
            for (name, attribute) in attrs {
                if let Err(error) = attribute.and_then(|attribute| attribute.read_values()) {
                    println!("{path}: attribute {name}: {error}");
                }
            }
        }
        Err(error) => println!("{path}: {error}"),
    }
}
