//! Elements lent as they lie in memory, without a copy.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::dataset::Dataset;
use crate::element::H5Type;
use crate::error::{Error, Result};
use crate::object::dataset::DatasetObject;
use crate::object::raw_data::chunked::ChunkLocation;
use crate::object::raw_data::table::ChunkTable;

impl Dataset {
    /// All elements, in row-major order, lent by the file itself: nothing is copied, and what is not
    /// looked at is not read.
    ///
    /// That takes a file open for reading that is [mapped](crate::FileBuilder::mmap), as all but small
    /// ones are, or in memory; a dataset that is contiguous, and stores elements exactly as `T` has
    /// them in memory: numbers, complex numbers and structs that are `Pod` ([`H5Type`]), in this machine's
    /// byte order, at a place in the file where a `T` may lie, which [`FileBuilder::alignment`](crate::FileBuilder::alignment) sees to
    /// when the file is written. Whatever else it is, [`read_raw`](crate::Container::read_raw) reads it.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let path = std::env::temp_dir().join(format!("hdfive-lent-{}.h5", std::process::id()));
    /// let file = hdfive::File::with_options().alignment(1024, 8).create(&path)?;
    /// let values: Vec<f64> = (0..100_000).map(f64::from).collect();
    /// file.create_dataset("x", &values)?;
    /// file.close()?;
    ///
    /// let x = hdfive::File::open(&path)?.dataset("x")?;
    /// let sum: f64 = match x.as_slice::<f64>() {
    ///     Ok(lent) => lent.iter().sum(),
    ///     Err(_) => x.read_raw::<f64>()?.iter().sum(),
    /// };
    /// assert_eq!(sum, values.iter().sum());
    /// # std::fs::remove_file(&path).ok();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where they cannot be lent, with the reason;
    /// [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) where the file does not hold them.
    pub fn as_slice<T: H5Type>(&self) -> Result<&[T]> {
        let lend = || {
            let store = &self.found.store;
            let _reading = store.reading()?;
            let object = self.object();
            check::<T>(&object)?;
            if object.total_bytes(store)? == 0 {
                return Ok(&[][..]);
            }
            let bytes = object.lent(store)?.ok_or_else(|| {
                Error::usage(
                    "elements are lent where they are contiguous, in a file that is mapped or in \
                     memory and open for reading only",
                )
            })?;
            T::from_bytes(bytes).ok_or_else(misaligned)
        };
        self.named(lend())
    }

    /// The stored chunks, in row-major order, each lent by the file itself as [`as_slice`] lends a
    /// contiguous dataset: of a dataset in chunks that go through no filters.
    ///
    /// A chunk is lent whole, with what it has beyond the shape of the dataset, which may be anything.
    /// Chunks that nobody wrote are not among them.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let path = std::env::temp_dir().join(format!("hdfive-chunks-{}.h5", std::process::id()));
    /// let file = hdfive::File::with_options().alignment(1024, 8).create(&path)?;
    /// let values: Vec<f32> = (0..60_000_u16).map(f32::from).collect();
    /// file.new_dataset_builder().with_data(&values).chunk(30_000).create("x")?;
    /// file.close()?;
    ///
    /// let x = hdfive::File::open(&path)?.dataset("x")?;
    /// for chunk in x.chunk_slices::<f32>()? {
    ///     let chunk = chunk?;
    ///     assert_eq!(chunk.elements(), &values[chunk.offset()[0]..][..30_000]);
    /// }
    /// # std::fs::remove_file(&path).ok();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [`as_slice`]: Self::as_slice
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the dataset has other elements, no chunks
    /// or filters; whatever reading the index of the chunks gives. For each chunk, as
    /// [`as_slice`](Self::as_slice).
    pub fn chunk_slices<T: H5Type>(&self) -> Result<BorrowedChunks<'_, T>> {
        let chunks = || {
            let _reading = self.found.store.reading()?;
            let object = self.object();
            check::<T>(&object)?;
            let table = object.plain_chunks(&self.found.store)?.map(|(_, table)| table);
            let problem = "chunks are lent of a dataset that has some, which go through no filters";
            let table = table.ok_or_else(|| Error::usage(problem))?;
            let values = PhantomData;
            Ok(BorrowedChunks { dataset: self, object, table, next: 0, values })
        };
        self.named(chunks())
    }
}

/// Refuses elements that are not those of `T` as they are.
fn check<T: H5Type>(object: &DatasetObject) -> Result<()> {
    if T::is_identical(&object.datatype.datatype) && T::zeros(0).is_some() {
        return Ok(());
    }
    let problem = "elements are lent to types of numbers, and of structs that are `Pod`, that have the same \
                   bytes in memory";
    Err(Error::usage(problem))
}

#[cold]
fn misaligned() -> Error {
    Error::usage(
        "the elements lie at a place in the file where none of this type may lie in memory",
    )
}

/// The stored chunks of a dataset, as [`Dataset::chunk_slices`] lends them.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let gzipped = file.dataset("run1/frames")?;
/// assert!(gzipped.chunk_slices::<f32>().is_err());
/// # Ok(())
/// # }
/// ```
pub struct BorrowedChunks<'d, T> {
    dataset: &'d Dataset,
    object: Arc<DatasetObject>,
    table: Arc<ChunkTable>,
    next: usize,
    values: PhantomData<fn() -> T>,
}

impl<'d, T: H5Type> BorrowedChunks<'d, T> {
    fn lend(&self, scaled: &[u64], at: ChunkLocation) -> Result<BorrowedChunk<'d, T>> {
        let store = &self.dataset.found.store;
        let Some((grid, _)) = self.object.plain_chunks(store)? else { return Err(misaligned()) };
        let space = store.space();
        if at.stored_bytes != grid.chunk_bytes {
            let problem = format!("{} bytes for one of {}", at.stored_bytes, grid.chunk_bytes);
            return Err(space.broken("Chunk", "Size", at.address, problem));
        }
        let bytes = space.lend_raw("Chunk", at.address, at.stored_bytes)?.ok_or_else(|| {
            let problem = "chunks are lent by a file that is mapped or in memory, for reading only";
            Error::usage(problem)
        })?;
        let narrow = |n: &u64| usize::try_from(*n).unwrap_or(usize::MAX);
        let offset = grid.origin(scaled).iter().map(narrow).collect();
        Ok(BorrowedChunk { offset, elements: T::from_bytes(bytes).ok_or_else(misaligned)? })
    }
}

impl<'d, T: H5Type> Iterator for BorrowedChunks<'d, T> {
    type Item = Result<BorrowedChunk<'d, T>>;

    fn next(&mut self) -> Option<Self::Item> {
        let (scaled, at) = self.table.nth(self.next)?;
        self.next = self.next.saturating_add(1);
        Some(self.dataset.named(self.lend(&scaled, at)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.table.len().saturating_sub(self.next);
        (left, Some(left))
    }
}

impl<T: H5Type> ExactSizeIterator for BorrowedChunks<'_, T> {}

impl<T> fmt::Debug for BorrowedChunks<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.table.len().saturating_sub(self.next);
        write!(f, "<{left} chunks of {:?}>", self.dataset)
    }
}

/// The elements of one chunk, lent.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::in_memory()?;
/// # let dataset = file.new_dataset::<u8>().shape(10).chunk(4).create("bytes")?;
/// let first = dataset.chunk_slices::<u8>()?.next();
/// assert!(first.is_none()); // nobody wrote a chunk yet
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct BorrowedChunk<'d, T> {
    offset: Vec<usize>,
    elements: &'d [T],
}

impl<'d, T> BorrowedChunk<'d, T> {
    /// Coordinates of its first element.
    #[must_use]
    pub fn offset(&self) -> &[usize] {
        &self.offset
    }

    /// Its elements, in row-major order of the [shape of a chunk](Dataset::chunk).
    #[must_use]
    pub fn elements(&self) -> &'d [T] {
        self.elements
    }
}
