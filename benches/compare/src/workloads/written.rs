//! Writing whole datasets through filters.

use std::path::PathBuf;

use anyhow::Result;
use hdf5_metno_sys::h5p;
use hdfive::definition::{ByteOrder, Class, Datatype};
use hdfive::filters::ScaleOffset;

use super::writes::{c_create, written};
use crate::libhdf5::{self as c, Owned, h5t, h5z};
use crate::session::Session;
use crate::workload::{Program, Workload, cannot, target};

/// In the order of the table.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "w2",
        title: "W2 gzip-4 written",
        target: target(1.3, 2.6),
        run: |program, session| field(program, session, false),
    },
    Workload {
        name: "w3",
        title: "W3 shuffle + gzip-4 written",
        target: target(1.6, 3.2),
        run: |program, session| field(program, session, true),
    },
    Workload {
        name: "nbit_write",
        title: "n-bit written",
        target: target(1.0, 1.8),
        run: |program, session| counts(program, session, Packing::NBit),
    },
    Workload {
        name: "scale_offset_write",
        title: "scale-offset written",
        target: target(1.0, 1.8),
        run: |program, session| counts(program, session, Packing::ScaleOffset),
    },
];

const CHUNK: [usize; 2] = [1024, 1024];

/// As the C library takes it.
fn wide(shape: [usize; 2]) -> [u64; 2] {
    shape.map(|n| n as u64)
}

/// For a dataset in such chunks, in the C library.
fn chunked() -> Result<Owned> {
    let creation = c::creation()?;
    // SAFETY: the pointer is to as many numbers as the rank says.
    c::ok(unsafe { h5p::H5Pset_chunk(creation.id(), 2, wide(CHUNK).as_ptr()) })?;
    Ok(creation)
}

/// 8192 x 8192 f32 through deflate.
fn field(program: Program, session: &mut Session, shuffle: bool) -> Result<()> {
    const SHAPE: [usize; 2] = [8192, 8192];
    let values: Vec<f32> = session.numbers("field.f32")?;
    session.hands_over(4 * values.len());
    match program {
        Program::Libhdf5 => {
            c::start()?;
            let write = |path: PathBuf| {
                let (file, creation) = (c::create(&path)?, chunked()?);
                // SAFETY: the identifier is of a list of properties of this kind.
                unsafe {
                    if shuffle {
                        c::ok(h5p::H5Pset_shuffle(creation.id()))?;
                    }
                    c::ok(h5p::H5Pset_deflate(creation.id(), 4))?;
                }
                let space = c::space(&wide(SHAPE))?;
                let dataset = c_create(&file, c::f32(), &space, Some(&creation))?;
                c::write_all(&dataset, c::f32(), &values)?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written)
        }
        Program::Hdfive1 | Program::Hdfive2 => {
            let write = |path: PathBuf| {
                let file = hdfive::File::with_options().threads(program.threads()).create(&path)?;
                let new = file.new_dataset::<f32>().shape(SHAPE).chunk(CHUNK);
                let new = if shuffle { new.shuffle() } else { new };
                let values = hdfive::Values::with_shape(&values, &SHAPE);
                new.deflate(4).create("x")?.write(values.ok_or_else(not_as_large)?)?;
                file.close()?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written)
        }
        Program::Hdf5Pure => {
            let write = |path: PathBuf| {
                let mut file = hdf5_pure::FileBuilder::new();
                let new = file.create_dataset("x").with_f32_data(&values).with_shape(&wide(SHAPE));
                let new = new.with_chunks(&wide(CHUNK));
                if shuffle { new.with_shuffle() } else { new }.with_deflate(4);
                file.write(&path)?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written)
        }
        Program::RustHdf5 => {
            let write = |path: PathBuf| {
                let file = rust_hdf5::H5File::create(&path)?;
                let new = file.new_dataset::<f32>().shape(SHAPE).chunk(&CHUNK);
                let new = if shuffle { new.shuffle_deflate(4) } else { new.deflate(4) };
                new.create("x")?.write_raw(&values)?;
                file.close()?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written)
        }
    }
}

fn not_as_large() -> anyhow::Error {
    anyhow::anyhow!("the data are not as large as they should be")
}

/// Filters for numbers of few bits.
#[derive(Clone, Copy, PartialEq)]
enum Packing {
    NBit,
    ScaleOffset,
}

/// Bits of the numbers that n-bit packs.
const BITS: u16 = 17;

/// 8192 x 4096 i32 of few bits.
fn counts(program: Program, session: &mut Session, packing: Packing) -> Result<()> {
    const SHAPE: [usize; 2] = [8192, 4096];
    let source = hdfive::File::open(session.input("packed.h5"))?;
    let values = source.dataset("scale_offset")?.read_raw::<i32>()?;
    session.hands_over(4 * values.len());
    match program {
        Program::Libhdf5 => {
            c::start()?;
            let write = |path: PathBuf| {
                let (file, creation) = (c::create(&path)?, chunked()?);
                // SAFETY: the identifiers are of lists of properties and of types of these kinds.
                let kind = unsafe {
                    let kind = Owned::new(h5t::H5Tcopy(c::i32()))?;
                    if packing == Packing::NBit {
                        c::ok(h5t::H5Tset_precision(kind.id(), BITS.into()))?;
                        c::ok(h5p::H5Pset_nbit(creation.id()))?;
                    } else {
                        let integers = h5z::H5Z_SO_scale_type_t::H5Z_SO_INT;
                        c::ok(h5p::H5Pset_scaleoffset(creation.id(), integers, 0))?;
                    }
                    kind
                };
                let space = c::space(&wide(SHAPE))?;
                let dataset = c_create(&file, kind.id(), &space, Some(&creation))?;
                c::write_all(&dataset, c::i32(), &values)?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written)
        }
        Program::Hdfive1 | Program::Hdfive2 => {
            let mut kind = Datatype::integer(4, true, ByteOrder::Little)?;
            if let (Packing::NBit, Class::Integer(integer)) = (packing, &mut kind.class) {
                integer.precision = BITS;
            }
            let write = |path: PathBuf| {
                let file = hdfive::File::with_options().threads(program.threads()).create(&path)?;
                let new = file.new_dataset_builder().empty_as(kind.clone()).shape(SHAPE);
                let new = new.chunk(CHUNK);
                let new = match packing {
                    Packing::NBit => new.nbit(),
                    Packing::ScaleOffset => new.scale_offset(ScaleOffset::Integer(0)),
                };
                let values = hdfive::Values::with_shape(&values, &SHAPE);
                new.create("x")?.write(values.ok_or_else(not_as_large)?)?;
                file.close()?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written)
        }
        Program::Hdf5Pure if packing == Packing::ScaleOffset => {
            let write = |path: PathBuf| {
                let mut file = hdf5_pure::FileBuilder::new();
                let new = file.create_dataset("x").with_i32_data(&values).with_shape(&wide(SHAPE));
                new.with_chunks(&wide(CHUNK));
                new.with_scale_offset(hdf5_pure::ScaleOffset::Integer(0));
                file.write(&path)?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written)
        }
        _ => cannot("does not write through this filter"),
    }
}
