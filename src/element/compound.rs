//! Compounds, column by column: what tuples and derived structs are read and written with.
//!
//! Nothing here looks at how a value lies in memory. A compound is read by reading each member of many
//! elements into a column and making values of the columns; it is written into zeroed elements, so
//! that what no member covers is zero whatever lies between the fields of a value.

use std::borrow::Borrow;

use super::convert::gather;
use super::writer::{WriteValues, element_size, zeroed};
use super::{Convert, Converter, H5Type, HeapSink, HeapSource, Writer, no_conversion, no_writer};
use crate::error::{Error, ErrorKind, Result};
use crate::format::datatype::{Class, Datatype, Member};

/// Bytes of elements converted at a time, about, which bounds the memory their columns take.
const BATCH_BYTES: usize = 1 << 18;

/// Elements of `size` bytes converted at a time.
fn batch(size: usize) -> usize {
    BATCH_BYTES.checked_div(size).unwrap_or(1).clamp(1, 4096)
}

/// The members of compounds that are read.
#[derive(Debug)]
pub struct CompoundReader<'a> {
    stored: &'a Datatype,
    members: &'a [Member],
}

impl<'a> CompoundReader<'a> {
    /// Those of elements stored as `stored`.
    ///
    /// # Errors
    ///
    /// Where it is no compound.
    pub fn new(stored: &'a Datatype) -> Result<Self> {
        match &stored.class {
            Class::Compound(members) => Ok(Self { stored, members }),
            _ => Err(no_conversion(stored, "a compound")),
        }
    }

    /// The member named `name`.
    ///
    /// # Errors
    ///
    /// Where there is none, or it does not convert to `T`.
    pub fn field<T: H5Type>(&self, name: &str) -> Result<Column<T>> {
        Column::new(named(self.members, name)?)
    }

    /// The member named `name`, or as many of what `default` gives where there is none.
    ///
    /// # Errors
    ///
    /// Where it does not convert to `T`.
    pub fn field_or<T: H5Type>(&self, name: &str, default: fn() -> T) -> Result<Column<T>> {
        named(self.members, name).map_or(Ok(Column::Default(default)), Column::new)
    }

    /// The member at place `index`.
    pub(super) fn at<T: H5Type>(&self, index: usize) -> Result<Column<T>> {
        Column::new(self.members.get(index).ok_or_else(too_few)?)
    }

    /// The conversion to what `read` appends of each batch of elements.
    ///
    /// # Errors
    ///
    /// Where the elements are larger than memory.
    pub fn finish<T: 'static>(
        self,
        read: impl Fn(&Batch<'_>, &mut Vec<T>) -> Result<()> + Send + Sync + 'static,
    ) -> Result<Converter<T>> {
        let size = element_size(self.stored)?;
        Converter::new(self.stored, Columns { size, run: read })
    }
}

/// Elements that are read together.
#[expect(missing_debug_implementations, reason = "it lives for a moment inside of a conversion")]
pub struct Batch<'a> {
    stored: &'a [u8],
    size: usize,
    heap: &'a dyn HeapSource,
}

/// One member of compounds that are read.
#[derive(Debug)]
pub enum Column<T> {
    /// The member that has this name and place.
    Stored {
        /// Its name.
        name: String,
        /// Its first byte in an element.
        offset: usize,
        /// How it is read.
        convert: Converter<T>,
        /// Whether its bytes are those of the value.
        identical: bool,
    },
    /// None: what is read in its place.
    Default(fn() -> T),
}

impl<T: H5Type> Column<T> {
    fn new(member: &Member) -> Result<Self> {
        let offset = usize::try_from(member.offset).unwrap_or(usize::MAX);
        let name = member.name().into_owned();
        let convert = T::converter(&member.datatype).map_err(|error| in_member(error, &name))?;
        // Only of numbers are bytes all there is to know.
        let identical = T::is_identical(&member.datatype) && T::zeros(0).is_some();
        Ok(Self::Stored { name, offset, convert, identical })
    }
}

impl<T: H5Type> Column<T> {
    /// The values in a batch of elements.
    ///
    /// # Errors
    ///
    /// Where one does not convert.
    pub fn read<'b>(&self, batch: &Batch<'b>) -> Result<ColumnValues<'b, T>> {
        let mut values = Vec::new();
        match self {
            Self::Stored { offset, convert, identical: true, .. } => {
                let place = *offset..offset.saturating_add(convert.size());
                let elements = batch.stored.chunks_exact(batch.size.max(1));
                return Ok(ColumnValues::Lent { elements, place });
            }
            Self::Stored { name, offset, convert, .. } => {
                let mut bytes = Vec::new();
                gather(batch.stored, batch.size, *offset, convert.size(), &mut bytes);
                convert
                    .convert(&bytes, batch.heap, &mut values)
                    .map_err(|error| in_member(error, name))?;
            }
            Self::Default(default) => {
                let count = batch.stored.len().checked_div(batch.size).unwrap_or(0);
                values.resize_with(count, default);
            }
        }
        Ok(ColumnValues::Made(values.into_iter()))
    }
}

/// The values of one member in a batch of elements.
#[expect(missing_debug_implementations, reason = "it lives for a moment inside of a conversion")]
pub enum ColumnValues<'b, T> {
    /// They lie in the elements as they are.
    Lent {
        /// The elements.
        elements: std::slice::ChunksExact<'b, u8>,
        /// Place of the member in each.
        place: std::ops::Range<usize>,
    },
    /// They had to be made.
    Made(std::vec::IntoIter<T>),
}

impl<T: H5Type> Iterator for ColumnValues<'_, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        match self {
            Self::Lent { elements, place } => T::of_bytes(elements.next()?.get(place.clone())?),
            Self::Made(values) => values.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Lent { elements, .. } => elements.size_hint(),
            Self::Made(values) => values.size_hint(),
        }
    }
}

/// The conversion of compounds stored as `stored` to the values of one member.
///
/// # Errors
///
/// Where there is none of that name, or it does not convert.
pub(crate) fn member_converter<T: H5Type>(stored: &Datatype, name: &str) -> Result<Converter<T>> {
    let reader = CompoundReader::new(stored)?;
    let column = reader.field::<T>(name)?;
    reader.finish(move |batch, out| {
        out.extend(column.read(batch)?);
        Ok(())
    })
}

fn named<'a>(members: &'a [Member], name: &str) -> Result<&'a Member> {
    let found = members.iter().find(|member| member.name == name.as_bytes());
    found.ok_or_else(|| Error::conversion(format!("the compound has no member \"{name}\"")))
}

#[cold]
fn too_few() -> Error {
    Error::conversion("the compound has too few members")
}

/// Names the member an error arose in.
#[cold]
pub(super) fn in_member(error: Error, name: &str) -> Error {
    match error.kind() {
        ErrorKind::Unsupported(what) => Error::unsupported(format!("member \"{name}\": {what}")),
        ErrorKind::Conversion(what) => Error::conversion(format!("member \"{name}\": {what}")),
        ErrorKind::Usage(what) => Error::usage(format!("member \"{name}\": {what}")),
        // What is wrong with the file, and where, stays as it is.
        _ => error,
    }
}

/// The members of compounds that are written.
#[derive(Debug)]
pub struct CompoundWriter<'a> {
    stored: &'a Datatype,
    members: &'a [Member],
}

impl<'a> CompoundWriter<'a> {
    /// Those of elements stored as `stored`, which are all among `names`.
    ///
    /// # Errors
    ///
    /// Where it is no compound, or has more members.
    pub fn new(stored: &'a Datatype, names: &[&str]) -> Result<Self> {
        let all = Self::by_place(stored)?;
        match all.members.iter().find(|m| !names.iter().any(|name| m.name == name.as_bytes())) {
            None => Ok(all),
            Some(more) => {
                let problem = format!("there is no value for the member \"{}\"", more.name());
                Err(Error::conversion(problem))
            }
        }
    }

    pub(super) fn by_place(stored: &'a Datatype) -> Result<Self> {
        match &stored.class {
            Class::Compound(members) => Ok(Self { stored, members }),
            _ => Err(no_writer("a compound", stored)),
        }
    }

    /// The member named `name`.
    ///
    /// # Errors
    ///
    /// Where there is none, or a `T` does not convert to it.
    pub fn field<T: H5Type>(&self, name: &str) -> Result<ColumnWriter<T>> {
        ColumnWriter::new(named(self.members, name)?)
    }

    /// The member at place `index`.
    pub(super) fn at<T: H5Type>(&self, index: usize) -> Result<ColumnWriter<T>> {
        ColumnWriter::new(self.members.get(index).ok_or_else(too_few)?)
    }

    /// The conversion that has `write` write each member of a batch of elements.
    ///
    /// # Errors
    ///
    /// Where the elements are larger than memory.
    pub fn finish<T: 'static>(
        self,
        write: impl Fn(&[T], &mut BatchWriter<'_>) -> Result<()> + Send + Sync + 'static,
    ) -> Result<Writer<T>> {
        let size = element_size(self.stored)?;
        Writer::new(self.stored, Columns { size, run: write })
    }
}

/// Elements that are written together.
#[expect(missing_debug_implementations, reason = "it lives for a moment inside of a conversion")]
pub struct BatchWriter<'a> {
    elements: &'a mut [u8],
    size: usize,
    heap: &'a dyn HeapSink,
}

/// One member of compounds that are written.
#[derive(Debug)]
pub struct ColumnWriter<T> {
    name: String,
    offset: usize,
    write: Writer<T>,
}

impl<T: H5Type> ColumnWriter<T> {
    fn new(member: &Member) -> Result<Self> {
        let offset = usize::try_from(member.offset).unwrap_or(usize::MAX);
        let name = member.name().into_owned();
        let write = T::writer(&member.datatype).map_err(|error| in_member(error, &name))?;
        Ok(Self { name, offset, write })
    }
}

impl<T: Clone> ColumnWriter<T> {
    /// Puts `values` where they belong in the elements of a batch, of which there are as many.
    ///
    /// # Errors
    ///
    /// Where one does not convert.
    pub fn write<B: Borrow<T>>(
        &self,
        values: impl Iterator<Item = B>,
        batch: &mut BatchWriter<'_>,
    ) -> Result<()> {
        let mut column = Vec::new();
        self.gathered(values, batch.heap, &mut column)
            .map_err(|error| in_member(error, &self.name))?;
        let len = self.write.size();
        let end = self.offset.saturating_add(len);
        let elements = batch.elements.chunks_exact_mut(batch.size.max(1));
        for (from, element) in column.chunks_exact(len.max(1)).zip(elements) {
            let Some(to) = element.get_mut(self.offset..end) else { continue };
            to.copy_from_slice(from);
        }
        Ok(())
    }

    fn gathered<B: Borrow<T>>(
        &self,
        mut values: impl Iterator<Item = B>,
        heap: &dyn HeapSink,
        column: &mut Vec<u8>,
    ) -> Result<()> {
        // What has memory of its own is not copied: that costs more than it gains.
        if std::mem::needs_drop::<T>() {
            return values.try_for_each(|value| {
                self.write.write(std::slice::from_ref(value.borrow()), heap, column)
            });
        }
        let values: Vec<T> = values.map(|value| value.borrow().clone()).collect();
        self.write.write(&values, heap, column)
    }
}

/// A conversion of whole compounds of `size` bytes, by columns.
struct Columns<F> {
    size: usize,
    run: F,
}

impl<T, F> Convert<T> for Columns<F>
where
    F: Fn(&Batch<'_>, &mut Vec<T>) -> Result<()> + Send + Sync,
{
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<T>) -> Result<()> {
        let size = self.size;
        stored
            .chunks(size.saturating_mul(batch(size)).max(1))
            .try_for_each(|stored| (self.run)(&Batch { stored, size, heap }, out))
    }
}

impl<T, F> WriteValues<T> for Columns<F>
where
    F: Fn(&[T], &mut BatchWriter<'_>) -> Result<()> + Send + Sync,
{
    fn append(&self, values: &[T], heap: &dyn HeapSink, out: &mut Vec<u8>) -> Result<()> {
        values.chunks(batch(self.size)).try_for_each(|values| {
            let elements = zeroed(out, values.len(), self.size);
            (self.run)(values, &mut BatchWriter { elements, size: self.size, heap })
        })
    }
}
