//! What is done to files while their writer dies.

use super::session::{Session, Start, Workload, write_row_major};
use hdfive::{FileBuilder, Group, LibraryVersion, Result};

/// All workloads.
pub fn all() -> Vec<Workload> {
    const EARLIEST: Start = Start::New(LibraryVersion::Earliest);
    const V18: Start = Start::New(LibraryVersion::V18);
    const LATEST: Start = Start::New(LibraryVersion::LATEST);
    fn made(name: &'static str) -> [Start; 3] {
        ["earliest", "v108", "latest"].map(|format| Start::Made(name, format))
    }
    let mut all = Vec::new();
    let mut add = |name, starts: &[Start], run: fn(&mut Session) -> Result<()>| {
        let plain: fn(FileBuilder) -> FileBuilder = |builder| builder;
        all.extend(starts.iter().map(|start| Workload { name, start: *start, how: plain, run }));
    };
    let new = [EARLIEST, V18, LATEST];
    add("groups grow and shrink", &new, grow_and_shrink);
    add("links of all kinds", &new, links);
    add("links move", &new, moves);
    add("trees of groups go", &new, trees);
    add("large groups change", &made("links"), large_groups);
    add("attributes change", &made("attributes"), attributes);
    add("raw data is overwritten", &made("arrays"), overwrite);
    add("chunks are overwritten", &made("arrays"), filtered);
    add("datasets grow by rows", &made("arrays"), append);
    add("datasets are resized", &made("arrays"), resize);
    add("datasets go", &made("arrays"), delete_arrays);
    add("datasets move", &made("arrays"), move_arrays);
    add("words are overwritten", &made("words"), words);
    add("datasets of words are resized", &made("words"), resize_words);
    add("datasets of words go", &made("words"), delete_words);
    add("everything at once", &made("arrays"), everything);
    add("pages", &[Start::Made("paged", "latest")], pages);
    all.push(Workload {
        name: "orders are tracked, behind a user block",
        start: LATEST,
        how: |builder| builder.track_order(true).userblock(512),
        run: grow_and_shrink,
    });
    all.push(Workload {
        name: "large blocks are aligned",
        start: V18,
        how: |builder| builder.alignment(64, 256),
        run: links,
    });
    all
}

/// Names of many lengths, which sort in another order than they are counted.
fn name(number: usize) -> String {
    format!("{:03}{}", number * 37 % 1000, "n".repeat(number % 11))
}

fn grow_and_shrink(session: &mut Session) -> Result<()> {
    for number in 0..30 {
        session.file().create_group(&name(number))?;
        if number % 7 == 3 {
            session.flush()?;
        }
    }
    session.flush()?;
    for number in 0..27 {
        session.file().unlink(&name(number * 11 % 30))?;
        if number % 6 == 5 {
            session.flush()?;
        }
    }
    session.reopen()?;
    for number in 30..44 {
        session.file().create_group(&name(number))?;
    }
    session.flush()
}

fn links(session: &mut Session) -> Result<()> {
    let group = session.file().create_group("group")?;
    for number in 0..5 {
        session.step();
        group.link_soft(&format!("/somewhere/{number}"), &format!("soft{number}"))?;
        session.step();
        group.link_hard("/group", &format!("hard{number}"))?;
    }
    session.step();
    group.set_comment("a comment")?;
    session.flush()?;
    // An old group that gets its first external link becomes a new one.
    session.step();
    group.link_external("other.h5", "/there", "external")?;
    session.flush()?;
    for number in 0..9 {
        session.step();
        group.link_external(
            &format!("other{number}.h5"),
            "/there",
            &format!("external{number}"),
        )?;
        session.step();
        group.unlink(&format!("soft{}", number % 5)).or_else(|error| {
            match error.is_not_found() {
                true => Ok(()),
                false => Err(error),
            }
        })?;
    }
    session.step();
    group.set_comment("another comment, which takes more room than the one that was there")?;
    session.flush()?;
    for number in 0..5 {
        session.step();
        group.unlink(&format!("hard{number}"))?;
        session.step();
        group.unlink(&format!("external{number}"))?;
    }
    session.step();
    group.set_comment("")?;
    session.flush()?;
    session.file().unlink("group")?;
    session.reopen()
}

fn moves(session: &mut Session) -> Result<()> {
    for number in 0..12 {
        session.file().create_group(&format!("from/{}", name(number)))?;
        session.file().create_group(&format!("to/{}", name(number + 100)))?;
    }
    session.flush()?;
    for number in 0..12 {
        let (from, to) = (name(number), name(number + 50));
        session.file().relink(&format!("from/{from}"), &format!("to/{to}"))?;
        session.file().relink(&format!("to/{}", name(number + 100)), &format!("from/{from}"))?;
        if number % 3 == 2 {
            session.flush()?;
        }
    }
    session.file().relink("from", "a longer name for it")?;
    session.file().relink("to", "from")?;
    session.flush()
}

fn trees(session: &mut Session) -> Result<()> {
    for number in 0..4 {
        for leaf in 0..6 {
            session.file().create_group(&format!("top{number}/middle{leaf}/leaf/end"))?;
        }
        session.flush()?;
    }
    session.file().link_hard("top1/middle2", "kept")?;
    session.file().unlink("top1")?;
    session.flush()?;
    session.file().unlink("top0")?;
    session.file().create_group("top1/again")?;
    session.flush()?;
    session.file().unlink("top3/middle0/leaf")?;
    session.file().unlink("kept")?;
    session.flush()?;
    for number in 0..20 {
        session.file().create_group(&format!("more/{}", name(number)))?;
    }
    session.reopen()
}

fn large_groups(session: &mut Session) -> Result<()> {
    let member = |number: usize| format!("member{number:03} {}", "x".repeat(number % 7));
    for round in 0..4 {
        let many = session.file().group("many")?;
        for number in (round..60).step_by(4) {
            session.step();
            many.unlink(&member(number))?;
            if number % 8 == round {
                session.step();
                many.create_group(&format!("new {}", name(number)))?;
            }
        }
        session.flush()?;
        for number in 0..12 {
            session.step();
            many.link_soft("/few/a", &format!("soft {}", name(number + 40 * round)))?;
            session.step();
            many.unlink(&format!("soft {}", name(number + 40 * round)))?;
            session.step();
            many.link_hard("/few/a", &format!("hard {}", name(number + 20 * round)))?;
        }
        session.flush()?;
    }
    session.file().unlink("few")?;
    session.flush()?;
    session.file().unlink("many")?;
    session.reopen()
}

fn attributes(session: &mut Session) -> Result<()> {
    for round in 0..3_i32 {
        for path in ["few", "many"] {
            let group = session.file().group(path)?;
            let (first, last) =
                (if path == "few" { 1 } else { 20 }, if path == "few" { 3 } else { 29 });
            for number in first..=last {
                session.step();
                let attribute = group.attr(&format!("attribute{number:02}"))?;
                attribute.write_raw(&vec![round * 1000 + number; attribute.size()])?;
            }
            session.step();
            group.attr("words")?.write_raw(&[
                format!("round {round}"),
                String::new(),
                "x".repeat(90),
            ])?;
        }
        session.flush()?;
        let many = session.file().group("many")?;
        for number in 0..7 {
            let number = number + 7 * round;
            let old = format!("attribute{number:02}");
            session.step();
            match number % 3 {
                0 => many.delete_attr(&old)?,
                1 => many.rename_attr(&old, &format!("renamed {number}"))?,
                _ => {
                    many.rename_attr(&old, &format!("a much longer name of attribute {number}"))?
                }
            }
        }
        let few = session.file().group("few")?;
        session.step();
        few.rename_attr("text", &format!("text{round}"))?;
        session.step();
        few.rename_attr(&format!("text{round}"), "text")?;
        session.step();
        few.rename_attr("attribute00", &format!("attribute{}", "0".repeat(9)))?;
        session.step();
        few.rename_attr(&format!("attribute{}", "0".repeat(9)), "attribute00")?;
        session.flush()?;
    }
    // What is left fits the header again.
    let many = session.file().group("many")?;
    for name in many.attr_names()?.iter().skip(4) {
        session.step();
        many.delete_attr(name)?;
    }
    session.flush()?;
    session.file().group("few")?.delete_attr("words")?;
    session.file().unlink("few")?;
    session.reopen()
}

fn overwrite(session: &mut Session) -> Result<()> {
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
        write_row_major(&session.file().dataset("late")?, 9, &values[..30])?;
        session.flush()?;
        session.file().unlink("late")?;
        session.file().create_group("late")?;
        session.flush()?;
        session.file().unlink("late")?;
        if round == 0 {
            return session.reopen();
        }
    }
    Ok(())
}

fn filtered(session: &mut Session) -> Result<()> {
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

fn append(session: &mut Session) -> Result<()> {
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

fn resize(session: &mut Session) -> Result<()> {
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

fn delete_arrays(session: &mut Session) -> Result<()> {
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

fn move_arrays(session: &mut Session) -> Result<()> {
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

fn words(session: &mut Session) -> Result<()> {
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

fn resize_words(session: &mut Session) -> Result<()> {
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

fn delete_words(session: &mut Session) -> Result<()> {
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

fn everything(session: &mut Session) -> Result<()> {
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

fn pages(session: &mut Session) -> Result<()> {
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
