//! What cannot be read of a damaged file, where the rest is wanted all the same.

use std::sync::{Mutex, PoisonError};

use super::Space;
use crate::codec::Address;
use crate::error::{Error, ErrorKind, Result};

/// Errors that are kept until someone asks for them: where a table is broken, each of a million
/// entries may be.
const MOST: usize = 4096;

/// What could not be read, and nobody has asked for yet.
#[derive(Debug, Default)]
pub(super) struct Damage {
    noted: Mutex<Vec<Error>>,
}

impl Space {
    /// Lets those who walk through structures go on past what cannot be read.
    pub(crate) fn tolerate_damage(&mut self) {
        self.damage = Some(Damage::default());
    }

    /// Whether what cannot be read is left out.
    pub(crate) fn tolerates_damage(&self) -> bool {
        self.damage.is_some()
    }

    /// The value. Where it cannot be read, and the rest is wanted all the same, the error is noted.
    ///
    /// # Errors
    ///
    /// The error, where damage is not tolerated or it is none.
    pub(crate) fn heed<T>(&self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) => self.note(error).map(|()| None),
        }
    }

    /// Notes an error, as [`heed`](Self::heed) does.
    #[cold]
    pub(crate) fn note(&self, error: Error) -> Result<()> {
        let Some(damage) = &self.damage else { return Err(error) };
        if is_end(&error) {
            return Err(error);
        }
        let mut noted = damage.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() < MOST {
            noted.push(error);
        }
        Ok(())
    }

    /// Notes, where damage is tolerated, that something is not as any writer leaves it, though it
    /// can be read.
    pub(crate) fn suspect(
        &self,
        structure: &'static str,
        field: &'static str,
        at: Address,
        problem: &str,
    ) {
        if self.damage.is_some() {
            let _ = self.note(self.broken(structure, field, at, problem));
        }
    }

    /// Number of errors that were noted and not taken.
    pub(crate) fn noted(&self) -> usize {
        let noted =
            |damage: &Damage| damage.noted.lock().unwrap_or_else(PoisonError::into_inner).len();
        self.damage.as_ref().map_or(0, noted)
    }

    /// The errors that were noted since there were `before` of them.
    pub(crate) fn take_noted(&self, before: usize) -> Vec<Error> {
        let take = |damage: &Damage| {
            let mut noted = damage.noted.lock().unwrap_or_else(PoisonError::into_inner);
            let from = before.min(noted.len());
            noted.split_off(from)
        };
        self.damage.as_ref().map(take).unwrap_or_default()
    }
}

/// Whether an error says that nothing can go on, rather than that something cannot be read.
pub(crate) fn is_end(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Cancelled | ErrorKind::Closed | ErrorKind::Poisoned(_))
}
