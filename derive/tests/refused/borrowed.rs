#[derive(Clone, hdf5::H5Type)]
struct Borrowed<'a> { //~ have `String` for `&str`
    name: &'a str, //~ what is read from a file owns its data
}

#[derive(Clone, hdf5::H5Type)]
struct Constant {
    name: &'static str, //~ have `String` for `&str`, `Vec<T>` for `&[T]`
    at: *const f64, //~ an address means nothing in a file
    call: fn(f64) -> f64, //~ a function cannot be stored
}

fn main() {}
