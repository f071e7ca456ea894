//! Stored numbers to stored numbers.

use std::fmt;

use super::{no_stored_conversion, reverse_each};
use crate::element::layout::{Exact, ExactLayout, Int, IntegerLayout, Kind, Layout, Packed, Packs};
use crate::element::number::{Number, Numbers};
use crate::element::{ConversionMode, Convert, NoHeap};
use crate::error::{Error, Result};
use crate::format::datatype::{ByteOrder, Class, Datatype};

/// Numbers converted at a time.
const BATCH: usize = 1024;

/// A conversion of whole elements, as many in the second block as in the first.
type Kernel = Box<dyn Fn(&[u8], &mut [u8]) + Send + Sync>;

/// The conversion of numbers.
pub(super) struct Numeric {
    kernel: Kernel,
    /// Bytes and layouts of a number before and after.
    before: (usize, ExactLayout),
    after: (usize, ExactLayout),
}

impl Numeric {
    pub(super) fn new(from: &Datatype, to: &Datatype) -> Result<Self> {
        let layouts = (ExactLayout::of(from)?, ExactLayout::of(to)?);
        let (Some(ours), Some(theirs)) = layouts else {
            return Err(no_stored_conversion(from, to));
        };
        let (before, after) = ((size(from), ours), (size(to), theirs));
        if let (ExactLayout::Integer(ours), ExactLayout::Integer(theirs)) = (ours, theirs)
            && matches!(to.class, Class::Bitfield(_))
        {
            return Ok(Self { kernel: bits(from, ours, to, theirs), before, after });
        }
        let kernel = match Layout::of(to)? {
            Some(Layout::Native(kind, order)) => native(from, kind, order)?,
            Some(Layout::Integer(layout)) => match layout.packed(to.size) {
                Some(packed) => Some(packing(from, packed)?),
                None => None,
            },
            _ => None,
        };
        let kernel = kernel.unwrap_or_else(|| exact(from, ours, to, theirs));
        Ok(Self { kernel, before, after })
    }

    pub(super) fn run(&self, mode: ConversionMode, stored: &[u8], out: &mut [u8]) -> Result<()> {
        (self.kernel)(stored, out);
        match mode {
            ConversionMode::Saturating => Ok(()),
            ConversionMode::Exact => self.check(stored, out),
        }
    }

    /// Checks that the numbers are the same.
    fn check(&self, stored: &[u8], out: &[u8]) -> Result<()> {
        let ((from, ours), (to, theirs)) = (self.before, self.after);
        let pairs = stored.chunks_exact(from).zip(out.chunks_exact(to));
        pairs.into_iter().try_for_each(|(before, after)| {
            ours.read(before).check(theirs.read(after))?;
            if ours.reads_all(before) && theirs.reads_all(after) {
                return Ok(());
            }
            Err(Error::conversion("a number has more digits than 128 bits hold"))
        })
    }
}

impl fmt::Debug for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Numeric").finish_non_exhaustive()
    }
}

/// One element that holds zero.
pub(super) fn zero(of: &Datatype) -> Result<Vec<u8>> {
    let mut element = vec![0; size(of)];
    if let Some(layout) = ExactLayout::of(of)? {
        layout.write(Exact::Int(Int::Unsigned(0)), &mut element);
    }
    Ok(element)
}

fn size(of: &Datatype) -> usize {
    usize::try_from(of.size).unwrap_or(usize::MAX).max(1)
}

/// Through the Rust type that the result is; `None` where that is none.
fn native(from: &Datatype, to: Kind, order: ByteOrder) -> Result<Option<Kernel>> {
    Ok(Some(match to {
        Kind::F32 => through::<f32>(from, order, |_| {})?,
        Kind::F64 => through::<f64>(from, order, |_| {})?,
        Kind::F16 | Kind::Bf16 => return Ok(None),
        Kind::I8 => through::<i8>(from, order, |_| {})?,
        Kind::I16 => through::<i16>(from, order, |_| {})?,
        Kind::I32 => through::<i32>(from, order, |_| {})?,
        Kind::I64 => through::<i64>(from, order, |_| {})?,
        Kind::U8 => through::<u8>(from, order, |_| {})?,
        Kind::U16 => through::<u16>(from, order, |_| {})?,
        Kind::U32 => through::<u32>(from, order, |_| {})?,
        Kind::U64 => through::<u64>(from, order, |_| {})?,
    }))
}

/// Through the integer of whose bits the result has some.
fn packing(from: &Datatype, to: Packed) -> Result<Kernel> {
    fn into<T: Number + Packs>(from: &Datatype, to: Packed) -> Result<Kernel> {
        through::<T>(from, to.order, move |values| {
            values.iter_mut().for_each(|value| *value = value.packed(&to));
        })
    }
    match to.kind {
        Kind::I8 => into::<i8>(from, to),
        Kind::I16 => into::<i16>(from, to),
        Kind::I32 => into::<i32>(from, to),
        Kind::U8 => into::<u8>(from, to),
        Kind::U16 => into::<u16>(from, to),
        Kind::U32 => into::<u32>(from, to),
        Kind::U64 => into::<u64>(from, to),
        // Integers are of no other kind.
        Kind::I64 | Kind::F16 | Kind::Bf16 | Kind::F32 | Kind::F64 => into::<i64>(from, to),
    }
}

/// Through a Rust type, whose values are changed in `last` before they are stored.
fn through<T: Number>(
    from: &Datatype,
    order: ByteOrder,
    last: impl Fn(&mut [T]) + Send + Sync + 'static,
) -> Result<Kernel> {
    let numbers = Numbers::<T>::of_bits(from)?;
    let (from, to) = (size(from), size_of::<T>().max(1));
    Ok(Box::new(move |stored, out| {
        let count = out.len().checked_div(to).unwrap_or(0);
        let mut values = vec![T::zeroed(); BATCH.min(count)];
        let batches = stored.chunks(from.saturating_mul(BATCH));
        for (stored, out) in batches.zip(out.chunks_mut(to.saturating_mul(BATCH))) {
            let count = out.len().checked_div(to).unwrap_or(0);
            let values = values.get_mut(..count).unwrap_or_default();
            // Never fails: numbers have no heap and no values that do not convert.
            let _ = numbers.fill(stored, &NoHeap, values);
            last(values);
            let bytes: &mut [u8] = bytemuck::cast_slice_mut(values);
            if order != ByteOrder::NATIVE {
                reverse_each(bytes, to);
            }
            out.copy_from_slice(bytes);
        }
    }))
}

/// From any layout to any other.
fn exact(from: &Datatype, ours: ExactLayout, to: &Datatype, theirs: ExactLayout) -> Kernel {
    each(from, to, move |stored, out| theirs.write(ours.read(stored), out))
}

/// The bits, whatever they mean.
fn bits(from: &Datatype, ours: IntegerLayout, to: &Datatype, theirs: IntegerLayout) -> Kernel {
    each(from, to, move |stored, out| theirs.write_bits(&ours, stored, out))
}

fn each(
    from: &Datatype,
    to: &Datatype,
    convert: impl Fn(&[u8], &mut [u8]) + Send + Sync + 'static,
) -> Kernel {
    let (from, to) = (size(from), size(to));
    Box::new(move |stored, out| {
        for (stored, out) in stored.chunks_exact(from).zip(out.chunks_exact_mut(to)) {
            convert(stored, out);
        }
    })
}
