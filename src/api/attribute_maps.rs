//! All attributes of an object at once.

use super::location::Location;
use crate::element::{H5Type, Value};
use crate::error::Result;

impl Location {
    /// All attributes by name, whatever they are, as any collection of pairs:
    /// [`set_attrs`](Self::set_attrs) takes it back, and gives each value the smallest type that holds it.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use std::collections::BTreeMap;
    /// use hdfive::Value;
    /// let file = hdfive::File::in_memory()?;
    /// file.set_attrs(BTreeMap::from([("run", 3), ("detector", 7)]))?;
    /// file.set_attr("unit", "m/s")?;
    /// let all: BTreeMap<String, Value> = file.attrs_map()?;
    /// assert_eq!(all["run"].as_i64(), Some(3));
    /// assert_eq!(all["unit"].as_str(), Some("m/s"));
    /// let group = file.create_group("copy")?;
    /// group.set_attrs(&all)?;
    /// assert_eq!(group.attr_names()?, ["detector", "run", "unit"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where one of them cannot be read: [`all_attrs`](Self::all_attrs) gives the others.
    pub fn attrs_map<M: FromIterator<(String, Value)>>(&self) -> Result<M> {
        let _reading = self.under(self.found.store.reading())?;
        let read = |name: String| {
            let value = self.attr(&name)?.read_value()?;
            Ok((name, value))
        };
        self.attr_names()?.into_iter().map(read).collect()
    }

    /// All attributes by name, which are one `T` each, as any collection of pairs.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use std::collections::HashMap;
    /// let file = hdfive::File::in_memory()?;
    /// file.set_attrs([("gain", 1.5), ("offset", -2.0)])?;
    /// let gains: HashMap<String, f64> = file.attrs_map_as()?;
    /// assert_eq!(gains["offset"], -2.0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where one does not convert to `T`,
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where one has not exactly one element; else as
    /// [`attrs_map`](Self::attrs_map).
    pub fn attrs_map_as<T: H5Type, M: FromIterator<(String, T)>>(&self) -> Result<M> {
        let _reading = self.under(self.found.store.reading())?;
        let read = |name: String| {
            let value = self.attr(&name)?.read_scalar()?;
            Ok((name, value))
        };
        self.attr_names()?.into_iter().map(read).collect()
    }
}
