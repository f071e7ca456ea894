//! Reading everything a file holds, through the library's public interface.

use hdfive::{
    Attribute, Container, Dataset, Error, ErrorKind, File, Group, Limits, LinkTarget, Location,
    LocationToken, Memory, ReferencedObject, Result, Selection,
};
use std::collections::HashSet;
use std::fmt::{Debug, Write};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Values of this many elements are looked at one by one; of more, only the bytes are read.
const ELEMENTS: usize = 5_000;

/// Of more bytes than this, only the first elements are read.
const BYTES: usize = 4 << 20;

/// The largest read that [`read_bytes`] lets a file ask for, in bytes.
const LARGEST_READ: u64 = 64 << 20;

/// What a walk through a file found.
#[derive(Debug, Default)]
pub struct Walk {
    /// All of it, one fact a line: equal files give equal texts.
    pub text: String,
    /// What could not be read.
    pub errors: Vec<Error>,
}

/// Opens a file in memory and reads everything in it, as one does who does not trust it.
pub fn read_bytes(bytes: Vec<u8>) -> Walk {
    let mut limits = Limits::default();
    limits.read_bytes = LARGEST_READ;
    read_opened(File::with_options().limits(limits).open_storage(Arc::new(Memory::new(bytes))))
}

/// Reads everything in a file, if it could be opened.
pub fn read_opened(file: Result<File>) -> Walk {
    let mut walk = Walk::default();
    if let Some(file) = walk.keep("open", file) {
        walk.file(&file);
    }
    walk
}

impl Walk {
    fn say(&mut self, what: &str, value: impl Debug) {
        writeln!(self.text, "{what}: {value:?}").expect("memory");
    }

    /// The value of a result whose error is noted.
    fn keep<T>(&mut self, what: &str, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                writeln!(self.text, "{what}: {error}").expect("memory");
                self.errors.push(error);
                None
            }
        }
    }

    /// Notes a result, value or error.
    fn note<T: Debug>(&mut self, what: &str, result: Result<T>) {
        if let Some(value) = self.keep(what, result) {
            self.say(what, value);
        }
    }

    fn file(&mut self, file: &File) {
        self.say("file", (file.size(), file.userblock(), file.info()));
        let mut seen: HashSet<LocationToken> = HashSet::from([file.token()]);
        self.location("/", file);
        let mut waiting: Vec<(String, Group)> = vec![(String::new(), Group::clone(file))];
        while let Some((path, group)) = waiting.pop() {
            self.say("group", (&path, group.len(), group.creation_order_tracked()));
            let Some(links) = self.keep("links", group.all_links()) else { continue };
            for link in links {
                let path = format!("{path}/{}", link.name);
                self.say("link", (&path, &link));
                if !matches!(link.target, LinkTarget::Hard(_)) {
                    continue;
                }
                let Some(found) = self.keep(&path, group.follow(&link)) else { continue };
                if !seen.insert(found.token()) {
                    continue;
                }
                self.location(&path, &found);
                match self.keep(&path, found.open()) {
                    Some(ReferencedObject::Group(group)) => waiting.push((path, group)),
                    Some(ReferencedObject::Dataset(dataset)) => self.dataset(&path, &dataset),
                    Some(ReferencedObject::Datatype(datatype)) => {
                        self.say(&path, datatype.definition())
                    }
                    _ => {}
                }
            }
        }
    }

    /// What each kind of object has.
    fn location(&mut self, path: &str, location: &Location) {
        let info = location.loc_info().map(|mut info| {
            // Which of the files that are open it is in.
            info.fileno = 0;
            info
        });
        self.note(path, info);
        self.say("comment", location.comment());
        for (name, attribute) in self.keep("attributes", location.all_attrs()).unwrap_or_default() {
            let what = format!("{path}@{name}");
            if let Some(attribute) = self.keep(&what, attribute) {
                self.attribute(&what, &attribute);
            }
        }
    }

    fn attribute(&mut self, what: &str, attribute: &Attribute) {
        self.say(what, attribute.creation_order());
        self.container(what, attribute);
    }

    fn dataset(&mut self, path: &str, dataset: &Dataset) {
        self.say(path, (dataset.max_shape(), dataset.layout(), dataset.chunk()));
        self.say("chunks", (dataset.chunk_index(), dataset.num_chunks()));
        self.say("filters", dataset.stored_filters());
        self.say("fill", (dataset.fill(), dataset.fill_time(), dataset.alloc_time()));
        self.note("fill value", dataset.fill_value());
        self.say("storage", (dataset.offset(), dataset.storage_size()));
        self.say("elsewhere", (dataset.external_files(), dataset.virtual_mappings()));
        if dataset.is_chunked() {
            let mut left = 100;
            let mut offsets = Vec::new();
            let visited = dataset.chunks_visit(|chunk| {
                offsets.push(chunk.offset.clone());
                left -= 1;
                if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            self.note("chunks", visited);
            for offset in offsets.iter().take(3) {
                self.note("chunk", dataset.read_chunk(offset));
            }
        }
        self.container(path, dataset);
    }

    fn container(&mut self, what: &str, container: &Container) {
        let Some(datatype) = self.keep(what, container.dtype()) else { return };
        self.say(what, datatype.definition());
        self.note(what, container.space());
        let count = container.size();
        let all = count.checked_mul(datatype.size().max(1)).is_some_and(|bytes| bytes <= BYTES);
        let selection = match all {
            true => Selection::All,
            false => {
                // A few elements from the far end, which lie in other chunks than the first.
                let last: Vec<u64> =
                    container.shape().iter().map(|n| n.saturating_sub(1) as u64).collect();
                let first = vec![0; last.len()];
                Selection::points([first, last]).expect("points of one rank")
            }
        };
        if let Some(elements) = self.keep(what, container.read_elements(selection)) {
            self.say("bytes", elements.bytes());
            for element in elements.iter().take(ELEMENTS) {
                self.note("references", element.reference());
            }
        }
        if all && count <= ELEMENTS {
            self.note("values", container.read_values());
            match container.read_raw::<f64>() {
                // That a type has no such conversion is no news about the file.
                Err(error) if matches!(error.kind(), ErrorKind::Conversion(_)) => {}
                doubles => self.note("doubles", doubles),
            }
        }
    }
}
