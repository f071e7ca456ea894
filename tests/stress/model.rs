//! What a file is meant to hold: a tree of objects in memory, changed by the same operations.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde_json::{Map, Value as Json, json};

use super::items::{Block, Item, Part, hex, zero};
use super::kinds::Kind;
use super::operations::{Allocation, Choice, FillTime, Filter, Layout, Mapping, place};

/// All objects; the root is number 0.
#[derive(Debug, Clone)]
pub struct Model {
    pub objects: BTreeMap<usize, Object>,
    pub next: usize,
    /// Whether headers may keep the order of attributes although nobody asked for it, as libhdf5
    /// lets them where they share attributes.
    pub shares: bool,
}

/// A file beside, and a dataset in it that external links may lead to. No other path leads there.
pub const FAR: &str = "far.h5";
pub const FAR_DATA: &str = "/far data";

/// What a path means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    Object(usize),
    Nothing,
    /// Links that lead in circles, or nearly so.
    Endless,
    /// Something of another file, if anything.
    Outside,
}

#[derive(Debug, Clone)]
pub struct Object {
    pub comment: String,
    /// In the order in which they were made.
    pub attributes: Vec<Attribute>,
    /// Whether the file keeps that order.
    pub ordered: bool,
    /// Whether it can hold attributes of more than 64 KiB.
    pub modern: bool,
    pub body: Body,
}

#[derive(Debug, Clone)]
pub enum Body {
    Group(Group),
    Dataset(Box<Dataset>),
    Type(Kind),
}

#[derive(Debug, Clone, Default)]
pub struct Group {
    /// In the order in which they were made.
    pub links: Vec<(String, Link)>,
    pub ordered: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Link {
    Hard(usize),
    Soft(String),
    External(String, String),
}

/// A type, and the committed one that it is.
#[derive(Debug, Clone)]
pub struct Type {
    pub kind: Kind,
    pub committed: Option<usize>,
}

#[derive(Debug, Clone)]
pub struct Attribute {
    pub name: String,
    pub like: Type,
    pub shape: Option<Vec<usize>>,
    pub items: Vec<Item>,
}

#[derive(Debug, Clone)]
pub struct Dataset {
    pub like: Type,
    pub shape: Option<Vec<usize>>,
    pub maximum: Vec<Option<usize>>,
    pub layout: Layout,
    pub filters: Vec<Filter>,
    pub fill: Option<Item>,
    pub fill_time: FillTime,
    pub allocation: Allocation,
    /// Whether there is storage whose elements nobody wrote.
    pub allocated: bool,
    /// Of a virtual dataset, what elements hold that have no source.
    pub items: Vec<Item>,
}

impl Dataset {
    pub fn mappings(&self) -> Option<&[Mapping]> {
        match &self.layout {
            Layout::Virtual(mappings) => Some(mappings),
            _ => None,
        }
    }

    pub fn fill_item(&self) -> Item {
        match &self.fill {
            _ if self.fill_time == FillTime::Never => Item::Any,
            Some(item) => item.clone(),
            None => zero(&self.like.kind),
        }
    }

    pub fn chunk(&self) -> Option<&[usize]> {
        match &self.layout {
            Layout::Chunked(chunk) => Some(chunk),
            _ => None,
        }
    }

    /// Whether axis `axis` may have `len` elements.
    pub fn allows(&self, axis: usize, len: usize) -> bool {
        self.maximum[axis].is_none_or(|maximum| len <= maximum)
    }

    pub fn resize(&mut self, shape: Vec<usize>) {
        let old = self.shape.replace(shape).unwrap_or_default();
        let shape = self.shape.as_ref().unwrap();
        let mut items = vec![self.fill_item(); shape.iter().product()];
        let kept: Vec<[usize; 4]> =
            old.iter().zip(shape).map(|(a, b)| [0, 1, *a.min(b), 1]).collect();
        let slab = Choice::Slab(kept);
        let (from, to) = (slab.places(&old).unwrap(), slab.places(shape).unwrap());
        for (from, to) in from.into_iter().zip(to) {
            items[to] = self.items[from].clone();
        }
        self.items = items;
    }
}

impl Object {
    pub fn group(&self) -> Option<&Group> {
        match &self.body {
            Body::Group(group) => Some(group),
            _ => None,
        }
    }

    pub fn dataset(&self) -> Option<&Dataset> {
        match &self.body {
            Body::Dataset(dataset) => Some(dataset),
            _ => None,
        }
    }

    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

impl Attribute {
    /// Whether only newer headers can hold it.
    pub fn is_large(&self) -> bool {
        self.items.len() * self.like.kind.size() as usize > 60_000
    }
}

impl Group {
    pub fn find(&self, name: &str) -> Option<&Link> {
        self.links.iter().find(|(own, _)| own == name).map(|(_, link)| link)
    }
}

impl Model {
    /// A new file; `ordered` says whether its root keeps the order of links and attributes.
    pub fn new(ordered: bool, modern: bool) -> Self {
        let root = Object {
            comment: String::new(),
            attributes: Vec::new(),
            ordered,
            modern: modern || ordered,
            body: Body::Group(Group { links: Vec::new(), ordered }),
        };
        Self { objects: BTreeMap::from([(0, root)]), next: 1, shares: false }
    }

    /// The object at an absolute path.
    pub fn find(&self, path: &str) -> Option<usize> {
        match self.meaning(0, path, 0) {
            Meaning::Object(id) => Some(id),
            _ => None,
        }
    }

    /// What a path from the object `start` means.
    pub fn meaning(&self, start: usize, path: &str, depth: usize) -> Meaning {
        let mut at = if path.starts_with('/') { 0 } else { start };
        for name in path.split('/').filter(|name| !name.is_empty() && *name != ".") {
            let link = self.objects[&at].group().and_then(|group| group.find(name));
            at = match link {
                Some(Link::Hard(target)) => *target,
                Some(Link::Soft(_)) if depth >= 8 => return Meaning::Endless,
                Some(Link::Soft(target)) => match self.meaning(at, target, depth + 1) {
                    Meaning::Object(id) => id,
                    other => return other,
                },
                Some(Link::External(..)) => return Meaning::Outside,
                None => return Meaning::Nothing,
            };
        }
        Meaning::Object(at)
    }

    /// The group that holds the link at a path, and the link's name.
    pub fn parent<'p>(&self, path: &'p str) -> Option<(usize, &'p str)> {
        let (parent, name) = path.rsplit_once('/')?;
        let parent = self.find(parent)?;
        self.objects[&parent].group()?;
        (!name.is_empty()).then_some((parent, name))
    }

    pub fn link(&self, path: &str) -> Option<&Link> {
        let (parent, name) = self.parent(path)?;
        self.objects[&parent].group()?.find(name)
    }

    /// Hard links that lead to an object, and other uses of it, where it is a type.
    pub fn uses(&self, id: usize) -> usize {
        let count = |like: &Type| usize::from(like.committed == Some(id));
        let of = |object: &Object| {
            let links = match &object.body {
                Body::Group(group) => {
                    group.links.iter().filter(|(_, link)| *link == Link::Hard(id)).count()
                }
                Body::Dataset(dataset) => count(&dataset.like),
                Body::Type(_) => 0,
            };
            links + object.attributes.iter().map(|own| count(&own.like)).sum::<usize>()
        };
        usize::from(id == 0) + self.objects.values().map(of).sum::<usize>()
    }

    /// Drops what nothing leads to any more.
    pub fn collect(&mut self) {
        loop {
            let dead: Vec<usize> =
                self.objects.keys().copied().filter(|id| self.uses(*id) == 0).collect();
            if dead.is_empty() {
                break;
            }
            dead.iter().for_each(|id| drop(self.objects.remove(id)));
        }
        let gone = |id: &usize, objects: &BTreeMap<usize, Object>| !objects.contains_key(id);
        let known: BTreeMap<usize, Object> =
            self.objects.keys().map(|id| (*id, Object::placeholder())).collect();
        for object in self.objects.values_mut() {
            let mut all: Vec<&mut Item> =
                object.attributes.iter_mut().flat_map(|own| &mut own.items).collect();
            if let Body::Dataset(dataset) = &mut object.body
                && dataset.like.kind.refers()
            {
                all.extend(&mut dataset.items);
            }
            all.into_iter().for_each(|item| item.forget(&|id| gone(id, &known)));
        }
    }

    /// Paths of all objects that can be reached, several of some: each link of each group, by the
    /// first path of the group.
    pub fn paths(&self) -> Vec<(String, usize)> {
        let mut paths = vec![("/".to_owned(), 0)];
        let mut seen = vec![0];
        let mut waiting = VecDeque::from([(String::new(), 0)]);
        while let Some((prefix, id)) = waiting.pop_front() {
            for (name, link) in &self.objects[&id].group().unwrap().links {
                let path = format!("{prefix}/{name}");
                let target = match link {
                    Link::Hard(target) => Some(*target),
                    Link::Soft(_) => self.find(&path),
                    Link::External(..) => None,
                };
                let Some(target) = target else { continue };
                paths.push((path.clone(), target));
                let group = self.objects[&target].group().is_some();
                if group && matches!(link, Link::Hard(_)) && !seen.contains(&target) {
                    seen.push(target);
                    waiting.push_back((path, target));
                }
            }
        }
        paths
    }

    /// Where an element of a virtual dataset comes from: the source, and the place in it.
    pub fn source(&self, mappings: &[Mapping], point: &[usize]) -> Option<(usize, usize)> {
        let found = mappings.iter().find_map(|own| Some((own, own.source_point(point)?)));
        let (mapping, point) = found?;
        let id = self.find(&mapping.source)?;
        let source = self.objects[&id].dataset()?;
        Some((id, place(&point, source.shape.as_ref()?)?))
    }

    /// What the elements of a dataset hold.
    pub fn elements(&self, dataset: &Dataset) -> Vec<Item> {
        let mut items = dataset.items.clone();
        let Some(mappings) = dataset.mappings() else { return items };
        let shape = dataset.shape.as_ref().unwrap();
        for (n, item) in items.iter_mut().enumerate() {
            if let Some((id, at)) = self.source(mappings, &point(n, shape)) {
                *item = self.objects[&id].dataset().unwrap().items[at].clone();
            }
        }
        items
    }

    /// Everything, as both sides show it.
    pub fn listing(&self) -> Json {
        let mut numbers = Numbers::default();
        numbers.of(0);
        let mut shown = Vec::new();
        while let Some(id) = numbers.order.get(shown.len()).copied() {
            shown.push(self.show(id, &mut numbers));
        }
        // References come last: what they mean has a number only if a link leads there.
        let all: Vec<Json> = shown
            .into_iter()
            .zip(numbers.order.clone())
            .map(|(shown, id)| self.show_values(shown, id, &numbers))
            .collect();
        Json::Array(all)
    }

    /// Whether there are objects to which no path leads, for they lead to each other.
    pub fn has_orphans(&self) -> bool {
        self.listing().as_array().map_or(0, Vec::len) < self.objects.len()
    }

    fn show(&self, id: usize, numbers: &mut Numbers) -> Json {
        let object = &self.objects[&id];
        let mut out = Map::new();
        out.insert("uses".to_owned(), self.uses(id).into());
        out.insert("comment".to_owned(), object.comment.as_str().into());
        match &object.body {
            Body::Group(group) => {
                out.insert("is".to_owned(), "group".into());
                let mut links: Vec<&(String, Link)> = group.links.iter().collect();
                links.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
                let show = |(name, link): &&(String, Link)| match link {
                    Link::Hard(target) => json!([name, numbers.of(*target)]),
                    Link::Soft(path) => json!([name, "soft", path]),
                    Link::External(file, path) => json!([name, "external", file, path]),
                };
                out.insert("links".to_owned(), links.iter().map(show).collect());
                let names = || group.links.iter().map(|(name, _)| name.as_str()).collect::<Json>();
                let order = if group.ordered { names() } else { Json::Null };
                out.insert("link_order".to_owned(), order);
            }
            Body::Dataset(dataset) => {
                out.insert("is".to_owned(), "dataset".into());
                let committed = dataset.like.committed.map(|id| numbers.of(id));
                out.insert("committed".to_owned(), committed.into());
                dataset.show(&mut out);
            }
            Body::Type(kind) => {
                out.insert("is".to_owned(), "type".into());
                out.insert("type".to_owned(), kind.to_json());
            }
        }
        let mut sorted: Vec<&Attribute> = object.attributes.iter().collect();
        sorted.sort_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
        let show = |own: &&Attribute| {
            let committed = own.like.committed.map(|id| numbers.of(id));
            json!([own.name, own.like.kind.to_json(), committed, own.shape])
        };
        out.insert("attributes".to_owned(), sorted.iter().map(show).collect());
        let names = || object.attributes.iter().map(|own| own.name.as_str()).collect::<Json>();
        let order = match (&object.body, object.ordered) {
            (Body::Type(_), _) | (_, false) if self.shares => "?".into(),
            (Body::Type(_), _) | (_, false) => Json::Null,
            (_, true) => names(),
        };
        out.insert("attribute_order".to_owned(), order);
        Json::Object(out)
    }

    fn show_values(&self, mut shown: Json, id: usize, numbers: &Numbers) -> Json {
        let object = &self.objects[&id];
        if let Body::Dataset(dataset) = &object.body {
            let kind = &dataset.like.kind;
            shown["values"] = show_all(kind, &self.elements(dataset), numbers);
        }
        for own in shown["attributes"].as_array_mut().unwrap() {
            let attribute = object.attribute(own[0].as_str().unwrap()).unwrap();
            let values = show_all(&attribute.like.kind, &attribute.items, numbers);
            own.as_array_mut().unwrap().push(values);
        }
        shown
    }
}

impl Object {
    fn placeholder() -> Self {
        let (comment, attributes) = (String::new(), Vec::new());
        let body = Body::Group(Group::default());
        Self { comment, attributes, ordered: false, modern: false, body }
    }
}

/// Numbers of objects in the order in which they are met.
#[derive(Debug, Default)]
struct Numbers {
    order: Vec<usize>,
    known: HashMap<usize, usize>,
}

impl Numbers {
    fn of(&mut self, id: usize) -> usize {
        let next = self.order.len();
        let number = *self.known.entry(id).or_insert(next);
        if number == next {
            self.order.push(id);
        }
        number
    }
}

impl Dataset {
    fn show(&self, out: &mut Map<String, Json>) {
        let (layout, chunk) = match &self.layout {
            Layout::Compact => ("compact", None),
            Layout::Contiguous => ("contiguous", None),
            Layout::Chunked(chunk) => ("chunked", Some(chunk)),
            Layout::External(_) => ("contiguous", None),
            Layout::Virtual(_) => ("virtual", None),
            Layout::Auto => panic!("the model knows the chunk"),
        };
        let parts: Vec<Json> = match &self.layout {
            Layout::External(parts) => parts.iter().map(|part| json!(part)).collect(),
            Layout::Virtual(mappings) => mappings.iter().map(Mapping::to_json).collect(),
            _ => Vec::new(),
        };
        let fill = match &self.fill {
            None => json!(["default"]),
            Some(Item::Bytes(bytes)) => json!(["user", hex(bytes)]),
            Some(Item::Text(text)) => json!(["user", text]),
            Some(other) => panic!("{other:?} is no fill value of the model's"),
        };
        let ids: Vec<u16> = self.filters.iter().map(|filter| filter.id()).collect();
        let rest = json!({
            "type": self.like.kind.to_json(), "shape": self.shape, "maximum": self.maximum,
            "layout": layout, "chunk": chunk, "filters": ids, "fill": fill, "parts": parts,
            "fill_time": self.fill_time.number(), "allocation": self.allocation.number(),
        });
        let Json::Object(rest) = rest else { unreachable!() };
        out.extend(rest);
    }
}

/// Elements: of plain types as one text of hexadecimal digits, `?` where anything may be.
fn show_all(kind: &Kind, items: &[Item], numbers: &Numbers) -> Json {
    if !kind.is_plain() {
        return items.iter().map(|item| item.show(numbers)).collect();
    }
    let mut text = String::new();
    for item in items {
        match item {
            Item::Bytes(bytes) => text.push_str(&hex(bytes)),
            _ => text.extend(std::iter::repeat_n('?', kind.size() as usize * 2)),
        }
    }
    text.into()
}

impl Item {
    fn show(&self, numbers: &Numbers) -> Json {
        match self {
            Self::Bytes(bytes) => hex(bytes).into(),
            Self::Text(text) => text.as_str().into(),
            Self::List(items) => items.iter().map(|item| item.show(numbers)).collect(),
            Self::Target(None, _) => Json::Null,
            Self::Target(Some(id), part) => match (numbers.known.get(id), part) {
                (None, _) => "?".into(),
                (Some(number), Part::Whole) => (*number).into(),
                (Some(number), Part::Block((start, count))) => json!([number, start, count]),
                (Some(number), Part::Attribute(name)) => json!([number, name]),
            },
            Self::Any => "?".into(),
            Self::Path(..) => panic!("{self:?} is in no model"),
        }
    }

    /// The reference means a copy.
    pub fn follow(&mut self, copies: &HashMap<usize, usize>) -> Option<()> {
        match self {
            Self::Target(Some(id), _) => *id = *copies.get(id)?,
            Self::List(items) => items.iter_mut().try_for_each(|item| item.follow(copies))?,
            Self::Any => return None,
            _ => {}
        }
        Some(())
    }

    /// References that a copy in another file does not have.
    pub fn forget_target(&mut self) {
        match self {
            Self::Target(..) => *self = Self::Target(None, Part::Whole),
            Self::List(items) => items.iter_mut().for_each(Self::forget_target),
            _ => {}
        }
    }

    /// References to what is gone may mean anything.
    fn forget(&mut self, gone: &dyn Fn(&usize) -> bool) {
        match self {
            Self::Target(Some(id), _) if gone(id) => *self = Self::Any,
            Self::List(items) => items.iter_mut().for_each(|item| item.forget(gone)),
            _ => {}
        }
    }

    /// As the model keeps it, where it is an element of the type.
    pub fn keep(&self, kind: &Kind, model: &Model) -> Option<Self> {
        let all = |items: &[Self], kind: &Kind| {
            items.iter().map(|item| item.keep(kind, model)).collect::<Option<Vec<_>>>()
        };
        match (kind, self) {
            (kind, Self::Bytes(bytes)) if kind.is_plain() => {
                (bytes.len() == kind.size() as usize).then(|| self.clone())
            }
            (Kind::VarText { utf8 }, Self::Text(text)) => {
                (*utf8 || text.is_ascii()).then(|| self.clone())
            }
            (Kind::Sequence(base), Self::List(items)) => all(items, base).map(Self::List),
            (Kind::Array { base, shape }, Self::List(items)) => {
                let len = shape.iter().product::<u32>() as usize;
                all(items, base).filter(|items| items.len() == len).map(Self::List)
            }
            (Kind::Compound { members, .. }, Self::List(items)) if members.len() == items.len() => {
                let parts = members.iter().zip(items);
                let kept = parts.map(|(field, item)| item.keep(&field.kind, model));
                kept.collect::<Option<_>>().map(Self::List)
            }
            (kind, Self::Path(path, part)) => {
                let fits = match (kind, part) {
                    (Kind::Object, Part::Whole) | (Kind::Revised, _) => true,
                    (Kind::Region, Part::Block(_)) => true,
                    (Kind::Region, Part::Whole) => path.is_none(),
                    _ => false,
                };
                let Some(path) = path else {
                    return fits.then_some(Self::Target(None, Part::Whole));
                };
                let id = model.find(path).filter(|_| fits)?;
                match part {
                    Part::Whole => {}
                    Part::Block(block) => {
                        let shape = model.objects[&id].dataset()?.shape.as_ref()?;
                        inside(block, shape).then_some(())?;
                    }
                    Part::Attribute(name) => drop(model.objects[&id].attribute(name)?),
                }
                Some(Self::Target(Some(id), part.clone()))
            }
            _ => None,
        }
    }
}

/// The coordinates of a place in row-major order.
pub fn point(place: usize, shape: &[usize]) -> Vec<usize> {
    let mut point = vec![0; shape.len()];
    let mut rest = place;
    for (axis, len) in shape.iter().enumerate().rev() {
        point[axis] = rest % len;
        rest /= len;
    }
    point
}

fn inside((start, count): &Block, shape: &[usize]) -> bool {
    !shape.is_empty()
        && start.len() == shape.len()
        && start.iter().zip(count).zip(shape).all(|((start, count), len)| start + count <= *len)
}
