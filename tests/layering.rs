//! The module graph is a line, and this test is what keeps it one.

use std::fs;
use std::path::{Path, PathBuf};

/// Lowest first: a module may use itself and what stands before it.
const LAYERS: &[&str] = &[
    "error", "limits", "io", "codec", "format", "filter", "element", "space", "infra", "object",
    "api",
];

#[expect(clippy::unwrap_used, reason = "a source that cannot be read fails the test")]
fn rust_files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() {
            rust_files(&entry, out);
        } else if entry.extension().is_some_and(|e| e == "rs") {
            out.push(entry);
        }
    }
}

#[test]
fn layers_only_look_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap();
        let own = relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        let Some(rank) = LAYERS.iter().position(|l| *l == own) else { continue };
        let text = fs::read_to_string(&file).unwrap();
        let product = text.split("#[cfg(test)]\nmod ").next().unwrap();
        for used in product.split("crate::").skip(1) {
            let used = used.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            if LAYERS.iter().position(|l| *l == used).is_some_and(|r| r > rank) {
                wrong.push(format!("{} uses crate::{used}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// That no type of elements can be read into what it is not rests on this.
#[test]
fn unsafe_blocks_stand_in_five_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    rust_files(&root.join("src"), &mut files);
    rust_files(&root.join("derive/src"), &mut files);
    let is_unsafe = |file: &&PathBuf| {
        let text = fs::read_to_string(file).unwrap();
        let product = text.split("#[cfg(test)]\nmod ").next().unwrap();
        product.contains("unsafe {") || product.contains("unsafe impl")
    };
    let mut found: Vec<&PathBuf> = files.iter().filter(is_unsafe).collect();
    found.sort();
    let expected = [
        "src/element/var_len.rs",
        "src/io/clock.rs",
        "src/io/map.rs",
        "src/io/pages.rs",
        "src/io/streamed.rs",
    ];
    assert_eq!(found, expected.map(|file| root.join(file)).iter().collect::<Vec<_>>());
}

#[test]
fn documents_name_files_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let notes = fs::read_dir(root.join("spec-notes")).unwrap().map(|entry| entry.unwrap().path());
    let mut wrong = Vec::new();
    for page in notes.chain([root.join("ARCHITECTURE.md"), root.join("README.md")]) {
        let text = fs::read_to_string(&page).unwrap();
        let words = text.split(|c: char| !c.is_alphanumeric() && !"_-./".contains(c));
        let files = words.filter(|word| word.starts_with("src/") || word.starts_with("tests/"));
        for file in files.map(|file| file.trim_end_matches('.')) {
            if !root.join(file).exists() && !file.starts_with("tests/regressions") {
                wrong.push(format!("{}: {file}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
