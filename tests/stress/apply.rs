//! Operations on the model.

use std::collections::HashMap;

use super::items::Item;
use super::kinds::Kind;
use super::model::{
    Attribute, Body, Dataset, FAR, FAR_DATA, Group, Link, Meaning, Model, Object, Type, point,
};
use super::operations::{
    Allocation, Choice, Copying, FillTime, Filling, Layout, NewDataset, NewType, Operation,
};

/// Who changes the file, and what of that shows.
#[derive(Debug, Clone, Copy)]
pub struct By {
    /// Whether it is libhdf5.
    pub h5py: bool,
    /// Whether new objects can hold attributes of more than 64 KiB.
    pub modern: bool,
}

/// Stands for the dataset in the file beside where objects of this one have numbers.
const FAR_KEY: usize = usize::MAX;

/// The dataset in the file beside.
pub fn far_data() -> NewDataset {
    let kind = Kind::integer(4, true, false);
    let items = (1..4_i32).map(|n| Item::Bytes((n * 1000).to_le_bytes().to_vec())).collect();
    NewDataset { items: Some(items), ..NewDataset::plain(FAR_DATA, &kind, &[3]) }
}

/// How an object is copied, and by whom.
#[derive(Debug, Clone, Copy)]
struct How {
    how: Copying,
    by: By,
}

impl Model {
    /// Does it; `false`, and nothing changed, where it makes no sense.
    pub fn apply(&mut self, operation: &Operation, by: By) -> bool {
        let mut next = self.clone();
        if next.change(operation, by).is_none() {
            return false;
        }
        *self = next;
        true
    }

    fn change(&mut self, operation: &Operation, by: By) -> Option<()> {
        match operation {
            Operation::Group { path, ordered, .. } => {
                let group = Group { links: Vec::new(), ordered: *ordered };
                self.add(path, Body::Group(group), *ordered, by).map(drop)
            }
            Operation::RequireGroup { path } => match self.find(path) {
                Some(id) => self.objects[&id].group().map(drop),
                None => self.add(path, Body::Group(Group::default()), false, by).map(drop),
            },
            Operation::Hard { target, path } => {
                let target = self.find(target)?;
                self.add_link(path, Link::Hard(target), by)
            }
            Operation::Soft { target, path } => self.add_link(path, Link::Soft(target.clone()), by),
            Operation::External { file, target, path } => {
                self.add_link(path, Link::External(file.clone(), target.clone()), by)
            }
            Operation::Many { group, prefix, first, count, what } => {
                self.find(group)?;
                for n in *first..first + count {
                    let path = format!("{group}/{prefix}{n}");
                    match what {
                        Filling::Groups => {
                            self.add(&path, Body::Group(Group::default()), false, by)?;
                        }
                        Filling::Soft => {
                            self.add_link(&path, Link::Soft(format!("somewhere/{n}")), by)?;
                        }
                        Filling::Hard(target) => {
                            let target = self.find(target)?;
                            self.add_link(&path, Link::Hard(target), by)?;
                        }
                    }
                }
                Some(())
            }
            Operation::RemoveMany { group, prefix, first, count } => {
                for n in *first..first + count {
                    self.unlink(&format!("{group}/{prefix}{n}"))?;
                }
                self.collect();
                Some(())
            }
            Operation::Move { from, to } => self.relink(from, to, by),
            Operation::Unlink { path } => {
                self.unlink(path)?;
                self.collect();
                Some(())
            }
            Operation::Comment { path, text } => {
                self.object(path)?.comment.clone_from(text);
                Some(())
            }
            Operation::Copy { from, to, how } => self.copy(from, to, *how, by),
            Operation::Commit { path, kind } => {
                self.add(path, Body::Type(kind.clone()), false, by).map(drop)
            }
            Operation::Dataset(new) => self.new_dataset(new, by),
            Operation::RequireDataset { path, kind, shape } => match self.find(path) {
                Some(id) => {
                    let there = self.objects[&id].dataset()?;
                    let same = there.shape.as_ref() == Some(shape) && there.like.kind == *kind;
                    same.then_some(())
                }
                None => self.new_dataset(&NewDataset::plain(path, kind, shape), by),
            },
            Operation::Write { path, choice, items } => {
                self.write(path, choice, by, |place| items.get(place).cloned(), items.len())
            }
            Operation::WriteField { path, field, choice, items } => {
                self.write_field(path, field, choice, items, by)
            }
            Operation::Resize { path, shape } => {
                let dataset = self.chunked(path)?;
                let fits = shape.len() == dataset.maximum.len()
                    && shape.iter().enumerate().all(|(axis, len)| dataset.allows(axis, *len));
                fits.then(|| dataset.resize(shape.clone()))
            }
            Operation::Append { path, axis, step, items } => {
                self.append(path, *axis, *step, items, by)
            }
            Operation::Chunk { path, offset, bytes, .. } => self.write_chunk(path, offset, bytes),
            Operation::Flush | Operation::Check => Some(()),
            // What was dropped may have been why it made no sense.
            Operation::Refused(other) => self.clone().change(other, by).is_none().then_some(()),
            _ => self.change_attributes(operation),
        }
    }

    fn object(&mut self, path: &str) -> Option<&mut Object> {
        let id = self.find(path)?;
        self.objects.get_mut(&id)
    }

    fn dataset(&mut self, path: &str) -> Option<&mut Dataset> {
        match &mut self.object(path)?.body {
            Body::Dataset(dataset) => Some(dataset),
            _ => None,
        }
    }

    fn chunked(&mut self, path: &str) -> Option<&mut Dataset> {
        self.dataset(path).filter(|dataset| dataset.chunk().is_some())
    }

    fn add(&mut self, path: &str, body: Body, ordered: bool, by: By) -> Option<usize> {
        let id = self.next;
        self.next += 1;
        let modern = by.modern || ordered;
        let object =
            Object { comment: String::new(), attributes: Vec::new(), ordered, modern, body };
        self.objects.insert(id, object);
        self.add_link(path, Link::Hard(id), by)?;
        Some(id)
    }

    fn add_link(&mut self, path: &str, link: Link, by: By) -> Option<()> {
        let (parent, name) = path.rsplit_once('/')?;
        let parent = self.make_parents(parent, by)?;
        let Body::Group(group) = &mut self.objects.get_mut(&parent)?.body else { return None };
        if name.is_empty() || group.find(name).is_some() {
            return None;
        }
        group.links.push((name.to_owned(), link));
        Some(())
    }

    /// The group at a path; those that are not there are made.
    fn make_parents(&mut self, path: &str, by: By) -> Option<usize> {
        if let Some(id) = self.find(path) {
            return Some(id);
        }
        if self.link(path).is_some() {
            return None;
        }
        // Of the group it is made in it has how links are kept.
        let (parent, _) = path.rsplit_once('/')?;
        let parent = self.make_parents(parent, by)?;
        let ordered = self.objects[&parent].group()?.ordered;
        self.add(path, Body::Group(Group { links: Vec::new(), ordered }), false, by)
    }

    fn unlink(&mut self, path: &str) -> Option<Link> {
        let (parent, name) = self.parent(path)?;
        let Body::Group(group) = &mut self.objects.get_mut(&parent)?.body else { return None };
        let at = group.links.iter().position(|(own, _)| own == name)?;
        Some(group.links.remove(at).1)
    }

    fn relink(&mut self, from: &str, to: &str, by: By) -> Option<()> {
        let link = self.link(from)?.clone();
        let (parent, name) = self.parent(from)?;
        let name = name.to_owned();
        // The new link comes first, and may bring new groups with it.
        self.add_link(to, link, by)?;
        let Body::Group(group) = &mut self.objects.get_mut(&parent)?.body else { return None };
        let at = group.links.iter().position(|(own, _)| *own == name)?;
        group.links.remove(at);
        Some(())
    }

    fn copy(&mut self, from: &str, to: &str, how: Copying, by: By) -> Option<()> {
        let from = self.find(from)?;
        let mut copies = HashMap::new();
        let copy = self.copy_object(from, How { how, by }, 0, &mut copies)?;
        if how.across && how.references {
            for copy in copies.values() {
                self.objects.get_mut(copy)?.follow(&copies)?;
            }
        }
        self.add_link(to, Link::Hard(copy), by)?;
        // Types that nothing is of after all, for attributes were left out.
        self.collect();
        Some(())
    }

    fn copy_object(
        &mut self,
        id: usize,
        as_told: How,
        depth: usize,
        copies: &mut HashMap<usize, usize>,
    ) -> Option<usize> {
        let How { how, by } = as_told;
        if let Some(copy) = copies.get(&id) {
            return Some(*copy);
        }
        let copy = self.next;
        self.next += 1;
        copies.insert(id, copy);
        let mut object = self.objects[&id].clone();
        if how.without_attributes {
            object.attributes.clear();
        }
        if !by.h5py {
            // As the bounds have it, not as the object is.
            object.modern = by.modern || object.ordered;
            if !object.modern && object.attributes.iter().any(Attribute::is_large) {
                return None;
            }
        }
        for attribute in &mut object.attributes {
            // libhdf5 does not look into compounds of attributes.
            let kind = &attribute.like.kind;
            if by.h5py && matches!(kind, Kind::Compound { .. }) && kind.refers() {
                return None;
            }
            if let Some(own) = &mut attribute.like.committed {
                *own = self.copy_object(*own, as_told, depth + 1, copies)?;
            }
            // libhdf5 drops those of attributes within a file, too.
            if !how.references && (how.across || by.h5py) {
                attribute.items.iter_mut().for_each(Item::forget_target);
            }
        }
        match &mut object.body {
            Body::Group(group) => {
                if how.shallow && depth > 0 {
                    group.links.clear();
                }
                for (_, link) in &mut group.links {
                    let target = match link {
                        Link::Hard(target) => *target,
                        Link::Soft(path) if how.soft => match self.meaning(id, path, 0) {
                            // libhdf5 leaves the room that the path took, even for an address.
                            Meaning::Object(_) if by.h5py && path.len() < 8 => return None,
                            Meaning::Object(target) => target,
                            // libhdf5 fails where a group on the way is missing.
                            Meaning::Nothing if by.h5py && path.contains('/') => return None,
                            Meaning::Nothing => continue,
                            Meaning::Outside | Meaning::Endless => return None,
                        },
                        Link::External(file, _) if how.external && file == FAR => {
                            *link = Link::Hard(self.copy_far(by, copies)?);
                            continue;
                        }
                        _ => continue,
                    };
                    *link = Link::Hard(self.copy_object(target, as_told, depth + 1, copies)?);
                }
            }
            Body::Dataset(dataset) => {
                // Two datasets would share the other files.
                if matches!(dataset.layout, Layout::External(_)) {
                    return None;
                }
                // libhdf5 cannot copy all that refers to nothing.
                if by.h5py && dataset.like.kind.refers() {
                    return None;
                }
                if let Some(own) = &mut dataset.like.committed {
                    *own = self.copy_object(*own, as_told, depth + 1, copies)?;
                }
                if how.across && !how.references {
                    dataset.items.iter_mut().for_each(Item::forget_target);
                }
            }
            Body::Type(_) => {}
        }
        self.objects.insert(copy, object);
        Some(copy)
    }

    /// The copy of the dataset in the file beside.
    fn copy_far(&mut self, by: By, copies: &mut HashMap<usize, usize>) -> Option<usize> {
        // libhdf5 opens the file anew for each link, and takes what it finds for another object.
        if let Some(copy) = copies.get(&FAR_KEY).filter(|_| !by.h5py) {
            return Some(*copy);
        }
        // libhdf5 leaves the header as it is there.
        let by = By { modern: by.modern || by.h5py, ..by };
        let body = self.dataset_of(&far_data(), by)?;
        let copy = self.next;
        self.next += 1;
        let object = Object {
            comment: String::new(),
            attributes: Vec::new(),
            ordered: false,
            modern: by.modern,
            body,
        };
        self.objects.insert(copy, object);
        copies.insert(FAR_KEY, copy);
        Some(copy)
    }

    fn type_of(&self, like: &NewType) -> Option<Type> {
        match like {
            NewType::Kind(kind) => Some(Type { kind: kind.clone(), committed: None }),
            NewType::Committed(path) => {
                let id = self.find(path)?;
                let Body::Type(kind) = &self.objects[&id].body else { return None };
                Some(Type { kind: kind.clone(), committed: Some(id) })
            }
        }
    }

    fn keep_all(&self, kind: &Kind, items: &[Item]) -> Option<Vec<Item>> {
        items.iter().map(|item| item.keep(kind, self)).collect()
    }

    fn new_dataset(&mut self, new: &NewDataset, by: By) -> Option<()> {
        let body = self.dataset_of(new, by)?;
        self.add(&new.path, body, new.ordered, by).map(drop)
    }

    fn dataset_of(&self, new: &NewDataset, by: By) -> Option<Body> {
        let like = self.type_of(&new.like)?;
        let size = new.shape.as_ref().map_or(0, |shape| shape.iter().product());
        let layout = match &new.layout {
            Layout::Auto => {
                Layout::Chunked(auto_chunk(new.shape.as_ref()?, &new.maximum, like.kind.size()))
            }
            other => other.clone(),
        };
        let usual = match &layout {
            Layout::Compact => Allocation::Early,
            Layout::Contiguous | Layout::External(_) => Allocation::Late,
            _ => Allocation::Incremental,
        };
        let fill = match &new.fill {
            Some(item) => Some(item.keep(&like.kind, self)?),
            None => None,
        };
        // Elements of variable length are never left to chance.
        let fill_time = match new.fill_time {
            FillTime::IfSet if fill.is_none() && like.kind.is_var_len() => FillTime::Alloc,
            other => other,
        };
        let mut dataset = Dataset {
            shape: new.shape.clone(),
            maximum: new.maximum.clone(),
            layout,
            filters: new.filters.clone(),
            fill,
            fill_time,
            allocation: new.allocation.unwrap_or(usual),
            allocated: false,
            items: Vec::new(),
            like,
        };
        dataset.items = vec![dataset.fill_item(); size];
        if dataset.allocation == Allocation::Early {
            dataset.allocate(by);
        }
        if let Some(items) = &new.items {
            if items.len() != size {
                return None;
            }
            dataset.items = self.keep_all(&dataset.like.kind, items)?;
            dataset.allocated = true;
        }
        Some(Body::Dataset(Box::new(dataset)))
    }

    fn write(
        &mut self,
        path: &str,
        choice: &Choice,
        by: By,
        item: impl Fn(usize) -> Option<Item>,
        count: usize,
    ) -> Option<()> {
        let id = self.find(path)?;
        let known = self.objects[&id].dataset()?;
        let places = choice.places(known.shape.as_ref()?)?;
        if places.len() != count {
            return None;
        }
        let kind = known.like.kind.clone();
        let kept: Vec<Item> =
            (0..count).map(|n| item(n)?.keep(&kind, self)).collect::<Option<_>>()?;
        if let Some(mappings) = known.mappings() {
            let shape = known.shape.clone()?;
            let to = |place: usize| self.source(mappings, &point(place, &shape));
            let places: Vec<(usize, usize)> = places.into_iter().map(to).collect::<Option<_>>()?;
            for ((id, place), item) in places.into_iter().zip(kept) {
                let Body::Dataset(source) = &mut self.objects.get_mut(&id)?.body else {
                    return None;
                };
                source.allocate(by);
                source.items[place] = item;
            }
            return Some(());
        }
        let dataset = self.dataset(path)?;
        if places.len() < dataset.items.len() && !places.is_empty() {
            dataset.allocate(by);
        }
        dataset.allocated |= !places.is_empty();
        for (place, item) in places.into_iter().zip(kept) {
            dataset.items[place] = item;
        }
        Some(())
    }

    fn write_field(
        &mut self,
        path: &str,
        field: &str,
        choice: &Choice,
        items: &[Item],
        by: By,
    ) -> Option<()> {
        let id = self.find(path)?;
        let dataset = self.objects[&id].dataset().filter(|own| own.mappings().is_none())?;
        let places = choice.places(dataset.shape.as_ref()?)?;
        let Kind::Compound { members, .. } = &dataset.like.kind else { return None };
        let at = members.iter().position(|member| member.name == field)?;
        let (member, kind) = (members[at].clone(), dataset.like.kind.clone());
        if items.len() != places.len() {
            return None;
        }
        let items = self.keep_all(&member.kind, items)?;
        let dataset = self.dataset(path)?;
        if !places.is_empty() {
            dataset.allocate(by);
        }
        for (place, item) in places.into_iter().zip(items) {
            match (&mut dataset.items[place], item) {
                (Item::Bytes(bytes), Item::Bytes(part)) => {
                    member.of(bytes).copy_from_slice(&part);
                }
                (Item::List(parts), item) => parts[at] = item,
                // The rest of the element stays what nobody knows.
                (Item::Any, _) => {}
                (other, _) => panic!("{other:?} is none of {kind:?}"),
            }
        }
        Some(())
    }

    fn append(
        &mut self,
        path: &str,
        axis: usize,
        step: usize,
        items: &[Item],
        by: By,
    ) -> Option<()> {
        let mut shape = self.chunked(path)?.shape.clone()?;
        let row: usize =
            shape.iter().enumerate().filter(|(n, _)| *n != axis).map(|(_, n)| n).product();
        let block = row * step;
        if axis >= shape.len() || block == 0 || !items.len().is_multiple_of(block) {
            return None;
        }
        for items in items.chunks(block) {
            let old = shape[axis];
            shape[axis] += step;
            let dataset = self.chunked(path)?;
            if !dataset.allows(axis, shape[axis]) {
                return None;
            }
            dataset.resize(shape.clone());
            let whole = |(n, len): (usize, &usize)| {
                if n == axis { [old, 1, step, 1] } else { [0, 1, *len, 1] }
            };
            let choice = Choice::Slab(shape.iter().enumerate().map(whole).collect());
            self.write(path, &choice, by, |n| items.get(n).cloned(), items.len())?;
        }
        Some(())
    }

    fn write_chunk(&mut self, path: &str, offset: &[usize], bytes: &[u8]) -> Option<()> {
        let dataset = self.chunked(path)?;
        let size = dataset.like.kind.size() as usize;
        let (chunk, shape) = (dataset.chunk()?.to_vec(), dataset.shape.clone()?);
        let starts = offset.len() == shape.len()
            && offset.iter().zip(&shape).all(|(at, len)| at < len)
            && offset.iter().zip(&chunk).all(|(at, len)| at % len == 0);
        if !starts || !dataset.like.kind.is_plain() {
            return None;
        }
        if bytes.len() != chunk.iter().product::<usize>() * size {
            return None;
        }
        for (n, element) in bytes.chunks(size).enumerate() {
            let mut point = vec![0; chunk.len()];
            let mut rest = n;
            for (axis, len) in chunk.iter().enumerate().rev() {
                point[axis] = offset[axis] + rest % len;
                rest /= len;
            }
            if let Some(place) = super::operations::place(&point, &shape) {
                dataset.items[place] = Item::Bytes(element.to_vec());
            }
        }
        dataset.allocated = true;
        Some(())
    }

    fn change_attributes(&mut self, operation: &Operation) -> Option<()> {
        match operation {
            Operation::Attribute { path, name, like, shape, items } => {
                let like = self.type_of(like)?;
                let items = self.keep_all(&like.kind, items)?;
                let size = shape.as_ref().map_or(0, |shape| shape.iter().product());
                let made = Attribute { name: name.clone(), like, shape: shape.clone(), items };
                let object = self.object(path)?;
                if made.items.len() != size || made.is_large() && !object.modern {
                    return None;
                }
                object.attributes.retain(|own| own.name != *name);
                object.attributes.push(made);
                self.collect();
            }
            Operation::ManyAttributes { path, prefix, first, count } => {
                let object = self.object(path)?;
                for n in *first..first + count {
                    let name = format!("{prefix}{n}");
                    if object.attribute(&name).is_some() {
                        return None;
                    }
                    let like = Type { kind: Kind::integer(8, true, false), committed: None };
                    let items = vec![Item::Bytes((n as i64).to_le_bytes().to_vec())];
                    object.attributes.push(Attribute {
                        name,
                        like,
                        shape: Some(Vec::new()),
                        items,
                    });
                }
            }
            Operation::RemoveManyAttributes { path, prefix, first, count } => {
                let object = self.object(path)?;
                for n in *first..first + count {
                    let name = format!("{prefix}{n}");
                    let at = object.attributes.iter().position(|own| own.name == name)?;
                    object.attributes.remove(at);
                }
                self.collect();
            }
            Operation::ModifyAttribute { path, name, items } => {
                let id = self.find(path)?;
                let known = self.objects[&id].attribute(name)?;
                let kind = known.like.kind.clone();
                if known.items.len() != items.len() || known.shape.is_none() {
                    return None;
                }
                let items = self.keep_all(&kind, items)?;
                let object = self.object(path)?;
                object.attributes.iter_mut().find(|own| own.name == *name)?.items = items;
            }
            Operation::DeleteAttribute { path, name } => {
                let object = self.object(path)?;
                object.attribute(name)?;
                object.attributes.retain(|own| own.name != *name);
                self.collect();
            }
            Operation::RenameAttribute { path, name, new_name } => {
                let object = self.object(path)?;
                if object.attribute(new_name).is_some() {
                    return None;
                }
                let attribute = object.attributes.iter_mut().find(|own| own.name == *name)?;
                attribute.name.clone_from(new_name);
            }
            other => panic!("{other:?} changes no attribute"),
        }
        Some(())
    }
}

impl Object {
    /// References mean the copies of what they meant; `None` where one means what has none.
    fn follow(&mut self, copies: &HashMap<usize, usize>) -> Option<()> {
        let mut all: Vec<&mut Item> =
            self.attributes.iter_mut().flat_map(|own| &mut own.items).collect();
        if let Body::Dataset(dataset) = &mut self.body
            && dataset.like.kind.refers()
        {
            all.extend(&mut dataset.items);
        }
        all.into_iter().try_for_each(|item| item.follow(copies))
    }
}

impl Dataset {
    /// Storage comes into being. libhdf5 leaves in contiguous storage whatever was there, unless
    /// a fill value was given.
    fn allocate(&mut self, by: By) {
        let unset = self.fill_time == FillTime::IfSet && self.fill.is_none();
        if !self.allocated && by.h5py && self.layout == Layout::Contiguous && unset {
            self.items.fill(Item::Any);
        }
        self.allocated = true;
    }
}

impl NewDataset {
    /// A dataset of which nothing is said but its type and shape.
    pub fn plain(path: &str, kind: &Kind, shape: &[usize]) -> Self {
        Self {
            path: path.to_owned(),
            like: NewType::Kind(kind.clone()),
            shape: Some(shape.to_vec()),
            maximum: shape.iter().copied().map(Some).collect(),
            layout: Layout::Contiguous,
            filters: Vec::new(),
            fill: None,
            fill_time: FillTime::IfSet,
            allocation: None,
            ordered: false,
            times: false,
            phase: None,
            items: None,
        }
    }
}

/// The shape of chunks that h5py chooses (its `guess_chunk`).
fn auto_chunk(shape: &[usize], maximum: &[Option<usize>], size: u32) -> Vec<usize> {
    const BASE: f64 = 16.0 * 1024.0;
    let (least, most) = (8.0 * 1024.0, 1024.0 * 1024.0);
    let _ = maximum;
    let mut chunk: Vec<f64> =
        shape.iter().map(|len| if *len == 0 { 1024.0 } else { *len as f64 }).collect();
    let bytes = |chunk: &[f64]| chunk.iter().product::<f64>() * f64::from(size);
    let target = BASE * 2_f64.powf((bytes(&chunk) / (1024.0 * 1024.0)).log10());
    let target = target.clamp(least, most);
    let mut axis = 0;
    loop {
        let now = bytes(&chunk);
        let near = now < target || (now - target).abs() / target < 0.5;
        if near && now < most || chunk.iter().product::<f64>() == 1.0 {
            break;
        }
        let at = axis % chunk.len();
        chunk[at] = (chunk[at] / 2.0).ceil();
        axis += 1;
    }
    chunk.into_iter().map(|len| len as usize).collect()
}
