//! Parts of a file that are asked for by name.

use hdfive::{LinkTarget, Location, LocationType};

use super::options::{Kind, Target};
use super::subset::Axis;
use super::tables::{Met, walk};
use super::{Dump, attribute, dataset, group, link, named_type};
use crate::failure::Failure;

/// Writes what `target` names.
pub(super) fn write(dump: &mut Dump<'_, '_>, target: &Target) -> Result<(), Failure> {
    let path = target.path.as_str();
    match target.kind {
        Kind::Attribute => of_attribute(dump, path),
        Kind::Dataset => of_dataset(dump, target),
        Kind::Group => of_group(dump, path),
        Kind::Link => of_link(dump, path),
        Kind::Datatype => of_type(dump, path),
        Kind::Any => any(dump, path),
    }
}

/// The object at `path`, if it is of a kind.
fn object(dump: &Dump<'_, '_>, path: &str, kind: LocationType) -> Option<Location> {
    let location = at(dump, path)?;
    (location.loc_type().ok()? == kind).then_some(location)
}

/// The object at `path`.
pub(super) fn at(dump: &Dump<'_, '_>, path: &str) -> Option<Location> {
    if path.trim_matches('/').is_empty() {
        return Some(dump.file.clone());
    }
    dump.file.as_group().ok()?.location(path).ok()
}

fn of_dataset(dump: &mut Dump<'_, '_>, target: &Target) -> Result<(), Failure> {
    let path = target.path.as_str();
    let Some(location) = object(dump, path, LocationType::Dataset) else {
        return of_link(dump, path);
    };
    let axes = match axes(&location, target) {
        Ok(axes) => axes,
        Err(words) => {
            dump.error(&words);
            return Ok(());
        }
    };
    match dump.shown_before_if_shared(&location) {
        Some(before) => group::hard_link(dump, "DATASET", path, &before),
        None => dataset::write(dump, &location, path, axes.as_deref()),
    }
}

/// What of the elements at `location` is wanted.
pub(super) fn axes(location: &Location, target: &Target) -> Result<Option<Vec<Axis>>, String> {
    let rank = || location.as_dataset().and_then(|dataset| dataset.space()).map(|s| s.ndim());
    target.subset.as_ref().map(|subset| subset.axes(rank().unwrap_or(0))).transpose()
}

fn of_group(dump: &mut Dump<'_, '_>, path: &str) -> Result<(), Failure> {
    match object(dump, path, LocationType::Group) {
        Some(location) => group::write(dump, &location, path),
        None => {
            dump.line(&format!("GROUP \"{path}\" {{"))?;
            dump.error(&format!("unable to open group \"{path}\""));
            dump.inner(|dump| dump.line("}"))
        }
    }
}

fn of_type(dump: &mut Dump<'_, '_>, path: &str) -> Result<(), Failure> {
    let named = object(dump, path, LocationType::NamedDatatype);
    let location = named.or_else(|| {
        let unnamed = dump.tables().map(|tables| tables.unnamed()).unwrap_or_default();
        let is_it = |token: &hdfive::LocationToken| format!("/#{}", token.address()) == path;
        let token = unnamed.into_iter().map(|(token, _)| token).find(is_it)?;
        dump.file.open_by_token(token).ok()
    });
    match location {
        Some(location) => named_type::write(dump, &location, path),
        None => {
            dump.line(&format!("DATATYPE \"{path}\" "))?;
            dump.error(&format!("unable to open datatype \"{path}\""));
            dump.inner(|dump| dump.line(""))
        }
    }
}

fn of_link(dump: &mut Dump<'_, '_>, path: &str) -> Result<(), Failure> {
    let link = dump.file.as_group().and_then(|root| root.link_info(path));
    match link {
        Ok(link) if matches!(link.target, LinkTarget::Hard(_)) => {
            dump.error(&format!("\"{path}\" is a hard link"));
            Ok(())
        }
        Ok(link) => link::value(dump, &link, path, |_| Ok(())),
        Err(error) => {
            dump.error(&format!("unable to get link info from \"{path}\": {error}"));
            Ok(())
        }
    }
}

/// The path of the object that has an attribute, and the attribute's name. A slash behind a
/// backslash is a part of the name.
fn split(path: &str) -> (&str, String) {
    let mut at = None;
    let mut before = '\0';
    for (place, c) in path.char_indices() {
        if c == '/' && before != '\\' {
            at = Some(place);
        }
        before = c;
    }
    let (object, name) = match at {
        Some(at) => (path.get(..=at), path.get(at.saturating_add(1)..)),
        None => (Some("/"), Some(path)),
    };
    (object.unwrap_or("/"), name.unwrap_or_default().replace("\\/", "/"))
}

fn of_attribute(dump: &mut Dump<'_, '_>, path: &str) -> Result<(), Failure> {
    let (object, name) = split(path);
    match at(dump, object) {
        Some(location) => {
            let opened = location.attr(&name);
            attribute::write(dump, &name, opened)
        }
        None => {
            dump.line(&format!("ATTRIBUTE \"{path}\" {{"))?;
            dump.error(&format!("unable to open object \"{object}\""));
            dump.line("}")
        }
    }
}

/// Writes whatever goes by a name: attributes of any object, objects, links.
fn any(dump: &mut Dump<'_, '_>, wanted: &str) -> Result<(), Failure> {
    let root = dump.file.clone();
    let options = dump.options;
    let mut done = Ok(());
    walk(&root, options, &mut |path, met| {
        done = match met {
            Met::Object { location, .. } => any_object(dump, wanted, path, location),
            Met::Link(_) if path.trim_start_matches('/') == wanted.trim_start_matches('/') => {
                of_link(dump, wanted)
            }
            Met::Link(_) => Ok(()),
        };
        done.is_ok()
    });
    done
}

fn any_object(
    dump: &mut Dump<'_, '_>,
    wanted: &str,
    path: &str,
    location: &Location,
) -> Result<(), Failure> {
    let (_, name) = split(wanted);
    if location.has_attr(&name).unwrap_or(false) {
        let whole = match (wanted.starts_with('/'), path.ends_with('/')) {
            (true, _) => wanted.to_owned(),
            (false, true) => format!("{path}{wanted}"),
            (false, false) => format!("{path}/{wanted}"),
        };
        of_attribute(dump, &whole)?;
    }
    if path != wanted {
        return Ok(());
    }
    match location.loc_type() {
        Ok(LocationType::Group) => of_group(dump, path),
        Ok(LocationType::Dataset) => {
            let target = Target { kind: Kind::Dataset, path: path.to_owned(), subset: None };
            of_dataset(dump, &target)
        }
        Ok(LocationType::NamedDatatype) => of_type(dump, path),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_slash_that_is_not_escaped_ends_the_object() {
        assert_eq!(split("/g1/a"), ("/g1/", "a".to_owned()));
        assert_eq!(split("a"), ("/", "a".to_owned()));
        assert_eq!(split("/\\/attr1"), ("/", "/attr1".to_owned()));
    }
}
