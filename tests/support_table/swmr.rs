//! Files that are read while they are written, with chunks found in each way.

use std::path::{Path, PathBuf};

use hdfive::{AllocTime, ChunkIndexType, Dataset, File, LibraryVersion, Result};

use crate::structure::Outcome::{No, Yes};
use crate::structure::{Outcome, Structure, options_of, structure};

const ROWS: usize = 10;

pub fn all() -> Vec<Structure> {
    let of = |(name, index): (&'static str, ChunkIndexType)| {
        structure("file under SWMR", name)
            .reading(move |folder| read(&path(folder, "read", name), index))
            .creating(move |folder| {
                let path = path(folder, "created", name);
                if index == ChunkIndexType::BTree1 {
                    // Only a file that is opened once more can have one.
                    made(&path, index)?;
                    return write(&File::open_rw(&path)?, &path, index);
                }
                let file = options_of(LibraryVersion::V110).create(&path)?;
                make(&file, index)?;
                write(&file, &path, index)
            })
            .editing(move |folder| {
                let path = path(folder, "edited-swmr", name);
                made(&path, index)?;
                write(&File::open_rw(&path)?, &path, index)
            })
    };
    let all = [
        ("single chunk", ChunkIndexType::Single),
        ("implicit", ChunkIndexType::Implicit),
        ("fixed array", ChunkIndexType::FixedArray),
        ("extensible array", ChunkIndexType::ExtensibleArray),
        ("version 2 B-tree", ChunkIndexType::BTree2),
        ("version 1 B-tree", ChunkIndexType::BTree1),
    ];
    all.map(of).into()
}

fn path(folder: &Path, word: &str, name: &str) -> PathBuf {
    folder.join(format!("{word}-swmr-{}.h5", name.replace(' ', "-")))
}

/// Makes a dataset that has the index.
fn make(file: &File, index: ChunkIndexType) -> Result<Dataset> {
    let new = file.new_dataset::<i64>();
    let made = match index {
        ChunkIndexType::Single => new.shape(ROWS).chunk(ROWS).create("d"),
        ChunkIndexType::Implicit => {
            new.shape(ROWS).chunk(2).alloc_time(Some(AllocTime::Early)).create("d")
        }
        ChunkIndexType::FixedArray => new.shape(0..=ROWS).chunk(2).create("d"),
        ChunkIndexType::BTree2 => new.shape((0.., 1..)).chunk((2, 1)).create("d"),
        _ => new.shape(0..).chunk(2).create("d"),
    }?;
    assert_eq!(made.chunk_index(), Some(index));
    Ok(made)
}

/// A file with such a dataset. A version 1 B-tree is of an older format than the file.
fn made(path: &Path, index: ChunkIndexType) -> Result<()> {
    let file = options_of(LibraryVersion::V110).create(path)?;
    if index != ChunkIndexType::BTree1 {
        make(&file, index)?;
        return file.close();
    }
    file.close()?;
    let file = options_of(LibraryVersion::Earliest).open_rw(path)?;
    make(&file, index)?;
    file.close()
}

/// Fills the dataset row by row while others read it.
fn write(file: &File, path: &Path, index: ChunkIndexType) -> Result<Outcome> {
    file.start_swmr()?;
    let (dataset, reader) = (file.dataset("d")?, File::open_swmr(path)?.dataset("d")?);
    for row in 0..ROWS {
        let rows: Vec<i64> = (0..).take(row + 1).collect();
        let done = match dataset.shape()[0] < ROWS {
            true => dataset.append(&rows[row..], 0),
            false => dataset.write_slice_raw(&rows[row..], row),
        };
        if index == ChunkIndexType::BTree1 {
            assert!(done.unwrap_err().is_usage());
            return Ok(No(""));
        }
        done?;
        dataset.flush()?;
        reader.refresh()?;
        assert_eq!(reader.read_raw::<i64>()?[..=row], rows);
    }
    Ok(Yes(""))
}

/// Follows the dataset while it changes, where that may be.
fn read(path: &Path, index: ChunkIndexType) -> Result<Outcome> {
    made(path, index)?;
    if index == ChunkIndexType::BTree1 {
        // Nobody changes it.
        let file = File::open_rw(path)?;
        file.dataset("d")?.append(&[7_i64, 8], 0)?;
        file.start_swmr()?;
        assert_eq!(File::open_swmr(path)?.dataset("d")?.read_raw::<i64>()?, [7, 8]);
        return Ok(Yes(""));
    }
    write(&File::open_rw(path)?, path, index)
}
