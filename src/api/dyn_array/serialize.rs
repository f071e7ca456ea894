//! Arrays for serde.

use serde::ser::{Error, Serialize, Serializer};

use super::DynArray;

impl Serialize for DynArray {
    /// As its [value](DynArray::to_value).
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().map_err(S::Error::custom)?.serialize(serializer)
    }
}
