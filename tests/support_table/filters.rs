//! Filters.

use hdfive::filters::{Bitshuffle, Blosc, Filter, SZip, ScaleOffset, ZfpMode};
use hdfive::{Dataset, File, Result};

use crate::data::reverse;
use crate::structure::Outcome::Yes;
use crate::structure::{Has, Seen, Structure, options, structure};

pub fn all() -> Vec<Structure> {
    let mut all = built_in();
    all.extend(by_feature());
    all.extend(own());
    all
}

/// Datasets whose filters are not those of libhdf5.
const OTHERS: &str = "third_party_filters_latest.h5";

fn is(seen: &Seen, object: &str, id: u16) -> bool {
    let dataset = seen.dataset(object);
    let applied = dataset.chunk_info(0).is_some_and(|chunk| chunk.filter_mask == 0);
    applied && dataset.stored_filters().iter().any(|filter| filter.id == id)
}

fn make(file: &File, filter: Filter) -> Result<()> {
    let new = file.new_dataset::<i32>().shape((20, 30)).chunk((8, 16)).filter(filter);
    new.create("made")?.write_raw(&(0..600).map(|n| n / 50).collect::<Vec<i32>>())
}

fn built_in() -> Vec<Structure> {
    let part = "filter";
    vec![
        structure(part, "deflate")
            .in_fixture("filters_latest.h5", "/gzip 9 >f8", |seen, at| is(seen, at, 1), reverse)
            .made(options, |seen, at| is(seen, at, 1), |file| make(file, Filter::deflate(4))),
        structure(part, "shuffle")
            .in_fixture("filters_earliest.h5", "/shuffle <i4", |seen, at| is(seen, at, 2), reverse)
            .made(options, |seen, at| is(seen, at, 2), |file| make(file, Filter::shuffle())),
        structure(part, "fletcher32")
            .in_fixture("filters_v110.h5", "/fletcher32 >f8", |seen, at| is(seen, at, 3), reverse)
            .made(options, |seen, at| is(seen, at, 3), |file| make(file, Filter::fletcher32())),
        structure(part, "szip")
            .in_fixture("filters_latest.h5", "/szip nn 8 <i4", |seen, at| is(seen, at, 4), reverse)
            .made(
                options,
                |seen, at| is(seen, at, 4),
                |file| make(file, Filter::szip(SZip::Entropy, 16)),
            ),
        structure(part, "n-bit")
            .in_fixture("nbit_latest.h5", "/i12 at 3", |seen, at| is(seen, at, 5), reverse)
            .made(options, |seen, at| is(seen, at, 5), |file| make(file, Filter::nbit())),
        structure(part, "scale-offset")
            .in_fixture(
                "scale_offset_latest.h5",
                "/<i8 least bits",
                |seen, at| is(seen, at, 6),
                reverse,
            )
            .made(
                options,
                |seen, at| is(seen, at, 6),
                |file| make(file, Filter::scale_offset(ScaleOffset::Integer(0))),
            ),
        structure(part, "LZF")
            .in_fixture("filters_latest.h5", "/lzf <i4", |seen, at| is(seen, at, 32_000), reverse)
            .made(options, |seen, at| is(seen, at, 32_000), |file| make(file, Filter::lzf())),
        structure(part, "LZ4")
            .in_fixture(OTHERS, "/lz4", |seen, at| is(seen, at, 32_004), reverse)
            .made(options, |seen, at| is(seen, at, 32_004), |file| make(file, Filter::lz4(0))),
        structure(part, "Zstandard")
            .in_fixture(OTHERS, "/zstd", |seen, at| is(seen, at, 32_015), reverse)
            .made(options, |seen, at| is(seen, at, 32_015), |file| make(file, Filter::zstd(3))),
        structure(part, "bitshuffle")
            .in_fixture(OTHERS, "/bitshuffle", |seen, at| is(seen, at, 32_008), reverse)
            .made(
                options,
                |seen, at| is(seen, at, 32_008),
                |file| make(file, Filter::bitshuffle(Bitshuffle::LZ4, 0)),
            ),
        structure(part, "bzip2")
            .in_fixture(OTHERS, "/bzip2", |seen, at| is(seen, at, 307), reverse)
            .made(options, |seen, at| is(seen, at, 307), |file| make(file, Filter::bzip2(9))),
        structure(part, "Blosc")
            .in_fixture(OTHERS, "/blosc", |seen, at| is(seen, at, 32_001), reverse)
            .made(
                options,
                |seen, at| is(seen, at, 32_001),
                |file| make(file, Filter::blosc(Blosc::ZStd, 5, true)),
            ),
        structure(part, "Blosc2")
            .in_fixture("filters/blosc2.h5", "/x", |seen, at| is(seen, at, 32_026), reverse)
            .made(
                options,
                |seen, at| is(seen, at, 32_026),
                |file| make(file, Filter::blosc2(Blosc::ZStd, 5, true)),
            ),
        structure(part, "LZO")
            .in_fixture("filters/lzo.h5", "/x", |seen, at| is(seen, at, 305), reverse)
            .made(options, |seen, at| is(seen, at, 305), |file| make(file, Filter::lzo())),
        structure(part, "VBZ")
            .in_fixture("filters/vbz.h5", "/x", |seen, at| is(seen, at, 32_020), reverse)
            .made(
                options,
                |seen, at| is(seen, at, 32_020),
                |file| make(file, Filter::vbz(4, true, 1)),
            ),
    ]
}

/// Filters of features that have to be asked for.
fn by_feature() -> Vec<Structure> {
    let part = "filter";
    let jpeg: Has = |seen, object| is(seen, object, 32_019);
    let zfp: Has = |seen, object| is(seen, object, 32_013);
    vec![
        structure(part, "JPEG")
            .in_fixture("filters/jpeg.h5", "/x", jpeg, |file, object| {
                let images = file.dataset(object)?;
                assert_eq!(images.read_raw::<u8>()?[0], 103);
                blank(&images)
            })
            .made(options, jpeg, |file| {
                let new = file.new_dataset::<u8>().shape((2, 9, 10)).chunk((1, 9, 10));
                blank(&new.filter(Filter::jpeg(80)).create("made")?)
            })
            .with_feature(cfg!(feature = "jpeg"), "with the feature `jpeg`"),
        structure(part, "ZFP")
            .in_fixture("filters/zfp.h5", "/x", zfp, reverse)
            .made(options, zfp, |file| make(file, Filter::zfp(ZfpMode::Reversible, vec![], 4)))
            .with_feature(cfg!(feature = "zfp"), "with the feature `zfp`"),
    ]
}

/// Writes images of one gray, of which JPEG loses nothing.
fn blank(images: &Dataset) -> Result<()> {
    let gray = vec![128_u8; images.size()];
    images.write_raw(&gray)?;
    assert_eq!(images.read_raw::<u8>()?, gray);
    Ok(())
}

/// A filter that is not built in.
fn own() -> Vec<Structure> {
    let part = "filter";
    let own: Has = |seen, object| seen.dataset(object).stored_filters()[0].id == 40_000;
    fn make(file: &File) -> Result<()> {
        let new = file.new_dataset::<i32>().shape(10).chunk(4).add_filter(40_000, &[]);
        new.create("made")?.write_raw(&(0..10).collect::<Vec<i32>>())
    }
    vec![
        structure(part, "a program's own (`FileBuilder::filter`)")
            .made(options, own, make)
            .reading(move |folder| {
                let path = folder.join("own-filter.h5");
                let file = options().create(&path)?;
                make(&file)?;
                file.close()?;
                let seen = Seen::open(&path)?;
                assert!(own(&seen, "made"));
                assert_eq!(seen.dataset("made").read_raw::<i32>()?, (0..10).collect::<Vec<_>>());
                let without = File::open(&path)?.dataset("made")?.read_raw::<i32>();
                assert!(without.unwrap_err().is_unsupported());
                Ok(Yes(""))
            })
            .editing(move |folder| {
                let path = folder.join("own-filter-edited.h5");
                let file = options().create(&path)?;
                make(&file)?;
                file.close()?;
                let file = options().open_rw(&path)?;
                reverse(&file, "made")?;
                file.close()?;
                let found = Seen::open(&path)?.dataset("made").read_raw::<i32>()?;
                assert_eq!(found, (0..10).rev().collect::<Vec<_>>());
                Ok(Yes(""))
            }),
    ]
}
