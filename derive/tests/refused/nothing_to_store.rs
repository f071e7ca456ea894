use std::marker::PhantomData;

#[derive(Clone, hdf5::H5Type)]
struct Unit; //~ HDF5 has no compounds without members

#[derive(Clone, hdf5::H5Type)]
struct Empty {} //~ the struct needs a field that is stored

#[derive(Clone, hdf5::H5Type)]
struct Ghost(PhantomData<u8>); //~ HDF5 has no compounds without members

#[derive(Clone, hdf5::H5Type)]
enum Never {} //~ an enumeration without variants has no values

fn main() {}
