//! Some members of compounds, seen as elements of their own.

use super::container::Container;
use super::selection::Selection;
use super::values::Values;
use super::view::of_elements;
use crate::element::{ConversionMode, H5Type, TypeDescriptor, Value};
use crate::error::Result;

impl Container {
    /// Some members of compounds, in this order, of which nothing is read yet.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// let points = file.dataset("run1/points")?;
    /// let some = points.fields(["count", "x"]);
    /// assert_eq!(some.shape(), [2]);
    /// let pairs: Vec<(i32, f32)> = some.read_raw()?;
    /// let first = some.read_values(0)?;
    /// assert_eq!(first[0].get("count").and_then(|count| count.as_i64()), Some(3));
    /// // One member alone is its values, too.
    /// assert_eq!(points.fields(["count"]).read_raw::<i32>()?, [3, 4]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn fields<N: Into<String>>(&self, names: impl IntoIterator<Item = N>) -> FieldView {
        let names = names.into_iter().map(Into::into).collect();
        FieldView { elements: self.clone(), names }
    }
}

/// Some members of compounds: see [`Container::fields`].
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// #[derive(Clone, hdfive::H5Type)]
/// struct Row {
///     id: u32,
///     x: f64,
///     y: f64,
/// }
/// let rows = [Row { id: 1, x: 0.5, y: 2.0 }, Row { id: 2, x: 1.5, y: 3.0 }];
/// let dataset = file.new_dataset_builder().with_data(&rows).create("rows")?;
/// let places = dataset.fields(["x", "y"]);
/// assert_eq!(places.read_raw::<(f64, f64)>()?, [(0.5, 2.0), (1.5, 3.0)]);
/// places.write_slice(&[(9.0, 8.0)], 1..)?;
/// assert_eq!(dataset.read_field::<u32>("id", ..)?, [1, 2]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FieldView {
    elements: Container,
    names: Vec<String>,
}

impl FieldView {
    fn names_as_str(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    /// The names of the members.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The type of the members, as a compound without gaps.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where the elements lack a member;
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where one is of a type that no
    /// Rust value has.
    pub fn dtype(&self) -> Result<TypeDescriptor> {
        self.elements.part_descriptor(&self.names_as_str())
    }

    of_elements!();

    /// Reads all elements, in row-major order: as tuples, structs with fields of these names, or of
    /// one member alone as its values.
    ///
    /// # Errors
    ///
    /// As [`Container::read_fields`].
    pub fn read_raw<T: H5Type>(&self) -> Result<Vec<T>> {
        self.read_slice_raw(Selection::All)
    }

    /// Reads the selected elements: see [`read_raw`](Self::read_raw).
    ///
    /// # Errors
    ///
    /// As [`Container::read_fields`].
    pub fn read_slice_raw<T: H5Type>(&self, selection: impl Into<Selection>) -> Result<Vec<T>> {
        self.elements.read_fields(&self.names_as_str(), selection)
    }

    /// Reads the selected elements, whatever they are: compounds of these members.
    ///
    /// # Errors
    ///
    /// As [`Container::read_fields`].
    pub fn read_values(&self, selection: impl Into<Selection>) -> Result<Vec<Value>> {
        let read = self.elements.read_part_elements(&self.names_as_str(), &selection.into())?;
        read.values_in(self.elements.mode())
    }

    /// Writes these members of the selected elements; the others stay as they are.
    ///
    /// # Errors
    ///
    /// As [`Container::write_fields`].
    pub fn write_slice<'b, A, T, S, D>(&self, values: A, selection: S) -> Result<()>
    where
        A: Into<Values<'b, T, D>>,
        T: H5Type,
        S: Into<Selection>,
    {
        self.elements.write_fields(&self.names_as_str(), values, selection)
    }
}

#[cfg(feature = "ndarray")]
mod arrays {
    use ndarray::{Array, Dimension};

    use super::FieldView;
    use crate::api::arrays::array;
    use crate::api::selection::Selection;
    use crate::element::H5Type;
    use crate::error::Result;

    impl FieldView {
        /// Reads all elements as an array of as many axes as `D` says.
        ///
        /// # Errors
        ///
        /// As [`Container::read`](crate::Container::read), and
        /// [`read_raw`](Self::read_raw).
        pub fn read<T: H5Type, D: Dimension>(&self) -> Result<Array<T, D>> {
            self.read_slice(Selection::All)
        }

        /// Reads the selected elements as an array of as many axes as `D` says.
        ///
        /// # Errors
        ///
        /// As [`Container::read_slice`](crate::Container::read_slice), and
        /// [`read_raw`](Self::read_raw).
        pub fn read_slice<T: H5Type, D: Dimension>(
            &self,
            selection: impl Into<Selection>,
        ) -> Result<Array<T, D>> {
            let read = self.elements.read_part(&self.names_as_str(), &selection.into());
            let (values, shape) = read?;
            self.elements.named(array(values, &shape))
        }
    }
}
