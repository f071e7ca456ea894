//! Which objects are on both sides.

use std::cmp::Ordering;
use std::io;

use super::exclude::Excluded;
use super::report::{Report, padded};
use super::walk::Entry;

/// A path, and the entry of each side that has it.
#[derive(Debug)]
pub(super) struct Match<'e> {
    /// The path beneath the objects that are compared.
    pub(super) path: &'e str,
    pub(super) sides: [Option<&'e Entry>; 2],
}

/// Brings the entries of both sides together, in their order. `bases` are the paths of the objects
/// that are compared.
pub(super) fn matches<'e>(
    sides: [&'e [Entry]; 2],
    bases: [&str; 2],
    excluded: &mut Excluded,
) -> Vec<Match<'e>> {
    let [first, second] = sides;
    let [base1, base2] = bases;
    let mut left = first.iter().map(|entry| (beneath(entry, base1), entry)).peekable();
    let mut right = second.iter().map(|entry| (beneath(entry, base2), entry)).peekable();
    let mut out = Vec::new();
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return out,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((a, _)), Some((b, _))) => a.as_bytes().cmp(b.as_bytes()),
        };
        let one = if order == Ordering::Greater { None } else { left.next() };
        let other = if order == Ordering::Less { None } else { right.next() };
        let Some((path, entry)) = one.or(other) else { return out };
        if !excluded.holds(path, entry.kind) {
            let sides = [one.map(|(_, entry)| entry), other.map(|(_, entry)| entry)];
            out.push(Match { path, sides });
        }
    }
}

fn beneath<'e>(entry: &'e Entry, base: &str) -> &'e str {
    if base == "/" { &entry.path } else { entry.path.strip_prefix(base).unwrap_or(&entry.path) }
}

/// Lists which side has what.
pub(super) fn list(
    report: &mut Report<'_>,
    matches: &[Match<'_>],
    bases: [&str; 2],
) -> io::Result<()> {
    if report.options.level > 2 {
        let [first, second] = &report.options.files;
        report.line(&format!("file1: {first}"))?;
        report.line(&format!("file2: {second}"))?;
    }
    report.line("")?;
    let whole = bases == ["/", "/"];
    report.line(if whole { "file1     file2" } else { "group1   group2" })?;
    report.line("---------------------------------------")?;
    for found in matches {
        let [first, second] = found.sides.map(|side| side.is_some());
        report.line(&row(found.path, [first, second]))?;
    }
    report.line("")
}

/// Which side has what is called so.
pub(super) fn row(name: &str, sides: [bool; 2]) -> String {
    let [first, second] = sides.map(|has| if has { 'x' } else { ' ' });
    format!("{first:>5} {second:>6}    {}", padded(name, 15))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::walk::Kind;

    fn entries(paths: &[&str]) -> Vec<Entry> {
        let entry =
            |path: &&str| Entry { path: (*path).to_owned(), kind: Kind::Group, identity: None };
        paths.iter().map(entry).collect()
    }

    #[test]
    fn paths_are_matched_beneath_the_groups() {
        let (first, second) = (entries(&["/", "/a", "/b"]), entries(&["/g", "/g/b", "/g/c"]));
        let mut excluded = Excluded::new(&["/c".to_owned()]);
        let found = matches([&first, &second], ["/", "/g"], &mut excluded);
        let told: Vec<(&str, [bool; 2])> =
            found.iter().map(|m| (m.path, m.sides.map(|side| side.is_some()))).collect();
        let (left, right, both) = ([true, false], [false, true], [true, true]);
        assert_eq!(told, [("", right), ("/", left), ("/a", left), ("/b", both)]);
    }
}
