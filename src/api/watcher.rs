//! Long work that is watched, and may be stopped.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::object::progress::{self, Progress, Tell};

/// Is told how far reads, writes and copies are, and may stop them.
///
/// What [`run`](Self::run) does is watched: after every few MiB, or every few chunks where these are
/// larger, the function gets to know how many bytes of elements are done, and of how many in all.
/// Where it breaks, the work ends with [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled): a read
/// gives nothing, and a change is undone, so that the file is as it was before. (But elements in
/// files of their own, external raw data, stay as they are at that moment.)
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use std::ops::ControlFlow;
/// use hdfive::{ErrorKind, File, Watcher};
///
/// let file = File::in_memory()?;
/// let dataset = file.create_dataset("x", vec![1_u64; 2_000_000])?;
///
/// let watcher = Watcher::new(|progress| {
///     println!("{} of {} bytes", progress.done, progress.total);
///     ControlFlow::Continue(())
/// });
/// let values: Vec<u64> = watcher.run(|| dataset.read_raw())?;
/// watcher.run(|| dataset.copy_to(&file, "y"))?;
///
/// let impatient = Watcher::new(|_| ControlFlow::Break(()));
/// let error = impatient.run(|| dataset.write_raw(&vec![2_u64; 2_000_000])).unwrap_err();
/// assert!(matches!(error.kind(), ErrorKind::Cancelled));
/// assert_eq!(dataset.read_raw::<u64>()?, values);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Watcher {
    tell: Tell,
}

impl Watcher {
    /// A function that is told how far the work is; it may be used for many things, at once, too.
    #[must_use]
    pub fn new(tell: impl Fn(Progress) -> ControlFlow<()> + Send + Sync + 'static) -> Self {
        Self { tell: Arc::new(tell) }
    }

    /// Does `work`, watched: what it reads, writes and copies in this thread, one after the other.
    /// The bytes are counted from zero.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        progress::watch(&self.tell, work)
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").finish_non_exhaustive()
    }
}
