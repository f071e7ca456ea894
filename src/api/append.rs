//! Elements added at the end of a dataset.

use super::dataset::Dataset;
use super::selection::{Hyperslab, SliceOrIndex};
use super::values::Values;
use crate::codec::wide;
use crate::element::H5Type;
use crate::error::{Error, Result};

impl Dataset {
    /// Lets the dataset grow along `axis` by as much as the values have there, and writes them behind
    /// what is there; along the other axes they have the shape of the dataset. Values of one axis
    /// fewer are one step along it: a row, a frame, a number.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// let log = file.new_dataset::<f64>().shape((0.., 2)).create("log")?;
    /// log.append(&[0.5, 1.5], 0)?;
    /// log.append(hdfive::Values::with_shape(&[1.0, 3.5, 1.5, 4.5], &[2, 2]).unwrap(), 0)?;
    /// assert_eq!(log.shape(), [3, 2]);
    /// assert_eq!(log.read_slice_raw::<f64>((.., 1))?, [1.5, 3.5, 4.5]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the shapes do not go together; else as
    /// [`resize`](Self::resize), and [`write`](crate::Container::write).
    pub fn append<'b, A, T, D>(&self, values: A, axis: usize) -> Result<()>
    where
        A: Into<Values<'b, T, D>>,
        T: H5Type,
    {
        let values = values.into();
        let store = &self.found.store;
        let datatype = &self.known().datatype.datatype;
        let bytes = T::as_bytes(values.as_slice()).filter(|_| T::is_identical(datatype));
        self.named(store.edit_elements(|| {
            if let (0, Some(bytes)) = (axis, bytes)
                && store.append_to_waiting(self.found.header.address, values.shape(), bytes)?
            {
                return Ok(());
            }
            let dataset = self.current_dataset(self.known());
            let mut extent = dataset.extent().to_vec();
            let mut block: Vec<u64> = values.shape().iter().map(|len| wide(*len)).collect();
            if block.len() < extent.len() && axis <= block.len() {
                block.insert(axis, 1);
            }
            let mut sides = extent.iter().zip(&block).enumerate();
            let fits = block.len() == extent.len()
                && sides.all(|(place, (len, given))| place == axis || len == given);
            let (Some(end), true) = (extent.get_mut(axis), fits) else {
                let given = values.shape();
                let problem =
                    format!("values of shape {given:?} behind those of {extent:?}, axis {axis}");
                return Err(Error::usage(problem));
            };
            let start = usize::try_from(*end).unwrap_or(usize::MAX);
            *end = end.saturating_add(block.get(axis).copied().unwrap_or(0));
            dataset.resize(store, &extent)?;
            let mut axes = vec![SliceOrIndex::from(..); extent.len()];
            if let Some(grown) = axes.get_mut(axis) {
                *grown = SliceOrIndex::Rest { start };
            }
            self.write_selected(values.as_slice(), &Hyperslab::new(axes).into())
        }))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Extents, File, Values};

    #[test]
    fn whole_blocks_and_single_steps_go_behind_what_is_there() {
        let file = File::in_memory().unwrap();
        let new = |name: &str, extents: Extents| {
            file.new_dataset::<i32>().shape(extents).create(name).unwrap()
        };
        let line = new("line", (0..).into());
        line.append([1, 2], 0).unwrap();
        line.append(Values::scalar(&3), 0).unwrap();
        line.append(&[0_i32; 0], 0).unwrap();
        assert_eq!(line.read_raw::<i32>().unwrap(), [1, 2, 3]);

        let columns = new("columns", (2, 0..).into());
        columns.append([1, 2], 1).unwrap();
        columns.append(Values::with_shape(&[3, 4, 5, 6], &[2, 2]).unwrap(), 1).unwrap();
        assert_eq!(columns.read_raw::<i32>().unwrap(), [1, 3, 4, 2, 5, 6]);
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let file = File::in_memory().unwrap();
        let dataset = file.new_dataset::<i32>().shape((1..=3, 2)).create("x").unwrap();
        let pair = [1, 2];
        let refused = [
            dataset.append([1, 2, 3], 0),
            dataset.append([1], 1),
            dataset.append(pair, 2),
            dataset.append(Values::scalar(&1), 0),
            dataset.append(Values::with_shape(&pair, &[1, 1, 2]).unwrap(), 0),
            dataset.append(Values::with_shape(&[0; 6], &[3, 2]).unwrap(), 0),
            dataset.append(["a".to_owned(), "b".to_owned()], 0),
        ];
        for (n, refused) in refused.into_iter().enumerate() {
            assert!(refused.is_err(), "number {n}");
            assert_eq!(dataset.shape(), [1, 2], "number {n}");
        }
        dataset.append(pair, 0).unwrap();
        assert_eq!(dataset.read_raw::<i32>().unwrap(), [0, 0, 1, 2]);
    }
}
