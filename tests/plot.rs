//! `h5 plot` draws what is there: colors and bars where values are, names at axes, gaps left open.

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
use std::path::{Path, PathBuf};

use hdfive::File;
use support::{empty_folder, h5};

/// What is sketched.
fn sketch(folder: &Path, arguments: &[&str]) -> String {
    h5::text(folder, "plot", arguments)
}

/// A field with scales and a gap, a series, counts, images.
fn made(name: &str) -> PathBuf {
    let folder = empty_folder(name);
    let file = File::create(folder.join("x.h5")).unwrap();
    let field = file.new_dataset::<f32>().shape((2, 4)).create("field").unwrap();
    field.write_raw(&[0.0, 1.0, 2.0, -999.0, 4.0, 5.0, 6.0, 7.0]).unwrap();
    field.set_attr("_FillValue", -999.0_f32).unwrap();
    field.set_attr("units", "m/s").unwrap();
    field.set_attr("long_name", "Wind <at> \u{1b}[31mnoon").unwrap();
    for (axis, name, values) in
        [(0, "lat", vec![-10.0, 10.0]), (1, "lon", vec![0.0, 5.0, 10.0, 15.0])]
    {
        let scale = file.create_dataset(name, values).unwrap();
        scale.make_scale(name).unwrap();
        scale.set_attr("units", "degrees").unwrap();
        field.dim(axis).unwrap().attach_scale(&scale).unwrap();
    }
    let series: Vec<f64> =
        (0..100_000).map(|n| f64::from(n % 1000) + if n == 777 { 4e4 } else { 0.0 }).collect();
    file.new_dataset::<f64>().shape(100_000).create("series").unwrap().write_raw(&series).unwrap();
    file.create_dataset("rolls", [1_u8, 2, 2, 3, 3, 3, 3, 6].as_slice()).unwrap();
    let stack = file.new_dataset::<u16>().shape((3, 2, 2)).create("stack").unwrap();
    stack.write_raw(&[0_u16, 1, 2, 3, 10, 11, 12, 13, 30, 20, 20, 20]).unwrap();
    file.create_dataset("nan", vec![f64::NAN; 3]).unwrap();
    file.create_dataset("text", vec!["a".to_owned()]).unwrap();
    file.close().unwrap();
    folder
}

/// Width, and the pixels row by row.
fn picture(folder: &Path, arguments: &[&str]) -> (usize, Vec<[u8; 3]>) {
    let done = h5::verb(folder, "plot", &[arguments, &["-o", "out.png"]].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(done.stdout.is_empty());
    let file = fs::File::open(folder.join("out.png")).unwrap();
    let mut reader = png::Decoder::new(std::io::BufReader::new(file)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    (info.width as usize, bytes.as_chunks::<3>().0.to_vec())
}

const VIOLET: [u8; 3] = [68, 1, 84];
const YELLOW: [u8; 3] = [253, 231, 37];
const GAP: [u8; 3] = [224, 224, 224];
const LINE: [u8; 3] = [31, 102, 170];

fn near(one: [u8; 3], other: [u8; 3]) -> bool {
    one.iter().zip(other).all(|(a, b)| a.abs_diff(b) <= 2)
}

/// Where pixels of a color are, as shares of the whole, without the bar at the right.
fn center(width: usize, pixels: &[[u8; 3]], color: [u8; 3]) -> (f64, f64) {
    let height = pixels.len() / width;
    let (mut x, mut y, mut count) = (0.0, 0.0, 0.0);
    for (place, _) in pixels.iter().enumerate().filter(|(_, pixel)| near(**pixel, color)) {
        let column = place % width;
        if column * 100 < width * 80 {
            (x, y, count) = (x + column as f64, y + (place / width) as f64, count + 1.0);
        }
    }
    assert!(count > 1000.0, "{count} pixels of {color:?}");
    (x / count / width as f64, y / count / height as f64)
}

#[test]
fn cells_have_their_colors_where_their_values_are() {
    let folder = made("plot_field");
    let (width, pixels) = picture(&folder, &["x.h5/field"]);
    // Latitude rises upwards: the first row is the lower one.
    let (x, y) = center(width, &pixels, VIOLET);
    assert!(x < 0.3 && y > 0.5, "the least value at {x}, {y}");
    let (x, y) = center(width, &pixels, YELLOW);
    assert!(x > 0.6 && y < 0.5, "the greatest value at {x}, {y}");
    let (x, y) = center(width, &pixels, GAP);
    assert!(x > 0.6 && y > 0.5, "the gap at {x}, {y}");
    // Without scales, the first row is the upper one.
    let (width, pixels) = picture(&folder, &["x.h5/stack", "--frame", "1"]);
    let (x, y) = center(width, &pixels, VIOLET);
    assert!(x < 0.5 && y < 0.5, "the least value at {x}, {y}");
}

#[test]
fn lines_keep_what_stands_out() {
    let folder = made("plot_series");
    let (width, pixels) = picture(&folder, &["x.h5/series", "--size", "900x450"]);
    assert_eq!((width, pixels.len()), (900, 900 * 450));
    let rows = |from: usize, to: usize| {
        pixels[from * width..to * width].iter().filter(|pixel| **pixel == LINE).count()
    };
    // One element of 100,000 stands forty times as high as all others.
    assert!(rows(60, 300) > 200 && rows(0, 30) == 0);
}

#[test]
fn svg_has_names_and_a_picture_of_the_cells() {
    let folder = made("plot_svg");
    let done = h5::verb(&folder, "plot", &["x.h5/field", "-o", "out.svg"]);
    assert!(done.status.success());
    let text = fs::read_to_string(folder.join("out.svg")).unwrap();
    for part in ["Wind &lt;at&gt; \\x1b[31mnoon", "field [m/s]", "lon [degrees]", "lat [degrees]"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(text.matches("data:image/png;base64,").count(), 1);
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn sketches_are_text() {
    let folder = made("plot_sketch");
    let rolls = sketch(&folder, &["x.h5/rolls", "--histogram"]);
    let want = "            /rolls
          1 ███████████▎ 1
          2 ██████████████████████▌ 2
          3 █████████████████████████████████████████████ 4
          4  0
          5  0
          6 ███████████▎ 1
            count of rolls
";
    assert_eq!(rolls, want);
    let stack = sketch(&folder, &["x.h5/stack", "--frame=2"]);
    assert!(
        stack.starts_with("            /stack, frame 2\n          0 ████████░░░░░░░░\n"),
        "{stack}"
    );
    assert!(stack.ends_with(" 30  stack\n"), "{stack}");
    let field = sketch(&folder, &["x.h5/field"]);
    assert!(field.starts_with("            Wind <at> \\x1b[31mnoon\n         10 "), "{field}");
    let part = sketch(&folder, &["x.h5/stack[0,0,0;;1,2,2]", "--title", "T"]);
    assert!(part.starts_with("            T\n          0 ░░░░░░░░▒▒▒▒▒▒▒▒\n"), "{part}");
    let series = sketch(&folder, &["x.h5/series[0;;500]"]);
    assert!(series.contains("series by index") && series.lines().count() == 18, "{series}");
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let folder = made("plot_refused");
    for (word, arguments) in [
        ("no value", &["x.h5/nan"][..]),
        ("no value", &["x.h5/nan", "--histogram"]),
        ("text", &["x.h5/text"]),
        ("3 frames", &["x.h5/stack", "--frame", "3"]),
        (".png or .svg", &["x.h5/rolls", "-o", "x.jpg"]),
        ("replace", &["x.h5/rolls", "-o", "x.png"]),
    ] {
        if arguments.contains(&"x.png") {
            std::os::unix::fs::symlink("x.h5", folder.join("x.png")).unwrap();
        }
        let done = h5::verb(&folder, "plot", arguments);
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.code() == Some(1) && errors.contains(word), "{arguments:?}: {errors}");
        assert!(done.stdout.is_empty());
    }
}
