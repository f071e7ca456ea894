//! This library's side: operations done through its interface, and what it reads.

mod empty;
mod listing;

use std::path::Path;

pub use empty::empty;
use hdfive::{
    AllocTime, AnyValues, Dataset, DatasetBuilder, Datatype, ElementType, Extent, Extents, File,
    FileBuilder, Group, Location, Reference, Result, Selection, SliceOrIndex, Value, Values,
};
pub use listing::listing;

use super::apply::far_data;
use super::items::{Item, Part};
use super::kinds::Kind;
use super::model::Model;
use super::operations::{
    Allocation, Choice, Copying, FillTime, Filling, Filter, Layout, Mapping, NewDataset, NewType,
    Operation,
};
use super::support::random::Random;

/// A file that is open for writing.
#[derive(Debug)]
pub struct Session {
    pub file: File,
    /// How a file is made that objects are copied to.
    pub other: FileBuilder,
    /// Decides between ways to say the same.
    pub random: Random,
}

impl Session {
    /// Does one operation.
    pub fn apply(&mut self, operation: &Operation) -> Result<()> {
        match operation {
            // How many links a header keeps is for libhdf5 to say.
            Operation::Group { path, ordered, .. } => {
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
            Operation::WriteField { path, field, choice, items } => {
                let dataset = self.file.dataset(path)?;
                self.write_field(&dataset, field, choice, items)
            }
            Operation::Copy { from, to, how } => self.copy(from, to, *how),
            Operation::Refused(other) => {
                assert!(self.apply(other).is_err(), "{other:?} is not refused");
                Ok(())
            }
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
            Layout::External(parts) => {
                parts.iter().fold(builder, |builder, (name, offset, size)| {
                    builder.external(name, *offset, *size)
                })
            }
            Layout::Virtual(mappings) => {
                let shape = new.shape.as_deref().unwrap_or_default();
                mappings.iter().fold(builder, |builder, own| map(builder, shape, own))
            }
        };
        if let Some((most, least)) = new.phase {
            builder = builder.attr_phase_change(most.into(), least.into());
        }
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
        let free = group.location(parent(&path)).is_ok() && !group.link_exists(&path);
        let dataset = if free && self.random.below(4) == 0 {
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
        match &kind {
            Kind::Compound { members, .. } if kind.refers() => {
                for (n, member) in members.iter().enumerate() {
                    let part = |item: &Item| match item {
                        Item::List(parts) => parts[n].clone(),
                        other => panic!("{other:?} is no compound"),
                    };
                    let parts: Vec<Item> = items.iter().map(part).collect();
                    self.write_field(dataset, &member.name, choice, &parts)?;
                }
                return Ok(());
            }
            kind if kind.refers() => {
                return dataset.write_slice_raw(&self.references(kind, items)?, selection);
            }
            _ => {}
        }
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
        let kind = kind_of(&dataset.dtype()?);
        let at_once = self.random.below(2) == 0;
        for items in items.chunks(block) {
            if let Some(numbers) = Numbers::of(&kind, items).filter(|_| at_once) {
                let new = [&shape[..axis], &[step], &shape[axis + 1..]].concat();
                match numbers {
                    Numbers::Signed(values) => {
                        dataset.append(Values::with_shape(&values, &new).unwrap(), axis)?;
                    }
                    Numbers::Unsigned(values) => {
                        dataset.append(Values::with_shape(&values, &new).unwrap(), axis)?;
                    }
                    Numbers::Float(values) => {
                        dataset.append(Values::with_shape(&values, &new).unwrap(), axis)?;
                    }
                }
                continue;
            }
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
        let reference = |_: Option<&str>, _: &Part| panic!("these are no references");
        items.iter().map(|item| item.to_value(kind, &reference)).collect()
    }

    fn references(&self, kind: &Kind, items: &[Item]) -> Result<Vec<Reference>> {
        let reference = |item: &Item| {
            let made: Reference = match item {
                Item::Path(Some(path), Part::Whole) => self.file.reference(path)?,
                Item::Path(Some(path), Part::Attribute(name)) => {
                    self.file.location(path)?.reference_attr(name)?
                }
                Item::Path(Some(path), Part::Block((start, count))) => {
                    let axes = start.iter().zip(count).map(|(start, count)| [*start, 1, *count, 1]);
                    let choice = Choice::Slab(axes.collect());
                    self.file.dataset(path)?.reference_region(select(&choice, start.len()))?
                }
                _ => Reference::null(),
            };
            Ok(if *kind == Kind::Revised { made.revised() } else { made })
        };
        items.iter().map(reference).collect()
    }

    fn write_field(
        &self,
        dataset: &Dataset,
        field: &str,
        choice: &Choice,
        items: &[Item],
    ) -> Result<()> {
        let Kind::Compound { members, .. } = kind_of(&dataset.dtype()?) else {
            panic!("no compound has members")
        };
        let kind = members.into_iter().find(|member| member.name == field).unwrap().kind;
        let selection = select(choice, dataset.ndim());
        if kind.refers() {
            return dataset.write_field(field, &self.references(&kind, items)?, selection);
        }
        if let Some(numbers) = Numbers::of(&kind, items) {
            return match numbers {
                Numbers::Signed(values) => dataset.write_field(field, &values, selection),
                Numbers::Unsigned(values) => dataset.write_field(field, &values, selection),
                Numbers::Float(values) => dataset.write_field(field, &values, selection),
            };
        }
        let values = self.values(&kind, items).into_iter();
        if kind == Kind::boolean() {
            let values: Vec<bool> = values.map(|value| value.as_i64() == Some(1)).collect();
            return dataset.write_field(field, &values, selection);
        }
        let values: Vec<String> = values.map(|value| value.as_str().unwrap().to_owned()).collect();
        dataset.write_field(field, &values, selection)
    }

    /// Copies an object within the file, or to another one and from there back.
    fn copy(&mut self, from: &str, to: &str, how: Copying) -> Result<()> {
        let plain = !(how.shallow || how.without_attributes || how.references);
        let copy = |source: &Location, group: &Group, path: &str, links: bool| {
            if plain && !links {
                return source.copy_to(group, path);
            }
            let options = source.copy_options().shallow(how.shallow);
            let options = options.without_attrs(how.without_attributes);
            let options = options.expand_soft(links && how.soft);
            let options = options.expand_external(links && how.external);
            options.expand_refs(how.references).copy_to(group, path)
        };
        let links = how.soft || how.external;
        let source = self.file.location(from)?;
        let (group, path) = self.from(to);
        if !how.across {
            return copy(&source, &group, &path, links);
        }
        let other = if self.random.below(2) == 0 {
            self.other.in_memory()?
        } else {
            File::with_options().in_memory()?
        };
        copy(&source, &other, "copy", links)?;
        // What leads nowhere here may lead somewhere there.
        copy(&other.location("copy")?, &group, &path, false)
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
                if kind.refers() {
                    return attribute.write_raw(&self.references(&kind, items)?);
                }
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
        let refers = kind.refers();
        let values = if refers { Vec::new() } else { self.values(&kind, items) };
        // Of what is there now, which may be what is replaced.
        let references = if refers { self.references(&kind, items)? } else { Vec::new() };
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
        if refers && shape.is_some() {
            return attribute.write_raw(&references);
        }
        if values.is_empty() { Ok(()) } else { attribute.write_values(&values) }
    }
}

/// Makes the file beside that external links lead to.
pub fn make_far(path: &Path) -> Result<()> {
    let (file, other) = (File::create(path)?, File::with_options());
    let mut session = Session { file, other, random: Random(1) };
    session.apply(&Operation::Dataset(Box::new(far_data())))?;
    session.file.close()
}

/// One more source of a virtual dataset of this shape.
fn map(builder: DatasetBuilder, shape: &[usize], mapping: &Mapping) -> DatasetBuilder {
    let block = |start: &[usize], count: &[usize]| {
        let axes = start.iter().zip(count).map(|(start, count)| [*start, 1, *count, 1]);
        select(&Choice::Slab(axes.collect()), start.len())
    };
    builder.virtual_map(
        ".",
        &mapping.source,
        mapping.source_shape.as_slice(),
        block(&mapping.source_start, &mapping.count),
        shape,
        block(&mapping.start, &mapping.count),
    )
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
        let none = |_: Option<&str>, _: &Part| panic!("no number refers");
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
    let items = model.elements(known);
    let dataset = file.dataset(path)?;
    let found = dataset.read_elements(select(&choice, dataset.ndim()))?.values()?;
    assert_eq!(found.len(), places.len(), "{choice:?} of {path}");
    for (place, found) in places.into_iter().zip(found) {
        let known_item = &items[place];
        if *known_item == Item::Any || known.like.kind.refers() {
            continue;
        }
        let wanted = known_item.to_value(&known.like.kind, &|_, _| panic!("no references"));
        assert_eq!(found, wanted, "element {place} of {path} by {choice:?}");
    }
    Ok(())
}
