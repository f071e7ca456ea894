//! Object headers, groups, links, attributes.

use hdfive::{File, LibraryVersion, LinkTarget, Result};

use crate::structure::{Has, Seen, Structure, fill, options, options_of, structure};

pub fn all() -> Vec<Structure> {
    let mut all = headers();
    all.extend(groups());
    all.extend(links());
    all.extend(attributes());
    all
}

/// Sets, sets again, renames and removes attributes of an object.
fn change_attributes(file: &File, object: &str) -> Result<()> {
    let location = file.location(object)?;
    location.set_attr("new", [1, 2, 3])?;
    location.set_attr("new", "text")?;
    location.set_attr("gone", 1)?;
    location.rename_attr("gone", "to go")?;
    location.delete_attr("to go")?;
    assert_eq!(location.attr("new")?.read_scalar::<String>()?, "text");
    assert!(!location.has_attr("to go")?);
    Ok(())
}

fn headers() -> Vec<Structure> {
    fn version(seen: &Seen, object: &str) -> u8 {
        seen.location(object).loc_info().unwrap().header_version
    }
    let first: Has = |seen, object| version(seen, object) == 1;
    let second: Has = |seen, object| version(seen, object) == 2;
    let further: Has = |seen, _| seen.contains(b"OCHK");
    let times: Has = |seen, object| seen.location(object).loc_info().unwrap().mtime > 1_500_000_000;
    let comment: Has = |seen, object| seen.location(object).comment().is_some();
    let part = "object header";
    vec![
        structure(part, "version 1")
            .in_fixture("attributes_earliest.h5", "/few", first, change_attributes)
            .made(|| options_of(LibraryVersion::Earliest), first, fill),
        structure(part, "version 2")
            .in_fixture("attributes_v110.h5", "/few", second, change_attributes)
            .made(options, second, fill),
        structure(part, "further blocks")
            .in_fixture("header_continuations_latest.h5", "/first", further, change_attributes)
            .made(options, further, |file| {
                let (made, other) = (file.create_group("made")?, file.create_group("other")?);
                for n in 0..6 {
                    made.set_attr(&format!("a{n}"), vec![n; 20])?;
                    other.set_attr(&format!("a{n}"), vec![n; 20])?;
                }
                Ok(())
            }),
        structure(part, "times")
            .in_fixture("times_latest.h5", "/timed", times, change_attributes)
            .made(options, times, |file| {
                file.new_dataset::<i32>().obj_track_times(true).create("made").map(|_| ())
            }),
        structure(part, "comment")
            .in_fixture("times_earliest.h5", "/commented", comment, |file, object| {
                file.location(object)?.set_comment("another comment")
            })
            .made(options, comment, |file| file.create_group("made")?.set_comment("a comment")),
    ]
}

/// Makes and removes links of a group, so many that it takes its form for many, and few again.
fn change_links(file: &File, object: &str) -> Result<()> {
    let group = file.group(object)?;
    let before = group.len();
    for n in 0..30 {
        group.link_soft("/somewhere", &format!("new{n}"))?;
    }
    assert_eq!(group.len(), before + 30);
    for n in 0..29 {
        group.unlink(&format!("new{n}"))?;
    }
    assert_eq!(group.len(), before + 1);
    Ok(())
}

fn make_links(file: &File, count: usize) -> Result<()> {
    let group = file.create_group("made")?;
    (0..count).try_for_each(|n| group.link_soft("/somewhere", &format!("link{n}")))
}

fn groups() -> Vec<Structure> {
    let table: Has = |seen, _| seen.contains(b"SNOD") && !seen.contains(b"FRHP");
    let compact: Has = |seen, _| !seen.contains(b"SNOD") && !seen.contains(b"FRHP");
    let dense: Has = |seen, _| !seen.contains(b"SNOD") && seen.contains(b"FRHP");
    let ordered: Has = |seen, object| {
        let group = seen.file.group(object).unwrap();
        let names = group.member_names().unwrap();
        group.creation_order_tracked() && !names.is_empty() && !names.is_sorted()
    };
    let part = "group";
    vec![
        structure(part, "symbol table")
            .in_fixture("group_sizes_earliest.h5", "/of40", table, change_links)
            .made(|| options_of(LibraryVersion::Earliest), table, |file| make_links(file, 40)),
        structure(part, "compact")
            .in_fixture("superblock_latest.h5", "/group", compact, change_links)
            .made(options, compact, |file| make_links(file, 4)),
        structure(part, "dense")
            .in_fixture("dense_levels_latest.h5", "/many", dense, change_links)
            .made(options, dense, |file| make_links(file, 200)),
        structure(part, "creation order")
            .in_fixture("creation_order_latest.h5", "/zulu", ordered, change_links)
            .made(options, ordered, |file| {
                let group = file.create_group_builder().track_order(true).create("made")?;
                ["c", "a", "b"].iter().try_for_each(|name| group.link_soft("/x", name))
            }),
        structure(part, "dense through filters")
            .in_fixture("group_properties_latest.h5", "/filtered", dense, change_links)
            .never_made(|seen, _| {
                // A pipeline message in a group: no dataset is the only object with one.
                seen.file.group("filtered").is_ok()
            }),
    ]
}

fn links() -> Vec<Structure> {
    fn kind(seen: &Seen, path: &str) -> LinkTarget {
        seen.file.link_info(path).unwrap().target
    }
    let hard: Has = |seen, path| matches!(kind(seen, path), LinkTarget::Hard(_));
    let soft: Has = |seen, path| matches!(kind(seen, path), LinkTarget::Soft(_));
    let external: Has = |seen, path| matches!(kind(seen, path), LinkTarget::External { .. });
    fn rename(file: &File, path: &str) -> Result<()> {
        let renamed = format!("{path}, renamed");
        let link = file.link_info(path)?.target;
        file.relink(path, &renamed)?;
        assert_eq!(file.link_info(&renamed)?.target, link);
        assert!(!file.link_exists(path));
        Ok(())
    }
    let part = "link";
    vec![
        structure(part, "hard").in_fixture("links_earliest.h5", "/a/data", hard, rename).made(
            options,
            hard,
            |file| {
                file.create_group("group")?;
                file.link_hard("group", "made")
            },
        ),
        structure(part, "soft").in_fixture("links_latest.h5", "/soft", soft, rename).made(
            options,
            soft,
            |file| file.link_soft("/nowhere", "made"),
        ),
        structure(part, "external")
            .in_fixture("links_v110.h5", "/external_gone", external, rename)
            .made(options, external, |file| file.link_external("other.h5", "/x", "made")),
        user_defined(part, rename),
    ]
}

/// A link of a type that only its program knows, which this library lists.
fn user_defined(part: &'static str, rename: fn(&File, &str) -> Result<()>) -> Structure {
    use crate::structure::Outcome::Yes;
    let has: Has = |seen, path| matches!(seen.file.link_info(path), Ok(link) if matches!(link.target, LinkTarget::UserDefined { .. }));
    /// An external link in a header without a checksum, made one of another type.
    fn make(path: &std::path::Path) -> Result<()> {
        let file = options_of(LibraryVersion::Earliest).create(path)?;
        file.link_external("other.h5", "/x", "odd one")?;
        file.close()?;
        let mut bytes = std::fs::read(path).unwrap();
        let at = bytes.windows(7).position(|window| window == b"odd one").unwrap();
        let kind = bytes[..at].iter().rposition(|byte| *byte == 64).unwrap();
        assert!(at - kind < 12, "the type of the link is not where it was");
        bytes[kind] = 70;
        std::fs::write(path, bytes).unwrap();
        Ok(())
    }
    structure(part, "user-defined")
        .reading(move |folder| {
            let path = folder.join("user-defined.h5");
            make(&path)?;
            let seen = Seen::open(&path)?;
            assert!(has(&seen, "odd one"));
            assert!(seen.file.location("odd one").unwrap_err().is_unsupported());
            Ok(Yes("listed, not followed"))
        })
        .never_made(has)
        .editing(move |folder| {
            let path = folder.join("user-defined-edited.h5");
            make(&path)?;
            let file = options().open_rw(&path)?;
            rename(&file, "odd one")?;
            file.close()?;
            assert!(has(&Seen::open(&path)?, "odd one, renamed"));
            Ok(Yes(""))
        })
}

fn attributes() -> Vec<Structure> {
    let few: Has = |seen, object| {
        !seen.contains(b"FRHP") && seen.location(object).loc_info().unwrap().num_attrs > 0
    };
    let many: Has = |seen, object| {
        seen.contains(b"FRHP") && seen.location(object).loc_info().unwrap().num_attrs > 8
    };
    let large: Has = |seen, object| {
        let attributes = seen.location(object).all_attrs().unwrap();
        attributes.into_iter().any(|(_, attribute)| {
            let attribute = attribute.unwrap();
            attribute.size() * attribute.dtype().unwrap().size() > 65_536
        })
    };
    let ordered: Has = |seen, object| {
        let names = seen.location(object).attr_names().unwrap();
        !names.is_empty() && !names.is_sorted()
    };
    let part = "attributes";
    vec![
        structure(part, "compact")
            .in_fixture("attributes_earliest.h5", "/few", few, change_attributes)
            .made(options, few, |file| file.create_group("made")?.set_attr("a", 1)),
        structure(part, "dense")
            .in_fixture("huge_attributes_latest.h5", "/dense", many, change_attributes)
            .made(options, many, |file| {
                let made = file.create_group("made")?;
                (0..40).try_for_each(|n| made.set_attr(&format!("a{n}"), n))
            }),
        structure(part, "more than 64 KiB")
            .in_fixture("huge_attributes_latest.h5", "/", large, change_attributes)
            .made(options, large, |file| {
                file.create_group("made")?.set_attr("a", vec![0.5; 10_000])
            }),
        structure(part, "creation order")
            .in_fixture("creation_order_v110.h5", "/zulu", ordered, change_attributes)
            .made(options, ordered, |file| {
                let made = file.create_group_builder().track_order(true).create("made")?;
                ["c", "a", "b"].iter().try_for_each(|name| made.set_attr(name, *name))
            }),
    ]
}
