#[derive(Clone, hdf5::H5Type)]
enum Plain { //~ how are the values stored? Say it with `#[repr(u8)]`
    A,
    B,
}

#[derive(Clone, hdf5::H5Type)]
#[repr(C)] //~ `repr(C)` does not say how large a stored value is
enum OfC {
    A,
    B,
}

#[derive(Clone, hdf5::H5Type)]
#[repr(i128)] //~ values of `i128` are none of HDF5's enumerations
enum Huge {
    A,
    B,
}

fn main() {}
