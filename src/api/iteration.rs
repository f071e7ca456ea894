//! The order in which links and attributes come, and a place in it.

use crate::error::Result;

/// What links and attributes are listed by.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{IndexType, IterationOrder};
/// let file = hdfive::File::in_memory()?;
/// file.create_group("b")?;
/// file.create_group("a")?;
/// assert_eq!(file.member_names_by(IndexType::Name, IterationOrder::Decreasing)?, ["b", "a"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum IndexType {
    /// The bytes of their names.
    #[default]
    Name,
    /// When they were made.
    CreationOrder,
}

/// In which direction links and attributes are listed.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{IndexType, IterationOrder};
/// let file = hdfive::File::in_memory()?;
/// file.create_group("b")?;
/// file.create_group("a")?;
/// assert_eq!(file.member_names_by(IndexType::Name, IterationOrder::Decreasing)?, ["b", "a"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum IterationOrder {
    /// Ascending.
    Increasing,
    /// Descending.
    Decreasing,
    /// Whichever is fastest: here it is ascending.
    #[default]
    Native,
}

/// A place in the links of a group, or in the attributes of an object, listed in some order.
///
/// ```
/// use hdfive::{IndexType, IterationCursor, IterationOrder};
/// let cursor = IterationCursor::start(IndexType::Name, IterationOrder::Increasing).skip(3);
/// assert_eq!(cursor.position(), 3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IterationCursor {
    index_type: IndexType,
    iteration_order: IterationOrder,
    position: u64,
}

impl IterationCursor {
    /// Before the first one.
    #[must_use]
    pub const fn start(index_type: IndexType, iteration_order: IterationOrder) -> Self {
        Self { index_type, iteration_order, position: 0 }
    }

    /// Behind so many more.
    #[must_use]
    pub const fn skip(self, items: u64) -> Self {
        Self { position: self.position.saturating_add(items), ..self }
    }

    /// What they are listed by.
    #[must_use]
    pub const fn index_type(self) -> IndexType {
        self.index_type
    }

    /// In which direction they are listed.
    #[must_use]
    pub const fn iteration_order(self) -> IterationOrder {
        self.iteration_order
    }

    /// How many are before it.
    #[must_use]
    pub const fn position(self) -> u64 {
        self.position
    }

    /// Calls `op` for each of `items` from here on until it gives a value; gives that value, and the
    /// place behind the item it is of.
    pub(super) fn find<T, B>(
        self,
        items: Vec<T>,
        mut op: impl FnMut(T) -> Result<Option<B>>,
    ) -> Result<Option<(B, Self)>> {
        let mut next = self;
        for item in items.into_iter().skip(usize::try_from(self.position).unwrap_or(usize::MAX)) {
            next = next.skip(1);
            if let Some(value) = op(item)? {
                return Ok(Some((value, next)));
            }
        }
        Ok(None)
    }
}
