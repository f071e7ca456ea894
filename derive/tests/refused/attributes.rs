#[derive(Clone, hdf5::H5Type)]
#[hdf5(rename = "other")] //~ unknown attribute `rename` of `hdf5`: on a type there is only `crate
struct OnType {
    x: f64,
}

#[derive(Clone, hdf5::H5Type)]
struct Unknown {
    #[hdf5(nmae = "y")] //~ unknown attribute `nmae` of `hdf5`: there are `rename = ".."` and `default`
    x: f64,
}

#[derive(Clone, hdf5::H5Type)]
struct Number {
    #[hdf5(rename = 5)] //~ a string is wanted here
    x: f64,
}

#[derive(Clone, hdf5::H5Type)]
struct NoName {
    #[hdf5(rename = "")] //~ a name in a file is not empty
    x: f64,
    #[hdf5(rename = "a\0b")] //~ and has no NUL
    y: f64,
}

#[derive(Clone, hdf5::H5Type)]
struct Twice {
    #[hdf5(rename = "a", rename = "b")] //~ this stands here twice
    x: f64,
}

#[derive(Clone, hdf5::H5Type)]
#[repr(u8)]
enum Color {
    #[hdf5(default)] //~ a value that no variant has is always an error
    Red,
}

#[derive(Clone, hdf5::H5Type)]
#[repr(transparent)]
struct Meters(
    #[hdf5(rename = "m")] //~ a transparent struct is stored as its field is
    f64,
);

fn main() {}
