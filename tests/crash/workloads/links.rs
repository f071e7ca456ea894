//! Groups, links and attributes that change.

use super::name;
use crate::crash::session::Session;
use hdfive::Result;

pub fn grow_and_shrink(session: &mut Session) -> Result<()> {
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

pub fn links(session: &mut Session) -> Result<()> {
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

pub fn moves(session: &mut Session) -> Result<()> {
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

pub fn trees(session: &mut Session) -> Result<()> {
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

pub fn large_groups(session: &mut Session) -> Result<()> {
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

pub fn attributes(session: &mut Session) -> Result<()> {
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
