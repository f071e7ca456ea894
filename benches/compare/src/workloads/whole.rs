//! Reading whole datasets into fresh buffers.

use anyhow::Result;

use super::reads::open;
use crate::libhdf5 as c;
use crate::session::Session;
use crate::value::{Value, fold_values};
use crate::workload::{Program, Workload, target};

/// In the order of the table.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "r1_fresh",
        title: "R1 contiguous f64 512 MB, fresh buffer",
        target: target(1.8, 1.8),
        run: |program, session| {
            F64.count(64 << 20).read("contiguous.h5", "field", program, session)
        },
    },
    Workload {
        name: "r3",
        title: "R3 chunked, no filter",
        target: target(1.5, 2.2),
        run: |program, session| chunked("none", program, session),
    },
    Workload {
        name: "r4",
        title: "R4 gzip-4",
        target: target(1.7, 3.3),
        run: |program, session| chunked("gzip", program, session),
    },
    Workload {
        name: "r5",
        title: "R5 shuffle + gzip-4",
        target: target(3.0, 5.5),
        run: |program, session| chunked("shuffle_gzip", program, session),
    },
    Workload {
        name: "r6",
        title: "R6 LZF",
        target: target(1.0, 1.9),
        run: |program, session| chunked("lzf", program, session),
    },
    Workload {
        name: "r7",
        title: "R7 shuffle + LZF",
        target: target(1.4, 2.7),
        run: |program, session| chunked("shuffle_lzf", program, session),
    },
    Workload {
        name: "r8_zstd",
        title: "R8 shuffle + zstd-3",
        target: target(1.8, 3.3),
        run: |program, session| plugin("shuffle_zstd", program, session),
    },
    Workload {
        name: "r8_lz4",
        title: "R8 lz4",
        target: target(1.3, 2.0),
        run: |program, session| plugin("lz4", program, session),
    },
    Workload {
        name: "r8_bitshuffle",
        title: "R8 bitshuffle + lz4",
        target: target(1.3, 2.0),
        run: |program, session| plugin("bitshuffle_lz4", program, session),
    },
    Workload {
        name: "r8_blosc",
        title: "R8 blosc, lz4",
        target: target(1.3, 2.0),
        run: |program, session| plugin("blosc", program, session),
    },
    Workload {
        name: "r9",
        title: "R9 szip, u16",
        target: target(1.0, 1.9),
        run: |program, session| {
            let whole = Whole { pure: hdf5_pure::Dataset::read_u16, rust: Rust::read_raw };
            whole.count(64 << 20).read("chunked.h5", "szip", program, session)
        },
    },
    Workload {
        name: "r13_all",
        title: "R13 1,000,000 chunks, read all",
        target: target(40.0, 50.0),
        run: |program, session| {
            I32.count(4000 * 4000).read("many_chunks.h5", "tiny", program, session)
        },
    },
    Workload {
        name: "r16_big",
        title: "R16 big-endian f64",
        target: target(1.2, 1.5),
        run: |program, session| {
            F64.count(4096 * 8192).read("orders.h5", "big_endian", program, session)
        },
    },
    Workload {
        name: "r16_short",
        title: "R16 i16 to f64",
        target: target(1.2, 1.5),
        run: |program, session| {
            // It does not convert integers to floats.
            let rust =
                |from: &Rust| Ok(from.read_raw::<i16>()?.into_iter().map(f64::from).collect());
            let whole = Whole { rust, ..F64 };
            whole.count(2048 * 8192).read("orders.h5", "short", program, session)
        },
    },
    Workload {
        name: "nbit_read",
        title: "n-bit read",
        target: target(1.0, 1.8),
        run: |program, session| packed("nbit", program, session),
    },
    Workload {
        name: "scale_offset_read",
        title: "scale-offset read",
        target: target(1.0, 1.8),
        run: |program, session| packed("scale_offset", program, session),
    },
];

type Pure = hdf5_pure::Dataset;
type Rust = rust_hdf5::H5Dataset;

/// How the other crates read elements of one type.
struct Whole<T: 'static> {
    pure: fn(&Pure) -> Result<Vec<T>, hdf5_pure::Error>,
    rust: fn(&Rust) -> rust_hdf5::Result<Vec<T>>,
}

const F32: Whole<f32> = Whole { pure: Pure::read_f32, rust: Rust::read_raw };
const F64: Whole<f64> = Whole { pure: Pure::read_f64, rust: Rust::read_raw };
const I32: Whole<i32> = Whole { pure: Pure::read_i32, rust: Rust::read_raw };

/// 8192 x 8192 f32 in chunks of 1024 x 1024.
fn chunked(name: &str, program: Program, session: &mut Session) -> Result<()> {
    F32.count(64 << 20).read("chunked.h5", name, program, session)
}

/// The same, through filters that libhdf5 has from plugins.
fn plugin(name: &str, program: Program, session: &mut Session) -> Result<()> {
    F32.count(64 << 20).read("plugins.h5", name, program, session)
}

/// 8192 x 4096 i32 of few bits.
fn packed(name: &str, program: Program, session: &mut Session) -> Result<()> {
    I32.count(8192 * 4096).read("packed.h5", name, program, session)
}

impl<T: Value> Whole<T> {
    fn count(self, count: usize) -> Counted<T> {
        Counted { whole: self, count }
    }
}

struct Counted<T: 'static> {
    whole: Whole<T>,
    count: usize,
}

impl<T: Value> Counted<T> {
    /// Opens the file and reads all of a dataset.
    fn read(self, file: &str, name: &str, program: Program, session: &mut Session) -> Result<()> {
        let path = session.input(file);
        session.hands_over(size_of::<T>() * self.count);
        let check = |values: &Vec<T>| fold_values(values);
        match program {
            Program::Libhdf5 => {
                c::start()?;
                session.time(
                    || {
                        let file = c::open(&path)?;
                        let mut values = vec![T::default(); self.count];
                        c::read_all(&c::dataset(&file, name)?, T::kind(), &mut values)?;
                        Ok(values)
                    },
                    check,
                )
            }
            Program::Hdfive1 | Program::Hdfive2 => {
                session.time(|| Ok(open(program, &path, name)?.read_raw::<T>()?), check)
            }
            Program::Hdf5Pure => session.time(
                || Ok((self.whole.pure)(&hdf5_pure::File::open_streaming(&path)?.dataset(name)?)?),
                check,
            ),
            Program::RustHdf5 => session.time(
                || Ok((self.whole.rust)(&rust_hdf5::H5File::open(&path)?.dataset(name)?)?),
                check,
            ),
        }
    }
}
