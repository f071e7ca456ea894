//! What belongs to a whole file.

use std::path::Path;

use hdfive::{Driver, File, FileSpaceStrategy, LibraryVersion, Result};

use crate::structure::Outcome::{No, Yes};
use crate::structure::{
    Has, Outcome, Seen, Structure, copy_fixture, fill, options, options_of, structure,
};
use crate::support::fixtures;
use crate::support::listing;

pub fn all() -> Vec<Structure> {
    let mut all = superblocks();
    all.extend(widths());
    all.extend(file_space());
    all.extend(rarer());
    all.extend(marked());
    all.extend(several_files());
    all
}

/// A change in one of the fixtures that hold a little of everything.
fn change(file: &File, object: &str) -> Result<()> {
    let numbers = file.dataset(object)?;
    numbers.write_slice([77], (1, 2..3))?;
    assert_eq!(numbers.read_slice_scalar::<i32>((1, 2))?, 77);
    Ok(())
}

const NUMBERS: &str = "/numbers";

fn superblocks() -> Vec<Structure> {
    fn version(seen: &Seen) -> u8 {
        seen.file.info().superblock_version
    }
    let part = "superblock";
    let has: [Has; 4] = [
        |seen, _| version(seen) == 0,
        |seen, _| version(seen) == 1,
        |seen, _| version(seen) == 2,
        |seen, _| version(seen) == 3,
    ];
    vec![
        structure(part, "0").in_fixture("superblock_earliest.h5", NUMBERS, has[0], change).made(
            || options_of(LibraryVersion::Earliest),
            has[0],
            fill,
        ),
        structure(part, "1").in_fixture("superblock_1_earliest.h5", NUMBERS, has[1], change).made(
            || options_of(LibraryVersion::Earliest).istore_k(3),
            has[1],
            fill,
        ),
        structure(part, "2")
            .in_fixture("superblock_v108.h5", NUMBERS, has[2], change)
            .made(options, has[2], fill),
        structure(part, "3").in_fixture("superblock_latest.h5", NUMBERS, has[3], change).made(
            || options_of(LibraryVersion::V110),
            has[3],
            fill,
        ),
    ]
}

fn widths() -> Vec<Structure> {
    let part = "addresses and lengths";
    let has: [Has; 3] = [
        |seen, _| seen.file.info().sizeof_addr == 2 && seen.file.info().sizeof_size == 2,
        |seen, _| seen.file.info().sizeof_addr == 4 && seen.file.info().sizeof_size == 4,
        |seen, _| seen.file.info().sizeof_addr == 8 && seen.file.info().sizeof_size == 8,
    ];
    vec![
        structure(part, "2 bytes").in_fixture("sizes_2_2_latest.h5", NUMBERS, has[0], change).made(
            || options().sizes(2, 2),
            has[0],
            fill,
        ),
        structure(part, "4 bytes")
            .in_fixture("sizes_4_4_earliest.h5", NUMBERS, has[1], change)
            .made(|| options().sizes(4, 4), has[1], fill),
        structure(part, "8 bytes")
            .in_fixture("superblock_v110.h5", NUMBERS, has[2], change)
            .made(options, has[2], fill),
    ]
}

fn file_space() -> Vec<Structure> {
    use FileSpaceStrategy::{Aggregator, FsmAggregator, None, Page};
    fn is(seen: &Seen, strategy: FileSpaceStrategy, persist: bool) -> bool {
        let stored = seen.file.info().file_space;
        stored.is_some_and(|stored| stored.strategy == strategy && stored.persist == persist)
    }
    let part = "file space";
    let page: Has = |seen, _| is(seen, Page, false);
    let aggregators: Has = |seen, _| is(seen, Aggregator, false);
    let nothing: Has = |seen, _| is(seen, None, false);
    let kept: Has = |seen, _| is(seen, FsmAggregator, true);
    let kept_pages: Has = |seen, _| is(seen, Page, true);
    vec![
        structure(part, "pages")
            .in_fixture("file_space_page_latest.h5", NUMBERS, page, change)
            .made(|| options().file_space(Page, false, 1, 4096), page, fill),
        structure(part, "aggregators alone")
            .in_fixture("file_space_aggregate_earliest.h5", NUMBERS, aggregators, change)
            .made(|| options().file_space(Aggregator, false, 1, 4096), aggregators, fill),
        structure(part, "no management")
            .in_fixture("file_space_none_latest.h5", NUMBERS, nothing, change)
            .made(|| options().file_space(None, false, 1, 4096), nothing, fill),
        persisting(
            part,
            "free-space managers that are kept",
            "file_space_fsm_persist_v110.h5",
            kept,
            FsmAggregator,
        ),
        persisting(
            part,
            "pages whose managers are kept",
            "file_space_page_persist_v110.h5",
            kept_pages,
            Page,
        ),
    ]
}

/// Free space that is kept in the file: what is asked for is noted. The word is whether lists are
/// there, in a file made and one that was changed.
fn persisting(
    part: &'static str,
    name: &'static str,
    fixture: &'static str,
    has: Has,
    strategy: FileSpaceStrategy,
) -> Structure {
    let session = move |path: &Path, file: File, member: &str| -> Result<Outcome> {
        file.unlink(member)?;
        file.close()?;
        let seen = Seen::open(path)?;
        assert!(has(&seen, ""));
        listing::list(&seen.file)?;
        // Where nothing is free there are no lists; what is free and in none is lost.
        let lost = seen.file.account()?.lost();
        Ok(Yes(if lost == 0 { "" } else { "without lists of free space" }))
    };
    let make = move |path: &Path| -> Result<Outcome> {
        let file = options().file_space(strategy, true, 1, 4096).create(path)?;
        fill(&file)?;
        session(path, file, "made")
    };
    let named = move |folder: &Path, what: &str| folder.join(format!("{what}-{strategy:?}.h5"));
    let structure = structure(part, name).in_fixture(fixture, NUMBERS, has, change);
    let of_libhdf5 = structure.edit;
    Structure { edit: Box::new(|_| unreachable!()), ..structure }
        .creating(move |folder| make(&named(folder, "created-kept")))
        .editing(move |folder| {
            of_libhdf5(folder)?;
            // The lists that the fixture had may lie about: a file that never had any tells more.
            let path = named(folder, "kept-edited");
            make(&path)?;
            let file = options().open_rw(&path)?;
            session(&path, file, "chunked")
        })
}

fn rarer() -> Vec<Structure> {
    let user_block: Has = |seen, _| seen.file.userblock() > 0;
    let shared: Has = |seen, _| seen.file.info().sohm_indexes > 0;
    let image: Has = |seen, _| seen.contains(b"MDCI");
    let part = "file";
    vec![
        structure(part, "user block")
            .in_fixture("userblock_latest.h5", NUMBERS, user_block, change)
            .made(|| options().userblock(1024), user_block, fill),
        structure(part, "metadata cache image")
            .in_fixture("cache_image_latest.h5", NUMBERS, image, change)
            .never_made(image),
        structure(part, "shared messages in a list")
            .in_fixture("shared_messages_list_latest.h5", "/d0", shared, share_less)
            .never_made(shared),
        structure(part, "shared messages in a tree")
            .in_fixture("shared_messages_tree_latest.h5", "/d0", shared, share_less)
            .never_made(shared),
    ]
}

/// Changes and deletes attributes that may be shared.
fn share_less(file: &File, object: &str) -> Result<()> {
    let object = file.location(object)?;
    object.set_attr("new", 1)?;
    object.rename_attr("unit", "is measured in")?;
    object.delete_attr("own0")
}

/// Files whose writer did not close them.
fn marked() -> Vec<Structure> {
    let part = "file marked as";
    let of = |name: &'static str, fixture: &'static str, dataset: &'static str, status: u8| {
        let make = move |folder: &Path| {
            // The superblock, version 3, has its status flags at byte 11.
            let path = folder.join(format!("never-marked-{status}.h5"));
            let file = options_of(LibraryVersion::V110).create(&path)?;
            fill(&file)?;
            if status == 5 {
                file.start_swmr()?;
            }
            file.flush()?;
            let marked = std::fs::read(&path).unwrap()[11] & status == status;
            file.close()?;
            std::fs::remove_file(&path).unwrap();
            Ok(if marked { Yes("") } else { No("") })
        };
        let content = move |file: &File| -> Result<()> {
            listing::list(file)?;
            let found: Vec<f64> = file.dataset(dataset)?.read_raw()?;
            let wanted = if dataset == "rows" { rows() } else { (0..5).map(f64::from).collect() };
            assert_eq!(found, wanted);
            Ok(())
        };
        structure(part, name)
            .reading(move |_| {
                let path = fixtures::folder().join(fixture);
                assert!(options().open(&path).is_err());
                content(&options().ignore_status(true).open(&path)?)?;
                let followed = options().open_swmr(&path);
                if status == 1 {
                    assert!(followed.is_err());
                    return Ok(Yes("with `ignore_status`"));
                }
                content(&followed?)?;
                Ok(Yes("with `open_swmr` or `ignore_status`"))
            })
            .creating(make)
            .editing(move |folder| {
                let path = copy_fixture(folder, &format!("edited-marked-{status}"), fixture);
                assert!(options().open_rw(&path).is_err());
                // Taken over as it is ..
                let copy = path.with_file_name("taken over.h5");
                std::fs::copy(&path, &copy).unwrap();
                let file = options().ignore_status(true).open_rw(&copy)?;
                file.create_dataset("new", [1, 2, 3])?;
                file.close()?;
                content(&options().open(&copy)?)?;
                // .. or put right before.
                assert!(File::recover(&path)?.cleared_status);
                content(&options().open(&path)?)?;
                let file = options().open_rw(&path)?;
                file.create_dataset("new", [1, 2, 3])?;
                file.close()?;
                let file = options().open(&path)?;
                content(&file)?;
                assert_eq!(file.dataset("new")?.read_raw::<i32>()?, [1, 2, 3]);
                Ok(Yes("with `ignore_status` or after `h5 recover`"))
            })
    };
    vec![
        of("open for writing", "killed_latest.h5", "numbers", 1),
        of("open for SWMR writing", "swmr_killed_latest.h5", "rows", 5),
    ]
}

/// Five rows of four numbers, each its own.
fn rows() -> Vec<f64> {
    (0..5).flat_map(|row| [f64::from(row); 4]).collect()
}

/// One file in several of the operating system.
fn several_files() -> Vec<Structure> {
    let of = |name: &'static str, pattern: &'static str, driver: Driver| {
        let (reading, creating) = (driver.clone(), driver.clone());
        structure("file in several", name)
            .reading(move |_| {
                let options = options().driver(reading.clone());
                let file = options.open(fixtures::folder().join(pattern))?;
                assert_eq!(file.dataset(NUMBERS)?.read_raw::<i32>()?, (0..12).collect::<Vec<_>>());
                listing::list(&file)?;
                Ok(Yes(""))
            })
            .creating(move |folder| {
                let path = folder.join(format!("never-{pattern}"));
                let file = options().driver(creating.clone()).create(&path)?;
                fill(&file)?;
                file.close()?;
                Ok(Yes(""))
            })
            .editing(move |folder| {
                let first = pattern.replace("%05d", "00000");
                let path = copy_fixture(folder, &format!("changed-{first}"), &first);
                let path = path.with_file_name(pattern);
                let file = options().driver(driver.clone()).open_rw(path)?;
                change(&file, NUMBERS)?;
                file.close()?;
                Ok(Yes(""))
            })
    };
    vec![
        of("family", "family_latest_%05d.h5", Driver::Family),
        of("split", "split_latest-m.h5", Driver::split()),
        of("multi", "multi_earliest-s.h5", Driver::Multi),
    ]
}
