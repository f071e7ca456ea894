//! Attributes set, changed, renamed and removed by name.

use super::any_values::AnyValues;
use super::location::Location;
use crate::codec::{Address, wide};
use crate::error::{Error, Result};
use crate::format::message::DataspaceKind;
use crate::object::attribute::create::{AttributeCreation, delete, existing, set_data};
use crate::object::attribute::edit::AttributesEdit;
use crate::object::attribute::find;

impl Location {
    /// Gives the object an attribute of these values, with their shape, in place of one of that
    /// name where there is one.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::AnyValues;
    /// let file = hdfive::File::in_memory()?;
    /// file.set_attr("unit", "m/s")?;
    /// file.set_attr("range", [0.0, 12.5])?;
    /// file.set_attr("names", ["x", "y", "z"])?;
    /// file.set_attr("range", 7)?;
    /// file.set_attr("pair", AnyValues::scalar((1, 0.5)))?;
    /// file.set_attr("nothing", AnyValues::null::<f64>())?;
    /// assert_eq!(file.attr("range")?.read_scalar::<i32>()?, 7);
    /// assert_eq!(file.attr("names")?.read_raw::<String>()?, ["x", "y", "z"]);
    /// assert!(file.attr("nothing")?.space()?.is_null());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`AttributeBuilderEmptyShape::create`](crate::AttributeBuilderEmptyShape::create), but
    /// that there may be an attribute of that name.
    pub fn set_attr<'d>(&self, name: &str, values: impl Into<AnyValues<'d>>) -> Result<()> {
        self.set_attrs([(name, values)])
    }

    /// Sets all these attributes, or none of them: see [`set_attr`](Self::set_attr).
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::Value;
    /// let file = hdfive::File::in_memory()?;
    /// let found = [("run", Value::Integer(3)), ("by", Value::String("me".to_owned()))];
    /// file.set_attrs(found)?;
    /// assert_eq!(file.attr_names()?, ["by", "run"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`set_attr`](Self::set_attr).
    pub fn set_attrs<'d, N, V>(&self, attributes: impl IntoIterator<Item = (N, V)>) -> Result<()>
    where
        N: AsRef<str>,
        V: Into<AnyValues<'d>>,
    {
        // What the caller's iterator does is no part of the change.
        let all: Vec<(N, AnyValues<'d>)> =
            attributes.into_iter().map(|(name, values)| (name, values.into())).collect();
        let store = &self.found.store;
        self.under(store.edit_adding(|| {
            all.iter().try_for_each(|(name, values)| self.put_attribute(name.as_ref(), values))
        }))
    }

    fn put_attribute(&self, name: &str, values: &AnyValues<'_>) -> Result<()> {
        let store = &self.found.store;
        let datatype = &values.stored_type(store)?;
        let dataspace = values.extents().to_fixed_dataspace(store.bounds())?;
        let data = Some(values.elements(store, datatype)?);
        let creation =
            AttributeCreation { name: name.as_bytes(), datatype, dataspace, data, charset: None };
        creation.put(store, self.at())
    }

    /// Gives an attribute other values, which are converted to its type and must have its shape;
    /// makes it where there is none of that name.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// file.set_attr("count", 7_u8)?;
    /// file.modify_attr("count", 9.25)?;
    /// assert_eq!(file.attr("count")?.read_scalar::<f64>()?, 9.0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the shapes differ and either has not
    /// exactly one element, or the attribute has a null dataspace;
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where the values do not convert to
    /// its type; else as [`set_attr`](Self::set_attr).
    pub fn modify_attr<'d>(&self, name: &str, values: impl Into<AnyValues<'d>>) -> Result<()> {
        let values = values.into();
        let store = &self.found.store;
        self.under(store.edit_elements(|| {
            let found = find(store, &store.header(self.at())?, name.as_bytes())?;
            let Some(found) = found else {
                store.check_unwatched()?;
                return self.put_attribute(name, &values);
            };
            let attribute = found.open(store)?;
            let space = &attribute.dataspace;
            if space.kind == DataspaceKind::Null {
                return Err(Error::usage(format!("attribute {name:?} has no elements to change")));
            }
            let given = values.extents();
            let shape: Vec<u64> = given.dims().iter().map(|len| wide(*len)).collect();
            let single = given.size() == 1 && space.points()? == 1;
            if given.is_null() || (shape != space.dimensions && !single) {
                let problem = format!("values of shape {given} for {:?}", space.dimensions);
                return Err(Error::usage(problem));
            }
            let data = values.elements(store, &attribute.datatype)?.into_owned();
            set_data(store, self.at(), &attribute, data)
        }))
    }

    /// Removes the attribute `name`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none of that name.
    pub fn delete_attr(&self, name: &str) -> Result<()> {
        let store = &self.found.store;
        self.under(store.edit_taking(|| delete(store, self.at(), name.as_bytes())))
    }

    /// Gives the attribute `name` another name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none of that name,
    /// [`ErrorKind::Exists`](crate::ErrorKind::Exists) where there is one of the new name.
    pub fn rename_attr(&self, name: &str, new_name: &str) -> Result<()> {
        let store = &self.found.store;
        self.under(store.edit(|| {
            let message = existing(store, self.at(), name.as_bytes())?.message;
            let mut attributes = AttributesEdit::open(store, self.at())?;
            attributes.rename(&message, new_name.as_bytes())
        }))
    }

    fn at(&self) -> Address {
        self.found.header.address
    }
}
