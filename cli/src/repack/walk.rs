//! What is in the file, in the order the tool lists it.

use std::collections::HashMap;

use hdfive::{
    File, Group, IndexType, IterationOrder, LinkInfo, LinkTarget, Location, LocationToken,
    LocationType,
};

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Group(LocationToken),
    Dataset(LocationToken),
    Datatype(LocationToken),
    /// A link that is not a hard one.
    Link(LinkTarget),
}

/// All objects, each once, and all links that are not hard ones.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) entries: Vec<(String, Entry)>,
    paths: HashMap<LocationToken, usize>,
}

/// A group whose links are being gone through.
struct Open {
    /// Without a slash at its end.
    path: String,
    links: std::vec::IntoIter<LinkInfo>,
}

impl Contents {
    /// What is in `file`; links of groups by `index`, in that order.
    pub(super) fn of(file: &File, index: IndexType, order: IterationOrder) -> hdfive::Result<Self> {
        let mut contents = Self::default();
        contents.add("/".to_owned(), file)?;
        let mut open = vec![opened(file, "", index, order)?];
        while let Some(group) = open.last_mut() {
            let Some(link) = group.links.next() else {
                open.pop();
                continue;
            };
            let path = format!("{}/{}", group.path, link.name);
            let LinkTarget::Hard(token) = link.target else {
                contents.entries.push((path, Entry::Link(link.target)));
                continue;
            };
            if contents.paths.contains_key(&token) {
                continue;
            }
            let location = file.open_by_token(token)?;
            contents.add(path.clone(), &location)?;
            if let Ok(group) = location.as_group() {
                open.push(opened(&group, &path, index, order)?);
            }
        }
        Ok(contents)
    }

    fn add(&mut self, path: String, location: &Location) -> hdfive::Result<()> {
        let token = location.token();
        let entry = match location.loc_type()? {
            LocationType::Group => Entry::Group(token),
            LocationType::Dataset => Entry::Dataset(token),
            LocationType::NamedDatatype => Entry::Datatype(token),
        };
        self.paths.insert(token, self.entries.len());
        self.entries.push((path, entry));
        Ok(())
    }

    /// The path of an object.
    pub(super) fn path_of(&self, token: LocationToken) -> Option<&str> {
        let index = *self.paths.get(&token)?;
        self.entries.get(index).map(|(path, _)| path.as_str())
    }
}

fn opened(
    group: &Group,
    path: &str,
    index: IndexType,
    order: IterationOrder,
) -> hdfive::Result<Open> {
    let mut links = group.links_in(index)?;
    if order == IterationOrder::Decreasing {
        links.reverse();
    }
    Ok(Open { path: path.to_owned(), links: links.into_iter() })
}
