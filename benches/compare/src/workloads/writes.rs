//! Writing and appending, and strings of any length.

use std::ffi::{CStr, CString, c_char};
use std::path::{Path, PathBuf};
use std::ptr::null;

use anyhow::{Context, Result};
use hdf5_metno_sys::{h5d, h5p, h5s};

use crate::libhdf5::{self as c, Id, Owned, h5t};
use crate::session::{Places, Session, fold};
use crate::workload::{Program, Target, Workload, cannot, target, target_one};

/// In the order of the table.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "r14",
        title: "R14 1,000,000 strings, as `String`",
        target: target_one(3.0),
        run: read_strings,
    },
    Workload {
        name: "r14-packed",
        title: "R14 1,000,000 strings, packed",
        target: target_one(9.0),
        run: read_packed,
    },
    Workload {
        name: "w1",
        title: "W1 contiguous f64 written, 512 MB",
        target: target(1.0, 1.0),
        run: contiguous,
    },
    Workload {
        name: "w4",
        title: "W4 100,000 rows appended, no filter",
        target: target_one(4.0),
        run: |program, session| rows(program, session, false),
    },
    Workload {
        name: "w4-gzip",
        title: "W4 100,000 rows appended, gzip-4",
        target: target_one(4.0),
        run: |program, session| rows(program, session, true),
    },
    Workload {
        name: "w6",
        title: "W6 1,000,000 strings written",
        target: target_one(2.5),
        run: write_strings,
    },
    Workload {
        name: "w7",
        title: "W7 256 frames appended, no filter",
        target: target(1.5, 1.5),
        run: |program, session| frames(program, session, false),
    },
    Workload {
        name: "w7-lzf",
        title: "W7 256 frames appended, LZF",
        target: Target { one_thread: Some(1.0), two_threads: Some(2.0) },
        run: |program, session| frames(program, session, true),
    },
];

const STRINGS: usize = 1_000_000;

/// Boils strings down to one number.
fn fold_texts<'t>(texts: impl Iterator<Item = &'t [u8]>) -> u64 {
    texts.fold(0, |sum, text| {
        (sum ^ fold(text, u64::from)).wrapping_mul(0x100_0000_01b3).rotate_left(9)
    })
}

/// Strings of any length, in memory.
fn text_type() -> Result<Owned> {
    // SAFETY: the type is a copy of the library's, which the calls change.
    unsafe {
        let kind = Owned::new(h5t::H5Tcopy(*h5t::H5T_C_S1))?;
        c::ok(h5t::H5Tset_size(kind.id(), h5t::H5T_VARIABLE))?;
        c::ok(h5t::H5Tset_cset(kind.id(), h5t::H5T_cset_t::H5T_CSET_UTF8))?;
        Ok(kind)
    }
}

/// Strings that the C library made, and takes back.
struct Texts {
    texts: Vec<*mut c_char>,
    kind: Owned,
    space: Owned,
}

impl Texts {
    fn read(path: &Path) -> Result<Self> {
        let file = c::open(path)?;
        let dataset = c::dataset(&file, "words")?;
        let (kind, space) = (text_type()?, c::space_of(&dataset)?);
        let mut texts = vec![std::ptr::null_mut(); STRINGS];
        c::read_all(&dataset, kind.id(), &mut texts)?;
        Ok(Self { texts, kind, space })
    }

    fn fold(&self) -> u64 {
        // SAFETY: the library made all of them, and each ends in a zero.
        fold_texts(self.texts.iter().map(|text| unsafe { CStr::from_ptr(*text) }.to_bytes()))
    }
}

impl Drop for Texts {
    fn drop(&mut self) {
        let texts = self.texts.as_mut_ptr().cast();
        // SAFETY: they are as the library made them, and are not used any more.
        unsafe { h5d::H5Dvlen_reclaim(self.kind.id(), self.space.id(), 0, texts) };
    }
}

/// Opens the file and reads all strings, each in memory of its own.
fn read_strings(program: Program, session: &mut Session) -> Result<()> {
    let path = session.input("strings.h5");
    session.hands_over(56 * STRINGS);
    session.time_release();
    match program {
        Program::Libhdf5 => {
            c::start()?;
            session.time(|| Texts::read(&path), Texts::fold)
        }
        Program::Hdfive1 | Program::Hdfive2 => session.time(
            || Ok(hdfive::File::open(&path)?.dataset("words")?.read_raw::<String>()?),
            |texts| fold_texts(texts.iter().map(String::as_bytes)),
        ),
        Program::Hdf5Pure => session.time(
            || Ok(hdf5_pure::File::open_streaming(&path)?.dataset("words")?.read_string()?),
            |texts| fold_texts(texts.iter().map(String::as_bytes)),
        ),
        Program::RustHdf5 => session.time(
            || Ok(rust_hdf5::H5File::open(&path)?.dataset("words")?.read_vlen_strings()?),
            |texts| fold_texts(texts.iter().map(String::as_bytes)),
        ),
    }
}

/// Opens the file and reads all strings into one buffer, where the program can do that.
fn read_packed(program: Program, session: &mut Session) -> Result<()> {
    let path = session.input("strings.h5");
    session.hands_over(32 * STRINGS);
    session.time_release();
    match program {
        Program::Hdfive1 | Program::Hdfive2 => session.time(
            || Ok(hdfive::File::open(&path)?.dataset("words")?.read_strings(..)?),
            |texts| fold_texts(texts.iter().map(str::as_bytes)),
        ),
        // As well as it can.
        Program::Libhdf5 => read_strings(program, session),
        Program::Hdf5Pure | Program::RustHdf5 => cannot("strings come one by one"),
    }
}

/// The strings of the file to read.
fn words(session: &mut Session) -> Result<Vec<String>> {
    let path = session.input("strings.h5");
    Ok(hdfive::File::open(path)?.dataset("words")?.read_raw::<String>()?)
}

/// What a file that was made holds, read by this library, which is not timed.
pub fn written(path: &PathBuf) -> u64 {
    let fold = || -> hdfive::Result<u64> {
        let dataset = hdfive::File::open(path)?.dataset("x")?;
        let elements = dataset.read_elements(..)?;
        Ok(fold(elements.bytes(), u64::from))
    };
    fold().unwrap_or(0)
}

fn written_texts(path: &PathBuf) -> u64 {
    let read = || hdfive::File::open(path)?.dataset("x")?.read_strings(..);
    read().map_or(0, |texts| fold_texts(texts.iter().map(str::as_bytes)))
}

/// Makes a dataset `x`.
pub fn c_create(file: &Owned, kind: Id, space: &Owned, creation: Option<&Owned>) -> Result<Owned> {
    let name = c::c("x")?;
    let creation = creation.map_or(0, Owned::id);
    // SAFETY: the name ends in a zero and lives as long as the call.
    Owned::new(unsafe {
        h5d::H5Dcreate2(file.id(), name.as_ptr(), kind, space.id(), 0, creation, 0)
    })
}

/// A file with all of these values, in one block.
fn contiguous(program: Program, session: &mut Session) -> Result<()> {
    const COUNT: usize = 64 << 20;
    let values: Vec<f64> = (0..COUNT).map(|n| n as f64 * 0.25).collect();
    session.hands_over(8 * COUNT);
    match program {
        Program::Libhdf5 => {
            c::start()?;
            let write = |path: PathBuf| {
                let file = c::create(&path)?;
                let dataset = c_create(&file, c::f64(), &c::space(&[COUNT as u64])?, None)?;
                c::write_all(&dataset, c::f64(), &values)?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written)
        }
        Program::Hdfive1 | Program::Hdfive2 => {
            let write = |path: PathBuf| {
                let file = hdfive::File::create(&path)?;
                file.new_dataset::<f64>().shape(COUNT).create("x")?.write_raw(&values)?;
                file.close()?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written)
        }
        Program::Hdf5Pure => {
            let write = |path: PathBuf| {
                let mut file = hdf5_pure::FileBuilder::new();
                file.create_dataset("x").with_f64_data(&values);
                file.write(&path)?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written)
        }
        Program::RustHdf5 => {
            let write = |path: PathBuf| {
                let file = rust_hdf5::H5File::create(&path)?;
                file.new_dataset::<f64>().shape([COUNT]).create("x")?.write_raw(&values)?;
                file.close()?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written)
        }
    }
}

/// A dataset that grows along its first axis, in the C library.
struct Growing {
    dataset: Owned,
    memory: Owned,
    kind: Id,
    /// Of what is appended at a time, which is 1 along the first axis.
    shape: Vec<u64>,
    len: u64,
}

impl Growing {
    fn new(file: &Owned, kind: Id, shape: &[u64], chunk: &[u64], filter: Filter) -> Result<Self> {
        let (mut start, mut most) = (shape.to_vec(), shape.to_vec());
        (start[0], most[0]) = (0, u64::MAX);
        let creation = c::creation()?;
        // SAFETY: the pointers are to as many numbers as the rank says.
        let space = unsafe {
            let rank = shape.len() as i32;
            c::ok(h5p::H5Pset_chunk(creation.id(), rank, chunk.as_ptr()))?;
            match filter {
                Filter::None => {}
                Filter::Gzip => c::ok(h5p::H5Pset_deflate(creation.id(), 4))?,
                Filter::Lzf => c::ok(h5p::H5Pset_filter(
                    creation.id(),
                    LZF,
                    c::h5z::H5Z_FLAG_OPTIONAL,
                    0,
                    null(),
                ))?,
            }
            h5s::H5Screate_simple(rank, start.as_ptr(), most.as_ptr())
        };
        let dataset = c_create(file, kind, &Owned::new(space)?, Some(&creation))?;
        Ok(Self { dataset, memory: c::space(shape)?, kind, shape: shape.to_vec(), len: 0 })
    }

    fn append<T>(&mut self, values: &[T]) -> Result<()> {
        let mut extent = self.shape.clone();
        let mut start = vec![0; extent.len()];
        (extent[0], start[0]) = (self.len + 1, self.len);
        self.len += 1;
        // SAFETY: the pointers are to as many numbers and values as the dataset has axes and the
        // selection has elements.
        unsafe {
            c::ok(h5d::H5Dset_extent(self.dataset.id(), extent.as_ptr()))?;
            let space = c::space_of(&self.dataset)?;
            c::select(&space, &start, &self.shape)?;
            let values = values.as_ptr().cast();
            let (memory, space) = (self.memory.id(), space.id());
            c::ok(h5d::H5Dwrite(self.dataset.id(), self.kind, memory, space, 0, values))
        }
    }
}

#[derive(Clone, Copy)]
enum Filter {
    None,
    Gzip,
    Lzf,
}

/// The number that LZF is registered under.
const LZF: i32 = 32000;

/// Rows of 16 numbers that a logger writes one by one.
fn rows(program: Program, session: &mut Session, gzip: bool) -> Result<()> {
    const COLUMNS: usize = 16;
    const ROWS: usize = 100_000;
    let mut places = Places::new();
    let noise = |n: usize, noise: usize| (n as f64 * 1e-4).sin() * 50.0 + noise as f64 / 1024.0;
    let values: Vec<f64> = (0..ROWS * COLUMNS).map(|n| noise(n, places.below(1024))).collect();
    session.hands_over(8 * values.len());
    match program {
        Program::Libhdf5 => {
            c::start()?;
            let write = |path: PathBuf| {
                let file = c::create(&path)?;
                let filter = if gzip { Filter::Gzip } else { Filter::None };
                let shape = [1, COLUMNS as u64];
                let mut rows = Growing::new(&file, c::f64(), &shape, &[1024, 16], filter)?;
                values.chunks(COLUMNS).try_for_each(|row| rows.append(row))?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written)
        }
        Program::Hdfive1 | Program::Hdfive2 => {
            let write = |path: PathBuf| {
                let options = hdfive::File::with_options().threads(program.threads());
                let file = options.create(&path)?;
                let new = file.new_dataset::<f64>().shape((0.., COLUMNS)).chunk((1024, COLUMNS));
                let rows = if gzip { new.deflate(4) } else { new }.create("x")?;
                values.chunks(COLUMNS).try_for_each(|row| rows.append(row, 0))?;
                file.close()?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written)
        }
        Program::Hdf5Pure | Program::RustHdf5 => {
            cannot("rows of several numbers are not appended one by one")
        }
    }
}

/// All strings, into a new file.
fn write_strings(program: Program, session: &mut Session) -> Result<()> {
    let words = words(session)?;
    session.hands_over(56 * STRINGS);
    session.time_release();
    match program {
        Program::Libhdf5 => {
            c::start()?;
            let texts: Vec<CString> = words.iter().map(|word| c::c(word)).collect::<Result<_>>()?;
            let pointers: Vec<*const c_char> = texts.iter().map(|text| text.as_ptr()).collect();
            let write = |path: PathBuf| {
                let (file, kind) = (c::create(&path)?, text_type()?);
                let space = c::space(&[STRINGS as u64])?;
                let dataset = c_create(&file, kind.id(), &space, None)?;
                c::write_all(&dataset, kind.id(), &pointers)?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written_texts)
        }
        Program::Hdfive1 | Program::Hdfive2 => {
            let write = |path: PathBuf| {
                let file = hdfive::File::create(&path)?;
                file.new_dataset::<String>().shape(STRINGS).create("x")?.write_raw(&words)?;
                file.close()?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written_texts)
        }
        Program::Hdf5Pure => {
            let texts: Vec<&str> = words.iter().map(String::as_str).collect();
            let write = |path: PathBuf| {
                let mut file = hdf5_pure::FileBuilder::new();
                file.create_dataset("x").with_vlen_strings(&texts);
                file.write(&path)?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written_texts)
        }
        Program::RustHdf5 => {
            let texts: Vec<&str> = words.iter().map(String::as_str).collect();
            let write = |path: PathBuf| {
                let file = rust_hdf5::H5File::create(&path)?;
                file.write_vlen_strings("x", &texts)?;
                file.close()?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written_texts)
        }
    }
}

/// Frames of a camera that come one by one.
fn frames(program: Program, session: &mut Session, lzf: bool) -> Result<()> {
    const SIDE: usize = 1024;
    const FRAMES: usize = 256;
    let images: Vec<u16> = session.numbers("images.u16")?;
    session.hands_over(2 * images.len());
    let frame = |n: usize| &images[n % 16 * SIDE * SIDE..][..SIDE * SIDE];
    match program {
        Program::Libhdf5 => {
            c::start()?;
            let write = |path: PathBuf| {
                let file = c::create(&path)?;
                let filter = if lzf { Filter::Lzf } else { Filter::None };
                let shape = [1, SIDE as u64, SIDE as u64];
                let kind = *h5t::H5T_NATIVE_USHORT;
                let mut growing = Growing::new(&file, kind, &shape, &shape, filter)?;
                (0..FRAMES).try_for_each(|n| growing.append(frame(n)))?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written)
        }
        Program::Hdfive1 | Program::Hdfive2 => {
            let write = |path: PathBuf| {
                let options = hdfive::File::with_options().threads(program.threads());
                let file = options.create(&path)?;
                let new = file.new_dataset::<u16>().shape((0.., SIDE, SIDE));
                let new = new.chunk((1, SIDE, SIDE));
                let growing = if lzf { new.lzf() } else { new }.create("x")?;
                for n in 0..FRAMES {
                    let frame = hdfive::Values::with_shape(frame(n), &[SIDE, SIDE]);
                    growing.append(frame.context("not a frame")?, 0)?;
                }
                file.close()?;
                Ok(path)
            };
            session.time_prepared(Session::output, write, written)
        }
        Program::Hdf5Pure | Program::RustHdf5 => {
            cannot("frames are not compared: both write datasets whole, or chunks as bytes")
        }
    }
}
