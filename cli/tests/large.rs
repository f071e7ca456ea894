//! Datasets of many blocks: what is printed of them and counted, on all cores, is what the HDF5 tools
//! print and count.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};
use std::process::Command;

use hdfive::File;

/// Elements of a dataset: more than are read, or made into text, at once.
const COUNT: usize = 1_200_000;

/// Numbers of all sizes, of which one of `every` is another one than those of a larger `every`.
fn numbers(every: u32) -> Vec<f64> {
    let number = |n: u32| {
        let n = if n.is_multiple_of(every) { n.wrapping_add(7) } else { n };
        let small = f64::from(n.wrapping_mul(2_654_435_769) >> 8) / 1000.0;
        let power = i32::try_from(n % 37).unwrap().wrapping_sub(18);
        if n.is_multiple_of(3) { small } else { small * 10_f64.powi(power) }
    };
    (0..u32::try_from(COUNT).unwrap()).map(number).collect()
}

fn made(name: &str, every: u32) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("large_{name}.h5"));
    let file = File::create(&path).unwrap();
    let numbers = numbers(every);
    let integers: Vec<i16> = (0..COUNT).map(|n| i16::try_from(n % 30_011).unwrap()).collect();
    let doubles = file.new_dataset::<f64>().shape([COUNT]).chunk([5000]).deflate(1);
    doubles.create("doubles").unwrap().write_raw(&numbers).unwrap();
    let singles = file.new_dataset::<f32>().shape([1200, 1000]).chunk([30, 300]).deflate(1);
    singles.create("singles").unwrap().write_raw(&numbers).unwrap();
    let cube = file.new_dataset::<i16>().shape([3, 400, 1000]);
    cube.create("integers").unwrap().write_raw(&integers).unwrap();
    let texts: Vec<String> = (0..30_000).map(|n| "text ".repeat(n % 9)).collect();
    file.create_dataset("texts", texts.as_slice()).unwrap();
    let table: Vec<(i32, f64)> = (0..50_000).zip(numbers).collect();
    file.create_dataset("table", table.as_slice()).unwrap();
    file.close().unwrap();
    path
}

/// What a command writes.
fn output(command: &mut Command) -> Option<Vec<u8>> {
    Some(command.output().ok()?.stdout)
}

#[test]
fn long_lists_are_printed_as_h5dump_prints_them() {
    let path = made("printed", 5);
    let file = |program: &str| {
        let mut command = Command::new(program);
        command.current_dir(path.parent().unwrap());
        command
    };
    let name = path.file_name().unwrap();
    let options: [&[&str]; 5] = [
        &["-d", "/doubles", "-m", "%.9g"],
        &["-d", "/singles"],
        &["-d", "/integers", "-w", "120"],
        &["-d", "/texts"],
        &["-d", "/table"],
    ];
    for options in options {
        let Some(theirs) = output(file("h5dump").args(options).arg(name)) else { return };
        let ours = file(env!("CARGO_BIN_EXE_h5")).arg("dump").args(options).arg(name).output();
        assert!(ours.unwrap().stdout == theirs, "{options:?}");
    }
}

#[test]
fn many_differences_are_told_as_h5diff_tells_them() {
    let (one, other) = (made("one", 5), made("other", 7));
    let options: [&[&str]; 7] = [
        &[],
        &["-n", "100001"],
        &["-N"],
        &["-r"],
        &["-r", "-n", "77777"],
        &["-p", "0.5"],
        &["-d", "1"],
    ];
    for options in options {
        let Some(theirs) = output(Command::new("h5diff").args(options).args([&one, &other])) else {
            return;
        };
        let mut h5 = Command::new(env!("CARGO_BIN_EXE_h5"));
        let ours = h5.arg("diff").args(options).args([&one, &other]).output().unwrap();
        assert!(ours.stdout == theirs, "{options:?}");
        assert_eq!(ours.status.code(), Some(1), "{options:?}");
    }
}

#[test]
fn numbers_are_imported_piece_by_piece() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let place = |name: &str| folder.join(format!("large_import_{name}"));
    let numbers = numbers(5);
    let words: Vec<String> = numbers.iter().map(f64::to_string).collect();
    std::fs::write(place("text"), words.join(" ")).unwrap();
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
    std::fs::write(place("bytes"), bytes).unwrap();
    let sizes = "RANK 2\nDIMENSION-SIZES 1200 1000\nINPUT-SIZE 64\nOUTPUT-SIZE 64\n";
    let chunks = "CHUNKED-DIMENSION-SIZES 70 300\nCOMPRESSION-PARAM 1\nCOMPRESSION-TYPE GZIP\n";
    let kinds =
        [("text", "INPUT-CLASS TEXTFP\n"), ("bytes", "INPUT-CLASS FP\nINPUT-BYTE-ORDER BE\n")];
    for (kind, class) in kinds {
        for (layout, more) in [("whole", ""), ("chunked", chunks)] {
            let (config, made) = (place("config"), place(&format!("{kind}_{layout}.h5")));
            std::fs::write(&config, format!("PATH x\n{class}{sizes}{more}")).unwrap();
            // What was made before does not count.
            let _ = std::fs::remove_file(&made);
            let import = |input: &Path| {
                let mut h5 = Command::new(env!("CARGO_BIN_EXE_h5"));
                h5.arg("import").arg(input).arg("-c").arg(&config).arg("-o").arg(&made);
                h5.output().unwrap()
            };
            let done = import(&place(kind));
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            let file = File::open(&made).unwrap();
            assert!(
                file.dataset("x").unwrap().read_raw::<f64>().unwrap() == numbers,
                "{kind} {layout}"
            );
            file.close().unwrap();
            std::fs::remove_file(&made).unwrap();
            let half = std::fs::read(place(kind)).unwrap();
            std::fs::write(place("half"), half.get(..half.len() / 2).unwrap()).unwrap();
            assert!(!import(&place("half")).status.success(), "{kind} {layout}");
            assert!(!File::open(&made).unwrap().link_exists("x"), "{kind} {layout}");
        }
    }
}
