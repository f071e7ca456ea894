//! The conformance corpus: real HDF5 files and libhdf5's description of each.

use super::{root, target};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The corpus folder: `HDFIVE_CORPUS`, or beside the checkout; an error says where it was sought.
pub fn folder() -> Result<PathBuf, String> {
    let folder = match std::env::var_os("HDFIVE_CORPUS") {
        Some(path) => PathBuf::from(path),
        None => root().join("../shared/corpus"),
    };
    if folder.join("manifest.tsv").is_file() {
        return Ok(folder);
    }
    Err(format!("no corpus at {} (HDFIVE_CORPUS names another place)", folder.display()))
}

/// One file of the corpus.
#[derive(Debug, Clone)]
pub struct Case {
    /// Path in the corpus, as it is to be opened: with `%05d` for a family.
    pub path: String,
    /// `family`, `split`, `multi` or empty.
    pub driver: String,
    /// Where the expected document stands in the corpus.
    expected: String,
    /// Whether the corpus keeps it gzipped.
    gzipped: bool,
}

/// Each file under one of `folders` that has a document, once.
pub fn cases(corpus: &Path, folders: &[&str]) -> Vec<Case> {
    let manifest = fs::read_to_string(corpus.join("manifest.tsv")).expect("the manifest");
    let mut lines = manifest.lines();
    let columns: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name| columns.iter().position(|c| *c == name).expect("a column of the manifest");
    let (path, driver) = (column("path"), column("driver"));
    let (expected, stored) = (column("expected"), column("stored"));
    let mut seen = BTreeSet::new();
    let mut cases = Vec::new();
    for line in lines {
        let row: Vec<&str> = line.split('\t').collect();
        if row[expected].is_empty()
            || !folders.iter().any(|f| row[path].starts_with(f))
            || !seen.insert(row[expected])
        {
            continue;
        }
        let path = match row[driver] {
            // The manifest lists the members; the document carries the pattern, `@` for `%`.
            "family" => row[expected].replace('@', "%"),
            _ => row[path].to_owned(),
        };
        let path = path.trim_start_matches("expected/").trim_end_matches(".gz");
        cases.push(Case {
            path: path.trim_end_matches(".json").to_owned(),
            driver: row[driver].to_owned(),
            expected: row[expected].to_owned(),
            gzipped: row[stored] == "gz",
        });
    }
    cases
}

impl Case {
    /// The file itself, unpacked into the build folder when the corpus keeps it gzipped.
    pub fn file(&self, corpus: &Path) -> PathBuf {
        if !self.gzipped {
            return corpus.join(&self.path);
        }
        let unpacked = target().join("corpus").join(&self.path);
        if !unpacked.is_file() {
            let bytes = gunzip(&corpus.join(format!("{}.gz", self.path)));
            fs::create_dir_all(unpacked.parent().expect("a folder")).expect("the build folder");
            let partial = unpacked.with_extension(format!("partial{}", std::process::id()));
            fs::write(&partial, bytes).expect("room in the build folder");
            fs::rename(&partial, &unpacked).expect("the build folder");
        }
        unpacked
    }

    /// What libhdf5 says is in the file.
    pub fn document(&self, corpus: &Path) -> Value {
        let path = corpus.join(&self.expected);
        let text = match self.expected.ends_with(".gz") {
            true => gunzip(&path),
            false => fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())),
        };
        serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }
}

/// What a gzipped file holds.
pub fn gunzip(path: &Path) -> Vec<u8> {
    let file = fs::File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut bytes = Vec::new();
    GzDecoder::new(file).read_to_end(&mut bytes).expect("a gzipped file of the corpus");
    bytes
}
