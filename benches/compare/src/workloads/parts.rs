//! Reading parts of large arrays.

use std::path::Path;

use anyhow::Result;
use hdfive::{Selection, SliceOrIndex};

use super::reads::{COUNT, SIDE, open};
use crate::libhdf5 as c;
use crate::session::{Places, Session, fold, fold_f64};
use crate::workload::{Program, Workload, cannot, target, target_one};

/// In the order of the table.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "r2_block",
        title: "R2 4096 x 4096 block",
        target: target_one(1.1),
        run: |program, session| part(program, session, [2000, 3000], [1, 1], [4096, 4096]),
    },
    Workload {
        name: "r2_stride",
        title: "R2 stride 2 x 2",
        target: target_one(2.0),
        run: |program, session| part(program, session, [0, 0], [2, 2], [4096, 4096]),
    },
    Workload {
        name: "r2_slab",
        title: "R2 16-column slab",
        target: target_one(3.0),
        run: |program, session| part(program, session, [0, 4000], [1, 1], [8192, 16]),
    },
    Workload {
        name: "r2_small",
        title: "R2 100,000 reads of 512 B",
        target: target(30.0, 60.0),
        run: small,
    },
    Workload {
        name: "r10_windows_none",
        title: "R10 10,000 random windows, no filter",
        target: target(15.0, 30.0),
        run: |program, session| windows(program, session, "none"),
    },
    Workload {
        name: "r10_windows_gzip",
        title: "R10 10,000 random windows, gzip, a cache as large as the data",
        target: target(12.0, 20.0),
        run: |program, session| windows(program, session, "gzip"),
    },
    Workload {
        name: "r10_columns_none",
        title: "R10 20 columns, no filter",
        target: target_one(60.0),
        run: |program, session| columns(program, session, "none"),
    },
    Workload {
        name: "r10_columns_gzip",
        title: "R10 20 columns, gzip",
        target: target(20.0, 35.0),
        run: |program, session| columns(program, session, "gzip"),
    },
    Workload {
        name: "r11_contiguous",
        title: "R11 100,000 points, contiguous",
        target: target_one(20.0),
        run: |program, session| points(program, session, "contiguous.h5", "field", false),
    },
    Workload {
        name: "r11_gzip",
        title: "R11 100,000 points, sorted, gzip",
        target: target(1.6, 3.2),
        run: |program, session| points(program, session, "chunked.h5", "gzip", true),
    },
    Workload {
        name: "r13_random",
        title: "R13 10,000 random chunks",
        target: target_one(15.0),
        run: random_chunks,
    },
];

/// Opens the file and reads a part of it, every `step`-th element along each axis.
fn part(
    program: Program,
    session: &mut Session,
    start: [usize; 2],
    step: [usize; 2],
    count: [usize; 2],
) -> Result<()> {
    let path = session.input("contiguous.h5");
    session.hands_over(8 * count[0] * count[1]);
    let wide = |all: [usize; 2]| all.map(|n| n as u64);
    let check = |values: &Vec<f64>| fold_f64(values);
    match program {
        Program::Libhdf5 => {
            c::start()?;
            session.time(
                || {
                    let file = c::open(&path)?;
                    let dataset = c::dataset(&file, "field")?;
                    let (space, memory) = (c::space_of(&dataset)?, c::space(&wide(count))?);
                    c::select_every(&space, &wide(start), &wide(step), &wide(count))?;
                    let mut values = vec![0f64; count[0] * count[1]];
                    c::read_selected(&dataset, c::f64(), &memory, &space, &mut values)?;
                    Ok(values)
                },
                check,
            )
        }
        Program::Hdfive1 | Program::Hdfive2 => session.time(
            || {
                let axis = |axis: usize| {
                    let end = start[axis] + step[axis] * count[axis];
                    SliceOrIndex::stepped(start[axis]..end, step[axis])
                };
                Ok(open(program, &path, "field")?.read_slice_raw::<f64>((axis(0), axis(1)))?)
            },
            check,
        ),
        Program::RustHdf5 if step == [1, 1] => session.time(
            || {
                let file = rust_hdf5::H5File::open(&path)?;
                Ok(file.dataset("field")?.read_slice::<f64>(&start, &count)?)
            },
            check,
        ),
        Program::RustHdf5 => session.time(
            || {
                let file = rust_hdf5::H5File::open(&path)?;
                Ok(file.dataset("field")?.read_hyperslab::<f64>(&start, &step, &count, &[1, 1])?)
            },
            check,
        ),
        Program::Hdf5Pure => cannot("no such selections"),
    }
}

/// Does both at once, in two threads; the first alone where it is `alone`.
fn halves<T: Send>(
    alone: bool,
    one: impl FnOnce() -> Result<T>,
    other: impl FnOnce() -> Result<T> + Send,
) -> Result<(T, Option<T>)> {
    if alone {
        return Ok((one()?, None));
    }
    std::thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one()?;
        let other = other.join().map_err(|_| anyhow::anyhow!("a thread failed"))??;
        Ok((one, Some(other)))
    })
}

/// Reads 64 f64 in one, at 100,000 places of an open dataset.
fn small(program: Program, session: &mut Session) -> Result<()> {
    const READS: usize = 100_000;
    const FEW: usize = 64;
    let path = session.input("contiguous.h5");
    let mut places = Places::new();
    let mut place = || [places.below(SIDE), places.below(SIDE - FEW)];
    let all: Vec<[usize; 2]> = (0..READS).map(|_| place()).collect();
    let add = |sum: f64, values: &[f64]| sum + values[0] + values[FEW - 1];
    let check = |sum: &f64| sum.to_bits();
    match program {
        Program::Libhdf5 => {
            c::start()?;
            let file = c::open(&path)?;
            let dataset = c::dataset(&file, "field")?;
            let memory = c::space(&[1, FEW as u64])?;
            session.time(
                || {
                    let (mut values, mut sum) = ([0f64; FEW], 0.0);
                    let space = c::space_of(&dataset)?;
                    for at in &all {
                        c::select(&space, &at.map(|n| n as u64), &[1, FEW as u64])?;
                        c::read_selected(&dataset, c::f64(), &memory, &space, &mut values)?;
                        sum = add(sum, &values);
                    }
                    Ok(sum)
                },
                check,
            )
        }
        Program::Hdfive1 | Program::Hdfive2 => {
            let dataset = open(program, &path, "field")?;
            let read = |part: &[[usize; 2]]| -> Result<f64> {
                let (mut values, mut sum) = ([0f64; FEW], 0.0);
                for [row, column] in part {
                    let part = (*row, *column..column + FEW);
                    dataset.read_slice_into_raw(&mut values, part)?;
                    sum = add(sum, &values);
                }
                Ok(sum)
            };
            session.time(
                || {
                    let (one, other) = all.split_at(READS / program.threads());
                    let (one, rest) = halves(other.is_empty(), || read(one), || read(other))?;
                    Ok(one + rest.unwrap_or_default())
                },
                check,
            )
        }
        Program::RustHdf5 => {
            let file = rust_hdf5::H5File::open(&path)?;
            let dataset = file.dataset("field")?;
            session.time(
                || {
                    let (mut values, mut sum) = ([0f64; FEW], 0.0);
                    for at in &all {
                        dataset.read_slice_into(&mut values, at, &[1, FEW])?;
                        sum = add(sum, &values);
                    }
                    Ok(sum)
                },
                check,
            )
        }
        Program::Hdf5Pure => cannot("no such selections"),
    }
}

/// Blocks of f32 that are read one after the other.
struct Blocks<'a> {
    path: &'a Path,
    name: &'a str,
    cache: u64,
    shape: [usize; 2],
    all: &'a [[usize; 2]],
    /// With two threads, each reads half of them for itself: where blocks are too small to be read by
    /// two.
    callers: bool,
}

/// Opens the file and reads blocks of f32 one after the other.
fn blocks(program: Program, session: &mut Session, blocks: &Blocks<'_>) -> Result<()> {
    /// A few values of each block are added: the sum is timed, too.
    const APART: usize = 61;

    let Blocks { path, name, cache, shape, all, callers } = *blocks;
    let len = shape[0] * shape[1];
    let add = |sum: u64, values: &[f32]| {
        values
            .iter()
            .step_by(APART)
            .fold(sum, |sum, value| sum.rotate_left(1) ^ u64::from(value.to_bits()))
    };
    match program {
        Program::Libhdf5 => {
            c::start()?;
            session.time(
                || {
                    let file = c::open(path)?;
                    let dataset = c::dataset(&file, name)?;
                    let shape = shape.map(|n| n as u64);
                    let (space, memory) = (c::space_of(&dataset)?, c::space(&shape)?);
                    let (mut values, mut sum) = (vec![0f32; len], 0);
                    for at in all {
                        c::select(&space, &at.map(|n| n as u64), &shape)?;
                        c::read_selected(&dataset, c::f32(), &memory, &space, &mut values)?;
                        sum = add(sum, &values);
                    }
                    Ok(sum)
                },
                |sum| *sum,
            )
        }
        Program::Hdfive1 | Program::Hdfive2 => session.time(
            || {
                let callers = if callers { program.threads() } else { 1 };
                let options = hdfive::File::with_options().threads(program.threads() / callers);
                let dataset = options.chunk_cache(cache).open(path)?.dataset(name)?;
                let read = |part: &[[usize; 2]]| -> Result<u64> {
                    let (mut values, mut sum) = (vec![0f32; len], 0);
                    for [row, column] in part {
                        let block = (*row..row + shape[0], *column..column + shape[1]);
                        dataset.read_slice_into_raw(&mut values, block)?;
                        sum = add(sum, &values);
                    }
                    Ok(sum)
                };
                let (one, other) = all.split_at(all.len() / callers);
                let (one, rest) = halves(other.is_empty(), || read(one), || read(other))?;
                // As if the sum had gone on from the one to the other.
                let added = other.len() * len.div_ceil(APART);
                Ok(one.rotate_left((added % 64) as u32) ^ rest.unwrap_or_default())
            },
            |sum| *sum,
        ),
        Program::RustHdf5 => session.time(
            || {
                let file = rust_hdf5::H5File::open(path)?;
                let dataset = file.dataset(name)?;
                let (mut values, mut sum) = (vec![0f32; len], 0);
                for at in all {
                    dataset.read_slice_into(&mut values, at, &shape)?;
                    sum = add(sum, &values);
                }
                Ok(sum)
            },
            |sum| *sum,
        ),
        Program::Hdf5Pure => cannot("no such selections"),
    }
}

/// Windows of 64 x 64 at random places.
fn windows(program: Program, session: &mut Session, name: &str) -> Result<()> {
    const WINDOW: usize = 64;
    let path = session.input("windows.h5");
    let mut places = Places::new();
    let mut place = || [places.below(SIDE - WINDOW), places.below(SIDE - WINDOW)];
    let all: Vec<_> = (0..10_000).map(|_| place()).collect();
    let (cache, shape) = (4 * COUNT as u64, [WINDOW, WINDOW]);
    let (path, all) = (&*path, &*all);
    blocks(program, session, &Blocks { path, name, cache, shape, all, callers: true })
}

/// Twenty columns side by side, one after the other.
fn columns(program: Program, session: &mut Session, name: &str) -> Result<()> {
    let path = session.input("columns.h5");
    let all: Vec<_> = (0..20).map(|n| [0, 100 + n]).collect();
    let (cache, shape) = (64 << 20, [16384, 1]);
    let (path, all) = (&*path, &*all);
    blocks(program, session, &Blocks { path, name, cache, shape, all, callers: false })
}

/// Opens the file and reads 100,000 single elements at once.
fn points(
    program: Program,
    session: &mut Session,
    file: &'static str,
    name: &str,
    sorted: bool,
) -> Result<()> {
    const POINTS: usize = 100_000;
    let path = session.input(file);
    session.hands_over(8 * POINTS);
    let mut places = Places::new();
    let mut all: Vec<[u64; 2]> =
        (0..POINTS).map(|_| [places.below(SIDE) as u64, places.below(SIDE) as u64]).collect();
    if sorted {
        all.sort_unstable();
    }
    let check = |values: &Vec<f64>| fold_f64(values);
    match program {
        Program::Libhdf5 => {
            c::start()?;
            session.time(
                || {
                    let file = c::open(&path)?;
                    let dataset = c::dataset(&file, name)?;
                    let (space, memory) = (c::space_of(&dataset)?, c::space(&[POINTS as u64])?);
                    c::select_points(&space, all.as_flattened(), 2)?;
                    let mut values = vec![0f64; POINTS];
                    c::read_selected(&dataset, c::f64(), &memory, &space, &mut values)?;
                    Ok(values)
                },
                check,
            )
        }
        Program::Hdfive1 | Program::Hdfive2 => session.time(
            || {
                let points = Selection::points(&all)?;
                Ok(open(program, &path, name)?.read_slice_raw::<f64>(points)?)
            },
            check,
        ),
        // It converts nothing: the values of one dataset are f32.
        Program::RustHdf5 => session.time(
            || {
                let file = rust_hdf5::H5File::open(&path)?;
                let dataset = file.dataset(name)?;
                let wide = |at: &[u64; 2]| at.iter().map(|n| *n as usize).collect();
                let points: Vec<Vec<usize>> = all.iter().map(wide).collect();
                if name == "gzip" {
                    let values = dataset.read_points::<f32>(&points)?;
                    return Ok(values.into_iter().map(f64::from).collect());
                }
                Ok(dataset.read_points::<f64>(&points)?)
            },
            check,
        ),
        Program::Hdf5Pure => cannot("no selections of points"),
    }
}

/// Opens the file and reads 10,000 of those chunks, at random places.
fn random_chunks(program: Program, session: &mut Session) -> Result<()> {
    let path = session.input("many_chunks.h5");
    let mut places = Places::new();
    let all: Vec<[usize; 2]> =
        (0..10_000).map(|_| [4 * places.below(1000), 4 * places.below(1000)]).collect();
    let add = |sum: u64, values: &[i32]| sum.rotate_left(1) ^ fold(values, |value| value as u64);
    match program {
        Program::Libhdf5 => {
            c::start()?;
            session.time(
                || {
                    let file = c::open(&path)?;
                    let dataset = c::dataset(&file, "tiny")?;
                    let (space, memory) = (c::space_of(&dataset)?, c::space(&[4, 4])?);
                    let (mut values, mut sum) = ([0i32; 16], 0);
                    for at in &all {
                        c::select(&space, &at.map(|n| n as u64), &[4, 4])?;
                        c::read_selected(&dataset, c::i32(), &memory, &space, &mut values)?;
                        sum = add(sum, &values);
                    }
                    Ok(sum)
                },
                |sum| *sum,
            )
        }
        Program::Hdfive1 | Program::Hdfive2 => session.time(
            || {
                let dataset = open(program, &path, "tiny")?;
                let (mut values, mut sum) = ([0i32; 16], 0);
                for [row, column] in &all {
                    let block = (*row..row + 4, *column..column + 4);
                    dataset.read_slice_into_raw(&mut values, block)?;
                    sum = add(sum, &values);
                }
                Ok(sum)
            },
            |sum| *sum,
        ),
        Program::RustHdf5 => cannot("takes more than a minute"),
        Program::Hdf5Pure => cannot("no such selections"),
    }
}
