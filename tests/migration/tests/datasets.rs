//! Datasets: what they can be made as, and what they say of themselves.

use hdf5::dataset::{
    AllocTime, AttrCreationOrder, Chunk, ChunkInfo, ChunkOpts, FillTime, Layout, VirtualView,
};
use hdf5::filters::Filter;
use hdf5::plist::CharEncoding;
use hdf5::types::TypeDescriptor;
use hdf5::{Dataset, DatasetBuilder, DatasetBuilderEmpty, DatasetBuilderEmptyShape, File, H5Type};
use hdfive_migration::{hdf5, in_memory, scratch};
use ndarray::{Array2, arr1, arr2, s};

#[test]
fn builders_make_datasets() -> hdf5::Result<()> {
    let file = in_memory("builders.h5")?;
    let builder: DatasetBuilder = file.new_dataset_builder();
    let empty: DatasetBuilderEmpty = builder.empty::<u32>();
    let scalar = empty.clone().create("scalar")?;
    assert!(scalar.is_scalar());
    let shaped: DatasetBuilderEmptyShape = empty.shape((2, 3));
    for name in ["first", "second"] {
        assert_eq!(shaped.create(name)?.shape(), [2, 3]);
    }
    let nameless = shaped.create(None)?;
    assert_eq!(nameless.read_raw::<u32>()?, [0; 6]);
    assert_eq!(shaped.create(Some("third"))?.name(), "/third");
    let described = DatasetBuilder::new(&file).empty_as(&TypeDescriptor::FixedAscii(5)).shape(2);
    assert_eq!(described.create("text")?.dtype()?.to_descriptor()?, TypeDescriptor::FixedAscii(5));
    let data = file.new_dataset_builder().with_data(&arr2(&[[1, 2], [3, 4]])).create("data")?;
    assert_eq!(data.read_2d::<i32>()?, arr2(&[[1, 2], [3, 4]]));
    let wide = f64::type_descriptor();
    let as_wide = file.new_dataset_builder().with_data_as(&[1.5f32, 2.5], &wide).create("wide")?;
    assert!(as_wide.dtype()?.is::<f64>());
    assert_eq!(as_wide.read_raw::<f32>()?, [1.5, 2.5]);
    assert!(shaped.create("first").is_err());
    Ok(())
}

#[test]
fn shapes_are_spelled_in_many_ways() -> hdf5::Result<()> {
    let file = in_memory("shapes.h5")?;
    let new = || file.new_dataset::<u8>();
    assert_eq!(new().shape(4).create(None)?.shape(), [4]);
    assert_eq!(new().shape(()).create(None)?.shape(), [0; 0]);
    assert_eq!(new().shape([2, 3]).create(None)?.shape(), [2, 3]);
    assert_eq!(new().shape(vec![2, 3, 4]).create(None)?.shape(), [2, 3, 4]);
    assert_eq!(new().shape((5, 6)).create(None)?.shape(), [5, 6]);
    let growing = new().shape((0.., 6)).create(None)?;
    assert!(growing.is_resizable() && growing.is_chunked());
    let bounded = new().shape((1..=3, 6)).chunk((1, 6)).create(None)?;
    assert_eq!(bounded.space()?.maxdims(), [Some(3), Some(6)]);
    Ok(())
}

#[test]
fn datasets_grow_and_shrink() -> hdf5::Result<()> {
    let file = in_memory("grow.h5")?;
    let log = file.new_dataset::<i32>().shape((0.., 2)).chunk((4, 2)).create("log")?;
    log.resize((3, 2))?;
    log.write_slice(&arr2(&[[1, 2], [3, 4]]), s![1.., ..])?;
    assert_eq!(log.read_2d::<i32>()?, arr2(&[[0, 0], [1, 2], [3, 4]]));
    log.resize([2, 2])?;
    assert_eq!(log.read_raw::<i32>()?, [0, 0, 1, 2]);
    let fixed = file.new_dataset::<i32>().shape(2).create("fixed")?;
    assert!(!fixed.is_resizable() && fixed.resize(3).is_err());
    Ok(())
}

#[test]
fn layouts_are_chosen() -> hdf5::Result<()> {
    let file = in_memory("layouts.h5")?;
    let new = || file.new_dataset::<u16>().shape((8, 8));
    let contiguous = new().create("contiguous")?;
    assert_eq!((contiguous.layout(), contiguous.is_chunked()), (Layout::Contiguous, false));
    assert_eq!((contiguous.chunk(), contiguous.num_chunks()), (None, None));
    contiguous.write_raw(&[7u16; 64])?;
    assert!(contiguous.offset().is_some());
    assert_eq!(contiguous.storage_size(), 128);
    assert_eq!(new().layout(Layout::Compact).create("compact")?.layout(), Layout::Compact);
    let chunked = new().chunk((4, 4)).create("chunked")?;
    assert_eq!((chunked.layout(), chunked.chunk()), (Layout::Chunked, Some(vec![4, 4])));
    assert_eq!((chunked.offset(), chunked.storage_size()), (None, 0));
    assert_eq!(new().chunk((2, 2)).no_chunk().create("none")?.layout(), Layout::Contiguous);
    let guessed = new().chunk_min_kb(1).shuffle().create("guessed")?;
    assert!(guessed.chunk().is_some());
    match contiguous.layout() {
        Layout::Compact | Layout::Chunked | Layout::Virtual => panic!("it is contiguous"),
        Layout::Contiguous => {}
    }
    let wishes = [Chunk::Exact(vec![2, 2]), Chunk::MinKB(4), Chunk::None];
    assert_eq!(Chunk::default(), Chunk::None);
    assert_eq!(wishes.iter().filter(|wish| **wish == Chunk::None).count(), 1);
    Ok(())
}

#[test]
fn chunks_are_listed() -> hdf5::Result<()> {
    let file = in_memory("chunks.h5")?;
    let dataset = file.new_dataset::<u32>().shape((4, 6)).chunk((2, 3)).deflate(1).create("x")?;
    assert_eq!(dataset.num_chunks(), Some(0));
    let values = Array2::from_shape_fn((4, 6), |(row, column)| (row * 6 + column) as u32);
    dataset.write(&values)?;
    file.flush()?;
    assert_eq!(dataset.num_chunks(), Some(4));
    let mut all: Vec<ChunkInfo> = (0..4).filter_map(|index| dataset.chunk_info(index)).collect();
    all.sort_by(|one, other| one.offset.cmp(&other.offset));
    let offsets: Vec<_> = all.iter().map(|chunk| chunk.offset.clone()).collect();
    assert_eq!(offsets, [[0, 0], [0, 3], [2, 0], [2, 3]]);
    assert!(all.iter().all(|chunk| chunk.filter_mask == 0 && chunk.addr > 0 && chunk.size > 0));
    assert_eq!(all[0].disabled_filters(), [0; 0]);
    let total: u64 = all.iter().map(|chunk| chunk.size).sum();
    assert_eq!(dataset.storage_size(), total);
    Ok(())
}

#[test]
fn fill_values_stand_where_nothing_is_written() -> hdf5::Result<()> {
    let file = in_memory("fill.h5")?;
    let new = || file.new_dataset::<i16>().shape(3);
    let filled = new().fill_value(-7i16).fill_time(FillTime::Alloc).create("filled")?;
    assert_eq!(filled.read_raw::<i16>()?, [-7; 3]);
    assert_eq!(filled.fill_value()?, Some((-7i16).into()));
    let early = new().alloc_time(Some(AllocTime::Early)).create("early")?;
    assert_eq!((early.storage_size(), early.offset().is_some()), (6, true));
    assert_eq!(new().alloc_time(None).create("late")?.storage_size(), 0);
    new().no_fill_value().fill_time(FillTime::Never).create("anything")?;
    new().fill_time(FillTime::IfSet).alloc_time(Some(AllocTime::Late)).create("set")?;
    new().chunk(2).alloc_time(Some(AllocTime::Incr)).create("incremental")?;
    Ok(())
}

#[test]
fn all_options_are_taken_by_all_builders() -> hdf5::Result<()> {
    let file = in_memory("options.h5")?;
    let dataset: Dataset = file
        .new_dataset_builder()
        .obj_track_times(false)
        .attr_phase_change(4, 2)
        .attr_creation_order(AttrCreationOrder::Indexed)
        .char_encoding(CharEncoding::Utf8)
        .chunk_cache(101, 1 << 20, 0.5)
        .empty::<f32>()
        .create_intermediate_group(true)
        .chunk((2, 2))
        .chunk_opts(ChunkOpts::DONT_FILTER_PARTIAL_CHUNKS)
        .shape((3, 3))
        .efile_prefix("elsewhere")
        .deflate(3)
        .packed(false)
        .create("a/b/x")?;
    for number in [2u8, 1, 0] {
        dataset.new_attr::<u8>().create(format!("attribute {number}").as_str())?;
    }
    assert_eq!(dataset.attr_names()?.len(), 3);
    assert_eq!(dataset.chunk(), Some(vec![2, 2]));
    let strict = file.new_dataset_builder().with_data(&[1]).create_intermediate_group(false);
    assert!(strict.create("c/d").is_err());
    strict.create("c")?;
    Ok(())
}

#[test]
fn filters_are_set_added_and_cleared() -> hdf5::Result<()> {
    let file = in_memory("set_filters.h5")?;
    let new = || file.new_dataset::<i32>().shape(100).chunk(50);
    let both = new().set_filters(&[Filter::shuffle(), Filter::deflate(6)]).create("both")?;
    assert_eq!(both.filters(), [Filter::Shuffle, Filter::Deflate(6)]);
    assert_eq!(new().deflate(1).clear_filters().create("none")?.filters(), []);
    let checked = new().fletcher32().nbit().create("checked")?;
    assert_eq!(checked.filters(), [Filter::Fletcher32, Filter::NBit]);
    let by_number = new().add_filter(1, &[9]).create("by_number")?;
    assert_eq!(by_number.filters(), [Filter::Deflate(9)]);
    Ok(())
}

#[test]
fn raw_data_lies_in_external_files() -> hdf5::Result<()> {
    let (path, raw) = (scratch("external.h5"), scratch("external.raw"));
    let _ = std::fs::write(&raw, [0u8; 16]);
    let file = File::create(&path)?;
    let name = raw.to_str().unwrap();
    let dataset = file.new_dataset::<u8>().shape(8).external(name, 4, 8).create("x")?;
    assert_eq!((dataset.layout(), dataset.offset()), (Layout::Contiguous, None));
    file.close()?;
    Ok(())
}

#[test]
fn virtual_datasets_show_others() -> hdf5::Result<()> {
    let file = in_memory("virtual.h5")?;
    for (name, value) in [("a", 1), ("b", 2)] {
        file.new_dataset_builder().with_data(&[value; 3]).create(name)?;
    }
    let both = file
        .new_dataset::<i32>()
        .shape((2, 3))
        .virtual_map(".", "a", 3, .., (2, 3), (0, ..))
        .virtual_map(".", "b", 3, .., (2, 3), (1, ..))
        .virtual_view(VirtualView::LastAvailable)
        .virtual_printf_gap(0)
        .create("both")?;
    assert_eq!(both.layout(), Layout::Virtual);
    assert_eq!(both.read_2d::<i32>()?, arr2(&[[1, 1, 1], [2, 2, 2]]));
    Ok(())
}

#[test]
fn datasets_are_flushed_and_refreshed() -> hdf5::Result<()> {
    let path = scratch("flushed.h5");
    let file = File::create(&path)?;
    let dataset = file.new_dataset_builder().with_data(&arr1(&[1, 2])).create("x")?;
    dataset.flush()?;
    dataset.refresh()?;
    assert_eq!(dataset.read_1d::<i32>()?, arr1(&[1, 2]));
    Ok(())
}
