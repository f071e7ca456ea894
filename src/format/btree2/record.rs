//! What all record types of version 2 B-trees have in common.

use std::fmt::Debug;

use crate::codec::{Sizes, StructureIn};

/// A record type of version 2 B-trees.
pub(crate) trait Record:
    StructureIn<Self::Context> + Clone + Debug + Send + Sync + 'static
{
    /// The number the header and the nodes hold.
    const TYPE: u8;

    /// Facts from elsewhere without which the record cannot be read.
    type Context: Clone + Debug;

    /// `context` made to fit records of `size` bytes; `None` where records of this type cannot
    /// have that size.
    fn fit(context: &Self::Context, size: u16, sizes: Sizes) -> Option<Self::Context>;

    /// Whether the record may stand directly behind `previous`, as far as that can be told
    /// without what the records refer to.
    fn may_follow(&self, previous: &Self) -> bool;
}

/// [`Record::fit`] of a type that has but one size.
pub(super) fn fit_exactly(size: u16, expected: u64) -> Option<()> {
    (u64::from(size) == expected).then_some(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::Record;
    use crate::codec::testing::SIZES;

    /// Checks that `record` takes the bytes that its type expects, and no other number.
    pub(in crate::format::btree2) fn check_size<R: Record<Context = ()>>(record: &R) {
        for sizes in SIZES {
            let len = u16::try_from(record.to_bytes_in(sizes, &()).unwrap().len()).unwrap();
            assert!(R::fit(&(), len, sizes).is_some());
            assert!(R::fit(&(), len + 1, sizes).is_none());
        }
    }
}
