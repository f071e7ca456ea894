//! Dataspace message (specification IV.A.2.b).

use crate::codec::{Decoder, Encoder, Structure};
use crate::error::{Error, ErrorKind, Malformed, Result};

/// Most dimensions of a dataspace.
pub(crate) const MAXIMUM_RANK: u8 = 32;

const HAS_MAXIMUM: u8 = 1 << 0;
const HAS_PERMUTATION: u8 = 1 << 1;

/// Dataspace message: how many elements there are, and how they are arranged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dataspace {
    /// 1 or 2.
    pub(crate) version: u8,
    pub(crate) kind: DataspaceKind,
    /// Current size of each dimension, in elements, slowest varying first.
    pub(crate) dimensions: Vec<u64>,
    /// Largest size of each dimension, `None` where it is unlimited; `None` altogether where the
    /// file does not say, which means the current sizes.
    pub(crate) maximum: Option<Vec<Option<u64>>>,
}

/// The arrangement of a dataspace's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DataspaceKind {
    /// One element.
    Scalar,
    /// An array.
    Simple,
    /// No element.
    Null,
}

impl Dataspace {
    pub(crate) fn rank(&self) -> usize {
        self.dimensions.len()
    }

    /// Number of elements.
    ///
    /// # Errors
    /// When it needs more than 64 bits.
    pub(crate) fn points(&self) -> Result<u64> {
        if self.kind == DataspaceKind::Null || self.dimensions.contains(&0) {
            return Ok(0);
        }
        let product = self.dimensions.iter().try_fold(1_u64, |n, size| n.checked_mul(*size));
        product.ok_or_else(|| {
            let problem = "the number of elements needs more than 64 bits";
            Error::new(ErrorKind::Malformed(Malformed::Broken(problem.to_owned())))
        })
    }

    /// Largest size of dimension `axis`, `None` where it is unlimited (or is not there).
    pub(crate) fn max(&self, axis: usize) -> Option<u64> {
        match &self.maximum {
            Some(maximum) => maximum.get(axis).copied().flatten(),
            None => self.dimensions.get(axis).copied(),
        }
    }

    /// Whether some dimension may become larger than it is.
    pub(crate) fn is_resizable(&self) -> bool {
        (0..self.rank()).any(|axis| self.max(axis) != self.dimensions.get(axis).copied())
    }

    fn check_sizes(&self, d: &Decoder<'_>) -> Result<()> {
        for (axis, size) in self.dimensions.iter().enumerate() {
            if let Some(max) = self.max(axis).filter(|max| size > max) {
                let problem = format!("size {size} of axis {axis} is above its maximum {max}");
                return Err(d.broken("Dimension Size", problem));
            }
        }
        self.points().map_err(|error| error.or_at(d.location("Dimension Size")))?;
        Ok(())
    }

    fn kind_byte(&self) -> u8 {
        match self.kind {
            DataspaceKind::Scalar => 0,
            DataspaceKind::Simple => 1,
            DataspaceKind::Null => 2,
        }
    }
}

impl Structure for Dataspace {
    const NAME: &'static str = "Dataspace Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let version = d.u8_in("Version", 1..=2)?;
        let rank = d.u8_in("Dimensionality", 0..=MAXIMUM_RANK)?;
        let flags = d.u8("Flags")?;
        let kind = if version == 1 {
            d.skip("Reserved", 5)?;
            if rank == 0 { DataspaceKind::Scalar } else { DataspaceKind::Simple }
        } else {
            let good = |kind| kind == 1 || (kind <= 2 && rank == 0);
            match d.checked("Type", Decoder::u8, good)? {
                0 => DataspaceKind::Scalar,
                1 => DataspaceKind::Simple,
                _ => DataspaceKind::Null,
            }
        };
        let start = d.clone();
        let dimensions =
            (0..rank).map(|_| d.length("Dimension Size")).collect::<Result<Vec<_>>>()?;
        let maximum = (flags & HAS_MAXIMUM != 0)
            .then(|| (0..rank).map(|_| d.length_or_unlimited("Dimension Maximum Size")).collect())
            .transpose()?;
        if version == 1 && flags & HAS_PERMUTATION != 0 {
            // Specified once, written by nothing.
            (0..rank).try_for_each(|_| d.length("Permutation Index").map(|_| ()))?;
        }
        let dataspace = Self { version, kind, dimensions, maximum };
        dataspace.check_sizes(&start)?;
        Ok(dataspace)
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u8(self.version);
        e.u8(e.count("Dimensionality", self.dimensions.len())?);
        e.u8(if self.maximum.is_some() { HAS_MAXIMUM } else { 0 });
        if self.version == 1 {
            if self.kind == DataspaceKind::Null {
                return Err(e.broken("Type", "version 1 cannot hold a null dataspace"));
            }
            e.zeros(5);
        } else {
            e.u8(self.kind_byte());
        }
        for size in &self.dimensions {
            e.length("Dimension Size", *size)?;
        }
        for size in self.maximum.iter().flatten() {
            e.length_or_unlimited("Dimension Maximum Size", *size)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::check_round_trip;

    fn simple() -> impl Strategy<Value = Dataspace> {
        let sizes = vec((0_u64..9, prop::option::of(0_u64..9)), 1..6);
        (1_u8..=2, sizes, any::<bool>()).prop_map(|(version, sizes, resizable)| Dataspace {
            version,
            kind: DataspaceKind::Simple,
            dimensions: sizes.iter().map(|(size, _)| *size).collect(),
            maximum: resizable
                .then(|| sizes.iter().map(|(size, more)| more.map(|more| size + more)).collect()),
        })
    }

    proptest! {
        #[test]
        fn round_trips(value in simple()) {
            check_round_trip(&value);
        }
    }

    #[test]
    fn spaces_without_dimensions_round_trip() {
        let of = |version, kind| Dataspace { version, kind, dimensions: vec![], maximum: None };
        check_round_trip(&of(1, DataspaceKind::Scalar));
        check_round_trip(&of(2, DataspaceKind::Scalar));
        check_round_trip(&of(2, DataspaceKind::Null));
        assert_eq!(of(2, DataspaceKind::Scalar).points().unwrap(), 1);
        assert_eq!(of(2, DataspaceKind::Null).points().unwrap(), 0);
    }

    #[test]
    fn too_many_elements_are_an_error() {
        let mut space = Dataspace {
            version: 2,
            kind: DataspaceKind::Simple,
            dimensions: vec![1 << 32, 1 << 32],
            maximum: None,
        };
        assert!(space.points().is_err());
        space.dimensions.push(0);
        assert_eq!(space.points().unwrap(), 0);
    }
}
