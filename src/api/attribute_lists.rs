//! Attributes in the order asked for, and what is known of each without a look at its elements.

use super::attribute::Attribute;
use super::iteration::{IndexType, IterationCursor, IterationOrder};
use super::links::CharEncoding;
use super::location::Location;
use crate::codec::wide;
use crate::error::{Error, Result};
use crate::object::attribute::{self, AttributeObject, RawAttribute};
use crate::object::path::text;

/// What is known of an attribute without a look at its elements.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// file.set_attr("range", [0.0, 12.5])?;
/// assert_eq!(file.attr_info("range")?.data_size, 16);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttrInfo {
    /// Its place in the order the attributes were made in, where that is known.
    pub creation_order: Option<u32>,
    /// How its name is marked.
    pub char_encoding: CharEncoding,
    /// Bytes of its elements as they are stored.
    pub data_size: u64,
}

impl AttrInfo {
    fn of(attribute: &AttributeObject) -> Result<Self> {
        Ok(Self {
            creation_order: attribute.creation_order,
            char_encoding: CharEncoding::of(attribute.message.charset),
            data_size: wide(attribute.data()?.len()),
        })
    }
}

impl Location {
    fn ordered_attributes(
        &self,
        index: IndexType,
        order: IterationOrder,
    ) -> Result<Vec<RawAttribute>> {
        let mut all = match index {
            IndexType::Name => self.raw_attributes()?,
            IndexType::CreationOrder => {
                let _reading = self.under(self.found.store.reading())?;
                self.under(attribute::by_creation(&self.found.store, &*self.header()?))?
            }
        };
        if order == IterationOrder::Decreasing {
            all.reverse();
        }
        Ok(all)
    }

    fn named_info(&self, raw: RawAttribute) -> Result<(String, AttrInfo)> {
        let name = text(raw.message.name());
        let opened = raw.open(&self.found.store).and_then(|attribute| AttrInfo::of(&attribute));
        Ok((name, self.under(opened)?))
    }

    /// What is known of the attribute `name`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none; where it cannot be
    /// read.
    pub fn attr_info(&self, name: &str) -> Result<AttrInfo> {
        let attribute = self.attr(name)?;
        self.under(AttrInfo::of(attribute.object()))
    }

    /// The attribute at a place in the order asked for: see [`iter_attrs`](Self::iter_attrs).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there are not as many; else as
    /// [`iter_attrs`](Self::iter_attrs).
    pub fn attr_by_index(
        &self,
        index_type: IndexType,
        iteration_order: IterationOrder,
        index: u64,
    ) -> Result<Attribute> {
        let _reading = self.under(self.found.store.reading())?;
        let mut all = self.ordered_attributes(index_type, iteration_order)?.into_iter();
        let found = usize::try_from(index).ok().and_then(|index| all.nth(index));
        let missing = || Error::not_found(format!("attribute number {index}"));
        let opened = found.ok_or_else(missing).and_then(|raw| raw.open(&self.found.store));
        Ok(Attribute::new(self.clone(), self.under(opened)?))
    }

    /// Names of all attributes in the order asked for: see [`iter_attrs`](Self::iter_attrs).
    ///
    /// # Errors
    ///
    /// As [`iter_attrs`](Self::iter_attrs).
    pub fn attr_names_by(
        &self,
        index_type: IndexType,
        iteration_order: IterationOrder,
    ) -> Result<Vec<String>> {
        let all = self.ordered_attributes(index_type, iteration_order)?;
        Ok(all.iter().map(|raw| text(raw.message.name())).collect())
    }

    /// All attributes in the order asked for, by name, with what is known of each: see
    /// [`iter_attrs`](Self::iter_attrs).
    ///
    /// # Errors
    ///
    /// As [`iter_attrs`](Self::iter_attrs).
    pub fn attrs(
        &self,
        index_type: IndexType,
        iteration_order: IterationOrder,
    ) -> Result<Vec<(String, AttrInfo)>> {
        let _reading = self.under(self.found.store.reading())?;
        let all = self.ordered_attributes(index_type, iteration_order)?;
        all.into_iter().map(|raw| self.named_info(raw)).collect()
    }

    /// Calls `op` for each attribute, in the order asked for, until it gives an error.
    ///
    /// Of an object that does not track the order in which attributes are made, that order is the one
    /// in which they lie in its header, or of many, that of their names.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::{IndexType, IterationOrder};
    /// let file = hdfive::File::in_memory()?;
    /// file.set_attrs([("b", 1), ("a", 2)])?;
    /// let mut names = Vec::new();
    /// file.iter_attrs(IndexType::Name, IterationOrder::Decreasing, |name, info| {
    ///     names.push(format!("{name}: {} bytes", info.data_size));
    ///     Ok(())
    /// })?;
    /// assert_eq!(names, ["b: 4 bytes", "a: 4 bytes"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// That of `op`; where the attributes cannot be read.
    pub fn iter_attrs<F>(
        &self,
        index_type: IndexType,
        iteration_order: IterationOrder,
        mut op: F,
    ) -> Result<()>
    where
        F: FnMut(&str, AttrInfo) -> Result<()>,
    {
        let none: Option<()> = self
            .find_attr(index_type, iteration_order, |name, info| op(name, info).map(|()| None))?;
        debug_assert!(none.is_none(), "nothing was to be found");
        Ok(())
    }

    /// Calls `op` for each attribute, in the order asked for, until it gives a value; gives that value.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::{IndexType, IterationOrder};
    /// let file = hdfive::File::in_memory()?;
    /// file.set_attr("small", 1_u8)?;
    /// file.set_attr("large", 1_u64)?;
    /// let wide = file.find_attr(IndexType::Name, IterationOrder::Native, |name, info| {
    ///     Ok((info.data_size > 4).then(|| name.to_owned()))
    /// })?;
    /// assert_eq!(wide.as_deref(), Some("large"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`iter_attrs`](Self::iter_attrs).
    pub fn find_attr<B, F>(
        &self,
        index_type: IndexType,
        iteration_order: IterationOrder,
        op: F,
    ) -> Result<Option<B>>
    where
        F: FnMut(&str, AttrInfo) -> Result<Option<B>>,
    {
        let cursor = IterationCursor::start(index_type, iteration_order);
        Ok(self.iter_attrs_from(cursor, op)?.map(|(value, _)| value))
    }

    /// Calls `op` for the attributes from `cursor` on until it gives a value; gives that value, and
    /// where the next attribute is: see [`iter_visit_from`](crate::Group::iter_visit_from).
    ///
    /// # Errors
    ///
    /// As [`iter_attrs`](Self::iter_attrs).
    pub fn iter_attrs_from<B, F>(
        &self,
        cursor: IterationCursor,
        mut op: F,
    ) -> Result<Option<(B, IterationCursor)>>
    where
        F: FnMut(&str, AttrInfo) -> Result<Option<B>>,
    {
        let all = self.ordered_attributes(cursor.index_type(), cursor.iteration_order())?;
        cursor.find(all, |raw| {
            let (name, info) = self.named_info(raw)?;
            op(&name, info)
        })
    }
}
