//! Stored elements to Rust values and back, and to stored elements of other types. No I/O.

mod boolean;
mod complex;
mod compound;
mod convert;
mod copied;
mod descriptor;
pub(crate) mod dyn_value;
mod fit;
mod fixed;
mod heap_ids;
mod inline_heap;
mod layout;
mod mode;
mod native;
mod nullable;
mod number;
mod opaque;
mod plain;
mod reference;
mod sequence;
mod stored;
mod string_error;
mod text;
mod text_batch;
mod text_writer;
mod tuple;
mod unpacked;
mod value;
mod var_len;
mod variants;
mod writer;

pub(crate) use compound::member_converter;
pub use compound::{
    Batch, BatchWriter, Column, ColumnValues, ColumnWriter, CompoundReader, CompoundWriter,
};
pub use convert::Converter;
pub(crate) use convert::{Convert, HeapSource, NoHeap};
pub(crate) use copied::{CopiedReferences, Copies, ElementCopy};
pub use descriptor::{
    CompoundField, CompoundType, EnumMember, EnumType, FloatSize, IntSize, StructLayout,
    TypeDescriptor,
};
pub use dyn_value::{DynValue, OwnedDynValue};
pub(crate) use fit::{ElementFit, fit};
pub use fixed::{FixedAscii, FixedUnicode};
pub(crate) use heap_ids::{check_heap_objects, for_each_heap_id, holds_heap_ids};
pub(crate) use inline_heap::{InlineHeap, InlineSink, WIDTHS};
pub(crate) use layout::is_native_number;
pub use mode::ConversionMode;
pub(crate) use mode::InMode;
pub use opaque::{Opaque, RawReference};
pub use plain::{AnyMemory, Memory, SameLayout};
pub(crate) use reference::Referent;
pub(crate) use sequence::{HeapElement, UsualElement};
pub(crate) use stored::StoredConversion;
pub use string_error::StringError;
pub use text::StringBytes;
pub(crate) use text::TextForm;
pub(crate) use text_batch::{SHORT, TextBatch};
pub(crate) use text_writer::text_writer;
pub use value::Value;
pub(crate) use value::{reader, writer as value_writer};
pub use var_len::{VarLenArray, VarLenAscii, VarLenUnicode};
pub use variants::{StoredInteger, Variants};
pub(crate) use writer::HeapSink;
pub use writer::Writer;

use crate::error::{Error, Result};
use crate::format::datatype::Datatype;

/// A Rust type that elements of a file convert to.
///
/// Numbers convert from any stored number: an integer out of range becomes the nearest there is,
/// a float loses its fraction on its way to an integer and NaN becomes 0, and whatever becomes a
/// float is rounded to the nearest one, ties to even. A value is never taken for one of another
/// kind: to read a string as a number is an error. On the way back to the file the same rules
/// hold.
///
/// Implement it for a struct or enumeration with `#[derive(H5Type)]`:
///
#[cfg_attr(feature = "derive", doc = "```")]
#[cfg_attr(not(feature = "derive"), doc = "```ignore")]
/// # fn main() -> hdfive::Result<()> {
/// #[derive(Debug, Clone, PartialEq, hdfive::H5Type)]
/// struct Star {
///     name: String,
///     #[hdf5(rename = "mag")]
///     magnitude: f32,
///     class: Class,
/// }
///
/// #[derive(Debug, Clone, PartialEq, hdfive::H5Type)]
/// #[repr(u8)]
/// enum Class {
///     Giant,
///     Dwarf = 7,
/// }
///
/// let file = hdfive::File::in_memory()?;
/// let sun = Star { name: "Sun".to_owned(), magnitude: -26.7, class: Class::Dwarf };
/// let stars = file.new_dataset_builder().with_data(&[sun.clone()]).create("stars")?;
/// assert_eq!(stars.read_raw::<Star>()?, [sun]);
/// assert_eq!(stars.read_field::<f32>("mag", ..)?, [-26.7]);
/// # Ok(())
/// # }
/// ```
///
/// # Structs without a conversion
///
/// A struct that derives `bytemuck::Pod`, too, which has it hold no gaps and nothing but numbers and such
/// structs, is read and written as it lies in memory wherever the file has the same members at the same
/// places, which is several times as fast, and [`Dataset::as_slice`](crate::Dataset::as_slice) lends it. From and to anything else, it is
/// converted as any other. Where the compiler cannot tell when it makes the implementation, because the struct
/// has parameters, it always is.
///
#[cfg_attr(feature = "derive", doc = "```")]
#[cfg_attr(not(feature = "derive"), doc = "```ignore")]
/// # fn main() -> hdfive::Result<()> {
/// #[derive(Debug, Clone, Copy, PartialEq)]
/// #[derive(hdfive::H5Type, bytemuck::Pod, bytemuck::Zeroable)]
/// #[repr(C)]
/// struct Event {
///     time: f64,
///     place: [f32; 3],
///     hits: u32,
/// }
///
/// let file = hdfive::File::in_memory()?;
/// let event = Event { time: 0.5, place: [1.0, 2.0, 3.0], hits: 4 };
/// let events = file.new_dataset_builder().with_data(&[event; 100]).create("events")?;
/// assert_eq!(events.read_raw::<Event>()?, [event; 100]);
/// # Ok(())
/// # }
/// ```
///
/// # Soundness
///
/// Whatever a file holds, no value comes of it that its type does not have. Bytes become values
/// without a look at them only of types that are `bytemuck::Pod`, an unsafe trait whose types hold
/// any bytes: numbers, complex numbers and structs that say so. All others are made of their parts, and what is no value
/// of theirs, a `bool` of 2 or a number without a variant, is an error. Derived implementations
/// hold no `unsafe`; they make and take apart other structs field by field, and do not rest on how those lie in
/// memory; bytes between fields are never looked at, and written as zeros.
///
/// The trait itself need not be unsafe: no unsafe code of this crate, which is that of the map of a
/// file, of advice about memory and of `VarLenArray::from_parts`, whose caller vouches for a pointer,
/// rests on an implementation. One that is wrong reads and writes wrong values, or has errors.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type that elements of a file convert to",
    label = "no `H5Type`",
    note = "a struct or enumeration of your own becomes one with `#[derive(Clone, hdfive::H5Type)]`",
    note = "numbers, `bool`, strings, and arrays, vectors and tuples of such types are"
)]
pub trait H5Type: Clone + Send + Sync + 'static {
    /// The type that datasets of this type are created with.
    fn type_descriptor() -> TypeDescriptor;

    /// The type that a dataset of these values is created with: of types whose values differ in
    /// that.
    #[doc(hidden)]
    fn descriptor_of(values: &[Self]) -> TypeDescriptor {
        let _ = values;
        Self::type_descriptor()
    }

    /// The value of the only element of what has none, where there is such a value.
    #[doc(hidden)]
    #[must_use]
    fn missing() -> Option<Self> {
        None
    }

    /// How elements stored as `stored` become values of this type.
    ///
    /// # Errors
    ///
    /// Where they do not.
    #[doc(hidden)]
    fn converter(stored: &Datatype) -> Result<Converter<Self>>;

    /// How values of this type become elements stored as `stored`.
    ///
    /// # Errors
    ///
    /// Where they do not.
    #[doc(hidden)]
    fn writer(stored: &Datatype) -> Result<Writer<Self>>;

    /// The memory of `values`, where it holds nothing but their bytes.
    ///
    /// That memory holds no gaps, which safe code cannot lend, and is as long as the values are:
    /// whatever takes it checks its length.
    #[doc(hidden)]
    fn as_bytes(values: &[Self]) -> Option<&[u8]> {
        let _ = values;
        None
    }

    /// The memory of `values`, where any bytes there make values.
    #[doc(hidden)]
    fn as_bytes_mut(values: &mut [Self]) -> Option<&mut [u8]> {
        let _ = values;
        None
    }

    /// As many values of zero bytes, where those make values and there is memory for them.
    #[doc(hidden)]
    fn zeros(count: usize) -> Option<Vec<Self>> {
        let _ = count;
        None
    }

    /// The values whose memory that is, where any bytes make values: `None` too where it is none that
    /// values can lie in.
    #[doc(hidden)]
    #[must_use]
    fn from_bytes(bytes: &[u8]) -> Option<&[Self]> {
        let _ = bytes;
        None
    }

    /// The value of these bytes, wherever they lie, where any bytes make a value.
    #[doc(hidden)]
    #[must_use]
    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let _ = bytes;
        None
    }

    /// Whether elements stored as `stored` have the same bytes as the values they become, so that
    /// they can be read straight into [`as_bytes_mut`](Self::as_bytes_mut) and written straight from
    /// [`as_bytes`](Self::as_bytes).
    #[doc(hidden)]
    fn is_identical(stored: &Datatype) -> bool {
        let _ = stored;
        false
    }
}

/// The error of an element type that does not become the type asked for.
#[cold]
fn no_conversion(stored: &Datatype, wanted: &str) -> Error {
    let problem = format!(
        "elements of class {} ({} bytes) do not convert to {wanted}",
        stored.class_name(),
        stored.size
    );
    Error::conversion(problem)
}

/// Refuses another number of values or bytes than there are elements or room for: an [`H5Type`] that
/// says other things here than there.
pub(crate) fn check_count(found: usize, wanted: usize) -> Result<()> {
    if found == wanted {
        return Ok(());
    }
    let problem = format!("an implementation of H5Type makes {found} of what is {wanted}");
    Err(Error::usage(problem))
}

/// The error of values, of the type of this name, that do not become elements of a type.
#[cold]
fn no_writer(given: &str, stored: &Datatype) -> Error {
    let (class, size) = (stored.class_name(), stored.size);
    Error::conversion(format!("{given} cannot become an element of class {class} ({size} bytes)"))
}

#[cfg(test)]
mod tests;
