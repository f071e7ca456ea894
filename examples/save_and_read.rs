//! Saves arrays, lists what a file holds, and reads it back.
//!
//!     cargo run --example save_and_read [FILE]

use std::path::PathBuf;

use hdfive::{ErrorKind, File};
use ndarray::array;

fn main() -> hdfive::Result<()> {
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| std::env::temp_dir().join("save_and_read.h5"), PathBuf::from);

    // A new file, in place of one that is there. A name and values make a dataset.
    let file = File::create(&path)?;
    let celsius: Vec<f64> = (0..1000).map(|n| 20.0 + f64::from(n % 24) / 4.0).collect();
    file.create_dataset("celsius", &celsius)?;
    file.create_dataset("image", array![[1, 2, 3], [4, 5, 6]])?;
    file.close()?;

    // The file knows what is in it.
    let file = File::open(&path)?;
    println!("{} holds {:?}", path.display(), file.member_names()?);

    // Opening a dataset reads no element: it is a handle, which knows a shape and a type.
    let dataset = file.dataset("celsius")?;
    println!("{dataset:?}");

    // Elements are read when they are asked for: one, some, all.
    println!("the first: {}", dataset.read_slice_scalar::<f64>(0)?);
    println!("three more: {:?}", dataset.read_slice_raw::<f64>(1..4)?);
    let all: Vec<f64> = dataset.read_raw()?;
    let image = file.dataset("image")?.read_2d::<i32>()?;

    // What was read is the program's own, and outlives the file. The handle does not.
    file.close()?;
    println!("mean: {}", all.iter().sum::<f64>() / 1000.0);
    println!("sum of the image: {}", image.sum());
    match dataset.read_raw::<f64>() {
        Err(error) if matches!(error.kind(), ErrorKind::Closed) => println!("error: {error}"),
        other => println!("that should have failed: {other:?}"),
    }
    Ok(())
}
