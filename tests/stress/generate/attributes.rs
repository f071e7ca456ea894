//! Random attributes.

use super::super::kinds::Kind;
use super::super::operations::{NewType, Operation};
use super::super::support::random::Random;
use super::{Generator, NAMES};

impl Generator<'_> {
    pub(super) fn attribute(&self, random: &mut Random) -> Operation {
        let path = self.path(random);
        let (mut like, mut kind) = self.like(random);
        if !self.fits(&kind) {
            (like, kind) = (NewType::Kind(Kind::Object), Kind::Object);
        }
        let large = random.below(12) == 0;
        if large || random.below(4) == 0 {
            let natural = [
                Kind::integer(8, true, false),
                Kind::Float { size: 8, big: false },
                Kind::boolean(),
                Kind::VarText { utf8: true },
            ];
            kind = natural[random.below(if large { 2 } else { 4 })].clone();
            like = NewType::Kind(kind.clone());
        }
        let shape = match random.below(8) {
            _ if large => Some(vec![8192 + random.below(900)]),
            0 => None,
            1..4 => Some(Vec::new()),
            _ => Some((0..1 + random.below(3)).map(|_| random.below(5)).collect()),
        };
        let count = shape.as_ref().map_or(0, |shape: &Vec<usize>| shape.iter().product());
        let items = self.items(random, &kind, count);
        let name = random.pick(&NAMES).to_owned();
        Operation::Attribute { path, name, like, shape, items }
    }

    /// Whether elements of an attribute can be told: members one by one only those of datasets.
    fn fits(&self, kind: &Kind) -> bool {
        self.session.h5py || !matches!(kind, Kind::Compound { .. }) || !kind.refers()
    }

    pub(super) fn many_attributes(&self, random: &mut Random) -> Operation {
        let (first, prefix) = (random.pick(&[0, 15]), "many".to_owned());
        let (path, count) = (self.path(random), 3 + random.below(20));
        let there = |id: usize| {
            self.model.objects[&id].attributes.iter().any(|own| own.name.starts_with("many"))
        };
        let full = self.path_where(random, there);
        let Some(id) = self.model.find(&full).filter(|_| random.below(2) == 0) else {
            return Operation::ManyAttributes { path, prefix, first, count };
        };
        let object = &self.model.objects[&id];
        let is = |n: usize| object.attribute(&format!("many{n}")).is_some();
        let first = (0..60).find(|n| is(*n)).unwrap_or(0);
        let run = (first..60).take_while(|n| is(*n)).count().max(1);
        let count = if random.below(2) == 0 { run } else { 1 + random.below(run) };
        Operation::RemoveManyAttributes { path: full, prefix, first, count }
    }

    /// An object that has attributes, and the name of one.
    pub(super) fn known_attribute(&self, random: &mut Random) -> Option<(String, String)> {
        let path = self.path_where(random, |id| !self.model.objects[&id].attributes.is_empty());
        let all = &self.model.objects[&self.model.find(&path)?].attributes;
        let name = all[random.below(all.len())].name.clone();
        Some((path, name))
    }

    pub(super) fn modify_attribute(&self, random: &mut Random) -> Operation {
        let Some((path, name)) = self.known_attribute(random) else { return Operation::Check };
        let known = &self.model.objects[&self.model.find(&path).unwrap()];
        let attribute = known.attribute(&name).unwrap();
        if !self.fits(&attribute.like.kind) {
            return Operation::Check;
        }
        let items = self.items(random, &attribute.like.kind, attribute.items.len());
        Operation::ModifyAttribute { path, name, items }
    }

    pub(super) fn delete_attribute(&self, random: &mut Random) -> Operation {
        match self.known_attribute(random) {
            Some((path, name)) => Operation::DeleteAttribute { path, name },
            None => Operation::Check,
        }
    }

    pub(super) fn rename_attribute(&self, random: &mut Random) -> Operation {
        let new_name = random.pick(&NAMES).to_owned();
        match self.known_attribute(random) {
            Some((path, name)) => Operation::RenameAttribute { path, name, new_name },
            None => Operation::Check,
        }
    }
}
