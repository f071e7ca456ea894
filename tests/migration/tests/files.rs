//! Files: how they are made, opened, closed, and what they say of themselves.

use hdf5::{File, FileBuilder, OpenMode};
use hdfive_migration::{hdf5, in_memory, scratch};

#[test]
fn files_are_made_opened_and_closed() -> hdf5::Result<()> {
    let path = scratch("files_are_made.h5");
    assert!(File::open(&path).is_err());
    assert!(File::open_rw(&path).is_err());
    let file = File::create(&path)?;
    assert!(!file.is_read_only());
    file.new_dataset::<i32>().shape(3).create("x")?;
    file.flush()?;
    assert!(file.size() > 0);
    assert_eq!(file.userblock(), 0);
    let _: u64 = file.free_space();
    file.close()?;

    assert!(File::create_excl(&path).is_err());
    let file = File::open(&path)?;
    assert!(file.is_read_only());
    assert_eq!(file.member_names()?, ["x"]);
    assert!(file.create_group("g").is_err());
    drop(file);
    let file = File::open_rw(&path)?;
    file.create_group("g")?;
    file.close()?;
    let file = File::append(&path)?;
    assert_eq!(file.member_names()?, ["g", "x"]);
    file.close()?;
    let other = scratch("files_are_made_by_append.h5");
    File::append(&other)?.close()?;
    assert!(File::open(&other)?.is_empty());
    File::create(&other)?.close()?;
    Ok(())
}

#[test]
fn a_mode_says_how_a_file_is_opened() -> hdf5::Result<()> {
    let path = scratch("a_mode_says.h5");
    assert!(File::open_as(&path, OpenMode::Read).is_err());
    File::open_as(&path, OpenMode::CreateExcl)?.close()?;
    assert!(File::open_as(&path, OpenMode::CreateExcl).is_err());
    File::open_as(&path, OpenMode::ReadWrite)?.create_group("a")?;
    File::open_as(&path, OpenMode::Append)?.create_group("b")?;
    assert_eq!(File::open_as(&path, OpenMode::Read)?.len(), 2);
    File::open_as(&path, OpenMode::Create)?.close()?;
    assert_eq!(File::open_as(&path, OpenMode::Read)?.len(), 0);
    Ok(())
}

#[test]
fn builders_open_files() -> hdf5::Result<()> {
    let path = scratch("builders_open.h5");
    let builder: FileBuilder = File::with_options();
    builder.create_excl(&path)?.create_group("a")?;
    assert!(builder.create_excl(&path).is_err());
    builder.append(&path)?.create_group("b")?;
    builder.open_rw(&path)?.create_group("c")?;
    assert_eq!(builder.open(&path)?.len(), 3);
    assert_eq!(FileBuilder::new().open_as(&path, OpenMode::Read)?.len(), 3);
    builder.create(&path)?.close()?;
    assert_eq!(builder.open(&path)?.len(), 0);
    Ok(())
}

#[test]
fn user_blocks_are_left_to_others() -> hdf5::Result<()> {
    let path = scratch("user_blocks.h5");
    let file = FileBuilder::new().with_fcpl(|p| p.userblock(512)).create(&path)?;
    assert_eq!(file.userblock(), 512);
    file.close()?;
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(&bytes[512..520], b"\x89HDF\r\n\x1a\n");
    assert_eq!(File::open(&path)?.userblock(), 512);
    Ok(())
}

#[test]
fn files_in_memory_leave_nothing_behind() -> hdf5::Result<()> {
    let path = scratch("in_memory.h5");
    let file = File::with_options().with_fapl(|p| p.core_filebacked(false)).create(&path)?;
    file.new_dataset_builder().with_data(&[1, 2, 3]).create("x")?;
    assert_eq!(file.dataset("x")?.read_raw::<i32>()?, [1, 2, 3]);
    file.close()?;
    assert!(!path.exists());
    let file = File::with_options().with_fapl(|p| p.core_filebacked(true)).create(&path)?;
    file.create_group("kept")?;
    file.close()?;
    assert_eq!(File::open(&path)?.member_names()?, ["kept"]);
    let file = File::with_options().with_fapl(|p| p.core_filebacked(false)).open_rw(&path)?;
    file.create_group("lost")?;
    file.close()?;
    assert_eq!(File::open(&path)?.member_names()?, ["kept"]);
    Ok(())
}

#[test]
fn access_and_creation_options_are_chained() -> hdf5::Result<()> {
    let path = scratch("options_are_chained.h5");
    let file = File::with_options()
        .with_fapl(|p| p.libver_latest())
        .with_fcpl(|p| p.obj_track_times(false))
        .create(&path)?;
    file.create_group("a/b/c")?;
    file.close()?;
    assert_eq!(File::open(&path)?.group("a/b/c")?.name(), "/a/b/c");
    Ok(())
}

#[test]
fn handles_outlive_the_variable_of_their_file() -> hdf5::Result<()> {
    let dataset = {
        let file = in_memory("outlived.h5")?;
        file.new_dataset_builder().with_data(&[0.5, 1.5]).create("x")?
    };
    assert_eq!(dataset.read_raw::<f64>()?, [0.5, 1.5]);
    assert_eq!(dataset.file()?.member_names()?, ["x"]);
    Ok(())
}

#[test]
fn files_are_written_for_readers_to_see() -> hdf5::Result<()> {
    let path = scratch("swmr.h5");
    let file = File::with_options().with_fapl(|p| p.libver_latest()).create(&path)?;
    let log = file.new_dataset::<u32>().shape(0..).chunk(4).create("log")?;
    file.start_swmr()?;
    for count in 1..=5 {
        log.resize(count)?;
        log.write_slice(&[count as u32], count - 1..count)?;
        log.flush()?;
    }
    file.close()?;
    assert_eq!(File::open(&path)?.dataset("log")?.read_raw::<u32>()?, [1, 2, 3, 4, 5]);
    Ok(())
}
