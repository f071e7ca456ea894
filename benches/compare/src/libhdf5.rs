//! The C library, as directly as a C program calls it.

use std::ffi::{CString, c_void};
use std::path::Path;
use std::ptr::null;

use anyhow::{Result, ensure};
use hdf5_metno_sys::{h5f, h5i, h5p, h5s};

pub use hdf5_metno_sys::{h5, h5a, h5d, h5g, h5l, h5t, h5z};

/// What the library names its objects by.
pub type Id = h5i::hid_t;

/// An identifier that is closed with its owner.
#[derive(Debug)]
pub struct Owned(Id);

impl Owned {
    /// What a function returned, unless it failed.
    pub fn new(id: Id) -> Result<Self> {
        ensure!(id >= 0, "libhdf5 failed");
        Ok(Self(id))
    }

    /// To call functions with.
    pub fn id(&self) -> Id {
        self.0
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: it was returned by the library and is given back once.
        unsafe { h5i::H5Idec_ref(self.0) };
    }
}

/// Fails where a function of the library did.
pub fn ok(status: i32) -> Result<()> {
    ensure!(status >= 0, "libhdf5 failed");
    Ok(())
}

/// `name` for C.
pub fn c(name: &str) -> Result<CString> {
    Ok(CString::new(name)?)
}

/// Starts the library, with the LZF filter beside its own.
pub fn start() -> Result<()> {
    // The safe crate starts the library and registers the filter; everything else here goes around it.
    ensure!(hdf5_metno::filters::lzf_available(), "no LZF");
    // SAFETY: has no conditions.
    ok(unsafe { h5::H5open() })
}

/// Opens a file to read.
pub fn open(path: &Path) -> Result<Owned> {
    let name = c(&path.to_string_lossy())?;
    // SAFETY: the name ends in a zero, and lives as long as the call.
    Owned::new(unsafe { h5f::H5Fopen(name.as_ptr(), h5f::H5F_ACC_RDONLY, h5p::H5P_DEFAULT) })
}

/// Makes a file.
pub fn create(path: &Path) -> Result<Owned> {
    let name = c(&path.to_string_lossy())?;
    // SAFETY: as above.
    Owned::new(unsafe {
        h5f::H5Fcreate(name.as_ptr(), h5f::H5F_ACC_TRUNC, h5p::H5P_DEFAULT, h5p::H5P_DEFAULT)
    })
}

/// Opens a dataset.
pub fn dataset(file: &Owned, name: &str) -> Result<Owned> {
    let name = c(name)?;
    // SAFETY: as above.
    Owned::new(unsafe { h5d::H5Dopen2(file.id(), name.as_ptr(), h5p::H5P_DEFAULT) })
}

/// A dataspace of this shape.
pub fn space(shape: &[u64]) -> Result<Owned> {
    // SAFETY: the pointers are to as many numbers as the rank says.
    Owned::new(unsafe { h5s::H5Screate_simple(shape.len() as i32, shape.as_ptr(), null()) })
}

/// Reads all elements into `into`, as `kind`.
pub fn read_all<T>(dataset: &Owned, kind: Id, into: &mut [T]) -> Result<()> {
    // SAFETY: the callers' buffers are as large as their datasets, and of the kind they name.
    ok(unsafe {
        h5d::H5Dread(
            dataset.id(),
            kind,
            h5s::H5S_ALL,
            h5s::H5S_ALL,
            h5p::H5P_DEFAULT,
            into.as_mut_ptr().cast(),
        )
    })
}

/// Chooses a hyperslab of one block.
pub fn select(space: &Owned, start: &[u64], count: &[u64]) -> Result<()> {
    // SAFETY: the pointers are to as many numbers as the space has dimensions.
    ok(unsafe {
        let set = h5s::H5S_seloper_t::H5S_SELECT_SET;
        h5s::H5Sselect_hyperslab(space.id(), set, start.as_ptr(), null(), count.as_ptr(), null())
    })
}

/// Chooses single elements some steps apart along each axis.
pub fn select_every(space: &Owned, start: &[u64], step: &[u64], count: &[u64]) -> Result<()> {
    let (start, step, count) = (start.as_ptr(), step.as_ptr(), count.as_ptr());
    // SAFETY: as above.
    ok(unsafe {
        let set = h5s::H5S_seloper_t::H5S_SELECT_SET;
        h5s::H5Sselect_hyperslab(space.id(), set, start, step, count, null())
    })
}

/// Chooses single elements, of `rank` coordinates each.
pub fn select_points(space: &Owned, coordinates: &[u64], rank: usize) -> Result<()> {
    // SAFETY: the pointer is to as many coordinates as the number of points and the rank say.
    ok(unsafe {
        let set = h5s::H5S_seloper_t::H5S_SELECT_SET;
        let count = coordinates.len() / rank;
        h5s::H5Sselect_elements(space.id(), set, count, coordinates.as_ptr())
    })
}

/// A compound of `size` bytes with these members: name, place, type.
pub fn compound(size: usize, members: &[(&str, usize, Id)]) -> Result<Owned> {
    // SAFETY: has no conditions.
    let made = Owned::new(unsafe { h5t::H5Tcreate(h5t::H5T_class_t::H5T_COMPOUND, size) })?;
    for (name, offset, kind) in members {
        let name = c(name)?;
        // SAFETY: the name ends in a zero, and lives as long as the call.
        ok(unsafe { h5t::H5Tinsert(made.id(), name.as_ptr(), *offset, *kind) })?;
    }
    Ok(made)
}

/// Reads what is chosen in `space`, into all of `into`, whose shape is that of `memory`.
pub fn read_selected<T>(
    dataset: &Owned,
    kind: Id,
    memory: &Owned,
    space: &Owned,
    into: &mut [T],
) -> Result<()> {
    // SAFETY: the callers' buffers are as large as what they choose, and of the kind they name.
    ok(unsafe {
        h5d::H5Dread(
            dataset.id(),
            kind,
            memory.id(),
            space.id(),
            h5p::H5P_DEFAULT,
            into.as_mut_ptr().cast(),
        )
    })
}

/// Writes all elements of `from`.
pub fn write_all<T>(dataset: &Owned, kind: Id, from: &[T]) -> Result<()> {
    let bytes: *const c_void = from.as_ptr().cast();
    // SAFETY: the callers' buffers are as large as their datasets, and of the kind they name.
    ok(unsafe {
        h5d::H5Dwrite(dataset.id(), kind, h5s::H5S_ALL, h5s::H5S_ALL, h5p::H5P_DEFAULT, bytes)
    })
}

/// The space of a dataset.
pub fn space_of(dataset: &Owned) -> Result<Owned> {
    // SAFETY: has no conditions but an identifier of a dataset.
    Owned::new(unsafe { h5d::H5Dget_space(dataset.id()) })
}

/// Properties to make a dataset with.
pub fn creation() -> Result<Owned> {
    // SAFETY: has no conditions.
    Owned::new(unsafe { h5p::H5Pcreate(*h5p::H5P_CLS_DATASET_CREATE) })
}

/// `double` in memory.
pub fn f64() -> Id {
    *h5t::H5T_NATIVE_DOUBLE
}

/// `float` in memory.
pub fn f32() -> Id {
    *h5t::H5T_NATIVE_FLOAT
}

/// `int` in memory.
pub fn i32() -> Id {
    *h5t::H5T_NATIVE_INT
}

/// `long long` in memory.
pub fn i64() -> Id {
    *h5t::H5T_NATIVE_LLONG
}
