//! This library's side: operations done through its interface, and what it reads.

use std::collections::HashMap;

use hdfive::{
    AllocTime, AnyValues, Container, Dataset, Datatype, ElementType, Extent, Extents, File,
    FillValue, Group, LinkType, Location, LocationToken, RawReference, ReferencedObject, Result,
    Selection, SliceOrIndex, TraversalOrder, Value, Values,
};
use serde_json::{Map, Value as Json, json};

use super::items::{Block, Item, hex, show};
use super::kinds::Kind;
use super::model::Model;
use super::operations::{
    Allocation, Choice, FillTime, Filling, Filter, Layout, NewDataset, NewType, Operation,
};
use super::support::random::Random;

/// A file that is open for writing.
#[derive(Debug)]
pub struct Session {
    pub file: File,
    /// Decides between ways to say the same.
    pub random: Random,
}

impl Session {
    /// Does one operation.
    pub fn apply(&mut self, operation: &Operation) -> Result<()> {
        match operation {
            Operation::Group { path, ordered } => {
                let (group, path) = self.from(path);
                if *ordered || self.random.below(2) == 0 {
                    group.create_group_builder().track_order(*ordered).create(&path).map(drop)
                } else {
                    group.create_group(&path).map(drop)
                }
            }
            Operation::RequireGroup { path } => {
                let (group, path) = self.from(path);
                group.require_group(&path).map(drop)
            }
            Operation::Hard { target, path } => {
                if self.random.below(2) == 0 {
                    let target = self.file.location(target)?;
                    let (group, path) = self.from(path);
                    return group.link_object(&target, &path);
                }
                self.file.link_hard(target, path)
            }
            Operation::Soft { target, path } => {
                let (group, path) = self.from(path);
                group.link_soft(target, &path)
            }
            Operation::External { file, target, path } => {
                let (group, path) = self.from(path);
                group.link_external(file, target, &path)
            }
            Operation::Many { group, prefix, first, count, what } => {
                let group = self.file.group(group)?;
                (*first..first + count).try_for_each(|n| {
                    let name = format!("{prefix}{n}");
                    match what {
                        Filling::Groups => group.create_group(&name).map(drop),
                        Filling::Soft => group.link_soft(&format!("somewhere/{n}"), &name),
                        Filling::Hard(target) => {
                            group.link_object(&self.file.location(target)?, &name)
                        }
                    }
                })
            }
            Operation::RemoveMany { group, prefix, first, count } => {
                let group = self.file.group(group)?;
                (*first..first + count).try_for_each(|n| group.unlink(&format!("{prefix}{n}")))
            }
            Operation::Move { from, to } => self.file.relink(from, to),
            Operation::Unlink { path } => {
                let (group, path) = self.from(path);
                group.unlink(&path)
            }
            Operation::Comment { path, text } => {
                let object = self.file.location(path)?;
                if text.is_empty() { object.clear_comment() } else { object.set_comment(text) }
            }
            Operation::Commit { path, kind } => {
                let (group, path) = self.from(path);
                group.commit_type(&path, kind.to_datatype()).map(drop)
            }
            Operation::Dataset(new) => self.new_dataset(new),
            Operation::RequireDataset { path, kind, shape } => {
                let (group, path) = self.from(path);
                let builder = group.new_dataset_builder().empty_as(kind.to_datatype());
                builder.shape(shape.as_slice()).require_exact(&path).map(drop)
            }
            Operation::Write { path, choice, items } => {
                let dataset = self.file.dataset(path)?;
                self.write(&dataset, choice, items)
            }
            Operation::WriteField { .. } => panic!("there is no writing of fields"),
            Operation::Resize { path, shape } => self.file.dataset(path)?.resize(shape),
            Operation::Append { path, axis, step, items } => {
                let dataset = self.file.dataset(path)?;
                self.append(&dataset, *axis, *step, items)
            }
            Operation::Chunk { path, offset, mask, encoded, .. } => {
                let offset: Vec<u64> = offset.iter().map(|at| *at as u64).collect();
                self.file.dataset(path)?.write_chunk(&offset, *mask, encoded)
            }
            Operation::Flush => {
                if self.random.below(4) == 0 {
                    self.file.sync()
                } else {
                    self.file.flush()
                }
            }
            Operation::Check => Ok(()),
            _ => self.change_attributes(operation),
        }
    }

    /// A group on the way of a path, and the rest of the path.
    fn from(&mut self, path: &str) -> (Group, String) {
        let places: Vec<usize> =
            path.char_indices().filter(|(_, c)| *c == '/').map(|(at, _)| at).collect();
        let at = self.random.pick(&places);
        if at > 0
            && let Ok(group) = self.file.group(&path[..at])
        {
            return (group, path[at + 1..].to_owned());
        }
        (Group::clone(&self.file), path.to_owned())
    }

    fn type_of(&self, like: &NewType) -> Result<ElementType> {
        match like {
            NewType::Kind(kind) => Ok(kind.to_datatype().into()),
            NewType::Committed(path) => Ok(self.file.named_datatype(path)?.into()),
        }
    }

    fn new_dataset(&mut self, new: &NewDataset) -> Result<()> {
        let like = self.type_of(&new.like)?;
        let kind = match &new.like {
            NewType::Kind(kind) => kind.clone(),
            NewType::Committed(path) => kind_of(&self.file.named_datatype(path)?),
        };
        let extents = match &new.shape {
            None => Extents::null(),
            Some(shape) if shape.is_empty() => Extents::scalar(),
            Some(shape) => {
                let axes = shape.iter().zip(&new.maximum);
                let axes: Vec<Extent> = axes.map(|(len, most)| Extent::new(*len, *most)).collect();
                Extents::simple(hdfive::SimpleExtents::from_vec(axes))
            }
        };
        let (group, path) = self.from(&new.path);
        let mut builder = group
            .new_dataset_builder()
            .fill_time(match new.fill_time {
                FillTime::Alloc => hdfive::FillTime::Alloc,
                FillTime::Never => hdfive::FillTime::Never,
                FillTime::IfSet => hdfive::FillTime::IfSet,
            })
            .alloc_time(new.allocation.map(|time| match time {
                Allocation::Early => AllocTime::Early,
                Allocation::Late => AllocTime::Late,
                Allocation::Incremental => AllocTime::Incr,
            }))
            .track_order(new.ordered)
            .obj_track_times(new.times);
        builder = match &new.layout {
            Layout::Compact => builder.layout(hdfive::Layout::Compact),
            Layout::Contiguous if self.random.below(2) == 0 => builder.no_chunk(),
            Layout::Contiguous => builder,
            Layout::Chunked(chunk) => builder.chunk(chunk.as_slice()),
            Layout::Auto => builder.auto_chunk(),
        };
        for filter in &new.filters {
            builder = builder.filter(filter.wish());
        }
        if let Some(fill) = &new.fill {
            builder = match fill.to_value(&kind, &|_, _| panic!("no fill value refers")) {
                Value::Integer(value) => builder.fill_value(value as i64),
                Value::Unsigned(value) => builder.fill_value(value as u64),
                Value::Float(value) => builder.fill_value(value),
                Value::Boolean(value) => builder.fill_value(value),
                Value::String(text) => builder.fill_value(text),
                other => panic!("{other:?} is no fill value of the model's"),
            };
        }
        let Some(items) = &new.items else {
            builder.empty_as(like).shape(extents).create(path.as_str())?;
            return Ok(());
        };
        let shape = new.shape.clone().unwrap_or_default();
        if let Some(numbers) = Numbers::of(&kind, items).filter(|_| self.random.below(2) == 0) {
            return match numbers {
                Numbers::Signed(values) => builder
                    .with_data_as(Values::with_shape(&values, &shape).unwrap(), like)
                    .shape(extents)
                    .create(path.as_str()),
                Numbers::Unsigned(values) => builder
                    .with_data_as(Values::with_shape(&values, &shape).unwrap(), like)
                    .shape(extents)
                    .create(path.as_str()),
                Numbers::Float(values) => builder
                    .with_data_as(Values::with_shape(&values, &shape).unwrap(), like)
                    .shape(extents)
                    .create(path.as_str()),
            }
            .map(drop);
        }
        let builder = builder.empty_as(like).shape(extents);
        let dataset = if self.random.below(4) == 0 && group.location(parent(&path)).is_ok() {
            let dataset = builder.create(None)?;
            group.link_object(&dataset, &path)?;
            dataset
        } else {
            builder.create(path.as_str())?
        };
        self.write(&dataset, &Choice::All, items)
    }

    fn write(&mut self, dataset: &Dataset, choice: &Choice, items: &[Item]) -> Result<()> {
        let kind = kind_of(&dataset.dtype()?);
        let selection = select(choice, dataset.ndim());
        match Numbers::of(&kind, items).filter(|_| self.random.below(2) == 0) {
            Some(Numbers::Signed(values)) => dataset.write_slice_raw(&values, selection),
            Some(Numbers::Unsigned(values)) => dataset.write_slice_raw(&values, selection),
            Some(Numbers::Float(values)) => dataset.write_slice_raw(&values, selection),
            None => dataset.write_slice_values(&self.values(&kind, items), selection),
        }
    }

    fn append(
        &mut self,
        dataset: &Dataset,
        axis: usize,
        step: usize,
        items: &[Item],
    ) -> Result<()> {
        let mut shape = dataset.shape();
        let others = shape.iter().enumerate().filter(|(n, _)| *n != axis);
        let block = others.map(|(_, len)| len).product::<usize>() * step;
        for items in items.chunks(block) {
            let old = shape[axis];
            shape[axis] += step;
            dataset.resize(&shape)?;
            let whole = |(n, len): (usize, &usize)| {
                if n == axis { [old, 1, step, 1] } else { [0, 1, *len, 1] }
            };
            let choice = Choice::Slab(shape.iter().enumerate().map(whole).collect());
            self.write(dataset, &choice, items)?;
        }
        Ok(())
    }

    fn values(&self, kind: &Kind, items: &[Item]) -> Vec<Value> {
        let reference = |_: Option<&str>, _: Option<&Block>| panic!("references are not made yet");
        items.iter().map(|item| item.to_value(kind, &reference)).collect()
    }

    fn change_attributes(&mut self, operation: &Operation) -> Result<()> {
        match operation {
            Operation::Attribute { path, name, like, shape, items } => {
                let object = self.file.location(path)?;
                self.set_attribute(&object, name, like, shape.as_deref(), items)
            }
            Operation::ManyAttributes { path, prefix, first, count } => {
                let object = self.file.location(path)?;
                (*first..first + count)
                    .try_for_each(|n| object.set_attr(&format!("{prefix}{n}"), n as i64))
            }
            Operation::RemoveManyAttributes { path, prefix, first, count } => {
                let object = self.file.location(path)?;
                (*first..first + count)
                    .try_for_each(|n| object.delete_attr(&format!("{prefix}{n}")))
            }
            Operation::ModifyAttribute { path, name, items } => {
                let object = self.file.location(path)?;
                let attribute = object.attr(name)?;
                let kind = kind_of(&attribute.dtype()?);
                let values = self.values(&kind, items);
                // Of one value, what an array or a sequence holds would be the values.
                let one = matches!(kind, Kind::Array { .. } | Kind::Sequence(_));
                if one || self.random.below(2) == 0 {
                    return attribute.write_values(&values);
                }
                object.modify_attr(name, any_values(attribute.shape(), values))
            }
            Operation::DeleteAttribute { path, name } => {
                self.file.location(path)?.delete_attr(name)
            }
            Operation::RenameAttribute { path, name, new_name } => {
                self.file.location(path)?.rename_attr(name, new_name)
            }
            other => panic!("{other:?} changes no attribute"),
        }
    }

    fn set_attribute(
        &mut self,
        object: &Location,
        name: &str,
        like: &NewType,
        shape: Option<&[usize]>,
        items: &[Item],
    ) -> Result<()> {
        let kind = match like {
            NewType::Kind(kind) => kind.clone(),
            NewType::Committed(path) => kind_of(&self.file.named_datatype(path)?),
        };
        let natural = matches!(like, NewType::Kind(_)) && is_natural(&kind);
        let values = self.values(&kind, items);
        match shape {
            None if natural || self.random.below(2) == 0 => {
                return object.set_attr(name, AnyValues::null_as(self.type_of(like)?));
            }
            Some(shape) if natural && !items.is_empty() && self.random.below(2) == 0 => {
                return object.set_attr(name, any_values(shape.to_vec(), values));
            }
            _ => {}
        }
        if object.has_attr(name)? {
            object.delete_attr(name)?;
        }
        let builder = object.new_attr_builder().empty_as(self.type_of(like)?);
        let extents = match shape {
            None => Extents::null(),
            Some([]) => Extents::scalar(),
            Some(shape) => Extents::simple(shape),
        };
        let attribute = builder.shape(extents).create(name)?;
        if values.is_empty() { Ok(()) } else { attribute.write_values(&values) }
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(parent, _)| if parent.is_empty() { "/" } else { parent })
}

/// Whether values of the type are stored as it where nobody names a type.
fn is_natural(kind: &Kind) -> bool {
    *kind == Kind::integer(8, true, false)
        || *kind == Kind::integer(8, false, false)
        || *kind == Kind::boolean()
        || matches!(kind, Kind::Float { size: 8, big: false } | Kind::VarText { utf8: true })
}

fn any_values<'v>(shape: Vec<usize>, mut values: Vec<Value>) -> AnyValues<'v> {
    if shape.is_empty() {
        return values.pop().unwrap().into();
    }
    Value::Array { shape, elements: values }.into()
}

/// Numbers as a program would have them.
enum Numbers {
    Signed(Vec<i64>),
    Unsigned(Vec<u64>),
    Float(Vec<f64>),
}

impl Numbers {
    fn of(kind: &Kind, items: &[Item]) -> Option<Self> {
        let none = |_: Option<&str>, _: Option<&Block>| panic!("no number refers");
        let values = items.iter().map(|item| item.to_value(kind, &none));
        match kind {
            Kind::Integer { signed: true, .. } => {
                values.map(|value| value.as_i64()).collect::<Option<_>>().map(Self::Signed)
            }
            Kind::Integer { .. } => {
                let number = |value| match value {
                    Value::Unsigned(value) => Some(value as u64),
                    _ => None,
                };
                values.map(number).collect::<Option<_>>().map(Self::Unsigned)
            }
            Kind::Float { .. } => {
                values.map(|value| value.as_f64()).collect::<Option<_>>().map(Self::Float)
            }
            _ => None,
        }
    }
}

impl Filter {
    fn wish(self) -> hdfive::filters::Filter {
        use hdfive::filters::{Filter, SZip, ScaleOffset};
        match self {
            Self::Gzip(level) => Filter::Deflate(level),
            Self::Lzf => Filter::LZF,
            Self::Szip { nearest: true, pixels } => Filter::SZip(SZip::NearestNeighbor, pixels),
            Self::Szip { nearest: false, pixels } => Filter::SZip(SZip::Entropy, pixels),
            Self::Shuffle => Filter::Shuffle,
            Self::Fletcher32 => Filter::Fletcher32,
            Self::ScaleOffset(None) => Filter::ScaleOffset(ScaleOffset::Integer(0)),
            Self::ScaleOffset(Some(digits)) => {
                Filter::ScaleOffset(ScaleOffset::FloatDScale(digits))
            }
            Self::Nbit => Filter::NBit,
        }
    }
}

/// A choice of elements, in this library's words.
pub fn select(choice: &Choice, rank: usize) -> Selection {
    if rank == 0 {
        return Selection::All;
    }
    match choice {
        Choice::All => Selection::All,
        Choice::Slab(axes) => {
            let axis = |[start, stride, count, block]: &[usize; 4]| match (stride, block) {
                (1, 1) => SliceOrIndex::from(*start..start + count),
                (_, 1) if *count > 0 => {
                    let end = start + (count - 1) * stride + 1;
                    SliceOrIndex::stepped(*start..end, *stride)
                }
                _ => SliceOrIndex::SliceCount {
                    start: *start,
                    step: *stride,
                    count: *count,
                    block: *block,
                },
            };
            Selection::new(axes.iter().map(axis).collect::<Vec<SliceOrIndex>>())
        }
        Choice::Points(points) => {
            let points = points.iter().map(|point| point.iter().map(|at| *at as u64).collect());
            Selection::points(points.collect::<Vec<Vec<u64>>>()).unwrap()
        }
        Choice::Mask(mask) => Selection::Mask(mask.clone()),
        Choice::List(list) => {
            Selection::new(vec![SliceOrIndex::from(list.clone()), SliceOrIndex::Ellipsis])
        }
    }
}

pub fn kind_of(datatype: &Datatype) -> Kind {
    Kind::of_datatype(datatype.definition())
}

/// A part of a dataset reads as the model says.
pub fn check_part(file: &File, model: &Model, random: &mut Random) -> Result<()> {
    let datasets: Vec<(String, usize)> = model
        .paths()
        .into_iter()
        .filter(|(_, id)| model.objects[id].dataset().is_some_and(|own| !own.items.is_empty()))
        .collect();
    if datasets.is_empty() {
        return Ok(());
    }
    let (path, id) = &datasets[random.below(datasets.len())];
    let known = model.objects[id].dataset().unwrap();
    let choice = super::generate::choice(random, known.shape.as_ref().unwrap());
    let places = choice.places(known.shape.as_ref().unwrap()).unwrap();
    let dataset = file.dataset(path)?;
    let found = dataset.read_elements(select(&choice, dataset.ndim()))?.values()?;
    assert_eq!(found.len(), places.len(), "{choice:?} of {path}");
    for (place, found) in places.into_iter().zip(found) {
        let known_item = &known.items[place];
        if *known_item == Item::Any || known.like.kind.refers() {
            continue;
        }
        let wanted = known_item.to_value(&known.like.kind, &|_, _| panic!("no references"));
        assert_eq!(found, wanted, "element {place} of {path} by {choice:?}");
    }
    Ok(())
}

/// Everything in a file, as the model shows it; `index` is told of each chunk index.
pub fn listing(file: &File, index: &mut dyn FnMut(&Dataset)) -> Result<Json> {
    let mut listing = Listing::default();
    listing.number(file);
    let mut shown = Vec::new();
    while let Some(object) = listing.order.get(shown.len()).cloned() {
        shown.push(listing.show(&object)?);
    }
    for (object, shown) in listing.order.clone().iter().zip(&mut shown) {
        listing.show_values(object, shown, index)?;
    }
    Ok(Json::Array(shown))
}

#[derive(Debug, Default)]
struct Listing {
    numbers: HashMap<LocationToken, usize>,
    order: Vec<Location>,
}

impl Listing {
    fn number(&mut self, object: &Location) -> usize {
        let next = self.order.len();
        let number = *self.numbers.entry(object.token()).or_insert(next);
        if number == next {
            self.order.push(object.clone());
        }
        number
    }

    fn show(&mut self, object: &Location) -> Result<Json> {
        let mut out = Map::new();
        out.insert("uses".to_owned(), object.loc_info()?.num_links.into());
        out.insert("comment".to_owned(), object.comment().unwrap_or_default().into());
        let mut ordered = object.attr_creation_order_tracked()?;
        match object.open()? {
            ReferencedObject::Group(group) => self.show_group(&group, &mut out)?,
            ReferencedObject::Dataset(dataset) => self.show_dataset(&dataset, &mut out)?,
            ReferencedObject::Datatype(datatype) => {
                ordered = false;
                out.insert("is".to_owned(), "type".into());
                out.insert("type".to_owned(), kind_of(&datatype).to_json());
            }
            other => panic!("an object of another kind: {other:?}"),
        }
        let mut all = object.attrs()?;
        all.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
        let mut attributes = Vec::new();
        for (name, attribute) in all {
            let attribute = attribute?;
            let datatype = attribute.dtype()?;
            let committed = self.committed(object, &datatype)?;
            attributes.push(json!([
                name,
                kind_of(&datatype).to_json(),
                committed,
                shape(&attribute)?
            ]));
        }
        out.insert("attributes".to_owned(), attributes.into());
        let order = if ordered { json!(object.attr_names()?) } else { Json::Null };
        out.insert("attribute_order".to_owned(), order);
        Ok(out.into())
    }

    fn show_group(&mut self, group: &Group, out: &mut Map<String, Json>) -> Result<()> {
        out.insert("is".to_owned(), "group".into());
        let mut all = group.links()?;
        all.sort_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
        assert_eq!(all.len() as u64, group.len(), "links of {}", group.name());
        let mut links = Vec::new();
        for link in all {
            links.push(match &link.link_type {
                LinkType::Hard(_) => json!([link.name, self.number(&group.follow(&link)?)]),
                LinkType::Soft(path) => json!([link.name, "soft", path]),
                LinkType::External { file, object } => {
                    json!([link.name, "external", file, object])
                }
                other => panic!("a link of another kind: {other:?}"),
            });
        }
        out.insert("links".to_owned(), links.into());
        let order = if group.creation_order_tracked() {
            let links = group.links_in(TraversalOrder::Creation)?;
            links.into_iter().map(|link| link.name).collect()
        } else {
            Json::Null
        };
        out.insert("link_order".to_owned(), order);
        Ok(())
    }

    fn committed(&mut self, object: &Location, datatype: &Datatype) -> Result<Option<usize>> {
        let Some(token) = datatype.committed_token() else { return Ok(None) };
        let datatype = object.open_by_token(token)?;
        Ok(Some(self.number(&datatype)))
    }

    fn show_dataset(&mut self, dataset: &Dataset, out: &mut Map<String, Json>) -> Result<()> {
        let datatype = dataset.dtype()?;
        let kind = kind_of(&datatype);
        let fill = match dataset.fill() {
            FillValue::Undefined => json!(["undefined"]),
            FillValue::Default => json!(["default"]),
            FillValue::User(bytes) if kind.is_plain() => json!(["user", hex(&bytes)]),
            _ => {
                let value = dataset.fill_value()?.unwrap();
                json!(["user", show(&kind, &value, &mut |_| panic!("no fill value refers"))])
            }
        };
        let fill_time = dataset.fill_time().map(|time| match time {
            hdfive::FillTime::Alloc => FillTime::Alloc.number(),
            hdfive::FillTime::Never => FillTime::Never.number(),
            _ => FillTime::IfSet.number(),
        });
        let allocation = dataset.alloc_time().map(|time| match time {
            AllocTime::Early => Allocation::Early.number(),
            AllocTime::Late => Allocation::Late.number(),
            _ => Allocation::Incremental.number(),
        });
        let layout = match dataset.layout() {
            hdfive::Layout::Compact => "compact",
            hdfive::Layout::Contiguous => "contiguous",
            hdfive::Layout::Chunked => "chunked",
            _ => "virtual",
        };
        let filters: Vec<u16> = dataset.filters().iter().map(|filter| filter.id).collect();
        let rest = json!({
            "is": "dataset", "type": kind.to_json(),
            "committed": self.committed(dataset, &datatype)?, "shape": shape(dataset)?,
            "maximum": dataset.max_shape(), "layout": layout, "chunk": dataset.chunk(),
            "filters": filters, "fill": fill, "fill_time": fill_time, "allocation": allocation,
        });
        let Json::Object(rest) = rest else { unreachable!() };
        out.extend(rest);
        Ok(())
    }

    fn show_values(
        &self,
        object: &Location,
        shown: &mut Json,
        index: &mut dyn FnMut(&Dataset),
    ) -> Result<()> {
        if let ReferencedObject::Dataset(dataset) = object.open()? {
            shown["values"] = self.values(&dataset)?;
            index(&dataset);
        }
        for own in shown["attributes"].as_array_mut().unwrap() {
            let attribute = object.attr(own[0].as_str().unwrap())?;
            own.as_array_mut().unwrap().push(self.values(&attribute)?);
        }
        Ok(())
    }

    fn values(&self, container: &Container) -> Result<Json> {
        let kind = kind_of(&container.dtype()?);
        if kind.is_plain() {
            return Ok(hex(container.read_elements(Selection::All)?.bytes()).into());
        }
        let mut number = |raw: &RawReference| self.target(container, raw).unwrap();
        let values = container.read_values()?;
        Ok(values.iter().map(|value| show(&kind, value, &mut number)).collect())
    }

    fn target(&self, container: &Container, raw: &RawReference) -> Result<Json> {
        let reference = container.decode_reference(raw)?;
        let Some(token) = reference.token() else { return Ok(Json::Null) };
        let Some(number) = self.numbers.get(&token) else { return Ok("gone".into()) };
        Ok(match reference.region() {
            None => (*number).into(),
            Some(selection) => {
                let (start, count) = bounds(selection);
                json!([number, start, count])
            }
        })
    }
}

fn shape(container: &Container) -> Result<Option<Vec<usize>>> {
    Ok((!container.space()?.is_null()).then(|| container.shape()))
}

/// Where a block of elements starts, and its sizes.
fn bounds(selection: &Selection) -> Block {
    match selection {
        Selection::Hyperslab(slab) => slab
            .axes()
            .iter()
            .map(|axis| match axis {
                SliceOrIndex::SliceCount { start, step, count, block } => {
                    (*start, (count - 1) * step + block)
                }
                other => panic!("{other:?} is no axis of a stored block"),
            })
            .unzip(),
        Selection::Blocks(blocks) => {
            let [(first, last)] = blocks.as_slice() else { panic!("{blocks:?} is not one block") };
            let axes = first.iter().zip(last);
            axes.map(|(first, last)| (*first as usize, (last - first + 1) as usize)).unzip()
        }
        other => panic!("{other:?} is not one block"),
    }
}
