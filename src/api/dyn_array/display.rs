//! Arrays as text.

use std::fmt::{self, Display, Formatter};

use super::{DynArray, total};

/// Elements that are all shown; of more, those at the ends of each axis.
const SHOWN: u64 = 1000;
/// Elements shown at either end.
const EDGE: usize = 3;

impl Display for DynArray {
    /// The elements as [`Value`](crate::Value) shows them, in brackets; of many, as NumPy does it, the
    /// first and the last along each axis.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.axis(f, 0, 0)
    }
}

impl DynArray {
    /// What has these indices along the axes before `axis`, which make up `place`.
    fn axis(&self, f: &mut Formatter<'_>, axis: usize, place: usize) -> fmt::Result {
        let Some(len) = self.shape.get(axis).copied() else {
            return match self.value(place) {
                Some(value) => value.fmt(f),
                None => f.write_str("?"),
            };
        };
        let all = total(&self.shape) <= SHOWN || len <= EDGE.saturating_mul(2);
        let hidden = if all { 0..0 } else { EDGE..len.saturating_sub(EDGE) };
        f.write_str("[")?;
        let mut index = 0;
        while index < len {
            f.write_str(if index == 0 { "" } else { ", " })?;
            if hidden.contains(&index) {
                f.write_str("...")?;
                index = hidden.end;
                continue;
            }
            self.axis(f, axis.saturating_add(1), place.saturating_mul(len).saturating_add(index))?;
            index = index.saturating_add(1);
        }
        f.write_str("]")
    }
}

impl fmt::Debug for DynArray {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynArray")
            .field("type", &format_args!("{}", self.datatype.class_name()))
            .field("shape", &self.shape)
            .field("values", &format_args!("{self}"))
            .finish()
    }
}
