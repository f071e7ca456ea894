//! What is found again that nothing leads to any more, and what is not brought again and again.

use std::sync::Arc;

use hdfive::{
    Checker, ChunkInfo, ErrorKind, File, FileBuilder, FileSpaceStrategy, LibraryVersion, LossKind,
    Memory, Salvaged, Salvager, SharedMemory,
};

use crate::bytes_of;

/// What is left of these bytes, the new file, and its length.
fn salvage(bytes: Vec<u8>) -> (Salvaged, File, usize) {
    let target = SharedMemory::default();
    let source = Arc::new(Memory::new(bytes));
    let salvaged = Salvager::new().salvage_storage(source, Arc::new(target.clone())).unwrap();
    let len = bytes_of(&target).len();
    (salvaged, File::from_storage(Arc::new(target)).unwrap(), len)
}

/// Most bytes that may come of a file: what it holds, and what that takes beside.
fn bound(len: usize) -> usize {
    2 * (64 * len + (1 << 20))
}

fn is_bounded(salvaged: &Salvaged) -> bool {
    salvaged.losses.iter().any(|loss| {
        matches!(loss.error().kind(), ErrorKind::LimitExceeded { .. })
            && loss.to_string().contains("salvaged_bytes")
    })
}

fn places(bytes: &[u8], mark: &[u8]) -> Vec<usize> {
    (0..bytes.len()).filter(|at| bytes[*at..].starts_with(mark)).collect()
}

fn old_file() -> File {
    let (low, high) = (LibraryVersion::Earliest, LibraryVersion::LATEST);
    FileBuilder::library_versions(File::with_options(), low, high).in_memory().unwrap()
}

/// Datasets that claim the same block are brought once for each, but not endlessly.
#[test]
fn a_block_claimed_by_many_is_not_brought_endlessly() {
    let count = 1 << 16;
    let data: Vec<i32> = (0..count).collect();
    let file = old_file();
    let made = file.create_dataset("first", data.clone()).unwrap();
    let address = made.offset().unwrap();
    drop(made);
    for number in 0..400 {
        let new = file.new_dataset::<i32>().shape(data.len());
        new.create(format!("other {number}").as_str()).unwrap();
    }
    let mut bytes = file.into_bytes().unwrap();
    // Layout messages of blocks without an address get that of the first one.
    let size = (data.len() as u64 * 4).to_le_bytes();
    let mark = [&[3, 1], [0xff; 8].as_slice(), &size].concat();
    let empty = places(&bytes, &mark);
    assert_eq!(empty.len(), 400);
    for at in empty {
        bytes[at + 2..at + 10].copy_from_slice(&address.to_le_bytes());
    }
    let len = bytes.len();
    let (salvaged, file, brought) = salvage(bytes);
    assert!(is_bounded(&salvaged), "{} losses", salvaged.losses.len());
    assert!(brought > 32 * len && brought < bound(len), "{brought} of {len}");
    let same = |name: &String| file.dataset(name).unwrap().read_raw::<i32>().unwrap() == data;
    let same = file.member_names().unwrap().iter().filter(|name| same(name)).count();
    assert!((32..300).contains(&same), "{same}");
    let lost = salvaged.losses.iter().filter(|loss| *loss.kind() == LossKind::Elements).count();
    assert_eq!(same + lost, 401);
}

/// So are chunks: an index may name the same bytes many times.
#[test]
fn a_chunk_named_many_times_is_not_brought_endlessly() {
    let (count, len) = (3000_usize, 1 << 14);
    let mut seed = 1_u32;
    let mut data = vec![0_u8; count * len];
    for byte in &mut data[..len] {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (seed >> 24) as u8;
    }
    let file = old_file();
    let new = file.new_dataset_builder().with_data(&data).chunk((len,)).deflate(1);
    let made = new.create("chunks").unwrap();
    let chunks: Vec<ChunkInfo> = (0..count).map(|n| made.chunk_info(n).unwrap()).collect();
    drop(made);
    let mut bytes = file.into_bytes().unwrap();
    let entry = |chunk: &ChunkInfo, size: u64, address: u64| {
        let head = [(size as u32).to_le_bytes(), [0; 4]].concat();
        let offset = [chunk.offset[0], 0, address].map(u64::to_le_bytes).concat();
        [head, offset].concat()
    };
    let first = &chunks[0];
    assert!(first.size > 16_000, "{}", first.size);
    let mut changed = 0;
    for at in 0..bytes.len() - 32 {
        let offset = u64::from_le_bytes(bytes[at + 8..at + 16].try_into().unwrap()) as usize;
        let Some(chunk) = chunks.get(offset / len).filter(|_| offset.is_multiple_of(len)) else {
            continue;
        };
        if bytes[at..].starts_with(&entry(chunk, chunk.size, chunk.addr)) {
            let new = entry(chunk, first.size, first.addr);
            bytes[at..at + new.len()].copy_from_slice(&new);
            changed += 1;
        }
    }
    assert_eq!(changed, count);
    let all = bytes.len();
    let (salvaged, file, brought) = salvage(bytes);
    assert!(is_bounded(&salvaged), "{:?}", salvaged.losses);
    assert_eq!(salvaged.losses.len(), 1, "{:?}", salvaged.losses);
    assert!(brought > 16 * all && brought < bound(all), "{brought} of {all}");
    let read = file.dataset("chunks").unwrap().read_raw::<u8>().unwrap();
    assert!(read[..len] == data[..len] && read[len..2 * len] == data[..len]);
    assert!(read[(count - 1) * len..].iter().all(|byte| *byte == 0));
}

/// The root of an index is gone, its leaves are not.
#[test]
fn leaves_of_an_index_come_to_their_dataset() {
    let file = old_file();
    let data: Vec<i32> = (0..40_000).collect();
    let small: Vec<i16> = (0..3000).collect();
    for filtered in [false, true] {
        let new = file.new_dataset_builder().with_data(&data).chunk((100,));
        let new = if filtered { new.deflate(4) } else { new };
        new.create(if filtered { "zipped" } else { "plain" }).unwrap();
    }
    // Another shape: nothing of it is damaged.
    file.new_dataset_builder().with_data(&small).chunk((50,)).create("small").unwrap();
    let bytes = file.into_bytes().unwrap();
    let nodes = places(&bytes, b"TREE\x01");
    let roots: Vec<usize> = nodes.iter().copied().filter(|at| bytes[at + 5] > 0).collect();
    assert_eq!(roots.len(), 2, "{nodes:?}");
    // One by one: where both are gone, nobody knows what is whose but by the sizes of chunks.
    for root in roots {
        let mut damaged = bytes.clone();
        damaged[root..root + 40].fill(0);
        let (salvaged, file, _) = salvage(damaged);
        assert!(!salvaged.is_whole());
        for name in ["plain", "zipped"] {
            let read = file.dataset(name).unwrap().read_raw::<i32>().unwrap();
            assert!(read == data, "{name} without the root at {root:#x}: {:?}", salvaged.losses);
        }
        assert_eq!(file.dataset("small").unwrap().read_raw::<i16>().unwrap(), small);
    }
}

/// Two datasets that are alike lose their roots: nothing is given to the wrong one.
#[test]
fn leaves_that_may_be_of_several_datasets_stay_away() {
    let file = old_file();
    let data: Vec<i32> = (1..=40_000).collect();
    for name in ["one", "other"] {
        file.new_dataset_builder().with_data(&data).chunk((100,)).create(name).unwrap();
    }
    let mut bytes = file.into_bytes().unwrap();
    for at in places(&bytes, b"TREE\x01") {
        if bytes[at + 5] > 0 {
            bytes[at..at + 40].fill(0);
        }
    }
    let (salvaged, file, _) = salvage(bytes);
    for name in ["one", "other"] {
        let path = format!("/{name}");
        let lost = |loss: &hdfive::Loss| loss.path() == path && *loss.kind() == LossKind::Elements;
        assert!(salvaged.losses.iter().any(lost), "{:?}", salvaged.losses);
        let read = file.dataset(name).unwrap().read_raw::<i32>().unwrap();
        assert!(read.iter().all(|value| *value == 0), "{name}");
    }
}

/// What leads to a group in the old format knows where its links are, too.
#[test]
fn groups_without_a_header_are_made_anew() {
    let file = old_file();
    let inner = file.create_group("outer/inner").unwrap();
    inner.create_dataset("numbers", vec![1_i32, 2, 3]).unwrap();
    inner.create_group("deep").unwrap().create_dataset("more", vec![4_i32, 5]).unwrap();
    inner.link_soft("/outer", "up").unwrap();
    file.link_hard("outer/inner", "again").unwrap();
    file.create_dataset("last", vec![6_i32]).unwrap();
    let bytes = file.into_bytes().unwrap();
    let report = Checker::new().map(true).check(&File::from_bytes(bytes.clone()).unwrap()).unwrap();
    let header = |path: &str| {
        let parts = report.used.iter().filter(|part| part.path == path && part.is_metadata);
        let mut starts = parts.map(|part| part.bytes.start as usize);
        starts.find(|at| bytes[*at..].starts_with(&[1, 0])).unwrap()
    };
    // Of its two names the check tells the first one.
    let (root, outer, inner) = (header("/"), header("/outer"), header("/again"));
    for gone in [vec![inner], vec![outer], vec![outer, inner], vec![root]] {
        let mut damaged = bytes.clone();
        for at in &gone {
            damaged[*at..*at + 16].fill(0xee);
        }
        let (salvaged, file, _) = salvage(damaged);
        let told = format!("{gone:x?}: {:?}", salvaged.losses);
        assert!(!salvaged.is_whole(), "{told}");
        let read = |path: &str| file.dataset(path).unwrap().read_raw::<i32>().unwrap();
        assert_eq!(read("outer/inner/numbers"), [1, 2, 3], "{told}");
        assert_eq!(read("outer/inner/deep/more"), [4, 5], "{told}");
        assert_eq!(read("last"), [6], "{told}");
        let same = file.location("again").unwrap().token();
        assert_eq!(file.location("outer/inner").unwrap().token(), same, "{told}");
        assert!(!file.link_exists("lost+found"), "{told}");
    }
}

/// The user block comes along, and the way the file manages its space.
#[test]
fn user_block_and_file_space_come_along() {
    let folder = crate::empty_folder("salvage-user-block");
    let (source, target) = (folder.join("old.h5"), folder.join("new.h5"));
    let options = File::with_options().userblock(1024);
    let options = options.file_space(FileSpaceStrategy::Page, true, 4, 1024);
    let file = options.create(&source).unwrap();
    file.create_dataset("x", (0..5000).collect::<Vec<i32>>()).unwrap();
    file.create_dataset("y", vec![1_i32; 5000]).unwrap();
    let place = file.dataset("y").unwrap().offset().unwrap();
    file.close().unwrap();
    let mut bytes = std::fs::read(&source).unwrap();
    bytes[..11].copy_from_slice(b"a beginning");
    // The second dataset is cut off.
    bytes.truncate(1024 + place as usize + 400);
    std::fs::write(&source, bytes).unwrap();
    let salvaged = Salvager::new().salvage(&source, &target).unwrap();
    assert!(!salvaged.is_whole());
    assert!(std::fs::read(&target).unwrap().starts_with(b"a beginning\0"));
    let file = File::open(&target).unwrap();
    assert_eq!(file.userblock(), 1024);
    let space = file.info().file_space.unwrap();
    assert_eq!((space.strategy, space.persist), (FileSpaceStrategy::Page, true));
    assert_eq!((space.threshold, space.page_size), (4, 1024));
    assert!(file.dataset("x").unwrap().read_raw::<i32>().unwrap().into_iter().eq(0..5000));
}
