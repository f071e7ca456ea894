//! The objects of a file, each by the first path that leads to it.

use std::collections::HashMap;
use std::rc::Rc;

use hdfive::{File, LinkTarget, LocationToken, LocationType};

use crate::failure::Why;

/// Most objects of one document.
const MAX_OBJECTS: usize = 200_000;

/// Most bytes of all paths together: what a hostile file could make endless.
const MAX_PATH_BYTES: usize = 32 << 20;

/// The objects of a file: hard links followed from the root, depth first, names in ascending order
/// of their bytes.
pub(super) struct Walk {
    pub(super) file: File,
    /// The objects in the order met.
    pub(super) order: Vec<Met>,
    /// Whether all objects are there.
    pub(super) complete: bool,
    paths: HashMap<LocationToken, Rc<str>>,
    aliases: HashMap<LocationToken, Vec<String>>,
    path_bytes: usize,
}

/// An object met on the walk.
pub(super) struct Met {
    pub(super) path: Rc<str>,
    /// The object, unless it cannot be opened.
    pub(super) token: Result<LocationToken, Why>,
}

/// A link still to be followed.
struct Waiting {
    group: Rc<str>,
    name: String,
    token: LocationToken,
}

impl Waiting {
    fn path(&self) -> String {
        let slash = if self.group.ends_with('/') || self.name.is_empty() { "" } else { "/" };
        format!("{}{slash}{}", self.group, self.name)
    }
}

impl Walk {
    pub(super) fn of(file: &File) -> Self {
        let mut walk = Self {
            file: file.clone(),
            order: Vec::new(),
            complete: true,
            paths: HashMap::new(),
            aliases: HashMap::new(),
            path_bytes: 0,
        };
        let root = Waiting { group: Rc::from("/"), name: String::new(), token: file.token() };
        let mut stack = vec![root];
        while let Some(waiting) = stack.pop() {
            let path = waiting.path();
            walk.path_bytes = walk.path_bytes.saturating_add(path.len());
            if walk.order.len() > MAX_OBJECTS || walk.path_bytes > MAX_PATH_BYTES {
                walk.complete = false;
                break;
            }
            walk.meet(path, waiting.token, &mut stack);
        }
        walk
    }

    fn meet(&mut self, path: String, token: LocationToken, stack: &mut Vec<Waiting>) {
        if self.paths.contains_key(&token) {
            self.aliases.entry(token).or_default().push(path);
            return;
        }
        let path: Rc<str> = path.into();
        let location = match self.file.open_by_token(token) {
            Ok(location) => location,
            Err(error) => {
                self.order.push(Met { path, token: Err(error.into()) });
                return;
            }
        };
        self.paths.insert(token, Rc::clone(&path));
        if matches!(location.loc_type(), Ok(LocationType::Group)) {
            let links = location.as_group().and_then(|group| group.all_links()).unwrap_or_default();
            for link in links.into_iter().rev() {
                if let LinkTarget::Hard(token) = link.target {
                    stack.push(Waiting { group: Rc::clone(&path), name: link.name, token });
                }
            }
        }
        self.order.push(Met { path, token: Ok(token) });
    }

    /// The path by which an object was first met.
    pub(super) fn path_of(&self, token: LocationToken) -> Option<&str> {
        self.paths.get(&token).map(AsRef::as_ref)
    }

    /// The other paths that lead to an object, sorted.
    pub(super) fn aliases_of(&self, token: LocationToken) -> Vec<&str> {
        let aliases = self.aliases.get(&token).into_iter().flatten();
        let mut aliases: Vec<&str> = aliases.map(String::as_str).collect();
        aliases.sort_unstable();
        aliases.dedup();
        aliases
    }
}
