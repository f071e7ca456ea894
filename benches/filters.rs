//! Reads and writes datasets with filters and says how long that took, for `benches/filters/run.py`,
//! which compares it with the plugins of libhdf5.

#![expect(clippy::unwrap_used, reason = "a bench that cannot run must stop")]

use std::io::Write;
use std::time::Instant;

use hdfive::{Dataset, File, H5Type};

/// Each line that comes in is `read FILE DATASET` or `write FILE DATASET NEW`; for each, a line with
/// seconds goes out.
fn main() {
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let &[_, file, name, ..] = words.as_slice() else { continue };
        let file = File::with_options().threads(1).open(file).unwrap();
        let dataset = file.dataset(name).unwrap();
        let seconds = match name.split('-').next_back() {
            Some("f4") => run::<f32>(&words, &dataset),
            Some("i4") => run::<i32>(&words, &dataset),
            _ => run::<u16>(&words, &dataset),
        };
        println!("{seconds}");
        std::io::stdout().flush().unwrap();
    }
}

fn run<T: H5Type + Copy + Default>(words: &[&str], dataset: &Dataset) -> f64 {
    let mut values = vec![T::default(); dataset.size()];
    // Memory that was touched.
    values.fill(T::default());
    let start = Instant::now();
    dataset.read_into_raw(&mut values).unwrap();
    let read = start.elapsed();
    let Some(new) = words.get(3) else { return read.as_secs_f64() };
    let start = Instant::now();
    let file = File::with_options().threads(1).create(new).unwrap();
    let builder = file.new_dataset::<T>().shape(dataset.shape());
    let builder = builder.chunk(dataset.chunk().unwrap()).set_filters(&dataset.filters());
    builder.create("x").unwrap().write_raw(&values).unwrap();
    file.close().unwrap();
    start.elapsed().as_secs_f64()
}
