//! Values that may be missing.

use super::sequence::HeapElement;
use super::writer::{WriteValues, element_size};
use super::{Convert, Converter, H5Type, HeapSink, HeapSource, TypeDescriptor, Writer};
use crate::error::{Error, Result};
use crate::format::datatype::{Class, Datatype};

/// How stored elements say that there is no value.
#[derive(Debug, Clone, Copy)]
enum Null {
    /// A string of any length that names no string, not even the empty one.
    Text(HeapElement),
    /// A reference that refers to nothing.
    Reference,
    /// They do not.
    Never,
}

impl Null {
    fn of(stored: &Datatype) -> Result<Self> {
        Ok(match &stored.class {
            Class::VarLen(sequence) if sequence.is_string() => {
                Self::Text(HeapElement::new(stored)?)
            }
            Class::Reference(_) => Self::Reference,
            _ => Self::Never,
        })
    }

    fn is(self, element: &[u8]) -> Result<bool> {
        match self {
            Self::Text(form) => Ok(form.parts(element)?.1.address.is_none()),
            Self::Reference => Ok(element.iter().all(|byte| *byte == 0)),
            Self::Never => Ok(false),
        }
    }
}

/// The conversion of elements that may be null.
struct Nullable<C> {
    null: Null,
    size: usize,
    inner: C,
}

impl<T: Send + Sync + 'static> Convert<Option<T>> for Nullable<Converter<T>> {
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<Option<T>>) -> Result<()> {
        stored.chunks_exact(self.size.max(1)).try_for_each(|element| {
            let null = self.null.is(element)?;
            out.push(if null { None } else { Some(self.inner.convert_one(element, heap)?) });
            Ok(())
        })
    }
}

impl<T: Send + Sync + 'static> WriteValues<Option<T>> for Nullable<Writer<T>> {
    fn append(&self, values: &[Option<T>], heap: &dyn HeapSink, out: &mut Vec<u8>) -> Result<()> {
        values.iter().try_for_each(|value| match (value, self.null) {
            (Some(value), _) => self.inner.write(std::slice::from_ref(value), heap, out),
            (None, Null::Never) => Err(Error::conversion("elements of this type are never null")),
            (None, _) => {
                out.resize(out.len().saturating_add(self.size), 0);
                Ok(())
            }
        })
    }
}

/// `None` is a null string, which only strings of any length can be; a reference that refers to
/// nothing; and the only element of a dataset or attribute that has none.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let names = [Some("a".to_owned()), None, Some(String::new())];
/// file.new_dataset_builder().with_data(&names).create("names")?;
/// assert_eq!(file.dataset("names")?.read_raw::<Option<String>>()?, names);
/// file.set_attr("limit", None::<f64>)?;
/// assert_eq!(file.attr("limit")?.read_scalar::<Option<f64>>()?, None);
/// # Ok(())
/// # }
/// ```
impl<T: H5Type> H5Type for Option<T> {
    fn type_descriptor() -> TypeDescriptor {
        T::type_descriptor()
    }

    fn descriptor_of(values: &[Self]) -> TypeDescriptor {
        let first = values.iter().flatten().next();
        T::descriptor_of(first.map(std::slice::from_ref).unwrap_or_default())
    }

    fn converter(stored: &Datatype) -> Result<Converter<Self>> {
        let inner = T::converter(stored)?;
        match Null::of(stored)? {
            Null::Never => Ok(inner.map(Some)),
            null => Converter::new(stored, Nullable { null, size: element_size(stored)?, inner }),
        }
    }

    fn writer(stored: &Datatype) -> Result<Writer<Self>> {
        let (null, inner) = (Null::of(stored)?, T::writer(stored)?);
        Writer::new(stored, Nullable { null, size: element_size(stored)?, inner })
    }

    fn missing() -> Option<Self> {
        Some(None)
    }
}
