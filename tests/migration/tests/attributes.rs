//! Attributes: made, listed, read, written, removed.

use std::str::FromStr;

use hdf5::types::{FixedAscii, TypeDescriptor, VarLenUnicode};
use hdf5::{
    Attribute, AttributeBuilder, AttributeBuilderEmpty, AttributeBuilderEmptyShape, H5Type,
};
use hdfive_migration::{hdf5, in_memory};
use ndarray::{arr1, arr2};

#[test]
fn attributes_are_made_and_read() -> hdf5::Result<()> {
    let file = in_memory("attributes.h5")?;
    let dataset = file.new_dataset::<i32>().create("x")?;
    let scalar: Attribute = dataset.new_attr::<f64>().create("gain")?;
    scalar.write_scalar(&0.5)?;
    assert_eq!((scalar.name().as_str(), scalar.is_scalar()), ("gain", true));
    assert_eq!(dataset.attr("gain")?.read_scalar::<f64>()?, 0.5);
    let list = dataset.new_attr::<u16>().shape([3]).create("list")?;
    list.write(&[1, 2, 3])?;
    assert_eq!(list.read_1d::<u16>()?.as_slice().unwrap(), [1, 2, 3]);
    let grid = dataset.new_attr_builder().with_data(&arr2(&[[1, 2], [3, 4]])).create("grid")?;
    assert_eq!(grid.read_2d::<i64>()?, arr2(&[[1, 2], [3, 4]]));
    assert_eq!(grid.read_raw::<i32>()?, [1, 2, 3, 4]);
    assert_eq!(dataset.attr_names()?, ["gain", "grid", "list"]);
    assert!(dataset.attr("none").is_err());
    assert!(dataset.new_attr::<f64>().create("gain").is_err());
    dataset.delete_attr("list")?;
    assert!(dataset.delete_attr("list").is_err());
    assert_eq!(dataset.attr_names()?, ["gain", "grid"]);
    Ok(())
}

#[test]
fn attribute_builders_take_types_and_shapes() -> hdf5::Result<()> {
    let file = in_memory("attribute_builders.h5")?;
    let builder: AttributeBuilder = AttributeBuilder::new(&file);
    let empty: AttributeBuilderEmpty = builder.empty::<u8>();
    assert!(empty.clone().packed(false).create("scalar")?.is_scalar());
    let shaped: AttributeBuilderEmptyShape = empty.shape((2, 2)).packed(false);
    for name in ["first", "second"] {
        assert_eq!(shaped.create(name)?.shape(), [2, 2]);
    }
    let described =
        file.new_attr_builder().empty_as(&TypeDescriptor::FixedAscii(4)).create("text")?;
    assert_eq!(described.dtype()?.to_descriptor()?, TypeDescriptor::FixedAscii(4));
    let wide = i64::type_descriptor();
    let new = || file.new_attr_builder().packed(true).with_data_as(&[1u8, 2], &wide);
    assert!(new().create("converted")?.dtype()?.is::<i64>());
    assert!(new().no_convert().create("strict").is_err());
    new().conversion(hdf5::datatype::Conversion::Soft).packed(false).create("said")?;
    assert_eq!(file.attr("said")?.read_1d::<i64>()?, arr1(&[1, 2]));
    Ok(())
}

#[test]
fn attributes_are_text() -> hdf5::Result<()> {
    let file = in_memory("text.h5")?;
    let unit = VarLenUnicode::from_str("µm").unwrap();
    file.new_attr::<VarLenUnicode>().create("unit")?.write_scalar(&unit)?;
    assert_eq!(file.attr("unit")?.read_scalar::<VarLenUnicode>()?.as_str(), "µm");
    let code = FixedAscii::<8>::from_ascii("abc").unwrap();
    file.new_attr::<FixedAscii<8>>().create("code")?.write_scalar(&code)?;
    assert_eq!(file.attr("code")?.read_scalar::<FixedAscii<8>>()?.as_str(), "abc");
    let names = ["x", "y"].map(|name| VarLenUnicode::from_str(name).unwrap());
    file.new_attr_builder().with_data(&names).create("names")?;
    let read = file.attr("names")?.read_1d::<VarLenUnicode>()?;
    assert_eq!(read.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["x", "y"]);
    Ok(())
}

#[test]
fn every_object_has_attributes() -> hdf5::Result<()> {
    let file = in_memory("every_object.h5")?;
    let group = file.create_group("g")?;
    let dataset = group.new_dataset::<u8>().create("x")?;
    for (number, location) in [&**file, &*group, &**dataset].into_iter().enumerate() {
        location.new_attr::<u64>().create("number")?.write_scalar(&(number as u64))?;
    }
    assert_eq!(file.attr("number")?.read_scalar::<u64>()?, 0);
    assert_eq!(file.group("g")?.attr("number")?.read_scalar::<u64>()?, 1);
    assert_eq!(file.dataset("g/x")?.attr("number")?.read_scalar::<u64>()?, 2);
    let attribute = file.attr("number")?;
    let container: &hdf5::Container = &attribute;
    assert_eq!((container.ndim(), container.storage_size()), (0, 8));
    Ok(())
}
