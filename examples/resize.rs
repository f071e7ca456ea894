//! Lets a dataset grow and shrink, now and after the file was opened again.
//!
//!     cargo run --example resize [FILE]

use std::path::PathBuf;

use hdfive::File;

fn main() -> hdfive::Result<()> {
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| std::env::temp_dir().join("resize.h5"), PathBuf::from);

    // `n..=m` is an axis of n elements that may have up to m; `n..` one without a bound.
    let file = File::create(&path)?;
    let table = file.new_dataset::<i32>().shape((2..=10, 3)).create("table")?;
    file.new_dataset::<f64>().shape(0..).fill_value(-1.0).create("log")?;
    println!("table: {:?} of at most {:?}", table.shape(), table.max_shape());

    table.write(ndarray::array![[1, 2, 3], [4, 5, 6]])?;
    table.resize((5, 3))?;
    table.write_slice([7, 8, 9], 4)?;
    println!("grown:\n{}", table.read_2d::<i32>()?);

    // Beyond the largest shape there is nothing; the dataset stays as it was.
    if let Err(error) = table.resize((11, 3)) {
        println!("error: {error}");
    }
    file.close()?;

    // The largest shape stays with the dataset.
    let file = File::open_rw(&path)?;
    let table = file.dataset("table")?;
    table.resize((10, 3))?;
    // What is cut off is gone, and does not come back.
    table.resize((1, 3))?;
    table.resize((3, 3))?;
    println!("cut and grown again:\n{}", table.read_2d::<i32>()?);

    // What grows holds the fill value where nothing is written; `append` grows by what comes.
    let log = file.dataset("log")?;
    log.resize(2)?;
    for block in [[0.5, 1.0, 1.5], [2.0, 2.5, 3.0]] {
        log.append(block, 0)?;
    }
    println!("log: {:?}", log.read_raw::<f64>()?);
    file.close()
}
