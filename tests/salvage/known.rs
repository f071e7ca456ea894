//! A file before it is damaged: what is in it, and which bytes belong to what.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use hdfive::{Checker, Dataset, File, LossKind, ReferencedObject, Result, Salvaged};

use crate::support::random::Random;

/// What happens to a file.
#[derive(Debug, Clone)]
pub(crate) enum Damage {
    /// All that lies behind is gone.
    Cut(usize),
    /// Zeros stand there, or anything that comes of the seed.
    Holes(Vec<Range<usize>>, Option<u64>),
}

impl Damage {
    pub(crate) fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match self {
            Self::Cut(at) => bytes.truncate(*at),
            Self::Holes(holes, fill) => {
                let mut random = fill.map(Random);
                for byte in holes.iter().flat_map(Clone::clone) {
                    bytes[byte] = random.as_mut().map_or(0, |random| random.next() as u8);
                }
            }
        }
        bytes
    }

    fn hits(&self, bytes: &Range<usize>) -> bool {
        match self {
            Self::Cut(at) => bytes.end > *at,
            Self::Holes(holes, _) => {
                holes.iter().any(|hole| hole.start < bytes.end && bytes.start < hole.end)
            }
        }
    }
}

/// A dataset: what it holds, and where.
#[derive(Debug)]
struct Object {
    facts: String,
    /// All bytes of it.
    bytes: Vec<Range<usize>>,
    /// Those on which the format has a checksum.
    is_guarded: bool,
    /// Bytes that no checksum covers.
    unguarded: Vec<Range<usize>>,
    /// Those of the groups on the way, and of the superblock.
    path: Vec<Range<usize>>,
}

/// The file.
#[derive(Debug)]
pub(crate) struct Known {
    pub bytes: Vec<u8>,
    objects: BTreeMap<String, Object>,
    structures: Vec<Range<usize>>,
}

/// What came of damage.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub opened: bool,
    /// Datasets none of whose bytes are hit.
    pub intact: usize,
    /// Those of them that came back under their path.
    pub in_place: usize,
    /// The others.
    pub hit: usize,
    /// Those of them that came back all the same.
    pub same: usize,
    /// Those of them that were named.
    pub named: usize,
    /// Those of them that came back otherwise, where nothing could tell.
    pub unseen: usize,
}

impl Outcome {
    pub(crate) fn add(&mut self, other: &Self) {
        self.opened |= other.opened;
        self.intact += other.intact;
        self.in_place += other.in_place;
        self.hit += other.hit;
        self.same += other.same;
        self.named += other.named;
        self.unseen += other.unseen;
    }
}

/// What a dataset holds, and its attributes: no two are alike.
fn facts(dataset: &Dataset) -> Result<String> {
    let mut facts = format!("{:?} {:?}\n", dataset.shape(), dataset.dtype()?.to_descriptor()?);
    facts += &format!("{:?}\n", dataset.read_values()?);
    let mut attributes = dataset.all_attrs()?;
    attributes.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, attribute) in attributes {
        let attribute = attribute?;
        facts += &format!("{name} {:?} {:?}\n", attribute.shape(), attribute.read_values()?);
    }
    Ok(facts)
}

/// All datasets of a file.
fn datasets(file: &File) -> Result<Vec<(String, Dataset)>> {
    let mut found = Vec::new();
    file.visit_items(|path, object| {
        if let Ok(ReferencedObject::Dataset(dataset)) = object.open() {
            found.push((format!("/{path}"), dataset));
        }
        ControlFlow::<()>::Continue(())
    })?;
    Ok(found)
}

/// The groups that lead to an object, the root first.
fn above(path: &str) -> Vec<String> {
    let mut groups = vec!["/".to_owned()];
    groups.extend(path.match_indices('/').skip(1).map(|(at, _)| path[..at].to_owned()));
    groups
}

impl Known {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let file = File::from_bytes(bytes).unwrap();
        let report = Checker::new().elements(true).map(true).check(&file).unwrap();
        assert!(report.is_sound());
        let is_new = file.info().superblock_version >= 2;
        let mut used: BTreeMap<String, Vec<(Range<usize>, bool)>> = BTreeMap::new();
        let mut structures = Vec::new();
        for part in report.used {
            let range = part.bytes.start as usize..part.bytes.end as usize;
            if part.is_metadata && !range.is_empty() {
                structures.push(range.clone());
            }
            used.entry(part.path).or_default().push((range, part.is_metadata));
        }
        let ranges = |path: &str| -> Vec<Range<usize>> {
            let parts = used.get(path).into_iter().flatten();
            parts.map(|(range, _)| range.clone()).collect()
        };
        // Objects share them.
        let all = used.values().flatten().map(|(range, _)| range.clone());
        let heaps: Vec<_> = all.filter(|range| bytes[range.start..].starts_with(b"GCOL")).collect();
        let mut objects = BTreeMap::new();
        for (path, dataset) in datasets(&file).unwrap() {
            let mut own = ranges(&path);
            let parts = used.get(&path).into_iter().flatten();
            let is_plain = dataset.stored_filters().is_empty();
            let unguarded =
                parts.filter(|(_, is_metadata)| if *is_metadata { !is_new } else { is_plain });
            let mut unguarded: Vec<_> = unguarded.map(|(range, _)| range.clone()).collect();
            if path == "/a/text" {
                own.extend(heaps.clone());
                unguarded.extend(heaps.clone());
            }
            if path == "/types/points" {
                own.extend(ranges("/types/point"));
                unguarded.extend(ranges("/types/point").into_iter().filter(|_| !is_new));
            }
            let groups = above(&path);
            let way = groups.iter().flat_map(|group| ranges(group)).chain(ranges(""));
            let object = Object {
                facts: facts(&dataset).unwrap(),
                bytes: own,
                is_guarded: unguarded.is_empty(),
                unguarded,
                path: way.collect(),
            };
            objects.insert(path, object);
        }
        assert!(objects.len() > 75);
        Self { bytes: bytes.to_vec(), objects, structures }
    }

    /// Where everything lies that is not elements.
    pub(crate) fn structures(&self) -> &[Range<usize>] {
        &self.structures
    }

    /// Looks at what came of a damaged file; gives which datasets have to be the same, too.
    pub(crate) fn judge(
        &self,
        damage: &Damage,
        salvaged: Result<(Salvaged, File)>,
    ) -> std::result::Result<(Outcome, Vec<String>), String> {
        let mut outcome = Outcome::default();
        let mut intact_in_place = Vec::new();
        let (salvaged, found) = match salvaged {
            Ok((salvaged, file)) => {
                outcome.opened = true;
                let found = datasets(&file).map_err(|error| format!("what came: {error}"))?;
                (Some(salvaged), found)
            }
            Err(error) if matches!(error.kind(), hdfive::ErrorKind::Malformed(_)) => {
                (None, Vec::new())
            }
            Err(error) => return Err(error.to_string()),
        };
        let mut by_path = BTreeMap::new();
        for (path, dataset) in found {
            let facts = facts(&dataset).map_err(|error| format!("what came: {path}: {error}"))?;
            by_path.insert(path, facts);
        }
        let losses = salvaged.as_ref().map_or(&[][..], |salvaged| &salvaged.losses);
        let mut wrong = Vec::new();
        for (path, object) in &self.objects {
            let is_hit = |bytes: &[Range<usize>]| bytes.iter().any(|part| damage.hits(part));
            let (own, way) = (is_hit(&object.bytes), is_hit(&object.path));
            let in_place = by_path.get(path) == Some(&object.facts);
            let anywhere = in_place || by_path.values().any(|facts| *facts == object.facts);
            if !own {
                outcome.intact += 1;
                outcome.in_place += usize::from(in_place);
                if !way {
                    intact_in_place.push(path.clone());
                }
                if !(if way { anywhere } else { in_place }) {
                    wrong.push(format!("{path} is whole, and does not come back"));
                }
                continue;
            }
            outcome.hit += 1;
            let groups = above(path);
            let is_named = salvaged.is_none()
                || losses.iter().any(|loss| {
                    let of_it = loss.path() == path || loss.path().starts_with(&format!("{path}@"));
                    let of_group = groups.iter().any(|group| group == loss.path());
                    let of_members = matches!(
                        loss.kind(),
                        LossKind::Members | LossKind::Header | LossKind::Object
                    );
                    of_it || (of_group && of_members)
                });
            let unseen = by_path.contains_key(path) && is_hit(&object.unguarded);
            match (anywhere, is_named, unseen) {
                (true, _, _) => outcome.same += 1,
                (_, true, _) => outcome.named += 1,
                (_, _, true) if !object.is_guarded => outcome.unseen += 1,
                _ => {
                    let is_there = if by_path.contains_key(path) { "differs" } else { "is gone" };
                    wrong.push(format!("{path} {is_there}, and is not named"));
                }
            }
        }
        if wrong.is_empty() {
            return Ok((outcome, intact_in_place));
        }
        let losses: Vec<String> = losses.iter().take(6).map(ToString::to_string).collect();
        wrong.truncate(4);
        Err(format!("{wrong:?}, of {losses:#?}"))
    }
}
