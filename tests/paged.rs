//! Files in pages: metadata and raw data keep apart, nothing small lies across two pages, and
//! libhdf5's page buffer reads and changes them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

use std::path::Path;

use hdfive::LibraryVersion::{Earliest, V18, V110, V200};
use hdfive::types::VarLenUnicode;
use hdfive::{File, FileSpaceStrategy};

#[path = "support/mod.rs"]
mod support;

use support::random::Random;

/// Values that hold no signature of any metadata.
fn value(n: usize) -> i32 {
    (n % 100) as i32 - 50
}

fn change(file: &File, random: &mut Random, page: usize) {
    for _ in 0..40 {
        let name = format!("{:02}", random.below(24));
        if file.link_exists(&name) {
            file.unlink(&name).unwrap();
            continue;
        }
        match random.below(5) {
            0 => {
                let group = file.create_group(&name).unwrap();
                for number in 0..random.below(30) {
                    group.create_group(&format!("below{number}")).unwrap();
                    if random.below(2) == 0 {
                        group.set_attr(&format!("attribute{number}"), number as i64).unwrap();
                    }
                }
            }
            1 => {
                let words = |n: usize| format!("word {n:0width$}", width = n % 700 + 1);
                let words: Vec<VarLenUnicode> =
                    (0..random.below(20)).map(|n| words(n * 37).parse().unwrap()).collect();
                file.new_dataset_builder().with_data(&words).create(&*name).unwrap();
            }
            how => {
                let len = 1 + random.below(page);
                let values: Vec<i32> = (0..len).map(value).collect();
                let make = file.new_dataset_builder().with_data(&values);
                let chunk = 1 + random.below(len.min(page / 2));
                let made = match how {
                    2 => make.create(&*name),
                    3 => make.chunk(chunk).create(&*name),
                    _ => make.chunk(chunk).shuffle().deflate(6).create(&*name),
                };
                made.unwrap();
            }
        }
    }
    for dataset in file.datasets().unwrap() {
        if dataset.is_resizable() && random.below(2) == 0 {
            let len = 1 + random.below(2 * page);
            let old = dataset.size();
            dataset.resize(&[len]).unwrap();
            if len > old {
                let values: Vec<i32> = (old..len).map(value).collect();
                dataset.write_slice_raw(&values, old..len).unwrap();
            }
        }
    }
}

fn check(file: &File) {
    for dataset in file.datasets().unwrap() {
        if let Ok(words) = dataset.read_raw::<VarLenUnicode>() {
            assert!(words.iter().all(|word| word.starts_with("word ")), "{}", dataset.name());
            continue;
        }
        let values: Vec<i32> = dataset.read_raw().unwrap();
        let right = values.iter().enumerate().all(|(n, found)| *found == value(n));
        assert!(right, "{}", dataset.name());
    }
}

/// Checks where everything lies, and the values; then changes some.
const SESSION: &str = r#"
import h5py, numpy, random, sys
path, page, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

def raw_blocks(file):
    for name in file:
        if not isinstance(file[name], h5py.Dataset):
            continue
        low = file[name].id
        if file[name].chunks is None:
            if low.get_offset() is not None and low.get_storage_size():
                yield low.get_offset(), low.get_storage_size()
        else:
            for number in range(low.get_num_chunks()):
                chunk = low.get_chunk_info(number)
                yield chunk.byte_offset, chunk.size

def placed():
    with open(path, 'rb') as raw:
        whole = raw.read()
    assert len(whole) % page == 0, (len(whole), page)
    kinds = {}
    def put(kind, at, size):
        if size < page:
            assert at // page == (at + size - 1) // page, (kind, at, size)
        else:
            assert at % page == 0, (kind, at, size)
            kind = 'large'
        for number in range(at // page, (at + size - 1) // page + 1):
            assert kinds.setdefault(number, kind) == kind, (kind, kinds[number], at, size)
    with h5py.File(path, 'r') as file:
        for at, size in raw_blocks(file):
            put('raw', at, size)
        for name in file:
            # Collections of the heap that elements name: length, address, index.
            dataset = file[name]
            if isinstance(dataset, h5py.Dataset) and dataset.dtype == object and len(dataset):
                first = dataset.id.get_offset()
                for element in range(first, first + 16 * len(dataset), 16):
                    at = int.from_bytes(whole[element + 4:element + 12], 'little')
                    assert whole[at:at + 4] == b'GCOL'
                    put('raw', at, int.from_bytes(whole[at + 8:at + 16], 'little'))
        headers = [h5py.h5o.get_info(file.id).addr]
        file.visititems(lambda _, found: headers.append(h5py.h5o.get_info(found.id).addr))
        for at in headers:
            if kinds.get(at // page) != 'large':
                put('metadata', at, 16)

def values(length):
    return (numpy.arange(length) % 100 - 50).astype('i4')

def check(file):
    for name in file:
        if isinstance(file[name], h5py.Dataset):
            if file[name].dtype == object:
                assert all(word.startswith('word ') for word in file[name].asstr()[...])
            else:
                assert (file[name][...] == values(len(file[name]))).all(), name
        else:
            assert len(list(file[name].attrs.items())) <= len(file[name]), name

placed()
with h5py.File(path, 'r', page_buf_size=16 * page) as file:
    check(file)
chance = random.Random(seed)
with h5py.File(path, 'r+', page_buf_size=8 * page) as file:
    check(file)
    for name in chance.sample(sorted(file), len(file) // 3):
        del file[name]
    for _ in range(8):
        name = f'{chance.randrange(24):02}'
        if name not in file:
            length = chance.randrange(1, page)
            file.create_dataset(name, data=values(length), chunks=(chance.randrange(1, length + 1),), maxshape=(None,))
placed()
"#;

fn run(folder: &Path, low: hdfive::LibraryVersion, persist: bool, page: u64) {
    let path = folder.join(format!("{low:?}-{persist}-{page}.h5"));
    let name = path.to_str().unwrap();
    let mut random = Random(page);
    let options = File::with_options().library_versions(low, V200).file_space(
        FileSpaceStrategy::Page,
        persist,
        1,
        page,
    );
    let mut file = options.create(&path).unwrap();
    for round in 0..4 {
        for _ in 0..2 {
            change(&file, &mut random, page as usize);
            file.flush().unwrap();
            let len = std::fs::metadata(&path).unwrap().len();
            assert_eq!((len % page, file.size()), (0, len), "after a flush");
        }
        check(&file);
        file.close().unwrap();
        let arguments = [name, &page.to_string(), &round.to_string()];
        if support::python_in(folder, SESSION, &arguments).is_none() {
            return;
        }
        file = options.open_rw(&path).unwrap();
        check(&file);
    }
    for name in file.member_names().unwrap() {
        file.unlink(&name).unwrap();
    }
    file.close().unwrap();
}

#[test]
fn pages_hold_metadata_or_raw_data() {
    let folder = support::empty_folder("paged");
    for low in [Earliest, V18, V110] {
        for page in [512, 1024, 4096, 16384] {
            run(&folder, low, low == V18, page);
        }
    }
}
