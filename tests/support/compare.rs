//! Comparing our document of a file with the one libhdf5 led to.
//!
//! Everything counts but storage facts (`info`), who made the document, and what libhdf5 could
//! not read: there an answer of ours is welcome and none is missed.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

type Object = Map<String, Value>;

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Report {
    /// One line a difference: path, key, ours, theirs.
    pub differences: Vec<String>,
    /// Datasets that only we could not read, each with its third-party filter: path, filter id.
    pub unsupported: BTreeSet<(String, u64)>,
    /// Fill properties that differ: path, key. Not in `differences`: the caller knows which to
    /// forgive.
    pub fill: BTreeMap<(String, String), String>,
}

/// Keys of an object that describe its values, which an object with `data_error` does not have.
const VALUES: &[&str] = &["data_sha256", "nbytes", "sample", "data_error"];

/// Keys that say why or how, and are no part of the comparison.
const REMARKS: &[&str] = &["info", "why", "libhdf5", "crash", "timeout"];

/// Compares two documents of one file, both of a file that could be opened.
pub fn compare(ours: &Value, theirs: &Value) -> Report {
    let mut report = Report::default();
    let (Some(ours), Some(theirs)) = (ours.as_object(), theirs.as_object()) else {
        report.differences.push("not a document".to_owned());
        return report;
    };
    report.fields("", ours, theirs, &["objects", "walk_error"]);
    let partial = theirs.contains_key("walk_error");
    if ours.contains_key("walk_error") && !partial {
        report.differ("", "walk_error", ours.get("walk_error"), None);
    }
    report.objects(&by_key(ours, "objects", "path"), &by_key(theirs, "objects", "path"), partial);
    report
}

/// A list of objects in `of[list]`, by their `key`.
fn by_key<'a>(of: &'a Object, list: &str, key: &str) -> BTreeMap<&'a str, &'a Object> {
    let entries = of.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let entries = entries.iter().filter_map(Value::as_object);
    entries.filter_map(|e| Some((e.get(key)?.as_str()?, e))).collect()
}

fn is_set(of: &Object, key: &str) -> bool {
    of.get(key).is_some_and(|value| *value != Value::Bool(false))
}

/// Whether an ancestor of `path` is one that libhdf5 could not read all of.
fn below_an_error(path: &str, theirs: &BTreeMap<&str, &Object>) -> bool {
    let mut path = path;
    while let Some(at) = path.rfind('/').filter(|_| path != "/") {
        path = path.get(..at.max(1)).unwrap_or("/");
        let bad = |o: &&Object| is_set(o, "error") || is_set(o, "links_error");
        if theirs.get(path).is_some_and(bad) {
            return true;
        }
    }
    false
}

impl Report {
    fn differ(&mut self, path: &str, key: &str, ours: Option<&Value>, theirs: Option<&Value>) {
        let line = format!("{path}: {key}: ours {}, theirs {}", short(ours), short(theirs));
        self.differences.push(line);
    }

    /// Compares each key of either side but `except` and the remarks.
    fn fields(&mut self, path: &str, ours: &Object, theirs: &Object, except: &[&str]) {
        let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
        for key in keys {
            if except.contains(&key.as_str()) || REMARKS.contains(&key.as_str()) {
                continue;
            }
            let (our, their) = (ours.get(key), theirs.get(key));
            if our != their {
                self.differ(path, key, our, their);
            }
        }
    }

    fn objects(
        &mut self,
        ours: &BTreeMap<&str, &Object>,
        theirs: &BTreeMap<&str, &Object>,
        partial: bool,
    ) {
        for (path, their) in theirs {
            if is_set(their, "error") {
                continue;
            }
            match ours.get(path) {
                Some(our) => self.object(path, our, their),
                None => self.differences.push(format!("{path}: ours has no such object")),
            }
        }
        for path in ours.keys() {
            if !theirs.contains_key(path) && !partial && !below_an_error(path, theirs) {
                self.differences.push(format!("{path}: only ours has such an object"));
            }
        }
    }

    fn object(&mut self, path: &str, ours: &Object, theirs: &Object) {
        let mut apart = vec!["attrs", "links", "attrs_error", "links_error", "fill"];
        let third_party = third_party_filter(theirs);
        if is_set(theirs, "data_error") {
            apart.extend(VALUES);
        } else if let (true, Some(filter)) = (is_set(ours, "data_error"), third_party) {
            self.unsupported.insert((path.to_owned(), filter));
            apart.extend(VALUES);
        }
        self.fields(path, ours, theirs, &apart);
        self.list(path, ours, theirs, "attrs");
        self.list(path, ours, theirs, "links");
        self.fill_value(path, ours, theirs);
    }

    /// Compares the attributes or the links of an object, name by name.
    fn list(&mut self, path: &str, ours: &Object, theirs: &Object, key: &str) {
        let failed = format!("{key}_error");
        let partial = is_set(theirs, &failed);
        if is_set(ours, &failed) && !partial {
            self.differ(path, &failed, ours.get(&failed), None);
        }
        let (our, their) = (by_key(ours, key, "name"), by_key(theirs, key, "name"));
        for (name, entry) in &their {
            let place = format!("{path} {key}[{name}]");
            match our.get(name) {
                _ if is_set(entry, "error") => {}
                Some(our) => self.fields(&place, our, entry, &[]),
                None if partial => {}
                None => self.differences.push(format!("{place}: ours has no such entry")),
            }
        }
        for name in our.keys().filter(|name| !their.contains_key(*name) && !partial) {
            self.differences.push(format!("{path} {key}[{name}]: only ours has such an entry"));
        }
        // The lists are sorted, and a name stands in one once.
        let names = |of: &Object| -> Vec<Value> {
            let list = of.get(key).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(|e| e.get("name").cloned()).collect()
        };
        if !partial && our.len() == their.len() && names(ours) != names(theirs) {
            self.differences.push(format!("{path} {key}: another order"));
        }
    }

    fn fill_value(&mut self, path: &str, ours: &Object, theirs: &Object) {
        let none = Object::new();
        let fill = |of: &Object| -> Object {
            of.get("fill").and_then(Value::as_object).unwrap_or(&none).clone()
        };
        let (ours, theirs) = (fill(ours), fill(theirs));
        let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
        for key in keys {
            let (our, their) = (ours.get(key), theirs.get(key));
            if our != their && their != Some(&Value::from("error")) {
                let what = format!("ours {}, theirs {}", short(our), short(their));
                self.fill.insert((path.to_owned(), key.clone()), what);
            }
        }
    }
}

/// The filter of a dataset's pipeline that is not part of the format and its usual library: ids
/// from 256 on, but LZF.
fn third_party_filter(dataset: &Object) -> Option<u64> {
    let filters = dataset.get("filters")?.as_array()?.iter();
    let mut ids = filters.filter_map(|f| f.get("id")?.as_u64());
    ids.find(|id| *id >= 256 && *id != 32000)
}

/// A value in a few words.
fn short(value: Option<&Value>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let text = value.to_string();
    if text.chars().count() <= 160 {
        return text;
    }
    text.chars().take(157).chain("...".chars()).collect()
}

/// The document's text, as its definition demands it: keys sorted, one top-level key a line, one
/// object a line.
pub fn canonical_text(document: &Value) -> String {
    let mut text = String::from("{\n");
    let keys = document.as_object().expect("a document");
    for (number, (key, value)) in keys.iter().enumerate() {
        if number > 0 {
            text.push_str(",\n");
        }
        match (key.as_str(), value.as_array()) {
            ("objects", Some(objects)) => {
                let lines: Vec<String> = objects.iter().map(Value::to_string).collect();
                write!(text, "\"objects\":[\n{}\n]", lines.join(",\n")).expect("memory");
            }
            _ => write!(text, "\"{key}\":{value}").expect("memory"),
        }
    }
    text.push_str("\n}\n");
    text
}
