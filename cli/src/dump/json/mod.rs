//! A file as one JSON document.
//!
//! ```text
//! {"file": NAME, "root": OBJECT}, or {"file": NAME, "objects": {PATH: OBJECT, ...}} of those asked for
//! OBJECT: {"type": "group", "attributes": {NAME: DATA}, "links": {NAME: OBJECT or LINK}}
//!         {"type": "dataset", DATA, "attributes": ...}, {"type": "datatype", "datatype": ...}
//!         {"type": "hard link", "path": ...} of what stands elsewhere in the document
//! LINK:   {"type": "soft link", ...}, {"type": "external link", ...}, {"type": "user-defined link", ...}
//! DATA:   "datatype": ..., "shape": [...] (null where there is no element), "data": nested arrays
//! ```

mod object;

use std::io::{self, Write};

use serde_json::Value;

use super::Dump;
use super::options::Kind;
use super::paths;
use crate::failure::Failure;

/// Writes the document of a file.
pub(super) fn file(dump: &mut Dump<'_, '_>) -> Result<(), Failure> {
    let name = dump.file_name.clone();
    let mut json = Writer { dump };
    json.raw("{")?;
    json.key("file", true)?;
    json.value(&Value::from(name))?;
    if json.dump.options.targets.is_empty() {
        json.key("root", false)?;
        let root = json.dump.file.clone();
        object::write(&mut json, &root, None)?;
    } else {
        json.key("objects", false)?;
        json.raw("{")?;
        targets(&mut json)?;
        json.raw("}")?;
    }
    json.raw("}")?;
    Ok(json.dump.out.end()?)
}

fn targets(json: &mut Writer<'_, '_, '_>) -> Result<(), Failure> {
    let mut first = true;
    for target in json.dump.options.targets.iter() {
        if target.kind == Kind::Attribute {
            let words = format!("\"{}\": ask for the object of an attribute", target.path);
            json.dump.error(&words);
            continue;
        }
        let Some(location) = paths::at(json.dump, &target.path) else {
            json.dump.error(&format!("unable to open \"{}\"", target.path));
            continue;
        };
        let axes = match paths::axes(&location, target) {
            Ok(axes) => axes,
            Err(words) => {
                json.dump.error(&words);
                continue;
            }
        };
        json.key(&target.path, first)?;
        first = false;
        object::write(json, &location, axes.as_deref())?;
    }
    Ok(())
}

/// A document that is being written.
struct Writer<'w, 'a, 'o> {
    dump: &'w mut Dump<'a, 'o>,
}

impl Writer<'_, '_, '_> {
    fn out(&mut self) -> &mut dyn Write {
        self.dump.out.ddl()
    }

    fn raw(&mut self, text: &str) -> Result<(), Failure> {
        Ok(self.out().write_all(text.as_bytes())?)
    }

    fn value(&mut self, value: &Value) -> Result<(), Failure> {
        Ok(serde_json::to_writer(self.out(), value).map_err(io::Error::from)?)
    }

    /// The name of a member of an object, and what stands before it.
    fn key(&mut self, name: &str, first: bool) -> Result<(), Failure> {
        self.raw(if first { "" } else { "," })?;
        self.value(&Value::from(name))?;
        self.raw(":")
    }
}
