//! Structs and enumerations of programs as types of elements.

use hdfive::H5Type;
use hdfive::types::{CompoundType, TypeDescriptor};

/// The names of the members, where they lie, and the size.
fn layout<T: H5Type>() -> (Vec<(String, usize)>, usize) {
    match T::type_descriptor() {
        TypeDescriptor::Compound(CompoundType { fields, size }) => {
            (fields.into_iter().map(|field| (field.name, field.offset)).collect(), size)
        }
        _ => Default::default(),
    }
}

#[derive(Debug, Clone, PartialEq, H5Type)]
#[repr(C)]
struct Point {
    flag: bool,
    x: f64,
    #[hdf5(rename = "n")]
    count: i16,
}

#[derive(Debug, Clone, Copy, PartialEq, H5Type)]
#[repr(u8)]
enum Color {
    Red,
    #[hdf5(rename = "GREEN")]
    Green = 5,
    Blue,
}

#[test]
fn fields_lie_where_the_compiler_puts_them() {
    let names = |names: &[(&str, usize)]| -> Vec<(String, usize)> {
        names.iter().map(|(name, at)| ((*name).to_owned(), *at)).collect()
    };
    assert_eq!(layout::<Point>(), (names(&[("flag", 0), ("x", 8), ("n", 16)]), 24));
}

#[test]
fn values_come_back() -> hdfive::Result<()> {
    let file = hdfive::File::in_memory()?;
    let points = [Point { flag: true, x: 1.5, count: -3 }, Point { flag: false, x: 0.0, count: 7 }];
    let ds = file.new_dataset_builder().with_data(&points).create("points")?;
    assert_eq!(ds.read_raw::<Point>()?, points);
    let colors = [Color::Blue, Color::Red, Color::Green];
    let ds = file.new_dataset_builder().with_data(&colors).create("colors")?;
    assert_eq!(ds.read_raw::<Color>()?, colors);
    assert_eq!(ds.read_raw::<u8>()?, [6, 0, 5]);
    Ok(())
}
