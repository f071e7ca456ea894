//! The dataset that a file becomes.

use hdfive::types::{StringBytes, TypeDescriptor};
use hdfive::{Dataset, ElementType, Extent, Extents, File, Selection};

use super::input::{Class, Input, Kind};
use super::numbers::{Number, Numbers};
use super::strings::{self, Source};
use crate::blocks::Blocks;
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
    let mut numbers = Numbers::of(input)?;
    let dataset = create(file, input, input.datatype()?.into(), extents(input)?)?;
    let written = pieces(&dataset, input).try_for_each(|(selection, count)| {
        let values: Vec<T> = numbers.next(count)?;
        dataset
            .write_slice_raw(&values, selection)
            .map_err(|why| Why(format!("Error in writing the output data set: {why}")))
    });
    kept_if(written, file, input)
}

/// Parts of a dataset, and how many elements each has.
fn pieces(dataset: &Dataset, input: &Input) -> impl Iterator<Item = (Selection, usize)> {
    let shape = dataset.shape();
    let size = u64::from(input.output_size / 8).max(1);
    let blocks = Blocks::of_dataset(dataset, &input.dimensions, size);
    blocks.filter_map(move |selection| {
        let count = selection.out_shape(&shape).ok()?.iter().product();
        (count > 0).then_some((selection, count))
    })
}

/// Takes the dataset away where it did not come to be whole.
fn kept_if(written: Result<(), Why>, file: &File, input: &Input) -> Result<(), Why> {
    if written.is_err() {
        // What went wrong first is told.
        let _ = file.unlink(&path(input));
    }
    written
}

fn path(input: &Input) -> String {
    format!("/{}", input.path.join("/"))
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
    builder
        .create(path(input).as_str())
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

/// Makes a string of each line.
fn lines(file: &File, input: &Input) -> Result<(), Why> {
    let mut source = strings::open(input)?;
    let count = strings::count(&mut *source, input.class)?;
    let mut first = Vec::new();
    let is_empty = count == 1
        && strings::next(&mut *source, input.class, &mut first)?.is_some()
        && first == b"\n";
    if count == 0 || is_empty {
        return Ok(());
    }
    source.rewind().map_err(|why| Why(why.to_string()))?;
    let dataset = create_strings(file, input, Extents::simple([count]))?;
    kept_if(write_strings(&dataset, &mut *source, input.class, [count]), file, input)
}

/// Makes a string of what is between the first quote of a line and the last.
fn quoted(file: &File, input: &Input) -> Result<(), Why> {
    let mut source = strings::open(input)?;
    let found = strings::count(&mut *source, input.class)?;
    let count = input.count()?;
    if found > count || (found < count && input.dimensions.len() != 1) {
        return Err(Why(format!("{found} strings where the dataset has {count} elements.")));
    }
    let extents = extents(&Input { maximum: None, ..input.clone() })?;
    let dataset = create_strings(file, input, extents)?;
    let written = if found < count {
        write_strings(&dataset, &mut *source, input.class, [found])
    } else {
        write_strings(&dataset, &mut *source, input.class, dataset.shape())
    };
    kept_if(written, file, input)
}

/// Makes a dataset of strings of any length.
fn create_strings(file: &File, input: &Input, extents: Extents) -> Result<Dataset, Why> {
    let plain = Input { chunk: None, deflate: None, external: None, ..input.clone() };
    create(file, &plain, TypeDescriptor::VarLenAscii.into(), extents)
}

/// Writes the strings of a file to the first elements along each axis, some at a time.
fn write_strings(
    dataset: &Dataset,
    source: &mut dyn Source,
    class: Class,
    shape: impl AsRef<[usize]>,
) -> Result<(), Why> {
    /// Bytes that a string is taken to have.
    const GUESS: u64 = 64;
    let shape = shape.as_ref();
    let wide = |len: &usize| u64::try_from(*len).unwrap_or(u64::MAX);
    let dims: Vec<u64> = shape.iter().map(wide).collect();
    let mut line = Vec::new();
    for selection in Blocks::of(&dims, GUESS, None) {
        let count: usize = selection.out_shape(shape)?.iter().product();
        let mut strings: Vec<StringBytes> = Vec::new();
        while strings.len() < count
            && let Some(string) = strings::next(source, class, &mut line)?
        {
            strings.push(string);
        }
        if count > 0 {
            dataset.write_slice_raw(&strings, selection)?;
        }
    }
    Ok(())
}
