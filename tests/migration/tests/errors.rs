//! What goes wrong, and how programs find out.

use hdf5::{
    Error, ErrorFrame, ErrorStack, ExpandedErrorStack, File, MajorErrorCode, MinorErrorCode,
    silence_errors,
};
use hdfive_migration::{hdf5, in_memory, scratch};

fn read(path: &str) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
    Ok(File::open(path)?.dataset("x")?.read_raw()?)
}

#[test]
fn errors_go_where_all_errors_go() {
    silence_errors(true);
    let error = read("no such file.h5").unwrap_err();
    assert!(!error.to_string().is_empty());
    let error: std::io::Error = File::open("no such file.h5").unwrap_err().into();
    assert!(!error.to_string().is_empty());
}

#[test]
fn words_become_errors() {
    let error: Error = "of my own".into();
    assert_eq!(error.to_string(), "of my own");
    let error: Error = String::from("of my own, too").into();
    assert_eq!(error.to_string(), "of my own, too");
    assert!(error.stack().is_none());
    assert!(!error.contains_major(MajorErrorCode::File));
    let shape = ndarray::Array1::from(vec![1, 2, 3]).into_shape_with_order((2, 2)).unwrap_err();
    let error: Error = shape.into();
    assert!(!error.to_string().is_empty());
}

#[test]
fn errors_have_frames() -> hdf5::Result<()> {
    silence_errors(false);
    silence_errors(true);
    let path = scratch("no_hdf5.h5");
    std::fs::write(&path, "not HDF5 at all, but of some length").unwrap();
    let error = File::open(&path).unwrap_err();
    assert!(error.contains_minor(MinorErrorCode::NotHdf5));
    assert!(error.contains_major(MajorErrorCode::File));
    let stack: ExpandedErrorStack = error.stack().unwrap();
    assert!(stack.contains_minor(MinorErrorCode::NotHdf5));
    assert!(stack.contains_major(MajorErrorCode::File));
    assert!(!stack.is_empty());
    assert_eq!(stack.major_codes().count(), stack.len());
    assert_eq!(stack.minor_codes().rev().count(), stack.len());
    assert!(!stack.description().is_empty() && stack.detail().is_some());
    let top: &ErrorFrame = stack.top().unwrap();
    assert!(!top.description().is_empty() && !top.desc().is_empty());
    assert!(top.detail().is_some());
    let _: (&str, &str, usize) = (top.func(), top.file_name(), top.line());
    let codes: (MajorErrorCode, MinorErrorCode) = (top.major_code(), top.minor_code());
    assert_eq!(codes, (stack[0].major_code(), stack[0].minor_code()));

    let file = in_memory("frames.h5")?;
    file.create_group("g")?;
    assert!(file.create_group("g").is_err());
    let missing = file.dataset("nothing").unwrap_err();
    assert!(missing.contains_minor(MinorErrorCode::NotFound));
    Ok(())
}

#[test]
fn stacks_are_expanded() {
    fn expand(stack: ErrorStack) -> hdf5::Result<ExpandedErrorStack> {
        stack.expand()
    }
    let _ = expand;
}
