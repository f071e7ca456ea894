//! Filters: what there is, what it is called, and what it does.

use hdf5::filters::{
    self, Filter, FilterInfo, SZip, ScaleOffset, blosc_available, deflate_available, lzf_available,
    szip_available, zfp_available,
};
use hdfive_migration::{hdf5, in_memory};
use ndarray::Array1;

#[test]
fn filters_have_numbers_and_parameters() {
    assert_eq!(Filter::deflate(5), Filter::Deflate(5));
    assert_eq!(Filter::shuffle(), Filter::Shuffle);
    assert_eq!(Filter::fletcher32(), Filter::Fletcher32);
    assert_eq!(Filter::szip(SZip::Entropy, 8), Filter::SZip(SZip::Entropy, 8));
    assert_eq!(Filter::nbit(), Filter::NBit);
    let scale = ScaleOffset::Integer(0);
    assert_eq!(Filter::scale_offset(scale), Filter::ScaleOffset(scale));
    assert_eq!(Filter::user(307, &[1, 2]), Filter::User(307, vec![1, 2]));
    let all = [
        Filter::deflate(1),
        Filter::shuffle(),
        Filter::fletcher32(),
        Filter::szip(SZip::NearestNeighbor, 4),
        Filter::nbit(),
        Filter::scale_offset(ScaleOffset::FloatDScale(2)),
        Filter::user(307, &[]),
    ];
    let numbers: Vec<i32> = all.iter().map(|filter| filter.id()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 307]);
}

#[test]
fn filters_say_whether_they_are_there() {
    assert!(deflate_available());
    assert!(filters::deflate_available());
    let _: [bool; 3] = [szip_available(), lzf_available(), blosc_available()];
    assert!(!zfp_available());
    let deflate = Filter::deflate(1);
    assert!(deflate.is_available() && deflate.encode_enabled() && deflate.decode_enabled());
    let info: FilterInfo = Filter::get_info(1);
    assert!(info.is_available && info.encode_enabled && info.decode_enabled);
    assert_eq!(Filter::get_info(61_000), FilterInfo::default());
    assert!(!Filter::user(61_000, &[]).is_available());
}

#[test]
fn filters_are_understood_from_numbers() -> hdf5::Result<()> {
    assert_eq!(Filter::from_raw(1, &[7])?, Filter::Deflate(7));
    assert_eq!(Filter::from_raw(2, &[])?, Filter::Shuffle);
    assert_eq!(Filter::from_raw(3, &[])?, Filter::Fletcher32);
    assert_eq!(Filter::from_raw(5, &[])?, Filter::NBit);
    assert_eq!(Filter::from_raw(4, &[32, 8])?, Filter::SZip(SZip::NearestNeighbor, 8));
    assert_eq!(Filter::from_raw(6, &[2, 3])?, Filter::ScaleOffset(ScaleOffset::Integer(3)));
    assert_eq!(Filter::from_raw(6, &[0, 3])?, Filter::ScaleOffset(ScaleOffset::FloatDScale(3)));
    assert_eq!(Filter::from_raw(61_000, &[1, 2])?, Filter::User(61_000, vec![1, 2]));
    assert!(Filter::from_raw(1, &[]).is_err());
    assert!(Filter::from_raw(6, &[9, 3]).is_err());
    assert!(Filter::from_raw(-1, &[]).is_err());
    Ok(())
}

#[test]
fn filtered_data_comes_back() -> hdf5::Result<()> {
    let file = in_memory("filtered.h5")?;
    let values = Array1::from_iter((0..1000).map(|n| n / 7));
    let new = || file.new_dataset_builder().with_data(&values).chunk(100);
    let made = [
        new().deflate(9).create("deflate")?,
        new().shuffle().deflate(1).create("shuffled")?,
        new().fletcher32().create("checked")?,
        new().nbit().create("nbit")?,
        new().scale_offset(ScaleOffset::Integer(0)).create("scaled")?,
    ];
    for dataset in &made {
        assert_eq!(dataset.read_1d::<i32>()?, values);
        assert!(!dataset.filters().is_empty());
    }
    assert!(made[0].storage_size() < 4000);
    assert_eq!(made[4].filters(), [Filter::ScaleOffset(ScaleOffset::Integer(0))]);
    Ok(())
}
