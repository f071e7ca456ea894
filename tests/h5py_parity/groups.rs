//! Groups and links.

use std::ops::ControlFlow;

use hdfive::plist::CharEncoding;
use hdfive::{ElementType, File, LinkTarget, LinkType, LocationType, ObjectReference1, Reference};
use serde_json::{Value, json};

use crate::{Outcome, new};

fn tree(file: &File) -> hdfive::Result<()> {
    file.create_dataset("b/two/x", [1_i64, 2, 3])?;
    file.create_group("b/one")?;
    file.link_hard("b/two", "again")?;
    file.link_soft("/b/two/x", "soft")?;
    file.link_soft("/nowhere", "dangling")?;
    file.link_external("other.h5", "/y", "other")
}

/// `None` as `null`.
fn done() -> Outcome {
    Ok(Value::Null)
}

fn numbers(file: &File, path: &str) -> hdfive::Result<Vec<i64>> {
    file.dataset(path)?.read_raw()
}

rows! {
    fn group_get_kinds(folder) {
        let file = new(folder);
        tree(&file)?;
        file.commit_type("type", ElementType::of::<f64>())?;
        let kind = |name| -> hdfive::Result<&str> {
            Ok(match file.location(name)?.loc_type()? {
                LocationType::Group => "Group",
                LocationType::Dataset => "Dataset",
                LocationType::NamedDatatype => "Datatype",
            })
        };
        let all = ["b", "/b/two", "b/two/x", "soft", "type"].map(kind);
        Ok(json!(all.into_iter().collect::<hdfive::Result<Vec<_>>>()?))
    }

    fn group_get_missing(folder) {
        let file = new(folder);
        tree(&file)?;
        let error = file.get("b/three").unwrap_err();
        assert!(error.to_string().contains("three"), "{error}");
        Err(error)
    }

    fn group_get_through_dataset(folder) {
        let file = new(folder);
        tree(&file)?;
        file.get("b/two/x/y")?;
        done()
    }

    fn group_get_dangling(folder) {
        let file = new(folder);
        tree(&file)?;
        file.get("dangling")?;
        done()
    }

    fn group_contains(folder) {
        let file = new(folder);
        tree(&file)?;
        let names =
            ["b", "b/two/x", "/b", "nothing", "b/nothing", "dangling", "other", "nothing/x", "/"];
        Ok(json!(names.map(|name| file.link_exists(name))))
    }

    fn group_len_and_names(folder) {
        let file = new(folder);
        tree(&file)?;
        let names = file.member_names()?;
        let reversed: Vec<&String> = names.iter().rev().collect();
        let links: Vec<String> = file.all_links()?.into_iter().map(|link| link.name).collect();
        Ok(json!([file.len(), names, reversed, links]))
    }

    fn group_values_of_dangling(folder) {
        let file = new(folder);
        tree(&file)?;
        let lost = |link| file.follow(link).is_err_and(|error| error.is_not_found());
        Ok(json!(file.all_links()?.iter().map(lost).collect::<Vec<_>>()))
    }

    fn group_get_link(folder) {
        let file = new(folder);
        tree(&file)?;
        let show = |name| -> hdfive::Result<Value> {
            Ok(match file.link_info(name)?.target {
                LinkTarget::Hard(_) => json!("HardLink"),
                LinkTarget::Soft(path) => json!(path),
                LinkTarget::External { file, object } => json!([file, object]),
                _ => json!("?"),
            })
        };
        let all = ["b", "soft", "dangling", "other"].map(show);
        Ok(json!(all.into_iter().collect::<hdfive::Result<Vec<_>>>()?))
    }

    fn group_get_link_missing(folder) {
        new(folder).link_info("x")?;
        done()
    }

    fn group_assign_array(folder) {
        let file = new(folder);
        let x = file.create_dataset("a/b/x", [1.5, 2.5])?;
        Ok(json!([file.group("a")?.member_names()?, x.read_raw::<f64>()?]))
    }

    fn group_assign_existing(folder) {
        let file = new(folder);
        file.create_dataset("a", 1)?;
        file.create_dataset("a", 2)?;
        done()
    }

    fn group_hard_link(folder) {
        let file = new(folder);
        tree(&file)?;
        file.link_object(&file.location("b/two/x")?, "b/link")?;
        let link = file.dataset("b/link")?;
        link.write_slice([9], 0..1)?;
        let same = file.location("b/link")? == file.location("b/two/x")?;
        Ok(json!([numbers(&file, "b/two/x")?[0], same, link.name()]))
    }

    fn group_create_existing(folder) {
        let file = new(folder);
        file.create_group("a")?;
        file.create_group("a")?;
        done()
    }

    fn group_create_intermediate(folder) {
        let file = new(folder);
        let c = file.create_group("a/b/c")?;
        let inner = file.group("a")?.member_names()?;
        Ok(json!([file.member_names()?, inner, c.name(), c.parent()?.name()]))
    }

    fn group_create_absolute_path(folder) {
        let file = new(folder);
        file.create_group("a")?.create_group("/c")?;
        Ok(json!(file.member_names()?))
    }

    fn group_require(folder) {
        let file = new(folder);
        let a = file.create_group("a")?;
        Ok(json!([file.require_group("a")? == a, file.require_group("b/c")?.name()]))
    }

    fn group_require_on_dataset(folder) {
        let file = new(folder);
        file.create_dataset("x", 1)?;
        file.require_group("x")?;
        done()
    }

    fn group_anonymous(folder) {
        let file = new(folder);
        let x = file.new_dataset_builder().with_data(&[1_i64, 2]).create(None)?;
        let name = Some(x.name()).filter(|name| !name.is_empty());
        let before = json!([name, file.member_names()?]);
        file.link_object(&x, "x")?;
        Ok(json!([before, file.member_names()?, numbers(&file, "x")?]))
    }

    fn group_require_dataset(folder) {
        let file = new(folder);
        file.new_dataset::<f32>().shape((2, 3)).create("x")?;
        let half = hdfive::definition::Datatype::float(2, hdfive::definition::ByteOrder::Little)?;
        let x = file.new_dataset_builder().empty_as(half).shape((2, 3)).require("x")?;
        let y = file.new_dataset::<i64>().shape(4).require("y")?;
        Ok(json!([x.shape(), y.shape()]))
    }

    fn group_require_dataset_wider(folder) {
        let file = new(folder);
        file.new_dataset::<f32>().shape((2, 3)).create("x")?;
        file.new_dataset::<f64>().shape((2, 3)).require("x")?;
        done()
    }

    fn group_require_dataset_exact(folder) {
        let file = new(folder);
        file.new_dataset::<f32>().shape((2, 3)).create("x")?;
        let half = hdfive::definition::Datatype::float(2, hdfive::definition::ByteOrder::Little)?;
        file.new_dataset_builder().empty_as(half).shape((2, 3)).require_exact("x")?;
        done()
    }

    fn group_require_dataset_other_shape(folder) {
        let file = new(folder);
        file.new_dataset::<f32>().shape((2, 3)).create("x")?;
        file.new_dataset::<f32>().shape((3, 2)).require("x")?;
        done()
    }

    fn group_require_dataset_on_group(folder) {
        let file = new(folder);
        file.create_group("x")?;
        file.new_dataset::<f32>().shape((3, 2)).require("x")?;
        done()
    }

    fn group_create_dataset_like(folder) {
        let file = new(folder);
        let new = file.new_dataset::<i16>().shape((3.., 4)).chunk((2, 2)).shuffle();
        let x = new.deflate(7).fletcher32().fill_value(-3_i16).create("x")?;
        x.write_slice([1_i16], ..)?;
        x.set_attr("a", 1)?;
        let y = file.create_dataset_like("y", &x)?;
        let filters = y.stored_filters();
        let named = |name: &str| filters.iter().find(|filter| filter.name() == name);
        let level = named("deflate").map(|filter| filter.client_data[0]);
        let kind = if y.dtype()?.to_string() == "int16" { "<i2" } else { "?" };
        Ok(json!([
            y.shape(), y.max_shape(), y.chunk(), kind, y.fill_value()?.and_then(|v| hdfive::Value::from(&v).as_i64()),
            y.attr_names()?, level.map(|_| "gzip"), level, named("shuffle").is_some(),
            named("fletcher32").is_some(), y.read_slice_raw::<i64>(0)?,
        ]))
    }

    fn group_visit(folder) {
        let file = File::with_options().track_order(true).create(folder.join("f.h5"))?;
        tree(&file)?;
        let mut names = Vec::new();
        file.visit::<()>(|path| {
            names.push(path.to_owned());
            ControlFlow::Continue(())
        })?;
        Ok(json!(names))
    }

    fn group_visititems_stops(folder) {
        let file = new(folder);
        tree(&file)?;
        let found = file.visit_items(|path, object| match object.as_dataset() {
            Ok(_) => ControlFlow::Break(path.to_owned()),
            Err(_) => ControlFlow::Continue(()),
        })?;
        Ok(json!(found))
    }

    fn group_visit_links(folder) {
        let file = new(folder);
        tree(&file)?;
        let (mut names, mut kinds) = (Vec::new(), Vec::new());
        file.visit_links::<()>(|path, link| {
            names.push(path.to_owned());
            kinds.push(match link.link_type {
                LinkType::Hard => "HardLink",
                LinkType::Soft => "SoftLink",
                LinkType::External => "ExternalLink",
            });
            ControlFlow::Continue(())
        })?;
        Ok(json!([names, kinds]))
    }

    fn group_move(folder) {
        let file = new(folder);
        tree(&file)?;
        file.relink("b/two", "c/d/e")?;
        let names = |path| file.group(path)?.member_names();
        Ok(json!([names("b")?, names("c/d/e")?, file.link_exists("again")]))
    }

    fn group_move_missing(folder) {
        new(folder).relink("a", "b")?;
        done()
    }

    fn group_move_onto(folder) {
        let file = new(folder);
        file.create_dataset("a", 1)?;
        file.create_dataset("b", 2)?;
        file.relink("a", "b")?;
        done()
    }

    fn group_copy(folder) {
        let file = new(folder);
        tree(&file)?;
        let b = file.group("b")?;
        b.set_attr("a", 1)?;
        b.copy_to(&file, "c")?;
        let c = file.group("c")?;
        file.dataset("b/two/x")?.copy_options().without_attrs(true).copy_to(&c, "y")?;
        b.copy_options().shallow(true).copy_to(&file, "shallow")?;
        let other = File::create(folder.join("g.h5"))?;
        b.copy_to(&other, "b")?;
        let shallow = file.group("shallow/two")?.member_names()?;
        let there = other.group("b/two")?.member_names()?;
        Ok(json!([c.member_names()?, c.attr_names()?, shallow, there]))
    }

    fn group_copy_onto(folder) {
        let file = new(folder);
        let a = file.create_dataset("a", 1)?;
        file.create_dataset("b", 2)?;
        a.copy_to(&file, "b")?;
        done()
    }

    fn group_copy_expand_soft(folder) {
        let file = new(folder);
        tree(&file)?;
        let s = file.create_group("s")?;
        s.link_soft("/b/two/x", "soft")?;
        s.copy_options().expand_soft(true).copy_to(&file, "t")?;
        let hard = matches!(file.link_info("t/soft")?.link_type, LinkType::Hard);
        Ok(json!(if hard { "HardLink" } else { "?" }))
    }

    fn group_delete(folder) {
        let file = new(folder);
        tree(&file)?;
        file.unlink("b/two")?;
        file.unlink("soft")?;
        let b = file.group("b")?.member_names()?;
        Ok(json!([file.member_names()?, b, numbers(&file, "again/x")?]))
    }

    fn group_delete_missing(folder) {
        new(folder).unlink("a")?;
        done()
    }

    fn group_external_link(folder) {
        let other = File::create(folder.join("other.h5"))?;
        other.create_dataset("y", 7)?;
        other.close()?;
        let file = new(folder);
        tree(&file)?;
        let y = file.dataset("other")?;
        let name = std::path::PathBuf::from(y.filename());
        Ok(json!([y.read_scalar::<i64>()?, name.file_name().unwrap().to_str(), y.name()]))
    }

    fn group_external_link_missing(folder) {
        let file = new(folder);
        tree(&file)?;
        file.get("other")?;
        done()
    }

    fn group_name_of_reference(folder) {
        let file = new(folder);
        tree(&file)?;
        let name = |path| -> hdfive::Result<String> {
            let reference: Reference = file.reference(path)?;
            Ok(file.dereference(&reference)?.location().name())
        };
        Ok(json!([name("b/one")?, name("b/two/x")?, name("/")?]))
    }

    fn group_utf8_names(folder) {
        let file = new(folder);
        for (number, name) in ["größe", "ascii"].into_iter().enumerate() {
            file.create_group(name)?;
            file.set_attr(name, number as i64 + 1)?;
        }
        let utf8 = |name| file.link_info(name).map(|link| u8::from(link.char_encoding == CharEncoding::Utf8));
        Ok(json!([file.member_names()?, file.attr_names()?, [utf8("ascii")?, utf8("größe")?]]))
    }

    fn group_null_reference(folder) {
        let file = new(folder);
        let x = file.new_dataset::<ObjectReference1>().shape(2).create("x")?;
        x.write_slice_raw(&[file.reference::<ObjectReference1>("/")?], 1)?;
        let all: Vec<Reference> = x.read_raw()?;
        Ok(json!(all.iter().map(|reference| !reference.is_null()).collect::<Vec<_>>()))
    }

    fn group_null_reference_followed(folder) {
        let file = new(folder);
        let x = file.new_dataset::<ObjectReference1>().shape(2).create("x")?;
        file.dereference(&x.read_raw::<Reference>()?[0])?;
        done()
    }
}
