//! What the tool tells of its work where that is wanted.

use std::io::{self, Write};

use hdfive::definition::{Class, Datatype, VarLenKind};
use hdfive::{Dataset, File, Location, Reference, ReferenceTarget};

use super::Refused;
use super::options::Options;
use super::plan::Plan;
use super::walk::{Contents, Entry};
use super::wishes::{FilterWish, LayoutWish};

/// Says what is going to be done.
pub(super) fn introduce(options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let asked = options.is_asked();
    match &options.layout {
        _ if !asked => {}
        None => writeln!(out, "No all objects to modify layout")?,
        Some(layout) => {
            writeln!(out, "All objects to modify layout are...")?;
            write!(out, " Apply {} layout to all", layout_name(layout))?;
            if let LayoutWish::Chunked(shape) = layout {
                write!(out, "with dimension [ {}]", lens(shape))?;
            }
            writeln!(out)?;
        }
    }
    for object in &options.objects {
        match &object.layout {
            Some(LayoutWish::Chunked(shape)) => {
                writeln!(out, " <{}> with chunk size {}", object.path, lens(shape))?;
            }
            Some(LayoutWish::Contiguous { removed: true }) => {
                writeln!(out, " <{}> NONE (contiguous)", object.path)?;
            }
            _ => {}
        }
    }
    if asked && options.filters.is_empty() {
        writeln!(out, "No all objects to apply filter")?;
    } else if asked {
        writeln!(out, "All objects to apply filter are...")?;
    }
    for filter in &options.filters {
        let (name, value) = (filter.name(), filter.values.first().copied().unwrap_or(0));
        match filter.id {
            0 => writeln!(out, " Uncompress all")?,
            FilterWish::SHUFFLE | FilterWish::FLETCHER32 => writeln!(out, " All with {name}")?,
            FilterWish::SZIP | FilterWish::DEFLATE => {
                writeln!(out, " All with {name}, parameter {value}")?;
            }
            id => writeln!(out, " User Defined {id}")?,
        }
    }
    for object in &options.objects {
        for filter in &object.filters {
            let (path, name, id) = (&object.path, filter.name(), filter.id);
            if id > FilterWish::SCALE_OFFSET {
                writeln!(out, " <{path}> with {name} filter {id}")?;
            } else {
                writeln!(out, " <{path}> with {name} filter")?;
            }
        }
    }
    Ok(())
}

fn layout_name(layout: &LayoutWish) -> &'static str {
    match layout {
        LayoutWish::Compact => "compact",
        LayoutWish::Contiguous { .. } => "contiguous",
        LayoutWish::Chunked(_) => "chunked",
    }
}

fn lens(shape: &[usize]) -> String {
    shape.iter().map(|len| format!("{len} ")).collect()
}

/// The list of what was copied.
pub(super) struct Listing<'a> {
    pub(super) options: &'a Options,
    pub(super) plan: &'a Plan,
    pub(super) source: &'a File,
    pub(super) target: &'a File,
    pub(super) contents: &'a Contents,
    /// Datasets that could not be as they were asked for.
    pub(super) refused: &'a Refused,
}

impl Listing<'_> {
    /// Writes it.
    pub(super) fn write(&self, out: &mut dyn Write) -> Result<(), super::Problem> {
        let (line, title) = match self.options.verbose {
            2 => (65, " Type     Filter (Compression)        Timing read/write    Name"),
            _ => (41, " Type     Filter (Compression)     Name"),
        };
        let line = "-".repeat(line);
        writeln!(out, "{line}\n{title}\n{line}")?;
        let mut references = Vec::new();
        for (path, entry) in &self.contents.entries {
            let token = match entry {
                Entry::Link(_) => {
                    self.line("link", path, out)?;
                    continue;
                }
                Entry::Group(token) | Entry::Dataset(token) | Entry::Datatype(token) => *token,
            };
            let location = self.source.open_by_token(token)?;
            match entry {
                Entry::Group(_) => self.line("group", path, out)?,
                Entry::Datatype(_) => self.line("type", path, out)?,
                _ => {
                    let dataset = location.as_dataset()?;
                    let stored = dataset.dtype()?;
                    if matches!(stored.definition().class, Class::Reference(_)) {
                        references.push((path, dataset));
                        continue;
                    }
                    self.dataset(path, &dataset, out)?;
                    continue;
                }
            }
            self.attributes(&location, out)?;
        }
        references.into_iter().try_for_each(|(path, dataset)| self.references(path, &dataset, out))
    }

    fn line(&self, kind: &str, path: &str, out: &mut dyn Write) -> io::Result<()> {
        match self.options.verbose {
            2 => writeln!(out, " {kind:<27}{:30}{path}", ""),
            _ => writeln!(out, " {kind:<27} {path}"),
        }
    }

    fn attributes(&self, location: &Location, out: &mut dyn Write) -> Result<(), super::Problem> {
        for name in location.attr_names()? {
            match self.options.verbose {
                2 => writeln!(out, "  {:<27}{:30}{name}", "attr", "")?,
                _ => writeln!(out, "  {:<27} {name}", "attr")?,
            }
        }
        Ok(())
    }

    fn dataset(
        &self,
        path: &str,
        dataset: &Dataset,
        out: &mut dyn Write,
    ) -> Result<(), super::Problem> {
        let stored = dataset.dtype()?;
        let whole = !(self.options.is_asked()
            || stored.is_committed()
            || is_sequence(stored.definition(), true));
        if whole {
            // Its attributes come first.
            self.attributes(dataset, out)?;
            return Ok(self.line("dset", path, out)?);
        }
        let refused = self.refused.contains_key(&dataset.token());
        if refused {
            writeln!(
                out,
                " warning: could not create dataset <{path}>. Applying original settings"
            )?;
        }
        let own = self.options.objects.iter().filter(|object| object.path == path);
        let mut own = own.flat_map(|object| &object.filters);
        let asked = !self.options.filters.is_empty() || own.any(|filter| filter.id > 0);
        if asked && !refused && !self.plan.is_too_small(dataset) {
            let copy = self.target.dataset(path)?;
            let (before, after) = (as_float(dataset.storage_size()), as_float(copy.storage_size()));
            let ratio = if after == 0.0 { 0.0 } else { before / after };
            let kind = format!("dset     {}  ({ratio:.3}:1)", filters(&copy));
            self.line(&kind, path, out)?;
        } else {
            self.line("dset", path, out)?;
        }
        if refused && !dataset.stored_filters().is_empty() {
            writeln!(out, " <warning: could not apply the filter to {path}>")?;
        }
        self.attributes(dataset, out)
    }

    /// A dataset of references, and where they lead.
    fn references(
        &self,
        path: &str,
        dataset: &Dataset,
        out: &mut dyn Write,
    ) -> Result<(), super::Problem> {
        for reference in dataset.read_raw::<Reference>()? {
            let found = self.source.dereference(&reference);
            let token = found.ok().map(|object| object.location().token());
            let Some(name) = token.and_then(|token| self.contents.path_of(token)) else {
                continue;
            };
            let kind = match reference.target() {
                ReferenceTarget::Region => "region",
                _ => "object",
            };
            self.line("dset", path, out)?;
            writeln!(out, "object <{path}> {kind} reference created to <{name}>")?;
        }
        self.attributes(dataset, out)
    }
}

#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a ratio for people")]
fn as_float(bytes: u64) -> f64 {
    bytes as f64
}

/// Names of filters, a blank behind each.
fn filters(dataset: &Dataset) -> String {
    let name = |id: u16| match id {
        1 => "GZIP ",
        2 => "SHUF ",
        3 => "FLET ",
        4 => "SZIP ",
        5 => "NBIT ",
        6 => "SCALEOFFSET ",
        _ => "UD ",
    };
    dataset.stored_filters().iter().map(|filter| name(filter.id)).collect()
}

/// Whether elements are, or have in them, sequences of any length; or strings, for a whole element.
fn is_sequence(datatype: &Datatype, whole: bool) -> bool {
    match &datatype.class {
        Class::VarLen(of) => whole || !matches!(of.kind, VarLenKind::String),
        Class::Array(array) => is_sequence(&array.base, false),
        Class::Compound(members) => {
            members.iter().any(|member| is_sequence(&member.datatype, false))
        }
        _ => false,
    }
}
