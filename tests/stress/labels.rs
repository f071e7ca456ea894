//! What kinds of operations one operation is, for the count.

use super::items::{Item, Part};
use super::kinds::Kind;
use super::model::Model;
use super::operations::{Allocation, Choice, FillTime, Layout, NewDataset, NewType, Operation};

type Labels = Vec<&'static str>;

/// All names under which an operation counts that is done to what the model holds.
pub fn labels(operation: &Operation, model: &Model) -> Labels {
    let mut labels = vec![operation.name()];
    let path = made(operation);
    if path.and_then(|path| path.rsplit_once('/')).is_some_and(|(to, _)| model.find(to).is_none()) {
        labels.push("create groups on the way");
    }
    match operation {
        Operation::Group { ordered: true, .. } => labels.push("create group with creation order"),
        Operation::Many { group, count, .. } => {
            let before = links(model, group);
            labels.extend(crossed(before, before + count, &LINKS));
        }
        Operation::RemoveMany { group, count, .. } => {
            let before = links(model, group);
            labels.extend(crossed(before, before.saturating_sub(*count), &LINKS));
        }
        Operation::Move { from, to } if parent(from) == parent(to) => labels.push("rename"),
        Operation::Copy { how, .. } => {
            let chosen = [
                (how.shallow, "copy shallow"),
                (how.without_attributes, "copy without attributes"),
                (how.references, "copy with references"),
                (how.soft, "copy what soft links lead to"),
                (how.external, "copy what external links lead to"),
            ];
            labels.extend(chosen.iter().filter(|(is, _)| *is).map(|(_, name)| name));
        }
        Operation::Dataset(new) => {
            of_dataset(new, &mut labels);
            labels.extend(to_attributes(new.items.as_deref().unwrap_or_default()));
        }
        Operation::Write { path, items, .. } => {
            labels.extend(to_attributes(items));
            let own = model.find(path).and_then(|id| model.objects[&id].dataset());
            match own.map(|own| &own.layout) {
                Some(Layout::External(_)) => labels.push("write external dataset"),
                Some(Layout::Virtual(_)) => labels.push("write virtual dataset"),
                _ => {}
            }
            if !items.is_empty()
                && let Some(own) = own
            {
                labels.extend(of_kind(&own.like.kind));
            }
        }
        Operation::Resize { path, shape } => {
            let old = model.find(path).and_then(|id| model.objects[&id].dataset()?.shape.clone());
            let old = old.unwrap_or_default();
            let any =
                |test: fn(&usize, &usize) -> bool| old.iter().zip(shape).any(|(a, b)| test(a, b));
            labels.extend(any(|old, new| new > old).then_some("resize up"));
            labels.extend(any(|old, new| new < old).then_some("resize down"));
        }
        Operation::Chunk { mask, .. } if *mask != 0 => labels.push("write chunk past its filters"),
        Operation::Attribute { path, name, like, shape, items } => {
            labels.extend(to_attributes(items));
            let object = model.find(path).map(|id| &model.objects[&id]);
            let there = object.is_some_and(|object| object.attribute(name).is_some());
            labels.push(if there { "overwrite attribute" } else { "create attribute" });
            if shape.is_none() {
                labels.push("create null attribute");
            }
            match like {
                NewType::Committed(_) => labels.push("create attribute of a committed type"),
                NewType::Kind(kind) if kind.refers() => {
                    labels.push("create attribute of references");
                }
                NewType::Kind(kind) if items.len() * kind.size() as usize > 60_000 => {
                    labels.push("create attribute of more than 60 KB");
                }
                NewType::Kind(_) => {}
            }
        }
        Operation::ManyAttributes { path, count, .. } => {
            let before = attributes(model, path);
            labels.extend(crossed(before, before + count, &ATTRIBUTES));
        }
        Operation::RemoveManyAttributes { path, count, .. } => {
            let before = attributes(model, path);
            labels.extend(crossed(before, before.saturating_sub(*count), &ATTRIBUTES));
        }
        _ => {}
    }
    labels
}

/// The path at which something comes to be.
fn made(operation: &Operation) -> Option<&str> {
    match operation {
        Operation::Dataset(new) => Some(&new.path),
        Operation::Copy { to, .. } | Operation::Move { to, .. } => Some(to),
        Operation::Group { path, .. }
        | Operation::Hard { path, .. }
        | Operation::Soft { path, .. }
        | Operation::External { path, .. }
        | Operation::Commit { path, .. } => Some(path),
        _ => None,
    }
}

fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(parent, _)| parent)
}

fn links(model: &Model, path: &str) -> usize {
    let group = model.find(path).and_then(|id| model.objects[&id].group());
    group.map_or(0, |group| group.links.len())
}

fn attributes(model: &Model, path: &str) -> usize {
    model.find(path).map_or(0, |id| model.objects[&id].attributes.len())
}

const LINKS: [&str; 2] = ["links: compact to dense", "links: dense to compact"];
const ATTRIBUTES: [&str; 2] = ["attributes: compact to dense", "attributes: dense to compact"];

/// Whether a count passes what headers hold unless they say otherwise.
fn crossed(before: usize, after: usize, [up, down]: &[&'static str; 2]) -> Option<&'static str> {
    match (before, after) {
        (..=8, 9..) => Some(*up),
        (9.., ..=5) => Some(*down),
        _ => None,
    }
}

fn of_dataset(new: &NewDataset, labels: &mut Labels) {
    if new.shape.is_none() {
        labels.push("create null dataset");
    }
    if new.fill.is_some() {
        labels.push("create dataset with fill value");
    }
    match new.fill_time {
        FillTime::Alloc => labels.push("create dataset with fill time Alloc"),
        FillTime::Never => labels.push("create dataset with fill time Never"),
        FillTime::IfSet => {}
    }
    labels.extend(new.allocation.map(|time| match time {
        Allocation::Early => "create dataset allocated early",
        Allocation::Late => "create dataset allocated late",
        Allocation::Incremental => "create dataset allocated incrementally",
    }));
    if new.ordered {
        labels.push("create dataset with attribute order");
    }
    if new.maximum.contains(&None) {
        labels.push("create dataset without bounds");
    }
    match &new.like {
        NewType::Committed(_) => labels.push("create dataset of a committed type"),
        NewType::Kind(kind) if new.items.is_some() => labels.extend(of_kind(kind)),
        NewType::Kind(_) => {}
    }
}

/// Whether some of what is written refers to attributes.
fn to_attributes(items: &[Item]) -> Option<&'static str> {
    let is = |item: &Item| matches!(item, Item::Path(_, Part::Attribute(_)));
    items.iter().any(is).then_some("write references to attributes")
}

/// What is written.
fn of_kind(kind: &Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Object => "write object references",
        Kind::Region => "write region references",
        Kind::Revised => "write revised references",
        kind if kind.refers() => "write references in compounds",
        kind if kind.is_var_len() => "write variable length",
        _ => return None,
    })
}

impl Operation {
    /// What kind of operation it is before all.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Group { .. } => "create group",
            Self::RequireGroup { .. } => "require group",
            Self::Hard { .. } => "hard link",
            Self::Soft { .. } => "soft link",
            Self::External { .. } => "external link",
            Self::Many { .. } => "many links",
            Self::RemoveMany { .. } => "remove many links",
            Self::Move { .. } => "move",
            Self::Unlink { .. } => "unlink",
            Self::Comment { .. } => "comment",
            Self::Copy { how, .. } if how.across => "copy across files",
            Self::Copy { .. } => "copy",
            Self::Commit { .. } => "commit type",
            Self::Dataset(new) => match &new.layout {
                Layout::Compact => "create compact dataset",
                Layout::Contiguous => "create contiguous dataset",
                Layout::Chunked(_) => "create chunked dataset",
                Layout::Auto => "create auto-chunked dataset",
                Layout::External(_) => "create external dataset",
                Layout::Virtual(_) => "create virtual dataset",
            },
            Self::RequireDataset { .. } => "require dataset",
            Self::Write { choice, .. } => match choice {
                Choice::All => "write all",
                Choice::Slab(_) => "write hyperslab",
                Choice::Points(_) => "write points",
                Choice::Mask(_) => "write mask",
                Choice::List(_) => "write list",
            },
            Self::WriteField { .. } => "write field",
            Self::Resize { .. } => "resize",
            Self::Append { .. } => "append",
            Self::Chunk { .. } => "write chunk",
            Self::Attribute { .. } => "set attribute",
            Self::ManyAttributes { .. } => "many attributes",
            Self::RemoveManyAttributes { .. } => "remove many attributes",
            Self::ModifyAttribute { .. } => "modify attribute",
            Self::DeleteAttribute { .. } => "delete attribute",
            Self::RenameAttribute { .. } => "rename attribute",
            Self::Flush => "flush",
            Self::Check => "check",
            Self::Refused(_) => "refused",
        }
    }
}
