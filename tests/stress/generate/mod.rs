//! Random operations that make sense in what the model holds.

mod attributes;
mod datasets;

use super::items::{self, Item, Target};
use super::kinds::{self, Kind};
use super::model::{Body, Dataset, FAR, FAR_DATA, Model};
use super::operations::{Choice, Copying, Filling, NewType, Operation};
use super::support::random::Random;

/// What a session can be asked for.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    pub h5py: bool,
    /// Whether elements may lie in other files.
    pub outside: bool,
    /// Whether addresses have 8 bytes: where they have 4, libhdf5 cannot read references, nor copy
    /// elements of variable length, nor objects to files where they have more.
    pub wide: bool,
}

/// The start of the names of what virtual datasets are made of, which stays what it is.
const SOURCE: &str = "source";

/// Names of links and attributes.
const NAMES: [&str; 14] = [
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
    "data",
    "größe",
    "a b",
    "x.y",
    "0",
    "Z",
    "語",
    "a name that is longer than most names are, so that it does not fit where names usually do",
];

/// An operation that may or may not be possible.
pub fn operation(random: &mut Random, model: &Model, session: Session) -> Operation {
    let of = Generator { model, session, paths: model.paths() };
    match random.below(108) {
        0..7 => of.new_group(random),
        7..9 => of.require_group(random),
        9..13 => Operation::Hard { target: of.path(random), path: of.new_path(random) },
        13..16 => of.soft(random),
        16..18 => of.external(random),
        18..21 => of.many(random),
        21..25 => of.remove_many(random),
        25..28 => of.relink(random),
        28..34 => Operation::Unlink { path: of.link(random) },
        34..37 => of.comment(random),
        37..39 => Operation::Commit { path: of.new_path(random), kind: of.kind(random) },
        39..53 => of.new_dataset(random),
        53..55 => of.require_dataset(random),
        55..65 => of.write(random),
        65..70 => of.resize(random),
        70..74 => of.append(random),
        74..77 => of.chunk(random),
        77..85 => of.attribute(random),
        85..88 => of.many_attributes(random),
        88..92 => of.modify_attribute(random),
        92..94 => of.delete_attribute(random),
        94..96 => of.rename_attribute(random),
        96..98 => Operation::Flush,
        98..102 => of.copy(random),
        102..106 => of.virtual_dataset(random),
        _ => Operation::Check,
    }
}

/// A choice of elements of an array of this shape.
pub fn choice(random: &mut Random, shape: &[usize]) -> Choice {
    let size: usize = shape.iter().product();
    if shape.is_empty() || size == 0 {
        return Choice::All;
    }
    match random.below(8) {
        0 => Choice::All,
        1 => {
            // Each once: which of two values of one place wins is nobody's business.
            let mut points: Vec<Vec<usize>> = (0..1 + random.below(6))
                .map(|_| shape.iter().map(|len| random.below(*len)).collect())
                .collect();
            let all = points.clone();
            let mut at = 0;
            points.retain(|point| {
                at += 1;
                !all[..at - 1].contains(point)
            });
            Choice::Points(points)
        }
        2 => Choice::Mask((0..size).map(|_| random.below(3) == 0).collect()),
        3 => Choice::List((0..shape[0]).filter(|_| random.below(3) == 0).collect()),
        _ => Choice::Slab(shape.iter().map(|len| axis(random, *len)).collect()),
    }
}

/// Start, stride, count and block along one axis.
fn axis(random: &mut Random, len: usize) -> [usize; 4] {
    let start = random.below(len);
    let room = len - start;
    if random.below(2) == 0 {
        return [start, 1, 1 + random.below(room), 1];
    }
    let block = 1 + random.below(room.min(3));
    let stride = block + random.below(3);
    let most = (room - block) / stride + 1;
    [start, stride, 1 + random.below(most), block]
}

struct Generator<'a> {
    model: &'a Model,
    session: Session,
    paths: Vec<(String, usize)>,
}

impl Generator<'_> {
    pub(super) fn path(&self, random: &mut Random) -> String {
        self.paths[random.below(self.paths.len())].0.clone()
    }

    /// A path of an object of which `wanted` holds; one of none where there is none.
    pub(super) fn path_where(&self, random: &mut Random, wanted: impl Fn(usize) -> bool) -> String {
        let fit: Vec<&String> =
            self.paths.iter().filter(|(_, id)| wanted(*id)).map(|(path, _)| path).collect();
        if fit.is_empty() { "/none".to_owned() } else { fit[random.below(fit.len())].clone() }
    }

    fn group(&self, random: &mut Random) -> String {
        self.path_where(random, |id| self.model.objects[&id].group().is_some())
    }

    pub(super) fn dataset(
        &self,
        random: &mut Random,
        wanted: impl Fn(&Dataset) -> bool,
    ) -> Option<(String, &Dataset)> {
        let fits = |id: usize| self.model.objects[&id].dataset().is_some_and(&wanted);
        let path = self.path_where(random, fits);
        let dataset = self.model.objects[&self.model.find(&path)?].dataset()?;
        Some((path, dataset))
    }

    /// A path at which there may be nothing yet.
    pub(super) fn new_path(&self, random: &mut Random) -> String {
        let mut path = self.group(random);
        let levels = if random.below(5) == 0 { 1 + random.below(3) } else { 1 };
        for _ in 0..levels {
            if !path.ends_with('/') {
                path.push('/');
            }
            path.push_str(random.pick(&NAMES));
            if random.below(4) == 0 {
                path.push_str(&random.below(10).to_string());
            }
        }
        path
    }

    /// The path of a link.
    fn link(&self, random: &mut Random) -> String {
        let group = self.group(random);
        let Some(id) = self.model.find(&group) else { return group };
        let links = &self.model.objects[&id].group().unwrap().links;
        if links.is_empty() {
            return "/a".to_owned();
        }
        let (name, _) = &links[random.below(links.len())];
        format!("{}/{name}", group.trim_end_matches('/'))
    }

    fn relink(&self, random: &mut Random) -> Operation {
        let from = self.link(random);
        let source = from.rsplit('/').next().is_some_and(|name| name.starts_with(SOURCE));
        if source { Operation::Check } else { Operation::Move { from, to: self.new_path(random) } }
    }

    fn copy(&self, random: &mut Random) -> Operation {
        // Copies of copies of everything would be all there is.
        let broken = self.session.h5py && !self.session.wide;
        if self.model.objects.len() > 80 || broken {
            return Operation::Check;
        }
        let mut how = Copying {
            shallow: random.below(4) == 0,
            without_attributes: random.below(4) == 0,
            references: false,
            soft: random.below(4) == 0,
            external: self.session.outside && random.below(3) == 0,
            across: random.below(2) == 0,
        };
        let mut from = self.path(random);
        // Where libhdf5 meets a reference before the link, it makes a link of its own.
        if how.across && !self.session.h5py && random.below(2) == 0 {
            // All that is referred to is part of the whole.
            how.references = true;
            if random.below(2) == 0 {
                from = "/".to_owned();
            }
        }
        Operation::Copy { from, to: self.new_path(random), how }
    }

    fn new_group(&self, random: &mut Random) -> Operation {
        let most = 1 + random.below(12) as u16;
        let phase = (self.session.h5py && random.below(4) == 0)
            .then(|| (most, random.below(usize::from(most) + 1) as u16));
        Operation::Group { path: self.new_path(random), ordered: random.below(3) == 0, phase }
    }

    fn require_group(&self, random: &mut Random) -> Operation {
        let there = random.below(2) == 0;
        let path = if there { self.group(random) } else { self.new_path(random) };
        Operation::RequireGroup { path }
    }

    fn soft(&self, random: &mut Random) -> Operation {
        let target = match random.below(3) {
            0 => self.path(random),
            1 => random.pick(&NAMES).to_owned(),
            _ => self.new_path(random),
        };
        Operation::Soft { target, path: self.new_path(random) }
    }

    fn external(&self, random: &mut Random) -> Operation {
        let path = self.new_path(random);
        if self.session.outside && random.below(3) > 0 {
            return Operation::External { file: FAR.into(), target: FAR_DATA.into(), path };
        }
        Operation::External {
            file: random.pick(&["other.h5", "sub/größe.h5"]).to_owned(),
            target: random.pick(&["/", "/data", "a/b"]).to_owned(),
            path,
        }
    }

    fn many(&self, random: &mut Random) -> Operation {
        let what = match random.below(4) {
            0 => Filling::Groups,
            1 => Filling::Hard(self.path(random)),
            _ => Filling::Soft,
        };
        Operation::Many {
            group: self.group(random),
            prefix: random.pick(&["n", "link ", "größe"]).to_owned(),
            first: random.pick(&[0, 20, 40]),
            // Rarely so many that trees have more than one level.
            count: if random.below(16) == 0 {
                200 + random.below(500)
            } else {
                5 + random.below(45)
            },
            what,
        }
    }

    fn remove_many(&self, random: &mut Random) -> Operation {
        let prefixes = ["n", "link ", "größe"];
        let full = |id: usize| {
            let links = self.model.objects[&id].group().map(|own| own.links.len());
            links.is_some_and(|count| count > 8)
        };
        let mut group = self.path_where(random, full);
        if random.below(3) == 0 || self.model.find(&group).is_none() {
            group = self.group(random);
        }
        let mut found = (random.pick(&prefixes), 0, 1);
        if let Some(id) = self.model.find(&group) {
            let own = self.model.objects[&id].group().unwrap();
            let there = |prefix: &str, n: usize| own.find(&format!("{prefix}{n}")).is_some();
            for prefix in prefixes {
                let first = (0..90).find(|n| there(prefix, *n));
                if let Some(first) = first {
                    let run = (first..900).take_while(|n| there(prefix, *n)).count();
                    let skipped = random.below(run);
                    found = (prefix, first + skipped, 1 + random.below(run - skipped));
                    if random.below(3) > 0 {
                        found = (prefix, first, run);
                    }
                }
            }
        }
        let (prefix, first, count) = found;
        Operation::RemoveMany { group, prefix: prefix.to_owned(), first, count }
    }

    fn comment(&self, random: &mut Random) -> Operation {
        let empty = random.below(4) == 0;
        let text = if empty { String::new() } else { items::text(random, 60, true) };
        Operation::Comment { path: self.path(random), text }
    }

    /// What references may mean.
    pub(super) fn targets(&self) -> Vec<Target> {
        let target = |(path, id): &(String, usize)| {
            let object = &self.model.objects[id];
            let shape = object.dataset().and_then(|own| own.shape.clone());
            let shape = shape.filter(|shape| shape.iter().all(|len| *len > 0));
            let attributes = object.attributes.iter().map(|own| own.name.clone()).collect();
            Target { path: path.clone(), shape: shape.unwrap_or_default(), attributes }
        };
        self.paths.iter().map(target).collect()
    }

    pub(super) fn kind(&self, random: &mut Random) -> Kind {
        match random.below(20) {
            0 if self.session.wide => Kind::Object,
            1 if self.session.wide => Kind::Region,
            2 if self.session.wide => Kind::Revised,
            3 if self.session.wide => kinds::referring_compound(random),
            _ => kinds::any(random),
        }
    }

    pub(super) fn like(&self, random: &mut Random) -> (NewType, Kind) {
        if random.below(6) == 0 {
            let path =
                self.path_where(random, |id| matches!(self.model.objects[&id].body, Body::Type(_)));
            if let Some(id) = self.model.find(&path)
                && let Body::Type(kind) = &self.model.objects[&id].body
            {
                return (NewType::Committed(path), kind.clone());
            }
        }
        let kind = self.kind(random);
        (NewType::Kind(kind.clone()), kind)
    }

    pub(super) fn items(&self, random: &mut Random, kind: &Kind, count: usize) -> Vec<Item> {
        let targets = if kind.refers() { self.targets() } else { Vec::new() };
        (0..count).map(|_| items::any(random, kind, &targets)).collect()
    }
}
