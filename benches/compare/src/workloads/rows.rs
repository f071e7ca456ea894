//! Reading a table of structs.

use anyhow::Result;
use bytemuck::{Pod, Zeroable};
use hdfive::H5Type;
use rust_hdf5::format::messages::datatype::DatatypeMessage;

use super::reads::open;
use crate::libhdf5 as c;
use crate::session::{Session, fold, fold_f64};
use crate::workload::{Program, Workload, cannot, target, target_one};

/// In the order of the table.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "r15_whole",
        title: "R15 5,000,000-row compound, whole",
        target: target_one(1.0),
        run: |program, session| rows(program, session, "rows"),
    },
    Workload {
        name: "r15_column",
        title: "R15 5,000,000-row compound, one column",
        target: target_one(2.0),
        run: column,
    },
    Workload {
        name: "r15_gzip",
        title: "R15 5,000,000-row compound, gzip",
        target: target(1.8, 3.3),
        run: |program, session| rows(program, session, "gzip"),
    },
];

/// A row of the table, as in the file.
#[derive(Debug, Clone, Copy, PartialEq, H5Type, Pod, Zeroable)]
#[repr(C)]
struct Row {
    id: i64,
    time: f64,
    x: f32,
    y: f32,
    flags: i32,
    hits: i32,
}

impl rust_hdf5::types::H5Type for Row {
    fn hdf5_type() -> DatatypeMessage {
        let (f64, f32) = (DatatypeMessage::f64_type(), DatatypeMessage::f32_type());
        let i32 = DatatypeMessage::i32_type();
        let members = [
            ("id", DatatypeMessage::i64_type(), std::mem::offset_of!(Row, id)),
            ("time", f64, std::mem::offset_of!(Row, time)),
            ("x", f32.clone(), std::mem::offset_of!(Row, x)),
            ("y", f32, std::mem::offset_of!(Row, y)),
            ("flags", i32.clone(), std::mem::offset_of!(Row, flags)),
            ("hits", i32, std::mem::offset_of!(Row, hits)),
        ];
        let members = members.map(|(name, kind, offset)| (name.to_owned(), kind, offset as u32));
        let total_size = size_of::<Row>() as u32;
        rust_hdf5::types::CompoundType { members: members.to_vec(), total_size }.to_datatype()
    }

    fn element_size() -> usize {
        size_of::<Row>()
    }
}

/// Its members lie one behind the other, in the file as here.
impl hdf5_pure::CompoundType for Row {
    fn datatype() -> Result<hdf5_pure::Datatype, hdf5_pure::FormatError> {
        <(i64, f64, f32, f32, i32, i32)>::datatype()
    }

    fn encode(&self, _: &mut Vec<u8>) {
        unreachable!("rows are only read");
    }

    fn decode(_: &hdf5_pure::Datatype, bytes: &[u8]) -> Result<Self, hdf5_pure::FormatError> {
        let eight = |at: usize| bytes[at..at + 8].try_into().expect("8 bytes");
        let four = |at: usize| bytes[at..at + 4].try_into().expect("4 bytes");
        Ok(Self {
            id: i64::from_le_bytes(eight(0)),
            time: f64::from_le_bytes(eight(8)),
            x: f32::from_le_bytes(four(16)),
            y: f32::from_le_bytes(four(20)),
            flags: i32::from_le_bytes(four(24)),
            hits: i32::from_le_bytes(four(28)),
        })
    }
}

/// Rows of the table.
const ROWS: usize = 5_000_000;

/// Opens the file and reads the table.
fn rows(program: Program, session: &mut Session, name: &str) -> Result<()> {
    let path = session.input("compound.h5");
    session.hands_over(size_of::<Row>() * ROWS);
    let bits = |row: Row| {
        let small = u64::from(row.x.to_bits()) << 32 | u64::from(row.y.to_bits());
        row.id as u64 ^ row.time.to_bits() ^ small ^ (row.flags as u64) << 40 ^ row.hits as u64
    };
    let check = |rows: &Vec<Row>| fold(rows, bits);
    match program {
        Program::Libhdf5 => {
            c::start()?;
            let kind = row_type()?;
            session.time(
                || {
                    let file = c::open(&path)?;
                    let none = Row { id: 0, time: 0.0, x: 0.0, y: 0.0, flags: 0, hits: 0 };
                    let mut rows = vec![none; ROWS];
                    c::read_all(&c::dataset(&file, name)?, kind.id(), &mut rows)?;
                    Ok(rows)
                },
                check,
            )
        }
        Program::Hdfive1 | Program::Hdfive2 => {
            session.time(|| Ok(open(program, &path, name)?.read_raw::<Row>()?), check)
        }
        Program::Hdf5Pure => session.time(
            || Ok(hdf5_pure::File::open_streaming(&path)?.dataset(name)?.read_compound::<Row>()?),
            check,
        ),
        Program::RustHdf5 => session
            .time(|| Ok(rust_hdf5::H5File::open(&path)?.dataset(name)?.read_raw::<Row>()?), check),
    }
}

fn row_type() -> Result<c::Owned> {
    let members = [
        ("id", std::mem::offset_of!(Row, id), c::i64()),
        ("time", std::mem::offset_of!(Row, time), c::f64()),
        ("x", std::mem::offset_of!(Row, x), c::f32()),
        ("y", std::mem::offset_of!(Row, y), c::f32()),
        ("flags", std::mem::offset_of!(Row, flags), c::i32()),
        ("hits", std::mem::offset_of!(Row, hits), c::i32()),
    ];
    c::compound(size_of::<Row>(), &members)
}

/// Opens the file and reads one member of all rows.
fn column(program: Program, session: &mut Session) -> Result<()> {
    let path = session.input("compound.h5");
    session.hands_over(8 * ROWS);
    let check = |values: &Vec<f64>| fold_f64(values);
    match program {
        Program::Libhdf5 => {
            c::start()?;
            let kind = c::compound(8, &[("time", 0, c::f64())])?;
            session.time(
                || {
                    let file = c::open(&path)?;
                    let mut values = vec![0f64; ROWS];
                    c::read_all(&c::dataset(&file, "rows")?, kind.id(), &mut values)?;
                    Ok(values)
                },
                check,
            )
        }
        Program::Hdfive1 | Program::Hdfive2 => {
            session.time(|| Ok(open(program, &path, "rows")?.read_field::<f64>("time", ..)?), check)
        }
        Program::Hdf5Pure | Program::RustHdf5 => cannot("no single members"),
    }
}
