//! `FILE/path`: a file, and a path of an object in it.

use std::path::{Path, PathBuf};

use hdfive::File;

use crate::access::{Access, is_pattern};
use crate::failure::Failure;

/// A file, and a path of an object in it.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) file: File,
    /// Path of the file, as given.
    pub(crate) name: PathBuf,
    /// Absolute path of the object.
    pub(crate) path: String,
}

impl Target {
    /// Opens the file that `argument` names: its longest part that is a file.
    pub(crate) fn open(access: &Access, argument: &Path) -> Result<Self, Failure> {
        let (name, path) = split(argument);
        let opened = access.builder(&name).open(&name);
        let file = opened.map_err(|error| Failure::with(&name, error))?;
        Ok(Self { file, name, path })
    }
}

/// The longest part of `argument` that is a file, and an absolute path made of the rest.
fn split(argument: &Path) -> (PathBuf, String) {
    for part in argument.ancestors() {
        // As a path, `file.h5/` equals `file.h5`.
        let part: PathBuf = part.components().collect();
        if part.is_file() || is_pattern(&part) {
            let rest = argument.strip_prefix(&part).unwrap_or(Path::new(""));
            return (part, format!("/{}", rest.to_string_lossy().trim_end_matches('/')));
        }
    }
    (argument.to_owned(), "/".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_part_that_is_a_file_is_the_file() {
        let cases = [
            ("Cargo.toml", "Cargo.toml", "/"),
            ("Cargo.toml/", "Cargo.toml", "/"),
            ("src/main.rs/a/b", "src/main.rs", "/a/b"),
            ("src/main.rs/a//b/", "src/main.rs", "/a/b"),
            ("none/such.h5", "none/such.h5", "/"),
        ];
        for (argument, file, path) in cases {
            let (name, rest) = split(Path::new(argument));
            assert_eq!((name.as_path(), rest.replace("//", "/")), (Path::new(file), path.into()));
        }
    }
}
