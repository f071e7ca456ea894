//! Names of hdf5-metno that Debian's libhdf5 is too old for, that need another C library, or that its
//! release keeps to itself: with hdfive alone.
#![cfg(not(feature = "metno"))]

use hdf5::dataset::ChunkInfo;
use hdf5::filters::{Blosc, BloscShuffle, Filter, ZfpMode, gzip_available, lzf_available};
use hdf5::types::OwnedDynValue;
use hdf5::{
    Dataspace, H5Type, Hyperslab, Maybe, ObjectReference2, RawHyperslab, RawSelection, RawSlice,
    ReferencedObject, Selection,
};
use hdfive_migration::{hdf5, in_memory};

#[test]
fn chunks_are_visited() -> hdf5::Result<()> {
    let file = in_memory("visit.h5")?;
    let dataset = file.new_dataset::<u8>().shape(10).chunk(4).create("x")?;
    dataset.write(&[1u8; 10])?;
    let mut seen: Vec<ChunkInfo> = Vec::new();
    dataset.chunks_visit(|chunk| {
        seen.push(chunk);
        i32::from(seen.len() == 2)
    })?;
    assert_eq!(seen.iter().map(|chunk| chunk.offset[0]).collect::<Vec<_>>(), [0, 4]);
    assert!(dataset.chunks_visit(|_| -1).is_err());
    assert_eq!(dataset.get_shape()?, [10]);
    Ok(())
}

#[test]
fn names_may_be_left_out() -> hdf5::Result<()> {
    let file = in_memory("maybe.h5")?;
    let name: Maybe<&str> = "x".into();
    assert_eq!(file.new_dataset::<u8>().create(name)?.name(), "/x");
    assert_eq!(file.new_dataset::<u8>().create(Maybe::from(None))?.name(), "");
    Ok(())
}

#[test]
fn references_of_the_second_kind_lead_to_objects() -> hdf5::Result<()> {
    let file = in_memory("references_2.h5")?;
    file.create_group("g")?;
    let reference: ObjectReference2 = file.reference("g")?;
    assert!(matches!(file.dereference(&reference)?, ReferencedObject::Group(_)));
    Ok(())
}

#[test]
fn lzf_is_here() -> hdf5::Result<()> {
    assert!(lzf_available() && gzip_available());
    let file = in_memory("lzf.h5")?;
    let dataset = file.new_dataset_builder().with_data(&[7; 1000]).lzf().create("x")?;
    assert_eq!(dataset.filters(), [Filter::lzf()]);
    assert_eq!(dataset.read_raw::<i32>()?, [7; 1000]);
    Ok(())
}

#[test]
fn blosc_is_here_too() -> hdf5::Result<()> {
    let blosc = Filter::blosc(Blosc::ZStd, 9, BloscShuffle::Bit);
    assert!(blosc.id() == 32_001 && blosc.is_available());
    let file = in_memory("blosc.h5")?;
    let new = file.new_dataset_builder().with_data(&[7; 1000]).blosc(Blosc::LZ4, 5, true);
    let dataset = new.create("x")?;
    assert!(dataset.storage_size() < 1000);
    assert_eq!(dataset.read_raw::<i32>()?, [7; 1000]);
    Ok(())
}

#[test]
fn filters_that_are_not_here_say_so() -> hdf5::Result<()> {
    let zfp = [
        Filter::zfp(ZfpMode::Reversible, vec![4, 4], 8),
        Filter::zfp_rate(16.0, vec![4, 4], 8),
        Filter::zfp_precision(12, vec![4, 4], 8),
        Filter::zfp_accuracy(0.01, vec![4, 4], 8),
        Filter::zfp_reversible(vec![4, 4], 8),
    ];
    assert!(zfp.iter().all(|filter| filter.id() == 32_013 && !filter.is_available()));
    assert_eq!((&zfp[0], &zfp[1]), (&zfp[4], &Filter::user(32_013, &[1, 0, 0, 0x4030_0000])));
    let file = in_memory("absent.h5")?;
    let new = || file.new_dataset::<f64>().shape((4, 4)).chunk((4, 4));
    let refused = [
        new().zfp_rate(16.0, vec![4, 4], 8).create("x"),
        new().zfp_precision(12, vec![4, 4], 8).create("x"),
        new().zfp_accuracy(0.01, vec![4, 4], 8).create("x"),
        new().zfp_reversible(vec![4, 4], 8).create("x"),
    ];
    assert!(refused.into_iter().all(|made| made.is_err_and(|error| error.is_unsupported())));
    assert!(file.is_empty());
    Ok(())
}

#[test]
fn raw_selections_are_what_is_stored() -> hdf5::Result<()> {
    let raw: RawHyperslab = Hyperslab::new((1..3, 2)).into_raw([4, 5])?;
    assert_eq!(
        raw,
        RawHyperslab::from(vec![RawSlice::new(1, 1, Some(2), 1), RawSlice::new(2, 1, Some(1), 1)])
    );
    let back = Hyperslab::from_raw(raw.clone())?;
    assert_eq!(back.into_raw([4, 5])?, raw);
    let selection: RawSelection = Selection::new(1..3).into_raw([4])?;
    assert_eq!(Selection::from_raw(selection.clone())?.out_shape([4])?, [2]);
    let space = Dataspace::try_new(4)?.select_raw(selection.clone())?;
    assert_eq!((space.selection_size(), space.get_raw_selection()?), (2, selection));
    Ok(())
}

#[test]
fn values_are_made_of_bytes() {
    let value = OwnedDynValue::from_raw(u16::type_descriptor(), Box::new(7u16.to_ne_bytes()));
    assert_eq!(value.get_buf(), 7u16.to_ne_bytes());
    assert_eq!(value.cast::<u16>().ok(), Some(7));
}
