//! Random datasets, and what is done with their elements.

use std::io::Write;

use super::super::items::{self, Item};
use super::super::kinds::{self, Kind};
use super::super::model::{Dataset, Link};
use super::super::operations::{
    Allocation, Choice, FillTime, Filter, Layout, Mapping, NewDataset, Operation,
};
use super::super::support::random::Random;
use super::{Generator, SOURCE, Session, choice};

impl Generator<'_> {
    pub(super) fn new_dataset(&self, random: &mut Random) -> Operation {
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
        if random.below(8) == 0 {
            new.phase = Some((random.below(9) as u16 + 1, 1));
        }
        match random.below(14) {
            12 | 13 if self.session.outside && kind.is_plain() => {
                let shape: Vec<usize> =
                    (0..1 + random.below(3)).map(|_| 1 + random.below(9)).collect();
                let size: usize = shape.iter().product();
                new.maximum = shape.iter().copied().map(Some).collect();
                new.shape = Some(shape);
                new.layout = Layout::External(parts(random, size * kind.size() as usize));
                // They are there from the start.
                new.items = Some(self.items(random, &kind, size));
                return Operation::Dataset(Box::new(new));
            }
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
    pub(super) fn chunks(&self, random: &mut Random, kind: &Kind, new: &mut NewDataset) {
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
        if self.session.h5py && loses_masks(&new.filters) {
            // Fills would be stored first.
            new.allocation = None;
        }
        new.shape = Some(shape);
        new.maximum = maximum;
    }

    /// A dataset that is made of others, or one for others to be made of.
    pub(super) fn virtual_dataset(&self, random: &mut Random) -> Operation {
        let sources: Vec<(String, &Dataset)> = self
            .paths
            .iter()
            .filter(|(path, _)| path.starts_with(&format!("/{SOURCE}")))
            .filter_map(|(path, id)| Some((path.clone(), self.model.objects[id].dataset()?)))
            .collect();
        if sources.is_empty() || random.below(3) == 0 {
            return self.new_source(random);
        }
        let (_, first) = &sources[random.below(sources.len())];
        let (kind, rank) = (first.like.kind.clone(), first.maximum.len());
        let fit: Vec<&(String, &Dataset)> = sources
            .iter()
            .filter(|(_, own)| own.like.kind == kind && own.maximum.len() == rank)
            .collect();
        let mut mappings = Vec::new();
        let mut shape = vec![1; rank];
        shape[0] = random.below(2);
        for _ in 0..1 + random.below(3) {
            let (path, source) = fit[random.below(fit.len())];
            let source_shape = source.shape.clone().unwrap();
            let source_start: Vec<usize> =
                source_shape.iter().map(|len| random.below(*len)).collect();
            let axes = source_shape.iter().zip(&source_start);
            let count: Vec<usize> =
                axes.map(|(len, start)| 1 + random.below(len - start)).collect();
            let mut start = vec![0; rank];
            start[0] = shape[0];
            shape[0] += count[0] + random.below(2);
            for (len, count) in shape.iter_mut().zip(&count).skip(1) {
                *len = (*len).max(*count);
            }
            let source = path.clone();
            mappings.push(Mapping { source, source_shape, source_start, start, count });
        }
        let mut new = NewDataset::plain(&self.new_path(random), &kind, &shape);
        new.fill = fill(random, &kind, self.session);
        new.layout = Layout::Virtual(mappings);
        Operation::Dataset(Box::new(new))
    }

    /// Whether what the session writes is what is read.
    fn keeps_masks(&self, own: &Dataset) -> bool {
        !self.session.h5py || !loses_masks(&own.filters)
    }

    /// Whether virtual datasets are made of the dataset at a path.
    fn is_source(&self, path: &str) -> bool {
        let id = self.model.find(path);
        self.model.objects[&0].group().unwrap().links.iter().any(|(name, link)| {
            name.starts_with(SOURCE) && id.is_some_and(|id| *link == Link::Hard(id))
        })
    }

    fn new_source(&self, random: &mut Random) -> Operation {
        let path = format!("/{SOURCE}{}", random.next() % 1_000_000);
        let kind = kinds::number(random);
        let shape: Vec<usize> = (0..1 + random.below(2)).map(|_| 2 + random.below(6)).collect();
        let mut new = NewDataset::plain(&path, &kind, &shape);
        let size = shape.iter().product();
        if random.below(2) == 0 {
            new.layout = Layout::Chunked(shape.iter().map(|len| 1 + random.below(*len)).collect());
            if random.below(2) == 0 {
                new.filters = vec![Filter::Gzip(1)];
            }
        }
        new.items = (random.below(3) > 0).then(|| self.items(random, &kind, size));
        Operation::Dataset(Box::new(new))
    }

    pub(super) fn require_dataset(&self, random: &mut Random) -> Operation {
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

    pub(super) fn write(&self, random: &mut Random) -> Operation {
        let fits = |own: &Dataset| own.shape.is_some() && self.keeps_masks(own);
        let Some((path, own)) = self.dataset(random, fits) else { return Operation::Flush };
        if let Some(mappings) = own.mappings() {
            // A part of one source.
            let mapping = &mappings[random.below(mappings.len())];
            let axis = |(start, len): (&usize, &usize)| {
                let skipped = random.below(*len);
                [start + skipped, 1, 1 + random.below(len - skipped), 1]
            };
            let axes = mapping.start.iter().zip(&mapping.count).map(axis).collect();
            let choice = Choice::Slab(axes);
            let count = choice.places(own.shape.as_ref().unwrap()).unwrap().len();
            let items = self.items(random, &own.like.kind, count);
            return Operation::Write { path, choice, items };
        }
        // What libhdf5 did not fill is no place to look for names.
        let unsafe_ = self.session.h5py
            && !own.like.kind.is_plain()
            && own.layout == Layout::Contiguous
            && !own.allocated;
        let choice =
            if unsafe_ { Choice::All } else { choice(random, own.shape.as_ref().unwrap()) };
        let count = choice.places(own.shape.as_ref().unwrap()).unwrap().len();
        if let Kind::Compound { members, .. } = &own.like.kind
            && !unsafe_
            && random.below(2) == 0
            && let field = &members[random.below(members.len())]
            && (self.session.h5py || field.kind.refers() || is_simple(&field.kind))
        {
            let items = self.items(random, &field.kind, count);
            return Operation::WriteField { path, field: field.name.clone(), choice, items };
        }
        let items = self.items(random, &own.like.kind, count);
        Operation::Write { path, choice, items }
    }

    pub(super) fn resize(&self, random: &mut Random) -> Operation {
        // libhdf5 cannot read a fill value in a heap from a file that is open for reading.
        let text = |own: &Dataset| own.fill.is_some() && !own.like.kind.is_plain();
        let fits = |own: &Dataset| own.chunk().is_some() && self.keeps_masks(own) && !text(own);
        let Some((path, own)) = self.dataset(random, fits) else { return Operation::Flush };
        if self.is_source(&path) {
            return Operation::Flush;
        }
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

    pub(super) fn append(&self, random: &mut Random) -> Operation {
        let open = |own: &Dataset| {
            let open = own.chunk().is_some() && own.maximum.contains(&None);
            open && own.items.len() < 500 && self.keeps_masks(own)
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

    pub(super) fn chunk(&self, random: &mut Random) -> Operation {
        let fits = |own: &Dataset| {
            let plain = own.like.kind.is_plain() && own.chunk().is_some();
            plain && own.items.len() < 2000 && !own.items.is_empty() && self.keeps_masks(own)
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
}

/// Whether a chunk can take as many bytes with a filter as without it. When it changes from one to
/// the other, libhdf5 forgets to tell the index.
fn loses_masks(filters: &[Filter]) -> bool {
    let has = |wanted: fn(&Filter) -> bool| filters.iter().any(wanted);
    let shrinks = |own: &Filter| matches!(own, Filter::Gzip(_) | Filter::Lzf);
    has(|own| matches!(own, Filter::Szip { .. }))
        || has(|own| matches!(own, Filter::ScaleOffset(_))) && filters.iter().any(shrinks)
}

fn fill(random: &mut Random, kind: &Kind, session: Session) -> Option<Item> {
    let simple = match kind {
        kind if session.h5py && kind.is_plain() => true,
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
    let pixels = random.pick(&[4, 8, 16]);
    match random.below(8) {
        0 if full(kind) && elements >= usize::from(pixels) => {
            filters.push(Filter::Szip { nearest: random.below(2) == 0, pixels });
            if random.below(3) == 0 {
                filters.push(Filter::Fletcher32);
            }
            return filters;
        }
        2 if full(kind) => {
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
        _ => {}
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

/// Places in other files for so many bytes.
fn parts(random: &mut Random, bytes: usize) -> Vec<(String, usize, usize)> {
    let number = random.next() % 1_000_000;
    let first = if random.below(2) == 0 { bytes } else { 1 + random.below(bytes) };
    let mut parts = vec![(format!("raw{number}.bin"), random.below(20), first)];
    if first < bytes {
        let room = bytes - first + random.below(9);
        parts.push((format!("more{number}.bin"), random.below(20), room));
    }
    parts
}

/// Whether a Rust type without names of its own is of that kind.
fn is_simple(kind: &Kind) -> bool {
    let text = matches!(kind, Kind::Text { .. } | Kind::VarText { .. });
    kind.is_number() || *kind == Kind::boolean() || text
}
