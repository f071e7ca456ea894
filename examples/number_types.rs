//! Stores the same numbers as several types: what does not fit becomes the nearest that does.
//!
//!     cargo run --example number_types [FILE]

use std::path::PathBuf;

use hdfive::File;
use hdfive::definition::{ByteOrder, Datatype};
use num_complex::Complex;

fn main() -> hdfive::Result<()> {
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| std::env::temp_dir().join("number_types.h5"), PathBuf::from);
    let file = File::create(&path)?;
    let values = [0.1, -1.9, 127.0, 300.7, -1e6, 1e30];

    // Rust's types, by their names. `i8` is numpy's `i1`, `i64` its `i8`.
    for (name, dataset) in [
        ("i1", file.new_dataset::<i8>().shape(6).create("i1")?),
        ("u1", file.new_dataset::<u8>().shape(6).create("u1")?),
        ("i8", file.new_dataset::<i64>().shape(6).create("i8")?),
        ("f4", file.new_dataset::<f32>().shape(6).create("f4")?),
    ] {
        dataset.write(&values)?;
        println!("{name}: {:?}", dataset.read_raw::<f64>()?);
    }

    // Other types, by what they are: half precision, and the 16-byte float that is numpy's `f16`.
    let new = file.new_dataset_builder();
    let half = Datatype::float(2, ByteOrder::Little)?;
    let dataset = new.clone().with_data_as(&values, half).create("f2")?;
    println!("f2: {:?}", dataset.read_raw::<f64>()?);
    let dataset = new.with_data_as(&values, Datatype::long_double()).create("f16")?;
    println!("f16: {:?}, {} bytes", dataset.read_raw::<f64>()?, dataset.storage_size());

    // Complex numbers, `c16` to numpy.
    let dataset =
        file.create_dataset("c16", [Complex::new(1.0, -2.0), Complex::new(0.5, 1e300)])?;
    println!("c16: {:?}", dataset.read_raw::<Complex<f64>>()?);

    // Reading converts, too, by the same rules.
    println!("i8 read as i8: {:?}", file.dataset("i8")?.read_raw::<i8>()?);
    file.close()
}
