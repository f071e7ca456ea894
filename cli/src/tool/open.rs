//! Files, opened as the tools open them: by the driver that is named, or by whichever fits.

use std::path::{Path, PathBuf};

use hdfive::{Driver, File};

use super::onion;
use crate::access::Access;

/// The driver that is asked for, and what it is told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) name: Option<String>,
    pub(crate) info: Option<String>,
}

impl Wanted {
    /// Whether files have revisions, and what is said of which is wanted.
    pub(crate) fn of_revisions(&self) -> Option<&str> {
        let is_onion = self.name.as_deref() == Some("onion");
        is_onion.then(|| self.info.as_deref().unwrap_or("0"))
    }
}

/// Opens a file; an error says why not.
pub(crate) fn file(access: &Access, name: &str, wanted: &Wanted) -> Result<File, String> {
    if let Some(revision) = wanted.of_revisions() {
        let number = revision.parse();
        let number = number.map_err(|_| format!("\"{revision}\" is no number of a revision"))?;
        return onion::open(access, Path::new(name), number);
    }
    if let Some(driver) = wanted.name.as_deref() {
        let (path, driver) = named(name, driver)?;
        return opened(access, &path, driver);
    }
    let single = opened(access, Path::new(name), Driver::Single);
    let family = name.contains('%');
    match single {
        Ok(file) => Ok(file),
        Err(why) if Path::new(name).exists() => Err(why),
        Err(_) if family => opened(access, Path::new(name), Driver::Family),
        Err(why) => ["split", "multi"]
            .iter()
            .find_map(|driver| {
                let (path, driver) = named(name, driver).ok()?;
                path.is_file().then(|| opened(access, &path, driver))
            })
            .unwrap_or(Err(why)),
    }
}

/// The file to open of those that a driver keeps under a name.
fn named(name: &str, driver: &str) -> Result<(PathBuf, Driver), String> {
    let beside = |end: &str| {
        let path = PathBuf::from(name);
        if path.is_file() { path } else { PathBuf::from(format!("{name}{end}")) }
    };
    Ok(match driver {
        "sec2" | "stdio" | "log" | "core" | "direct" | "windows" => {
            (PathBuf::from(name), Driver::Single)
        }
        "family" => (PathBuf::from(name), Driver::Family),
        "split" => (beside("-m.h5"), Driver::split()),
        "multi" => (beside("-s.h5"), Driver::Multi),
        other => return Err(format!("there is no driver \"{other}\"")),
    })
}

fn opened(access: &Access, path: &Path, driver: Driver) -> Result<File, String> {
    access.builder(path).driver(driver).open(path).map_err(|error| error.to_string())
}
