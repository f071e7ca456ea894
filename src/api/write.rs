//! Elements that are written, shapes that change.

use super::axes::Ix1;
use super::container::{Container, Source};
use super::dataset::Dataset;
use super::extents::Extents;
use super::selection::Selection;
use super::values::Values;
use crate::codec::wide;
use crate::element::{H5Type, Value, value_writer};
use crate::error::{Error, Result};
use crate::object::attribute::AttributeObject;
use crate::object::attribute::create::set_data;
use crate::object::raw_data::linear;
use crate::object::selection::ElementSelection;

impl Container {
    /// Writes all elements, given in row-major order.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let bytes = std::fs::read("tests/fixtures/tour_latest.h5").unwrap();
    /// # let storage = hdfive::SharedMemory::new(bytes);
    /// let file = hdfive::File::with_options().open_storage_rw(std::sync::Arc::new(storage))?;
    /// let time = file.dataset("run1/time")?;
    /// time.write_raw(&[0.5, 1.5, 2.5, 3.5])?;
    /// time.write_slice_raw(&[9], 1)?;
    /// assert_eq!(time.read_raw::<f64>()?, [0.5, 9.0, 2.5, 3.5]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the number of values is not that of the
    /// elements, or the file is open for reading only;
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where `T` does not convert to the
    /// elements' type.
    pub fn write_raw<'b, A, T>(&self, values: A) -> Result<()>
    where
        A: Into<Values<'b, T, Ix1>>,
        T: H5Type,
    {
        self.write_slice_raw(values.into().as_slice(), Selection::All)
    }

    /// Writes the selected elements, given in row-major order (of points: in the order given).
    ///
    /// # Errors
    ///
    /// As [`write_raw`](Self::write_raw); [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the
    /// selection does not fit the shape.
    pub fn write_slice_raw<T: H5Type>(
        &self,
        values: &[T],
        selection: impl Into<Selection>,
    ) -> Result<()> {
        let selection = selection.into();
        let store = &self.found.store;
        self.named(store.edit_elements(|| self.current()?.write_selected(values, &selection)))
    }

    /// Writes the only element.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where there is not exactly one; else as
    /// [`write_raw`](Self::write_raw).
    pub fn write_scalar<T: H5Type>(&self, value: &T) -> Result<()> {
        self.write_raw(std::slice::from_ref(value))
    }

    /// Writes all elements; the values have the shape of the dataset or attribute.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let bytes = std::fs::read("tests/fixtures/tour_latest.h5").unwrap();
    /// # let storage = hdfive::SharedMemory::new(bytes);
    /// let file = hdfive::File::with_options().open_storage_rw(std::sync::Arc::new(storage))?;
    /// let time = file.dataset("run1/time")?;
    /// time.write(&[0.5, 1.5, 2.5, 3.5])?;
    /// time.write_slice(&[8.0, 9.0], 1..3)?;
    /// assert_eq!(time.read_raw::<f64>()?, [0.5, 8.0, 9.0, 3.5]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the shapes differ; else as
    /// [`write_raw`](Self::write_raw).
    pub fn write<'b, A, T, D>(&self, values: A) -> Result<()>
    where
        A: Into<Values<'b, T, D>>,
        T: H5Type,
    {
        let values = values.into();
        let store = &self.found.store;
        self.named(store.edit_elements(|| {
            let container = self.current()?;
            let (given, wanted) = (values.shape(), container.resolve(&Selection::All)?.shape);
            if !given.iter().map(|len| wide(*len)).eq(wanted.iter().copied()) {
                let problem = format!("values of shape {given:?} for elements of {wanted:?}");
                return Err(Error::usage(problem));
            }
            container.write_selected(values.as_slice(), &Selection::All)
        }))
    }

    /// Writes the selected elements; the values have the shape of the selection, or are repeated as
    /// NumPy does it: along axes in front that they lack, and along those where they have length 1.
    ///
    /// Of points and of a mask of everything, values that are not one for each element must be a
    /// single one; with a list or a mask along an axis, and of blocks, the shapes must be the same.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::Values;
    /// let file = hdfive::File::in_memory()?;
    /// let table = file.new_dataset::<i32>().shape((2, 3)).create("table")?;
    /// table.write_slice(&[1, 2, 3], ..)?;
    /// table.write_slice(Values::scalar(&9), (.., 1))?;
    /// assert_eq!(table.read_raw::<i32>()?, [1, 9, 3, 1, 9, 3]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write); [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the selection
    /// does not fit the shape.
    pub fn write_slice<'b, A, T, S, D>(&self, values: A, selection: S) -> Result<()>
    where
        A: Into<Values<'b, T, D>>,
        T: H5Type,
        S: Into<Selection>,
    {
        let (values, selection) = (values.into(), selection.into());
        let store = &self.found.store;
        self.named(store.edit_elements(|| {
            let container = self.current()?;
            let resolved = container.resolve(&selection)?;
            let given = values.shape().iter().map(|len| wide(*len));
            if given.eq(resolved.shape.iter().copied()) {
                return container.write_resolved(values.as_slice(), &resolved.elements);
            }
            let datatype = &container.stored_type().datatype;
            let bytes = container.spread(&values, datatype, (&selection, &resolved), false)?;
            container.write_bytes(&resolved.elements, &bytes)
        }))
    }

    /// Writes all elements, whatever they are.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::Value;
    /// let file = hdfive::File::in_memory()?;
    /// let attribute = file.new_attr::<(i8, f32)>().create("pair")?;
    /// let (one, two) = (("0".to_owned(), Value::Integer(1)), ("1".to_owned(), Value::Float(0.5)));
    /// attribute.write_values(&[Value::Compound(vec![one, two])])?;
    /// assert_eq!(attribute.read_scalar::<(i8, f32)>()?, (1, 0.5));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where a value is none of the
    /// elements' type; else as [`write_raw`](Self::write_raw).
    pub fn write_values(&self, values: &[Value]) -> Result<()> {
        self.write_slice_values(values, Selection::All)
    }

    /// Writes the selected elements, whatever they are.
    ///
    /// # Errors
    ///
    /// As [`write_values`](Self::write_values), and [`write_slice_raw`](Self::write_slice_raw).
    pub fn write_slice_values(
        &self,
        values: &[Value],
        selection: impl Into<Selection>,
    ) -> Result<()> {
        let selection = selection.into();
        let store = &self.found.store;
        self.named(store.edit_elements(|| {
            let container = self.current()?;
            let elements = container.selected(&selection, values.len())?;
            let writer = value_writer(&container.stored_type().datatype)?;
            let bytes = store.write_elements_in(container.mode(), &writer, values)?;
            container.write_bytes(&elements, &bytes)
        }))
    }

    pub(super) fn write_selected<T: H5Type>(
        &self,
        values: &[T],
        selection: &Selection,
    ) -> Result<()> {
        let elements = self.selected(selection, values.len())?;
        self.write_resolved(values, &elements)
    }

    /// Writes `elements`, of which there are as many as values.
    fn write_resolved<T: H5Type>(&self, values: &[T], elements: &ElementSelection) -> Result<()> {
        let (store, datatype) = (&self.found.store, &self.stored_type().datatype);
        self.write_bytes(elements, &store.as_elements_in(self.mode(), datatype, values)?)
    }

    /// The selected elements, of which there must be as many as values.
    fn selected(&self, selection: &Selection, given: usize) -> Result<ElementSelection> {
        let elements = self.resolve(selection)?.elements;
        if elements.len() != wide(given) {
            let wanted = elements.len();
            return Err(Error::usage(format!("{given} values for {wanted} elements")));
        }
        Ok(elements)
    }

    /// The elements, as they are stored, that are about to be changed in part.
    pub(super) fn read_replaced(&self, elements: &ElementSelection) -> Result<Vec<u8>> {
        match self.source() {
            Source::Dataset(dataset) => {
                self.current_dataset(dataset).read_replaced(&self.found.store, elements)
            }
            Source::Attribute(_) => self.read_bytes(elements),
        }
    }

    /// Writes elements as they are stored.
    pub(super) fn write_bytes(&self, elements: &ElementSelection, bytes: &[u8]) -> Result<()> {
        let store = &self.found.store;
        match self.source() {
            Source::Dataset(dataset) => self.current_dataset(dataset).write(store, elements, bytes),
            Source::Attribute(attribute) => self.write_attribute(attribute, elements, bytes),
        }
    }

    fn write_attribute(
        &self,
        attribute: &AttributeObject,
        elements: &ElementSelection,
        bytes: &[u8],
    ) -> Result<()> {
        let mut data = attribute.data()?.to_vec();
        let (extent, size) = (&attribute.dataspace.dimensions, attribute.datatype.size());
        linear::write_to_memory(&mut data, extent, elements, size, bytes)?;
        set_data(&self.found.store, self.found.header.address, attribute, data)
    }
}

impl Dataset {
    /// Gives the dataset another shape, within its largest one. Elements that come into being hold
    /// the fill value; those beyond the shape are gone for good.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// let log = file.new_dataset::<i32>().shape((0..=10, 2)).create("log")?;
    /// log.resize((3, 2))?;
    /// log.write_slice(&[7, 8], 2)?;
    /// assert_eq!(log.read_raw::<i32>()?, [0, 0, 0, 0, 7, 8]);
    /// assert!(log.resize((11, 2)).is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the shape is of another rank or larger
    /// than the largest, or the dataset has no chunks.
    pub fn resize(&self, shape: impl Into<Extents>) -> Result<()> {
        let store = &self.found.store;
        let extent: Vec<u64> = shape.into().dims().into_iter().map(wide).collect();
        let resized =
            store.edit_elements(|| self.current_dataset(self.known()).resize(store, &extent));
        self.named(resized)
    }

    /// Stores a chunk as it is, in place of what is there: it starts at `offset`, in elements, and
    /// did not go through the filters of the pipeline whose bits are set in `filter_mask`.
    ///
    /// Nothing looks at the bytes: what they are not is found out when they are read.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// let new = || file.new_dataset::<u8>().shape(8).chunk(4).deflate(6);
    /// let (from, to) = (new().create("from")?, new().create("to")?);
    /// from.write_raw(&[1, 2, 3, 4, 5, 6, 7, 8])?;
    /// if let Some((mask, bytes)) = from.read_chunk(&[4])? {
    ///     to.write_chunk(&[0], mask, &bytes)?;
    /// }
    /// assert_eq!(to.read_raw::<u8>()?, [5, 6, 7, 8, 0, 0, 0, 0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where no chunk starts there, there are no bytes,
    /// or the chunk goes through no filters and has another size, or a mask.
    pub fn write_chunk(&self, offset: &[u64], filter_mask: u32, bytes: &[u8]) -> Result<()> {
        let store = &self.found.store;
        let written = store.edit_elements(|| {
            let scaled = self.scaled(offset)?;
            self.current_dataset(self.known()).write_chunk(store, &scaled, filter_mask, bytes)
        });
        self.named(written)
    }
}
