#[derive(hdf5::H5Type)]
struct Point { //~ Clone
    x: f64,
}

fn main() {}
