//! Who may look at a file open for writing, and when: many readers, or one change.

use std::cell::RefCell;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

thread_local! {
    /// Gates this thread is inside of.
    static INSIDE: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// The gate of one file. A thread that is inside already enters again at once, so that a read may
/// be part of a read or of a change.
#[derive(Debug, Default)]
pub(crate) struct Gate(RwLock<()>);

/// Being inside a gate.
#[derive(Debug)]
pub(crate) struct Inside<'a> {
    gate: usize,
    _guard: Option<Guard<'a>>,
}

#[derive(Debug)]
enum Guard<'a> {
    Shared { _guard: RwLockReadGuard<'a, ()> },
    Alone { _guard: RwLockWriteGuard<'a, ()> },
}

impl Gate {
    fn identity(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    fn is_inside(&self) -> bool {
        INSIDE.with_borrow(|inside| inside.contains(&self.identity()))
    }

    fn enter<'a>(&'a self, guard: Option<Guard<'a>>) -> Inside<'a> {
        INSIDE.with_borrow_mut(|inside| inside.push(self.identity()));
        Inside { gate: self.identity(), _guard: guard }
    }

    /// Waits until nobody changes the file.
    pub(crate) fn shared(&self) -> Inside<'_> {
        let guard = (!self.is_inside()).then(|| Guard::Shared {
            _guard: self.0.read().unwrap_or_else(PoisonError::into_inner),
        });
        self.enter(guard)
    }

    /// Waits until nobody reads or changes the file; `None` where this thread itself does.
    pub(crate) fn alone(&self) -> Option<Inside<'_>> {
        if self.is_inside() {
            return None;
        }
        let guard = Guard::Alone { _guard: self.0.write().unwrap_or_else(PoisonError::into_inner) };
        Some(self.enter(Some(guard)))
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        INSIDE.with_borrow_mut(|inside| {
            if let Some(at) = inside.iter().rposition(|gate| *gate == self.gate) {
                inside.swap_remove(at);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_enters_again_but_does_not_change_what_it_reads() {
        let gate = Gate::default();
        let reading = gate.shared();
        let again = gate.shared();
        assert!(gate.alone().is_none());
        drop((reading, again));
        let changing = gate.alone().unwrap();
        let _reading = gate.shared();
        drop(changing);
    }
}
