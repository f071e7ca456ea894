//! `h5`: the HDF5 tools in one program.

fn main() {}
