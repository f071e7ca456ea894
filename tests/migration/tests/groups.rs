//! Groups, links, and what all objects have in common.

#![allow(deprecated, reason = "comments are used still, and committed types by their old name")]

use hdf5::plist::CharEncoding;
use hdf5::{
    File, Group, GroupBuilder, IndexType, IterationOrder, LinkInfo, LinkType, Location,
    LocationInfo, LocationToken, LocationType,
};
use hdfive_migration::{hdf5, in_memory, scratch};

#[test]
fn groups_hold_groups_and_datasets() -> hdf5::Result<()> {
    let file = in_memory("groups_hold.h5")?;
    assert!(file.is_empty());
    let run: Group = file.create_group("run")?;
    let deep = file.create_group("run/a/b")?;
    assert_eq!(deep.name(), "/run/a/b");
    assert!(file.create_group("run").is_err());
    assert_eq!((file.len(), run.len(), run.is_empty()), (1, 1, false));
    run.new_dataset::<f32>().shape((2, 3)).create("x")?;
    run.new_dataset_builder().with_data(&[1u8, 2]).create("y")?;
    assert_eq!(run.member_names()?, ["a", "x", "y"]);
    assert_eq!(run.dataset("x")?.shape(), [2, 3]);
    assert_eq!(file.dataset("/run/y")?.read_raw::<u8>()?, [1, 2]);
    assert!(run.dataset("z").is_err() && run.group("z").is_err());
    assert!(run.dataset("a").is_err() && run.group("x").is_err());
    assert_eq!(file.group("run")?.group("a")?.group("b")?.name(), "/run/a/b");
    let names = |all: Vec<Group>| all.iter().map(|group| group.name()).collect::<Vec<_>>();
    assert_eq!(names(run.groups()?), ["/run/a"]);
    let datasets = run.datasets()?;
    assert_eq!(datasets.iter().map(|one| one.name()).collect::<Vec<_>>(), ["/run/x", "/run/y"]);
    assert_eq!(run.named_datatypes()?.len(), 0);
    Ok(())
}

#[test]
fn links_are_made_moved_and_removed() -> hdf5::Result<()> {
    let file = in_memory("links.h5")?;
    file.new_dataset_builder().with_data(&[1, 2, 3]).create("x")?;
    file.link_hard("x", "hard")?;
    file.link_soft("/x", "soft")?;
    file.link_soft("nowhere", "dangling")?;
    for name in ["hard", "soft"] {
        assert_eq!(file.dataset(name)?.read_raw::<i32>()?, [1, 2, 3]);
    }
    assert!(file.dataset("dangling").is_err());
    assert!(file.link_exists("x") && file.link_exists("dangling") && !file.link_exists("y"));
    assert!(file.link_hard("x", "soft").is_err());
    file.relink("hard", "moved")?;
    assert!(!file.link_exists("hard"));
    file.unlink("x")?;
    assert_eq!(file.dataset("moved")?.read_raw::<i32>()?, [1, 2, 3]);
    assert!(file.dataset("soft").is_err());
    assert!(file.unlink("x").is_err());
    Ok(())
}

#[test]
fn external_links_lead_to_other_files() -> hdf5::Result<()> {
    let (here, there) = (scratch("link_here.h5"), scratch("link_there.h5"));
    let other = File::create(&there)?;
    other.new_dataset_builder().with_data(&[4.5]).create("data/x")?;
    other.close()?;
    let file = File::create(&here)?;
    file.link_external("link_there.h5", "/data/x", "far")?;
    file.close()?;
    let file = File::open(&here)?;
    assert_eq!(file.dataset("far")?.read_raw::<f64>()?, [4.5]);
    Ok(())
}

fn walk(group: &Group, out: &mut Vec<(String, LinkType)>) -> hdf5::Result<()> {
    group.iter_visit_default(|name: &str, info: LinkInfo| {
        out.push((name.to_owned(), info.link_type));
        Ok(())
    })
}

#[test]
fn links_are_visited() -> hdf5::Result<()> {
    let file = in_memory("visited.h5")?;
    file.create_group("b")?;
    file.link_soft("/b", "a")?;
    file.link_external("else.h5", "/", "c")?;
    let mut all = Vec::new();
    walk(&file, &mut all)?;
    all.sort_by(|one, other| one.0.cmp(&other.0));
    let wanted = [("a", LinkType::Soft), ("b", LinkType::Hard), ("c", LinkType::External)];
    assert_eq!(all, wanted.map(|(name, kind)| (name.to_owned(), kind)));
    for (name, kind) in &all {
        match kind {
            LinkType::Hard => assert_eq!(name, "b"),
            LinkType::Soft => assert_eq!(name, "a"),
            LinkType::External => assert_eq!(name, "c"),
        }
    }

    let mut names = Vec::new();
    file.iter_visit(IndexType::Name, IterationOrder::Decreasing, |name, info| {
        assert_eq!(info.creation_order, None);
        names.push(name.to_owned());
        Ok(())
    })?;
    assert_eq!(names, ["c", "b", "a"]);
    let stopped = file.iter_visit_default(|_, _| Err("enough".into()));
    assert!(stopped.unwrap_err().to_string().contains("enough"));
    let first = file.find_link(IndexType::Name, IterationOrder::Increasing, |name, info| {
        Ok((info.link_type == LinkType::Hard).then(|| name.to_owned()))
    })?;
    assert_eq!(first.as_deref(), Some("b"));
    assert!(
        file.iter_visit(IndexType::CreationOrder, IterationOrder::Native, |_, _| Ok(())).is_err()
    );
    assert_eq!(file.member_names_by(IndexType::Name, IterationOrder::Increasing)?, ["a", "b", "c"]);
    Ok(())
}

#[test]
fn group_builders_take_options() -> hdf5::Result<()> {
    let file = in_memory("group_builders.h5")?;
    let builder: GroupBuilder = GroupBuilder::new(&file);
    assert_eq!(builder.obj_track_times(false).create("a/b")?.name(), "/a/b");
    let strict = file.create_group_builder().create_intermediate_group(false);
    assert!(strict.create("x/y").is_err());
    assert_eq!(strict.create("x")?.name(), "/x");
    file.create_group_builder().char_encoding(CharEncoding::Utf8).create("x/utf8")?;
    let nameless = file.create_group_builder().create(None)?;
    nameless.create_group("inner")?;
    assert_eq!(nameless.member_names()?, ["inner"]);
    assert_eq!(file.member_names()?, ["a", "x"]);
    Ok(())
}

#[test]
fn every_object_has_a_name_a_file_and_a_comment() -> hdf5::Result<()> {
    let path = scratch("locations.h5");
    let file = File::create(&path)?;
    let group = file.create_group("g")?;
    let dataset = group.new_dataset::<u16>().create("x")?;
    let location: &Location = &dataset;
    assert_eq!(location.name(), "/g/x");
    assert_eq!(file.name(), "/");
    assert_eq!(location.filename(), path.to_str().unwrap());
    assert_eq!(location.file()?.member_names()?, ["g"]);
    assert_eq!(location.comment(), None);
    location.set_comment("of note")?;
    assert_eq!(file.dataset("g/x")?.comment().as_deref(), Some("of note"));
    location.clear_comment()?;
    assert_eq!(location.comment(), None);
    Ok(())
}

#[test]
fn objects_say_what_they_are() -> hdf5::Result<()> {
    let file = in_memory("say_what.h5")?;
    let group = file.create_group("g")?;
    let dataset = group.new_dataset::<u16>().create("x")?;
    file.link_hard("g/x", "y")?;
    dataset.new_attr::<u8>().create("a")?;
    let info: LocationInfo = dataset.loc_info()?;
    assert_eq!((info.loc_type, info.num_links, info.num_attrs), (LocationType::Dataset, 2, 1));
    assert_eq!(dataset.loc_type()?, LocationType::Dataset);
    assert_eq!(file.loc_type()?, LocationType::Group);
    assert_eq!(file.loc_type_by_name("g")?, LocationType::Group);
    assert_eq!(file.loc_info_by_name("y")?, info);
    assert!(file.loc_info_by_name("z").is_err() && file.loc_type_by_name("z").is_err());
    let token: LocationToken = info.token;
    let opened = file.open_by_token(token)?;
    assert_eq!(opened.loc_info()?.token, token);
    assert_eq!(opened.attr_names()?, ["a"]);
    match info.loc_type {
        LocationType::Group | LocationType::NamedDatatype => panic!("it is a dataset"),
        LocationType::Dataset => {}
    }
    Ok(())
}

#[test]
fn objects_are_copied() -> hdf5::Result<()> {
    let (file, other) = (in_memory("copied_from.h5")?, in_memory("copied_to.h5")?);
    let group = file.create_group("g")?;
    let dataset = group.new_dataset_builder().with_data(&[1, 2, 3]).create("x")?;
    dataset.new_attr_builder().with_data(&[0.5]).create("scale")?;
    dataset.copy_to(&file, "x_again")?;
    group.copy_to(&other, "g")?;
    assert_eq!(file.dataset("x_again")?.read_raw::<i32>()?, [1, 2, 3]);
    assert_eq!(other.dataset("g/x")?.attr("scale")?.read_raw::<f64>()?, [0.5]);
    assert!(dataset.copy_to(&other, "g").is_err());
    Ok(())
}
