//! References to objects, and where they lead.

use hdf5::{ObjectReference, ObjectReference1, ReferencedObject};
use hdfive_migration::{hdf5, in_memory};

#[test]
fn references_lead_to_objects() -> hdf5::Result<()> {
    let file = in_memory("references.h5")?;
    let group = file.create_group("g")?;
    let dataset = group.new_dataset_builder().with_data(&[1, 2, 3]).create("x")?;
    let to_group: ObjectReference1 = file.reference("g")?;
    let to_dataset = file.reference::<ObjectReference1>("/g/x")?;
    assert!(file.reference::<ObjectReference1>("nothing").is_err());
    let list = file.new_dataset::<ObjectReference1>().shape(2).create("list")?;
    list.write(&[to_group, to_dataset])?;
    let read = list.read_1d::<ObjectReference1>()?;
    match file.dereference(&read[0])? {
        ReferencedObject::Group(found) => assert_eq!(found.member_names()?, ["x"]),
        ReferencedObject::Dataset(_) | ReferencedObject::Datatype(_) => panic!("it is a group"),
    }
    match dataset.dereference(&read[1])? {
        ReferencedObject::Dataset(found) => assert_eq!(found.read_raw::<i32>()?, [1, 2, 3]),
        _ => panic!("it is a dataset"),
    }
    Ok(())
}

fn lead<R: ObjectReference>(file: &hdf5::File, path: &str) -> hdf5::Result<ReferencedObject> {
    let reference = R::create(file, path)?;
    reference.dereference(file)
}

#[test]
fn references_of_any_kind_are_followed() -> hdf5::Result<()> {
    let file = in_memory("references_of_any_kind.h5")?;
    file.create_group("g")?;
    assert!(matches!(lead::<ObjectReference1>(&file, "g")?, ReferencedObject::Group(_)));
    Ok(())
}

#[test]
fn references_are_attributes_too() -> hdf5::Result<()> {
    let file = in_memory("reference_attribute.h5")?;
    file.create_group("run")?;
    let latest = file.new_attr::<ObjectReference1>().create("latest")?;
    let reference: ObjectReference1 = file.reference("run")?;
    latest.write_scalar(&reference)?;
    let copied = reference;
    assert!(file.dereference(&copied).is_ok());
    let read: ObjectReference1 = file.attr("latest")?.read_scalar()?;
    let ReferencedObject::Group(run) = file.dereference(&read)? else { panic!("it is a group") };
    assert_eq!(run.loc_info()?.token, file.group("run")?.loc_info()?.token);
    Ok(())
}
