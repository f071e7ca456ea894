//! The HDF5 file that gets or loses a user block.

use std::fs::File;
use std::path::{Path, PathBuf};

use hdfive::RecoveryBuilder;

use crate::access::Access;
use crate::failure::Why;
use crate::replacement::Replacement;

/// An HDF5 file, locked as long as this is there.
pub(super) struct Source {
    _lock: hdfive::File,
    /// A copy to read from, where the file itself is not as its last flush left it.
    copy: Option<Replacement>,
    path: PathBuf,
    /// Bytes of its user block.
    pub(super) user_block: u64,
}

impl Source {
    /// Opens the file; where it is to be `replaced`, so that nobody else has it open.
    pub(super) fn open(access: &Access, path: &Path, replaced: bool) -> Result<Self, Why> {
        if access.driver_name(path) != "sec2" {
            return Err(Why::new("a file that is spread over several has no user block"));
        }
        let ends = RecoveryBuilder::new().ends(path)?;
        let builder = access.builder(path);
        // Who opens a file for writing finishes what a writer that died left unfinished.
        let lock = if replaced { builder.open_rw(path)? } else { builder.open(path)? };
        let unfinished = !replaced && ends.stored > ends.stated;
        let copy = unfinished.then(|| settled_copy(path)).transpose()?;
        let user_block = lock.userblock();
        Ok(Self { _lock: lock, copy, path: path.to_owned(), user_block })
    }

    /// The bytes of the file, and how many they are.
    pub(super) fn bytes(&self) -> std::io::Result<(File, u64)> {
        let path = self.copy.as_ref().map_or(self.path.as_path(), Replacement::path);
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        Ok((file, len))
    }
}

/// A copy of a file in which an unfinished flush, if there is one, is finished: what is behind the
/// end that the superblock states means something where it lies only.
fn settled_copy(path: &Path) -> Result<Replacement, Why> {
    let failed = |error: std::io::Error| Why(error.to_string());
    let aside = std::env::temp_dir().join(format!("h5jam-{}.h5", std::process::id()));
    let mut copy = Replacement::of(&aside).map_err(failed)?;
    let mut file = File::open(path).map_err(failed)?;
    let len = file.metadata().map_err(failed)?.len();
    copy.add_part(&mut file, 0, len).map_err(failed)?;
    RecoveryBuilder::new().clear_status(false).recover(copy.path())?;
    Ok(copy)
}
