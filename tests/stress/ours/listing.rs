//! What this library reads of a file.

use std::collections::HashMap;

use hdfive::{
    AllocTime, Container, Dataset, Datatype, File, FillValue, Group, IndexType, LinkTarget,
    Location, LocationToken, RawReference, ReferencedObject, Result, Selection, SliceOrIndex,
};
use serde_json::{Map, Value as Json, json};

use super::super::items::{Block, hex, show};
use super::super::operations::{Allocation, FillTime};
use super::kind_of;

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
        }
        let mut all = object.all_attrs()?;
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
        let mut all = group.all_links()?;
        all.sort_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
        assert_eq!(all.len() as u64, group.len(), "links of {}", group.name());
        let mut links = Vec::new();
        for link in all {
            links.push(match &link.target {
                LinkTarget::Hard(_) => json!([link.name, self.number(&group.follow(&link)?)]),
                LinkTarget::Soft(path) => json!([link.name, "soft", path]),
                LinkTarget::External { file, object } => {
                    json!([link.name, "external", file, object])
                }
                other => panic!("a link of another kind: {other:?}"),
            });
        }
        out.insert("links".to_owned(), links.into());
        let order = if group.creation_order_tracked() {
            let links = group.links_in(IndexType::CreationOrder)?;
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
                let value = dataset.fill_elements().unwrap().values()?.remove(0);
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
        let filters: Vec<u16> = dataset.stored_filters().iter().map(|filter| filter.id).collect();
        let rest = json!({
            "is": "dataset", "type": kind.to_json(),
            "committed": self.committed(dataset, &datatype)?, "shape": shape(dataset)?,
            "maximum": dataset.max_shape(), "layout": layout, "chunk": dataset.chunk(),
            "parts": parts(dataset), "filters": filters, "fill": fill, "fill_time": fill_time, "allocation": allocation,
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
        Ok(match (reference.region(), reference.attribute_name()) {
            (Some(selection), _) => {
                let (start, count) = bounds(selection, &[]);
                json!([number, start, count])
            }
            (None, Some(name)) => json!([number, name]),
            (None, None) => (*number).into(),
        })
    }
}

fn shape(container: &Container) -> Result<Option<Vec<usize>>> {
    Ok((!container.space()?.is_null()).then(|| container.shape()))
}

/// Where the elements lie, if not in the dataset itself.
fn parts(dataset: &Dataset) -> Vec<Json> {
    if dataset.is_virtual() {
        let show = |own: &hdfive::VirtualMapping| {
            assert_eq!(own.file, ".");
            let shape = dataset.shape();
            let (start, count) = bounds(&own.selection, &shape);
            let (source, _) = bounds(&own.source_selection, &count);
            json!([own.dataset, start, source, count])
        };
        return dataset.virtual_mappings().iter().map(show).collect();
    }
    let files = dataset.external_files();
    files.iter().map(|own| json!([own.name, own.offset, own.size])).collect()
}

/// Where a block of elements starts, and its sizes.
fn bounds(selection: &Selection, shape: &[usize]) -> Block {
    match selection {
        Selection::All => (vec![0; shape.len()], shape.to_vec()),
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
