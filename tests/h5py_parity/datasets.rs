//! Datasets: what they are, what is written to them, how they grow.

use hdfive::filters::ScaleOffset;
use hdfive::{AnyValues, ExternalAccess, File};
use ndarray::{Array2, s};
use serde_json::{Value, json};

use crate::{Outcome, new, squares};

fn done() -> Outcome {
    Ok(Value::Null)
}

rows! {
    fn dataset_facts(folder) {
        let file = new(folder);
        let extents = (10.., 20..=30);
        let x = file.new_dataset::<i16>().shape(extents).chunk((5, 10)).create("x")?;
        let bytes = x.size() * x.dtype()?.size();
        Ok(json!([
            x.shape(), x.size(), x.ndim(), bytes, x.max_shape(), x.chunk(), x.shape()[0],
            x.is_virtual(), x.is_scale()?,
        ]))
    }

    fn dataset_filters(folder) {
        let file = new(folder);
        let new = file.new_dataset::<f64>().shape((100, 100)).shuffle().deflate(6).fletcher32();
        let x = new.create("x")?;
        let new = file.new_dataset::<i32>().shape((100, 100));
        let y = new.scale_offset(ScaleOffset::Integer(0)).lzf().create("y")?;
        let ids = |of: &hdfive::Dataset| of.stored_filters().iter().map(|f| f.id).collect::<Vec<u16>>();
        Ok(json!([ids(&x), ids(&y), x.stored_filters()[1].client_data, x.chunk()]))
    }

    differs("filters stand in the order they are asked for, as with hdf5-metno")
    fn dataset_filter_order(folder) {
        let new = new(folder).new_dataset::<f64>().shape((100, 100));
        let x = new.deflate(6).shuffle().create("x")?;
        Ok(json!(x.stored_filters().iter().map(|filter| filter.id).collect::<Vec<u16>>()))
    }

    differs("the level is always said")
    fn dataset_gzip_default_level(folder) {
        let x = new(folder).new_dataset::<f64>().shape((100, 100)).deflate(6).create("x")?;
        Ok(json!(x.stored_filters()[0].client_data[0]))
    }

    fn dataset_fletcher32_with_scaleoffset(folder) {
        let new = new(folder).new_dataset::<f64>().shape(100).fletcher32();
        new.scale_offset(ScaleOffset::FloatDScale(3)).create("x")?;
        done()
    }

    fn dataset_chunk_too_large(folder) {
        new(folder).new_dataset::<f64>().shape(10).chunk(11).create("x")?;
        done()
    }

    fn dataset_chunks_of_scalar(folder) {
        new(folder).new_dataset::<f64>().shape(()).deflate(4).create("x")?;
        done()
    }

    fn dataset_gzip_level_out_of_range(folder) {
        new(folder).new_dataset::<f64>().shape(10).deflate(10).create("x")?;
        done()
    }

    fn dataset_guessed_chunks(folder) {
        let file = new(folder);
        let all = [
            file.new_dataset::<f32>().shape((1000, 1000)).deflate(4).create(None)?,
            file.new_dataset::<f64>().shape((100, 100)).deflate(4).create(None)?,
            file.new_dataset::<f64>().shape(0..).create(None)?,
            file.new_dataset::<i8>().shape((3.., 5, 7..)).create(None)?,
            file.new_dataset::<i16>().shape((1024, 1024, 64)).deflate(4).create(None)?,
            file.new_dataset::<f64>().shape(1..).deflate(4).create(None)?,
        ];
        Ok(json!(all.map(|dataset| dataset.chunk())))
    }

    fn dataset_scalar(folder) {
        let x = new(folder).create_dataset("x", 2.5)?;
        Ok(json!([x.shape(), x.ndim(), x.read_scalar::<f64>()?, x.size()]))
    }

    fn dataset_scalar_rows(folder) {
        let x = new(folder).create_dataset("x", 2.5)?;
        x.iter_rows::<f64>()?;
        done()
    }

    fn dataset_write_broadcasts(folder) {
        let x = new(folder).new_dataset::<i32>().shape((3, 4)).create("x")?;
        x.write_slice([7], ..)?;
        x.write_slice([1, 2, 3, 4], 1)?;
        x.write_slice(&Array2::from_shape_vec((3, 1), vec![8, 9, 10]).unwrap(), (.., 1..3))?;
        let rows: Array2<i32> = x.read_2d()?;
        Ok(json!(rows.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>()))
    }

    fn dataset_write_wrong_shape(folder) {
        let x = new(folder).new_dataset::<i32>().shape((3, 4)).create("x")?;
        x.write_slice([1, 2, 3], ..)?;
        done()
    }

    fn dataset_write_list_scalar(folder) {
        let x = new(folder).new_dataset::<i32>().shape((3, 4)).create("x")?;
        x.write_slice([5], (vec![0, 2],))?;
        done()
    }

    fn dataset_write_list(folder) {
        let x = new(folder).new_dataset::<i32>().shape((3, 2)).create("x")?;
        let values = Array2::from_shape_vec((2, 2), vec![1, 2, 3, 4]).unwrap();
        x.write_slice(&values, (vec![0, 2],))?;
        Ok(json!(x.read_raw::<i32>()?.chunks(2).map(<[i32]>::to_vec).collect::<Vec<_>>()))
    }

    fn dataset_write_mask(folder) {
        let x = new(folder).create_dataset("x", [0_i64, 1, 2, 3, 4, 5])?;
        let mask = |wanted: fn(i64) -> bool| -> hdfive::Result<Vec<bool>> {
            Ok(x.read_raw::<i64>()?.into_iter().map(wanted).collect())
        };
        x.write_slice([0, 0], mask(|n| n > 3)?)?;
        x.write_slice([7, 8, 9], mask(|n| n == 0)?)?;
        Ok(json!(x.read_raw::<i64>()?))
    }

    fn dataset_write_outside(folder) {
        let x = new(folder).new_dataset::<i32>().shape(3).create("x")?;
        x.write_slice([1], 5)?;
        done()
    }

    fn dataset_write_saturates(folder) {
        let x = new(folder).new_dataset::<u8>().shape(4).create("x")?;
        x.write_raw(&[-5, 300, 7, 255])?;
        Ok(json!(x.read_raw::<i64>()?))
    }

    fn dataset_write_direct(folder) {
        let x = new(folder).new_dataset::<i16>().shape((4, 5)).create("x")?;
        let values = Array2::from_shape_fn((3, 8), |(row, column)| (row * 8 + column) as f64);
        x.write_slice(values.slice(s![..2, 1..8;3]), (1..3, 2..5))?;
        Ok(json!(x.read_raw::<i64>()?.chunks(5).map(<[i64]>::to_vec).collect::<Vec<_>>()))
    }

    fn dataset_resize(folder) {
        let new = new(folder).new_dataset::<i64>().shape(3..).fill_value(-1);
        let x = new.create("x")?;
        x.write_raw(&[1, 2, 3])?;
        x.resize(5)?;
        let grown: Vec<i64> = x.read_raw()?;
        x.resize(2)?;
        x.resize(4)?;
        Ok(json!([grown, x.read_raw::<i64>()?]))
    }

    fn dataset_resize_beyond(folder) {
        new(folder).new_dataset::<i32>().shape(3..=5).create("x")?.resize(6)?;
        done()
    }

    fn dataset_resize_contiguous(folder) {
        new(folder).new_dataset::<i32>().shape(3).create("x")?.resize(2)?;
        done()
    }

    fn dataset_rows(folder) {
        let x = new(folder).new_dataset::<i64>().shape((3, 2)).create("x")?;
        x.write_raw(&[0, 1, 2, 3, 4, 5])?;
        let rows: Vec<Vec<i64>> = x.iter_rows()?.collect::<hdfive::Result<_>>()?;
        Ok(json!([rows[0], rows[1], rows[2], rows.len()]))
    }

    fn dataset_iter_chunks(folder) {
        let x = new(folder).new_dataset::<i32>().shape((5, 4)).chunk((2, 3)).create("x")?;
        let ends = |chunk: hdfive::ChunkSlice| -> Vec<_> {
            chunk.ranges().iter().map(|range| json!([range.start, range.end])).collect()
        };
        Ok(json!(x.iter_chunks()?.map(ends).collect::<Vec<_>>()))
    }

    fn dataset_iter_chunks_contiguous(folder) {
        let x = new(folder).new_dataset::<i32>().shape((5, 4)).create("x")?;
        x.iter_chunks().map(|_| json!(null))
    }

    fn dataset_direct_chunks(folder) {
        let file = new(folder);
        let x = file.new_dataset::<u8>().shape((4, 4)).chunk((2, 4)).deflate(4).create("x")?;
        x.write_chunk(&[2, 0], 1, &[0, 1, 2, 3, 4, 5, 6, 7])?;
        let found = x.chunk_info(0).unwrap();
        let (mask, bytes) = x.read_chunk(&[2, 0])?.unwrap();
        let row = |n: i64| x.read_slice_raw::<u8>(n as usize);
        Ok(json!([
            x.num_chunks(), found.offset, found.filter_mask, found.size, mask, bytes, row(2)?,
            row(0)?, x.storage_size(),
        ]))
    }

    fn dataset_fill(folder) {
        let file = new(folder);
        let x = file.new_dataset::<i32>().shape(3).fill_value(7).create("x")?;
        let y = file.new_dataset::<f32>().shape(3).create("y")?;
        let value = |of: &hdfive::Dataset| {
            of.fill_value().map(|value| value.and_then(|v| hdfive::Value::from(&v).as_f64()))
        };
        Ok(json!([
            x.read_raw::<i32>()?, value(&x)?.map(|n| n as i64), y.read_raw::<f32>()?,
            // None is set: it is zero.
            value(&y)?.unwrap_or_default(),
        ]))
    }

    fn dataset_external(folder) {
        let raw: Vec<u8> = (0..6_i32).flat_map(i32::to_le_bytes).collect();
        std::fs::write(folder.join("raw.bin"), raw).unwrap();
        let options = File::with_options().external(ExternalAccess::All);
        let file = options.create(folder.join("f.h5"))?;
        let x = file.new_dataset::<i32>().shape(4).external("raw.bin", 8, 16).create("x")?;
        let files = x.external_files();
        let parts: Vec<_> = files.iter().map(|part| json!([part.name, part.offset, part.size])).collect();
        Ok(json!([x.read_raw::<i32>()?, parts]))
    }

    fn dataset_virtual(folder) {
        let source = File::create(folder.join("source.h5"))?;
        source.create_dataset("y", [0_i64, 1, 2, 3])?;
        source.close()?;
        let file = new(folder);
        let new = file.new_dataset::<i64>().shape((2, 4)).fill_value(-1_i64);
        let x = new.virtual_map("source.h5", "y", 4, .., (2, 4), (1, ..)).create("x")?;
        let rows: Vec<_> = x.read_raw::<i64>()?.chunks(4).map(<[i64]>::to_vec).collect();
        Ok(json!([rows, x.is_virtual(), x.virtual_mappings().len()]))
    }

    fn dataset_scales(folder) {
        let (file, x) = squares(folder);
        let s = file.create_dataset("s", [1_i64, 2, 3, 4, 5])?;
        s.make_scale("name")?;
        x.dim(1)?.attach_scale(&s)?;
        x.dim(0)?.set_label("rows")?;
        let labels = [x.dim(0)?.label()?, x.dim(1)?.label()?];
        let names = || -> hdfive::Result<Vec<String>> {
            Ok(x.dim(1)?.scales()?.into_iter().map(|(name, _)| name).collect())
        };
        let (before, values) = (names()?, x.dim(1)?.scale("name")?.read_raw::<i64>()?);
        x.dim(1)?.detach_scale(&s)?;
        Ok(json!([labels, before, values, s.is_scale()?, names()?]))
    }

    fn dataset_scale_missing(folder) {
        let (_file, x) = squares(folder);
        x.dim(1)?.scale("name")?;
        done()
    }

    fn dataset_scale_not_attached(folder) {
        let (file, x) = squares(folder);
        x.dim(1)?.detach_scale(&file.create_dataset("s", [1, 2])?)?;
        done()
    }

    fn dataset_scale_of_scale(folder) {
        let (file, x) = squares(folder);
        x.make_scale("x")?;
        x.dim(0)?.attach_scale(&file.create_dataset("s", [1, 2])?)?;
        done()
    }

    differs("attached once, whatever one asks for; libhdf5 notes the axis twice with the scale")
    fn dataset_scale_attached_twice(folder) {
        let (file, x) = squares(folder);
        let s = file.create_dataset("s", [1, 2])?;
        x.dim(0)?.attach_scale(&s)?;
        x.dim(0)?.attach_scale(&s)?;
        Ok(json!([x.dim(0)?.num_scales()?, s.attr("REFERENCE_LIST")?.size()]))
    }

    differs("a scale of another file is refused; libhdf5 stores a reference that leads elsewhere")
    fn dataset_scale_of_another_file(folder) {
        let (_file, x) = squares(folder);
        let other = File::create(folder.join("g.h5"))?;
        let s = other.create_dataset("s", [1, 2])?;
        x.dim(0)?.attach_scale(&s)?;
        done()
    }

    fn dataset_axis_out_of_range(folder) {
        let (_file, x) = squares(folder);
        x.dim(2)?;
        done()
    }

    differs("the type is always said: nothing is of 32-bit floats unasked")
    fn dataset_default_type(folder) {
        let x = new(folder).create_dataset("x", AnyValues::from(vec![0.0; 3]))?;
        Ok(json!(x.dtype()?.size()))
    }
}
