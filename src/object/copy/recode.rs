//! Elements of copies that are stored otherwise: in another layout, through other filters, in another
//! type.

use super::Copier;
use super::dataset::{Pair, too_large};
use crate::element::StoredConversion;
use crate::error::Result;
use crate::format::message::LayoutClass;
use crate::object::progress;
use crate::object::selection::{AxisSelection, ElementSelection};
use crate::object::stored_type::StoredType;

/// Most bytes of elements that are on their way at once, but for larger chunks.
const BOX_BYTES: u64 = 32 << 20;

/// What becomes of elements on their way.
struct Way<'a> {
    copier: &'a Copier<'a>,
    pair: &'a Pair<'a>,
    /// The type of the source, in the widths of the copy's file.
    between: StoredType,
    conversion: StoredConversion,
}

impl Copier<'_> {
    /// Copies the elements of a dataset whose copy stores them otherwise.
    pub(super) fn recode(&self, pair: &Pair<'_>) -> Result<()> {
        let store = &pair.place.store;
        let bytes = pair.source.total_bytes(store)?;
        if bytes == 0 || is_unwritten(self, pair)? {
            return Ok(());
        }
        let between = StoredType::described(self.to, &pair.source.datatype.datatype)?;
        let conversion = StoredConversion::new(&between.datatype, &pair.target.datatype.datatype)?;
        let way = Way { copier: self, pair, between, conversion };
        if !pair.translated && way.conversion.is_copy() && is_cut_alike(pair) {
            return self.recode_chunks(pair);
        }
        let (share, unit) = (stored_bytes(pair)?, way.unit());
        for_each_box(pair.source.extent(), &unit, pair.source.element_size(), &mut |elements, n| {
            progress::quietly(|| way.carry(elements))?;
            let part = u128::from(share).saturating_mul(n.into());
            let part = part.checked_div(bytes.into()).unwrap_or(0);
            progress::advance(u64::try_from(part).unwrap_or(0))
        })
    }

    /// Copies chunks that are cut as those of the source are, one by one.
    fn recode_chunks(&self, pair: &Pair<'_>) -> Result<()> {
        let (store, target) = (&pair.place.store, pair.target);
        let Some((grid, table)) = pair.source.chunk_table(store)? else { return Ok(()) };
        let (LayoutClass::Chunked(theirs), LayoutClass::Chunked(layout)) =
            (&pair.source.layout.class, &target.layout.class)
        else {
            return Ok(());
        };
        // Chunks that wait to be stored stand for those that are.
        let waiting = pair.source.waiting_chunks();
        let decoder = pair.source.decoder(store, theirs, grid);
        target.change_chunks(self.to, layout, |chunks| {
            let skip = |scaled: &[u64]| {
                waiting.binary_search_by(|other| other.as_slice().cmp(scaled)).is_ok()
            };
            if target.filters == pair.source.filters {
                chunks.take_over(store.space(), &table, &skip)?;
            } else {
                chunks.recode(decoder, &table, &skip)?;
            }
            for scaled in &waiting {
                progress::quietly(|| self.copy_chunk(pair, grid, chunks, scaled))?;
            }
            chunks.flush()?.map_or(Ok(()), Err)
        })
    }
}

impl Way<'_> {
    /// Elements along each axis that are best carried together.
    fn unit(&self) -> Vec<u64> {
        let chunk = [self.pair.target, self.pair.source].into_iter().find_map(|dataset| {
            match &dataset.layout.class {
                LayoutClass::Chunked(layout) => Some(layout.dimensions.clone()),
                _ => None,
            }
        });
        chunk.unwrap_or_else(|| vec![1; self.pair.source.extent().len()])
    }

    /// Copies some elements.
    fn carry(&self, elements: &ElementSelection) -> Result<()> {
        let (pair, to) = (self.pair, self.copier.to);
        let len = elements.len().checked_mul(pair.source.element_size());
        let len = len.and_then(|len| usize::try_from(len).ok()).ok_or_else(too_large)?;
        let mut bytes = vec![0; len];
        pair.source.read(&pair.place.store, elements, &mut bytes)?;
        if pair.translated {
            let (from, between) = (&pair.source.datatype.datatype, &self.between.datatype);
            bytes = self.copier.elements(pair.place, from, between, &bytes)?;
        }
        if !self.conversion.is_copy() {
            let size = usize::try_from(pair.target.element_size()).unwrap_or(usize::MAX);
            let count = usize::try_from(elements.len()).unwrap_or(usize::MAX);
            let mut converted = vec![0; count.checked_mul(size).ok_or_else(too_large)?];
            self.conversion.run(&bytes, &mut converted)?;
            bytes = converted;
        }
        // As it is now: what is written first may have found a place.
        to.dataset(pair.target.address())?.write(to, elements, &bytes)
    }
}

/// Whether nobody wrote to the source, so that nothing has to be written to the copy.
fn is_unwritten(copier: &Copier<'_>, pair: &Pair<'_>) -> Result<bool> {
    let store = &pair.place.store;
    let unwritten = match &pair.source.layout.class {
        LayoutClass::Contiguous { address, .. } => {
            address.is_none() && pair.source.external.is_none()
        }
        LayoutClass::Chunked(_) => {
            let stored = pair.source.chunk_table(store)?.map_or(0, |(_, table)| table.len());
            stored == 0 && pair.source.waiting_chunks().is_empty()
        }
        LayoutClass::Compact { .. } | LayoutClass::Virtual { .. } => false,
    };
    if unwritten && pair.target.is_early() {
        pair.target.allocate_early(copier.to)?;
    }
    Ok(unwritten)
}

/// Whether both are in chunks of one shape, which their edges treat alike.
fn is_cut_alike(pair: &Pair<'_>) -> bool {
    match (&pair.source.layout.class, &pair.target.layout.class) {
        (LayoutClass::Chunked(ours), LayoutClass::Chunked(theirs)) => {
            ours.dimensions == theirs.dimensions
                && ours.partial_chunks_unfiltered() == theirs.partial_chunks_unfiltered()
        }
        _ => false,
    }
}

/// Bytes that the elements of the source take in its file.
fn stored_bytes(pair: &Pair<'_>) -> Result<u64> {
    let store = &pair.place.store;
    match pair.source.chunk_table(store)? {
        Some((_, table)) => Ok(table.stored_bytes()),
        None => pair.source.total_bytes(store),
    }
}

/// Calls `each` with boxes that cover the extent, of whole units, and the bytes of their elements.
fn for_each_box(
    extent: &[u64],
    unit: &[u64],
    element_size: u64,
    each: &mut dyn FnMut(&ElementSelection, u64) -> Result<()>,
) -> Result<()> {
    let shape = box_shape(extent, unit, element_size);
    let mut start = vec![0_u64; extent.len()];
    loop {
        let axes = start.iter().zip(&shape).zip(extent);
        let lens: Vec<u64> =
            axes.map(|((start, len), end)| end.saturating_sub(*start).min(*len)).collect();
        let axes = start.iter().zip(&lens).map(|(start, len)| AxisSelection::Range {
            start: *start,
            stride: 1,
            count: 1,
            block: *len,
        });
        let elements = match extent {
            [] => ElementSelection::all(extent),
            _ => ElementSelection::Product(axes.collect()),
        };
        each(&elements, elements.len().saturating_mul(element_size))?;
        if !step(&mut start, &shape, extent) {
            return Ok(());
        }
    }
}

/// Goes on to the next box, if there is one.
fn step(start: &mut [u64], shape: &[u64], extent: &[u64]) -> bool {
    for ((start, len), end) in start.iter_mut().zip(shape).zip(extent).rev() {
        *start = start.saturating_add(*len);
        if *start < *end {
            return true;
        }
        *start = 0;
    }
    false
}

/// The shape of boxes: of as many units as there may be together, along the last axes first.
fn box_shape(extent: &[u64], unit: &[u64], element_size: u64) -> Vec<u64> {
    let cut = extent.iter().zip(unit).map(|(len, unit)| (*len).min(*unit).max(1));
    let mut shape: Vec<u64> = cut.collect();
    let whole = shape.iter().fold(element_size.max(1), |n, len| n.saturating_mul(*len));
    let mut fit = BOX_BYTES.checked_div(whole).unwrap_or(0);
    for (len, end) in shape.iter_mut().zip(extent).rev() {
        if fit < 2 {
            break;
        }
        let most = end.div_ceil(*len).max(1);
        let times = fit.min(most);
        *len = len.saturating_mul(times);
        if times < most {
            break;
        }
        fit = fit.checked_div(most).unwrap_or(0);
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every element is in exactly one box, and no box is too large.
    #[test]
    fn boxes_cover_the_extent_once() {
        let cases: [(&[u64], &[u64], u64); 6] = [
            (&[10], &[3], 4),
            (&[7, 5], &[2, 3], 8),
            (&[3, 4, 5], &[1, 1, 1], 16 << 20),
            (&[1], &[100], 1),
            (&[5, 1 << 16], &[1, 1 << 10], 1 << 10),
            (&[], &[], 8),
        ];
        for (extent, unit, size) in cases {
            let mut covered = 0;
            for_each_box(extent, unit, size, &mut |elements, bytes| {
                covered += elements.len();
                assert_eq!(bytes, elements.len() * size);
                let one = unit.iter().product::<u64>() * size;
                assert!(bytes <= BOX_BYTES.max(one), "{extent:?} {unit:?}: {bytes}");
                Ok(())
            })
            .unwrap();
            assert_eq!(covered, extent.iter().product::<u64>());
        }
    }

    #[test]
    fn boxes_are_of_whole_units() {
        assert_eq!(box_shape(&[100, 1 << 20], &[10, 1 << 10], 64), [10, 51 << 10]);
        assert_eq!(box_shape(&[100, 100], &[1, 1], 4), [100, 100]);
    }
}
