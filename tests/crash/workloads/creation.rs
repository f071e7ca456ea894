//! Datasets, attributes and copies that come; everything, as it comes.

use crate::crash::session::Session;
use crate::crash::story::Story;
use hdfive::{AllocTime, Layout, Result};

pub fn new_datasets(session: &mut Session) -> Result<()> {
    let values: Vec<i32> = (0..60).map(|n| n * n).collect();
    let words: Vec<String> = (0..60).map(|n| "w".repeat(n)).collect();
    for round in 0..4 {
        let folder = format!("folder{round}");
        let named = |name: &str| format!("{folder}/{name}");
        let new = |session: &Session| session.file().new_dataset::<i32>().fill_value(-1);
        new(session)
            .shape(60)
            .create(named("block").as_str())
            .inspect(|_| session.step())?
            .write_raw(&values)?;
        let compact = new(session).shape(60).layout(Layout::Compact);
        compact
            .create(named("compact").as_str())
            .inspect(|_| session.step())?
            .write_raw(&values)?;
        session.flush()?;
        new(session)
            .shape(60)
            .chunk(60)
            .create(named("single").as_str())
            .inspect(|_| session.step())?
            .write_raw(&values)?;
        new(session)
            .shape(60..=90)
            .chunk(7)
            .create(named("fixed").as_str())
            .inspect(|_| session.step())?
            .write_raw(&values)?;
        let packed = new(session).shape(60..).chunk(7).shuffle().deflate(2);
        packed.create(named("packed").as_str()).inspect(|_| session.step())?.write_raw(&values)?;
        let tree = new(session).shape((10.., 6..)).chunk((3, 4)).lzf();
        tree.create(named("tree").as_str()).inspect(|_| session.step())?.write_raw(&values)?;
        let early = new(session).shape(60).chunk(7).alloc_time(Some(AllocTime::Early));
        drop(early.create(named("early").as_str())?);
        session.flush()?;
        let new = session.file().new_dataset::<String>().fill_value("none".to_owned());
        new.shape(60..)
            .chunk(9)
            .create(named("words").as_str())
            .inspect(|_| session.step())?
            .write_raw(&words)?;
        if round > 0 {
            session.file().unlink(&format!("folder{}", round - 1))?;
        }
        session.flush()?;
    }
    session.reopen()
}

pub fn new_attributes(session: &mut Session) -> Result<()> {
    session.file().create_group("group")?;
    for number in 0..14_usize {
        for path in ["/", "group"] {
            let object = session.file().location(path)?;
            let values: Vec<i64> = (0..number as i64).collect();
            let new = object.new_attr::<i64>().shape(number);
            new.create(format!("numbers{number}").as_str())
                .inspect(|_| session.step())?
                .write_raw(&values)?;
            session.step();
            let new = object.new_attr::<String>();
            new.create(format!("word{number}").as_str())
                .inspect(|_| session.step())?
                .write_scalar(&"w".repeat(number * 9))?;
        }
        if number % 4 == 1 {
            session.flush()?;
        }
    }
    let old = session.file().info().superblock_version == 0;
    for round in 0..3 {
        let group = session.file().group("group")?;
        let size = if old { 5000 } else { 9000 * (round + 1) };
        let large: Vec<i64> = (0..size).collect();
        group
            .new_attr::<i64>()
            .shape(large.len())
            .create("large")
            .inspect(|_| session.step())?
            .write_raw(&large)?;
        session.flush()?;
        session.file().group("group")?.delete_attr("large")?;
        session.file().group("group")?.delete_attr(&format!("word{round}"))?;
        session.flush()?;
    }
    session.reopen()
}

fn copy(session: &Session, from: &str, to: &str) -> Result<()> {
    session.file().location(from)?.copy_to(session.file(), to)
}

pub fn copies(session: &mut Session) -> Result<()> {
    let names = session.file().member_names()?;
    for (number, name) in names.iter().enumerate() {
        copy(session, name, &format!("copies/{name}"))?;
        if number % 3 == 2 {
            session.flush()?;
        }
    }
    copy(session, "copies", "again/and again")?;
    session.flush()?;
    session.file().unlink("copies")?;
    session.flush()?;
    copy(session, "again", "copies")?;
    session.reopen()
}

pub fn story(session: &mut Session, seed: u64) -> Result<()> {
    let mut story = Story::new(seed);
    for round in 1..=25 {
        session.tell(&mut story)?;
        if round % 7 == 0 {
            session.reopen()?;
        } else {
            session.flush()?;
        }
        story.flushed();
    }
    Ok(())
}
