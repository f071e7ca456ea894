//! Where attributes are kept: in the header, beside it, large ones; and what is used again.

use hdfive::{ErrorKind, File, LibraryVersion, Reference};

use super::{VERSIONS, create, h5py, scratch, used};

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

#[test]
fn what_elements_keep_in_heaps_goes_with_their_object() {
    for version in VERSIONS {
        let path = scratch(&format!("heaps-{version:?}.h5"));
        let file = create(&path, version);
        let empty = used(&file);
        let group = file.create_group("g").unwrap();
        let data = group.new_dataset::<i32>().shape((4, 5)).create("data").unwrap();
        let texts: Vec<String> = (0..300).map(|n| "text ".repeat(n % 9)).collect();
        group.new_dataset_builder().with_data(&texts).create("texts").unwrap();
        let chunked = group.new_dataset_builder().with_data(&texts).chunk(7).create("chunked");
        let regions: Vec<Reference> =
            (0..4).map(|n| data.reference_region((n, ..)).unwrap()).collect();
        group.new_dataset_builder().with_data(&regions).create("regions").unwrap();
        for object in [&*group, &**data, &**chunked.unwrap()] {
            object.set_attr("texts", &texts[..20]).unwrap();
            object.set_attr("nested", &vec![texts.clone(); 3]).unwrap();
            object.set_attr("regions", &regions).unwrap();
        }
        assert!(used(&file) > empty + 30_000);
        group.attr("nested").unwrap().write_slice_raw(&[vec!["new".to_owned()]], 1).unwrap();
        group.set_attr("regions", 5).unwrap();
        file.unlink("g").unwrap();
        assert_eq!(used(&file), empty, "{version:?}");
        file.close().unwrap();
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn handles_see_what_others_change() {
    let file = File::in_memory().unwrap();
    file.set_attr("a", [1, 2, 3]).unwrap();
    let (one, other) = (file.attr("a").unwrap(), file.attr("a").unwrap());
    one.write_raw(&[4, 5, 6]).unwrap();
    assert_eq!(other.read_raw::<i32>().unwrap(), [4, 5, 6]);
    file.set_attr("a", ["x", "y"]).unwrap();
    assert_eq!(
        (one.shape(), other.read_raw::<String>().unwrap()),
        (vec![2], vec!["x".into(), "y".into()])
    );
    other.write_slice_raw(&["z".to_owned()], 1).unwrap();
    assert_eq!(one.read_slice_raw::<String>(1).unwrap(), ["z"]);
    file.delete_attr("a").unwrap();
    assert!(one.read_raw::<String>().unwrap_err().is_not_found());
    assert!(one.write_raw(&["q".to_owned()]).unwrap_err().is_not_found());
}

#[test]
fn what_fails_changes_nothing() {
    for version in [LibraryVersion::Earliest, LibraryVersion::V18] {
        let path = scratch(&format!("fails-{version:?}.h5"));
        let file = create(&path, version);
        file.set_attr("kept", "text").unwrap();
        let kind = |error: hdfive::Error| match error.kind() {
            ErrorKind::Usage(_) => "usage",
            ErrorKind::Exists(_) => "exists",
            ErrorKind::NotFound(_) => "not found",
            ErrorKind::Conversion(_) => "conversion",
            _ => panic!("{error}"),
        };
        let names = ["new", "", "kept"];
        assert_eq!(kind(file.set_attrs(names.map(|name| (name, 1))).unwrap_err()), "usage");
        let long = "n".repeat(0xffff);
        for name in ["", "nul\0", &long] {
            assert_eq!(kind(file.set_attr(name, 1).unwrap_err()), "usage");
            assert_eq!(kind(file.rename_attr("kept", name).unwrap_err()), "usage");
        }
        let made = file.new_attr::<i32>().shape((2, 3)).create("kept");
        assert_eq!(kind(made.unwrap_err()), "exists");
        assert_eq!(kind(file.rename_attr("kept", "kept").unwrap_err()), "exists");
        assert_eq!(kind(file.rename_attr("none", "other").unwrap_err()), "not found");
        assert_eq!(kind(file.delete_attr("none").unwrap_err()), "not found");
        assert_eq!(kind(file.modify_attr("kept", 5).unwrap_err()), "conversion");
        assert_eq!(kind(file.modify_attr("kept", ["a", "b"]).unwrap_err()), "usage");
        file.set_attr("null", hdfive::AnyValues::null::<i8>()).unwrap();
        assert_eq!(kind(file.modify_attr("null", 5).unwrap_err()), "usage");
        let wide = file.new_attr::<i32>().shape(vec![1; 33]).create("wide");
        assert_eq!(kind(wide.unwrap_err()), "usage");
        assert_eq!(file.attr_names().unwrap(), ["kept", "null"]);
        assert_eq!(file.attr("kept").unwrap().read_scalar::<String>().unwrap(), "text");
        file.set_comment("a file").unwrap();
        file.clear_comment().unwrap();
        assert_eq!(file.comment(), None);
        file.close().unwrap();
        let read = File::open(&path).unwrap();
        assert_eq!(kind(read.set_attr("new", 1).unwrap_err()), "usage");
        assert_eq!(kind(read.delete_attr("kept").unwrap_err()), "usage");
        drop(read);
        h5py(
            "with h5py.File(path) as f: assert f.attrs['kept'] == 'text' and len(f.attrs) == 2",
            &path,
        );
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn what_a_smaller_extent_leaves_out_is_given_back() {
    for version in VERSIONS {
        for filtered in [false, true] {
            let path = scratch(&format!("shrunk-{version:?}-{filtered}.h5"));
            let file = create(&path, version);
            let builder = file.new_dataset::<String>().shape((0.., 0..)).chunk((4, 5));
            let builder = if filtered { builder.deflate(4) } else { builder };
            let data = builder.create("d").unwrap();
            let text = |n: usize| format!("number {n} ").repeat(n % 11);
            let texts: Vec<String> = (0..17 * 13).map(text).collect();
            let write = || {
                data.resize(&[17, 13]).unwrap();
                data.write_raw(&texts).unwrap();
                file.flush().unwrap();
            };
            write();
            data.resize(&[0, 0]).unwrap();
            let empty = used(&file);
            write();
            let full = used(&file);
            data.resize(&[6, 7]).unwrap();
            let less = used(&file);
            // Collections of which some objects are still referred to stay.
            assert!(less < empty + (full - empty) / 3 * 2, "{empty} {less} {full}");
            data.resize(&[8, 8]).unwrap();
            file.flush().unwrap();
            let copy = path.with_extension("copy");
            std::fs::copy(&path, &copy).unwrap();
            let script = "
with h5py.File(path) as f:
    found = f['d'].asstr()[...]
    for i in range(8):
        for j in range(8):
            n = i * 13 + j
            same(found[i, j], f'number {n} ' * (n % 11) if i < 6 and j < 7 else '')
";
            h5py(script, &copy);
            std::fs::remove_file(&copy).unwrap();
            data.resize(&[0, 0]).unwrap();
            assert_eq!(used(&file), empty, "{version:?} {filtered}");
            file.close().unwrap();
            std::fs::remove_file(&path).unwrap();
        }
    }
}
