//! Holds `TABLE.md` to what is there: each name stands in the test it is said to.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Sources of all tests by `file::test`, and of all files by `file`.
fn sources(folder: &Path) -> HashMap<String, String> {
    let mut all = HashMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        for test in text.split("#[test]\nfn ").skip(1) {
            let (name, body) = test.split_once('(').unwrap();
            let body = body.split_once("\n}\n").map_or(body, |(body, _)| body);
            all.insert(format!("{file}::{name}"), body.to_owned());
        }
        all.insert(file, text);
    }
    all
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word)
}

#[test]
fn every_name_stands_in_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = sources(&root.join("tests"));
    let table = fs::read_to_string(root.join("TABLE.md")).unwrap();
    let (mut wrong, mut names) = (Vec::new(), 0);
    for line in table.lines().filter(|line| line.starts_with("| ") && line.contains('`')) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [name, place] = cells[..] else { panic!("not two cells: {line}") };
        names += 1;
        if let Some(reason) = place.strip_prefix("out: ") {
            if reason.split_whitespace().count() < 3 {
                wrong.push(format!("{name} is out without a reason"));
            }
            continue;
        }
        let test = place.trim_matches('`');
        let Some(body) = sources.get(test) else {
            wrong.push(format!("{name}: there is no test {test}"));
            continue;
        };
        let path = name.split('`').nth(1).unwrap();
        let word = path.rsplit("::").next().unwrap();
        // Types are imported at the top of the file.
        let is_type = !name.starts_with('`');
        let file = &sources[test.split("::").next().unwrap()];
        if !has_word(body, word) && !(is_type && has_word(file, word)) {
            wrong.push(format!("{name} does not stand in {test}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(names > 450, "{names} names");
}
