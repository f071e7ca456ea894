//! What is done to files while their writer dies.

mod arrays;
mod creation;
mod links;
mod words;

use super::session::{Session, Start, Workload};
use hdfive::{FileBuilder, LibraryVersion, Result};

/// All workloads.
pub fn all() -> Vec<Workload> {
    const EARLIEST: Start = Start::New(LibraryVersion::Earliest);
    const V18: Start = Start::New(LibraryVersion::V18);
    const LATEST: Start = Start::New(LibraryVersion::LATEST);
    fn made(name: &'static str) -> [Start; 3] {
        ["earliest", "v108", "latest"].map(|format| Start::Made(name, format))
    }
    let mut all = Vec::new();
    let mut add = |name, starts: &[Start], run: fn(&mut Session) -> Result<()>| {
        let plain: fn(FileBuilder) -> FileBuilder = |builder| builder;
        all.extend(starts.iter().map(|start| Workload { name, start: *start, how: plain, run }));
    };
    let new = [EARLIEST, V18, LATEST];
    add("groups grow and shrink", &new, links::grow_and_shrink);
    add("links of all kinds", &new, links::links);
    add("links move", &new, links::moves);
    add("trees of groups go", &new, links::trees);
    add("large groups change", &made("links"), links::large_groups);
    add("attributes change", &made("attributes"), links::attributes);
    add("raw data is overwritten", &made("arrays"), arrays::overwrite);
    add("chunks are overwritten", &made("arrays"), arrays::filtered);
    add("datasets grow by rows", &made("arrays"), arrays::append);
    add("datasets are resized", &made("arrays"), arrays::resize);
    add("datasets are downgraded", &[Start::Made("arrays", "latest")], arrays::downgrade);
    add("datasets go", &made("arrays"), arrays::delete_arrays);
    add("datasets move", &made("arrays"), arrays::move_arrays);
    add("words are overwritten", &made("words"), words::words);
    add("datasets of words are resized", &made("words"), words::resize_words);
    add("datasets of words go", &made("words"), words::delete_words);
    add("everything at once", &made("arrays"), arrays::everything);
    add("datasets come", &new, creation::new_datasets);
    add("attributes come", &new, creation::new_attributes);
    add("objects are copied", &made("arrays"), creation::copies);
    add("a long story", &new, |session| creation::story(session, 1));
    add("another story", &new, |session| creation::story(session, 2));
    add("pages", &[Start::Made("paged", "latest")], arrays::pages);
    all.push(Workload {
        name: "orders are tracked, behind a user block",
        start: LATEST,
        how: |builder| builder.track_order(true).userblock(512),
        run: links::grow_and_shrink,
    });
    all.push(Workload {
        name: "large blocks are aligned",
        start: V18,
        how: |builder| builder.alignment(64, 256),
        run: links::links,
    });
    all
}

/// Names of many lengths, which sort in another order than they are counted.
fn name(number: usize) -> String {
    format!("{:03}{}", number * 37 % 1000, "n".repeat(number % 11))
}
