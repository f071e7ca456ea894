//! What datasets and attributes have in common: elements to read.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use super::dataspace::Dataspace;
use super::datatype::Datatype;
use super::elements::{Elements, Origin};
use super::heap::Heap;
use super::location::Location;
use super::selection::{Resolved, Selection};
use crate::codec::wide;
use crate::element::{ConversionMode, Converter, H5Type, InMode, Value, check_count};
use crate::error::{Error, Result};
use crate::format::message::{Dataspace as StoredSpace, DataspaceKind};
use crate::io::pages;
use crate::limits::Limits;
use crate::object::attribute::{self, AttributeObject};
use crate::object::dataset::DatasetObject;
use crate::object::progress::{Job, is_watched};
use crate::object::raw_data::block::Block;
use crate::object::raw_data::linear::{self, Compact};
use crate::object::selection::ElementSelection;
use crate::object::stored_type::StoredType;

/// Elements of one type in a dataspace: what datasets and attributes have in common.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let frames = file.dataset("run1/frames")?;
/// assert_eq!(frames.shape(), [4, 6, 5]);
/// let row: Vec<f32> = frames.read_slice_raw((0, 1))?;
/// assert_eq!(row, [5.0, 6.0, 7.0, 8.0, 9.0]);
/// let corner: Vec<i64> = frames.read_slice_raw((..2, 0, -1))?;
/// assert_eq!(corner, [4, 34]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Container {
    location: Location,
    source: Source,
    /// What becomes of values that the type they convert to does not have.
    mode: ConversionMode,
}

#[derive(Debug, Clone)]
pub(crate) enum Source {
    Dataset(Arc<DatasetObject>),
    Attribute(Arc<AttributeObject>),
}

impl Container {
    pub(crate) fn new(location: Location, source: Source) -> Self {
        Self { location, source, mode: ConversionMode::Saturating }
    }

    /// The same, with values that convert in this mode.
    pub(super) fn in_mode(&self, mode: ConversionMode) -> Self {
        Self { mode, ..self.clone() }
    }

    pub(super) fn mode(&self) -> ConversionMode {
        self.mode
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    pub(super) fn stored_type(&self) -> &StoredType {
        match &self.source {
            Source::Dataset(dataset) => &dataset.datatype,
            Source::Attribute(attribute) => &attribute.datatype,
        }
    }

    /// The same, as it is now: an attribute of a file that is being written may have changed.
    pub(super) fn current(&self) -> Result<Cow<'_, Self>> {
        let found = &self.location.found;
        let _reading = found.store.reading()?;
        let Source::Attribute(known) = &self.source else { return Ok(Cow::Borrowed(self)) };
        if !found.store.may_change() {
            return Ok(Cow::Borrowed(self));
        }
        let at = found.header.address;
        let now = attribute::create::existing(&found.store, at, known.message.name())?;
        let now = Source::Attribute(Arc::new(now.open(&found.store)?));
        Ok(Cow::Owned(Self { source: now, ..self.clone() }))
    }

    pub(super) fn stored_space(&self) -> StoredSpace {
        match &self.source {
            Source::Dataset(dataset) => self.location.current_dataset(dataset).dataspace.clone(),
            Source::Attribute(attribute) => attribute.dataspace.clone(),
        }
    }

    /// How many elements there are now. Of an attribute that is gone, as many as there were.
    fn current_space(&self) -> StoredSpace {
        self.current().map_or_else(|_| self.stored_space(), |now| now.stored_space())
    }

    /// Type of the elements.
    ///
    /// # Errors
    ///
    /// Where it is an attribute that is gone.
    pub fn dtype(&self) -> Result<Datatype> {
        let stored = self.named(self.current())?.stored_type().clone();
        Ok(Datatype::of_elements(self.location.clone(), stored))
    }

    /// Number and arrangement of the elements.
    ///
    /// # Errors
    ///
    /// Where it is an attribute that is gone.
    pub fn space(&self) -> Result<Dataspace> {
        Ok(Dataspace::of(&self.named(self.current())?.stored_space()))
    }

    /// Elements along each axis.
    #[must_use]
    pub fn shape(&self) -> Vec<usize> {
        Dataspace::of(&self.current_space()).shape()
    }

    /// Elements along each axis.
    ///
    /// # Errors
    ///
    /// Where it is an attribute that is gone.
    pub fn get_shape(&self) -> Result<Vec<usize>> {
        Ok(self.space()?.shape())
    }

    /// Number of axes.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.current_space().rank()
    }

    /// Number of elements.
    #[must_use]
    pub fn size(&self) -> usize {
        Dataspace::of(&self.current_space()).size()
    }

    /// Whether there is one element along no axis.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        Dataspace::of(&self.current_space()).is_scalar()
    }

    /// Reads all elements, in row-major order.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where the elements do not convert
    /// to `T`; whatever reading them gives.
    pub fn read_raw<T: H5Type>(&self) -> Result<Vec<T>> {
        self.read_slice_raw(Selection::All)
    }

    /// Reads the selected elements, in row-major order (of points: in the order given).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the selection does not fit the shape;
    /// else as [`read_raw`](Self::read_raw).
    pub fn read_slice_raw<T: H5Type>(&self, selection: impl Into<Selection>) -> Result<Vec<T>> {
        let _reading = self.named(self.location.found.store.reading())?;
        let selection = selection.into();
        let read = || match self.read_new_block(&selection)? {
            Some(values) => Ok(values),
            None => Ok(self.current()?.read_selected(&selection)?.0),
        };
        self.named(read())
    }

    /// Reads all elements into `buffer`, which has room for exactly as many; gives their number.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the buffer is of another size; else as
    /// [`read_raw`](Self::read_raw).
    pub fn read_into_raw<T: H5Type>(&self, buffer: &mut [T]) -> Result<usize> {
        self.read_slice_into_raw(buffer, Selection::All)
    }

    /// Reads the selected elements into `buffer`, which has room for exactly as many; gives their
    /// number.
    ///
    /// # Errors
    ///
    /// As [`read_into_raw`](Self::read_into_raw).
    pub fn read_slice_into_raw<T: H5Type>(
        &self,
        buffer: &mut [T],
        selection: impl Into<Selection>,
    ) -> Result<usize> {
        let _reading = self.named(self.location.found.store.reading())?;
        let selection = selection.into();
        let mut read = || match self.read_block(buffer, &selection)? {
            true => Ok(buffer.len()),
            false => self.current()?.read_buffer(buffer, &selection),
        };
        self.named(read())
    }

    /// Reads the only element; where there is not even one, as in a null dataspace, `None` of an
    /// `Option`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where there is not exactly one; else as
    /// [`read_raw`](Self::read_raw).
    pub fn read_scalar<T: H5Type>(&self) -> Result<T> {
        self.read_slice_scalar(Selection::All)
    }

    /// Reads the only element selected.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// let frames = file.dataset("run1/frames")?;
    /// assert_eq!(frames.read_slice_scalar::<i64>((1, 0, -1))?, 34);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`read_scalar`](Self::read_scalar), and [`read_slice_raw`](Self::read_slice_raw).
    pub fn read_slice_scalar<T: H5Type>(&self, selection: impl Into<Selection>) -> Result<T> {
        let selection = selection.into();
        if let (Source::Attribute(attribute), Selection::All) = (&self.source, &selection)
            && !self.location.found.store.may_change()
            && let Some(value) = self.named(self.read_only(attribute))?
        {
            return Ok(value);
        }
        let mut values = self.read_slice_raw(selection)?;
        if values.is_empty()
            && let Some(missing) = T::missing()
            && self.current_space().kind == DataspaceKind::Null
        {
            return Ok(missing);
        }
        match (values.pop(), values.is_empty()) {
            (Some(value), true) => Ok(value),
            _ => self.named(Err(Error::usage("there is not exactly one element"))),
        }
    }

    /// The element of an attribute that has but one, where its bytes are those of the value.
    fn read_only<T: H5Type>(&self, attribute: &AttributeObject) -> Result<Option<T>> {
        let store = &self.location.found.store;
        let _reading = store.reading()?;
        let data = attribute.data()?;
        Limits::check("read_bytes", wide(data.len()), store.space().limits().read_bytes)?;
        if attribute.dataspace.points()? != 1 || !T::is_identical(&attribute.datatype.datatype) {
            return Ok(None);
        }
        let Some(mut values) = T::zeros(1) else { return Ok(None) };
        match T::as_bytes_mut(&mut values) {
            Some(bytes) if bytes.len() == data.len() => bytes.copy_from_slice(data),
            _ => return Ok(None),
        }
        Ok(values.pop())
    }

    /// Reads what is there, whatever it is: a scalar as the value it is, anything else as an array
    /// of its shape.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// file.set_attr("unit", "m/s")?;
    /// file.set_attr("range", [0.5, 12.0])?;
    /// assert_eq!(file.attr("unit")?.read_value()?.as_str(), Some("m/s"));
    /// assert_eq!(file.attr("range")?.read_value()?.to_string(), "[0.5, 12.0]");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Whatever reading it gives.
    pub fn read_value(&self) -> Result<Value> {
        let read = self.read_elements(Selection::All)?;
        let mut elements = read.values_in(self.mode)?;
        match elements.pop_if(|_| read.shape().is_empty()) {
            Some(one) => Ok(one),
            None => {
                let narrow = |len: &u64| usize::try_from(*len).unwrap_or(usize::MAX);
                let shape = read.shape().iter().map(narrow).collect();
                Ok(Value::Array { shape, elements })
            }
        }
    }

    /// Reads all elements, whatever they are.
    ///
    /// # Errors
    ///
    /// Whatever reading them gives.
    pub fn read_values(&self) -> Result<Vec<Value>> {
        self.read_elements(Selection::All)?.values_in(self.mode)
    }

    /// Reads the selected elements as they are stored, to be looked into one by one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the selection does not fit the shape;
    /// whatever reading them gives.
    pub fn read_elements(&self, selection: impl Into<Selection>) -> Result<Elements> {
        let _reading = self.named(self.location.found.store.reading())?;
        let read = || {
            let now = self.current()?;
            let resolved = now.resolve(&selection.into())?;
            let bytes = now.read_bytes(&resolved.elements)?;
            let datatype = Arc::clone(&now.stored_type().datatype);
            Ok(Elements::new(datatype, resolved.shape, bytes, &self.origin()))
        };
        self.named(read())
    }

    pub(crate) fn resolve(&self, selection: &Selection) -> Result<Resolved> {
        match &self.source {
            Source::Dataset(known) => {
                let dataset = self.location.current_dataset(known);
                Self::resolve_in(&dataset.dataspace, selection)
            }
            Source::Attribute(attribute) => Self::resolve_in(&attribute.dataspace, selection),
        }
    }

    fn resolve_in(space: &StoredSpace, selection: &Selection) -> Result<Resolved> {
        if space.kind == DataspaceKind::Null {
            let nothing = ElementSelection::Runs(Default::default());
            return match selection {
                Selection::All | Selection::None => {
                    Ok(Resolved { elements: nothing, shape: vec![0] })
                }
                _ => Err(Error::usage("a null dataspace has no elements to select")),
            };
        }
        selection.resolve(&space.dimensions)
    }

    /// The selected elements and their shape.
    pub(crate) fn read_selected<T: H5Type>(
        &self,
        selection: &Selection,
    ) -> Result<(Vec<T>, Vec<u64>)> {
        let Resolved { elements, shape } = self.resolve(selection)?;
        let datatype = &self.stored_type().datatype;
        let count = self.count(&elements)?;
        self.bytes_of(&elements)?;
        if T::is_identical(datatype)
            && let Some(mut values) = T::zeros(count)
        {
            self.make_room(&mut values);
            if let Some(bytes) = T::as_bytes_mut(&mut values) {
                self.read_bytes_into(&elements, bytes)?;
                return Ok((values, shape));
            }
        }
        let converter = T::converter(datatype)?;
        Ok((self.read_converted(&converter, &elements)?, shape))
    }

    /// What `converter` makes of the elements.
    pub(super) fn read_converted<T: Send>(
        &self,
        converter: &Converter<T>,
        elements: &ElementSelection,
    ) -> Result<Vec<T>> {
        let count = self.count(elements)?;
        self.bytes_of(elements)?;
        let mut values = Vec::new();
        pages::reserve_exact(&mut values, count).ok_or_else(|| no_memory(count))?;
        self.make_room(&mut values);
        let (heap, mode, out) = (Heap::new(&self.location.found.store), self.mode, &mut values);
        self.read_blocks(elements, &mut move |bytes| {
            converter.convert(bytes, &InMode { heap: &heap, mode }, out)
        })?;
        Ok(values)
    }

    /// Reads a small block straight into `buffer`; `false` where that is not what is asked for, and
    /// the buffer may hold anything.
    fn read_block<T: H5Type>(&self, buffer: &mut [T], selection: &Selection) -> Result<bool> {
        let Some(dataset) = self.as_it_is::<T>() else { return Ok(false) };
        match selection.as_block(&dataset.dataspace.dimensions) {
            Some(block) if block.count() == wide(buffer.len()) => {
                self.check_room::<T>(buffer.len())?;
                self.copy_block(dataset, &block, buffer)
            }
            _ => Ok(false),
        }
    }

    /// As [`read_block`](Self::read_block), into memory of its own.
    fn read_new_block<T: H5Type>(&self, selection: &Selection) -> Result<Option<Vec<T>>> {
        let Some(dataset) = self.as_it_is::<T>() else { return Ok(None) };
        let Some(block) = selection.as_block(&dataset.dataspace.dimensions) else {
            return Ok(None);
        };
        let count = usize::try_from(block.count()).unwrap_or(usize::MAX);
        let bytes = count.saturating_mul(size_of::<T>());
        if !dataset.is_copied(&self.location.found.store, &block, bytes) {
            return Ok(None);
        }
        self.check_room::<T>(count)?;
        let Some(mut values) = T::zeros(count) else { return Ok(None) };
        Ok(self.copy_block(dataset, &block, &mut values)?.then_some(values))
    }

    /// The dataset, where its elements have the bytes of the values and nobody changes it.
    fn as_it_is<T: H5Type>(&self) -> Option<&DatasetObject> {
        let Source::Dataset(dataset) = &self.source else { return None };
        let is_plain = dataset.dataspace.kind == DataspaceKind::Simple
            && !self.location.found.store.may_change()
            && T::is_identical(&dataset.datatype.datatype);
        is_plain.then_some(dataset)
    }

    fn copy_block<T: H5Type>(
        &self,
        dataset: &DatasetObject,
        block: &Block,
        buffer: &mut [T],
    ) -> Result<bool> {
        let Some(bytes) = T::as_bytes_mut(buffer) else { return Ok(false) };
        dataset.read_block(&self.location.found.store, block, bytes)
    }

    /// Checks that so many values may be read at once.
    fn check_room<T>(&self, count: usize) -> Result<()> {
        let bytes = wide(count.saturating_mul(size_of::<T>()));
        let limits = self.location.found.store.space().limits();
        Limits::check("read_bytes", bytes, limits.read_bytes)
    }

    fn read_buffer<T: H5Type>(&self, buffer: &mut [T], selection: &Selection) -> Result<usize> {
        let elements = self.resolve(selection)?.elements;
        let count = self.count(&elements)?;
        if count != buffer.len() {
            let (len, count) = (buffer.len(), count);
            return Err(Error::usage(format!("a buffer of {len} elements for {count}")));
        }
        let datatype = &self.stored_type().datatype;
        if T::is_identical(datatype)
            && let Some(bytes) = T::as_bytes_mut(buffer)
        {
            check_count(bytes.len(), self.bytes_of(&elements)?)?;
            self.read_bytes_into(&elements, bytes)?;
            return Ok(count);
        }
        let converter = T::converter(datatype)?;
        self.bytes_of(&elements)?;
        let (heap, mode, mut rest) = (Heap::new(&self.location.found.store), self.mode, buffer);
        self.read_blocks(&elements, &mut move |bytes| {
            let len = bytes.len().checked_div(converter.size()).unwrap_or(0).min(rest.len());
            let (now, later) = std::mem::take(&mut rest).split_at_mut(len);
            rest = later;
            converter.convert_into(bytes, &InMode { heap: &heap, mode }, now)
        })?;
        Ok(count)
    }

    /// Calls `each` with the elements as stored, some at a time: what is converted at once is still
    /// in the processor's cache, and the memory for it is used again.
    pub(super) fn read_blocks(
        &self,
        elements: &ElementSelection,
        each: &mut (dyn FnMut(&[u8]) -> Result<()> + Send),
    ) -> Result<()> {
        let Source::Dataset(known) = &self.source else {
            return each(&self.read_bytes(elements)?);
        };
        let store = &self.location.found.store;
        let dataset = self.location.current_dataset(known);
        let (most, align) = dataset.at_once(store, elements.len());
        if let Some(lent) = dataset.lent_run(store, elements)? {
            let piece = most.saturating_mul(dataset.element_size());
            let piece = usize::try_from(piece).unwrap_or(usize::MAX).max(1);
            return lent.chunks(piece).try_for_each(each);
        }
        let (blocks, mut bytes) = (elements.blocks(most, align), Vec::new());
        let read = |block: &ElementSelection, bytes: &mut Vec<u8>| {
            let len = block.len().saturating_mul(dataset.element_size());
            let len = usize::try_from(len).map_err(|_| no_memory(usize::MAX))?;
            let more = len.saturating_sub(bytes.len());
            bytes.try_reserve_exact(more).map_err(|_| no_memory(len))?;
            bytes.resize(len, 0);
            dataset.read(store, block, bytes)
        };
        let alone = blocks.len() < 2 || is_watched() || !dataset.is_chunked();
        if alone || store.workers().count() < 2 {
            let job = Job::begin(elements.len().saturating_mul(dataset.element_size()));
            for block in &blocks {
                read(block, &mut bytes)?;
                each(&bytes)?;
            }
            return job.end();
        }
        // One block is converted while the next is decoded.
        let mut ahead = Vec::new();
        let Some((first, rest)) = blocks.split_first() else { return Ok(()) };
        read(first, &mut bytes)?;
        for block in rest {
            let both = store.workers().both(|| read(block, &mut ahead), || each(&bytes));
            both.1.and(both.0)?;
            std::mem::swap(&mut bytes, &mut ahead);
        }
        each(&bytes)
    }

    /// Has the memory for `values` made at once, where there are as many elements to read for sure.
    fn make_room<T>(&self, values: &mut Vec<T>) {
        let store = &self.location.found.store;
        let Source::Dataset(known) = &self.source else { return };
        if !pages::is_large(values) || store.may_change() {
            return;
        }
        let dataset = self.location.current_dataset(known);
        let lent = dataset.lent(store).ok().flatten().map_or(0, |lent| wide(lent.len()));
        if wide(values.capacity()).saturating_mul(dataset.element_size()) <= lent {
            pages::make(values);
        }
    }

    pub(super) fn count(&self, elements: &ElementSelection) -> Result<usize> {
        usize::try_from(elements.len()).map_err(|_| no_memory(usize::MAX))
    }

    /// The elements as stored.
    pub(super) fn read_bytes(&self, elements: &ElementSelection) -> Result<Vec<u8>> {
        let len = self.bytes_of(elements)?;
        let mut bytes = pages::zeroed(len).ok_or_else(|| no_memory(len))?;
        self.read_bytes_into(elements, &mut bytes)?;
        Ok(bytes)
    }

    /// How many bytes the elements have, if so many may be read.
    pub(super) fn bytes_of(&self, elements: &ElementSelection) -> Result<usize> {
        let len = elements.len().saturating_mul(self.stored_type().size());
        let limits = self.location.found.store.space().limits();
        Limits::check("read_bytes", len, limits.read_bytes)?;
        usize::try_from(len).map_err(|_| no_memory(usize::MAX))
    }

    fn read_bytes_into(&self, elements: &ElementSelection, out: &mut [u8]) -> Result<()> {
        match &self.source {
            Source::Dataset(dataset) => self.location.current_dataset(dataset).read(
                &self.location.found.store,
                elements,
                out,
            ),
            Source::Attribute(attribute) => {
                if out.is_empty() {
                    return Ok(());
                }
                let (extent, size) = (&attribute.dataspace.dimensions, attribute.datatype.size());
                linear::read(&Compact(attribute.data()?), extent, elements, size, out)
            }
        }
    }

    /// Where the elements come from.
    pub(crate) fn origin(&self) -> Origin {
        Origin { store: Arc::clone(&self.location.found.store), name: self.full_name().into() }
    }

    /// Path of the object, and the attribute's name where it is one.
    fn full_name(&self) -> String {
        match &self.source {
            Source::Dataset(_) => self.location.known_name(),
            Source::Attribute(attribute) => {
                let name = crate::object::path::text(attribute.message.name());
                format!("{} attribute {name}", self.location.known_name())
            }
        }
    }

    /// Names the object in an error.
    pub(crate) fn named<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| error.under(&self.full_name()))
    }
}

#[cold]
pub(super) fn no_memory(len: usize) -> Error {
    Error::usage(format!("the result, {len} elements or bytes, does not fit memory"))
}

impl Deref for Container {
    type Target = Location;

    fn deref(&self) -> &Location {
        &self.location
    }
}
