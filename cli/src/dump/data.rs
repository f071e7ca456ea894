//! Elements in the DDL.

use hdfive::definition::{Class, ReferenceKind};
use hdfive::{Attribute, Dataset, Elements, Error, Selection};

use super::reference::{self, Names};
use super::subset::{self, Axis};
use super::{Dump, LEVEL, binary};
use crate::blocks::Blocks;
use crate::failure::Failure;
pub(super) use crate::failure::Trouble;
use crate::memory::volume;
use crate::text::flow::{Flow, Frame, Index};
use crate::text::style::Style;
use crate::text::texts;
use crate::text::value::Values;
use crate::threads::ahead;

/// Bytes of elements of a subset that are read at once.
const PIECE: u64 = 4 << 20;

/// Writes elements of a dataset: those of `axes`, if given.
pub(super) fn of_dataset(
    dump: &mut Dump<'_, '_>,
    dataset: &Dataset,
    axes: Option<&[Axis]>,
) -> Result<(), Failure> {
    let Some(axes) = axes else { return block(dump, Source::Dataset(dataset), None) };
    let listed = |of: fn(&Axis) -> u64| {
        let numbers: Vec<String> = axes.iter().map(|axis| of(axis).to_string()).collect();
        numbers.join(", ")
    };
    dump.block("SUBSET", |dump| {
        dump.line(&format!("START ( {} );", listed(|axis| axis.start)))?;
        dump.line(&format!("STRIDE ( {} );", listed(|axis| axis.stride)))?;
        dump.line(&format!("COUNT ( {} );", listed(|axis| axis.count)))?;
        dump.line(&format!("BLOCK ( {} );", listed(|axis| axis.block)))?;
        block(dump, Source::Dataset(dataset), Some(axes))
    })
}

/// Writes the elements of an attribute.
pub(super) fn of_attribute(dump: &mut Dump<'_, '_>, attribute: &Attribute) -> Result<(), Failure> {
    block(dump, Source::Attribute(attribute), None)
}

/// Where elements come from.
#[derive(Clone, Copy)]
enum Source<'a> {
    Dataset(&'a Dataset),
    Attribute(&'a Attribute),
}

impl Source<'_> {
    fn read(&self, selection: Selection) -> Result<Elements, Error> {
        match self {
            Self::Dataset(dataset) => dataset.read_elements(selection),
            Self::Attribute(attribute) => attribute.read_elements(selection),
        }
    }

    fn space(&self) -> Result<hdfive::Dataspace, Error> {
        match self {
            Self::Dataset(dataset) => dataset.space(),
            Self::Attribute(attribute) => attribute.space(),
        }
    }

    fn datatype(&self) -> Result<hdfive::Datatype, Error> {
        match self {
            Self::Dataset(dataset) => dataset.dtype(),
            Self::Attribute(attribute) => attribute.dtype(),
        }
    }
}

fn block(
    dump: &mut Dump<'_, '_>,
    source: Source<'_>,
    axes: Option<&[Axis]>,
) -> Result<(), Failure> {
    dump.line("DATA {")?;
    match write(dump, source, axes) {
        Ok(()) => {}
        Err(Trouble::Output(failure)) => return Err(failure),
        Err(Trouble::Data(error)) => dump.error(&format!("unable to print data: {error}")),
    }
    dump.line("}")
}

fn write(
    dump: &mut Dump<'_, '_>,
    source: Source<'_>,
    axes: Option<&[Axis]>,
) -> Result<(), Trouble> {
    let datatype = source.datatype()?;
    let space = source.space()?;
    let definition = datatype.definition();
    if space.is_null() {
        return Ok(());
    }
    let dims = space.dims().to_vec();
    if let Class::Reference(kind) = definition.class {
        if matches!(kind, ReferenceKind::Reserved(_)) {
            return Ok(());
        }
        return reference::list(dump, &source.read(Selection::All)?);
    }
    let mut printer = Printer::new(dump, definition, &dims)?;
    let size = u64::from(definition.size);
    match (source, axes) {
        (Source::Attribute(_), _) => {
            let count = volume(&dims);
            printer.put(dump, &source.read(Selection::All)?, 0, count, false)?;
        }
        (Source::Dataset(dataset), None) => whole(dump, &mut printer, dataset, &dims, size)?,
        (Source::Dataset(dataset), Some(axes)) => {
            part(dump, &mut printer, dataset, &dims, axes, size)?;
        }
    }
    printer.finish(dump)
}

fn whole(
    dump: &mut Dump<'_, '_>,
    printer: &mut Printer,
    dataset: &Dataset,
    dims: &[u64],
    size: u64,
) -> Result<(), Trouble> {
    let count = volume(dims);
    if count == 0 {
        return Ok(());
    }
    let mut position = 0_u64;
    let read = |selection| dataset.read_elements(selection);
    ahead(Blocks::of_dataset(dataset, dims, size), read, |elements| {
        let elements = elements?;
        let read = u64::try_from(elements.len()).unwrap_or(u64::MAX);
        printer.put(dump, &elements, position, count, true)?;
        position = position.saturating_add(read);
        Ok(())
    })
}

/// Writes a part, a row at a time; the rows of each two-dimensional slice are one list.
fn part(
    dump: &mut Dump<'_, '_>,
    printer: &mut Printer,
    dataset: &Dataset,
    dims: &[u64],
    axes: &[Axis],
    size: u64,
) -> Result<(), Trouble> {
    let (outer, rows) = match axes.len() {
        0 => return whole(dump, printer, dataset, dims, size),
        1 => (0, None),
        rank => (rank.saturating_sub(2), axes.get(rank.saturating_sub(2))),
    };
    let slices = axes.iter().take(outer).fold(1_u64, |n, axis| n.saturating_mul(axis.count));
    for slice in 0..slices {
        let mut here = axes.to_vec();
        let mut left = slice;
        for axis in here.iter_mut().take(outer).rev() {
            let number = left.checked_rem(axis.count).unwrap_or(0);
            left = left.checked_div(axis.count).unwrap_or(0);
            (axis.start, axis.count) = (axis.at(number), 1);
        }
        let count = rows.map_or(1, |rows| rows.count.saturating_mul(rows.block));
        for row in 0..count {
            if let (Some(rows), Some(at)) = (rows, here.get_mut(outer)) {
                let block = row.checked_div(rows.block).unwrap_or(0);
                let within = row.checked_rem(rows.block).unwrap_or(0);
                *at = Axis::single(rows.at(block).saturating_add(within));
            }
            let is_last = row.saturating_add(1) == count;
            printer.flow.new_row();
            one_row(dump, printer, dataset, dims, &here, size, is_last)?;
        }
    }
    Ok(())
}

/// Writes what `axes` select, a piece after the other.
fn one_row(
    dump: &mut Dump<'_, '_>,
    printer: &mut Printer,
    dataset: &Dataset,
    dims: &[u64],
    axes: &[Axis],
    size: u64,
    is_last: bool,
) -> Result<(), Trouble> {
    let first = axes
        .iter()
        .zip(dims)
        .fold(0_u64, |sum, (axis, len)| sum.saturating_mul(*len).saturating_add(axis.start));
    let all =
        axes.iter().fold(1_u64, |n, axis| n.saturating_mul(axis.count).saturating_mul(axis.block));
    let end = if is_last { first.saturating_add(all) } else { u64::MAX };
    let mut position = first;
    for piece in pieces(axes, size) {
        let elements = dataset.read_elements(subset::selection(&piece))?;
        let read = u64::try_from(elements.len()).unwrap_or(u64::MAX);
        printer.put(dump, &elements, position, end, true)?;
        position = position.saturating_add(read);
    }
    Ok(())
}

/// `axes`, cut along the last one where that keeps the order.
fn pieces(axes: &[Axis], size: u64) -> Vec<Vec<Axis>> {
    let Some((last, before)) = axes.split_last() else { return vec![Vec::new()] };
    let single = before.iter().all(|axis| axis.count == 1 && axis.block == 1);
    let fit = PIECE.checked_div(size.max(1)).unwrap_or(1).max(1);
    let joined = |axis: Axis| before.iter().copied().chain([axis]).collect::<Vec<Axis>>();
    if !single || last.count.saturating_mul(last.block) <= fit {
        return vec![axes.to_vec()];
    }
    let step = fit.checked_div(last.block.max(1)).unwrap_or(1).max(1);
    let mut out = Vec::new();
    let mut number = 0_u64;
    while number < last.count {
        let count = step.min(last.count.saturating_sub(number));
        out.push(joined(Axis { start: last.at(number), count, ..*last }));
        number = number.saturating_add(count);
    }
    out
}

/// Bytes of lines that are written at once.
const LINES: usize = 1 << 16;

/// Elements on their way to the output.
struct Printer {
    flow: Flow,
    style: Style,
    /// Levels that lines within an element are counted from.
    depth: usize,
    characters: bool,
    of_attribute: bool,
}

impl Printer {
    fn new(
        dump: &mut Dump<'_, '_>,
        definition: &hdfive::definition::Datatype,
        dims: &[u64],
    ) -> Result<Self, Trouble> {
        let options = dump.options;
        let is_character = matches!(definition.class, Class::Integer(_)) && definition.size == 1;
        let characters = options.characters && is_character;
        let depth = dump.depth.saturating_add(1);
        let columns = |levels: usize| levels.saturating_mul(LEVEL);
        let frame = match (characters, options.indices) {
            (true, _) => Frame {
                width: options.width,
                indent: columns(depth),
                counted: columns(depth.saturating_add(1)),
                index: Index::Text("\""),
                between: "",
                end: "\"",
                single: options.single,
            },
            (false, indices) => Frame {
                width: options.width,
                indent: columns(if indices { dump.depth } else { depth }),
                counted: columns(depth),
                index: if indices { Index::Coordinates } else { Index::Nothing },
                between: " ",
                end: "",
                single: options.single,
            },
        };
        let mut printer = Self {
            flow: Flow::new(frame, dims),
            style: style(dump),
            depth,
            characters,
            of_attribute: false,
        };
        printer.style.characters = characters;
        if characters {
            printer.flow.begin(dump.out.data())?;
        }
        Ok(printer)
    }

    /// Writes elements, of which the first is the `position`-th of `count`.
    fn put(
        &mut self,
        dump: &mut Dump<'_, '_>,
        elements: &Elements,
        position: u64,
        count: u64,
        of_dataset: bool,
    ) -> Result<(), Trouble> {
        if of_dataset && let Some(form) = dump.options.binary {
            return binary::write(dump.out.data(), elements, form);
        }
        self.of_attribute = !of_dataset;
        let names = Names::of(dump);
        let values = Values { style: &self.style, references: &names };
        let (flow, characters) = (&mut self.flow, self.characters);
        let at = |number: usize| position.saturating_add(u64::try_from(number).unwrap_or(u64::MAX));
        let tail = |number| {
            let is_last = at(number).saturating_add(1) >= count;
            if is_last || characters { "" } else { "," }
        };
        let out = if of_dataset { dump.out.data() } else { dump.out.attribute_data() };
        let mut lines = Vec::with_capacity(LINES);
        let done = texts::each(&values, elements, self.depth, tail, |number, text| {
            flow.put(&mut lines, text, at(number))?;
            if lines.len() > LINES {
                out.write_all(&lines)?;
                lines.clear();
            }
            Ok(())
        });
        out.write_all(&lines)?;
        done
    }

    fn finish(&mut self, dump: &mut Dump<'_, '_>) -> Result<(), Trouble> {
        if self.characters {
            let out = if self.of_attribute { dump.out.attribute_data() } else { dump.out.data() };
            out.write_all(b"\"")?;
        }
        Ok(())
    }
}

/// How values look.
pub(super) fn style(dump: &Dump<'_, '_>) -> Style {
    let options = dump.options;
    let mut style = Style::ddl();
    if let Some(format) = &options.float {
        style.float = format.clone();
    }
    if let Some(format) = &options.long_double {
        style.long_double = format.clone();
    }
    style.escape = options.escape;
    style.bits = dump.mask;
    style
}
