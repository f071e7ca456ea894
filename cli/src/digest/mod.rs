//! `h5 digest`: what a file says, as one canonical JSON document.
//!
//! Two files with equal documents (but for name, size and hash) say the same, however they store
//! it. Keys are sorted; each top-level key has a line, and each object.

mod dataset;
mod encode;
mod object;
mod plan;
mod reference;
mod selection;
mod types;
mod values;
mod walk;

pub(crate) use types::describe as describe_type;

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use hdfive::{File, Limits};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::access::Access;
use crate::failure::Failure;
use walk::Walk;

/// Version of the document's definition.
const VERSION: u32 = 1;

/// Most bytes read at once: one large element, or a row of large chunks.
const READ_BYTES: u64 = 256 << 20;

/// Writes the document of the file at `path`.
pub(crate) fn run(access: &Access, path: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    let mut document = Map::new();
    document.insert("oracle".to_owned(), VERSION.into());
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    document.insert("file".to_owned(), name.into());
    identify(path, &mut document).map_err(|error| Failure::with(path, error))?;
    let mut limits = Limits::default();
    limits.read_bytes = READ_BYTES;
    let opened = access.builder(path).limits(limits).open(path);
    document.insert("open".to_owned(), opened.is_ok().into());
    let walk = opened.as_ref().ok().map(Walk::of);
    if let Some(walk) = &walk {
        document.insert("superblock".to_owned(), superblock(&walk.file));
        document.insert("objects".to_owned(), Value::Null);
        if !walk.complete {
            document.insert("walk_error".to_owned(), true.into());
        }
    }
    write(&document, walk.as_ref(), out)?;
    opened.map(drop).map_err(|error| Failure::with(path, error))
}

/// Size and hash of the file, where `path` is one.
fn identify(path: &Path, document: &mut Map<String, Value>) -> io::Result<()> {
    if !path.is_file() {
        return Ok(());
    }
    let mut file = fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    let mut size: u64 = 0;
    loop {
        let read = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
        size = size.saturating_add(encode::wide(read));
    }
    document.insert("size".to_owned(), size.into());
    document.insert("sha256".to_owned(), encode::hex(&hasher.finalize()).into());
    Ok(())
}

fn superblock(file: &File) -> Value {
    let info = file.info();
    json!({
        "version": info.superblock_version,
        "userblock": info.userblock,
        "sizeof_addr": info.sizeof_addr,
        "sizeof_size": info.sizeof_size,
        "sym_leaf_k": info.sym_leaf_k,
        "sym_int_k": info.sym_int_k,
        "sohm_indexes": info.sohm_indexes,
    })
}

/// Writes the document, with the objects of `walk` in the place of `objects`.
fn write(
    document: &Map<String, Value>,
    walk: Option<&Walk>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (number, (key, value)) in document.iter().enumerate() {
        out.write_all(if number == 0 { b"{\n" } else { b",\n" })?;
        match walk.filter(|_| key == "objects") {
            Some(walk) => write_objects(walk, out)?,
            None => write!(out, "\"{key}\":{value}")?,
        }
    }
    out.write_all(b"\n}\n")
}

fn write_objects(walk: &Walk, out: &mut dyn Write) -> io::Result<()> {
    let mut met: Vec<_> = walk.order.iter().collect();
    met.sort_by(|a, b| a.path.cmp(&b.path));
    out.write_all(b"\"objects\":[\n")?;
    for (number, met) in met.into_iter().enumerate() {
        let comma = if number == 0 { "" } else { ",\n" };
        write!(out, "{comma}{}", object::describe(walk, met))?;
    }
    out.write_all(b"\n]")
}
