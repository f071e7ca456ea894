//! `h5 export` writes what numpy and h5py have, in each format, and pictures with the pixels that
//! elements are.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

mod support;

use std::fs;

use hdfive::File;
use support::{empty_folder, fixtures, h5, python_in};

#[test]
fn numpy_and_csv_read_what_h5py_reads() {
    let folder = empty_folder("export");
    let program = h5::program();
    let program = program.to_str().unwrap();
    if python_in(&folder, include_str!("export/make.py"), &["all.h5"]).is_none() {
        return;
    }
    let fixtures = fixtures::folder();
    let arguments = [program, "all.h5", fixtures.to_str().unwrap()];
    let checked = python_in(&folder, include_str!("export/check.py"), &arguments).unwrap();
    let counts: Vec<u32> = checked.split_whitespace().map(|count| count.parse().unwrap()).collect();
    assert!(counts[0] >= 60 && counts[1] >= 250, "{checked}");
}

/// Width, height, color and samples of a picture.
fn decoded(bytes: &[u8]) -> (u32, u32, png::ColorType, Vec<u16>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    let samples = match info.bit_depth {
        png::BitDepth::Eight => bytes.iter().copied().map(u16::from).collect(),
        _ => bytes.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect(),
    };
    (info.width, info.height, info.color_type, samples)
}

#[test]
fn pixels_are_the_elements() {
    let folder = empty_folder("export_pictures");
    let file = File::create(folder.join("pictures.h5")).unwrap();
    let bytes: Vec<u8> = (0..6 * 5 * 4).map(|n| (n * 37 % 251) as u8).collect();
    let words: Vec<u16> = (0..30).map(|n| n * 2111).collect();
    let floats: Vec<f32> = (0..30).map(|n| n as f32 - 10.0).chain([f32::NAN, 4.0]).collect();
    let create = |name: &str, shape: Vec<usize>| file.new_dataset::<u8>().shape(shape).create(name);
    create("gray", vec![24, 5]).unwrap().write_raw(&bytes).unwrap();
    create("color", vec![8, 5, 3]).unwrap().write_raw(&bytes).unwrap();
    create("clear", vec![6, 5, 4]).unwrap().write_raw(&bytes).unwrap();
    create("stack", vec![2, 12, 5]).unwrap().write_raw(&bytes).unwrap();
    let deep = file.new_dataset::<u16>().shape((5, 6)).create("deep").unwrap();
    deep.write_raw(&words).unwrap();
    let field = file.new_dataset::<f32>().shape((4, 8)).create("field").unwrap();
    field.write_raw(&floats).unwrap();
    file.close().unwrap();
    let picture = |name: &str| {
        let done = h5::verb(&folder, "export", &[&format!("pictures.h5/{name}"), "-o", "out.png"]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        decoded(&fs::read(folder.join("out.png")).unwrap())
    };
    let wide: Vec<u16> = bytes.iter().copied().map(u16::from).collect();
    let cases = [
        ("gray", 5, 24, png::ColorType::Grayscale, wide.clone()),
        ("color", 5, 8, png::ColorType::Rgb, wide.clone()),
        ("clear", 5, 6, png::ColorType::Rgba, wide.clone()),
        ("stack[1,0,0;;1,12,5]", 5, 12, png::ColorType::Grayscale, wide[60..].to_vec()),
        ("deep", 6, 5, png::ColorType::Grayscale, words),
        (
            "deep[1,2;;2,3]",
            3,
            2,
            png::ColorType::Grayscale,
            vec![16888, 18999, 21110, 29554, 31665, 33776],
        ),
    ];
    for (name, width, height, color, samples) in cases {
        assert_eq!(picture(name), (width, height, color, samples), "{name}");
    }
    let (width, height, _, shades) = picture("field");
    let scaled = |value: f32| f64::from((value + 10.0) / 29.0 * 255.0).round() as u16;
    let want: Vec<u16> = floats.iter().map(|v| if v.is_nan() { 0 } else { scaled(*v) }).collect();
    assert_eq!((width, height, shades), (8, 4, want));
}

#[test]
fn what_fails_leaves_what_was_there() {
    let folder = empty_folder("export_failing");
    let file = File::create(folder.join("x.h5")).unwrap();
    let data: Vec<i32> = (0..100_000).collect();
    let dataset = file.new_dataset::<i32>().shape(100_000).chunk(1000).fletcher32();
    dataset.create("x").unwrap().write_raw(&data).unwrap();
    let last = file.dataset("x").unwrap().chunk_info(99).unwrap().addr;
    file.close().unwrap();
    let mut bytes = fs::read(folder.join("x.h5")).unwrap();
    bytes[usize::try_from(last).unwrap() + 100] ^= 1;
    fs::write(folder.join("x.h5"), bytes).unwrap();
    fs::write(folder.join("old.csv"), "old").unwrap();
    let done = h5::verb(&folder, "export", &["x.h5/x", "-o", "old.csv"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&done.stderr).starts_with("h5: x.h5: /x: "), "{done:?}");
    assert_eq!(fs::read_to_string(folder.join("old.csv")).unwrap(), "old");
    let mut left: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["old.csv", "x.h5"]);
}
