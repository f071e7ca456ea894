//! Writes into parts of a dataset, and makes the mistakes that write nothing.
//!
//!     cargo run --example write_parts [FILE]

use std::path::PathBuf;

use hdfive::File;
use ndarray::s;

fn main() -> hdfive::Result<()> {
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| std::env::temp_dir().join("write_parts.h5"), PathBuf::from);

    // A dataset of a type and a shape. All elements are zero, and take no space yet.
    let file = File::create(&path)?;
    let dataset = file.new_dataset::<f64>().shape(100).create("x")?;
    println!("new: {} bytes", dataset.storage_size());

    // A selection says which elements the values go to.
    dataset.write_slice([3.0, 3.5], -2..)?;
    // One value goes to all of them.
    dataset.write_slice(1.0, 0..10)?;
    dataset.write_slice(2.0, s![10..20;2])?;
    println!("the last three: {:?}", dataset.read_slice_raw::<f64>(-3..)?);

    // Mistake: what was read is a copy. To change it is not to change the file ..
    let mut copy: Vec<f64> = dataset.read_slice_raw(50..53)?;
    copy.fill(9.0);
    println!("still {:?}", dataset.read_slice_raw::<f64>(50..53)?);
    // .. until it is written back.
    dataset.write_slice(&copy, 50..53)?;

    // Mistake: more or fewer values than elements.
    refused(dataset.write_slice([1.0; 3], 60..70));

    // Mistake: an element that is not there. Ranges end where the dataset ends, an index does not.
    println!("90..200: {} elements", dataset.read_slice_raw::<f64>(90..200)?.len());
    refused(dataset.write_slice(1.0, 100));

    // Mistake: values of another kind. Numbers convert to each other, text does not.
    refused(dataset.write_slice("1.0", 60..61));
    file.close()?;

    // Mistake: a file that is open for reading.
    let file = File::open(&path)?;
    refused(file.dataset("x")?.write_slice(1.0, 60));
    file.close()?;

    // `open_rw` opens it for both.
    let file = File::open_rw(&path)?;
    file.dataset("x")?.write_slice(4.0, 60..70)?;
    file.close()
}

fn refused(result: hdfive::Result<()>) {
    if let Err(error) = result {
        println!("error: {error}");
    }
}
