//! What the release has beyond its predecessors: types written out in full, attributes and links in any
//! order, places to go on from, committed types.

use hdf5::plist::CharEncoding;
use hdf5::plist::group_create::LinkCreationOrder;
use hdf5::types::OwnedDynValue;
use hdf5::{
    AttrInfo, AttributeBuilderData, CommittedDatatype, DatasetBuilderData, DatasetType, Datatype,
    Group, GroupInfo, GroupStorageType, H5Type, IndexType, IterationCursor, IterationOrder,
    LinkInfo, LinkType,
};
use hdfive_migration::{hdf5, in_memory};
use ndarray::{Array2, ArrayView2, Ix1, Ix2, arr2};

/// What a program keeps that makes several datasets alike.
struct Plan<'d> {
    grid: DatasetBuilderData<'d, f32, Ix2>,
    list: AttributeBuilderData<'d, u16, Ix1>,
}

fn compressed<'d>(group: &Group, data: ArrayView2<'d, f32>) -> DatasetBuilderData<'d, f32, Ix2> {
    group.new_dataset_builder().with_data(data).chunk((1, 2)).deflate(4)
}

#[test]
fn builders_of_values_are_written_out() -> hdf5::Result<()> {
    let file = in_memory("written_out.h5")?;
    let grid = arr2(&[[1.0, 2.0], [3.0, 4.0]]);
    let list = [7, 8, 9];
    let plan = Plan {
        grid: compressed(&file, grid.view()),
        list: file.new_attr_builder().with_data(&list).packed(false),
    };
    for name in ["first", "second"] {
        assert_eq!(plan.grid.create(name)?.read_2d::<f32>()?, grid);
        plan.list.create(name)?;
    }
    assert_eq!(file.attr("second")?.read_raw::<u16>()?, list);
    let all = file.new_dataset_builder().with_data::<_, f32, Ix2>(&grid).create("all")?;
    all.write::<_, f32, Ix2>(&Array2::zeros((2, 2)))?;
    all.write_raw::<_, f32>(&[5.0, 6.0, 7.0, 8.0])?;
    all.write_slice::<_, f32, _, Ix1>(&[0.5, 1.5], (1, ..))?;
    all.as_writer().write_slice::<_, f32, _, Ix1>(&[2.5], (0, ..1))?;
    assert_eq!(all.read::<f64, Ix2>()?, arr2(&[[2.5, 6.0], [0.5, 1.5]]));
    Ok(())
}

#[test]
fn fill_values_are_of_types_known_at_run_time() -> hdf5::Result<()> {
    let file = in_memory("fill_dynamic.h5")?;
    let value: OwnedDynValue = 2.5f64.into();
    let dataset = file.new_dataset::<f64>().shape(2).fill_value(value).create("x")?;
    assert_eq!(dataset.read_raw::<f64>()?, [2.5; 2]);
    let like = dataset.fill_value()?.unwrap();
    let again = file.new_dataset::<f64>().shape(1).fill_value(like).create("y")?;
    assert_eq!(again.read_raw::<f64>()?, [2.5]);
    Ok(())
}

#[test]
fn attributes_are_listed_in_any_order() -> hdf5::Result<()> {
    let file = in_memory("attribute_order.h5")?;
    let dataset = file.new_dataset::<u8>().create("x")?;
    dataset.new_attr::<u8>().create("b")?;
    dataset.new_attr::<u64>().shape(3).create("c")?;
    dataset.new_attr_builder().char_encoding(CharEncoding::Ascii).empty::<u16>().create("a")?;
    let (by_name, up) = (IndexType::Name, IterationOrder::Increasing);
    assert_eq!(dataset.attr_names_by(by_name, up)?, ["a", "b", "c"]);
    let made = dataset.attr_names_by(IndexType::CreationOrder, up)?;
    assert_eq!(made, ["b", "c", "a"]);
    let down = IterationOrder::Decreasing;
    assert_eq!(dataset.attr_names_by(by_name, down)?, ["c", "b", "a"]);
    assert_eq!(dataset.attr_by_index(by_name, down, 0)?.name(), "c");
    assert!(dataset.attr_by_index(by_name, down, 3).is_err());

    let info: AttrInfo = dataset.attr_info("c")?;
    assert_eq!(info.data_size, 24);
    assert_eq!(dataset.attr_info("a")?.char_encoding, CharEncoding::Ascii);
    assert!(dataset.attr_info("none").is_err());
    let sizes = dataset.attrs(by_name, up)?.into_iter().map(|(name, info)| (name, info.data_size));
    let wanted = [("a", 2), ("b", 1), ("c", 24)].map(|(name, size)| (name.to_owned(), size));
    assert_eq!(sizes.collect::<Vec<_>>(), wanted);

    let mut names = Vec::new();
    dataset.iter_attrs(by_name, down, |name, _| {
        names.push(name.to_owned());
        Ok(())
    })?;
    assert_eq!(names, ["c", "b", "a"]);
    assert!(dataset.iter_attrs(by_name, up, |_, _| Err("enough".into())).is_err());
    let wide = dataset
        .find_attr(by_name, up, |name, info| Ok((info.data_size > 4).then(|| name.to_owned())))?;
    assert_eq!(wide.as_deref(), Some("c"));
    assert_eq!(dataset.find_attr(by_name, up, |_, _| Ok(None::<()>))?, None);
    let mut cursor = IterationCursor::start(by_name, up).skip(1);
    let mut rest = Vec::new();
    while let Some((name, next)) =
        dataset.iter_attrs_from(cursor, |name, _| Ok(Some(name.to_owned())))?
    {
        rest.push(name);
        cursor = next;
    }
    assert_eq!(rest, ["b", "c"]);
    assert_eq!(cursor.position(), 3);
    Ok(())
}

#[test]
fn all_builders_of_attributes_mark_names() -> hdf5::Result<()> {
    let file = in_memory("marked_names.h5")?;
    let utf8 = CharEncoding::Utf8;
    file.new_attr::<u8>().char_encoding(utf8).create("a")?;
    file.new_attr::<u8>().shape(2).char_encoding(utf8).create("b")?;
    file.new_attr_builder().with_data(&[1, 2]).char_encoding(utf8).create("c")?;
    for (name, info) in file.attrs(IndexType::Name, IterationOrder::Native)? {
        assert_eq!(info.char_encoding, utf8, "{name}");
    }
    assert_eq!(file.attr("c")?.read_raw::<i32>()?, [1, 2]);
    Ok(())
}

#[test]
fn groups_say_what_they_hold() -> hdf5::Result<()> {
    let file = in_memory("group_info.h5")?;
    let group = file
        .create_group_builder()
        .with_gcpl(|p| p.link_creation_order(LinkCreationOrder::Tracked))
        .create("g")?;
    group.create_group("b")?;
    group.create_group("a")?;
    group.unlink("b")?;
    let info: GroupInfo = group.info()?;
    assert_eq!(info.storage_type, GroupStorageType::Compact);
    assert_eq!((info.nlinks, info.max_corder, info.mounted), (1, 2, false));
    for name in 0..20 {
        group.link_soft("/nowhere", &name.to_string())?;
    }
    let info = group.info()?;
    assert_eq!((info.storage_type, info.nlinks), (GroupStorageType::Dense, 21));
    let plain = file.create_group("plain")?.info()?;
    assert_eq!((plain.nlinks, plain.max_corder), (0, 0));
    Ok(())
}

#[test]
fn links_are_listed_and_gone_on_with() -> hdf5::Result<()> {
    let file = in_memory("links_from.h5")?;
    for name in ["c", "a", "d"] {
        file.create_group(name)?;
    }
    file.link_soft("/a", "b")?;
    let (by_name, up) = (IndexType::Name, IterationOrder::Increasing);
    let links: Vec<(String, LinkInfo)> = file.links(by_name, up)?;
    let soft: Vec<_> = links.iter().filter(|(_, info)| info.link_type == LinkType::Soft).collect();
    assert_eq!((links.len(), soft[0].0.as_str()), (4, "b"));
    assert_eq!(file.links(by_name, IterationOrder::Decreasing)?[0].0, "d");
    let cursor = IterationCursor::start(by_name, up);
    assert_eq!((cursor.position(), cursor.skip(2).position()), (0, 2));
    assert_eq!((cursor.index_type(), cursor.iteration_order()), (by_name, up));
    let hard = |name: &str, info: LinkInfo| {
        Ok((info.link_type == LinkType::Hard && name > "a").then(|| name.to_owned()))
    };
    let (found, next) = file.iter_visit_from(cursor, hard)?.unwrap();
    assert_eq!((found.as_str(), next.position()), ("c", 3));
    let (found, next) = file.iter_visit_from(next, hard)?.unwrap();
    assert_eq!((found.as_str(), next.position()), ("d", 4));
    assert!(file.iter_visit_from(next, hard)?.is_none());
    assert!(file.iter_visit_from(cursor.skip(9), hard)?.is_none());
    Ok(())
}

fn made_of(file: &Group, name: &str, of: impl Into<DatasetType>) -> hdf5::Result<bool> {
    file.new_dataset_builder().empty_as(of).create(name)?.dtype().map(|it| it.is_committed())
}

#[test]
fn datatypes_are_committed() -> hdf5::Result<()> {
    let file = in_memory("committed.h5")?;
    let datatype = Datatype::from_type::<u32>()?;
    assert!(!made_of(&file, "before", &datatype)?);
    file.commit_datatype("counter", &datatype)?;
    assert!(datatype.is_committed());
    assert!(file.commit_datatype("again", &datatype).is_err());
    assert!(made_of(&file, "after", &datatype)?);
    assert!(!made_of(&file, "described", &u32::type_descriptor())?);
    let committed: CommittedDatatype = file.committed_datatype("counter")?;
    committed.new_attr::<u8>().create("version")?.write_scalar(&2u8)?;
    assert!(committed.as_datatype().is::<u32>() && committed.as_datatype().is_committed());
    assert_eq!(file.committed_datatype("counter")?.attr("version")?.read_scalar::<u8>()?, 2);
    assert!(file.committed_datatype("none").is_err() && file.committed_datatype("after").is_err());
    let all = file.committed_datatypes()?;
    assert_eq!(all.iter().map(|one| one.name()).collect::<Vec<_>>(), ["/counter"]);
    Ok(())
}
