//! Some members of compounds, read and written without the others.

use std::sync::Arc;

use super::container::Container;
use super::elements::Elements;
use super::heap::Heap;
use super::selection::Selection;
use super::values::Values;
use crate::element::{H5Type, InMode, StoredConversion, TypeDescriptor, member_converter};
use crate::error::{Error, Result};
use crate::format::datatype::{Class, Datatype, Member};

impl Container {
    /// Reads one member of a compound, of the selected elements.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// let points = file.dataset("run1/points")?;
    /// let counts: Vec<i32> = points.read_field("count", ..)?;
    /// assert_eq!(counts, [3, 4]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where the elements have no such member;
    /// else as [`read_slice_raw`](Self::read_slice_raw).
    pub fn read_field<T: H5Type>(
        &self,
        field: &str,
        selection: impl Into<Selection>,
    ) -> Result<Vec<T>> {
        self.read_fields(&[field], selection)
    }

    /// Reads some members of compounds, of the selected elements, as compounds of these members in
    /// this order.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// let points = file.dataset("run1/points")?;
    /// let counts: Vec<(i32, f32)> = points.read_fields(&["count", "x"], ..)?;
    /// # assert_eq!(counts.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where the elements lack a member;
    /// else as [`read_slice_raw`](Self::read_slice_raw).
    pub fn read_fields<T: H5Type>(
        &self,
        fields: &[&str],
        selection: impl Into<Selection>,
    ) -> Result<Vec<T>> {
        Ok(self.read_part(fields, &selection.into())?.0)
    }

    /// As [`read_fields`](Self::read_fields), with the shape. One member alone is read as a compound
    /// of it, or where that does not convert, as what it is.
    pub(super) fn read_part<T: H5Type>(
        &self,
        fields: &[&str],
        selection: &Selection,
    ) -> Result<(Vec<T>, Vec<u64>)> {
        let _reading = self.named(self.found.store.reading())?;
        let read = || {
            let now = self.current()?;
            let whole = &now.stored_type().datatype;
            let part = part_of(whole, fields)?;
            let converter = match (T::converter(&part), alone(&part, fields), fields) {
                (Err(_), Some(member), [name]) => {
                    // Says why not, where it does not convert.
                    T::converter(member)?;
                    let resolved = now.resolve(selection)?;
                    let converter = member_converter::<T>(whole, name)?;
                    return Ok((
                        now.read_converted(&converter, &resolved.elements)?,
                        resolved.shape,
                    ));
                }
                (converter, ..) => converter?,
            };
            let (_, shape, bytes) = now.part_as_stored(fields, selection)?;
            let mut values = Vec::new();
            let heap = &Heap::new(&self.found.store);
            converter.convert(&bytes, &InMode { heap, mode: self.mode() }, &mut values)?;
            Ok((values, shape))
        };
        self.named(read())
    }

    /// As [`read_elements`](Self::read_elements), of some members.
    pub(super) fn read_part_elements(
        &self,
        fields: &[&str],
        selection: &Selection,
    ) -> Result<Elements> {
        let _reading = self.named(self.found.store.reading())?;
        let read = || {
            let (part, shape, bytes) = self.current()?.part_as_stored(fields, selection)?;
            Ok(Elements::new(Arc::new(part), shape, bytes, &self.origin()))
        };
        self.named(read())
    }

    /// The type of some members.
    pub(super) fn part_descriptor(&self, fields: &[&str]) -> Result<TypeDescriptor> {
        let describe = || {
            let now = self.current()?;
            TypeDescriptor::from_datatype(&part_of(&now.stored_type().datatype, fields)?)
        };
        self.named(describe())
    }

    /// The compound of some members, the shape of the selected elements, and these as stored.
    fn part_as_stored(
        &self,
        fields: &[&str],
        selection: &Selection,
    ) -> Result<(Datatype, Vec<u64>, Vec<u8>)> {
        let whole = &self.stored_type().datatype;
        let part = part_of(whole, fields)?;
        let resolved = self.resolve(selection)?;
        let stored = self.read_bytes(&resolved.elements)?;
        let count = stored.len().checked_div(size(whole)).unwrap_or(0);
        let mut members = vec![0; count.saturating_mul(size(&part))];
        StoredConversion::new(whole, &part)?.run(&stored, &mut members)?;
        Ok((part, resolved.shape, members))
    }

    /// Writes one member of a compound, of the selected elements; the others stay as they are. The
    /// values have the shape of the selection, or stand in one row.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let bytes = std::fs::read("tests/fixtures/tour_latest.h5").unwrap();
    /// # let storage = hdfive::SharedMemory::new(bytes);
    /// let file = hdfive::File::with_options().open_storage_rw(std::sync::Arc::new(storage))?;
    /// let points = file.dataset("run1/points")?;
    /// points.write_field("count", &[7, 8], ..)?;
    /// points.write_field("count", &[9], 1)?;
    /// assert_eq!(points.read_field::<i32>("count", ..)?, [7, 9]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where the elements have no such member;
    /// else as [`write_slice`](Self::write_slice), with which values may be repeated.
    pub fn write_field<'b, A, T, D>(
        &self,
        field: &str,
        values: A,
        selection: impl Into<Selection>,
    ) -> Result<()>
    where
        A: Into<Values<'b, T, D>>,
        T: H5Type,
    {
        self.write_members(&[field], &values.into(), &selection.into())
    }

    /// Writes some members of compounds, of the selected elements, given as compounds of these
    /// members in this order; the others stay as they are. The values have the shape of the
    /// selection, or stand in one row.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let bytes = std::fs::read("tests/fixtures/tour_latest.h5").unwrap();
    /// # let storage = hdfive::SharedMemory::new(bytes);
    /// let file = hdfive::File::with_options().open_storage_rw(std::sync::Arc::new(storage))?;
    /// let points = file.dataset("run1/points")?;
    /// points.write_fields(&["count", "x"], &[(7, 0.5)], 0)?;
    /// assert_eq!(points.read_field::<i32>("count", 0)?, [7]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`write_field`](Self::write_field).
    pub fn write_fields<'b, A, T, D>(
        &self,
        fields: &[&str],
        values: A,
        selection: impl Into<Selection>,
    ) -> Result<()>
    where
        A: Into<Values<'b, T, D>>,
        T: H5Type,
    {
        self.write_members(fields, &values.into(), &selection.into())
    }

    fn write_members<T: H5Type, D>(
        &self,
        fields: &[&str],
        values: &Values<'_, T, D>,
        selection: &Selection,
    ) -> Result<()> {
        let store = &self.found.store;
        self.named(store.edit_elements(|| {
            let now = self.current()?;
            let whole = &now.stored_type().datatype;
            let part = part_of(whole, fields)?;
            let stored_as = alone(&part, fields);
            let resolved = now.resolve(selection)?;
            let chosen = (selection, &resolved);
            let members = now.spread(values, stored_as.unwrap_or(&part), chosen, true)?;
            let mut stored = now.read_replaced(&resolved.elements)?;
            StoredConversion::new(&part, whole)?.run(&members, &mut stored)?;
            now.write_bytes(&resolved.elements, &stored)
        }))
    }
}

/// The type of a member that is alone in a compound, which is stored as the compound is.
fn alone<'a>(part: &'a Datatype, fields: &[&str]) -> Option<&'a Datatype> {
    match (&part.class, fields) {
        (Class::Compound(members), [_]) => members.first().map(|one| &one.datatype),
        _ => None,
    }
}

/// The compound of some members of a compound, without gaps.
fn part_of(whole: &Datatype, fields: &[&str]) -> Result<Datatype> {
    let Class::Compound(all) = &whole.class else {
        return Err(Error::not_found("members: the elements are no compounds"));
    };
    let mut members = Vec::with_capacity(fields.len());
    let mut end = 0u32;
    for field in fields {
        let member = all.iter().find(|member| member.name == field.as_bytes());
        let member = member.ok_or_else(|| Error::not_found(format!("member {field:?}")))?;
        members.push(Member { offset: end, ..member.clone() });
        end = end.saturating_add(member.datatype.size);
    }
    Datatype::compound(end, members)
}

fn size(datatype: &Datatype) -> usize {
    usize::try_from(datatype.size).unwrap_or(usize::MAX).max(1)
}
