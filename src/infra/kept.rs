//! Decoded nodes of a tree that nobody changes.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use crate::codec::Address;
use crate::error::Result;

/// Most nodes that one tree keeps. Trees have fewer inner nodes than that for a long time.
const MOST: usize = SHELVES * PLACES;
/// Shelves there are. None takes memory before a node is kept on it: most trees are small.
const SHELVES: usize = 256;
/// Places on a shelf.
const PLACES: usize = 32;
/// Places at which a node may be kept. Where all are taken it is read each time.
const TRIED: usize = 8;

/// Decoded nodes by address. What is kept once stays, so that looking it up takes no lock. Clones
/// share them.
#[derive(Debug)]
pub(crate) struct KeptNodes<N>(Arc<OnceLock<Box<[Shelf<N>]>>>);

/// Places for some nodes.
type Shelf<N> = OnceLock<Box<[Place<N>]>>;

/// A place for a node: whose it is, and the node once it was read.
type Place<N> = OnceLock<(Address, OnceLock<N>)>;

/// A node that is kept, or was read for this once.
#[derive(Debug)]
pub(crate) enum Kept<'a, N> {
    Here(&'a N),
    Shared(Arc<N>),
    Read(Box<N>),
}

impl<N: Clone> Kept<'_, N> {
    pub(crate) fn into_owned(self) -> N {
        match self {
            Self::Here(node) => node.clone(),
            Self::Shared(node) => Arc::unwrap_or_clone(node),
            Self::Read(node) => *node,
        }
    }
}

impl<N> Deref for Kept<'_, N> {
    type Target = N;

    fn deref(&self) -> &N {
        match self {
            Self::Here(node) => node,
            Self::Shared(node) => node,
            Self::Read(node) => node,
        }
    }
}

impl<N> Default for KeptNodes<N> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<N> Clone for KeptNodes<N> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<N> KeptNodes<N> {
    /// The node at `at`, read with `read` where it is not kept.
    pub(crate) fn get(&self, at: Address, read: impl FnOnce() -> Result<N>) -> Result<Kept<'_, N>> {
        let shelves = self.0.get_or_init(|| (0..SHELVES).map(|_| OnceLock::new()).collect());
        let first = place(at);
        let shelf = shelves.get(first / PLACES % SHELVES);
        let places =
            shelf.map(|shelf| shelf.get_or_init(|| (0..PLACES).map(|_| OnceLock::new()).collect()));
        let places = places.into_iter().flatten().cycle();
        for place in places.skip(first % PLACES).take(TRIED) {
            let (owner, node) = place.get_or_init(|| (at, OnceLock::new()));
            if *owner == at {
                return load_once(node, read).map(Kept::Here);
            }
        }
        read().map(|node| Kept::Read(Box::new(node)))
    }
}

/// Where a node is looked for first: addresses differ by multiples of the size of nodes.
fn place(at: Address) -> usize {
    let mixed = at.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    usize::try_from(mixed).unwrap_or(0) % MOST
}

/// What `cell` holds, made with `make` the first time.
pub(crate) fn load_once<T>(cell: &OnceLock<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if let Some(known) = cell.get() {
        return Ok(known);
    }
    let made = make()?;
    Ok(cell.get_or_init(|| made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_read_once_and_not_kept_without_bound() {
        let nodes = KeptNodes::default();
        let places = 0..2 * u64::try_from(MOST).unwrap();
        for at in places.clone() {
            assert_eq!(*nodes.get(Address(at), || Ok(at)).unwrap(), at);
        }
        let is_kept = |at: &u64| {
            let again = nodes.clone();
            let node = again.get(Address(*at), || Ok(u64::MAX)).unwrap();
            assert_eq!(*node, if matches!(node, Kept::Here(_)) { *at } else { u64::MAX });
            *node == *at
        };
        let kept = places.filter(is_kept).count();
        assert!(kept <= MOST && kept > MOST / 2, "{kept}");
    }

    #[test]
    fn a_node_that_could_not_be_read_is_read_again() {
        let nodes = KeptNodes::default();
        assert!(nodes.get(Address(0), || Err(crate::error::Error::usage("no node"))).is_err());
        assert_eq!(*nodes.get(Address(0), || Ok(7)).unwrap(), 7);
        assert_eq!(*nodes.get(Address(0), || panic!("kept")).unwrap(), 7);
    }
}
