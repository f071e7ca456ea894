//! The one place that says which of the two libraries the programs in `tests/` are built against.

#[cfg(all(feature = "hdfive", not(feature = "metno")))]
pub use hdfive as hdf5;

#[cfg(feature = "metno")]
pub use hdf5_metno as hdf5;

use std::path::PathBuf;

/// Where a file of this name may be made; what an earlier run left there is gone.
pub fn scratch(name: &str) -> PathBuf {
    let library = if cfg!(feature = "metno") { "metno" } else { "hdfive" };
    let directory = std::env::temp_dir().join(format!("hdfive-migration-{library}"));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join(name);
    let _ = std::fs::remove_file(&path);
    path
}

/// A file in memory alone, as programs for hdf5-metno make one.
pub fn in_memory(name: &str) -> hdf5::Result<hdf5::File> {
    hdf5::File::with_options().with_fapl(|p| p.core_filebacked(false)).create(name)
}
