//! What the snapshots of a dataset share.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// What the snapshots of one dataset share, made when it is first looked at: most datasets that are
/// opened are never.
#[derive(Debug)]
pub(super) struct Shared<T>(OnceLock<Arc<T>>);

impl<T> Shared<T> {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// What is shared, where it was made.
    pub(super) fn known(&self) -> Option<&T> {
        self.0.get().map(|shared| &**shared)
    }

    /// Whether another snapshot has it, too.
    pub(super) fn is_shared(&self) -> bool {
        self.0.get().is_some_and(|shared| Arc::strong_count(shared) > 1)
    }
}

impl<T: Default> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.get_or_init(Arc::default)
    }
}

impl<T: Default> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(OnceLock::from(Arc::clone(self.0.get_or_init(Arc::default))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_have_the_same() {
        let one = Shared::<OnceLock<u8>>::new();
        assert!(one.known().is_none() && !one.is_shared());
        let other = one.clone();
        assert!(one.is_shared() && other.is_shared());
        assert_eq!(other.set(7), Ok(()));
        assert_eq!(one.known().and_then(OnceLock::get), Some(&7));
        drop(other);
        assert!(!one.is_shared());
    }
}
