//! The input files, as the system has them in its cache.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::path::Path;

use anyhow::{Context, Result};

/// Has the system let go of the files in `folder` and read each from its start to its end.
///
/// What was read so lies in its cache in pieces as large as there is memory in one, what was written or
/// read here and there in single pages: copying from these takes up to twice as long, mapping them up to
/// ten times. Which it is, depends on all that the system did since it was started.
pub fn read_anew(folder: &Path) -> Result<()> {
    let mut block = vec![0; 1 << 20];
    for entry in std::fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))? {
        let entry = entry?;
        if !entry.file_type()?.is_file() {
            continue;
        }
        let mut file = File::open(entry.path())?;
        // Only what is on the disk can be let go of.
        file.sync_all()?;
        // SAFETY: the call takes numbers only.
        let failed =
            unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
        if failed != 0 {
            return Err(std::io::Error::from_raw_os_error(failed)).context("posix_fadvise");
        }
        while file.read(&mut block)? > 0 {}
    }
    Ok(())
}
