//! Reading large arrays otherwise than into fresh buffers.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use anyhow::Result;

use crate::libhdf5 as c;
use crate::session::{Session, fold_f32, fold_f64};
use crate::workload::{Program, Target, Workload, cannot, target};

/// In the order of the table.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "r1_reused",
        title: "R1 contiguous f64 512 MB, reused buffer",
        target: target(1.3, 1.3),
        run: reused,
    },
    Workload {
        name: "r1_view",
        title: "R1 borrowed view, summed",
        target: target(4.0, 6.0),
        run: view,
    },
    Workload {
        name: "r17",
        title: "R17 two threads, two gzip datasets",
        target: Target { one_thread: None, two_threads: Some(5.5) },
        run: pair,
    },
];

/// Elements along each axis of the large arrays.
pub const SIDE: usize = 8192;
/// Elements of them.
pub const COUNT: usize = SIDE * SIDE;

/// Opens a dataset with this library.
pub fn open(program: Program, path: &Path, name: &str) -> Result<hdfive::Dataset> {
    let options = hdfive::File::with_options().threads(program.threads());
    Ok(options.open(path)?.dataset(name)?)
}

/// The same into a buffer that was used before.
fn reused(program: Program, session: &mut Session) -> Result<()> {
    let path = session.input("contiguous.h5");
    session.hands_over(8 * COUNT);
    let buffer = Rc::new(RefCell::new(vec![1f64; COUNT]));
    let check = |values: &Rc<RefCell<Vec<f64>>>| fold_f64(&values.borrow());
    match program {
        Program::Libhdf5 => {
            c::start()?;
            session.time(
                || {
                    let file = c::open(&path)?;
                    let dataset = c::dataset(&file, "field")?;
                    c::read_all(&dataset, c::f64(), &mut buffer.borrow_mut())?;
                    Ok(Rc::clone(&buffer))
                },
                check,
            )
        }
        Program::Hdfive1 | Program::Hdfive2 => session.time(
            || {
                open(program, &path, "field")?.read_into_raw(&mut buffer.borrow_mut())?;
                Ok(Rc::clone(&buffer))
            },
            check,
        ),
        Program::RustHdf5 => session.time(
            || {
                let file = rust_hdf5::H5File::open(&path)?;
                file.dataset("field")?.read_raw_into::<f64>(&mut buffer.borrow_mut())?;
                Ok(Rc::clone(&buffer))
            },
            check,
        ),
        Program::Hdf5Pure => cannot("reads into fresh buffers only"),
    }
}

/// Sums the same where it lies, or what is read of it where that cannot be.
fn view(program: Program, session: &mut Session) -> Result<()> {
    let path = session.input("contiguous.h5");
    let sum = |values: &[f64]| {
        let lanes = values.chunks_exact(8).fold([0f64; 8], |mut sums, eight| {
            sums.iter_mut().zip(eight).for_each(|(sum, value)| *sum += value);
            sums
        });
        lanes.iter().sum::<f64>()
    };
    // All values are multiples of 1/2048: sums in any order are the same.
    let check = |sum: &f64| sum.to_bits();
    match program {
        Program::Libhdf5 => {
            c::start()?;
            session.time(
                || {
                    let file = c::open(&path)?;
                    let mut values = vec![0f64; COUNT];
                    c::read_all(&c::dataset(&file, "field")?, c::f64(), &mut values)?;
                    Ok(sum(&values))
                },
                check,
            )
        }
        Program::Hdfive1 => {
            session.time(|| Ok(sum(open(program, &path, "field")?.as_slice::<f64>()?)), check)
        }
        Program::Hdfive2 => session.time(
            || {
                let dataset = open(program, &path, "field")?;
                let (one, other) = dataset.as_slice::<f64>()?.split_at(COUNT / 2);
                let sums = std::thread::scope(|scope| {
                    let other = scope.spawn(|| sum(other));
                    (sum(one), other.join())
                });
                Ok(sums.0 + sums.1.map_err(|_| anyhow::anyhow!("a thread failed"))?)
            },
            check,
        ),
        Program::RustHdf5 => session.time(
            || {
                let file = rust_hdf5::H5File::open(&path)?;
                Ok(sum(&file.dataset("field")?.read_mapped::<f64>()?))
            },
            check,
        ),
        Program::Hdf5Pure => cannot("no borrowed views"),
    }
}

/// Opens the file and reads two datasets, each in a thread of its own; with the C library, whose
/// calls wait for each other, one after the other.
fn pair(program: Program, session: &mut Session) -> Result<()> {
    let path = session.input("pair.h5");
    session.hands_over(4 * COUNT);
    let check = |both: &[Vec<f32>; 2]| fold_f32(&both[0]) ^ fold_f32(&both[1]).rotate_left(1);
    match program {
        Program::Libhdf5 => {
            c::start()?;
            session.time(
                || {
                    let file = c::open(&path)?;
                    let read = |name| {
                        let mut values = vec![0f32; COUNT / 2];
                        c::read_all(&c::dataset(&file, name)?, c::f32(), &mut values)?;
                        Ok::<_, anyhow::Error>(values)
                    };
                    Ok([read("a")?, read("b")?])
                },
                check,
            )
        }
        Program::Hdfive2 => session.time(
            || {
                let file = hdfive::File::with_options().threads(1).open(&path)?;
                let read = |name| file.dataset(name)?.read_raw::<f32>();
                std::thread::scope(|scope| {
                    let other = scope.spawn(|| read("b"));
                    let one = read("a")?;
                    let other = other.join().map_err(|_| anyhow::anyhow!("a thread failed"))??;
                    Ok([one, other])
                })
            },
            check,
        ),
        Program::Hdf5Pure => session.time(
            || {
                let file = hdf5_pure::File::open_streaming(&path)?;
                Ok([file.dataset("a")?.read_f32()?, file.dataset("b")?.read_f32()?])
            },
            check,
        ),
        Program::RustHdf5 => session.time(
            || {
                let file = rust_hdf5::H5File::open(&path)?;
                let read = |name| file.dataset(name)?.read_raw::<f32>();
                Ok([read("a")?, read("b")?])
            },
            check,
        ),
        Program::Hdfive1 => cannot("is a matter of two threads"),
    }
}
