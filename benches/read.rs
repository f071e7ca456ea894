//! Reading through the public interface: `cargo bench --bench read`.

#![expect(clippy::unwrap_used, reason = "a bench that cannot read its file must stop")]

use hdfive::File;

const TOUR: &str = "tests/fixtures/tour_latest.h5";

fn main() {
    divan::main();
}

#[divan::bench]
fn open_a_small_file() -> File {
    File::open(TOUR).unwrap()
}

#[divan::bench]
fn list_a_group(bencher: divan::Bencher<'_, '_>) {
    let file = File::open(TOUR).unwrap();
    bencher.bench_local(|| file.group("run1").unwrap().all_links().unwrap());
}

#[divan::bench]
fn look_a_path_up(bencher: divan::Bencher<'_, '_>) {
    let file = File::open(TOUR).unwrap();
    bencher.bench_local(|| file.dataset("run1/frames").unwrap());
}

#[divan::bench]
fn read_gzip_chunks(bencher: divan::Bencher<'_, '_>) {
    let frames = File::open(TOUR).unwrap().dataset("run1/frames").unwrap();
    bencher.bench_local(|| frames.read_raw::<u16>().unwrap());
}

#[divan::bench]
fn read_one_row(bencher: divan::Bencher<'_, '_>) {
    let frames = File::open(TOUR).unwrap().dataset("run1/frames").unwrap();
    bencher.bench_local(|| frames.read_slice_raw::<f64>((1, 2)).unwrap());
}
