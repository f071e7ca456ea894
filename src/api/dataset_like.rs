//! Datasets made like others.

use super::group_edit::LinkWish;
use super::{Dataset, Group};
use crate::error::Result;
use crate::object::copy::dataset_like;

impl Group {
    /// Makes a dataset at `name` like another one, of this file or of another: of its type, shape
    /// and largest shape, with its layout, chunks, filters and fill value. It has neither the other's
    /// elements nor its attributes.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let source = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// let file = hdfive::File::in_memory()?;
    /// let frames = file.create_dataset_like("frames", &source.dataset("run1/frames")?)?;
    /// assert_eq!(frames.chunk(), Some(vec![1, 6, 5]));
    /// assert_eq!(frames.filters(), [hdfive::filters::Filter::deflate(4)]);
    /// assert_eq!(frames.read_slice_scalar::<f32>((3, 5, 4))?, 0.0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Exists`](crate::ErrorKind::Exists) where there is a link already;
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the file is open for reading only, or the
    /// other dataset is beyond its version bounds.
    pub fn create_dataset_like(&self, name: &str, other: &Dataset) -> Result<Dataset> {
        let source = &other.found;
        let made = self.edit_in_reading(name, LinkWish::default(), &source.store, |store| {
            let at = dataset_like(source, store)?;
            store.kept_header(at)
        });
        made?.as_dataset()
    }
}
