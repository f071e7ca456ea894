//! Whether a file is one of HDF5.

use std::path::Path;
use std::sync::Arc;

use super::File;
use crate::codec::Sizes;
use crate::io::FileStorage;
use crate::limits::Limits;
use crate::object::entrance::find_signature;
use crate::space::Space;

impl File {
    /// Whether there is a file at `path` that has HDF5's signature, behind a user block, too. It may
    /// be broken otherwise.
    ///
    /// ```
    /// use hdfive::File;
    /// assert!(File::is_hdf5("tests/fixtures/tour_latest.h5"));
    /// assert!(!File::is_hdf5("Cargo.toml") && !File::is_hdf5("there is no such file"));
    /// ```
    #[must_use]
    pub fn is_hdf5<P: AsRef<Path>>(path: P) -> bool {
        let found = || {
            let storage = Arc::new(FileStorage::open(path).ok()?);
            // Widths that nothing is read with: the signature has none.
            let sizes = Sizes { offsets: 8, lengths: 8 };
            let space = Space::new(storage, Limits::default(), sizes).ok()?;
            find_signature(&space).ok()
        };
        found().is_some()
    }
}
