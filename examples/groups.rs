//! Sorts datasets into groups, and walks through them.
//!
//!     cargo run --example groups [FILE]

use std::ops::ControlFlow;
use std::path::PathBuf;

use hdfive::{File, LocationType};

fn main() -> hdfive::Result<()> {
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| std::env::temp_dir().join("groups.h5"), PathBuf::from);
    let file = File::create(&path)?;

    // A path makes the groups on its way. The file itself is the root group, `/`.
    let station = file.create_group("north/station1")?;
    station.create_dataset("celsius", [1.5, 2.5, 3.5])?;
    station.create_dataset("wind/speed", [3, 4, 5])?;
    file.create_dataset("north/station2/celsius", [7.5])?;
    file.create_group("south")?;
    file.link_soft("/north/station1", "latest")?;

    // What is in a group: names, groups, datasets.
    println!("/: {:?}", file.member_names()?);
    println!("{}: {:?}", station.name(), station.member_names()?);
    for group in file.group("north")?.groups()? {
        println!("{}: {} members", group.name(), group.len());
    }
    for dataset in file.group("latest")?.datasets()? {
        println!("{}: {:?}", dataset.name(), dataset.shape());
    }
    println!("is there a west? {}", file.link_exists("west"));

    // `visit` goes through all that is beneath, and stops where it is told to.
    let found = file.visit(|path| match path.ends_with("celsius") {
        true => ControlFlow::Break(path.to_owned()),
        false => ControlFlow::Continue(()),
    })?;
    println!("the first thermometer: {:?}", found);

    // `visit_items` brings the objects, too, which tell what they are.
    let (mut groups, mut datasets) = (Vec::new(), Vec::new());
    file.visit_items::<()>(|path, object| {
        match object.loc_type() {
            Ok(LocationType::Group) => groups.push(path.to_owned()),
            Ok(LocationType::Dataset) => datasets.push(path.to_owned()),
            _ => {}
        }
        ControlFlow::Continue(())
    })?;
    println!("groups: {groups:?}\ndatasets: {datasets:?}");
    file.close()
}
