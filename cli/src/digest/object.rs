//! One object of the document: what all kinds have in common, groups, committed datatypes.

use hdfive::{Attribute, Group, LinkInfo, LinkTarget, Location, LocationToken, LocationType};
use serde_json::{Map, Value, json};

use super::dataset;
use super::types;
use super::values;
use super::walk::{Met, Walk};
use crate::failure::Why;
use crate::names::before_nul;

/// The object, or as much of it as can be read.
pub(super) fn describe(walk: &Walk, met: &Met) -> Value {
    let mut object = Map::new();
    object.insert("path".to_owned(), met.path.as_ref().into());
    object.insert("kind".to_owned(), "unknown".into());
    let opened = match &met.token {
        Ok(token) => open(walk, *token, &mut object),
        Err(why) => Err(why.clone()),
    };
    if let Err(why) = opened {
        object.insert("error".to_owned(), true.into());
        object.insert("why".to_owned(), why.0.into());
    }
    Value::Object(object)
}

fn open(walk: &Walk, token: LocationToken, object: &mut Map<String, Value>) -> Result<(), Why> {
    let aliases = walk.aliases_of(token);
    if !aliases.is_empty() {
        object.insert("aliases".to_owned(), aliases.into());
    }
    let location = walk.file.open_by_token(token)?;
    let kind = match location.loc_type()? {
        LocationType::Group => "group",
        LocationType::Dataset => "dataset",
        LocationType::NamedDatatype => "named_datatype",
    };
    object.insert("kind".to_owned(), kind.into());
    match location.loc_type()? {
        LocationType::Group => group(walk, &location, object),
        LocationType::Dataset => dataset::describe(walk, &location.as_dataset()?, object),
        LocationType::NamedDatatype => {
            let datatype = location.as_datatype()?;
            object.insert("type".to_owned(), types::describe(datatype.definition()));
        }
    }
    if let Some(comment) = location.comment().filter(|comment| !comment.is_empty()) {
        object.insert("comment".to_owned(), before_nul(&comment).into());
    }
    attributes(walk, &location, object);
    Ok(())
}

fn attributes(walk: &Walk, location: &Location, object: &mut Map<String, Value>) {
    let all = match location.all_attrs() {
        Ok(all) => all,
        Err(error) => {
            object.insert("attrs_error".to_owned(), true.into());
            object.insert("why".to_owned(), error.to_string().into());
            Vec::new()
        }
    };
    let all = all.into_iter().map(|(name, opened)| {
        let mut entry = Map::new();
        entry.insert("name".to_owned(), name.into());
        let read = match &opened {
            Ok(attribute) => describe_attribute(walk, attribute, &mut entry),
            Err(error) => Err(Why(error.to_string())),
        };
        if let Err(why) = read {
            entry.insert("error".to_owned(), true.into());
            entry.insert("why".to_owned(), why.0.into());
        }
        Value::Object(entry)
    });
    object.insert("attrs".to_owned(), all.collect());
}

fn describe_attribute(
    walk: &Walk,
    attribute: &Attribute,
    entry: &mut Map<String, Value>,
) -> Result<(), Why> {
    let datatype = attribute.dtype()?;
    entry.insert("type".to_owned(), types::describe_use(walk, &datatype));
    let space = attribute.space()?;
    entry.insert("space".to_owned(), types::describe_space(&space));
    let sum = values::of_attribute(walk, attribute)?;
    entry.insert("data_sha256".to_owned(), sum.sha256.into());
    entry.insert("nbytes".to_owned(), sum.bytes.into());
    Ok(())
}

fn group(walk: &Walk, location: &Location, object: &mut Map<String, Value>) {
    let links = location.as_group().and_then(|group: Group| {
        if group.creation_order_tracked() {
            object.insert("order_tracked".to_owned(), true.into());
        }
        group.all_links()
    });
    let links = match links {
        Ok(links) => links,
        Err(error) => {
            object.insert("links_error".to_owned(), true.into());
            object.insert("why".to_owned(), error.to_string().into());
            Vec::new()
        }
    };
    object.insert("links".to_owned(), links.iter().map(|link| describe_link(walk, link)).collect());
}

fn describe_link(walk: &Walk, link: &LinkInfo) -> Value {
    let name = &link.name;
    match &link.target {
        LinkTarget::Hard(token) => match walk.path_of(*token) {
            Some(path) => json!({"name": name, "kind": "hard", "target": path}),
            None => json!({"name": name, "kind": "hard", "error": true}),
        },
        LinkTarget::Soft(target) => {
            json!({"name": name, "kind": "soft", "target": before_nul(target)})
        }
        LinkTarget::External { file, object } => json!({
            "name": name, "kind": "external",
            "file": before_nul(file), "target": before_nul(object),
        }),
        LinkTarget::UserDefined { kind, .. } => json!({"name": name, "kind": "ud", "type": kind}),
        _ => json!({"name": name, "error": true}),
    }
}
