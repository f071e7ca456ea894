//! What is in a group, in full.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use hdfive::{Group, LinkInfo, LinkTarget, Location, LocationToken, LocationType};

use super::report::Report;

/// Bytes of all paths that are kept: groups nested deeply would fill the memory with them.
const MAX_PATHS: usize = 1 << 30;

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Group,
    Dataset,
    Datatype,
    /// A soft link.
    Link,
    /// An external link, or one of a type that a program made up.
    UserLink,
    Unknown,
}

impl Kind {
    pub(super) fn of(location: &Location) -> Self {
        match location.loc_type() {
            Ok(LocationType::Group) => Self::Group,
            Ok(LocationType::Dataset) => Self::Dataset,
            Ok(LocationType::NamedDatatype) => Self::Datatype,
            _ => Self::Unknown,
        }
    }

    /// The kind of a link that is not followed; `None` of a hard one.
    pub(super) fn of_link(link: &LinkInfo) -> Option<Self> {
        match &link.target {
            LinkTarget::Hard(_) => None,
            LinkTarget::Soft(_) => Some(Self::Link),
            _ => Some(Self::UserLink),
        }
    }

    pub(super) fn is_link(self) -> bool {
        matches!(self, Self::Link | Self::UserLink)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Group => "H5G_GROUP",
            Self::Dataset => "H5G_DATASET",
            Self::Datatype => "H5G_TYPE",
            Self::Link => "H5G_LINK",
            Self::UserLink => "H5G_UDLINK",
            Self::Unknown => "unknown type",
        }
    }
}

/// An object, whatever file it was reached from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    file: Rc<Path>,
    token: LocationToken,
}

impl Identity {
    pub(super) fn of(location: &Location) -> Self {
        Self { file: file_of(location), token: location.token() }
    }
}

fn file_of(location: &Location) -> Rc<Path> {
    let mut path = PathBuf::from(location.filename());
    if path.as_os_str().is_empty() {
        // A file that is put together of others is another one each time.
        let number = location.loc_info().map_or(0, |info| info.fileno);
        path = PathBuf::from(format!("\0{number}"));
    }
    Rc::from(path.canonicalize().unwrap_or(path))
}

/// What is at a path.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) kind: Kind,
    /// The object; none where a link is not followed.
    pub(super) identity: Option<Identity>,
}

/// Lists what is at `path`, and beneath it where it is a group; `None` where not all can be read.
pub(super) fn entries(
    report: &mut Report<'_>,
    start: &Location,
    path: &str,
) -> io::Result<Option<Vec<Entry>>> {
    let mut walk = Walk {
        report,
        entries: Vec::new(),
        bytes: 0,
        followed: HashSet::new(),
        open: Vec::new(),
        stopped: false,
    };
    walk.visit(start, path)?;
    walk.run()?;
    Ok(if walk.stopped { None } else { Some(walk.entries) })
}

struct Walk<'r, 'a> {
    report: &'r mut Report<'a>,
    entries: Vec<Entry>,
    bytes: usize,
    /// Links that were followed, by what they say.
    followed: HashSet<String>,
    open: Vec<Open>,
    /// Whether something cannot be read, so that the list is of no use.
    stopped: bool,
}

/// A group whose links are being visited.
struct Open {
    group: Group,
    /// Its path, without a slash at its end.
    path: String,
    file: Rc<Path>,
    links: std::vec::IntoIter<LinkInfo>,
    /// Groups met since the last link that was followed.
    seen: Rc<RefCell<HashSet<LocationToken>>>,
}

impl Walk<'_, '_> {
    fn run(&mut self) -> io::Result<()> {
        while let Some(open) = self.open.last_mut() {
            let Some(link) = open.links.next() else {
                self.open.pop();
                continue;
            };
            let path = format!("{}/{}", open.path, link.name);
            self.bytes = self.bytes.saturating_add(path.len());
            match link.target {
                _ if self.bytes > MAX_PATHS => self.unreadable("groups are nested too deeply")?,
                LinkTarget::Hard(token) => self.hard(token, path)?,
                _ => self.link(&link, path)?,
            }
            if self.stopped {
                break;
            }
        }
        Ok(())
    }

    fn unreadable(&mut self, why: impl std::fmt::Display) -> io::Result<()> {
        self.stopped = true;
        self.report.line("Error: Could not get file contents")?;
        self.report.fail(why);
        Ok(())
    }

    fn hard(&mut self, token: LocationToken, path: String) -> io::Result<()> {
        let Some(open) = self.open.last() else { return Ok(()) };
        let (file, seen) = (Rc::clone(&open.file), Rc::clone(&open.seen));
        let location = match open.group.open_by_token(token) {
            Ok(location) => location,
            Err(error) => return self.unreadable(error),
        };
        let kind = Kind::of(&location);
        let identity = Some(Identity { file: Rc::clone(&file), token });
        self.entries.push(Entry { path: path.clone(), kind, identity });
        if kind == Kind::Group && seen.borrow_mut().insert(token) {
            self.enter(&location, path, file, seen)?;
        }
        Ok(())
    }

    fn enter(
        &mut self,
        location: &Location,
        path: String,
        file: Rc<Path>,
        seen: Rc<RefCell<HashSet<LocationToken>>>,
    ) -> io::Result<()> {
        let opened = location.as_group().and_then(|group| Ok((group.all_links()?, group)));
        match opened {
            Ok((links, group)) => {
                let links = links.into_iter();
                self.open.push(Open { group, path, file, links, seen });
                Ok(())
            }
            Err(error) => self.unreadable(error),
        }
    }

    fn link(&mut self, link: &LinkInfo, path: String) -> io::Result<()> {
        let kind = Kind::of_link(link).unwrap_or(Kind::Unknown);
        let plain = |path| Entry { path, kind, identity: None };
        let options = self.report.options;
        if !options.follow {
            self.entries.push(plain(path));
            return Ok(());
        }
        if matches!(link.target, LinkTarget::UserDefined { .. }) {
            self.report.line("Error: Invalid link type")?;
            return self.unreadable("links of types that programs made up cannot be followed");
        }
        let Some(open) = self.open.last() else { return Ok(()) };
        let Ok(target) = open.group.follow(link) else {
            self.report.failed |= options.no_dangling;
            self.entries.push(plain(path));
            return Ok(());
        };
        if self.followed.insert(format!("{:?}", link.target)) {
            self.visit(&target, &path)
        } else {
            Ok(())
        }
    }

    /// Visits an object that is not reached by a hard link.
    fn visit(&mut self, location: &Location, path: &str) -> io::Result<()> {
        let (kind, file) = (Kind::of(location), file_of(location));
        let token = location.token();
        let identity = Some(Identity { file: Rc::clone(&file), token });
        self.entries.push(Entry { path: path.to_owned(), kind, identity });
        if kind == Kind::Group {
            let seen = Rc::new(RefCell::new(HashSet::from([token])));
            let path = path.trim_end_matches('/').to_owned();
            self.enter(location, path, file, seen)?;
        }
        Ok(())
    }
}
