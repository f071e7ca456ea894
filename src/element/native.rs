//! Values whose bytes are elements of some stored type already: numbers and complex numbers.

use super::number::{Number, Numbers};
use super::writer::{WriteValues, zeroed};
use super::{H5Type, HeapSink, StoredConversion, Writer};
use crate::codec::Sizes;
use crate::error::Result;
use crate::format::datatype::{Class, Datatype, Integer};

/// The conversion of the bytes of values.
struct Native<T> {
    bytes: fn(&[T]) -> Option<&[u8]>,
    convert: StoredConversion,
    size: usize,
}

impl<T> WriteValues<T> for Native<T> {
    fn append(&self, values: &[T], heap: &dyn HeapSink, out: &mut Vec<u8>) -> Result<()> {
        let bytes = (self.bytes)(values).unwrap_or_default();
        if self.convert.is_copy() {
            out.extend_from_slice(bytes);
            return Ok(());
        }
        self.convert.run_in(heap.mode(), bytes, zeroed(out, values.len(), self.size))
    }
}

/// How values whose bytes are elements stored as `own` become elements stored as `stored`.
pub(super) fn writer_from<T: H5Type>(own: &Datatype, stored: &Datatype) -> Result<Writer<T>> {
    writer_of(T::as_bytes, own, stored)
}

/// As [`writer_from`], of values whose bytes are what `bytes` gives.
pub(super) fn writer_of<T: 'static>(
    bytes: fn(&[T]) -> Option<&[u8]>,
    own: &Datatype,
    stored: &Datatype,
) -> Result<Writer<T>> {
    let convert = StoredConversion::new(own, stored)?;
    let size = usize::try_from(stored.size).unwrap_or(usize::MAX);
    Writer::new(stored, Native { bytes, convert, size })
}

/// How numbers become stored numbers. Mirrors [`Numbers::new`].
pub(super) fn number_writer<T: Number + H5Type>(stored: &Datatype) -> Result<Writer<T>> {
    Numbers::<T>::new(stored)?;
    number_writer_of_bits(stored)
}

/// As [`number_writer`], whatever the number is meant to be.
pub(super) fn number_writer_of_bits<T: Number + H5Type>(stored: &Datatype) -> Result<Writer<T>> {
    Numbers::<T>::of_bits(stored)?;
    // A number's type does not depend on the widths of the file.
    let own = T::type_descriptor().to_datatype(Sizes { offsets: 8, lengths: 8 })?;
    writer_from(&own, &as_number(stored))
}

/// The number that has the bits of `stored`: of an enumeration's value, a bit field, a time.
fn as_number(stored: &Datatype) -> Datatype {
    let class = match &stored.class {
        Class::Enum(enumeration) => return (*enumeration.base).clone(),
        Class::Bitfield(of) => Class::Integer(Integer {
            order: of.order,
            signed: false,
            low_pad: of.low_pad,
            high_pad: of.high_pad,
            offset: of.offset,
            precision: of.precision,
        }),
        Class::Time(of) => Class::Integer(Integer {
            order: of.order,
            signed: true,
            low_pad: false,
            high_pad: false,
            offset: 0,
            precision: of.precision,
        }),
        _ => return stored.clone(),
    };
    Datatype { version: 1, size: stored.size, class }
}
