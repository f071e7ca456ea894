#[derive(Clone, hdf5::H5Type)]
#[repr(u8)]
enum Shape {
    Nothing,
    Circle(f64), //~ a variant with data cannot be stored
    Square { side: f64 }, //~ Keep the data in a struct beside the enumeration
}

fn main() {}
