#[derive(hdf5::H5Type)]
#[repr(packed)]
struct Packed {
    id: u8,
    name: String, //~ the trait `Copy` is not implemented
}

impl Clone for Packed {
    fn clone(&self) -> Self {
        Self { id: self.id, name: String::new() }
    }
}

fn main() {}
