use std::collections::HashMap;

#[derive(Clone)]
struct Other {
    x: f64,
}

#[derive(Clone, hdf5::H5Type)]
struct Outer {
    id: u64,
    inner: Other, //~ `Other` is no type that elements of a file convert to //~ with `#[derive(Clone, hdfive::H5Type)]`
    table: HashMap<String, f64>, //~ is no type that elements of a file convert to
    letter: char, //~ `char` is no type that elements of a file convert to
}

#[derive(Clone, hdf5::H5Type)]
#[repr(transparent)]
struct Wrapped(Other); //~ `Other` is no type that elements of a file convert to

fn main() {}
