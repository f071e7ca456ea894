//! All that a file holds, deleted.

use std::collections::HashSet;
use std::path::Path;

use hdfive::{File, Group, LinkTarget, Location, ReferencedObject, Result};

/// Deletes all links and attributes.
pub fn empty(path: &Path) -> Result<()> {
    let file = File::open_rw(path)?;
    let root = file.group("/")?;
    let mut seen = HashSet::from([root.token()]);
    let mut groups: Vec<Group> = vec![root];
    let mut next = 0;
    while let Some(group) = groups.get(next).cloned() {
        for link in group.all_links()? {
            if !matches!(link.target, LinkTarget::Hard(_)) {
                continue;
            }
            let found = group.location(&link.name)?;
            match found.open()? {
                ReferencedObject::Group(found) if seen.insert(found.token()) => groups.push(found),
                // Some may be of the type itself, which would stay for them.
                ReferencedObject::Datatype(_) => delete_attributes(&found)?,
                _ => {}
            }
        }
        next += 1;
    }
    delete_attributes(&file)?;
    // The last first: what is deleted holds nothing any more.
    for group in groups.iter().rev() {
        for link in group.all_links()? {
            group.unlink(&link.name)?;
        }
    }
    file.close()
}

fn delete_attributes(object: &Location) -> Result<()> {
    object.attr_names()?.iter().try_for_each(|name| object.delete_attr(name))
}
