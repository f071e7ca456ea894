//! What is read of a dataset.

use hdfive::{Dataset, Hyperslab, Reference, Selection, SliceOrIndex};
use ndarray::{Array2, ArrayD, s};
use serde_json::{Value, json};

use crate::{Outcome, new, squares};

fn done() -> Outcome {
    Ok(Value::Null)
}

/// An array as nested lists; a number where it has no axis.
fn nested(array: &ArrayD<i64>) -> Value {
    match array.shape() {
        [] => json!(array.first()),
        _ => array.outer_iter().map(|inner| nested(&inner.to_owned())).collect(),
    }
}

fn read(x: &Dataset, selection: impl Into<Selection>) -> Outcome {
    Ok(nested(&x.read_slice::<i64, _, _>(selection.into())?))
}

fn shape(x: &Dataset, selection: impl Into<Selection>) -> hdfive::Result<Vec<u64>> {
    Ok(x.read_elements(selection)?.shape().to_vec())
}

/// The numbers 0 to 11 in a row.
fn dozen(folder: &std::path::Path) -> Dataset {
    new(folder).create_dataset("x", (0..12).collect::<Vec<i64>>()).unwrap()
}

fn blocks(start: usize, count: usize, step: usize, block: usize) -> SliceOrIndex {
    SliceOrIndex::SliceCount { start, step, count, block }
}

rows! {
    fn dataset_index(folder) {
        let (_file, x) = squares(folder);
        Ok(json!([
            read(&x, 1)?, read(&x, (-1, -2))?, read(&x, (1, 2))?,
            read(&x, (SliceOrIndex::Ellipsis, 0))?, read(&x, (.., -1))?,
            read(&x, (2, SliceOrIndex::Ellipsis))?, shape(&x, ..)?, shape(&x, ())?,
        ]))
    }

    fn dataset_slices(folder) {
        let (_file, x) = squares(folder);
        let step = SliceOrIndex::stepped;
        let backwards = SliceOrIndex::Slice { start: Some(3), end: Some(1), step: 1 };
        Ok(json!([
            read(&x, (1..3, 2..))?, read(&x, (..100, 4))?, shape(&x, backwards)?,
            read(&x, (step(.., 2), step(.., 3)))?, read(&x, (-2.., ..-3))?, shape(&x, 10..)?,
        ]))
    }

    fn dataset_step_negative(folder) {
        read(&squares(folder).1, s![..;-1, ..])
    }

    fn dataset_step_zero(folder) {
        read(&squares(folder).1, SliceOrIndex::stepped(.., 0))
    }

    fn dataset_index_out_of_range(folder) {
        read(&squares(folder).1, 4)
    }

    fn dataset_index_too_negative(folder) {
        read(&squares(folder).1, -5)
    }

    fn dataset_too_many_indices(folder) {
        read(&squares(folder).1, (0, 0, 0))
    }

    fn dataset_two_ellipses(folder) {
        read(&squares(folder).1, (SliceOrIndex::Ellipsis, SliceOrIndex::Ellipsis))
    }

    fn dataset_newaxis(folder) {
        read(&squares(folder).1, s![ndarray::NewAxis, .., ..])
    }

    fn dataset_list(folder) {
        let (_file, x) = squares(folder);
        Ok(json!([
            read(&x, vec![0, 2])?, read(&x, (.., vec![1, -1]))?, read(&x, (1, vec![0, 3]))?,
            shape(&x, SliceOrIndex::List(vec![]))?,
        ]))
    }

    fn dataset_list_descending(folder) {
        read(&squares(folder).1, vec![2, 0])
    }

    fn dataset_list_twice_the_same(folder) {
        read(&squares(folder).1, vec![1, 1])
    }

    fn dataset_two_lists(folder) {
        read(&squares(folder).1, (vec![0, 1], vec![0, 1]))
    }

    fn dataset_list_out_of_range(folder) {
        read(&squares(folder).1, vec![0, 4])
    }

    fn dataset_mask_of_all(folder) {
        let (_file, x) = squares(folder);
        let mask = x.read_2d::<i64>()?.mapv(|n| n % 7 == 0);
        read(&x, &mask)
    }

    fn dataset_mask_of_axis(folder) {
        read(&squares(folder).1, (vec![true, false, false, true], 1))
    }

    fn dataset_mask_of_wrong_shape(folder) {
        read(&squares(folder).1, Array2::from_elem((5, 5), true))
    }

    fn dataset_multi_block_slice(folder) {
        let x = dozen(folder);
        let unlimited = SliceOrIndex::Unlimited { start: 0, step: 4, block: 2 };
        Ok(json!([read(&x, blocks(1, 2, 5, 3))?, read(&x, unlimited)?]))
    }

    fn dataset_multi_block_too_long(folder) {
        read(&dozen(folder), blocks(1, 3, 5, 3))
    }

    fn dataset_region_regular(folder) {
        let (_file, x) = squares(folder);
        let region = x.reference_region((1..3, SliceOrIndex::stepped(.., 2)))?;
        Ok(json!([read(&x, region.region().unwrap().clone())?, x.shape()]))
    }

    fn dataset_region_irregular(folder) {
        let (file, x) = squares(folder);
        let mask = x.read_2d::<i64>()?.mapv(|n| n % 6 == 1);
        file.set_attr("region", x.reference_region(&mask)?)?;
        let region: Reference = file.attr("region")?.read_scalar()?;
        read(&x, region.region().unwrap().clone())
    }

    fn dataset_astype(folder) {
        let x = new(folder).create_dataset("x", [1.5, -2.5, 1e10, -1e10, 300.25])?;
        Ok(json!([
            x.read_raw::<i32>()?, x.read_raw::<u8>()?, x.read_raw::<i8>()?,
            x.read_slice_raw::<f32>(..2)?,
        ]))
    }

    differs("NaN becomes 0 on every machine; libhdf5 gives what the processor does")
    fn dataset_nan_to_integer(folder) {
        let x = new(folder).create_dataset("x", [f64::NAN])?;
        let value: i32 = x.read_slice_scalar(0)?;
        assert_eq!(value, 0);
        Ok(json!(value))
    }

    fn dataset_read_direct(folder) {
        let (_file, x) = squares(folder);
        let mut out = Array2::<f32>::zeros((3, 8));
        x.read_slice_into(out.slice_mut(s![..2, 1..8;3]), (1..3, 2..5))?;
        Ok(json!(out.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>()))
    }

    fn dataset_read_direct_wrong_shape(folder) {
        let (_file, x) = squares(folder);
        let mut out = Array2::<f32>::zeros((3, 8));
        x.read_slice_into(out.slice_mut(s![..2, 1..5]), (1..3, 2..5))?;
        done()
    }

    differs("a dataset without axes has no first axis to ask for: its shape is empty")
    fn dataset_scalar_len(folder) {
        let x = new(folder).create_dataset("x", 2.5)?;
        assert_eq!(x.shape(), [0_usize; 0]);
        Ok(json!(x.shape().first()))
    }

    fn dataset_hyperslab_of_axes(folder) {
        let (_file, x) = squares(folder);
        let slab: Hyperslab = vec![SliceOrIndex::from(1..3), 2.into()].into();
        read(&x, Selection::Hyperslab(slab))
    }
}
