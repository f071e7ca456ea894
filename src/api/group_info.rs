//! Facts about a group.

use super::Group;
use crate::error::Result;
use crate::object::group::Links;

/// How a group keeps its links.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::GroupStorageType;
/// let file = hdfive::File::in_memory()?;
/// let group = file.create_group_builder().track_order(true).create("g")?;
/// assert_eq!(group.info()?.storage_type, GroupStorageType::Compact);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupStorageType {
    /// In a symbol table: groups of the oldest format.
    SymbolTable,
    /// In the header of the object.
    Compact,
    /// In a heap, with indexes by name and perhaps by creation order.
    Dense,
}

/// Facts about a group, as [`Group::info`] gives them.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let group = file.create_group_builder().track_order(true).create("g")?;
/// group.create_group("a")?;
/// group.create_group("b")?;
/// group.unlink("a")?;
/// assert_eq!((group.info()?.nlinks, group.info()?.max_corder), (1, 2));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupInfo {
    /// How it keeps its links.
    pub storage_type: GroupStorageType,
    /// Number of links.
    pub nlinks: u64,
    /// Number of links that were ever made in it, those that are gone too, where it tracks the order in
    /// which they were; else 0.
    pub max_corder: i64,
    /// Whether another file is mounted on it, which is never so here.
    pub mounted: bool,
}

impl Group {
    /// Facts about the group.
    ///
    /// # Errors
    ///
    /// Where its header, or what keeps its links, cannot be read.
    pub fn info(&self) -> Result<GroupInfo> {
        let _reading = self.under(self.found.store.reading())?;
        let object = self.object()?;
        let storage_type = match &object.links {
            Links::SymbolTable(_) => GroupStorageType::SymbolTable,
            Links::Compact(_) => GroupStorageType::Compact,
            Links::Dense(_) => GroupStorageType::Dense,
        };
        let nlinks = self.under(object.len(&self.found.store))?;
        let max_corder =
            object.next_creation_order.map_or(0, |next| next.try_into().unwrap_or(i64::MAX));
        Ok(GroupInfo { storage_type, nlinks, max_corder, mounted: false })
    }
}
