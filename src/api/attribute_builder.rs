//! Attributes to be made.

use std::borrow::Cow;
use std::sync::Arc;

use super::attribute::Attribute;
use super::axes::IxDyn;
use super::bound::{Bound, bounded};
use super::datatype::Conversion;
use super::element_type::ElementType;
use super::extents::Extents;
use super::links::CharEncoding;
use super::location::Location;
use super::values::Values;
use crate::element::{ConversionMode, H5Type};
use crate::error::Result;
use crate::object::attribute::create::AttributeCreation;
use crate::object::stored_type::StoredType;

/// An attribute to be made, of an object.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// file.new_attr_builder().with_data(&[0.5, 1.5]).create("offsets")?;
/// let unit = file.new_attr::<String>().create("unit")?;
/// unit.write_scalar(&"m/s".to_owned())?;
/// assert_eq!(file.attr("offsets")?.read_raw::<f32>()?, [0.5, 1.5]);
/// assert_eq!(file.attr("unit")?.read_scalar::<String>()?, "m/s");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AttributeBuilder {
    parent: Location,
    packed: bool,
    encoding: Option<CharEncoding>,
}

impl AttributeBuilder {
    /// An attribute to be made of `parent`.
    #[must_use]
    pub fn new(parent: &Location) -> Self {
        Self { parent: parent.clone(), packed: false, encoding: None }
    }

    /// Whether compounds are stored without gaps.
    #[must_use]
    pub fn packed(mut self, packed: bool) -> Self {
        self.packed = packed;
        self
    }

    /// How the name of the attribute is marked: by default as UTF-8 only where it has to be.
    #[must_use]
    pub fn char_encoding(mut self, encoding: CharEncoding) -> Self {
        self.encoding = Some(encoding);
        self
    }

    /// Of elements of the type that `T` is stored as, all zero at first.
    #[must_use]
    pub fn empty<T: H5Type>(self) -> AttributeBuilderEmpty {
        self.empty_as(ElementType::of::<T>())
    }

    /// Of elements of this type, all zero at first.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::definition::{ByteOrder, Datatype};
    /// let file = hdfive::File::in_memory()?;
    /// let short = file.commit_type("short", Datatype::integer(2, true, ByteOrder::Big)?)?;
    /// let attribute = file.new_attr_builder().empty_as(&short).shape((2, 3)).create("a")?;
    /// assert_eq!(attribute.read_raw::<i16>()?, [0; 6]);
    /// assert!(attribute.dtype()?.is_committed());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn empty_as(self, datatype: impl Into<ElementType>) -> AttributeBuilderEmpty {
        AttributeBuilderEmpty { builder: self, datatype: datatype.into() }
    }

    /// Of these values, with their shape.
    #[must_use]
    pub fn with_data<'d, A, T, D>(self, data: A) -> AttributeBuilderData<'d, T, D>
    where
        A: Into<Values<'d, T, D>>,
        T: H5Type,
    {
        let values = data.into();
        let datatype = values.element_type();
        self.with_data_as(values, datatype)
    }

    /// Of these values, with their shape, stored as another type.
    #[must_use]
    pub fn with_data_as<'d, A, T, D>(
        self,
        data: A,
        datatype: impl Into<ElementType>,
    ) -> AttributeBuilderData<'d, T, D>
    where
        A: Into<Values<'d, T, D>>,
        T: H5Type,
    {
        let (datatype, values) = (datatype.into(), data.into());
        let bound = Bound::none(ConversionMode::default());
        AttributeBuilderData { builder: self, datatype, values, bound }
    }

    fn create<'d>(
        &self,
        name: &str,
        datatype: &ElementType,
        extents: &Extents,
        data: impl FnOnce(&StoredType) -> Result<Option<Cow<'d, [u8]>>>,
    ) -> Result<Attribute> {
        let parent = &self.parent;
        let store = &parent.found.store;
        let made = store.edit_adding(|| {
            let datatype = if self.packed { &datatype.to_packed() } else { datatype };
            let datatype = &datatype.stored(store)?;
            let dataspace = extents.to_fixed_dataspace(store.bounds())?;
            let data = data(datatype)?;
            let (name, charset) = (name.as_bytes(), self.encoding.map(CharEncoding::stored));
            AttributeCreation { name, datatype, dataspace, data, charset }
                .create(store, parent.found.header.address)
                .map(Arc::new)
        });
        Ok(Attribute::of(parent.clone(), parent.under(made)?))
    }
}

/// What can be said until the attribute is made, of what has the builder in a field.
macro_rules! options {
    ($($builder:ident).+) => {
        /// Whether compounds are stored without gaps.
        #[must_use]
        pub fn packed(mut self, packed: bool) -> Self {
            self.$($builder).+.packed = packed;
            self
        }

        /// How the name of the attribute is marked: see [`AttributeBuilder::char_encoding`].
        #[must_use]
        pub fn char_encoding(mut self, encoding: CharEncoding) -> Self {
            self.$($builder).+.encoding = Some(encoding);
            self
        }
    };
}

/// An attribute to be made, of a type; of one element unless [`shape`](Self::shape) says otherwise.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let count = file.new_attr::<u32>().create("count")?;
/// count.write_scalar(&7_u32)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AttributeBuilderEmpty {
    builder: AttributeBuilder,
    datatype: ElementType,
}

impl AttributeBuilderEmpty {
    /// Of so many elements. An attribute keeps its shape: that it may grow is ignored.
    #[must_use]
    pub fn shape(self, extents: impl Into<Extents>) -> AttributeBuilderEmptyShape {
        AttributeBuilderEmptyShape { empty: self, extents: extents.into() }
    }

    options!(builder);

    /// Makes the attribute, of one element.
    ///
    /// # Errors
    ///
    /// As [`AttributeBuilderEmptyShape::create`].
    pub fn create(self, name: &str) -> Result<Attribute> {
        self.shape(()).create(name)
    }
}

/// An attribute to be made, of a type and a shape.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let range = file.new_attr::<f64>().shape(2).create("range")?;
/// range.write_raw(&[0.0, 12.5])?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AttributeBuilderEmptyShape {
    empty: AttributeBuilderEmpty,
    extents: Extents,
}

impl AttributeBuilderEmptyShape {
    options!(empty.builder);

    /// Makes the attribute.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Exists`](crate::ErrorKind::Exists) where the object has one of that name;
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the file is open for reading only, or
    /// cannot hold the attribute: more than 64 KiB in an object of the oldest format, a type or
    /// shape beyond the file's version bounds.
    pub fn create(&self, name: &str) -> Result<Attribute> {
        let AttributeBuilderEmpty { builder, datatype } = &self.empty;
        builder.create(name, datatype, &self.extents, |_| Ok(None))
    }
}

/// An attribute to be made, of values.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// file.new_attr_builder().with_data(&[0.0, 12.5]).create("range")?;
/// assert_eq!(file.attr("range")?.read_raw::<f64>()?, [0.0, 12.5]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AttributeBuilderData<'d, T: H5Type, D = IxDyn> {
    builder: AttributeBuilder,
    datatype: ElementType,
    values: Values<'d, T, D>,
    bound: Bound,
}

impl<T: H5Type, D> AttributeBuilderData<'_, T, D> {
    options!(builder);

    bounded!();

    /// Makes the attribute.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where the values do not convert to
    /// the type, or no further than it was asked for; else as [`AttributeBuilderEmptyShape::create`].
    pub fn create(&self, name: &str) -> Result<Attribute> {
        let store = &self.builder.parent.found.store;
        let extents = Extents::simple(self.values.shape());
        self.builder.create(name, &self.datatype, &extents, |datatype| {
            self.bound.check::<T>(&datatype.datatype, false)?;
            let values = self.values.as_slice();
            let elements = store.as_elements_in(self.bound.mode, &datatype.datatype, values)?;
            Ok(Some(elements))
        })
    }
}

impl Location {
    /// An attribute to be made of this object, of elements of the type that `T` is stored as.
    #[must_use]
    pub fn new_attr<T: H5Type>(&self) -> AttributeBuilderEmpty {
        self.new_attr_builder().empty::<T>()
    }

    /// An attribute to be made of this object.
    #[must_use]
    pub fn new_attr_builder(&self) -> AttributeBuilder {
        AttributeBuilder::new(self)
    }
}
