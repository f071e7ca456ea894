//! A file as XML, as `h5dump -x` writes it.

mod attribute;
mod data;
mod dataset;
mod fill;
mod group;
mod link;
mod named_type;
mod names;
mod types;

use hdfive::{Group, LocationToken};

use super::Dump;
use super::options::Xml;
use crate::failure::Failure;
use names::Names;

/// Where the usual schema is.
const SCHEMA: &str = "http://www.hdfgroup.org/HDF5/XML/schema/HDF5-File.xsd";
/// Where the usual DTD is.
const DTD: &str = "http://www.hdfgroup.org/HDF5/XML/DTD/HDF5-File.dtd";
/// The name space of the elements.
const SPACE: &str = "http://hdfgroup.org/HDF5/XML/schema/HDF5-File";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Writes the document of a file.
pub(super) fn file(dump: &mut Dump<'_, '_>) -> Result<(), Failure> {
    let Some(xml) = dump.options.xml.clone() else { return Ok(()) };
    let prefix = xml.prefix.clone();
    dump.line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    head(dump, &xml)?;
    let root = dump.file.clone();
    let mut writer = Writer { dump, prefix: prefix.clone(), names: Names::default() };
    group::write(&mut writer, &root, "", "/")?;
    dump.line(&format!("</{prefix}HDF5-File>"))?;
    Ok(dump.out.end()?)
}

fn head(dump: &mut Dump<'_, '_>, xml: &Xml) -> Result<(), Failure> {
    if !xml.schema {
        let address = xml.address.as_deref().unwrap_or(DTD);
        dump.line(&format!("<!DOCTYPE HDF5-File PUBLIC \"HDF5-File.dtd\" \"{address}\">"))?;
        return dump.line("<HDF5-File>");
    }
    let prefix = &xml.prefix;
    if prefix.is_empty() {
        let address = xml.address.as_deref().unwrap_or(SCHEMA);
        return dump.line(&format!(
            "<HDF5-File xmlns:xsi=\"{INSTANCE}\" xsi:noNamespaceSchemaLocation=\"{address}\">"
        ));
    }
    let name = prefix.rsplit_once(':').map_or(prefix.as_str(), |(name, _)| name);
    dump.line(&format!(
        "<{prefix}HDF5-File xmlns:{name}=\"{SPACE}.xsd\" xmlns:xsi=\"{INSTANCE}\" \
         xsi:schemaLocation=\"{SPACE} {SCHEMA}\">"
    ))
}

/// A document that is being written.
struct Writer<'w, 'a, 'o> {
    dump: &'w mut Dump<'a, 'o>,
    /// What stands before the names of elements.
    prefix: String,
    names: Names,
}

impl Writer<'_, '_, '_> {
    fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.dump.line(text)
    }

    /// `<name>`, or `<name attributes>`.
    fn open(&mut self, name: &str, attributes: &str) -> Result<(), Failure> {
        let space = if attributes.is_empty() { "" } else { " " };
        self.line(&format!("<{}{name}{space}{attributes}>", self.prefix.clone()))
    }

    fn close(&mut self, name: &str) -> Result<(), Failure> {
        self.line(&format!("</{}{name}>", self.prefix.clone()))
    }

    /// An element without content; `end` is what stands before its last character.
    fn empty(&mut self, name: &str, end: &str) -> Result<(), Failure> {
        self.line(&format!("<{}{name}{end}>", self.prefix.clone()))
    }

    /// An element with what `body` writes in it, one level deeper.
    fn element(
        &mut self,
        name: &str,
        attributes: &str,
        body: impl FnOnce(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.open(name, attributes)?;
        self.deeper(body)?;
        self.close(name)
    }

    fn deeper(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.dump.depth = self.dump.depth.saturating_add(1);
        let done = body(self);
        self.dump.depth = self.dump.depth.saturating_sub(1);
        done
    }

    /// The name of the object at a path, or of what is not there.
    fn xid(&mut self, path: &str) -> String {
        let token = self.token(path);
        self.names.xid(token)
    }

    /// The object that a path leads to.
    fn token(&self, path: &str) -> Option<LocationToken> {
        if path.trim_matches('/').is_empty() {
            return Some(self.dump.file.token());
        }
        let root: Group = self.dump.file.as_group().ok()?;
        root.location(path).ok().map(|location| location.token())
    }
}
