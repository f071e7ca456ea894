//! Two files, or objects in them, that are compared.

use hdfive::{File, Group};

use super::NAME;
use super::exclude::Excluded;
use super::link::Found;
use super::matches::{list, matches};
use super::object::Objects;
use super::report::Report;
use super::walk::{Entry, Identity, Kind, entries};
use crate::failure::Failure;
use crate::tool::{self, open};

/// Compares what the options name; gives the number of differences.
pub(super) fn compare(report: &mut Report<'_>) -> Result<u64, Failure> {
    let options = report.options;
    if options.quiet && (options.verbose || options.report) {
        let words = "-q (quiet mode) cannot be added to verbose or report modes";
        return refuse(report, words);
    }
    if options.no_dangling && !options.follow {
        let words = "--no-dangling-links must be used along with --follow-symlinks option.";
        return refuse(report, words);
    }
    let mut files = Vec::new();
    for (name, driver) in options.files.iter().zip(&options.drivers) {
        match open::file(&options.access, name, driver) {
            Ok(file) => files.push(file),
            Err(why) => {
                report.line(&format!("{NAME}: <{name}>: unable to open file"))?;
                report.fail(format!("<{name}>: unable to open file"));
                tool::remark(&why);
                return Ok(0);
            }
        }
    }
    let [one, other] = files.as_slice() else { return Ok(0) };
    let whole = || ["/".to_owned(), "/".to_owned()];
    let paths = options.objects.clone().map_or_else(whole, |names| names.map(absolute));
    let Some(found) = look(report, [one, other], &paths)? else { return Ok(0) };
    Pair { report, roots: [one, other], paths, found }.compare()
}

fn refuse(report: &mut Report<'_>, words: &str) -> Result<u64, Failure> {
    report.line(&format!("Error: {words}"))?;
    report.failed = true;
    Ok(0)
}

fn absolute(path: String) -> String {
    if path.starts_with('/') { path } else { format!("/{path}") }
}

/// What the two paths name; `None` where that is an error.
fn look(
    report: &mut Report<'_>,
    files: [&File; 2],
    paths: &[String; 2],
) -> Result<Option<[Found; 2]>, Failure> {
    let mut found = Vec::new();
    for ((file, path), name) in files.iter().zip(paths).zip(&report.options.files) {
        match Found::at(file, path, report.options.follow) {
            Ok(there) => found.push(there),
            Err(error) => {
                report.line(&format!("Object <{path}> could not be found in <{name}>"))?;
                report.fail(error);
                return Ok(None);
            }
        }
    }
    Ok(<[Found; 2]>::try_from(found).ok())
}

/// What is compared, and what its paths name.
struct Pair<'r, 'a> {
    report: &'r mut Report<'a>,
    roots: [&'r Group; 2],
    paths: [String; 2],
    found: [Found; 2],
}

impl Pair<'_, '_> {
    fn compare(mut self) -> Result<u64, Failure> {
        if let Some(count) = self.dangling()? {
            return Ok(count);
        }
        let options = self.report.options;
        let [one, other] = &self.found;
        let one_object = match (one.target(), other.target()) {
            (Some(one), Some(other)) => Identity::of(one) == Identity::of(other),
            _ => false,
        };
        if one_object && !options.verbose && !options.report {
            return Ok(0);
        }
        let datasets = [one, other].iter().all(|found| found.kind() == Some(Kind::Dataset));
        if options.parts.iter().any(Option::is_some) && !datasets {
            self.report.fail("only datasets can be compared in part");
            return Ok(0);
        }
        let groups = [one, other].iter().all(|found| found.kind() == Some(Kind::Group));
        let Some(one) = self.entries(0, groups)? else { return Ok(0) };
        let Some(other) = self.entries(1, groups)? else { return Ok(0) };
        self.matched([&one, &other], groups)
    }

    /// Tells of paths that are links which lead nowhere; gives the number of differences where that
    /// settles it.
    fn dangling(&mut self) -> Result<Option<u64>, Failure> {
        let options = self.report.options;
        let both = self.found.iter().all(Found::is_dangling);
        let sides = self.found.iter().zip(&self.paths).zip(["obj1", "obj2"]);
        for ((found, path), side) in sides {
            if !found.is_dangling() {
                continue;
            }
            if options.no_dangling {
                self.report.warning(&format!("Warning: <{path}> is a dangling link."))?;
                self.report.failed = true;
                return Ok(Some(0));
            }
            self.report.warning(&format!("{side} <{path}> is a dangling link."))?;
            if !both {
                self.report.found(1)?;
                return Ok(Some(1));
            }
        }
        Ok(None)
    }

    /// What is on a side: all that is in a group where both are groups, or the object alone; `None`
    /// where it cannot be read.
    fn entries(&mut self, side: usize, groups: bool) -> Result<Option<Vec<Entry>>, Failure> {
        let (Some(path), Some(found)) = (self.paths.get(side), self.found.get(side)) else {
            return Ok(None);
        };
        if let (true, Some(start)) = (groups, found.target()) {
            return Ok(entries(self.report, start, path)?);
        }
        let kind = found.kind().unwrap_or(Kind::Link);
        let identity = found.target().map(Identity::of);
        Ok(Some(vec![Entry { path: path.clone(), kind, identity }]))
    }

    /// Compares what is on both sides.
    fn matched(self, sides: [&[Entry]; 2], groups: bool) -> Result<u64, Failure> {
        let options = self.report.options;
        let [path1, path2] = self.paths.each_ref().map(String::as_str);
        let mut excluded = Excluded::new(&options.excluded);
        let matches = matches(sides, [path1, path2], &mut excluded);
        if groups && options.verbose {
            list(self.report, &matches, [path1, path2])?;
        }
        let [one, other] = sides;
        let lengths_differ = options.excluded.is_empty() && one.len() != other.len();
        if lengths_differ || matches.iter().any(|found| found.sides.iter().any(Option::is_none)) {
            self.report.same_contents = false;
        }
        let (report, roots) = (self.report, self.roots);
        let excluded = Excluded::new(&options.excluded_attributes);
        let mut objects = Objects { report, roots, excluded };
        let mut found = 0_u64;
        for pair in &matches {
            if let [Some(one), Some(other)] = pair.sides {
                let paths = [one.path.as_str(), other.path.as_str()];
                found = found.saturating_add(objects.compare([one, other], paths)?);
            }
        }
        Ok(found)
    }
}
