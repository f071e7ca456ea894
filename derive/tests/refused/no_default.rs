#[derive(Clone, hdf5::H5Type)]
#[repr(u8)]
enum Color {
    Red,
}

#[derive(Clone, hdf5::H5Type)]
struct Car {
    #[hdf5(default)]
    color: Color, //~ is not implemented for `Color`
    #[hdf5(default = "four")] //~ mismatched types
    wheels: u8,
}

fn four() -> u16 {
    4
}

fn main() {}
