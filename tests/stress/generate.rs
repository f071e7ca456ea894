//! Random operations that make sense in what the model holds.

use std::io::Write;

use super::items::{self, Item};
use super::kinds::{self, Kind};
use super::model::{Dataset, Model};
use super::operations::{
    Allocation, Choice, FillTime, Filling, Filter, Layout, NewDataset, NewType, Operation,
};
use super::support::random::Random;

/// What a session can be asked for.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    pub h5py: bool,
}

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
    match random.below(100) {
        0..7 => Operation::Group { path: of.new_path(random), ordered: random.below(3) == 0 },
        7..9 => of.require_group(random),
        9..13 => Operation::Hard { target: of.path(random), path: of.new_path(random) },
        13..16 => of.soft(random),
        16..18 => Operation::External {
            file: random.pick(&["other.h5", "sub/größe.h5"]).to_owned(),
            target: random.pick(&["/", "/data", "a/b"]).to_owned(),
            path: of.new_path(random),
        },
        18..21 => of.many(random),
        21..24 => of.remove_many(random),
        24..28 => Operation::Move { from: of.link(random), to: of.new_path(random) },
        28..34 => Operation::Unlink { path: of.link(random) },
        34..37 => of.comment(random),
        37..39 => Operation::Commit { path: of.new_path(random), kind: kinds::plain(random, 2) },
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
    fn path(&self, random: &mut Random) -> String {
        self.paths[random.below(self.paths.len())].0.clone()
    }

    /// A path of an object of which `wanted` holds; one of none where there is none.
    fn path_where(&self, random: &mut Random, wanted: impl Fn(usize) -> bool) -> String {
        let fit: Vec<&String> =
            self.paths.iter().filter(|(_, id)| wanted(*id)).map(|(path, _)| path).collect();
        if fit.is_empty() { "/none".to_owned() } else { fit[random.below(fit.len())].clone() }
    }

    fn group(&self, random: &mut Random) -> String {
        self.path_where(random, |id| self.model.objects[&id].group().is_some())
    }

    fn dataset(
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
    fn new_path(&self, random: &mut Random) -> String {
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
            count: 5 + random.below(45),
            what,
        }
    }

    fn remove_many(&self, random: &mut Random) -> Operation {
        let prefixes = ["n", "link ", "größe"];
        let group = self.group(random);
        let mut found = (random.pick(&prefixes), 0, 1);
        if let Some(id) = self.model.find(&group) {
            let own = self.model.objects[&id].group().unwrap();
            let there = |prefix: &str, n: usize| own.find(&format!("{prefix}{n}")).is_some();
            for prefix in prefixes {
                let first = (0..90).find(|n| there(prefix, *n));
                if let Some(first) = first {
                    let run = (first..90).take_while(|n| there(prefix, *n)).count();
                    let skipped = random.below(run);
                    found = (prefix, first + skipped, 1 + random.below(run - skipped));
                    if random.below(2) == 0 {
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

    /// Paths that references may mean, with the shapes of datasets.
    fn targets(&self) -> Vec<(String, Vec<usize>)> {
        let shape = |id: &usize| {
            let shape = self.model.objects[id].dataset().and_then(|own| own.shape.clone());
            shape.filter(|shape| shape.iter().all(|len| *len > 0)).unwrap_or_default()
        };
        self.paths.iter().map(|(path, id)| (path.clone(), shape(id))).collect()
    }

    fn kind(&self, random: &mut Random) -> Kind {
        match random.below(16) {
            0 if self.session.h5py => Kind::Object,
            1 if self.session.h5py => Kind::Region,
            _ => kinds::any(random),
        }
    }

    fn like(&self, random: &mut Random) -> (NewType, Kind) {
        if random.below(6) == 0 {
            let path = self.path_where(random, |id| {
                matches!(self.model.objects[&id].body, super::model::Body::Type(_))
            });
            if let Some(id) = self.model.find(&path)
                && let super::model::Body::Type(kind) = &self.model.objects[&id].body
            {
                return (NewType::Committed(path), kind.clone());
            }
        }
        let kind = self.kind(random);
        (NewType::Kind(kind.clone()), kind)
    }

    fn items(&self, random: &mut Random, kind: &Kind, count: usize) -> Vec<Item> {
        let targets = if kind.refers() { self.targets() } else { Vec::new() };
        (0..count).map(|_| items::any(random, kind, &targets)).collect()
    }

    fn new_dataset(&self, random: &mut Random) -> Operation {
        let path = self.new_path(random);
        let (like, kind) = self.like(random);
        let mut new = NewDataset { like, ..NewDataset::plain(&path, &kind, &[]) };
        new.ordered = random.below(5) == 0;
        new.times = random.below(5) == 0;
        new.fill = fill(random, &kind, self.session);
        if random.below(6) == 0 {
            new.fill_time = FillTime::Alloc;
        } else if random.below(12) == 0 && kind.is_plain() && new.fill.is_none() {
            new.fill_time = FillTime::Never;
        }
        match random.below(12) {
            0 => {
                new.shape = None;
                new.fill = None;
                return Operation::Dataset(Box::new(new));
            }
            1 => {
                // One element along no axis.
                if random.below(2) == 0 {
                    new.layout = Layout::Compact;
                }
            }
            2 => {
                new.layout = Layout::Compact;
                let shape: Vec<usize> = (0..1 + random.below(3)).map(|_| random.below(6)).collect();
                new.maximum = shape.iter().copied().map(Some).collect();
                new.shape = Some(shape);
            }
            3 | 4 => {
                let shape: Vec<usize> = (0..1 + random.below(3)).map(|_| random.below(9)).collect();
                new.maximum = shape.iter().copied().map(Some).collect();
                new.shape = Some(shape);
                if random.below(4) == 0 {
                    new.allocation = Some(random.pick(&[Allocation::Early, Allocation::Late]));
                }
            }
            _ => self.chunks(random, &kind, &mut new),
        }
        let size: usize = new.shape.as_ref().unwrap().iter().product();
        // libhdf5 takes for names what lies in storage that it did not fill.
        let must = self.session.h5py && !kind.is_plain() && new.layout == Layout::Contiguous;
        let text = matches!(kind, Kind::VarText { .. }) && new.fill.is_some();
        let closed = |shape: &Vec<usize>| shape.iter().copied().map(Some).eq(new.maximum.clone());
        if text && !new.shape.as_ref().is_some_and(closed) {
            new.fill = None;
        }
        // libhdf5 cannot read a fill value in a heap from a file that is open for reading.
        let must = must || text;
        if size > 0 && (must || random.below(3) > 0) {
            new.items = Some(self.items(random, &kind, size));
        }
        Operation::Dataset(Box::new(new))
    }

    /// Chunks, of a shape that makes one kind of index or another, and filters.
    fn chunks(&self, random: &mut Random, kind: &Kind, new: &mut NewDataset) {
        let rank = 1 + random.below(3);
        let long = random.below(12) == 0 && kind.size() <= 16 && kind.is_plain();
        let most = if long { 3000 } else { [60, 12, 6][rank - 1] };
        let mut shape: Vec<usize> = (0..rank).map(|_| random.below(most + 1)).collect();
        if long {
            shape.truncate(1);
        }
        let mut maximum: Vec<Option<usize>> = shape.iter().copied().map(Some).collect();
        // As many unlimited axes as an index is for, on any place.
        match random.below(5) {
            0 => {}
            1 | 2 => {
                let axis = random.below(shape.len());
                maximum[axis] = None;
            }
            3 => maximum.fill(None),
            _ => {
                for (most, len) in maximum.iter_mut().zip(&shape) {
                    *most = Some(len + random.below(9));
                }
            }
        }
        for (most, len) in maximum.iter().zip(&mut shape) {
            if *most == Some(0) || *most == Some(*len) {
                *len = (*len).max(1);
            }
        }
        for (most, len) in maximum.iter_mut().zip(&shape) {
            *most = most.map(|most| most.max(*len).max(1));
        }
        let fit = |(len, most): (usize, &Option<usize>)| match most {
            Some(most) => len.min(*most),
            None => len,
        };
        let chunk: Vec<usize> = match random.below(6) {
            // All in one.
            0 => shape.iter().zip(&maximum).map(|(len, most)| fit(((*len).max(1), most))).collect(),
            _ => {
                let wide = if long { 3 } else { 5 };
                maximum.iter().map(|most| fit((1 + random.below(wide), most))).collect()
            }
        };
        new.layout = Layout::Chunked(chunk);
        if random.below(6) == 0 && !shape.contains(&0) && new.fill_time != FillTime::Never {
            new.layout = Layout::Auto;
        }
        if random.below(5) == 0 {
            let all = [Allocation::Early, Allocation::Late, Allocation::Incremental];
            new.allocation = Some(random.pick(&all));
        }
        if random.below(2) == 0 {
            let elements: usize = match &new.layout {
                Layout::Chunked(chunk) => chunk.iter().product(),
                _ => shape.iter().product(),
            };
            new.filters = filters(random, kind, elements);
        }
        new.shape = Some(shape);
        new.maximum = maximum;
    }

    fn require_dataset(&self, random: &mut Random) -> Operation {
        let plain = |own: &Dataset| own.like.kind.is_number() && own.shape.is_some();
        if random.below(2) == 0
            && let Some((path, own)) = self.dataset(random, plain)
        {
            let (kind, shape) = (own.like.kind.clone(), own.shape.clone().unwrap());
            return Operation::RequireDataset { path, kind, shape };
        }
        let kind = Kind::integer(4, true, false);
        Operation::RequireDataset { path: self.new_path(random), kind, shape: vec![2, 3] }
    }

    fn write(&self, random: &mut Random) -> Operation {
        let fits =
            |own: &Dataset| own.shape.is_some() && (self.session.h5py || !own.like.kind.refers());
        let Some((path, own)) = self.dataset(random, fits) else { return Operation::Flush };
        // What libhdf5 did not fill is no place to look for names.
        let unsafe_ = self.session.h5py
            && !own.like.kind.is_plain()
            && own.layout == Layout::Contiguous
            && !own.allocated;
        let choice =
            if unsafe_ { Choice::All } else { choice(random, own.shape.as_ref().unwrap()) };
        let count = choice.places(own.shape.as_ref().unwrap()).unwrap().len();
        if let Kind::Compound { members, .. } = &own.like.kind
            && self.session.h5py
            && !unsafe_
            && random.below(2) == 0
        {
            let field = &members[random.below(members.len())];
            let items = self.items(random, &field.kind, count);
            return Operation::WriteField { path, field: field.name.clone(), choice, items };
        }
        let items = self.items(random, &own.like.kind, count);
        Operation::Write { path, choice, items }
    }

    fn resize(&self, random: &mut Random) -> Operation {
        let Some((path, own)) = self.dataset(random, |own| own.chunk().is_some()) else {
            return Operation::Flush;
        };
        let old = own.shape.as_ref().unwrap();
        // Of a dataset that is one chunk, libhdf5 gives the chunk back when it becomes empty, but
        // does not forget it.
        let one = own.chunk().unwrap().iter().copied().map(Some).eq(own.maximum.iter().copied());
        let least = usize::from(self.session.h5py && one);
        let long = old.iter().any(|len| *len > 100);
        let shape = old
            .iter()
            .zip(&own.maximum)
            .map(|(len, most)| {
                let bound = if long { 4000 } else { 16 };
                let new = if random.below(3) == 0 { *len } else { random.below(bound) };
                most.map_or(new, |most| new.min(most)).max(least)
            })
            .collect();
        Operation::Resize { path, shape }
    }

    fn append(&self, random: &mut Random) -> Operation {
        let open = |own: &Dataset| {
            let known = self.session.h5py || !own.like.kind.refers();
            let open = own.chunk().is_some() && own.maximum.contains(&None);
            open && known && own.items.len() < 500
        };
        let Some((path, own)) = self.dataset(random, open) else { return Operation::Flush };
        let axes: Vec<usize> =
            (0..own.maximum.len()).filter(|axis| own.maximum[*axis].is_none()).collect();
        let axis = random.pick(&axes);
        let (step, times) = (1 + random.below(3), 1 + random.below(8));
        let shape = own.shape.as_ref().unwrap();
        let row: usize = (0..shape.len()).filter(|n| *n != axis).map(|n| shape[n]).product();
        let items = self.items(random, &own.like.kind, row * step * times);
        Operation::Append { path, axis, step, items }
    }

    fn chunk(&self, random: &mut Random) -> Operation {
        let fits = |own: &Dataset| {
            let plain = own.like.kind.is_plain() && own.chunk().is_some();
            plain && own.items.len() < 2000 && !own.items.is_empty()
        };
        let Some((path, own)) = self.dataset(random, fits) else { return Operation::Flush };
        let (chunk, shape) = (own.chunk().unwrap(), own.shape.as_ref().unwrap());
        let offset: Vec<usize> = shape
            .iter()
            .zip(chunk)
            .map(|(len, chunk)| random.below(*len) / chunk * chunk)
            .collect();
        // What lies beyond the shape is the fill value, as it is after any other write.
        let beyond = match own.fill_item() {
            Item::Bytes(bytes) => bytes,
            _ => vec![0; own.like.kind.size() as usize],
        };
        let mut bytes = Vec::new();
        for n in 0..chunk.iter().product::<usize>() {
            let mut rest = n;
            let mut inside = true;
            for axis in (0..chunk.len()).rev() {
                inside &= offset[axis] + rest % chunk[axis] < shape[axis];
                rest /= chunk[axis];
            }
            match items::any(random, &own.like.kind, &[]) {
                Item::Bytes(element) if inside => bytes.extend(element),
                _ => bytes.extend(&beyond),
            }
        }
        let all = (1 << own.filters.len()) - 1;
        let size = own.like.kind.size() as usize;
        let (mask, encoded) = match own.filters.as_slice() {
            [] => (0, bytes.clone()),
            [Filter::Gzip(level)] if random.below(2) == 0 => (0, deflated(&bytes, *level)),
            [Filter::Shuffle] => (0, shuffled(&bytes, size)),
            [Filter::Shuffle, Filter::Gzip(level)] => {
                (0, deflated(&shuffled(&bytes, size), *level))
            }
            // libhdf5 forgets the mask where a chunk takes as many bytes as the one before it.
            [Filter::Fletcher32] | [Filter::Shuffle, Filter::Fletcher32] | [Filter::Lzf] => {
                (all, bytes.clone())
            }
            _ => return Operation::Flush,
        };
        Operation::Chunk { path, offset, mask, bytes, encoded }
    }

    fn attribute(&self, random: &mut Random) -> Operation {
        let path = self.path(random);
        let (mut like, mut kind) = self.like(random);
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

    fn many_attributes(&self, random: &mut Random) -> Operation {
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
    fn known_attribute(&self, random: &mut Random) -> Option<(String, String)> {
        let path = self.path_where(random, |id| !self.model.objects[&id].attributes.is_empty());
        let all = &self.model.objects[&self.model.find(&path)?].attributes;
        let name = all[random.below(all.len())].name.clone();
        Some((path, name))
    }

    fn modify_attribute(&self, random: &mut Random) -> Operation {
        let Some((path, name)) = self.known_attribute(random) else { return Operation::Check };
        let known = &self.model.objects[&self.model.find(&path).unwrap()];
        let attribute = known.attribute(&name).unwrap();
        if !self.session.h5py && attribute.like.kind.refers() {
            return Operation::Check;
        }
        let items = self.items(random, &attribute.like.kind, attribute.items.len());
        Operation::ModifyAttribute { path, name, items }
    }

    fn delete_attribute(&self, random: &mut Random) -> Operation {
        match self.known_attribute(random) {
            Some((path, name)) => Operation::DeleteAttribute { path, name },
            None => Operation::Check,
        }
    }

    fn rename_attribute(&self, random: &mut Random) -> Operation {
        let new_name = random.pick(&NAMES).to_owned();
        match self.known_attribute(random) {
            Some((path, name)) => Operation::RenameAttribute { path, name, new_name },
            None => Operation::Check,
        }
    }
}

fn fill(random: &mut Random, kind: &Kind, session: Session) -> Option<Item> {
    let simple = match kind {
        // h5py takes such a value for a pointer to it.
        Kind::Text { .. } if session.h5py => false,
        Kind::Text { padding: kinds::Padding::Nulls, .. } | Kind::VarText { .. } => true,
        _ => kind.is_number() || *kind == Kind::boolean(),
    };
    (simple && random.below(3) == 0).then(|| items::any(random, kind, &[]))
}

/// Filters that suit the type and the size of chunks.
fn filters(random: &mut Random, kind: &Kind, elements: usize) -> Vec<Filter> {
    let mut filters = Vec::new();
    let full = |kind: &Kind| match kind {
        Kind::Integer { size, precision, .. } => u32::from(*precision) == size * 8,
        Kind::Float { size, .. } => *size >= 4,
        _ => false,
    };
    match random.below(8) {
        0 if full(kind) => {
            let digits = matches!(kind, Kind::Float { .. }).then_some(2);
            filters.push(Filter::ScaleOffset(digits));
        }
        1 if kind.is_number() => filters.push(Filter::Nbit),
        _ => {}
    }
    if random.below(2) == 0 {
        filters.push(Filter::Shuffle);
    }
    match random.below(4) {
        0 | 1 => filters.push(Filter::Gzip(random.below(10) as u8)),
        2 => filters.push(Filter::Lzf),
        _ => {
            let pixels = random.pick(&[4, 8, 16]);
            if full(kind) && elements >= usize::from(pixels) && filters.is_empty() {
                filters.push(Filter::Szip { nearest: random.below(2) == 0, pixels });
            }
        }
    }
    // libhdf5 wants no filter that must not fail on what lies elsewhere.
    if random.below(3) == 0 && !kind.is_var_len() {
        filters.push(Filter::Fletcher32);
    }
    filters
}

fn deflated(bytes: &[u8], level: u8) -> Vec<u8> {
    let level = flate2::Compression::new(level.into());
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), level);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Bytes of equal weight together.
fn shuffled(bytes: &[u8], size: usize) -> Vec<u8> {
    (0..size).flat_map(|at| bytes.iter().skip(at).step_by(size).copied()).collect()
}
