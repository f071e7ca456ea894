//! Compresses the same data in several ways.
//!
//!     cargo run --example compression [FILE]

use std::path::PathBuf;

use hdfive::File;
use hdfive::filters::{Filter, SZip};

fn main() -> hdfive::Result<()> {
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| std::env::temp_dir().join("compression.h5"), PathBuf::from);
    let file = File::create(&path)?;
    let values: Vec<f64> = (0..100_000).map(|n| f64::from(n / 100) + f64::from(n % 7)).collect();

    // Filters are asked for when a dataset is made; reading needs no word about them.
    let new = file.new_dataset_builder();
    new.clone().with_data(&values).create("plain")?;
    new.clone().deflate(4).with_data(&values).create("gzip4")?;
    new.clone().deflate(9).with_data(&values).create("gzip9")?;
    new.clone().lzf().with_data(&values).create("lzf")?;
    new.clone().szip(SZip::NearestNeighbor, 8).with_data(&values).create("szip")?;

    // Several work one after the other, in the order asked for. `shuffle` brings bytes of equal
    // weight together, `fletcher32` adds a checksum.
    let pipeline = [Filter::shuffle(), Filter::deflate(4), Filter::fletcher32()];
    new.set_filters(&pipeline).with_data(&values).create("shuffle_gzip4")?;

    for name in file.member_names()? {
        let dataset = file.dataset(&name)?;
        let filters: Vec<String> =
            dataset.stored_filters().iter().map(|filter| filter.name().to_owned()).collect();
        println!("{name:14} {:7} bytes {filters:?}", dataset.storage_size());
        assert_eq!(dataset.read_raw::<f64>()?, values);
    }
    file.close()
}
