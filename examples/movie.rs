//! Records a movie: frames of 1024 x 1024 pixels, one behind the other along the last axis.
//!
//!     cargo run --release --example movie [FILE]

use std::path::PathBuf;

use hdfive::File;
use ndarray::{Array2, s};

const SIDE: usize = 1024;

fn main() -> hdfive::Result<()> {
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| std::env::temp_dir().join("movie.h5"), PathBuf::from);

    // Nobody knows how long it will be: `0..` has no bound. A frame is what is written at a time,
    // so it is a good chunk.
    let file = File::create(&path)?;
    let movie = file
        .new_dataset::<u8>()
        .shape((SIDE, SIDE, 0..))
        .chunk((SIDE, SIDE, 1))
        .deflate(1)
        .create("movie")?;

    for (length, brightness) in (1..=30).zip(100..) {
        let mut frame = Array2::<u8>::from_elem((SIDE, SIDE), brightness);
        frame.slice_mut(s![.., length]).fill(255);
        // `movie.append(&frame, 2)` does these two at once.
        movie.resize((SIDE, SIDE, length))?;
        movie.write_slice(&frame, (.., .., -1))?;
        // From here on this frame is safe, even if the program is killed.
        file.flush()?;
    }
    println!("{movie:?}: {} bytes", movie.storage_size());
    file.close()?;

    // One pixel through time, one frame.
    let movie = File::open(&path)?.dataset("movie")?;
    println!("pixel (0, 5): {:?}", movie.read_slice_raw::<u8>((0, 5, ..))?);
    let frame = movie.read_slice_2d::<u8, _>((.., .., 7))?;
    println!("frame 7: {:?}, brightest {:?}", frame.dim(), frame.iter().max());
    Ok(())
}
