//! Values that own their bytes.

use std::fmt;

use super::DynValue;
use crate::element::inline_heap::{InlineHeap, InlineSink, WIDTHS};
use crate::element::{H5Type, HeapSource, TypeDescriptor, Value, value_writer};
use crate::error::{Error, Result};
use crate::format::datatype::Datatype;

/// A value of a type known only at run time.
///
/// ```
/// use hdfive::types::{OwnedDynValue, TypeDescriptor};
/// use hdfive::H5Type;
///
/// let value = OwnedDynValue::from(2.5);
/// assert_eq!(*value.type_descriptor(), f64::type_descriptor());
/// assert_eq!(value.to_string(), "2.5");
/// let value = value.cast::<i32>().unwrap_err();
/// assert_eq!(value.cast::<f64>().unwrap(), 2.5);
/// ```
#[derive(Clone)]
pub struct OwnedDynValue {
    tp: TypeDescriptor,
    buf: Box<[u8]>,
    /// Whether it is all zeros in place of a value that no file can hold.
    lost: bool,
}

impl OwnedDynValue {
    /// A value. One that no file can hold, such as a string with a NUL in it, becomes all zeros, which
    /// are refused where they are written: [`try_new`](Self::try_new) says so at once.
    #[must_use]
    pub fn new<T: H5Type>(value: T) -> Self {
        Self::try_new(&value).unwrap_or_else(|_| {
            let tp = T::descriptor_of(std::slice::from_ref(&value));
            let buf = vec![0; tp.size()].into();
            Self { tp, buf, lost: true }
        })
    }

    /// A value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where no file can hold it.
    pub fn try_new<T: H5Type>(value: &T) -> Result<Self> {
        let values = std::slice::from_ref(value);
        let tp = T::descriptor_of(values);
        let stored = tp.to_datatype(WIDTHS)?;
        let sink = InlineSink::behind(tp.size());
        let mut element = Vec::new();
        T::writer(&stored)?.write(values, &sink, &mut element)?;
        Ok(Self::from_raw(tp, sink.join(element).into()))
    }

    /// The value of a stored element.
    ///
    /// # Errors
    ///
    /// Where its type has no descriptor, or its data cannot be read.
    pub(crate) fn of_element(
        stored: &Datatype,
        element: &[u8],
        heap: &dyn HeapSource,
    ) -> Result<Self> {
        let tp = TypeDescriptor::from_datatype(stored)?;
        let value = Value::read(stored, element, heap)?;
        let sink = InlineSink::behind(tp.size());
        let mut element = Vec::new();
        let writer = value_writer(&tp.to_datatype(WIDTHS)?)?;
        writer.write(std::slice::from_ref(&value), &sink, &mut element)?;
        Ok(Self::from_raw(tp, sink.join(element).into()))
    }

    /// The value, to be looked into.
    #[must_use]
    pub fn get(&self) -> DynValue<'_> {
        DynValue::new(&self.tp, &self.buf)
    }

    /// Its type.
    #[must_use]
    pub fn type_descriptor(&self) -> &TypeDescriptor {
        &self.tp
    }

    /// Its bytes: an element as a file with 8-byte addresses has it, in native byte order, and behind
    /// it what it names.
    #[must_use]
    pub fn get_buf(&self) -> &[u8] {
        &self.buf
    }

    /// The value of these bytes, as [`get_buf`](Self::get_buf) gives them.
    #[must_use]
    pub fn from_raw(tp: TypeDescriptor, buf: Box<[u8]>) -> Self {
        Self { tp, buf, lost: false }
    }

    /// Refuses what stands for a value that no file can hold.
    pub(crate) fn check(&self) -> Result<()> {
        match self.lost {
            false => Ok(()),
            true => Err(Error::conversion(format!("no file can hold the value of {}", self.tp))),
        }
    }

    /// The value as a `T`, where that is its type.
    ///
    /// # Errors
    ///
    /// The value itself, where it is not.
    pub fn cast<T: H5Type>(self) -> Result<T, Self> {
        let cast = || {
            let stored = self.tp.to_datatype(WIDTHS).ok()?;
            let element = self.buf.get(..self.tp.size())?;
            T::converter(&stored).ok()?.convert_one(element, &InlineHeap(&self.buf)).ok()
        };
        match cast() {
            Some(value) if T::descriptor_of(std::slice::from_ref(&value)) == self.tp => Ok(value),
            _ => Err(self),
        }
    }
}

impl<T: H5Type> From<T> for OwnedDynValue {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl From<&OwnedDynValue> for Value {
    fn from(value: &OwnedDynValue) -> Self {
        value.get().into()
    }
}

impl From<OwnedDynValue> for Value {
    fn from(value: OwnedDynValue) -> Self {
        value.get().into()
    }
}

impl PartialEq for OwnedDynValue {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl fmt::Display for OwnedDynValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;
    use crate::element::dyn_value::{DynInteger, DynScalar};
    use crate::element::{FixedAscii, Opaque, VarLenArray, VarLenAscii, VarLenUnicode};

    fn shown<T: H5Type + PartialEq + std::fmt::Debug>(value: T) -> String {
        let owned = OwnedDynValue::new(value.clone());
        assert_eq!(Value::from(&owned).to_string(), owned.to_string());
        assert_eq!(format!("{owned:?}"), owned.to_string());
        let raw = OwnedDynValue::from_raw(owned.type_descriptor().clone(), owned.get_buf().into());
        assert_eq!(raw, owned);
        assert_eq!(owned.clone().cast::<T>().unwrap(), value);
        owned.to_string()
    }

    #[test]
    fn values_read_as_hdf5_metno_shows_them() {
        assert_eq!(shown(-3_i16), "-3");
        assert_eq!(shown(1.0_f64), "1.0");
        assert_eq!(OwnedDynValue::new(1.1_f32).to_string(), "1.1");
        assert_eq!(shown(true), "true");
        assert_eq!(shown(u128::MAX), u128::MAX.to_string());
        assert_eq!(shown([[1_u8, 2], [3, 4]]), "[[1, 2], [3, 4]]");
        assert_eq!(shown(FixedAscii::<5>::from_ascii("a\"b").unwrap()), r#""a\"b""#);
        assert_eq!(shown(VarLenAscii::from_ascii("abc").unwrap()), r#""abc""#);
        assert_eq!(shown(VarLenUnicode::from_str("frei").unwrap()), r#""frei""#);
        assert_eq!(shown(VarLenArray::from_slice(&[1.5, 2.5])), "[1.5, 2.5]");
        assert_eq!(shown(Opaque(vec![1, 2])), "[1, 2]");
        let nested = (String::from("hi"), vec![vec![4, 5], vec![]], [String::new()], false);
        assert_eq!(shown(nested), r#"{0: "hi", 1: [[4, 5], []], 2: [""], 3: false}"#);
    }

    #[test]
    fn values_are_equal_where_what_they_hold_is() {
        assert_ne!(OwnedDynValue::new(1_i32), OwnedDynValue::new(1_i64));
        let text = |text: &str| FixedAscii::<5>::from_ascii(text).unwrap();
        let longer = FixedAscii::<7>::from_ascii("a").unwrap();
        assert_eq!(OwnedDynValue::new(text("a")), OwnedDynValue::new(longer));
        assert_eq!(OwnedDynValue::new([1, 2]), OwnedDynValue::new(vec![1, 2]));
        let integer = DynScalar::Integer(DynInteger::Int8(3));
        assert_eq!(OwnedDynValue::new(3_i8).get(), DynValue::Scalar(integer));
        let back = OwnedDynValue::new(3_i8).cast::<u8>().unwrap_err();
        assert_eq!(back.cast::<i8>().unwrap(), 3);
    }

    #[test]
    fn bytes_that_lie_do_not_matter() {
        let strings = <(String, Vec<u64>)>::type_descriptor();
        for buf in [vec![], vec![0xff; 7], vec![0xff; 40], vec![3; 32]] {
            let value = OwnedDynValue::from_raw(strings.clone(), buf.into());
            assert!(!value.to_string().is_empty());
            let _ = value.cast::<(String, Vec<u64>)>();
        }
        assert!(OwnedDynValue::try_new(&"a\0b".to_owned()).is_err());
        let lost = OwnedDynValue::new("a\0b".to_owned());
        assert_eq!(lost.to_string(), "\"\"");
        assert!(lost.check().is_err() && OwnedDynValue::new(String::new()).check().is_ok());
    }
}
