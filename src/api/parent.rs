//! The group an object was found in.

use super::Group;
use super::location::Location;
use crate::error::{Error, Result};

impl Location {
    /// The group that the last link of the object's [path](Self::name) is in. The root group is its
    /// own.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// assert_eq!(file.dataset("run1/time")?.parent()?.name(), "/run1");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where no path leads to the object;
    /// whatever opening the group gives.
    pub fn parent(&self) -> Result<Group> {
        let name = self.name();
        let Some((parent, _)) = name.trim_end_matches('/').rsplit_once('/') else {
            let root = name.starts_with('/');
            let unnamed = || Error::not_found("the group of an object that no link leads to");
            return root.then(|| self.file()).ok_or_else(unnamed)?.and_then(|file| file.group("/"));
        };
        self.under(self.resolve("/")?.as_group()?.group(parent))
    }
}
