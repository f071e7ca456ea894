//! Datasets of variable-length data that change and go.

use super::name;
use crate::crash::session::{Session, write_row_major};
use hdfive::Result;

pub fn words(session: &mut Session) -> Result<()> {
    for round in 0..4 {
        for path in ["contiguous", "chunked", "filtered"] {
            let dataset = session.file().dataset(path)?;
            let words: Vec<String> = (0..9).map(|n| format!("{round} {}", name(n * 3))).collect();
            write_row_major(&dataset, 7 * round, &words)?;
        }
        let lists: Vec<Vec<i32>> = (0..4).map(|n| (0..n * 5).collect()).collect();
        write_row_major(&session.file().dataset("lists")?, 2 * round, &lists)?;
        session.flush()?;
    }
    let all: Vec<String> = (0..40).map(|n| "z".repeat(n * 7)).collect();
    session.file().dataset("chunked")?.write_raw(&all)?;
    session.flush()?;
    session.file().dataset("chunked")?.write_raw(&vec![String::new(); 40])?;
    session.file().dataset("contiguous")?.write_raw(&vec!["same".to_owned(); 40])?;
    session.reopen()
}

pub fn resize_words(session: &mut Session) -> Result<()> {
    for shape in [50, 20, 33, 4, 0, 9] {
        for path in ["chunked", "filtered", "lists"] {
            session.file().dataset(path)?.resize(&[shape])?;
        }
        session.flush()?;
        let last = shape.saturating_sub(3);
        for path in ["chunked", "filtered"] {
            let words: Vec<String> = (last..shape).map(|n| format!("{shape} {n}")).collect();
            write_row_major(&session.file().dataset(path)?, last, &words)?;
        }
        session.flush()?;
    }
    session.reopen()
}

pub fn delete_words(session: &mut Session) -> Result<()> {
    session.file().unlink("contiguous")?;
    let words: Vec<String> = (0..9).map(|n| name(n * 5)).collect();
    write_row_major(&session.file().dataset("chunked")?, 3, &words)?;
    session.flush()?;
    write_row_major(&session.file().dataset("filtered")?, 11, &words)?;
    session.file().unlink("lists")?;
    session.flush()?;
    session.file().unlink("filtered")?;
    write_row_major(&session.file().dataset("chunked")?, 30, &words)?;
    session.flush()?;
    session.file().unlink("chunked")?;
    session.reopen()
}
