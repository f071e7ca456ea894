//! The objects of a file, by the first path that leads to each.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use hdfive::{Group, LinkInfo, LinkTarget, Location, LocationToken, LocationType};

use super::options::Options;
use super::order;

/// Most objects that are looked at: what a hostile file could make endless.
const MAX_OBJECTS: usize = 5_000_000;

/// An object of a file.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) path: String,
    /// Whether it has been shown.
    pub(super) shown: bool,
    /// Whether it is a committed type that no link leads to; then `path` is that of a dataset of it.
    pub(super) unnamed: bool,
}

/// Paths of objects.
pub(super) type Paths = HashMap<LocationToken, String>;

/// The objects of one file.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// Where the file is.
    pub(super) place: PathBuf,
    entries: HashMap<LocationToken, Entry>,
    paths: Arc<Paths>,
    /// Types that no link leads to, in the order met.
    unnamed: Vec<LocationToken>,
}

/// What a walk meets.
pub(super) enum Met<'a> {
    /// An object by a hard link; the path that led to it before, where there was one.
    Object { location: &'a Location, before: Option<&'a str> },
    /// A link that leads elsewhere.
    Link(&'a LinkInfo),
}

/// A group whose links are being followed.
struct Open {
    path_len: usize,
    links: std::vec::IntoIter<LinkInfo>,
}

/// Calls `meet` with every link below `root`, each group once, and with `root` itself.
pub(super) fn walk(
    root: &Location,
    options: &Options,
    meet: &mut dyn FnMut(&str, Met<'_>) -> bool,
) {
    let mut seen: HashMap<LocationToken, String> = HashMap::new();
    seen.insert(root.token(), "/".to_owned());
    if !meet("/", Met::Object { location: root, before: None }) {
        return;
    }
    let mut path = String::new();
    let mut open = Vec::new();
    open.extend(root.as_group().ok().map(|group| opened(&group, options, 0)));
    while let Some(group) = open.last_mut() {
        path.truncate(group.path_len);
        let Some(link) = group.links.next() else {
            open.pop();
            continue;
        };
        path.push('/');
        path.push_str(&link.name);
        let LinkTarget::Hard(token) = link.target else {
            if !meet(&path, Met::Link(&link)) {
                return;
            }
            continue;
        };
        let Ok(location) = root.open_by_token(token) else { continue };
        let before = seen.get(&token).map(String::as_str);
        let is_new = before.is_none();
        if !meet(&path, Met::Object { location: &location, before }) {
            return;
        }
        if !is_new || seen.len() > MAX_OBJECTS {
            continue;
        }
        seen.insert(token, path.clone());
        if let Ok(group) = location.as_group() {
            open.push(opened(&group, options, path.len()));
        }
    }
}

fn opened(group: &Group, options: &Options, path_len: usize) -> Open {
    Open { path_len, links: order::links(group, options).into_iter() }
}

/// Where the file of an object is, by whatever name it was opened.
pub(super) fn place(location: &Location) -> PathBuf {
    let name = PathBuf::from(location.filename());
    name.canonicalize().unwrap_or(name)
}

impl Tables {
    /// The objects of the file of `root`.
    pub(super) fn of(root: &Location, options: &Options) -> Self {
        let mut tables = Self { place: place(root), ..Self::default() };
        walk(root, options, &mut |path, met| {
            if let Met::Object { location, before: None } = met {
                tables.add(path, location);
            }
            true
        });
        let paths = tables.entries.iter().filter(|(_, entry)| !entry.unnamed);
        tables.paths = Arc::new(paths.map(|(token, entry)| (*token, entry.path.clone())).collect());
        tables.unnamed.retain(|token| tables.entries.get(token).is_some_and(|entry| entry.unnamed));
        tables
    }

    fn add(&mut self, path: &str, location: &Location) {
        let entry = Entry { path: path.to_owned(), shown: false, unnamed: false };
        self.entries.insert(location.token(), entry);
        if !matches!(location.loc_type(), Ok(LocationType::Dataset)) {
            return;
        }
        let datatype = location.as_dataset().and_then(|dataset| dataset.dtype());
        let Some(token) = datatype.ok().and_then(|datatype| datatype.committed_token()) else {
            return;
        };
        let unnamed = &mut self.unnamed;
        self.entries.entry(token).or_insert_with(|| {
            unnamed.push(token);
            Entry { path: path.to_owned(), shown: false, unnamed: true }
        });
    }

    pub(super) fn get_mut(&mut self, token: LocationToken) -> Option<&mut Entry> {
        self.entries.get_mut(&token)
    }

    /// Types that no link leads to: each, and the path of a dataset of it.
    pub(super) fn unnamed(&self) -> Vec<(LocationToken, String)> {
        let path = |token: &LocationToken| {
            self.entries.get(token).map(|entry| (*token, entry.path.clone()))
        };
        self.unnamed.iter().filter_map(path).collect()
    }

    /// The name of a committed type; `None` where nothing leads to it.
    pub(super) fn type_name(&self, token: LocationToken) -> Option<String> {
        let entry = self.entries.get(&token)?;
        Some(if entry.unnamed { format!("/#{}", token.address()) } else { entry.path.clone() })
    }

    /// The paths of all objects.
    pub(super) fn paths(&self) -> Arc<Paths> {
        Arc::clone(&self.paths)
    }
}
