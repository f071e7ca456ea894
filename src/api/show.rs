//! How handles look to people: what they are, where, and the shape and type of what has elements.

use std::fmt::{Debug, Display, Formatter, Result};

use super::location::Location;
use super::{Attribute, Container, Dataset, Datatype, File, Group};
use crate::format::message::DataspaceKind;

impl Location {
    /// Whether the file is open: whether it can be asked for anything.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// let dataset = file.create_dataset("x", 1)?;
    /// assert!(dataset.is_valid());
    /// file.close()?;
    /// assert!(!dataset.is_valid());
    /// assert_eq!(dataset.to_string(), "<Closed HDF5 dataset>");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.found.store.space().is_closed()
    }

    /// Says what it is with `open`, or that its file is closed.
    fn show(
        &self,
        kind: &str,
        f: &mut Formatter<'_>,
        open: impl FnOnce(&mut Formatter<'_>) -> Result,
    ) -> Result {
        if !self.is_valid() {
            return write!(f, "<Closed HDF5 {kind}>");
        }
        write!(f, "<HDF5 {kind} ")?;
        open(f)?;
        f.write_str(">")
    }
}

impl Container {
    /// The shape and the type of the elements.
    fn show_elements(&self, f: &mut Formatter<'_>) -> Result {
        let (space, datatype) = (self.stored_space(), self.stored_type());
        let datatype = Datatype::of_elements(Location::clone(self), datatype.clone());
        match space.kind {
            DataspaceKind::Null => write!(f, ": empty, type {datatype}"),
            DataspaceKind::Scalar => write!(f, ": scalar, type {datatype}"),
            _ => write!(f, ": shape {:?}, type {datatype}", self.shape()),
        }
    }
}

/// Both forms of text are the same.
macro_rules! shown {
    ($($type:ident),*) => {$(
        impl Debug for $type {
            fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                Display::fmt(self, f)
            }
        }
    )*};
}

shown!(Location, File, Group, Dataset, Attribute, Container);

impl Display for Location {
    /// `<HDF5 object "/run1" in "data.h5">`
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.show("object", f, |f| write!(f, "{:?} in {:?}", self.name(), self.filename()))
    }
}

impl Display for File {
    /// `<HDF5 file "data.h5" (read only)>`
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mode = if self.is_read_only() { "read only" } else { "read and write" };
        self.show("file", f, |f| write!(f, "{:?} ({mode})", self.filename()))
    }
}

impl Display for Group {
    /// `<HDF5 group "/run1" (3 members)>`
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.show("group", f, |f| write!(f, "{:?} ({} members)", self.name(), self.len()))
    }
}

impl Display for Dataset {
    /// `<HDF5 dataset "/run1/time": shape [4], type float64>`
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.show("dataset", f, |f| {
            write!(f, "{:?}", self.name())?;
            self.show_elements(f)
        })
    }
}

impl Display for Attribute {
    /// `<HDF5 attribute "unit" of "/run1/time": scalar, type unicode (var len)>`
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.show("attribute", f, |f| {
            write!(f, "{:?} of {:?}", Self::name(self), self.owner().name())?;
            self.show_elements(f)
        })
    }
}

impl Display for Container {
    /// `<HDF5 elements of "/run1/time": shape [4], type float64>`
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.show("elements", f, |f| {
            write!(f, "of {:?}", self.name())?;
            self.show_elements(f)
        })
    }
}

impl Debug for Datatype {
    /// `<HDF5 datatype: float64>`, `<HDF5 named type "/pair": compound (2 fields)>`
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        // The type of elements is where these are, not where it is committed.
        if self.committed_token() != Some(self.token()) {
            return write!(f, "<HDF5 datatype: {self}>");
        }
        self.show("named type", f, |f| write!(f, "{:?}: {self}", self.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{AnyValues, ElementType};

    #[test]
    fn handles_say_what_they_are() {
        let file = File::in_memory().unwrap();
        let group = file.create_group("a").unwrap();
        let pair = group.commit_type("pair", ElementType::of::<(i8, f32)>()).unwrap();
        let x = group.new_dataset::<f64>().shape((2, 3)).create("x").unwrap();
        x.set_attr("unit", "m").unwrap();
        let none = group.create_dataset("none", AnyValues::null::<u8>()).unwrap();
        let attribute = x.attr("unit").unwrap();
        assert_eq!(format!("{file:?}"), "<HDF5 file \"\" (read and write)>");
        assert_eq!(format!("{group:?} {group}"), ["<HDF5 group \"/a\" (3 members)>"; 2].join(" "));
        assert_eq!(format!("{x:?}"), "<HDF5 dataset \"/a/x\": shape [2, 3], type float64>");
        assert_eq!(none.to_string(), "<HDF5 dataset \"/a/none\": empty, type uint8>");
        assert_eq!(
            format!("{attribute:?}"),
            "<HDF5 attribute \"unit\" of \"/a/x\": scalar, type unicode (var len)>"
        );
        assert_eq!(format!("{pair:?}"), "<HDF5 named type \"/a/pair\": compound (2 fields)>");
        assert_eq!(format!("{:?}", x.dtype().unwrap()), "<HDF5 datatype: float64>");
        file.clone().close().unwrap();
        for (shown, kind) in [
            (format!("{file:?}"), "file"),
            (format!("{group:?}"), "group"),
            (format!("{x:?}"), "dataset"),
            (format!("{attribute:?}"), "attribute"),
            (format!("{pair:?}"), "named type"),
        ] {
            assert_eq!(shown, format!("<Closed HDF5 {kind}>"));
        }
    }
}
