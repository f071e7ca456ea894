//! A closed file serves no handle any more; a file open for reading is not changed by any.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on fails"
)]

use std::ops::ControlFlow;

use hdfive::types::VarLenUnicode;
use hdfive::{
    Attribute, Dataset, Error, ErrorKind, File, Group, IndexType, Layout, LinkInfo, Selection,
    Value,
};

#[path = "support/mod.rs"]
mod support;

/// A handle of each kind, of one file.
struct Handles {
    file: File,
    group: Group,
    datasets: Vec<Dataset>,
    attribute: Attribute,
    words: Attribute,
    datatype: hdfive::Datatype,
    link: LinkInfo,
}

const DATASETS: [&str; 6] = ["compact", "contiguous", "chunked", "gzip", "words", "virtual"];

/// Makes a file with something of each kind in it.
fn fill(file: &File) {
    let group = file.create_group("group/below").unwrap();
    group.new_attr::<i32>().create("number").unwrap().write_scalar(&7).unwrap();
    let words: VarLenUnicode = "some words".parse().unwrap();
    group.new_attr::<VarLenUnicode>().create("words").unwrap().write_scalar(&words).unwrap();
    file.link_soft("/group", "soft").unwrap();
    let make = || file.new_dataset::<i32>().shape((4, 6));
    make().layout(Layout::Compact).create("compact").unwrap();
    make().create("contiguous").unwrap();
    make().chunk((2, 2)).create("chunked").unwrap();
    make().chunk((2, 2)).deflate(3).create("gzip").unwrap();
    for name in &DATASETS[..4] {
        file.dataset(name).unwrap().write_raw(&[5; 24]).unwrap();
    }
    let dataset = file.new_dataset::<VarLenUnicode>().shape(2).create("words").unwrap();
    dataset.write_raw(&[words.clone(), words]).unwrap();
    make()
        .virtual_map(".", "contiguous", (4, 6), (.., ..), (4, 6), (.., ..))
        .create("virtual")
        .unwrap();
    file.commit_type("type", file.dataset("compact").unwrap().dtype().unwrap()).unwrap();
}

fn handles(file: &File) -> Handles {
    let group = file.group("group/below").unwrap();
    let datasets = DATASETS.iter().map(|name| file.dataset(name).unwrap()).collect();
    Handles {
        file: file.clone(),
        attribute: group.attr("number").unwrap(),
        words: group.attr("words").unwrap(),
        group,
        datasets,
        datatype: file.named_datatype("type").unwrap(),
        link: file.link_info("soft").unwrap(),
    }
}

/// Errors of every call that changes something.
fn changes(all: &Handles) -> Vec<(&'static str, Option<Error>)> {
    let Handles { file, group, datasets, attribute, datatype, .. } = all;
    let mut found = Vec::new();
    macro_rules! call {
        ($($call:expr),* $(,)?) => { $(found.push((stringify!($call), $call.err()));)* };
    }
    call!(
        group.create_group("new"),
        group.require_group("other"),
        group.create_group_builder().track_order(true).create("ordered"),
        group.link_soft("/a", "s"),
        group.link_hard("/group", "h"),
        group.link_external("file", "/a", "e"),
        group.link_object(group, "o"),
        file.relink("soft", "moved"),
        file.unlink("soft"),
        group.set_comment("words"),
        group.clear_comment(),
        group.new_attr::<f64>().create("x"),
        group.new_attr_builder().with_data(&[1, 2]).create("y"),
        group.set_attr("z", &[1.5]),
        group.set_attrs([("z", 1)]),
        group.modify_attr("number", &[8]),
        group.delete_attr("number"),
        group.rename_attr("number", "n"),
        attribute.write_scalar(&1),
        attribute.write_raw(&[1]),
        attribute.write_values(&[Value::Integer(1)]),
        group.new_dataset::<u8>().shape(3).create("d"),
        group.new_dataset_builder().with_data(&[1, 2]).create("d"),
        group.new_dataset::<u8>().shape(3).require("d"),
        group.commit_type("type", datatype.clone()),
    );
    for dataset in datasets {
        let words = dataset.name().ends_with("words");
        if !words {
            call!(
                dataset.write_raw(&[1; 24]),
                dataset.write_slice_raw(&[1; 6], (0, ..)),
                dataset.write_values(&vec![Value::Integer(3); 24]),
            );
        }
        call!(dataset.set_attr("a", 1), dataset.new_attr::<u8>().create("b"));
        if dataset.is_chunked() {
            call!(dataset.resize(&[1, 1]), dataset.write_chunk(&[0, 0], 0, &[0; 16]));
        }
    }
    found
}

/// Errors of every call that looks at something.
fn looks(all: &Handles) -> Vec<(&'static str, Option<Error>)> {
    let Handles { file, group, datasets, attribute, words, link, .. } = all;
    let mut found = Vec::new();
    macro_rules! call {
        ($($call:expr),* $(,)?) => { $(found.push((stringify!($call), $call.err()));)* };
    }
    call!(
        file.flush(),
        file.sync(),
        file.group("group"),
        file.dataset("compact"),
        file.named_datatype("type"),
        file.get("group"),
        file.location("group"),
        file.follow(link),
        file.link_info("soft"),
        file.all_links(),
        group.all_links(),
        group.links_in(IndexType::Name),
        group.member_names(),
        group.groups(),
        group.datasets(),
        group.named_datatypes(),
        group.visit(|_| ControlFlow::<()>::Continue(())),
        group.visit_items(|_, _| ControlFlow::<()>::Continue(())),
        group.file(),
        group.attr("number"),
        group.has_attr("number"),
        group.attr_names(),
        group.all_attrs(),
        group.attr_creation_order_tracked(),
        group.loc_type(),
        group.loc_info(),
        group.open_by_token(group.token()),
        group.open(),
        group.as_group(),
        datasets[0].as_dataset(),
        attribute.dtype(),
        attribute.space(),
        attribute.read_scalar::<i32>(),
        attribute.read_raw::<i32>(),
        attribute.read_values(),
        attribute.read_elements(Selection::All),
        words.read_scalar::<VarLenUnicode>(),
        words.read_values(),
    );
    for dataset in datasets {
        call!(
            dataset.dtype(),
            dataset.space(),
            dataset.read_values(),
            dataset.read_elements(Selection::All),
            dataset.fill_value(),
            dataset.attr_names(),
        );
        if dataset.name().ends_with("words") {
            call!(dataset.read_raw::<VarLenUnicode>());
        } else {
            call!(
                dataset.read_raw::<i32>(),
                dataset.read_slice_raw::<i32>((1, ..)),
                dataset.read_into_raw(&mut [0_i32; 24]),
                dataset.read_slice_into_raw(&mut [0_i32; 6], (1, ..)),
            );
        }
        if dataset.is_chunked() {
            let next = |_| ControlFlow::Continue(());
            call!(dataset.read_chunk(&[0, 0]), dataset.chunks_visit(next));
        }
    }
    found
}

#[test]
fn a_closed_file_serves_no_handle() {
    let folder = support::empty_folder("closing");
    let path = folder.join("file.h5");
    let file = File::create(&path).unwrap();
    fill(&file);
    file.close().unwrap();
    let opened = [
        File::open_rw(&path),
        File::with_options().mmap(false).locking(hdfive::Locking::Off).open(&path),
        File::from_bytes(std::fs::read(&path).unwrap()),
    ];
    for file in opened {
        let file = file.unwrap();
        let all = handles(&file);
        let writable = !file.is_read_only();
        file.close().unwrap();
        let mut wrong = Vec::new();
        for (call, error) in looks(&all).into_iter().chain(changes(&all)) {
            match error {
                None => wrong.push(format!("{call} works")),
                Some(error) if !matches!(error.kind(), ErrorKind::Closed) => {
                    wrong.push(format!("{call}: {error}"));
                }
                Some(_) => {}
            }
        }
        assert!(wrong.is_empty(), "writable: {writable}\n{}", wrong.join("\n"));
        // What says nothing about errors answers something, whatever it is.
        let Handles { file, group, datasets, attribute, words, datatype, .. } = &all;
        let _ =
            (file.size(), file.userblock(), file.is_read_only(), file.free_space(), file.info());
        let _ = (group.len(), group.is_empty(), group.link_exists("x"), group.comment());
        let _ = (group.name(), group.filename(), group.token(), group.creation_order_tracked());
        let _ = (attribute.name(), words.shape(), attribute.creation_order(), attribute.owner());
        let _ = (datatype.size(), datatype.definition(), datatype.is_committed());
        for dataset in datasets {
            let _ = (dataset.shape(), dataset.max_shape(), dataset.layout(), dataset.chunk());
            let _ = (dataset.num_chunks(), dataset.chunk_info(0), dataset.storage_size());
            let _ = (
                dataset.offset(),
                dataset.stored_filters(),
                dataset.fill(),
                dataset.fill_elements(),
            );
            let _ = (dataset.external_files(), dataset.virtual_mappings(), format!("{dataset:?}"));
        }
        let _ = format!("{file:?} {group:?} {attribute:?} {datatype:?}");
        // Closing once more is nothing.
        file.clone().close().unwrap();
        // Nothing was changed by handles of the closed file.
        assert_eq!(File::open(&path).unwrap().len(), 9);
    }
}

#[test]
fn a_file_open_for_reading_is_not_changed() {
    let memory = File::in_memory().unwrap();
    fill(&memory);
    let bytes = memory.into_bytes().unwrap();
    let path = support::empty_folder("closing-reading").join("file.h5");
    std::fs::write(&path, &bytes).unwrap();
    for file in [File::open(&path), File::from_bytes(bytes.clone())] {
        let file = file.unwrap();
        assert!(file.is_read_only());
        let all = handles(&file);
        for (call, error) in changes(&all) {
            let error = error.unwrap_or_else(|| panic!("{call} worked"));
            assert!(error.is_usage(), "{call}: {error}");
            assert!(error.to_string().contains("open for reading only"), "{call}: {error}");
        }
        for (call, error) in looks(&all) {
            assert!(error.is_none(), "{call}: {}", error.unwrap());
        }
        file.close().unwrap();
    }
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}
