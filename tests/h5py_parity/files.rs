//! Files: how they are opened, made and closed.

use std::sync::Arc;

use hdfive::{File, FileSpaceStrategy, LibraryVersion, ReferencedObject, SharedMemory};
use serde_json::json;

use crate::{new, squares};

fn mode(file: &File) -> &'static str {
    if file.is_read_only() { "r" } else { "r+" }
}

rows! {
    fn file_missing(folder) {
        File::open(folder.join("missing.h5"))?;
        Ok(json!(null))
    }

    fn file_default_mode_reads(folder) {
        new(folder).close()?;
        Ok(json!(mode(&File::open(folder.join("f.h5"))?)))
    }

    fn file_r_plus(folder) {
        new(folder).close()?;
        let file = File::open_rw(folder.join("f.h5"))?;
        file.create_group("a")?;
        Ok(json!([mode(&file), file.member_names()?]))
    }

    fn file_r_plus_missing(folder) {
        File::open_rw(folder.join("missing.h5"))?;
        Ok(json!(null))
    }

    fn file_w_truncates(folder) {
        let file = new(folder);
        file.create_group("a")?;
        file.close()?;
        let file = new(folder);
        Ok(json!([mode(&file), file.member_names()?]))
    }

    fn file_x_exists(folder) {
        new(folder).close()?;
        File::create_excl(folder.join("f.h5"))?;
        Ok(json!(null))
    }

    fn file_x_new(folder) {
        Ok(json!(mode(&File::create_excl(folder.join("f.h5"))?)))
    }

    fn file_a(folder) {
        let file = File::append(folder.join("f.h5"))?;
        file.create_group("a")?;
        file.close()?;
        Ok(json!(File::append(folder.join("f.h5"))?.member_names()?))
    }

    fn file_not_hdf5(folder) {
        std::fs::write(folder.join("f.h5"), "something else altogether".repeat(100)).unwrap();
        let error = File::open(folder.join("f.h5")).unwrap_err();
        assert!(error.to_string().contains("signature"), "{error}");
        Err(error)
    }

    fn file_empty(folder) {
        std::fs::write(folder.join("f.h5"), "").unwrap();
        File::open(folder.join("f.h5"))?;
        Ok(json!(null))
    }

    fn file_write_in_r(folder) {
        new(folder).close()?;
        File::open(folder.join("f.h5"))?.create_group("a")?;
        Ok(json!(null))
    }

    fn file_is_root_group(folder) {
        let file = new(folder);
        let root = file.group("/")?;
        let name = std::path::PathBuf::from(file.filename());
        let name = name.file_name().unwrap().to_str().unwrap();
        let same = matches!(file.get("/")?, ReferencedObject::Group(group) if group == root);
        Ok(json!([file.name(), name, root.parent()? == root, *file == root, same]))
    }

    fn file_closed_handles(folder) {
        let (file, x) = squares(folder);
        file.clone().close()?;
        Ok(json!([file.is_valid(), x.is_valid()]))
    }

    fn file_closed_read(folder) {
        let (file, x) = squares(folder);
        file.close()?;
        x.read_slice_raw::<i64>(0)?;
        Ok(json!(null))
    }

    fn file_lives_with_its_objects(folder) {
        let (file, x) = squares(folder);
        drop(file);
        Ok(json!(x.read_slice_scalar::<i64>((1, 2))?))
    }

    fn file_libver(folder) {
        use LibraryVersion::{Earliest, V18, V110, V112, V114, V200};
        let version = |low| -> hdfive::Result<u8> {
            let options = File::with_options().library_versions(low, LibraryVersion::LATEST);
            options.create(folder.join("f.h5"))?.close()?;
            Ok(File::open(folder.join("f.h5"))?.info().superblock_version)
        };
        let all = [Earliest, V18, V110, V112, V114, V200].map(version);
        Ok(json!(all.into_iter().collect::<hdfive::Result<Vec<_>>>()?))
    }

    fn file_userblock(folder) {
        let file = File::with_options().userblock(1024).create(folder.join("f.h5"))?;
        file.create_group("a")?;
        file.close()?;
        let file = File::open(folder.join("f.h5"))?;
        Ok(json!([file.userblock(), file.member_names()?]))
    }

    fn file_userblock_odd(folder) {
        File::with_options().userblock(1000).create(folder.join("f.h5"))?;
        Ok(json!(null))
    }

    fn file_track_order(folder) {
        let file = File::with_options().track_order(true).create(folder.join("f.h5"))?;
        for name in ["z", "a", "b"] {
            file.create_group(name)?;
            file.set_attr(name, 1)?;
        }
        Ok(json!([file.member_names()?, file.attr_names()?]))
    }

    fn file_page_strategy(folder) {
        let options = File::with_options().file_space(FileSpaceStrategy::Page, true, 10, 8192);
        let file = options.create(folder.join("f.h5"))?;
        file.create_group("a")?;
        file.close()?;
        let space = File::open(folder.join("f.h5"))?.info().file_space.unwrap();
        assert_eq!(space.strategy, FileSpaceStrategy::Page);
        Ok(json!([u8::from(space.persist), space.threshold, space.page_size]))
    }

    fn file_in_memory(_folder) {
        let file = File::in_memory()?;
        file.create_dataset("x", 5)?;
        let again = Arc::new(SharedMemory::new(file.into_bytes()?));
        let again = File::with_options().open_storage_rw(again)?;
        Ok(json!(again.dataset("x")?.read_scalar::<i64>()?))
    }

    fn file_is_hdf5(folder) {
        File::with_options().userblock(2048).create(folder.join("user.h5"))?.close()?;
        new(folder).close()?;
        std::fs::write(folder.join("no.h5"), "no".repeat(5000)).unwrap();
        let all = ["f.h5", "user.h5", "no.h5", "missing.h5"];
        Ok(json!(all.map(|name| File::is_hdf5(folder.join(name)))))
    }

    fn file_equality(folder) {
        let file = new(folder);
        file.create_group("a")?;
        file.link_hard("a", "b")?;
        let (a, b) = (file.group("a")?, file.group("b")?);
        Ok(json!([a == b, a == *file, a.token() == b.token()]))
    }

    fn file_repr_open(folder) {
        let file = new(folder);
        let group = file.create_group("a")?;
        let x = group.new_dataset::<f64>().shape((2, 3)).create("x")?;
        let named = file.commit_type("t", hdfive::ElementType::of::<f64>())?;
        let [f, g, d] = [format!("{file:?}"), format!("{group:?}"), format!("{x:?}")];
        Ok(json!([
            f.contains("f.h5"),
            g.contains("/a") && g.contains("1 members"),
            d.contains("[2, 3]"),
            d.contains("x\""),
            format!("{named:?}").contains("float64"),
        ]))
    }

    fn file_repr_closed(folder) {
        let file = new(folder);
        let group = file.create_group("a")?;
        let x = group.create_dataset("x", 1)?;
        let named = file.commit_type("t", hdfive::ElementType::of::<f64>())?;
        file.clone().close()?;
        Ok(json!([
            format!("{file:?}"), format!("{group:?}"), format!("{x:?}"), format!("{named:?}"),
        ]))
    }
}
