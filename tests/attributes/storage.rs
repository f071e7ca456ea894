//! Where attributes are kept: in the header, beside it, large ones; and what is used again.

use hdfive::{ErrorKind, File, LibraryVersion};

use super::{VERSIONS, create, h5py, scratch};

/// Bytes in use once all that was freed is free.
fn used(file: &File) -> u64 {
    for _ in 0..2 {
        file.flush().unwrap();
    }
    file.size() - file.free_space()
}

#[test]
fn one_to_forty_attributes_come_and_go() {
    for version in VERSIONS {
        let path = scratch(&format!("forty-{version:?}.h5"));
        let copy = path.with_extension("copy");
        let file = create(&path, version);
        let ordered = file.create_group_builder().track_order(true).create("o").unwrap();
        let plain = file.create_group("g").unwrap();
        let empty = used(&file);
        let name = |n: usize| format!("attribute {:02}", n * 7 % 40);
        for n in 0..40 {
            for group in [&plain, &ordered] {
                group.set_attr(&name(n), vec![n as u16; n]).unwrap();
            }
            if !matches!(n, 0 | 6..=9 | 39) {
                continue;
            }
            file.flush().unwrap();
            std::fs::copy(&path, &copy).unwrap();
            let script = format!(
                "
with h5py.File(path) as f:
    wanted = [(f'attribute {{n * 7 % 40:02}}', n) for n in range({n} + 1)]
    assert list(f['o'].attrs) == [name for name, _ in wanted]
    assert list(f['g'].attrs) == sorted(name for name, _ in wanted)
    for group in (f['o'], f['g']):
        for name, n in wanted:
            same(group.attrs[name], [n] * n)
"
            );
            h5py(&script, &copy);
        }
        for n in 0..40 {
            for group in [&plain, &ordered] {
                assert_eq!(
                    group.attr(&name(n)).unwrap().read_raw::<u64>().unwrap(),
                    vec![n as u64; n]
                );
                group.delete_attr(&name(n)).unwrap();
                let left: Vec<String> = (n + 1..40).map(name).collect();
                let mut found = group.attr_names().unwrap();
                found.sort_by_key(|name| left.iter().position(|own| own == name));
                assert_eq!(found, left);
            }
        }
        assert_eq!(used(&file), empty, "{version:?}");
        file.close().unwrap();
        h5py("with h5py.File(path) as f: assert not f['g'].attrs and not f['o'].attrs", &path);
        std::fs::remove_file(&path).unwrap();
        let _ = std::fs::remove_file(&copy);
    }
}

#[test]
fn large_attributes_lie_beside_the_header() {
    for version in VERSIONS {
        let path = scratch(&format!("large-{version:?}.h5"));
        let file = create(&path, version);
        let ordered = file.create_group_builder().track_order(true).create("o").unwrap();
        let plain = file.create_group("g").unwrap();
        let empty = used(&file);
        let large: Vec<u32> = (0..70 << 8).collect();
        ordered.set_attr("small", 1).unwrap();
        ordered.set_attr("large", &large).unwrap();
        ordered.modify_attr("large", vec![7_u8; large.len()]).unwrap();
        ordered.modify_attr("large", &large).unwrap();
        ordered.rename_attr("large", "larger").unwrap();
        if version == LibraryVersion::Earliest {
            let error = plain.set_attr("large", &large).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");
            assert!(error.to_string().contains("64 KiB"), "{error}");
            assert!(!plain.has_attr("large").unwrap());
        } else {
            plain.set_attr("larger", &large).unwrap();
        }
        file.flush().unwrap();
        let copy = path.with_extension("copy");
        std::fs::copy(&path, &copy).unwrap();
        let script = "
with h5py.File(path, 'r+') as f:
    assert list(f['o'].attrs) == ['small', 'larger']
    for group in [f['o'], *([f['g']] if f['g'].attrs else [])]:
        same(group.attrs['larger'], np.arange(70 << 8))
        group.attrs['larger'] = np.arange(90 << 8)
";
        if h5py(script, &copy).is_some() {
            let file = File::open(&copy).unwrap();
            let found: Vec<u32> =
                file.group("o").unwrap().attr("larger").unwrap().read_raw().unwrap();
            assert_eq!(found, (0..90 << 8).collect::<Vec<u32>>());
        }
        for group in [&ordered, &plain] {
            group.attr_names().unwrap().iter().for_each(|name| group.delete_attr(name).unwrap());
        }
        assert_eq!(used(&file), empty, "{version:?}");
        file.close().unwrap();
        std::fs::remove_file(&path).unwrap();
        let _ = std::fs::remove_file(&copy);
    }
}

#[test]
fn texts_written_again_and_again_take_no_more_space() {
    for version in VERSIONS {
        let path = scratch(&format!("again-{version:?}.h5"));
        let file = create(&path, version);
        file.set_attr("text", "first").unwrap();
        file.set_attr("texts", ["a", "b", "c"]).unwrap();
        let text = file.attr("text").unwrap();
        let mut largest = 0;
        for n in 0..3000 {
            text.write_scalar(&format!("text {n} {}", "x".repeat(n % 50))).unwrap();
            file.set_attr("texts", [&*format!("{n}"), "b", &"y".repeat(n % 70)]).unwrap();
            // What is committed and what is not: either way the space is used again.
            if n % 40 == 0 && n < 1500 {
                file.flush().unwrap();
            }
            if n == 500 {
                largest = file.size();
            }
        }
        assert!(file.size() <= largest, "{} bytes, after {largest}", file.size());
        file.close().unwrap();
        let script = "
with h5py.File(path) as f:
    assert f.attrs['text'] == 'text 2999 ' + 'x' * 49
    assert list(f.attrs['texts']) == ['2999', 'b', 'y' * 59]
";
        h5py(script, &path);
        std::fs::remove_file(&path).unwrap();
    }
}
