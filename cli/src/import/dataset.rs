//! The dataset that a file becomes.

use std::io::Read;

use hdfive::types::{StringBytes, TypeDescriptor};
use hdfive::{Dataset, ElementType, Extent, Extents, File};

use super::input::{Class, Input, Kind};
use super::numbers::{self, Number};
use crate::failure::Why;

/// Makes the dataset in `file`.
pub(super) fn import(file: &File, input: &Input) -> Result<(), Why> {
    let kind = match input.class {
        Class::Text(kind) | Class::Binary(kind) => kind,
        Class::Lines => return lines(file, input),
        Class::Quoted => return quoted(file, input),
    };
    match (kind, input.size) {
        (Kind::Integer, 8) => elements::<i8>(file, input),
        (Kind::Integer, 16) => elements::<i16>(file, input),
        (Kind::Integer, 32) => elements::<i32>(file, input),
        (Kind::Integer, _) => elements::<i64>(file, input),
        (Kind::Unsigned, 8) => elements::<u8>(file, input),
        (Kind::Unsigned, 16) => elements::<u16>(file, input),
        (Kind::Unsigned, 32) => elements::<u32>(file, input),
        (Kind::Unsigned, _) => elements::<u64>(file, input),
        (Kind::Float, 32) => elements::<f32>(file, input),
        (Kind::Float, 64) => elements::<f64>(file, input),
        (Kind::Float, _) => Err(Why::new("Invalid storage size for float input data.")),
    }
}

fn elements<T: Number>(file: &File, input: &Input) -> Result<(), Why> {
    let values: Vec<T> = numbers::read(input)?;
    let dataset = create(file, input, input.datatype()?.into(), extents(input)?)?;
    dataset
        .write_raw(&values)
        .map_err(|why| Why(format!("Error in writing the output data set: {why}")))
}

/// Makes the dataset, with nothing written to it.
fn create(
    file: &File,
    input: &Input,
    datatype: ElementType,
    extents: Extents,
) -> Result<Dataset, Why> {
    let bytes = u64::from(input.output_size / 8)
        .saturating_mul(input.dimensions.iter().fold(1, |n: u64, len| n.saturating_mul(*len)));
    let mut builder = file.new_dataset_builder().empty_as(datatype).shape(extents);
    builder = match &input.chunk {
        Some(chunk) => builder.chunk(widths(chunk)?),
        None => builder.no_chunk(),
    };
    if let Some(level) = input.deflate {
        builder = builder.deflate(level);
    }
    if let Some(name) = &input.external {
        builder = builder.external(name, 0, usize::try_from(bytes).unwrap_or(usize::MAX));
    }
    let path = format!("/{}", input.path.join("/"));
    builder
        .create(path.as_str())
        .map_err(|why| Why(format!("Error in creating the output data set: {why}")))
}

fn widths(sizes: &[u64]) -> Result<Vec<usize>, Why> {
    let width =
        |size: &u64| usize::try_from(*size).map_err(|_| Why::new("the dimensions are too large"));
    sizes.iter().map(width).collect()
}

fn extents(input: &Input) -> Result<Extents, Why> {
    let sizes = widths(&input.dimensions)?;
    if sizes.is_empty() {
        return Ok(Extents::scalar());
    }
    let Some(most) = &input.maximum else { return Ok(Extents::simple(sizes)) };
    let most = most.iter().map(|most| most.and_then(|most| usize::try_from(most).ok()));
    let axes: Vec<Extent> =
        sizes.into_iter().zip(most).map(|(len, most)| Extent::new(len, most)).collect();
    Ok(Extents::simple(axes))
}

fn content(input: &Input) -> Result<Vec<u8>, Why> {
    let mut bytes = Vec::new();
    numbers::open(input)?.read_to_end(&mut bytes).map_err(|why| Why(why.to_string()))?;
    Ok(bytes)
}

/// Makes a string of each line. What C takes for the end of a string is one.
fn lines(file: &File, input: &Input) -> Result<(), Why> {
    let text = content(input)?;
    let text = text.strip_suffix(b"\n").unwrap_or(&text);
    if text.is_empty() {
        return Ok(());
    }
    let before_nul = |line: &[u8]| line.split(|byte| *byte == 0).next().map(<[u8]>::to_vec);
    let lines = text.split(|byte| *byte == b'\n');
    let lines: Vec<StringBytes> =
        lines.map(|line| StringBytes(before_nul(line).unwrap_or_default())).collect();
    let plain = Input { chunk: None, deflate: None, external: None, ..input.clone() };
    let datatype = TypeDescriptor::VarLenAscii.into();
    let dataset = create(file, &plain, datatype, Extents::simple([lines.len()]))?;
    Ok(dataset.write_raw(&lines)?)
}

/// Makes a string of what is between the first quote of a line and the last.
fn quoted(file: &File, input: &Input) -> Result<(), Why> {
    let text = content(input)?;
    let between = |line: &[u8]| {
        let quote = |byte: &u8| *byte == b'"';
        let first = line.iter().position(quote)?.checked_add(1)?;
        let last = line.iter().rposition(quote)?;
        line.get(first..last).filter(|text| !text.is_empty()).map(<[u8]>::to_vec)
    };
    let strings = text.split(|byte| *byte == b'\n').filter_map(between).map(StringBytes);
    let strings: Vec<StringBytes> = strings.collect();
    let count = input.count()?;
    if strings.len() > count || (strings.len() < count && input.dimensions.len() != 1) {
        let found = strings.len();
        return Err(Why(format!("{found} strings where the dataset has {count} elements.")));
    }
    let plain = Input { chunk: None, deflate: None, external: None, ..input.clone() };
    let extents = extents(&Input { maximum: None, ..input.clone() })?;
    let dataset = create(file, &plain, TypeDescriptor::VarLenAscii.into(), extents)?;
    if strings.len() == count {
        return Ok(dataset.write_raw(&strings)?);
    }
    Ok(dataset.write_slice_raw(&strings, 0..strings.len())?)
}
