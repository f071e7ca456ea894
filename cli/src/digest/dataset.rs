//! Datasets in the document.

use hdfive::{
    AllocTime, ChunkIndexType, Dataset, FillTime, FillValue, Layout, Selection, VirtualMapping,
};
use serde_json::{Map, Value, json};

use super::encode::{Encoder, hex};
use super::plan::Plan;
use super::selection;
use super::types;
use super::values;
use super::walk::Walk;
use crate::failure::Why;
use crate::names::before_nul;

pub(super) fn describe(walk: &Walk, dataset: &Dataset, object: &mut Map<String, Value>) {
    if let Err(why) = head(walk, dataset, object) {
        object.insert("error".to_owned(), true.into());
        object.insert("why".to_owned(), why.0.into());
        return;
    }
    let summed = dataset.dtype().map_err(Why::from);
    let summed = summed.and_then(|datatype| Plan::of(datatype.definition()));
    match summed.and_then(|plan| values::of_dataset(walk, dataset, plan)) {
        Ok((sum, sample)) => {
            object.insert("data_sha256".to_owned(), sum.sha256.into());
            object.insert("nbytes".to_owned(), sum.bytes.into());
            if let Some(sample) = sample {
                object.insert("sample".to_owned(), sample.into());
            }
        }
        Err(why) => {
            object.insert("data_error".to_owned(), true.into());
            object.insert("why".to_owned(), why.0.into());
        }
    }
}

/// All but the values.
fn head(walk: &Walk, dataset: &Dataset, object: &mut Map<String, Value>) -> Result<(), Why> {
    object.insert("type".to_owned(), types::describe_use(walk, &dataset.dtype()?));
    object.insert("space".to_owned(), types::describe_space(&dataset.space()?));
    object.insert("layout".to_owned(), layout(dataset)?);
    let filters = dataset
        .stored_filters()
        .into_iter()
        .map(|filter| json!({"id": filter.id, "flags": filter.flags, "cd": filter.client_data}));
    object.insert("filters".to_owned(), filters.collect());
    object.insert("fill".to_owned(), fill(walk, dataset));
    Ok(())
}

fn layout(dataset: &Dataset) -> Result<Value, Why> {
    Ok(match dataset.layout() {
        Layout::Compact => json!({"class": "compact"}),
        Layout::Contiguous => {
            let parts = dataset.external_files();
            let parts: Vec<Value> = parts
                .iter()
                .map(|part| json!([before_nul(&part.name), part.offset, part.size]))
                .collect();
            if parts.is_empty() {
                json!({"class": "contiguous"})
            } else {
                json!({"class": "contiguous", "external": parts})
            }
        }
        Layout::Chunked => {
            let index = dataset.chunk_index().map_or("none", index_name);
            json!({"class": "chunked", "chunk": dataset.chunk(), "index": index})
        }
        Layout::Virtual => {
            let space = dataset.space()?;
            let mappings = dataset.virtual_mappings();
            let mappings: Vec<Value> =
                mappings.iter().map(|mapping| describe_mapping(mapping, space.dims())).collect();
            json!({"class": "virtual", "mappings": mappings})
        }
    })
}

fn index_name(index: ChunkIndexType) -> &'static str {
    match index {
        ChunkIndexType::BTree1 => "btree1",
        ChunkIndexType::Single => "single",
        ChunkIndexType::Implicit => "implicit",
        ChunkIndexType::FixedArray => "fixed_array",
        ChunkIndexType::ExtensibleArray => "extensible_array",
        ChunkIndexType::BTree2 => "btree2",
        _ => "none",
    }
}

fn describe_mapping(mapping: &VirtualMapping, extent: &[u64]) -> Value {
    let text = |selection: &Selection, extent: &[u64]| {
        selection::text(selection, extent).unwrap_or_else(|_| "?".to_owned())
    };
    let source = &mapping.source_selection;
    json!({
        "file": before_nul(&mapping.file),
        "dataset": before_nul(&mapping.dataset),
        "vspace": text(&mapping.selection, extent),
        // The extent of the source is not known before it is opened.
        "src": text(source, &selection::bounds(source)),
    })
}

fn fill(walk: &Walk, dataset: &Dataset) -> Value {
    let mut out = Map::new();
    let defined = match dataset.fill() {
        FillValue::Undefined => "undefined",
        FillValue::Default => "default",
        FillValue::User(_) => {
            let value = user_fill(walk, dataset).unwrap_or_else(|_| "error".to_owned());
            out.insert("value".to_owned(), value.into());
            "user"
        }
        _ => "error",
    };
    out.insert("defined".to_owned(), defined.into());
    let time = match dataset.fill_time() {
        Some(FillTime::Alloc) => "alloc",
        Some(FillTime::Never) => "never",
        _ => "ifset",
    };
    out.insert("time".to_owned(), time.into());
    // Where the file does not say it, libhdf5 goes by the layout.
    let alloc = match (dataset.alloc_time(), dataset.layout()) {
        (Some(AllocTime::Early), _) | (None, Layout::Compact) => "early",
        (Some(AllocTime::Late), _) | (None, Layout::Contiguous) => "late",
        _ => "incr",
    };
    out.insert("alloc".to_owned(), alloc.into());
    Value::Object(out)
}

/// The canonical bytes of a fill value.
fn user_fill(walk: &Walk, dataset: &Dataset) -> Result<String, Why> {
    let elements = dataset.fill_elements().ok_or_else(|| Why::new("no fill value"))?;
    let plan = Plan::of(dataset.dtype()?.definition())?;
    Ok(hex(&Encoder::new(walk, plan).bytes_of(&elements)?))
}
