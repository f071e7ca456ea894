//! Datasets of numbers that change, move and go.

use super::name;
use crate::crash::session::{Session, write_row_major};
use hdfive::{Group, Result};

pub fn overwrite(session: &mut Session) -> Result<()> {
    for round in 0..3 {
        let values: Vec<i32> = (0..143).map(|number| 1_000_000 * (round + 1) + number).collect();
        session.overwrite("contiguous", 5, &values[..100])?;
        session.overwrite("single", 0, &values)?;
        session.overwrite("fixed", 20, &values[..40])?;
        session.overwrite("extensible", 0, &values[..50])?;
        session.flush()?;
        session.overwrite("tree", 7, &values[..90])?;
        session.overwrite("implicit", 60, &values[..60])?;
        session.overwrite("contiguous", 50, &values[..3])?;
        session.overwrite("contiguous", 51, &values[9..10])?;
        // Not in place: part of the header, and not there yet.
        write_row_major(&session.file().dataset("compact")?, 9, &values[..40])?;
        if round == 0 {
            write_row_major(&session.file().dataset("late")?, 9, &values[..30])?;
            session.flush()?;
            session.file().unlink("late")?;
            session.file().create_group("late")?;
        }
        session.flush()?;
    }
    session.file().unlink("late")?;
    session.reopen()
}

pub fn filtered(session: &mut Session) -> Result<()> {
    for round in 0..4 {
        for name in ["one", "fixed_filtered", "extensible_filtered", "tree_filtered"] {
            let dataset = session.file().dataset(name)?;
            let values: Vec<i32> = (0..143).map(|number| number * number * (round + 3)).collect();
            let first = 29 * round as usize;
            write_row_major(&dataset, first, &values[first..first + 40])?;
            if round == 2 {
                session.step();
                dataset.write_raw(&values)?;
            }
        }
        session.flush()?;
    }
    let dataset = session.file().dataset("tree_filtered")?;
    let (_, bytes) = dataset.read_chunk(&[3, 3])?.expect("a chunk");
    session.step();
    dataset.write_chunk(&[0, 0], 0, &bytes)?;
    session.step();
    dataset.write_chunk(&[6, 6], 0b11, &[7; 36])?;
    session.reopen()
}

pub fn append(session: &mut Session) -> Result<()> {
    for round in 0..6 {
        for name in ["extensible", "extensible_filtered", "tree", "tree_filtered"] {
            let dataset = session.file().dataset(name)?;
            for row in 0..5 {
                let shape = dataset.shape();
                dataset.resize(&[shape[0] + 1, shape[1]])?;
                let values: Vec<i32> = (0..13).map(|n| 100 * (round * 5 + row) + n).collect();
                if dataset.filters().is_empty() {
                    // The chunk that the last row lies in may be there already.
                    session.overwrite(name, shape[0] * 13, &values)?;
                } else {
                    write_row_major(&session.file().dataset(name)?, shape[0] * 13, &values)?;
                }
            }
        }
        session.flush()?;
    }
    session.reopen()
}

pub fn resize(session: &mut Session) -> Result<()> {
    let shapes = [[14, 17], [5, 6], [9, 18], [1, 1], [12, 13], [0, 4], [7, 7]];
    for (round, shape) in shapes.iter().enumerate() {
        for name in ["fixed", "fixed_filtered", "tree", "tree_filtered"] {
            let dataset = session.file().dataset(name)?;
            dataset.resize(shape)?;
            session.step();
            if round % 2 == 0 {
                // Chunks that come into being here are not those of the last flush.
                let values = vec![i32::try_from(round).unwrap(); shape[1]];
                if name.ends_with("filtered") {
                    write_row_major(&dataset, shape[0].saturating_sub(1) * shape[1], &values)?;
                }
            }
        }
        for name in ["extensible", "extensible_filtered"] {
            session.file().dataset(name)?.resize(&[shape[0], 13])?;
        }
        session.flush()?;
    }
    session.reopen()
}

pub fn downgrade(session: &mut Session) -> Result<()> {
    let names = session.file().member_names()?;
    for (number, name) in names.iter().enumerate() {
        let dataset = session.file().dataset(name)?;
        if !dataset.filters().is_empty() {
            // Chunks wait while their index becomes another one.
            write_row_major(&dataset, 30, &[-1; 50])?;
            session.step();
        }
        dataset.downgrade()?;
        if number % 3 == 0 {
            session.flush()?;
        }
    }
    session.file().downgrade()?;
    session.flush()?;
    for name in ["fixed", "fixed_filtered", "tree", "tree_filtered"] {
        session.file().dataset(name)?.resize(&[14, 9])?;
    }
    session.reopen()
}

pub fn delete_arrays(session: &mut Session) -> Result<()> {
    let names = session.file().member_names()?;
    for (number, gone) in names.iter().enumerate() {
        session.file().unlink(gone)?;
        // What comes now must not take the room of what goes.
        session.file().create_group(&format!("group/{}", name(number)))?;
        if let Some(next) = names.get(number + 1).filter(|_| number % 2 == 0) {
            let dataset = session.file().dataset(next)?;
            if dataset.filters().is_empty() {
                session.overwrite(next, 3, &[-1, -2, -3])?;
            } else {
                write_row_major(&dataset, 3, &[-1, -2, -3])?;
            }
        }
        session.flush()?;
    }
    session.reopen()
}

pub fn move_arrays(session: &mut Session) -> Result<()> {
    for (number, old) in session.file().member_names()?.iter().enumerate() {
        session.file().relink(old, &format!("moved/{}/{old}", number % 3))?;
        session.file().link_hard(&format!("moved/{}/{old}", number % 3), &format!("also {old}"))?;
        if number % 3 == 0 {
            session.flush()?;
        }
    }
    session.file().unlink("moved/1")?;
    session.flush()?;
    for kept in session.file().member_names()?.iter().filter(|name| name.starts_with("also")) {
        session.file().unlink(kept)?;
    }
    session.reopen()
}

pub fn everything(session: &mut Session) -> Result<()> {
    for round in 0..8_usize {
        let group: Group = session.file().require_group("groups")?;
        for number in 0..6 {
            session.step();
            group.create_group(&name(6 * round + number))?;
        }
        if round > 1 {
            for number in 0..5 {
                session.step();
                group.unlink(&name(6 * (round - 2) + number))?;
            }
        }
        let rows = session.file().dataset("tree_filtered")?.shape()[0];
        session.file().dataset("tree_filtered")?.resize(&[rows + 2, 13])?;
        let values: Vec<i32> = (0..26).map(|n| n + 1000 * round as i32).collect();
        write_row_major(&session.file().dataset("tree_filtered")?, rows * 13, &values)?;
        session.overwrite("contiguous", 10 * round, &values[..10])?;
        if round % 3 == 2 {
            session.reopen()?;
        } else {
            session.flush()?;
        }
    }
    for name in ["fixed", "extensible", "tree"] {
        session.file().unlink(name)?;
        session.flush()?;
    }
    session.reopen()
}

pub fn pages(session: &mut Session) -> Result<()> {
    for round in 0..3_usize {
        let rows = session.file().dataset("extensible_filtered")?.shape()[0];
        session.file().dataset("extensible_filtered")?.resize(&[rows + 9, 13])?;
        let values: Vec<i32> = (0..117).map(|n| n * n * 7 + round as i32).collect();
        write_row_major(&session.file().dataset("extensible_filtered")?, rows * 13, &values)?;
        for number in 0..9 {
            session.file().create_group(&format!("many/{}", name(9 * round + number)))?;
            session.file().unlink(&format!(
                "many/member{:03} {}",
                number + 9 * round,
                "x".repeat((number + 9 * round) % 7)
            ))?;
        }
        session.flush()?;
        session.file().unlink(["tree", "single", "fixed"][round])?;
        session.flush()?;
    }
    session.reopen()
}
