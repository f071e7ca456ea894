//! How many axes values have, as types: those of `ndarray`, or where that is not there, of our own.

#[cfg(feature = "ndarray")]
pub(super) use ndarray::{Ix0, Ix1, IxDyn};

#[cfg(not(feature = "ndarray"))]
pub(super) use names::{Ix0, Ix1, IxDyn};

#[cfg(not(feature = "ndarray"))]
mod names {
    /// No axis.
    #[derive(Debug, Clone)]
    pub struct Ix0;

    /// One axis.
    #[derive(Debug, Clone)]
    pub struct Ix1;

    /// As many axes as turn out when the program runs.
    #[derive(Debug, Clone)]
    pub struct IxDyn;
}
