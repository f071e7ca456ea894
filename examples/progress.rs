//! Long work says how far it is, and stops when it is told to: half of it done is none of it done.
//!
//!     cargo run --example progress [FILE]

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use hdfive::{ErrorKind, File, Result, Watcher};

fn main() -> Result<()> {
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| std::env::temp_dir().join("progress.h5"), PathBuf::from);
    let file = File::create(&path)?;
    let values: Vec<u32> = (0..4_000_000).collect();
    let frames = file.new_dataset_builder().with_data(&values).deflate(1).create("frames")?;

    // The function is called after every few MiB, of this thread's reads, writes and copies.
    let bar = Watcher::new(|progress| {
        println!("{} of {} MB", progress.done / 1_000_000, progress.total / 1_000_000);
        ControlFlow::Continue(())
    });
    let read: Vec<u32> = bar.run(|| frames.read_raw())?;
    println!("read {} numbers", read.len());
    bar.run(|| frames.copy_to(&file, "copy"))?;

    // Where it breaks, the work ends with an error of its own kind, and a change is undone.
    let impatient = Watcher::new(|progress| {
        if progress.done > 4_000_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match impatient.run(|| frames.write_raw(&vec![7_u32; 4_000_000])) {
        Err(error) if matches!(error.kind(), ErrorKind::Cancelled) => println!("{error}"),
        other => other?,
    }
    println!("still the same? {}", frames.read_raw::<u32>()? == values);

    // A limit of time is a watcher, too.
    let begin = Instant::now();
    let in_time = Watcher::new(move |_| match begin.elapsed() < Duration::from_secs(60) {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    });
    let sum: u64 = in_time.run(|| frames.read_raw::<u64>())?.iter().sum();
    println!("sum: {sum}");
    file.close()
}
