//! Many objects: listing, opening, creating; and a file that is small.

use std::path::Path;

use anyhow::Result;
use hdfive::File;

use crate::libhdf5 as c;
use crate::session::{Places, Session, fold, fold_f64};
use crate::workload::{Program, Workload, cannot, target, target_one};

/// Objects of the files with many names.
const MANY: usize = 100_000;
/// Datasets opened by their path.
const PATHS: usize = 20_000;
/// Times a small file is opened.
const OPENED: usize = 1_000;
/// Attributes of one object, where there are many.
const ATTRIBUTES: usize = 100;

/// In the order of the table.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "r12_list_old",
        title: "R12 list 100,000 names, old format",
        target: target_one(2.0),
        run: |program, session| list(program, session, "names_old.h5"),
    },
    Workload {
        name: "r12_list_new",
        title: "R12 list 100,000 names, new format",
        target: target_one(4.0),
        run: |program, session| list(program, session, "names_new.h5"),
    },
    Workload {
        name: "r12_each_old",
        title: "R12 open each, read an attribute, old format",
        target: target(12.0, 20.0),
        run: |program, session| each(program, session, "names_old.h5"),
    },
    Workload {
        name: "r12_each_new",
        title: "R12 open each, read an attribute, new format",
        target: target(12.0, 20.0),
        run: |program, session| each(program, session, "names_new.h5"),
    },
    Workload {
        name: "r12_paths",
        title: "R12 20,000 opens by path",
        target: target(10.0, 20.0),
        run: |program, session| paths(program, session, "names_old.h5"),
    },
    Workload {
        name: "r18",
        title: "R18 open and read a small file, 1,000 times",
        target: target_one(10.0),
        run: small,
    },
    Workload {
        name: "w5_datasets",
        title: "W5 create 100,000 datasets",
        target: target_one(6.0),
        run: |program, session| create(program, session, Kind::Datasets),
    },
    Workload {
        name: "w5_groups",
        title: "W5 create 100,000 groups",
        target: target_one(6.0),
        run: |program, session| create(program, session, Kind::Groups),
    },
    Workload {
        name: "w5_attributes",
        title: "W5 create 100,000 attributes, 100 an object",
        target: target_one(5.0),
        run: |program, session| create(program, session, Kind::Attributes),
    },
];

fn fold_names(names: &[String]) -> u64 {
    names.iter().fold(0, |sum, name| sum ^ fold(name.as_bytes(), u64::from))
}

/// The names of a group's members, from libhdf5.
fn list_with_libhdf5(file: &c::Owned) -> Result<Vec<String>> {
    extern "C" fn take(
        _: c::Id,
        name: *const std::ffi::c_char,
        _: *const c::h5l::H5L_info_t,
        names: *mut std::ffi::c_void,
    ) -> i32 {
        // SAFETY: the library lends a string; the last argument is what was given to it.
        let (names, name) =
            unsafe { (&mut *names.cast::<Vec<String>>(), std::ffi::CStr::from_ptr(name)) };
        names.push(name.to_string_lossy().into_owned());
        0
    }
    let mut names: Vec<String> = Vec::new();
    let mut at = 0;
    let (index, order) = (c::h5::H5_INDEX_NAME, c::h5::H5_ITER_INC);
    let to: *mut Vec<String> = &mut names;
    // SAFETY: the function and what it gets fit together.
    c::ok(unsafe { c::h5l::H5Literate(file.id(), index, order, &mut at, Some(take), to.cast()) })?;
    Ok(names)
}

/// Opens the file and lists the names in its root group.
fn list(program: Program, session: &mut Session, name: &str) -> Result<()> {
    let path = session.input(name);
    let check = |names: &Vec<String>| fold_names(names);
    match program {
        Program::Libhdf5 => {
            c::start()?;
            session.time(|| list_with_libhdf5(&c::open(&path)?), check)
        }
        Program::Hdfive1 | Program::Hdfive2 => {
            session.time(|| Ok(File::open(&path)?.member_names()?), check)
        }
        Program::Hdf5Pure => {
            session.time(|| Ok(hdf5_pure::File::open_streaming(&path)?.root().datasets()?), check)
        }
        Program::RustHdf5 => {
            session.time(|| Ok(rust_hdf5::H5File::open(&path)?.dataset_names()), check)
        }
    }
}

/// Opens the file, lists its datasets, opens each and reads its attribute.
fn each(program: Program, session: &mut Session, name: &str) -> Result<()> {
    let path = session.input(name);
    let check = |sum: &i64| sum.cast_unsigned();
    match program {
        Program::Libhdf5 => {
            c::start()?;
            let number = c::c("number")?;
            let read = || {
                let file = c::open(&path)?;
                let mut sum = 0;
                for name in list_with_libhdf5(&file)? {
                    let dataset = c::dataset(&file, &name)?;
                    let mut value = 0i64;
                    // SAFETY: the name ends in a zero, and there is room for one number.
                    unsafe {
                        let attribute = c::h5a::H5Aopen(dataset.id(), number.as_ptr(), 0);
                        let attribute = c::Owned::new(attribute)?;
                        let kind = *c::h5t::H5T_NATIVE_INT64;
                        let to: *mut i64 = &mut value;
                        c::ok(c::h5a::H5Aread(attribute.id(), kind, to.cast()))?;
                    }
                    sum += value;
                }
                Ok(sum)
            };
            session.time(read, check)
        }
        Program::Hdfive1 | Program::Hdfive2 => {
            let read = || {
                let file = File::open(&path)?;
                let names = file.member_names()?;
                let share = names.len().div_ceil(program.threads()).max(1);
                std::thread::scope(|scope| {
                    let read = |names: &[String]| -> Result<i64> {
                        let mut sum = 0;
                        for name in names {
                            sum += file.dataset(name)?.attr("number")?.read_scalar::<i64>()?;
                        }
                        Ok(sum)
                    };
                    let mut shares = names.chunks(share);
                    let own = shares.next().unwrap_or_default();
                    let others: Vec<_> =
                        shares.map(|names| scope.spawn(move || read(names))).collect();
                    let mut sum = read(own)?;
                    for other in others {
                        sum += other.join().expect("no panic")?;
                    }
                    Ok(sum)
                })
            };
            session.time(read, check)
        }
        Program::Hdf5Pure => {
            let read = || {
                let file = hdf5_pure::File::open_streaming(&path)?;
                let mut sum = 0;
                for name in file.root().datasets()? {
                    match file.dataset(&name)?.attrs()?.get("number") {
                        Some(hdf5_pure::AttrValue::I64(value)) => sum += value,
                        other => anyhow::bail!("{other:?}"),
                    }
                }
                Ok(sum)
            };
            session.time(read, check)
        }
        Program::RustHdf5 => cannot("its attributes of datasets are not compared here"),
    }
}

/// Opens the file, and datasets here and there in it by their paths.
fn paths(program: Program, session: &mut Session, name: &str) -> Result<()> {
    let path = session.input(name);
    let mut places = Places::new();
    let names: Vec<String> =
        (0..PATHS).map(|_| format!("dataset_{:06}", places.below(MANY))).collect();
    let check = |opened: &usize| *opened as u64;
    match program {
        Program::Libhdf5 => {
            c::start()?;
            let open = || {
                let file = c::open(&path)?;
                for name in &names {
                    c::dataset(&file, name)?;
                }
                Ok(names.len())
            };
            session.time(open, check)
        }
        Program::Hdfive1 | Program::Hdfive2 => {
            let open = || {
                let file = File::open(&path)?;
                let open = |names: &[String]| -> Result<usize> {
                    for name in names {
                        file.dataset(name)?;
                    }
                    Ok(names.len())
                };
                std::thread::scope(|scope| {
                    let mut shares = names.chunks(PATHS.div_ceil(program.threads()));
                    let own = shares.next().unwrap_or_default();
                    let others: Vec<_> =
                        shares.map(|names| scope.spawn(move || open(names))).collect();
                    let mut opened = open(own)?;
                    for other in others {
                        opened += other.join().expect("no panic")?;
                    }
                    Ok(opened)
                })
            };
            session.time(open, check)
        }
        Program::Hdf5Pure => {
            let open = || {
                let file = hdf5_pure::File::open_streaming(&path)?;
                for name in &names {
                    file.dataset(name)?;
                }
                Ok(names.len())
            };
            session.time(open, check)
        }
        Program::RustHdf5 => {
            let open = || {
                let file = rust_hdf5::H5File::open(&path)?;
                for name in &names {
                    file.dataset(name)?;
                }
                Ok(names.len())
            };
            session.time(open, check)
        }
    }
}

/// Opens a small file and reads its only dataset, again and again.
fn small(program: Program, session: &mut Session) -> Result<()> {
    let path = session.input("small.h5");
    let check = |values: &Vec<f64>| fold_f64(values);
    let again = |read: &dyn Fn(&Path) -> Result<Vec<f64>>| -> Result<Vec<f64>> {
        for _ in 1..OPENED {
            read(&path)?;
        }
        read(&path)
    };
    match program {
        Program::Libhdf5 => {
            c::start()?;
            let read = |path: &Path| {
                let mut values = vec![0f64; 100];
                c::read_all(&c::dataset(&c::open(path)?, "values")?, c::f64(), &mut values)?;
                Ok(values)
            };
            session.time(|| again(&read), check)
        }
        Program::Hdfive1 | Program::Hdfive2 => {
            let read = |path: &Path| Ok(File::open(path)?.dataset("values")?.read_raw::<f64>()?);
            session.time(|| again(&read), check)
        }
        Program::Hdf5Pure => {
            let read =
                |path: &Path| Ok(hdf5_pure::File::open(path)?.dataset("values")?.read_f64()?);
            session.time(|| again(&read), check)
        }
        Program::RustHdf5 => {
            let read = |path: &Path| {
                Ok(rust_hdf5::H5File::open(path)?.dataset("values")?.read_raw::<f64>()?)
            };
            session.time(|| again(&read), check)
        }
    }
}

/// What is made many times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Datasets of one number each.
    Datasets,
    Groups,
    Attributes,
}

fn name(number: usize) -> String {
    format!("member_{number:06}")
}

/// Makes a file of many objects and closes it.
fn create(program: Program, session: &mut Session, kind: Kind) -> Result<()> {
    let prepare = |session: &Session| session.output();
    let check = |made: &usize| *made as u64;
    match program {
        Program::Libhdf5 => {
            c::start()?;
            let one = c::space(&[1])?;
            session.time_prepared(prepare, |path| create_with_libhdf5(&path, kind, &one), check)
        }
        Program::Hdfive1 | Program::Hdfive2 => {
            session.time_prepared(prepare, |path| create_with_hdfive(&path, kind), check)
        }
        Program::Hdf5Pure => {
            session.time_prepared(prepare, |path| create_with_hdf5_pure(&path, kind), check)
        }
        Program::RustHdf5 => match kind {
            Kind::Attributes => cannot("its attributes of groups are not compared here"),
            _ => session.time_prepared(prepare, |path| create_with_rust_hdf5(&path, kind), check),
        },
    }
}

fn create_with_libhdf5(path: &Path, kind: Kind, one: &c::Owned) -> Result<usize> {
    let file = c::create(path)?;
    let group = |name: &str| -> Result<c::Owned> {
        let name = c::c(name)?;
        // SAFETY: the name ends in a zero, and lives as long as the call.
        c::Owned::new(unsafe { c::h5g::H5Gcreate2(file.id(), name.as_ptr(), 0, 0, 0) })
    };
    let int = *c::h5t::H5T_NATIVE_INT;
    match kind {
        Kind::Datasets => {
            for number in 0..MANY {
                let name = c::c(&name(number))?;
                // SAFETY: as above.
                let dataset = c::Owned::new(unsafe {
                    c::h5d::H5Dcreate2(file.id(), name.as_ptr(), int, one.id(), 0, 0, 0)
                })?;
                c::write_all(&dataset, int, &[number as i32])?;
            }
        }
        Kind::Groups => {
            for number in 0..MANY {
                group(&name(number))?;
            }
        }
        Kind::Attributes => {
            for number in 0..MANY / ATTRIBUTES {
                let group = group(&name(number))?;
                for number in 0..ATTRIBUTES {
                    let name = c::c(&name(number))?;
                    let value = number as i32;
                    // SAFETY: as above, and the number is of the kind that is named.
                    unsafe {
                        let made =
                            c::h5a::H5Acreate2(group.id(), name.as_ptr(), int, one.id(), 0, 0);
                        let attribute = c::Owned::new(made)?;
                        let from: *const i32 = &value;
                        c::ok(c::h5a::H5Awrite(attribute.id(), int, from.cast()))?;
                    }
                }
            }
        }
    }
    Ok(MANY)
}

fn create_with_hdfive(path: &Path, kind: Kind) -> Result<usize> {
    let file = File::create(path)?;
    match kind {
        Kind::Datasets => {
            for number in 0..MANY {
                let data = [number as i32];
                file.new_dataset_builder().with_data(&data).create(name(number).as_str())?;
            }
        }
        Kind::Groups => {
            for number in 0..MANY {
                file.create_group(&name(number))?;
            }
        }
        Kind::Attributes => {
            for number in 0..MANY / ATTRIBUTES {
                let group = file.create_group(&name(number))?;
                for number in 0..ATTRIBUTES {
                    let data = [number as i32];
                    group.new_attr_builder().with_data(&data).create(name(number).as_str())?;
                }
            }
        }
    }
    file.close()?;
    Ok(MANY)
}

fn create_with_hdf5_pure(path: &Path, kind: Kind) -> Result<usize> {
    let mut file = hdf5_pure::FileBuilder::new();
    match kind {
        Kind::Datasets => {
            for number in 0..MANY {
                file.create_dataset(&name(number)).with_i32_data(&[number as i32]);
            }
        }
        Kind::Groups => {
            for number in 0..MANY {
                let group = file.create_group(&name(number));
                file.add_group(group.finish());
            }
        }
        Kind::Attributes => {
            for number in 0..MANY / ATTRIBUTES {
                let mut group = file.create_group(&name(number));
                for number in 0..ATTRIBUTES {
                    let value = hdf5_pure::AttrValue::I64(number as i64);
                    group.set_attr(&name(number), value);
                }
                file.add_group(group.finish());
            }
        }
    }
    file.write(path)?;
    Ok(MANY)
}

fn create_with_rust_hdf5(path: &Path, kind: Kind) -> Result<usize> {
    let file = rust_hdf5::H5File::create(path)?;
    for number in 0..MANY {
        if kind == Kind::Groups {
            file.create_group(&name(number))?;
        } else {
            let dataset = file.new_dataset::<i32>().shape([1]).create(&name(number))?;
            dataset.write_raw(&[number as i32])?;
        }
    }
    file.close()?;
    Ok(MANY)
}
