//! Whole programs, as they stand in documentation and in people's projects.

use std::str::FromStr;

use hdf5::types::{FixedAscii, VarLenUnicode};
use hdf5::{Dataset, File, Group, H5Type, Result};
use hdfive_migration::{hdf5, scratch};
use ndarray::{Array1, Array2, Array3, Axis, arr2, s};

#[derive(H5Type, Clone, PartialEq, Debug)]
#[repr(u8)]
pub enum Color {
    R = 1,
    G = 2,
    B = 3,
}

#[derive(H5Type, Clone, PartialEq, Debug)]
#[repr(C)]
pub struct Pixel {
    x: i64,
    y: i64,
    color: Color,
}

fn pixel(x: i64, y: i64, color: Color) -> Pixel {
    Pixel { x, y, color }
}

/// The program that the front page of hdf5-metno shows.
#[test]
fn pixels_are_written_and_read() -> Result<()> {
    use Color::*;
    let path = scratch("pixels.h5");
    {
        let file = File::create(&path)?;
        let group = file.create_group("dir")?;
        let builder = group.new_dataset_builder();
        let ds = builder
            .with_data(&arr2(&[
                [pixel(1, 2, R), pixel(2, 3, B)],
                [pixel(3, 4, G), pixel(4, 5, R)],
                [pixel(5, 6, B), pixel(6, 7, G)],
            ]))
            .create("pixels")?;
        let attr = ds.new_attr::<Color>().shape([3]).create("colors")?;
        attr.write(&[R, G, B])?;
    }
    let file = File::open(&path)?;
    let ds = file.dataset("dir/pixels")?;
    assert_eq!(
        ds.read_slice::<Pixel, _, _>(s![1.., ..])?,
        arr2(&[[pixel(3, 4, G), pixel(4, 5, R)], [pixel(5, 6, B), pixel(6, 7, G)]])
    );
    let attr = ds.attr("colors")?;
    assert_eq!(attr.read_1d::<Color>()?.as_slice().unwrap(), &[R, G, B]);
    Ok(())
}

struct Recorder {
    frames: Dataset,
    time: Dataset,
}

impl Recorder {
    fn new(group: &Group) -> Result<Self> {
        let frames = group
            .new_dataset::<u16>()
            .chunk((1, 4, 6))
            .shape((0.., 4, 6))
            .shuffle()
            .deflate(4)
            .create("frames")?;
        let time = group.new_dataset::<f64>().chunk(16).shape(0..).create("time")?;
        let unit = VarLenUnicode::from_str("s").map_err(|error| error.to_string())?;
        time.new_attr::<VarLenUnicode>().create("unit")?.write_scalar(&unit)?;
        Ok(Self { frames, time })
    }

    fn record(&self, at: f64, frame: &Array2<u16>) -> Result<()> {
        let count = self.time.size();
        self.frames.resize((count + 1, 4, 6))?;
        self.frames.write_slice(frame, s![count, .., ..])?;
        self.time.resize(count + 1)?;
        self.time.write_slice(&[at], s![count..count + 1])
    }
}

#[test]
fn frames_are_recorded() -> Result<()> {
    let path = scratch("recorder.h5");
    let file = File::create(&path)?;
    let recorder = Recorder::new(&file.create_group("camera")?)?;
    for number in 0..5u16 {
        recorder.record(f64::from(number) / 2.0, &Array2::from_elem((4, 6), number))?;
    }
    drop(recorder);
    file.close()?;
    let file = File::open(&path)?;
    let frames: Array3<u16> = file.dataset("camera/frames")?.read()?;
    assert_eq!(frames.len_of(Axis(0)), 5);
    assert!(
        frames
            .axis_iter(Axis(0))
            .enumerate()
            .all(|(n, frame)| frame.iter().all(|v| *v == n as u16))
    );
    assert_eq!(file.dataset("camera/time")?.read_1d::<f64>()?, Array1::linspace(0.0, 2.0, 5));
    Ok(())
}

fn tree(group: &Group, depth: usize, out: &mut String) -> Result<()> {
    for name in group.member_names()? {
        out.push_str(&"  ".repeat(depth));
        if let Ok(inner) = group.group(&name) {
            out.push_str(&format!("{name}/\n"));
            tree(&inner, depth + 1, out)?;
        } else {
            let dataset = group.dataset(&name)?;
            out.push_str(&format!("{name} {:?} {:?}\n", dataset.shape(), dataset.attr_names()?));
        }
    }
    Ok(())
}

#[test]
fn everything_is_listed() -> Result<()> {
    let path = scratch("tree.h5");
    let file = File::append(&path)?;
    let run = file.create_group("run 1")?;
    let title = FixedAscii::<32>::from_ascii("first light").map_err(|error| error.to_string())?;
    run.new_attr_builder().with_data(&[title]).create("title")?;
    let image =
        run.new_dataset_builder().with_data(&Array2::<f32>::zeros((2, 3))).create("image")?;
    image.new_attr::<f64>().create("gain")?.write_scalar(&1.5)?;
    run.new_dataset::<u8>().create("done")?;
    let mut listed = String::new();
    tree(&file, 0, &mut listed)?;
    assert_eq!(listed, "run 1/\n  done [] []\n  image [2, 3] [\"gain\"]\n");
    Ok(())
}

fn load<T: H5Type + Copy>(path: &str, name: &str) -> std::result::Result<Vec<T>, String> {
    let read = || File::open(path)?.dataset(name)?.read_raw::<T>();
    read().map_err(|error: hdf5::Error| format!("{path}: {error}"))
}

#[test]
fn functions_are_generic_over_elements() {
    let path = scratch("generic.h5");
    let path = path.to_str().unwrap();
    let file = File::create(path).unwrap();
    file.new_dataset_builder().with_data(&[1i16, 2, 3]).create("x").unwrap();
    file.close().unwrap();
    assert_eq!(load::<i16>(path, "x"), Ok(vec![1, 2, 3]));
    assert_eq!(load::<f64>(path, "x"), Ok(vec![1.0, 2.0, 3.0]));
    assert!(load::<f64>(path, "y").unwrap_err().starts_with(path));
}
