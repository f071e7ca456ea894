//! Selects elements of one dataset by the values of another.
//!
//!     cargo run --example select_by_values [FILE]

use std::path::PathBuf;

use hdfive::File;
use ndarray::Array2;

fn main() -> hdfive::Result<()> {
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| std::env::temp_dir().join("select_by_values.h5"), PathBuf::from);
    let file = File::create(&path)?;
    let wind =
        file.create_dataset("wind", (0..336).step_by(7).map(|n| n % 20).collect::<Vec<i32>>())?;
    let celsius: Vec<f64> = (0..48).map(|n| f64::from(n) / 2.0).collect();
    let celsius = file.create_dataset("celsius", celsius)?;

    // Where was the wind strong? One truth an element is a mask.
    let strong: Vec<bool> = wind.read_raw::<i32>()?.into_iter().map(|speed| speed > 15).collect();

    // The mask selects elements of any dataset of that shape. Only those are read.
    let cold: Vec<f64> = celsius.read_slice_raw(&strong)?;
    println!("in strong wind: {cold:?}");
    file.create_dataset("in_strong_wind", &cold)?;

    // It selects what is written, too.
    let chilled: Vec<f64> = cold.iter().map(|celsius| celsius - 5.0).collect();
    celsius.write_slice(&chilled, &strong)?;

    // Places do as well as truths, in ascending order; negative ones count from the end.
    println!("at noon and at the end: {:?}", celsius.read_slice_raw::<f64>(vec![12, 36, -1])?);

    // An image has a mask of its shape. What it selects stands in one row.
    let bright = Array2::from_shape_fn((4, 5), |(row, column)| row == column);
    let image = file.create_dataset("image", Array2::<u8>::ones((4, 5)))?;
    image.write_slice([10, 20, 30, 40], &bright)?;
    println!("bright: {:?}", image.read_slice_raw::<u8>(&bright)?);
    file.close()
}
