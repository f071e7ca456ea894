//! All links beneath a group, wherever they lead.

use std::ops::ControlFlow;

use super::Group;
use super::links::LinkInfo;
use super::walk::Walk;
use crate::error::Result;
use crate::object::path::text;

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
        let mut walk = Walk::beneath(self)?;
        while let Some(step) = walk.next() {
            if let ControlFlow::Break(value) =
                visit(&text(&step.path), &LinkInfo::of(step.link.clone()))
            {
                return Ok(Some(value));
            }
            if let Some(object) = walk.meet(&step)? {
                walk.enter(&step, &object)?;
            }
        }
        Ok(None)
    }
}
