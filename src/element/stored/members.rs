//! Compounds to compounds, and whatever else has parts at places of their own.

use std::collections::HashMap;

use super::StoredConversion;
use crate::element::ConversionMode;
use crate::element::compound::in_member;
use crate::element::convert::gather;
use crate::error::Result;
use crate::format::datatype::{Datatype, Member};

/// Elements converted at a time.
const BATCH: usize = 1024;

/// One part: where it is in the elements of either type, and how it converts.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) convert: StoredConversion,
}

/// The conversion of elements part by part. Bytes between the parts stay as they are.
#[derive(Debug)]
pub(super) struct Members {
    from_size: usize,
    to_size: usize,
    columns: Vec<Column>,
    /// Bytes that are the same in every element, and where.
    constant: Option<(usize, Vec<u8>)>,
}

impl Members {
    pub(super) fn new(from: &Datatype, to: &Datatype, columns: Vec<Column>) -> Self {
        let size = |of: &Datatype| usize::try_from(of.size).unwrap_or(usize::MAX).max(1);
        Self { from_size: size(from), to_size: size(to), columns, constant: None }
    }

    /// The same, with `bytes` at place `at` of every element.
    pub(super) fn and_constant(self, at: usize, bytes: Vec<u8>) -> Self {
        Self { constant: Some((at, bytes)), ..self }
    }

    /// The conversion of compounds: of the members that both have.
    pub(super) fn by_name(
        from: &Datatype,
        ours: &[Member],
        to: &Datatype,
        theirs: &[Member],
    ) -> Result<Self> {
        let by_name: HashMap<&[u8], &Member> =
            ours.iter().map(|member| (&*member.name, member)).collect();
        let place = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
        let mut columns: Vec<Column> = Vec::new();
        let mut sorted: Vec<&Member> = theirs.iter().collect();
        sorted.sort_by_key(|member| member.offset);
        for member in sorted {
            let Some(source) = by_name.get(&*member.name) else { continue };
            let convert = StoredConversion::new(&source.datatype, &member.datatype)
                .map_err(|error| in_member(error, &member.name()))?;
            let column = Column { from: place(source.offset), to: place(member.offset), convert };
            match columns.last_mut() {
                Some(last) if last.takes(&column) => last.widen(&column),
                _ => columns.push(column),
            }
        }
        Ok(Self::new(from, to, columns))
    }

    pub(super) fn run(&self, mode: ConversionMode, stored: &[u8], out: &mut [u8]) -> Result<()> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let batches = stored.chunks(self.from_size.saturating_mul(BATCH));
        let rooms = out.chunks_mut(self.to_size.saturating_mul(BATCH));
        for (stored, out) in batches.zip(rooms) {
            for column in &self.columns {
                let convert = &column.convert;
                before.clear();
                gather(stored, self.from_size, column.from, convert.from_size, &mut before);
                if convert.is_copy() {
                    scatter(&before, convert.to_size, out, self.to_size, column.to);
                    continue;
                }
                after.clear();
                gather(out, self.to_size, column.to, convert.to_size, &mut after);
                convert.run_in(mode, &before, &mut after)?;
                scatter(&after, convert.to_size, out, self.to_size, column.to);
            }
            if let Some((at, bytes)) = &self.constant {
                let same = bytes.repeat(out.len().checked_div(self.to_size).unwrap_or(0));
                scatter(&same, bytes.len(), out, self.to_size, *at);
            }
        }
        Ok(())
    }
}

impl Column {
    /// Whether `next` only goes on copying where this one ends.
    fn takes(&self, next: &Self) -> bool {
        let len = self.convert.to_size;
        self.convert.is_copy()
            && next.convert.is_copy()
            && self.from.checked_add(len) == Some(next.from)
            && self.to.checked_add(len) == Some(next.to)
    }

    fn widen(&mut self, next: &Self) {
        let size = self.convert.to_size.saturating_add(next.convert.to_size);
        (self.convert.from_size, self.convert.to_size) = (size, size);
    }
}

/// Puts parts of `len` bytes into place `at` of the elements of `size` bytes in `out`.
fn scatter(parts: &[u8], len: usize, out: &mut [u8], size: usize, at: usize) {
    let end = at.saturating_add(len);
    for (part, element) in parts.chunks_exact(len.max(1)).zip(out.chunks_exact_mut(size.max(1))) {
        if let Some(place) = element.get_mut(at..end) {
            place.copy_from_slice(part);
        }
    }
}
