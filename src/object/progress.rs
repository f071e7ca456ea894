//! Long work that is watched, and may be stopped: reads, writes and copies of elements.
//!
//! Whoever watches does so for what its own thread does. The code that moves elements says how many
//! bytes it moved, after every few MiB; where nobody watches, that is one look at a thread's variable.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use crate::codec::wide;
use crate::error::{Error, ErrorKind, Result};

/// Most bytes that are moved without a word to whoever watches, where they can be parted.
const PIECE: usize = 4 << 20;

/// Bytes of small pieces that are told of together.
const TOLD_TOGETHER: u64 = 1 << 20;

/// How far work is, in bytes of elements.
///
/// ```
/// use std::ops::ControlFlow;
/// use hdfive::{Progress, Watcher};
/// let tell = |Progress { done, total, .. }| {
///     eprint!("\r{done} of {total} bytes");
///     ControlFlow::Continue(())
/// };
/// let watcher = Watcher::new(tell);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes that are done.
    pub done: u64,
    /// Bytes that are to be done in all. It grows with each read, write or copy that begins.
    pub total: u64,
}

/// What is told how far work is, and says whether it goes on.
pub(crate) type Tell = Arc<dyn Fn(Progress) -> ControlFlow<()> + Send + Sync>;

thread_local! {
    static WATCHED: RefCell<Option<Rc<Watched>>> = const { RefCell::new(None) };
}

struct Watched {
    tell: Tell,
    done: Cell<u64>,
    total: Cell<u64>,
    /// Whether a job is under way, of which all other work is part.
    busy: Cell<bool>,
    /// Parts of a job under way whose bytes are counted otherwise.
    quiet: Cell<u32>,
}

impl Watched {
    fn current() -> Option<Rc<Self>> {
        WATCHED.with_borrow(Clone::clone)
    }

    fn tell(&self) -> Result<()> {
        match (self.tell)(Progress { done: self.done.get(), total: self.total.get() }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::new(ErrorKind::Cancelled)),
        }
    }
}

/// Does work of this thread that `tell` watches. Who watched before does so again afterwards.
pub(crate) fn watch<T>(tell: &Tell, work: impl FnOnce() -> T) -> T {
    struct Restore(Option<Rc<Watched>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            WATCHED.with_borrow_mut(|watched| *watched = self.0.take());
        }
    }
    let watched = Watched {
        tell: Arc::clone(tell),
        done: Cell::new(0),
        total: Cell::new(0),
        busy: Cell::new(false),
        quiet: Cell::new(0),
    };
    let before = WATCHED.with_borrow_mut(|slot| slot.replace(Rc::new(watched)));
    let _restore = Restore(before);
    work()
}

/// Whether someone watches what this thread does.
pub(crate) fn is_watched() -> bool {
    WATCHED.with_borrow(Option::is_some)
}

/// Bytes that may be moved at once, of `len`.
pub(crate) fn piece(len: usize) -> usize {
    if is_watched() { len.min(PIECE) } else { len }
}

/// Work of a known number of bytes.
pub(crate) struct Job {
    watched: Option<Rc<Watched>>,
    end: u64,
}

impl Job {
    /// Begins to move `bytes` bytes, or goes on with the job that this is part of.
    pub(crate) fn begin(bytes: u64) -> Self {
        let watched = Watched::current().filter(|watched| !watched.busy.replace(true));
        let mut end = 0;
        if let Some(watched) = &watched {
            end = watched.done.get().saturating_add(bytes);
            watched.total.set(watched.total.get().saturating_add(bytes));
        }
        Self { watched, end }
    }

    /// Everything is moved, whatever of it was told: what is not stored takes no time.
    ///
    /// # Errors
    ///
    /// [`Cancelled`](ErrorKind::Cancelled).
    pub(crate) fn end(self) -> Result<()> {
        let Some(watched) = &self.watched else { return Ok(()) };
        if watched.done.replace(self.end) == self.end { Ok(()) } else { watched.tell() }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(watched) = &self.watched {
            watched.busy.set(false);
        }
    }
}

/// `bytes` more are moved.
///
/// # Errors
///
/// [`Cancelled`](ErrorKind::Cancelled) where whoever watches does not want more.
pub(crate) fn advance(bytes: u64) -> Result<()> {
    advance_by(|| bytes)
}

/// As [`advance`], by a number that is found out only where someone watches.
pub(crate) fn advance_by(bytes: impl FnOnce() -> u64) -> Result<()> {
    let Some(watched) = Watched::current() else { return Ok(()) };
    let bytes = bytes();
    if bytes == 0 || watched.quiet.get() > 0 || !watched.busy.get() {
        return Ok(());
    }
    watched.done.set(watched.done.get().saturating_add(bytes).min(watched.total.get()));
    watched.tell()
}

/// `bytes` more are moved, beside those `before` that nobody was told of yet; gives how many these
/// are now. Small pieces are told of together.
///
/// # Errors
///
/// As [`advance`].
pub(crate) fn untold(before: u64, bytes: usize) -> Result<u64> {
    let all = before.saturating_add(wide(bytes));
    if all < TOLD_TOGETHER {
        return Ok(all);
    }
    advance(all)?;
    Ok(0)
}

/// Does a part of a job whose bytes are counted otherwise.
pub(crate) fn quietly<T>(work: impl FnOnce() -> T) -> T {
    struct Louder(Option<Rc<Watched>>);
    impl Drop for Louder {
        fn drop(&mut self) {
            if let Some(watched) = &self.0 {
                watched.quiet.set(watched.quiet.get().saturating_sub(1));
            }
        }
    }
    let watched = Watched::current();
    if let Some(watched) = &watched {
        watched.quiet.set(watched.quiet.get().saturating_add(1));
    }
    let _louder = Louder(watched);
    work()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_part_of_a_job_is_counted_once() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let here = Arc::clone(&told);
        let tell: Tell = Arc::new(move |at: Progress| {
            here.lock().unwrap().push((at.done, at.total));
            if at.done < 9 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        assert!(!is_watched() && piece(usize::MAX) == usize::MAX);
        let done = watch(&tell, || -> Result<()> {
            assert!(is_watched() && piece(usize::MAX) == PIECE);
            advance(7)?;
            let job = Job::begin(6);
            advance(2)?;
            let part = Job::begin(4);
            quietly(|| advance(4))?;
            advance(4)?;
            part.end()?;
            job.end()?;
            let job = Job::begin(4);
            advance(1)?;
            job.end()?;
            Ok(())
        });
        assert!(matches!(done.unwrap_err().kind(), ErrorKind::Cancelled));
        assert_eq!(*told.lock().unwrap(), [(2, 6), (6, 6), (7, 10), (10, 10)]);
        assert!(!is_watched());
    }
}
