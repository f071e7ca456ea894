#[derive(Clone, hdf5::H5Type)]
struct Point {
    x: f64,
    #[hdf5(rename = "x")] //~ there is another member named "x" already
    y: f64,
}

#[derive(Clone, hdf5::H5Type)]
struct Pair(
    #[hdf5(rename = "1")] f64,
    f64, //~ there is another member named "1" already
);

#[derive(Clone, hdf5::H5Type)]
#[repr(u8)]
enum Color {
    Red,
    #[hdf5(rename = "Red")] //~ there is another variant named "Red" already
    Green,
}

fn main() {}
