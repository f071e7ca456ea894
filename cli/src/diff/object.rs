//! Two objects that are compared.

use hdfive::{Dataset, Error, Group, LinkTarget, Location};

use super::exclude::Excluded;
use super::link::Found;
use super::report::Report;
use super::walk::{Entry, Kind};
use super::{attribute, dataset};
use crate::failure::Failure;

/// Objects whose attributes are left out, and where the objects are looked for.
pub(super) struct Objects<'r, 'a> {
    pub(super) report: &'r mut Report<'a>,
    pub(super) roots: [&'r Group; 2],
    pub(super) excluded: Excluded,
}

impl Objects<'_, '_> {
    /// Compares what is at two paths; gives the number of differences.
    pub(super) fn compare(
        &mut self,
        entries: [&Entry; 2],
        paths: [&str; 2],
    ) -> Result<u64, Failure> {
        let [one, other] = entries;
        let mut kinds = [one.kind, other.kind];
        let mut links = None;
        if kinds.iter().any(|kind| kind.is_link()) {
            let Some(found) = self.look(paths)? else { return Ok(0) };
            if found.iter().any(Found::is_dangling) {
                return self.dangling(&found, paths);
            }
            let [first, second] = &found;
            let kind = |found: &Found, kind| found.kind().unwrap_or(kind);
            kinds = [kind(first, one.kind), kind(second, other.kind)];
            links = Some(found);
        }
        let [kind, kind2] = kinds;
        if kind != kind2 {
            let [path1, path2] = paths;
            let words = format!(
                "<{path1}> is of type {} and <{path2}> is of type {}",
                kind.name(),
                kind2.name()
            );
            self.report.not_comparable(&words)?;
            return Ok(0);
        }
        let same = one.identity.is_some() && one.identity == other.identity;
        if same {
            return self.same(kind, paths);
        }
        self.of_kind(kind, paths, links)
    }

    /// What is at both paths; `None` where that is an error.
    fn look(&mut self, paths: [&str; 2]) -> Result<Option<[Found; 2]>, Failure> {
        let mut out = Vec::new();
        let options = self.report.options;
        for (root, path) in self.roots.iter().zip(paths) {
            let found = match Found::at(root, path, options.follow) {
                Ok(found) => found,
                Err(error) => {
                    self.report.fail(error);
                    return Ok(None);
                }
            };
            if found.is_dangling() && options.no_dangling {
                self.report.warning(&format!("Warning: <{path}> is a dangling link."))?;
                self.report.failed = true;
                return Ok(None);
            }
            out.push(found);
        }
        Ok(<[Found; 2]>::try_from(out).ok())
    }

    /// Of two links, at least one leads nowhere.
    fn dangling(&mut self, found: &[Found; 2], paths: [&str; 2]) -> Result<u64, Failure> {
        let both = found.iter().all(Found::is_dangling);
        if both {
            if self.report.names(0) {
                self.report.heading("dangling link", paths)?;
                self.report.found(0)?;
            }
            return Ok(0);
        }
        for ((found, path), side) in found.iter().zip(paths).zip(["obj1", "obj2"]) {
            if found.is_dangling() {
                self.report.warning(&format!("{side} <{path}> is a dangling link."))?;
            }
        }
        if self.report.names(1) {
            self.report.found(1)?;
        }
        Ok(1)
    }

    /// Both paths lead to one object.
    fn same(&mut self, kind: Kind, paths: [&str; 2]) -> Result<u64, Failure> {
        let options = self.report.options;
        if !options.verbose && !options.report {
            return Ok(0);
        }
        match kind {
            Kind::Dataset => self.report.heading("dataset", paths)?,
            Kind::Datatype => self.report.heading("datatype", paths)?,
            Kind::Group => self.report.heading("group", paths)?,
            _ => self.unsupported(kind, paths)?,
        }
        self.report.found(0)?;
        Ok(0)
    }

    fn unsupported(&mut self, kind: Kind, paths: [&str; 2]) -> std::io::Result<()> {
        let [path1, path2] = paths;
        let kind = kind.name();
        self.report.not_comparable = true;
        let words = format!("<{path1}> and <{path2}> are of type {kind}");
        self.report.warning(&format!("Comparison not supported: {words}"))
    }

    fn of_kind(
        &mut self,
        kind: Kind,
        paths: [&str; 2],
        links: Option<[Found; 2]>,
    ) -> Result<u64, Failure> {
        if kind.is_link() {
            let Some([one, other]) = &links else { return Ok(0) };
            let says = [one.says(), other.says()];
            let name = link_name(kind, says);
            let [one, other] = says;
            let found = u64::from(one != other);
            self.report.outcome(name, paths, found)?;
            return Ok(found);
        }
        let [root1, root2] = self.roots;
        let [path1, path2] = paths;
        let opened = root1.location(path1).and_then(|one| Ok((one, root2.location(path2)?)));
        let (one, other) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                self.report.fail(error);
                return Ok(0);
            }
        };
        let found = match kind {
            Kind::Dataset => self.datasets([&one, &other], paths)?,
            Kind::Datatype => {
                let same = one.as_datatype().and_then(|one| Ok(one == other.as_datatype()?));
                let found = self.or_failed(same)?.map_or(0, |same| u64::from(!same));
                self.report.outcome("datatype", paths, found)?;
                found
            }
            Kind::Group => {
                self.report.outcome("group", paths, 0)?;
                0
            }
            _ => {
                self.unsupported(kind, paths)?;
                return Ok(0);
            }
        };
        if self.excluded.holds(path1, kind) {
            return Ok(found);
        }
        let more = attribute::compare_all(self.report, [&one, &other], paths)?;
        Ok(found.saturating_add(more))
    }

    fn or_failed<T>(&mut self, result: Result<T, Error>) -> Result<Option<T>, Failure> {
        Ok(result.map_err(|error| self.report.fail(error)).ok())
    }

    fn datasets(&mut self, sides: [&Location; 2], paths: [&str; 2]) -> Result<u64, Failure> {
        let [one, other] = sides;
        let opened = one.as_dataset().and_then(|one| Ok([one, other.as_dataset()?]));
        let Some(datasets) = self.or_failed::<[Dataset; 2]>(opened)? else { return Ok(0) };
        let options = self.report.options;
        let parts = options.parts.each_ref().map(Option::as_ref);
        let told = options.verbose || options.report;
        if told {
            self.report.heading("dataset", paths)?;
        }
        let found = dataset::compare(self.report, datasets.each_ref(), paths, parts)?;
        if told {
            self.report.found(found)?;
        } else if found > 0 && !options.quiet {
            self.report.heading("dataset", paths)?;
            self.report.found(found)?;
        }
        Ok(found)
    }
}

fn link_name(kind: Kind, says: [Option<&LinkTarget>; 2]) -> &'static str {
    let external = |says: &Option<&LinkTarget>| matches!(says, Some(LinkTarget::External { .. }));
    match kind {
        Kind::Link => "link",
        _ if says.iter().all(external) => "external link",
        _ => "user defined link",
    }
}
