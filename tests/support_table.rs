//! The README's table of what is read, created and edited is what comes of trying all of it.
//!
//! With `HDFIVE_WRITE_TABLE=1` the table is written into the README instead.

#![allow(unreachable_pub, reason = "pub here means: for this test program")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

use std::fmt::Write;
use std::panic::AssertUnwindSafe;
use std::path::Path;

#[path = "support_table/data.rs"]
mod data;
#[path = "support_table/files.rs"]
mod files;
#[path = "support_table/filters.rs"]
mod filters;
#[path = "support_table/objects.rs"]
mod objects;
#[path = "support_table/structure.rs"]
mod structure;
#[path = "support/mod.rs"]
mod support;
#[path = "support_table/swmr.rs"]
mod swmr;
#[path = "support_table/types.rs"]
mod types;

use structure::{Check, Structure};

const START: &str = "<!-- what tests/support_table.rs found out -->\n";
const END: &str = "<!-- end of the table -->\n";

/// Reads all of each file with h5py; what numpy has no type for, as it is stored.
const READ: &str = r#"
import h5py, hdf5plugin, numpy as np, os, pathlib
from h5py import h5s
def read(path):
    def item(name, found):
        dict(found.attrs)
        if not isinstance(found, h5py.Dataset):
            return
        plist = found.id.get_create_plist()
        # h5py has neither the filter that is a program's own nor LZO, JPEG, VBZ.
        if {40000, 305, 32019, 32020} & {plist.get_filter(n)[0] for n in range(plist.get_nfilters())}:
            return
        try:
            found[()]
        except Exception:
            if found.size:
                kind = found.id.get_type()
                stored = np.zeros((found.size, kind.get_size()), 'u1')
                found.id.read(h5s.ALL, h5s.ALL, stored, kind)
    with h5py.File(path.name, 'r') as file:
        dict(file.attrs)
        file.visititems(item)
read_all, top = 0, pathlib.Path('.').absolute()
for path in sorted(top.glob('created-*.h5')) + sorted(top.glob('edited-*/*.h5')):
    # h5py cannot do anything with these.
    if 'revised-reference' in str(path):
        continue
    # Raw data lie beside the file.
    os.chdir(path.parent)
    try:
        read(path)
        read_all += 1
    except Exception as error:
        print(path, error)
print('read:', read_all)
"#;

/// What is found out about a structure, and how: `Err` where the check itself fails.
fn outcome(what: &str, check: &Check, folder: &Path) -> Result<String, String> {
    let found = std::panic::catch_unwind(AssertUnwindSafe(|| Structure::outcome(check, folder)));
    found.map_err(|problem| {
        let text = problem.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| problem.downcast_ref::<&str>().copied());
        format!("{what}: {}", text.unwrap_or("no reason"))
    })
}

#[test]
fn the_table_in_the_readme_is_what_this_library_does() {
    let folder = support::empty_folder("support_table");
    // Structures of one part that come out alike share a row.
    let mut rows: Vec<(&str, Vec<&str>, [String; 3])> = Vec::new();
    let mut wrong = Vec::new();
    let all = [files::all(), swmr::all(), objects::all(), types::all(), data::all()];
    for structure in all.into_iter().flatten() {
        let mut cell = |what, check| {
            let what = format!("{} {}, {what}", structure.part, structure.name);
            outcome(&what, check, &folder).unwrap_or_else(|problem| {
                wrong.push(problem);
                "?".to_owned()
            })
        };
        let cells = [
            cell("read", &structure.read),
            cell("create", &structure.create),
            cell("edit", &structure.edit),
        ];
        match rows.iter_mut().find(|row| row.0 == structure.part && row.2 == cells) {
            Some(row) => row.1.push(structure.name),
            None => rows.push((structure.part, vec![structure.name], cells)),
        }
    }
    let mut table = "| structure | read | create | edit |\n|---|---|---|---|\n".to_owned();
    for (part, names, [read, create, edit]) in rows {
        writeln!(table, "| {part}: {} | {read} | {create} | {edit} |", names.join(", ")).unwrap();
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{wrong:#?}");

    let path = support::root().join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(START).unwrap();
    let (there, after) = rest.split_once(END).unwrap();
    if std::env::var_os("HDFIVE_WRITE_TABLE").is_some() {
        std::fs::write(&path, format!("{before}{START}{table}{END}{after}")).unwrap();
    } else {
        let word = "README.md says something else; HDFIVE_WRITE_TABLE=1 writes what is so";
        assert_eq!(there, table, "{word}");
    }
    let Some(said) = support::python_in(&folder, READ, &[]) else { return };
    let read = said.strip_prefix("read: ").and_then(|count| count.trim_end().parse::<u32>().ok());
    assert!(read.is_some_and(|count| count > 100), "{said}");
    std::fs::remove_dir_all(&folder).unwrap();
}
