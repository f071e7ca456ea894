#![forbid(unsafe_code)]
#![deny(warnings, unused_qualifications)]

use std::marker::PhantomData;

mod facade {
    pub mod deep {
        pub use hdf5 as library;
    }
}

#[derive(Debug, Clone, Copy, hdf5::H5Type)]
#[repr(C)]
pub struct C {
    pub x: f64,
    pub r#type: u8,
}

#[derive(Debug, Clone, Copy, hdf5::H5Type)]
#[repr(C, packed)]
pub struct Packed {
    pub id: u8,
    pub at: [C; 2],
}

#[derive(Debug, Clone, Copy, hdf5::H5Type)]
#[repr(packed(2))]
pub struct HalfPacked(pub u8, pub f64);

#[derive(Debug, Clone, hdf5::H5Type)]
#[repr(C, align(32))]
pub struct Aligned(pub u8, pub Vec<String>);

#[derive(Debug, Clone, hdf5::H5Type)]
#[repr(transparent)]
pub struct Meters<T>(pub f64, pub PhantomData<T>);

#[derive(Debug, Clone, hdf5::H5Type)]
pub struct Plain<T, U: Unit, const N: usize>
where
    U::Value: hdf5::H5Type,
{
    pub all: [T; N],
    #[hdf5(default)]
    pub some: Vec<T>,
    #[hdf5(default = "hdf5::types::VarLenUnicode::new", rename = "why not")]
    pub text: hdf5::types::VarLenUnicode,
    pub value: U::Value,
}

pub trait Unit: Clone + Send + Sync + 'static {
    type Value: Clone;
}

#[derive(Debug, Clone, Copy, PartialEq, hdf5::H5Type)]
#[repr(i16)]
pub enum Color {
    Red = -1,
    #[hdf5(rename = "GREEN")]
    Green,
    Blue = 2 + 3,
}

#[derive(Debug, Clone, hdf5::H5Type)]
#[hdf5(crate = "crate::facade::deep::library")]
pub struct Elsewhere {
    pub color: Color,
}

macro_rules! generated {
    ($name:ident { $($field:ident: $ty:ty),* }) => {
        #[derive(Debug, Clone, hdf5::H5Type)]
        pub struct $name {
            $(pub $field: $ty),*
        }
    };
}

generated!(Marked { x: f64, of: PhantomData<Seconds> });
generated!(Generated { stored: u8, reader: f32, batch: [u8; 2], out: String, value: Color });

#[derive(Debug, Clone, Copy)]
pub struct Seconds;

impl Unit for Seconds {
    type Value = (i32, bool);
}

fn main() {
    fn needs<T: hdf5::H5Type>() {}
    needs::<Plain<Packed, Seconds, 3>>();
    needs::<Meters<String>>();
}
