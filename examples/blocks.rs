//! Reads and writes blocks of a dataset of two axes.
//!
//!     cargo run --example blocks [FILE]

use std::path::PathBuf;

use hdfive::File;
use ndarray::{Array2, array, s};

fn main() -> hdfive::Result<()> {
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| std::env::temp_dir().join("blocks.h5"), PathBuf::from);
    let file = File::create(&path)?;
    let image = file.new_dataset::<i32>().shape((100, 200)).create("image")?;

    // A block: rows 10 to 12, columns 50 to 53. The values have its shape.
    image.write_slice(array![[1, 2, 3], [4, 5, 6]], (10..12, 50..53))?;

    // A row, a column, every 20th element of both axes.
    // One value goes to all elements of a selection.
    image.write_slice(7, 99)?;
    image.write_slice(8, (.., 199))?;
    image.write_slice(9, s![..;20, ..;20])?;

    // What is read has the shape of its selection; an index takes an axis away.
    let block = image.read_slice_2d::<i32, _>((10..12, 49..54))?;
    println!("a block:\n{block}");
    let column = image.read_slice_1d::<i32, _>((96.., -1))?;
    println!("the end of the last column: {column}");
    println!("one element: {}", image.read_slice_scalar::<i32>((11, 52))?);

    // A block of values from the middle of an array in memory, into the middle of a dataset.
    let whole = Array2::from_shape_fn((50, 50), |(row, column)| i32::from(row == column));
    image.write_slice(whole.slice(s![10..20, 10..20]), (50..60, 100..110))?;
    println!("sum of that: {}", image.read_slice_2d::<i32, _>((50..60, 100..110))?.sum());
    file.close()
}
