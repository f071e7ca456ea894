//! The lines of a listing.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::mem;

use anstyle::Style;
use hdfive::{Dataset, Error, Group, LinkInfo, LinkTarget, Location, LocationToken, LocationType};

use super::options::Options;
use super::{data, detail};
use crate::color;
use crate::failure::Failure;
use crate::names::{before_nul, escaped, printable};
use crate::target::Target;

/// Columns of a name.
const NAME_WIDTH: usize = 24;

/// How many links that are followed one within the other.
const MAX_DEPTH: usize = 64;

/// How often libhdf5's tool opens the file of an external link that it follows: it numbers each.
const OPENED: u64 = 4;

/// Lists objects of one file.
pub(super) struct Lister<'a> {
    options: &'a Options,
    target: &'a Target,
    out: &'a mut dyn Write,
    /// What stands before each whole name: the file, where there are several.
    prefix: String,
    /// Objects met, by their place in `links`.
    seen: HashMap<LocationToken, usize>,
    /// Links by which objects were met first: the place of the group's link, and the name. Paths
    /// kept whole would fill the memory where groups are nested deeply.
    links: Vec<(usize, String)>,
    /// Links that were followed, by what they say.
    followed: HashSet<String>,
    /// How many links are being followed.
    depth: usize,
    /// Number of the file that is listed, and how many have numbers.
    file: u64,
    numbered: u64,
    /// Whether something could not be read.
    failed: bool,
    /// Whether names have colors.
    colors: bool,
}

/// A group whose links are being listed.
struct Open {
    group: Group,
    /// Place of its own link.
    place: usize,
    /// Bytes of its path.
    path_len: usize,
    links: std::vec::IntoIter<LinkInfo>,
}

impl<'a> Lister<'a> {
    pub(super) fn new(options: &'a Options, target: &'a Target, out: &'a mut dyn Write) -> Self {
        let several = options.objects.len() > 1;
        let prefix = if several { format!("{}/", target.name.display()) } else { String::new() };
        Self {
            options,
            target,
            out,
            prefix,
            seen: HashMap::new(),
            links: Vec::new(),
            followed: HashSet::new(),
            depth: 0,
            file: 1,
            numbered: 1,
            failed: false,
            colors: color::of_output(),
        }
    }

    pub(super) fn list(mut self) -> Result<(), Failure> {
        let (file, path) = (&self.target.file, self.target.path.as_str());
        let told = |error: hdfive::Error| Failure::with(&self.target.name, error);
        if path == "/" {
            let root = file.location("/").map_err(told)?;
            return self.list_object(&root, path);
        }
        let link = file.link_info(path).map_err(told)?;
        if matches!(link.target, LinkTarget::Hard(_)) {
            let location = file.location(path).map_err(told)?;
            return self.list_object(&location, path);
        }
        let followed = || file.location(path);
        self.link(path.trim_start_matches('/'), "", path, &link, &followed)?;
        self.finish()
    }

    /// Lists what is in a group, or the object itself.
    fn list_object(mut self, location: &Location, path: &str) -> Result<(), Failure> {
        if !is_group(location) || self.options.group {
            let name = if path == "/" { path } else { path.trim_start_matches('/') };
            self.object(Some(name), location)?;
            return self.finish();
        }
        let base = if path == "/" { "" } else { path };
        self.meet(location.token(), 0, base);
        if self.options.recursive && base.is_empty() {
            self.object(Some(path), location)?;
        }
        let group = location.as_group();
        let group = group.map_err(|error| Failure::with(&self.target.name, error))?;
        self.contents(&group, "")?;
        self.finish()
    }

    /// Notes that an object is met for the first time; gives the place of its link.
    fn meet(&mut self, token: LocationToken, group: usize, name: &str) -> usize {
        let place = self.links.len();
        self.links.push((group, name.to_owned()));
        self.seen.insert(token, place);
        place
    }

    /// The path of the link at `place`.
    fn path(&self, mut place: usize) -> String {
        let mut names = Vec::new();
        while let Some((group, name)) = self.links.get(place) {
            names.push(name.as_str());
            if place == 0 {
                break;
            }
            place = *group;
        }
        names.reverse();
        let path = names.join("/");
        if path.is_empty() { "/".to_owned() } else { path }
    }

    fn finish(self) -> Result<(), Failure> {
        if self.failed { Err(Failure::Reported) } else { Ok(()) }
    }

    /// Lists what is in a group that is shown as `base` and, if asked for, in the groups in it.
    fn contents(&mut self, group: &Group, base: &str) -> Result<(), Failure> {
        let mut name = base.to_owned();
        let links = self.links_of(group);
        let group = group.clone();
        let mut open = vec![Open { group, place: 0, path_len: name.len(), links }];
        while let Some(group) = open.last_mut() {
            let Some(link) = group.links.next() else {
                open.pop();
                continue;
            };
            name.truncate(group.path_len);
            name.push('/');
            name.push_str(&link.name);
            let place = group.place;
            let owner = &group.group;
            let LinkTarget::Hard(token) = link.target else {
                let whole = format!("{}/{}", self.path(place), link.name);
                self.link(&name, &name, &whole, &link, &|| owner.follow(&link))?;
                continue;
            };
            let opened = owner.open_by_token(token);
            if let Some((place, group)) = self.hard_link(&name, &link.name, place, token, opened)? {
                let links = self.links_of(&group);
                open.push(Open { group, place, path_len: name.len(), links });
            }
        }
        Ok(())
    }

    fn links_of(&mut self, group: &Group) -> std::vec::IntoIter<LinkInfo> {
        let links = group.all_links().unwrap_or_else(|error| {
            self.complain(&error);
            Vec::new()
        });
        links.into_iter()
    }

    fn complain(&mut self, error: &hdfive::Error) {
        self.failed = true;
        Failure::with(&self.target.name, error).report();
    }

    /// Lists an object by a hard link of the group at `group`; where it is a group to be listed in
    /// its turn, gives its place and itself.
    fn hard_link(
        &mut self,
        path: &str,
        name: &str,
        group: usize,
        token: LocationToken,
        opened: Result<Location, Error>,
    ) -> Result<Option<(usize, Group)>, Failure> {
        let location = match opened {
            Ok(location) => location,
            Err(error) => {
                self.name(path, color::ERROR)?;
                writeln!(self.out, "*ERROR*")?;
                self.complain(&error);
                return Ok(None);
            }
        };
        if let Some(first) = self.seen.get(&token) {
            let first = escaped(&self.path(*first), true);
            self.name(path, style(&location))?;
            writeln!(self.out, "{}, same as {first}", kind(&location))?;
            return Ok(None);
        }
        let place = self.meet(token, group, name);
        self.object(Some(path), &location)?;
        if !self.options.recursive || !is_group(&location) {
            return Ok(None);
        }
        let group = location.as_group();
        Ok(group.map(|group| (place, group)).map_err(|error| self.complain(&error)).ok())
    }

    /// Lists an object not met before; without a name, one that a link before it leads to.
    fn object(&mut self, name: Option<&str>, location: &Location) -> Result<(), Failure> {
        let (open, close) = if name.is_some() { ("", "") } else { ("{", "}\n") };
        if let Some(name) = name {
            self.name(name, style(location))?;
        }
        write!(self.out, "{open}{}", kind(location))?;
        let mut dataset = None;
        if matches!(location.loc_type(), Ok(LocationType::Dataset)) {
            match location.as_dataset() {
                Ok(opened) => {
                    write!(self.out, " {{{}}}", extent(&opened, self.options.verbose))?;
                    dataset = Some(opened);
                }
                Err(error) => {
                    write!(self.out, " *ERROR*")?;
                    self.complain(&error);
                }
            }
        }
        if name.is_some() || self.options.verbose {
            writeln!(self.out)?;
        }
        if self.options.verbose {
            let (options, file) = (self.options, self.file);
            let (text, errors) = detail::describe(location, dataset.as_ref(), options, file);
            self.out.write_all(text.as_bytes())?;
            errors.iter().for_each(|error| self.complain(error));
        }
        if let Some(dataset) = dataset.filter(|_| self.options.data) {
            let trouble = data::write(self.options, &dataset, self.out)?;
            trouble.iter().for_each(|error| self.complain(error));
        }
        Ok(self.out.write_all(close.as_bytes())?)
    }

    /// Lists a link that leads elsewhere and, if asked for, what it leads to; things in that are
    /// shown beneath `base`. `path` is that of the link.
    fn link(
        &mut self,
        name: &str,
        base: &str,
        path: &str,
        link: &LinkInfo,
        target: &dyn Fn() -> Result<Location, Error>,
    ) -> Result<(), Failure> {
        self.name(name, color::LINK)?;
        let said = match &link.target {
            LinkTarget::Soft(target) => {
                format!("Soft Link {{{}}}", printable(before_nul(target)))
            }
            LinkTarget::External { file, object } => {
                let slash = if object.starts_with('/') { "/" } else { "//" };
                let (file, object) = (printable(before_nul(file)), printable(before_nul(object)));
                format!("External Link {{{file}{slash}{object}}}")
            }
            _ => return Ok(writeln!(self.out, "UD Link {{cannot follow UD links}}")?),
        };
        if !self.options.follow {
            return Ok(writeln!(self.out, "{said}")?);
        }
        write!(self.out, "{said} ")?;
        if !self.followed.insert(said) {
            return Ok(writeln!(self.out, "{{Already Visited}}")?);
        }
        let Ok(target) = target() else {
            self.failed |= self.options.no_dangling;
            return Ok(writeln!(self.out, "{{**NOT FOUND**}}")?);
        };
        let file = self.file;
        if matches!(link.target, LinkTarget::External { .. }) {
            self.numbered = self.numbered.saturating_add(OPENED);
            self.file = self.numbered;
        }
        let done = self.followed_to(&target, base, path);
        self.file = file;
        done
    }

    /// Lists what a link leads to.
    fn followed_to(&mut self, target: &Location, base: &str, path: &str) -> Result<(), Failure> {
        self.object(None, target)?;
        let group = target.as_group().ok().filter(|_| self.options.recursive);
        let Some(group) = group.filter(|_| self.depth < MAX_DEPTH) else { return Ok(()) };
        // What was met on the way here is met anew.
        let (seen, links) = (mem::take(&mut self.seen), mem::take(&mut self.links));
        self.depth = self.depth.saturating_add(1);
        self.meet(target.token(), 0, path);
        let done = self.contents(&group, base);
        self.depth = self.depth.saturating_sub(1);
        (self.seen, self.links) = (seen, links);
        done
    }

    /// Writes a name, and spaces up to the next column.
    fn name(&mut self, name: &str, style: Style) -> io::Result<()> {
        let shown = if self.options.full || self.options.recursive {
            escaped(&format!("{}{name}", self.prefix), true)
        } else {
            escaped(name.rsplit('/').next().unwrap_or(name), true)
        };
        let pad = NAME_WIDTH.saturating_sub(shown.chars().count());
        let shown = color::painted(&shown, style, self.colors);
        write!(self.out, "{shown}{:pad$} ", "")
    }
}

fn is_group(location: &Location) -> bool {
    matches!(location.loc_type(), Ok(LocationType::Group))
}

/// How the name of an object looks.
fn style(location: &Location) -> Style {
    match location.loc_type() {
        Ok(LocationType::Group) => color::GROUP,
        Ok(LocationType::NamedDatatype) => color::TYPE,
        _ => color::PLAIN,
    }
}

fn kind(location: &Location) -> &'static str {
    match location.loc_type() {
        Ok(LocationType::Group) => "Group",
        Ok(LocationType::Dataset) => "Dataset",
        Ok(LocationType::NamedDatatype) => "Type",
        _ => "Unknown type(-1)",
    }
}

/// Lengths of the axes, and their largest lengths where these differ or `all` are wanted.
fn extent(dataset: &Dataset, all: bool) -> String {
    let Ok(space) = dataset.space() else { return String::new() };
    if space.is_null() {
        return "NULL".to_owned();
    }
    if space.is_scalar() {
        return "SCALAR".to_owned();
    }
    let axis = |(len, max): (usize, Option<usize>)| match max {
        None => format!("{len}/Inf"),
        Some(max) if max != len || all => format!("{len}/{max}"),
        Some(_) => len.to_string(),
    };
    let axes: Vec<String> = space.shape().into_iter().zip(space.maxdims()).map(axis).collect();
    axes.join(", ")
}
