//! Elements read and written: whole, in part, converted or not.

use std::io::{Read, Seek, SeekFrom};

use hdf5::datatype::Conversion;
use hdf5::{ByteReader, Container, Dataset, Reader, Writer};
use hdfive_migration::{hdf5, in_memory};
use ndarray::{Array, Array1, Array2, Array3, ArrayD, ArrayView2, Axis, Ix1, Ix2, Ix3, IxDyn};
use ndarray::{arr0, arr1, arr2, s};

fn grid(file: &hdf5::File) -> hdf5::Result<Dataset> {
    let values = Array::from_shape_fn((4, 5), |(row, column)| (10 * row + column) as i32);
    file.new_dataset_builder().with_data(&values).create("grid")
}

#[test]
fn containers_say_what_is_in_them() -> hdf5::Result<()> {
    let file = in_memory("containers.h5")?;
    let dataset = grid(&file)?;
    let container: &Container = &dataset;
    assert_eq!((container.shape(), container.ndim(), container.size()), (vec![4, 5], 2, 20));
    assert!(!container.is_scalar());
    assert_eq!(container.dtype()?.size(), 4);
    assert_eq!(container.space()?.shape(), [4, 5]);
    assert_eq!(container.storage_size(), 80);
    let scalar = file.new_dataset::<f64>().create("scalar")?;
    assert!(scalar.is_scalar());
    assert_eq!((scalar.ndim(), scalar.size(), scalar.shape()), (0, 1, vec![]));
    Ok(())
}

#[test]
fn everything_is_read() -> hdf5::Result<()> {
    let file = in_memory("everything.h5")?;
    let dataset = grid(&file)?;
    let whole: Array2<i32> = dataset.read()?;
    assert_eq!(whole[[2, 3]], 23);
    assert_eq!(dataset.read::<i32, Ix2>()?, whole);
    assert_eq!(dataset.read_2d::<i32>()?, whole);
    let any: ArrayD<i32> = dataset.read_dyn()?;
    assert_eq!(any.shape(), [4, 5]);
    assert_eq!(dataset.read_raw::<i32>()?, whole.iter().copied().collect::<Vec<_>>());
    let mut buffer = [0i32; 20];
    assert_eq!(dataset.read_into_raw(&mut buffer)?, 20);
    assert_eq!(buffer[19], 34);
    assert!(dataset.read_into_raw(&mut [0i32; 19]).is_err());
    assert!(dataset.read_1d::<i32>().is_err());
    assert!(dataset.read::<i32, Ix3>().is_err());
    assert!(dataset.read_scalar::<i32>().is_err());
    Ok(())
}

#[test]
fn parts_are_read() -> hdf5::Result<()> {
    let file = in_memory("parts.h5")?;
    let dataset = grid(&file)?;
    assert_eq!(
        dataset.read_slice::<i32, _, Ix2>(s![1..3, ..;2])?,
        arr2(&[[10, 12, 14], [20, 22, 24]])
    );
    assert_eq!(dataset.read_slice_1d::<i32, _>(s![3, ..])?, arr1(&[30, 31, 32, 33, 34]));
    assert_eq!(dataset.read_slice_2d::<i32, _>((1..3, 0..2))?, arr2(&[[10, 11], [20, 21]]));
    assert_eq!(dataset.read_slice_1d::<i32, _>((.., 3))?, arr1(&[3, 13, 23, 33]));
    assert_eq!(dataset.read_slice_2d::<i32, _>(..)?.dim(), (4, 5));
    assert_eq!(dataset.read_slice_2d::<i32, _>((2.., ..=1))?, arr2(&[[20, 21], [30, 31]]));
    let dynamic: ArrayD<f64> = dataset.read_slice(s![.., 0])?;
    assert_eq!(dynamic, arr1(&[0.0, 10.0, 20.0, 30.0]).into_dyn());
    let one = dataset.read_slice::<i32, _, IxDyn>((1, 1))?;
    assert_eq!(one, arr0(11).into_dyn());
    assert!(dataset.read_slice_1d::<i32, _>(s![4, ..]).is_err());
    assert!(dataset.read_slice_1d::<i32, _>((1..3, ..)).is_err());
    Ok(())
}

#[test]
fn everything_is_written() -> hdf5::Result<()> {
    let file = in_memory("written.h5")?;
    let dataset = file.new_dataset::<f32>().shape((2, 3)).create("x")?;
    let rows: Array2<f32> = arr2(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    dataset.write(&rows)?;
    assert_eq!(dataset.read_2d::<f32>()?, rows);
    let columns: ArrayView2<f32> = rows.t();
    assert!(dataset.write(columns).is_err());
    let turned = file.new_dataset::<f32>().shape((3, 2)).create("turned")?;
    turned.write(&columns.as_standard_layout())?;
    assert_eq!(turned.read_raw::<f32>()?, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    dataset.write_raw(&[9.0f32; 6])?;
    dataset.write_raw(&vec![8.0f32; 6])?;
    assert!(dataset.write_raw(&[1.0f32; 5]).is_err());
    assert_eq!(dataset.read_raw::<f32>()?, [8.0; 6]);
    let scalar = file.new_dataset::<u64>().create("scalar")?;
    scalar.write_scalar(&42u64)?;
    assert_eq!(scalar.read_scalar::<u64>()?, 42);
    scalar.write(&arr0(43u64))?;
    assert_eq!(scalar.read::<u64, ndarray::Ix0>()?, arr0(43));
    Ok(())
}

#[test]
fn parts_are_written() -> hdf5::Result<()> {
    let file = in_memory("parts_written.h5")?;
    let dataset = file.new_dataset::<i32>().shape((3, 4)).create("x")?;
    dataset.write_slice(&arr2(&[[1, 2], [3, 4]]), s![1.., 1..3])?;
    dataset.write_slice(&[5, 6, 7, 8], (0, ..))?;
    dataset.write_slice(&arr1(&[9, 9]), s![1..;1, 3])?;
    let wanted = arr2(&[[5, 6, 7, 8], [0, 1, 2, 9], [0, 3, 4, 9]]);
    assert_eq!(dataset.read_2d::<i32>()?, wanted);
    dataset.write_slice(&wanted, ..)?;
    for (place, row) in wanted.axis_iter(Axis(0)).enumerate() {
        dataset.write_slice(row, (2 - place, ..))?;
    }
    assert_eq!(dataset.read_slice_1d::<i32, _>((2, ..))?, wanted.row(0).to_owned());
    assert!(dataset.write_slice(&arr1(&[1, 2, 3]), s![0, ..2]).is_err());
    Ok(())
}

#[test]
fn readers_convert_as_far_as_they_are_told() -> hdf5::Result<()> {
    let file = in_memory("readers.h5")?;
    let dataset = grid(&file)?;
    let reader: Reader = dataset.as_reader();
    assert_eq!(reader.read_2d::<f64>()?[[3, 4]], 34.0);
    assert_eq!(reader.read::<i64, Ix2>()?[[0, 1]], 1);
    assert_eq!(reader.read_raw::<u8>()?.len(), 20);
    assert_eq!(reader.read_dyn::<i16>()?.ndim(), 2);
    assert_eq!(reader.read_slice_1d::<i16, _>((0, ..2))?, arr1(&[0, 1]));
    assert_eq!(reader.read_slice_2d::<i16, _>((..1, ..2))?, arr2(&[[0, 1]]));
    assert_eq!(reader.read_slice::<i16, _, Ix1>(s![.., 0])?, arr1(&[0, 10, 20, 30]));
    let strict = dataset.as_reader().no_convert();
    assert!(strict.read_2d::<f64>().is_err());
    assert_eq!(strict.read_2d::<i32>()?[[3, 4]], 34);
    let mut buffer = [0i32; 20];
    assert_eq!(strict.read_into_raw(&mut buffer)?, 20);
    let hard = Reader::new(&dataset).conversion(Conversion::Hard);
    assert_eq!(hard.read_raw::<i64>()?[1], 1);
    let flat = file.new_dataset_builder().with_data(&[1u8, 2]).create("flat")?;
    assert_eq!(flat.as_reader().conversion(Conversion::NoOp).read_1d::<u8>()?, arr1(&[1, 2]));
    let scalar = file.new_dataset::<u8>().create("scalar")?;
    assert_eq!(scalar.as_reader().read_scalar::<u8>()?, 0);
    assert!(scalar.as_reader().no_convert().read_scalar::<u16>().is_err());
    Ok(())
}

#[test]
fn writers_convert_as_far_as_they_are_told() -> hdf5::Result<()> {
    let file = in_memory("writers.h5")?;
    let dataset = file.new_dataset::<i32>().shape((2, 2)).create("x")?;
    let writer: Writer = dataset.as_writer();
    writer.write(&arr2(&[[1.0f64, 2.0], [3.0, 4.0]]))?;
    writer.write_slice(&[7i64, 8], (0, ..))?;
    assert_eq!(dataset.read_raw::<i32>()?, [7, 8, 3, 4]);
    writer.write_raw(&[1u8, 2, 3, 4])?;
    let strict = Writer::new(&dataset).no_convert();
    assert!(strict.write_raw(&[1u8, 2, 3, 4]).is_err());
    strict.write_raw(&[5i32, 6, 7, 8])?;
    assert_eq!(dataset.read_raw::<i32>()?, [5, 6, 7, 8]);
    dataset.as_writer().conversion(Conversion::Soft).write_raw(&[0i64; 4])?;
    let scalar = file.new_dataset::<u8>().create("scalar")?;
    scalar.as_writer().write_scalar(&3u32)?;
    assert_eq!(scalar.read_scalar::<u8>()?, 3);
    Ok(())
}

#[test]
fn data_is_converted_as_it_is_stored() -> hdf5::Result<()> {
    let file = in_memory("converted.h5")?;
    let descriptor = <i16 as hdf5::H5Type>::type_descriptor();
    let new = || file.new_dataset_builder().with_data_as(&[1i32, 2, 70_000], &descriptor);
    assert_eq!(new().create("soft")?.read_raw::<i32>()?, [1, 2, 32_767]);
    assert_eq!(new().conversion(Conversion::Soft).create("said")?.read_raw::<i16>()?[1], 2);
    assert!(new().no_convert().create("none").is_err());
    Ok(())
}

#[test]
fn bytes_are_read_as_a_stream() -> hdf5::Result<()> {
    let file = in_memory("stream.h5")?;
    let bytes: Vec<u8> = (0..200).collect();
    let dataset = file.new_dataset_builder().with_data(&bytes).create("bytes")?;
    let mut stream: ByteReader = dataset.as_byte_reader()?;
    assert!(!stream.is_empty());
    let mut start = [0; 10];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(start, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(stream.seek(SeekFrom::End(-2)).unwrap(), 198);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, [198, 199]);
    assert!(stream.is_empty());
    assert_eq!(stream.seek(SeekFrom::Start(20)).unwrap(), 20);
    assert_eq!(stream.seek(SeekFrom::Current(5)).unwrap(), 25);
    assert_eq!(stream.stream_position().unwrap(), 25);
    assert!(stream.seek(SeekFrom::Current(-26)).is_err());
    let mut all = Vec::new();
    ByteReader::new(&dataset)?.read_to_end(&mut all).unwrap();
    assert_eq!(all, bytes);
    assert!(grid(&file)?.as_byte_reader().is_err());
    Ok(())
}

#[test]
fn three_axes_are_sliced() -> hdf5::Result<()> {
    let file = in_memory("three.h5")?;
    let values: Array3<u16> =
        Array::from_shape_fn((2, 3, 4), |(a, b, c)| (100 * a + 10 * b + c) as u16);
    let dataset = file.new_dataset_builder().with_data(&values).create("cube")?;
    assert_eq!(dataset.read::<u16, Ix3>()?, values);
    assert_eq!(dataset.read_slice_2d::<u16, _>(s![.., 1, ..])?, values.slice(s![.., 1, ..]));
    assert_eq!(dataset.read_slice_1d::<u16, _>((1, 2, 1..))?, arr1(&[121, 122, 123]));
    let flat: Array1<u16> = Array1::from(dataset.read_raw::<u16>()?);
    assert_eq!(flat.len(), 24);
    Ok(())
}
