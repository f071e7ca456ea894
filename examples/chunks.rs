//! Chooses the chunks that a dataset is stored in, or leaves that to the library.
//!
//!     cargo run --example chunks [FILE]

use std::path::PathBuf;

use hdfive::{Dataset, File};

fn main() -> hdfive::Result<()> {
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| std::env::temp_dir().join("chunks.h5"), PathBuf::from);
    let file = File::create(&path)?;
    let new = file.new_dataset::<f32>().shape((1000, 1000));

    // Without a word, all elements lie in one block, in the order of C.
    let plain = new.create("contiguous")?;

    // In chunks, a block of elements that are read together lies together.
    let tiles = new.clone().chunk((100, 100)).create("tiles")?;
    let rows = new.clone().chunk((1, 1000)).create("rows")?;

    // The library finds a shape between 8 KiB and 1 MiB that suits any use; filters and axes that
    // may grow need chunks, and get these where nobody asks for others.
    let auto = new.clone().auto_chunk().create("auto")?;
    let packed = new.clone().deflate(4).create("compressed")?;
    let growing = file.new_dataset::<f32>().shape((0.., 1000)).create("growing")?;

    // A chunk is stored when something in it is written, and not before.
    for dataset in [&plain, &tiles, &rows, &auto] {
        dataset.write_slice(1.5, (0, 0..150))?;
    }
    for dataset in [plain, tiles, rows, auto, packed, growing] {
        describe(&dataset);
    }
    file.close()
}

fn describe(dataset: &Dataset) {
    let (name, bytes) = (dataset.name(), dataset.storage_size());
    match (dataset.chunk(), dataset.num_chunks()) {
        (Some(shape), Some(count)) => {
            println!("{name}: {count} chunks of {shape:?} stored, {bytes} bytes");
        }
        _ => println!("{name}: no chunks, {bytes} bytes"),
    }
}
