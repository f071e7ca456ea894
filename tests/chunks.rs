//! Chunks as they are stored: written and read directly, encoded once, refused by filters.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

#[path = "support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hdfive::filters::SZip;
use hdfive::{Dataset, Extents, File, Filter, LibraryVersion, SliceOrIndex};
use support::random::Random;

/// Datasets of 7 by 9, one for each way to find chunks, and of each without filters, with one and
/// with three.
const MAKE: &str = r#"
import h5py, numpy as np, sys
low = sys.argv[1]
with h5py.File('file.h5', 'w', libver=(low, 'latest')) as file:
    data = np.arange(63, dtype='<i4').reshape(7, 9)
    shapes = {'fixed': ((7, 9), (2, 4)), 'growing': ((None, 9), (2, 4)), 'both': ((None, None), (3, 2)), 'one': ((7, 9), (7, 9))}
    filters = {'plain': {}, 'gzip': dict(compression='gzip'), 'three': dict(shuffle=True, compression='lzf', fletcher32=True)}
    for shape, (maximum, chunk) in shapes.items():
        for filter, how in filters.items():
            file.create_dataset(f'{shape}_{filter}', data=data, maxshape=maximum, chunks=chunk, **how)
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((2, 4))
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    made = h5py.h5d.create(file.id, b'early_plain', h5py.h5t.STD_I32LE, h5py.h5s.create_simple((7, 9)), plist)
    made.write(h5py.h5s.ALL, h5py.h5s.ALL, data)
"#;

/// For each dataset: its values, and of each chunk its place, its mask and its bytes.
const SHOW: &str = r#"
import h5py, sys
with h5py.File('file.h5', 'r') as file:
    for name in file:
        dataset = file[name]
        print(name, '|', *dataset[...].ravel())
        for n in range(dataset.id.get_num_chunks()):
            info = dataset.id.get_chunk_info(n)
            mask, stored = dataset.id.read_direct_chunk(info.chunk_offset)
            assert mask == info.filter_mask
            print(' ', *info.chunk_offset, '|', mask, stored.hex())
"#;

fn shown(folder: &Path) -> String {
    support::python_in(folder, SHOW, &[]).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What h5py shows, as this library sees it.
fn seen(path: &Path) -> String {
    let file = File::open(path).unwrap();
    let mut out = String::new();
    for name in file.member_names().unwrap() {
        let dataset = file.dataset(&name).unwrap();
        let values: Vec<i64> = dataset.read_raw().unwrap();
        let words = |all: Vec<String>| all.join(" ");
        let values = words(values.iter().map(i64::to_string).collect());
        out.push_str(&format!("{name} | {values}\n"));
        for n in 0..dataset.num_chunks().unwrap() {
            let info = dataset.chunk_info(n).unwrap();
            let (mask, bytes) = dataset.read_chunk(&info.offset).unwrap().unwrap();
            assert_eq!((mask, bytes.len() as u64), (info.filter_mask, info.size));
            let at = words(info.offset.iter().map(u64::to_string).collect());
            out.push_str(&format!("  {at} | {mask} {}\n", hex(&bytes)));
        }
    }
    out
}

fn made(name: &str, low: &str) -> Option<PathBuf> {
    let folder = support::empty_folder(&format!("chunks-{name}-{low}"));
    support::python_in(&folder, MAKE, &[low])?;
    Some(folder)
}

/// The elements of a chunk, which stand for `start`, `start + 1`, ... in a dataset of 7 by 9.
fn chunk_bytes(dataset: &Dataset, values: &[i32]) -> Vec<u8> {
    let count: usize = dataset.chunk().unwrap().iter().product();
    assert_eq!(values.len(), count);
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn chunks_are_stored_as_they_are() {
    for low in ["earliest", "v110"] {
        let Some(folder) = made("stored", low) else { return };
        let path = folder.join("file.h5");
        assert_eq!(seen(&path), shown(&folder));
        let file = File::open_rw(&path).unwrap();
        for (n, name) in file.member_names().unwrap().iter().enumerate() {
            let dataset = file.dataset(name).unwrap();
            let chunk = dataset.chunk().unwrap();
            let count: usize = chunk.iter().product();
            // Chunks go elsewhere as they are stored; filters that are left out are in the mask.
            let (mask, first) = dataset.read_chunk(&[0, 0]).unwrap().unwrap();
            if count < 63 {
                let last = [6, 8].map(|at: usize| at as u64);
                let last: Vec<u64> = last
                    .iter()
                    .zip(&chunk)
                    .map(|(at, len)| at / *len as u64 * *len as u64)
                    .collect();
                dataset.write_chunk(&last, mask, &first).unwrap();
                assert_eq!(dataset.read_slice_raw::<i32>((-1, -1)).unwrap().len(), 1);
            }
            let values: Vec<i32> = (0..count).map(|at| (at + 1000 * n) as i32).collect();
            let plain = chunk_bytes(&dataset, &values);
            let filters = dataset.filters().len() as u32;
            let all = (1 << filters) - 1;
            dataset.write_chunk(&[0, 0], all, &plain).unwrap();
            assert_eq!(dataset.read_chunk(&[0, 0]).unwrap().unwrap(), (all, plain));
            assert_eq!(dataset.read_slice_raw::<i32>((0, 0)).unwrap(), [1000 * n as i32]);
        }
        file.close().unwrap();
        assert_eq!(seen(&path), shown(&folder));
    }
}

#[test]
fn chunks_that_cannot_be_are_refused() {
    let file = File::in_memory().unwrap();
    let new = || file.new_dataset::<i32>().shape((7.., 9)).chunk((2, 4));
    let plain = new().create("plain").unwrap();
    let zipped = new().deflate(1).create("zipped").unwrap();
    let usage = |done: hdfive::Result<()>| assert!(done.unwrap_err().is_usage());
    let bytes = [1u8; 32];
    for dataset in [&plain, &zipped] {
        usage(dataset.write_chunk(&[8, 0], 0, &bytes));
        usage(dataset.write_chunk(&[0, 12], 0, &bytes));
        usage(dataset.write_chunk(&[1, 0], 0, &bytes));
        usage(dataset.write_chunk(&[0], 0, &bytes));
        usage(dataset.write_chunk(&[0, 0], 0, &[]));
        assert!(dataset.read_chunk(&[0, 0]).unwrap().is_none());
        assert!(dataset.read_chunk(&[8, 0]).unwrap_err().is_usage());
    }
    usage(plain.write_chunk(&[0, 0], 0, &bytes[..31]));
    usage(plain.write_chunk(&[6, 8], 0, &bytes[..8]));
    usage(plain.write_chunk(&[0, 0], 1, &bytes));
    usage(plain.write_chunk(&[0, 0], 0, &[1; 33]));
    plain.write_chunk(&[6, 8], 0, &bytes).unwrap();
    assert_eq!(plain.num_chunks(), Some(1));
    // What the filters cannot decode is an error of who reads it.
    zipped.write_chunk(&[0, 0], 0, &bytes).unwrap();
    assert!(zipped.read_raw::<i32>().unwrap_err().to_string().contains("deflate"));
    let row = file.new_dataset::<i32>().shape(4).create("row").unwrap();
    usage(row.write_chunk(&[0], 0, &[1; 16]));
    assert!(row.read_chunk(&[0]).unwrap_err().is_usage());
}

#[test]
fn chunks_that_wait_are_among_the_stored_ones() {
    let Some(folder) = made("waiting", "v110") else { return };
    let path = folder.join("file.h5");
    let mut random = Random(7);
    let mut expected: Vec<i64> = (0..63).collect();
    for _ in 0..5 {
        let file = File::open_rw(&path).unwrap();
        for name in ["growing_three", "both_gzip", "fixed_gzip"] {
            let dataset = file.dataset(name).unwrap();
            let chunk = dataset.chunk().unwrap();
            expected = dataset.read_raw().unwrap();
            for _ in 0..30 {
                let (row, column) = (random.below(7), random.below(9));
                let corner = [row / chunk[0] * chunk[0], column / chunk[1] * chunk[1]];
                let offset = corner.map(|at| at as u64);
                let places: Vec<(usize, usize)> = (0..chunk[0])
                    .flat_map(|down| (0..chunk[1]).map(move |right| (down, right)))
                    .map(|(down, right)| (corner[0] + down, corner[1] + right))
                    .collect();
                match random.below(4) {
                    0 | 1 => {
                        let value = random.below(1000) as i64;
                        dataset.write_slice_raw(&[value], (row, column)).unwrap();
                        expected[row * 9 + column] = value;
                    }
                    2 => {
                        // In place of what waits, which is gone.
                        let values: Vec<i32> =
                            places.iter().map(|_| random.below(1000) as i32).collect();
                        let mask = (1 << dataset.filters().len()) - 1;
                        let bytes = chunk_bytes(&dataset, &values);
                        dataset.write_chunk(&offset, mask, &bytes).unwrap();
                        for ((row, column), value) in places.iter().zip(values) {
                            if *row < 7 && *column < 9 {
                                expected[row * 9 + column] = value.into();
                            }
                        }
                    }
                    _ => {
                        // As stored, it is what was written, to where another chunk is.
                        let (mask, bytes) = dataset.read_chunk(&offset).unwrap().unwrap();
                        dataset.write_chunk(&[0, 0], mask, &bytes).unwrap();
                        let values: Vec<i64> = places
                            .iter()
                            .map(|(row, column)| match *row < 7 && *column < 9 {
                                true => expected[row * 9 + column],
                                false => i64::MIN,
                            })
                            .collect();
                        for (n, value) in (0..).zip(values) {
                            // Elements outside of the dataset are nobody's business.
                            if value != i64::MIN {
                                expected[n / chunk[1] * 9 + n % chunk[1]] = value;
                            } else {
                                let at = (n / chunk[1], n % chunk[1]);
                                expected[at.0 * 9 + at.1] =
                                    dataset.read_slice_raw::<i64>(at).unwrap()[0];
                            }
                        }
                    }
                }
                assert_eq!(dataset.read_raw::<i64>().unwrap(), expected, "{name}");
            }
            assert!(dataset.num_chunks().unwrap() <= 20);
        }
        file.close().unwrap();
        assert_eq!(seen(&path), shown(&folder));
    }
    assert_eq!(expected.len(), 63);
}

/// Counts how often it encodes; refuses chunks that start with `0xee`.
#[derive(Debug, Clone, Default)]
struct Counting {
    encoded: Arc<AtomicUsize>,
    wary: bool,
}

impl Filter for Counting {
    fn id(&self) -> u16 {
        40_001
    }

    fn name(&self) -> &str {
        "counting"
    }

    fn decode(&self, _: &[u32], input: &[u8], _: usize) -> hdfive::Result<Vec<u8>> {
        Ok(input.to_vec())
    }

    fn encode(&self, _: &[u32], input: &[u8]) -> hdfive::Result<Option<Vec<u8>>> {
        self.encoded.fetch_add(1, Ordering::Relaxed);
        Ok((input.first() != Some(&0xee)).then(|| input.to_vec()))
    }

    fn may_refuse(&self) -> bool {
        self.wary
    }
}

fn counted(counting: &Counting) -> usize {
    counting.encoded.swap(0, Ordering::Relaxed)
}

#[test]
fn rows_that_are_appended_are_encoded_once() {
    for low in [LibraryVersion::V18, LibraryVersion::V110] {
        let counting = Counting::default();
        let options = File::with_options().filter(counting.clone());
        let options = options.library_versions(low, LibraryVersion::V200).auto_flush(false);
        let file = options.in_memory().unwrap();
        let rows = file.new_dataset::<f64>().shape((0.., 6)).chunk((100, 6));
        let rows = rows.add_filter(40_001, &[]).deflate(4).create("rows").unwrap();
        for row in 0..10_000 {
            let values: Vec<f64> = (0..6).map(|column| f64::from(row * 6 + column)).collect();
            if row % 2 == 0 {
                rows.append(&values, 0).unwrap();
            } else {
                rows.resize(&[row as usize + 1, 6]).unwrap();
                rows.write_slice(&values, row as usize).unwrap();
            }
        }
        file.flush().unwrap();
        // 100 chunks, and one more time to see whether that works.
        let times = counted(&counting);
        assert!((100..=102).contains(&times), "{times}");
        // Flushed in between, it is as often more.
        for flush in 0..10 {
            for row in 0..95 {
                rows.append(&[f64::from(flush * 95 + row); 6], 0).unwrap();
            }
            file.flush().unwrap();
        }
        let times = counted(&counting);
        assert!((10..=21).contains(&times), "{times}");
        let all: Vec<f64> = rows.read_raw().unwrap();
        assert!(all[..60_000].iter().zip(0..).all(|(value, n)| *value == f64::from(n)));
        assert_eq!(all.len(), 6 * 10_950);
    }
}

#[test]
fn frames_along_the_last_axis_are_encoded_once() {
    let counting = Counting::default();
    let options = File::with_options().filter(counting.clone()).auto_flush(false);
    let file = options.in_memory().unwrap();
    let movie = file.new_dataset::<u8>().shape((256, 256, 0..)).chunk((64, 64, 16));
    let movie = movie.add_filter(40_001, &[]).deflate(1).create("movie").unwrap();
    for frame in 0..40u8 {
        movie.append(ndarray::Array2::from_elem((256, 256), frame).view(), 2).unwrap();
    }
    file.flush().unwrap();
    // 16 chunks a layer, three layers.
    let times = counted(&counting);
    assert!((48..=50).contains(&times), "{times}");
    let pixel: Vec<u8> = movie.read_slice_raw((17, 200, ..)).unwrap();
    assert!(pixel.iter().copied().eq(0..40));
}

/// Checksums of frames.
const SUMS: &str = r#"
import h5py, zlib
with h5py.File('file.h5', 'r') as file:
    print(*(zlib.crc32(frame.tobytes()) for frame in file['movie'][...]))
    print(*(zlib.crc32(frame.tobytes()) for frame in file['whole'][...]))
"#;

/// Frames are encoded while the next ones come: some are changed meanwhile, some read, some flushed.
#[test]
fn frames_that_are_encoded_meanwhile_are_what_was_written() {
    const SIDE: usize = 256;
    let folder = support::empty_folder("chunks-frames");
    let path = folder.join("file.h5");
    let mut sums = Vec::new();
    for threads in [1, 2, 3] {
        let mut random = Random(7);
        let counting = Counting::default();
        let options = File::with_options().threads(threads).filter(counting.clone());
        // Eight frames wait.
        let options = options.chunk_cache(1 << 20).auto_flush(false);
        let _ = std::fs::remove_file(&path);
        let file = options.create(&path).unwrap();
        let new = |count: usize, frames: usize| {
            let new = file.new_dataset::<u16>().shape((count.., SIDE, SIDE));
            new.chunk((frames, SIDE, SIDE))
        };
        let movie = new(0, 1).shuffle().lzf().create("movie").unwrap();
        let counted_frames = new(0, 1).add_filter(40_001, &[]).create("counted").unwrap();
        let mut frames: Vec<Vec<u16>> = Vec::new();
        for n in 0..60 {
            let frame: Vec<u16> = (0..SIDE * SIDE).map(|_| random.below(900) as u16).collect();
            let values = || hdfive::Values::with_shape(&frame, &[SIDE, SIDE]).unwrap();
            movie.append(values(), 0).unwrap();
            counted_frames.append(values(), 0).unwrap();
            frames.push(frame);
            if n % 4 == 3 {
                // One that waits, and one that is stored, perhaps.
                for changed in [n - 1, n / 2] {
                    let row = random.below(SIDE);
                    let line = [random.below(900) as u16; SIDE];
                    movie.write_slice(&line, (changed, row, ..)).unwrap();
                    frames[changed][row * SIDE..][..SIDE].copy_from_slice(&line);
                }
            }
            if n % 6 == 5 {
                let some = n - random.below(5);
                assert_eq!(movie.read_slice_raw::<u16>((some, .., ..)).unwrap(), frames[some]);
            }
            if n == 33 {
                file.flush().unwrap();
            }
        }
        file.flush().unwrap();
        // And one more time to see whether that works.
        let times = counted(&counting);
        assert!((60..=61).contains(&times), "{times}");
        let all = frames.concat();
        let shaped = hdfive::Values::with_shape(&all, &[60, SIDE, SIDE]).unwrap();
        let whole = new(60, 3).shuffle().deflate(1).create("whole").unwrap();
        whole.write(shaped).unwrap();
        assert!(movie.read_raw::<u16>().unwrap() == all && whole.read_raw::<u16>().unwrap() == all);
        file.close().unwrap();
        sums.extend(support::python_in(&folder, SUMS, &[]));
        let frames =
            |name: &str| File::open(&path).unwrap().dataset(name).unwrap().read_raw::<u16>();
        assert!(frames("movie").unwrap() == all && frames("whole").unwrap() == all);
    }
    let lines = sums.first().map(|sums| sums.lines().collect::<Vec<_>>());
    assert!(lines.is_none_or(|lines| lines.len() == 2 && lines[0] == lines[1]));
    assert!(sums.windows(2).all(|two| two[0] == two[1]));
}

#[test]
fn a_filter_that_may_refuse_refuses_at_once() {
    let counting = Counting { wary: true, ..Counting::default() };
    let file = File::with_options().filter(counting).in_memory().unwrap();
    let new = |name: &str| {
        let new = file.new_dataset::<u8>().shape(100..).chunk(10).add_filter(40_001, &[]);
        new.create(name).unwrap()
    };
    let (picky, lzf) = (new("picky"), file.new_dataset::<u8>().shape(4096).chunk(1024));
    let lzf = lzf.add_filter(32_000, &[]).create("lzf").unwrap();
    let sure: Vec<u8> = (0..100).collect();
    picky.write_raw(&sure).unwrap();
    // A part of a chunk, whole chunks, and those that come to be by resizing.
    picky.write_slice_raw(&[0xee], 50).unwrap_err();
    picky.write_slice_raw(&[0xee; 30], 35..65).unwrap_err();
    picky.write_raw(&[0xee; 100]).unwrap_err();
    assert_eq!(picky.read_raw::<u8>().unwrap(), sure);
    file.flush().unwrap();
    picky.write_slice_raw(&[0xee], 51).unwrap();
    picky.write_slice_raw(&[0xee], 50).unwrap_err();
    file.flush().unwrap();
    let mut random = Random(1);
    let noise: Vec<u8> = (0..4096).map(|_| random.below(256) as u8).collect();
    lzf.write_raw(&noise).unwrap_err();
    lzf.write_slice_raw(&[1; 100], ..100).unwrap();
    lzf.write_slice_raw(&noise[..1024], ..1024).unwrap_err();
    lzf.write_slice_raw(&noise[..1014], 10..1024).unwrap_err();
    let mut expected = vec![0; 4096];
    expected[..100].fill(1);
    assert_eq!(lzf.read_raw::<u8>().unwrap(), expected);
    let again = File::from_bytes(file.into_bytes().unwrap()).unwrap();
    assert_eq!(again.dataset("lzf").unwrap().read_raw::<u8>().unwrap(), expected);
}

#[test]
fn what_cannot_be_encoded_keeps_nothing_else_back() {
    let folder = support::empty_folder("chunks-refused");
    let path = folder.join("file.h5");
    let options = File::with_options().filter(Counting::default());
    let file = options.create(&path).unwrap();
    let new = |name: &str| {
        let new = file.new_dataset::<u8>().shape(30).chunk(10).add_filter(40_001, &[]);
        new.create(name).unwrap()
    };
    let (picky, other) = (new("picky"), new("other"));
    picky.write_raw(&[1; 30]).unwrap();
    file.flush().unwrap();
    // It is not known to refuse anything: a part of a chunk waits.
    picky.write_slice_raw(&[0xee], 10).unwrap();
    picky.write_slice_raw(&[2], 25).unwrap();
    other.write_slice_raw(&[3], 5).unwrap();
    let error = file.flush().unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("dataset at"), "{error}");
    let flushed =
        options.open_storage(Arc::new(hdfive::Memory::new(std::fs::read(&path).unwrap())));
    let flushed = flushed.unwrap();
    let read = |file: &File, name: &str| file.dataset(name).unwrap().read_raw::<u8>().unwrap();
    assert_eq!(read(&flushed, "other")[5], 3);
    assert_eq!((read(&flushed, "picky")[10], read(&flushed, "picky")[25]), (1, 2));
    // Here it is what was written, until it is something that can be stored.
    assert_eq!(read(&file, "picky")[10], 0xee);
    assert!(picky.num_chunks().is_none());
    file.flush().unwrap_err();
    picky.write_slice_raw(&[4], 10).unwrap();
    file.flush().unwrap();
    assert_eq!(picky.num_chunks(), Some(3));
    picky.write_slice_raw(&[0xee], 0).unwrap();
    other.write_slice_raw(&[5], 6).unwrap();
    file.close().unwrap_err();
    let file = options.open_rw(&path).unwrap();
    assert_eq!((read(&file, "picky")[0], read(&file, "picky")[10]), (1, 4));
    assert_eq!(read(&file, "other")[6], 5);
}

/// Masks and sizes of the chunks of noise, of a dataset for each filter.
const NOISE: &str = r#"
import h5py, numpy as np, sys
data = np.fromfile('noise.bin', 'u1')
kinds = {'lzf': (32000, ()), 'deflate': (1, (6,)), 'szip': (4, (4, 32)), 'shuffle': (2, ())}
with h5py.File('theirs.h5', 'w') as file:
    for name, (number, how) in kinds.items():
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((1024,))
        plist.set_filter(number, h5py.h5z.FLAG_OPTIONAL, how)
        plist.set_fletcher32()
        space = h5py.h5s.create_simple(data.shape)
        made = h5py.h5d.create(file.id, name.encode(), h5py.h5t.STD_U8LE, space, plist)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, data)
for name in 'theirs.h5', 'ours.h5':
    with h5py.File(name, 'r') as file:
        for name in sorted(file):
            dataset = file[name]
            assert (dataset[...] == data).all(), name
            chunks = [dataset.id.get_chunk_info(n) for n in range(dataset.id.get_num_chunks())]
            print(name, *[f'{chunk.filter_mask}:{chunk.size}' for chunk in chunks])
    print('-')
"#;

#[test]
fn optional_filters_are_left_out_as_with_libhdf5() {
    let folder = support::empty_folder("chunks-noise");
    let mut random = Random(3);
    let noise: Vec<u8> = (0..4096)
        .map(|n| match n / 1024 {
            1 => 7,
            _ => random.below(256) as u8,
        })
        .collect();
    std::fs::write(folder.join("noise.bin"), &noise).unwrap();
    let file = File::create(folder.join("ours.h5")).unwrap();
    let new = || file.new_dataset::<u8>().shape(Extents::from(4096)).chunk(1024);
    let made = [
        new().lzf().fletcher32().create("lzf").unwrap(),
        new().deflate(6).fletcher32().create("deflate").unwrap(),
        new().szip(SZip::Entropy, 32).fletcher32().create("szip").unwrap(),
        new().shuffle().fletcher32().create("shuffle").unwrap(),
    ];
    for (n, dataset) in made.iter().enumerate() {
        // Whole, and in parts.
        if n % 2 == 0 {
            dataset.write_raw(&noise).unwrap();
        } else {
            for part in 0..16 {
                let range = part * 256..(part + 1) * 256;
                let slice = SliceOrIndex::from(range.clone());
                dataset.write_slice_raw(&noise[range], slice).unwrap();
            }
        }
        assert_eq!(dataset.read_raw::<u8>().unwrap(), noise);
    }
    file.close().unwrap();
    let Some(shown) = support::python_in(&folder, NOISE, &[]) else { return };
    let parts: Vec<&str> = shown.split("-\n").collect();
    let masks = |text: &str| -> Vec<String> {
        let words = text.split_whitespace().map(|word| word.split(':').next().unwrap().to_owned());
        words.collect()
    };
    assert_eq!(masks(parts[0]), masks(parts[1]), "{shown}");
    // What does not get smaller is stored as it is, with the checksum behind it.
    for name in ["lzf", "szip"] {
        let line = parts[1].lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line.contains(" 1:1028 0:") && line.ends_with(" 1:1028 1:1028"), "{line}");
    }
}
