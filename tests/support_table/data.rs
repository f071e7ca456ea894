//! Dataspaces, layouts, chunk indexes, fill values; and filters.

use hdfive::{
    AllocTime, AnyValues, ChunkIndexType, ErrorKind, File, FileBuilder, FillValue, Layout,
    LibraryVersion, Result,
};

use crate::filters;
use crate::structure::Outcome::Yes;
use crate::structure::{Has, Seen, Structure, options, options_of, structure};
use crate::support::fixtures;

pub fn all() -> Vec<Structure> {
    let mut all = spaces();
    all.extend(layouts());
    all.extend(indexes());
    all.extend(filters::all());
    all.extend(fill_values());
    all
}

fn spaces() -> Vec<Structure> {
    let null: Has = |seen, object| seen.dataset(object).space().unwrap().is_null();
    let scalar: Has = |seen, object| seen.dataset(object).is_scalar();
    let fixed: Has = |seen, object| {
        let dataset = seen.dataset(object);
        dataset.ndim() > 0 && !dataset.is_resizable()
    };
    let empty: Has = |seen, object| {
        let dataset = seen.dataset(object);
        dataset.size() == 0 && dataset.ndim() > 0
    };
    let grows: Has = |seen, object| seen.dataset(object).max_shape().contains(&None);
    /// Of a dataset without elements, what there is to change is beside them.
    fn describe(file: &File, object: &str) -> Result<()> {
        file.dataset(object)?.set_attr("about", "nothing")
    }
    let part = "dataspace";
    vec![
        structure(part, "null").in_fixture("spaces_latest.h5", "/null", null, describe).made(
            options,
            null,
            |file| file.create_dataset("made", AnyValues::null::<f64>()).map(|_| ()),
        ),
        structure(part, "scalar")
            .in_fixture("spaces_earliest.h5", "/scalar", scalar, |file, object| {
                file.dataset(object)?.write_scalar(&99)
            })
            .made(options, scalar, |file| file.create_dataset("made", 7).map(|_| ())),
        structure(part, "fixed").in_fixture("spaces_v110.h5", "/many axes", fixed, reverse).made(
            options,
            fixed,
            |file| file.create_dataset("made", [1, 2, 3]).map(|_| ()),
        ),
        structure(part, "empty")
            .in_fixture("spaces_latest.h5", "/none of three", empty, describe)
            .made(options, empty, |file| {
                file.new_dataset::<i32>().shape((0, 3)).create("made").map(|_| ())
            }),
        structure(part, "growing")
            .in_fixture("spaces_latest.h5", "/unbounded inside", grows, |file, object| {
                let dataset = file.dataset(object)?;
                dataset.resize((2, 9, 4))?;
                dataset.write_slice([5; 4], (1, 8, ..))?;
                dataset.resize((2, 9, 3))
            })
            .made(options, grows, |file| {
                let made = file.new_dataset::<i32>().shape((0.., 2)).create("made")?;
                made.append([1, 2], 0)
            }),
    ]
}

/// Writes all elements in the opposite order, and resizes where that can be.
pub fn reverse(file: &File, object: &str) -> Result<()> {
    let dataset = file.dataset(object)?;
    let mut values = dataset.read_values()?;
    values.reverse();
    dataset.write_values(&values)?;
    assert_eq!(dataset.read_values()?, values);
    if dataset.is_resizable() && dataset.is_chunked() {
        let shape = dataset.shape();
        let grown: Vec<usize> = std::iter::zip(&shape, dataset.max_shape())
            .map(|(len, max)| if max.is_none() { len * 2 + 1 } else { *len })
            .collect();
        dataset.resize(&grown)?;
        dataset.resize(&shape)?;
        assert_eq!(dataset.read_values()?, values);
    }
    Ok(())
}

fn layouts() -> Vec<Structure> {
    let compact: Has = |seen, object| seen.dataset(object).layout() == Layout::Compact;
    let contiguous: Has = |seen, object| seen.dataset(object).offset().is_some();
    let external: Has = |seen, object| !seen.dataset(object).external_files().is_empty();
    let virtual_: Has = |seen, object| seen.dataset(object).is_virtual();
    let edges: Has = |seen, object| {
        // A chunk that crosses the edge went through no filter, and its mask does not say so.
        let dataset = seen.dataset(object);
        let chunk = dataset.chunk_info(dataset.num_chunks().unwrap() - 1).unwrap();
        let elements: usize = dataset.chunk().unwrap().iter().product();
        let whole = elements * dataset.dtype().unwrap().size();
        dataset.filters().len() > 1 && chunk.filter_mask == 0 && chunk.size == whole as u64
    };
    let part = "layout";
    vec![
        structure(part, "compact")
            .in_fixture("layouts_latest.h5", "/compact", compact, reverse)
            .made(options, compact, |file| {
                let new = file.new_dataset_builder().layout(Layout::Compact);
                new.with_data(&[1, 2, 3]).create("made").map(|_| ())
            }),
        structure(part, "contiguous")
            .in_fixture("layouts_earliest.h5", "/contiguous", contiguous, reverse)
            .made(options, contiguous, |file| file.create_dataset("made", [1, 2, 3]).map(|_| ())),
        structure(part, "external")
            .in_fixture_touching(
                "external_latest.h5",
                "/in parts",
                &["/rest=", "/twice="],
                external,
                reverse_the_start,
            )
            .made(options, external, |file| {
                let new = file.new_dataset::<i32>().shape(5);
                let new =
                    new.external("created-raw", 8, 12).external("created-raw-2", 0, usize::MAX);
                new.create("made")?.write(&[1, 2, 3, 4, 5])
            })
            .reading(move |_| {
                let path = fixtures::folder().join("external_latest.h5");
                let refused = File::open(&path)?.dataset("in parts")?.read_raw::<i32>();
                assert!(matches!(refused.unwrap_err().kind(), ErrorKind::Refused(_)));
                let seen = Seen::open(&path)?;
                assert!(external(&seen, "in parts"));
                let found: Vec<i32> = seen.dataset("in parts").read_slice_raw(..25)?;
                assert_eq!(found, (0..25).collect::<Vec<_>>());
                Ok(Yes("where `ExternalAccess` allows it"))
            }),
        structure(part, "virtual")
            .in_fixture_touching(
                "virtual_latest.h5",
                "/whole",
                &["/rows=", "/pattern="],
                virtual_,
                reverse,
            )
            .made(options, virtual_, |file| {
                file.create_dataset("source", [1, 2, 3])?;
                let new = file.new_dataset::<i32>().shape((2, 3));
                let new = new.virtual_map(".", "source", 3, .., (2, 3), (1, ..));
                let made = new.fill_value(9).create("made")?;
                assert_eq!(made.read_raw::<i32>()?, [9, 9, 9, 1, 2, 3]);
                Ok(())
            }),
        structure(part, "chunks whose edges go unfiltered")
            .in_fixture("partial_edges_latest.h5", "/two", edges, reverse)
            .made(
                || options_of(LibraryVersion::V110),
                edges,
                |file| {
                    let new = file.new_dataset::<i32>().shape((10, 13)).chunk((4, 5)).shuffle();
                    let new = new.deflate(6).filter_partial_chunks(false);
                    new.create("made")?.write_raw(&(0..130).collect::<Vec<i32>>())
                },
            ),
    ]
}

/// As [`reverse`], without the part that lies in no file.
fn reverse_the_start(file: &File, object: &str) -> Result<()> {
    let dataset = file.dataset(object)?;
    let mut values: Vec<i32> = dataset.read_slice_raw(..25)?;
    values.reverse();
    dataset.write_slice(&values, ..25)?;
    assert_eq!(dataset.read_slice_raw::<i32>(..25)?, values);
    Ok(())
}

fn indexes() -> Vec<Structure> {
    fn is(seen: &Seen, object: &str, index: ChunkIndexType) -> bool {
        let dataset = seen.dataset(object);
        dataset.chunk_index() == Some(index) && dataset.num_chunks().unwrap() > 0
    }
    fn latest() -> FileBuilder {
        options_of(LibraryVersion::LATEST)
    }
    let tree1: Has = |seen, object| is(seen, object, ChunkIndexType::BTree1);
    let single: Has = |seen, object| is(seen, object, ChunkIndexType::Single);
    let implicit: Has = |seen, object| is(seen, object, ChunkIndexType::Implicit);
    let fixed: Has = |seen, object| is(seen, object, ChunkIndexType::FixedArray);
    let extensible: Has = |seen, object| is(seen, object, ChunkIndexType::ExtensibleArray);
    let tree2: Has = |seen, object| is(seen, object, ChunkIndexType::BTree2);
    fn write(dataset: hdfive::Dataset) -> Result<()> {
        dataset.write_raw(&(0..60).collect::<Vec<i32>>())
    }
    let part = "chunk index";
    let file = "chunk_indexes_latest.h5";
    vec![
        structure(part, "version 1 B-tree")
            .in_fixture("chunk_tree_levels_earliest.h5", "/levels", tree1, reverse)
            .made(options, tree1, |file| {
                write(file.new_dataset::<i32>().shape((10.., 6)).chunk((3, 2)).create("made")?)
            }),
        structure(part, "single chunk").in_fixture(file, "/single gzip", single, reverse).made(
            latest,
            single,
            |file| write(file.new_dataset::<i32>().shape(60).chunk(60).lzf().create("made")?),
        ),
        structure(part, "implicit").in_fixture(file, "/implicit", implicit, reverse).made(
            latest,
            implicit,
            |file| {
                let new = file.new_dataset::<i32>().shape(60).chunk(7);
                write(new.alloc_time(Some(AllocTime::Early)).create("made")?)
            },
        ),
        structure(part, "fixed array").in_fixture(file, "/fixed gzip", fixed, reverse).made(
            latest,
            fixed,
            |file| write(file.new_dataset::<i32>().shape(60).chunk(7).create("made")?),
        ),
        structure(part, "extensible array")
            .in_fixture(file, "/row gzip", extensible, reverse)
            .made(latest, extensible, |file| {
                write(file.new_dataset::<i32>().shape(60..).chunk(1).deflate(1).create("made")?)
            }),
        structure(part, "version 2 B-tree")
            .in_fixture("chunk_tree2_levels_latest.h5", "/levels gzip", tree2, reverse)
            .made(latest, tree2, |file| {
                write(file.new_dataset::<i32>().shape((10.., 6..)).chunk((3, 2)).create("made")?)
            }),
    ]
}

fn fill_values() -> Vec<Structure> {
    let default: Has = |seen, object| seen.dataset(object).fill() == FillValue::Default;
    let user: Has = |seen, object| matches!(seen.dataset(object).fill(), FillValue::User(_));
    let undefined: Has = |seen, object| seen.dataset(object).fill() == FillValue::Undefined;
    /// Writes one element; those beside it, in its chunk or block, stay what they are.
    fn write_one(file: &File, object: &str) -> Result<()> {
        let dataset = file.dataset(object)?;
        let before: Vec<f64> = dataset.read_raw()?;
        dataset.write_slice([3], 1..2)?;
        let after: Vec<f64> = dataset.read_raw()?;
        assert_eq!((after[1], &after[2..]), (3.0, &before[2..]));
        Ok(())
    }
    let part = "fill value";
    vec![
        structure(part, "default")
            .in_fixture("layouts_latest.h5", "/unwritten", default, write_one)
            .made(options, default, |file| {
                let made = file.new_dataset::<f64>().shape(9).chunk(4).create("made")?;
                made.write_slice([1.5], 4..5)?;
                assert_eq!(made.read_slice_raw::<f64>(3..6)?, [0.0, 1.5, 0.0]);
                Ok(())
            }),
        structure(part, "a value")
            .in_fixture("fill_values_latest.h5", "/ifset default chunked", user, write_one)
            .made(options, user, |file| {
                let new = file.new_dataset::<f64>().shape(9).chunk(4).fill_value(-1.0);
                let made = new.create("made")?;
                made.write_slice([1.5], 4..5)?;
                assert_eq!(made.read_slice_raw::<f64>(3..6)?, [-1.0, 1.5, -1.0]);
                Ok(())
            }),
        structure(part, "undefined")
            .made(options, undefined, |file| {
                let made = file.new_dataset::<f64>().shape(9).no_fill_value().create("made")?;
                made.write_raw(&[1.5; 9])
            })
            .reading(move |folder| {
                let path = folder.join("undefined.h5");
                let file = options().create(&path)?;
                file.new_dataset::<f64>().shape(9).no_fill_value().create("made")?;
                file.close()?;
                let seen = Seen::open(&path)?;
                assert!(undefined(&seen, "made"));
                assert_eq!(seen.dataset("made").read_raw::<f64>()?.len(), 9);
                Ok(Yes(""))
            })
            .editing(move |folder| {
                let path = folder.join("undefined-edited.h5");
                let file = options().create(&path)?;
                file.new_dataset::<f64>().shape(9).no_fill_value().create("made")?;
                file.close()?;
                let file = options().open_rw(&path)?;
                write_one(&file, "made")?;
                file.close()?;
                assert_eq!(Seen::open(&path)?.dataset("made").read_slice_scalar::<f64>(1)?, 3.0);
                Ok(Yes(""))
            }),
    ]
}
