//! All links beneath a group, wherever they lead.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::Group;
use super::links::LinkInfo;
use super::location::{Location, LocationType, kind_of};
use crate::error::Result;
use crate::format::message::{Link, LinkTarget};
use crate::object::path::{Found, follow, join, text};

impl Group {
    /// Calls `visit` with the path, from here, of every link beneath this group, until it breaks;
    /// gives what it broke with.
    ///
    /// Depth first, names in ascending order of their bytes. Unlike [`visit`](Self::visit), it comes
    /// by links of all kinds, and by each, also where several lead to one object; what soft and
    /// external links lead to is not entered, and no group twice.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use std::ops::ControlFlow;
    /// let file = hdfive::File::in_memory()?;
    /// file.create_group("a/b")?;
    /// file.link_soft("/a", "soft")?;
    /// file.link_hard("a", "z")?;
    /// let mut paths = Vec::new();
    /// file.visit_links::<()>(|path, link| {
    ///     paths.push(format!("{path} ({} letters)", link.name.len()));
    ///     ControlFlow::Continue(())
    /// })?;
    /// assert_eq!(paths, ["a (1 letters)", "a/b (1 letters)", "soft (4 letters)", "z (1 letters)"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where a link, or the header of what a hard link leads to, cannot be read.
    pub fn visit_links<B>(
        &self,
        mut visit: impl FnMut(&str, &LinkInfo) -> ControlFlow<B>,
    ) -> Result<Option<B>> {
        let mut entered = HashSet::from([self.found.header.address]);
        let mut waiting: Vec<(Found, Vec<u8>, Link)> = Vec::new();
        let queue = |group: &Self, prefix: &[u8], waiting: &mut Vec<_>| -> Result<()> {
            waiting.extend(group.raw_links()?.into_iter().rev().map(|link| {
                let path =
                    if prefix.is_empty() { link.name.clone() } else { join(prefix, &link.name) };
                ((*group.found).clone(), path, link)
            }));
            Ok(())
        };
        queue(self, b"", &mut waiting)?;
        while let Some((group, path, link)) = waiting.pop() {
            if let ControlFlow::Break(value) = visit(&text(&path), &LinkInfo::of(&link)) {
                return Ok(Some(value));
            }
            let LinkTarget::Hard(address) = link.target else { continue };
            if !entered.insert(address) {
                continue;
            }
            let location = Location::new(follow(&group, &link)?);
            if kind_of(&location.found) == Some(LocationType::Group) {
                queue(&location.as_group()?, &path, &mut waiting)?;
            }
        }
        Ok(None)
    }
}
