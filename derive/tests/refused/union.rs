#[derive(Clone, Copy, hdf5::H5Type)]
union Number { //~ a union does not say which of its fields holds
    integer: u64,
    float: f64,
}

fn main() {}
