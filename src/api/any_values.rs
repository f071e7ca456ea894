//! Values of any type, to be stored.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::dyn_array::DynArray;
use super::element_type::ElementType;
use super::extents::Extents;
use super::object_reference::{ObjectReference1, ObjectReference2};
use super::reference::Reference;
use super::values::Values;
use crate::element::{
    ConversionMode, FixedAscii, FixedUnicode, H5Type, Opaque, OwnedDynValue, RawReference,
    StringBytes, Value, VarLenAscii, VarLenUnicode, value_writer,
};
use crate::error::Result;
use crate::object::store::Store;
use crate::object::stored_type::StoredType;

/// Values of any type, with their shape, to be stored.
///
/// Numbers, booleans and strings are one value; slices, arrays and vectors are values of one axis,
/// `ndarray` arrays of as many as they have; a [`Value`] is what it is at run time. Any other value
/// of an [`H5Type`] goes through [`scalar`](Self::scalar), and [`null`](Self::null) is no value at
/// all.
///
/// ```
/// use hdfive::AnyValues;
///
/// assert!(AnyValues::from("m/s").extents().is_scalar());
/// assert_eq!(AnyValues::from(&[1.5, 2.5]).extents().dims(), [2]);
/// assert_eq!(AnyValues::from(vec!["a", "b", "c"]).extents().dims(), [3]);
/// assert!(AnyValues::null::<f64>().extents().is_null());
/// ```
pub struct AnyValues<'d> {
    extents: Extents,
    values: Box<dyn Erased + 'd>,
    /// What becomes of values that the type they convert to does not have.
    mode: ConversionMode,
}

/// Values whose type is hidden.
trait Erased {
    /// The type they are stored as where nobody says otherwise.
    fn natural_type(&self) -> Result<ElementType>;

    /// Their stored form.
    fn elements(
        &self,
        store: &Store,
        mode: ConversionMode,
        stored: &StoredType,
    ) -> Result<Cow<'_, [u8]>>;
}

impl<'d> AnyValues<'d> {
    fn new(extents: Extents, values: impl Erased + 'd) -> Self {
        Self { extents, values: Box::new(values), mode: ConversionMode::default() }
    }

    /// One value.
    #[must_use]
    pub fn scalar<T: H5Type>(value: T) -> Self {
        Self::new(Extents::Scalar, Typed(Cow::<[T]>::Owned(vec![value])))
    }

    /// No value, of the type that `T` is stored as: a null dataspace.
    #[must_use]
    pub fn null<T: H5Type>() -> Self {
        Self::null_as(ElementType::of::<T>())
    }

    /// No value, of this type: a null dataspace.
    #[must_use]
    pub fn null_as(datatype: impl Into<ElementType>) -> Self {
        Self::new(Extents::Null, Nothing(datatype.into()))
    }

    /// The same values, to be converted in this mode.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::{AnyValues, ConversionMode};
    /// let file = hdfive::File::in_memory()?;
    /// file.set_attr("count", 7_u8)?;
    /// let half = || AnyValues::from(9.5);
    /// assert!(file.modify_attr("count", half().mode(ConversionMode::Exact)).is_err());
    /// assert!(file.modify_attr("count", half().exact()).is_err());
    /// file.modify_attr("count", half())?;
    /// assert_eq!(file.attr("count")?.read_scalar::<f64>()?, 9.0);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn mode(self, mode: ConversionMode) -> Self {
        Self { mode, ..self }
    }

    /// The same values, where it is an error that one does not survive its conversion.
    #[must_use]
    pub fn exact(self) -> Self {
        self.mode(ConversionMode::Exact)
    }

    /// How many values there are, and how they are arranged.
    #[must_use]
    pub fn extents(&self) -> &Extents {
        &self.extents
    }

    /// The type they are stored as where nobody says otherwise.
    pub(crate) fn element_type(&self) -> Result<ElementType> {
        self.values.natural_type()
    }

    /// The type they are stored as where nobody says otherwise, in this file.
    pub(crate) fn stored_type(&self, store: &Arc<Store>) -> Result<StoredType> {
        self.element_type()?.stored(store)
    }

    /// The values as elements of a type.
    pub(crate) fn elements(&self, store: &Store, stored: &StoredType) -> Result<Cow<'_, [u8]>> {
        self.values.elements(store, self.mode, stored)
    }
}

impl fmt::Debug for AnyValues<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyValues").field("extents", &self.extents).finish_non_exhaustive()
    }
}

struct Typed<'d, T: Clone>(Cow<'d, [T]>);

impl<T: H5Type> Erased for Typed<'_, T> {
    fn natural_type(&self) -> Result<ElementType> {
        Ok(T::descriptor_of(&self.0).into())
    }

    fn elements(
        &self,
        store: &Store,
        mode: ConversionMode,
        stored: &StoredType,
    ) -> Result<Cow<'_, [u8]>> {
        store.as_elements_in(mode, &stored.datatype, &self.0)
    }
}

struct Nothing(ElementType);

impl Erased for Nothing {
    fn natural_type(&self) -> Result<ElementType> {
        Ok(self.0.clone())
    }

    fn elements(&self, _: &Store, _: ConversionMode, _: &StoredType) -> Result<Cow<'_, [u8]>> {
        Ok(Cow::Borrowed(&[]))
    }
}

/// A value that brings its type.
struct Described(OwnedDynValue);

impl Erased for Described {
    fn natural_type(&self) -> Result<ElementType> {
        Ok(self.0.type_descriptor().into())
    }

    fn elements(
        &self,
        store: &Store,
        mode: ConversionMode,
        stored: &StoredType,
    ) -> Result<Cow<'_, [u8]>> {
        self.0.check()?;
        let value = Value::from(&self.0);
        let writer = value_writer(&stored.datatype)?;
        store.write_elements_in(mode, &writer, std::slice::from_ref(&value)).map(Cow::Owned)
    }
}

impl Erased for DynArray {
    fn natural_type(&self) -> Result<ElementType> {
        Ok(self.definition().into())
    }

    fn elements(
        &self,
        store: &Store,
        mode: ConversionMode,
        stored: &StoredType,
    ) -> Result<Cow<'_, [u8]>> {
        self.written(store, mode, stored).map(Cow::Owned)
    }
}

impl From<DynArray> for AnyValues<'_> {
    fn from(array: DynArray) -> Self {
        let shape = array.shape();
        let extents = if shape.is_empty() { Extents::Scalar } else { Extents::simple(shape) };
        Self::new(extents, array)
    }
}

impl From<&DynArray> for AnyValues<'_> {
    fn from(array: &DynArray) -> Self {
        array.clone().into()
    }
}

/// Values known at run time.
struct Dynamic<'d>(Cow<'d, [Value]>);

impl Erased for Dynamic<'_> {
    fn natural_type(&self) -> Result<ElementType> {
        let all: Vec<&Value> = self.0.iter().collect();
        Value::natural_type(&all).map(ElementType::from)
    }

    fn elements(
        &self,
        store: &Store,
        mode: ConversionMode,
        stored: &StoredType,
    ) -> Result<Cow<'_, [u8]>> {
        let writer = value_writer(&stored.datatype)?;
        store.write_elements_in(mode, &writer, &self.0).map(Cow::Owned)
    }
}

impl<'d, T: H5Type, D> From<Values<'d, T, D>> for AnyValues<'d> {
    fn from(values: Values<'d, T, D>) -> Self {
        let extents = Extents::simple(values.shape());
        Self::new(extents, Typed(values.into_inner()))
    }
}

impl From<Value> for AnyValues<'_> {
    /// An array or a sequence is its elements, anything else one value.
    fn from(value: Value) -> Self {
        match value {
            Value::Array { shape, elements } => {
                Self::new(Extents::simple(shape), Dynamic(Cow::Owned(elements)))
            }
            Value::Sequence(elements) => {
                Self::new(Extents::simple(elements.len()), Dynamic(Cow::Owned(elements)))
            }
            one => Self::new(Extents::Scalar, Dynamic(Cow::Owned(vec![one]))),
        }
    }
}

impl From<&Value> for AnyValues<'_> {
    fn from(value: &Value) -> Self {
        value.clone().into()
    }
}

macro_rules! from_scalars {
    ($($type:ty),* $(,)?) => {$(
        impl From<$type> for AnyValues<'_> {
            fn from(value: $type) -> Self {
                Self::scalar(value)
            }
        }
    )*};
}

from_scalars!(i8, i16, i32, i64, i128, isize, f32, f64, bool);
from_scalars!(u8, u16, u32, u64, u128, usize);
from_scalars!(String, VarLenUnicode, VarLenAscii, StringBytes, Opaque);
from_scalars!(RawReference, Reference, ObjectReference1, ObjectReference2);
#[cfg(feature = "half")]
from_scalars!(half::f16, half::bf16);
#[cfg(feature = "num-complex")]
from_scalars!(num_complex::Complex<f32>, num_complex::Complex<f64>);

impl<const N: usize> From<FixedAscii<N>> for AnyValues<'_> {
    fn from(value: FixedAscii<N>) -> Self {
        Self::scalar(value)
    }
}

impl<const N: usize> From<FixedUnicode<N>> for AnyValues<'_> {
    fn from(value: FixedUnicode<N>) -> Self {
        Self::scalar(value)
    }
}

impl<'d, T: H5Type + Into<AnyValues<'d>>> From<Option<T>> for AnyValues<'d> {
    /// No value of the type, where there is none.
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::null::<T>, Into::into)
    }
}

impl From<OwnedDynValue> for AnyValues<'_> {
    fn from(value: OwnedDynValue) -> Self {
        (&value).into()
    }
}

impl From<&OwnedDynValue> for AnyValues<'_> {
    /// One value, of its type.
    fn from(value: &OwnedDynValue) -> Self {
        Self::new(Extents::Scalar, Described(value.clone()))
    }
}

impl From<&str> for AnyValues<'_> {
    fn from(value: &str) -> Self {
        Self::scalar(value.to_owned())
    }
}

impl From<&String> for AnyValues<'_> {
    fn from(value: &String) -> Self {
        Self::scalar(value.clone())
    }
}

impl<'d, T: H5Type> From<&'d [T]> for AnyValues<'d> {
    fn from(values: &'d [T]) -> Self {
        Values::from(values).into()
    }
}

impl<'d, T: H5Type, const N: usize> From<&'d [T; N]> for AnyValues<'d> {
    fn from(values: &'d [T; N]) -> Self {
        Values::from(values).into()
    }
}

impl<T: H5Type, const N: usize> From<[T; N]> for AnyValues<'_> {
    fn from(values: [T; N]) -> Self {
        Vec::from(values).into()
    }
}

impl<'d, T: H5Type> From<&'d Vec<T>> for AnyValues<'d> {
    fn from(values: &'d Vec<T>) -> Self {
        Values::from(values).into()
    }
}

impl<T: H5Type> From<Vec<T>> for AnyValues<'_> {
    fn from(values: Vec<T>) -> Self {
        Values::from(values).into()
    }
}

impl From<&[&str]> for AnyValues<'_> {
    fn from(values: &[&str]) -> Self {
        values.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>().into()
    }
}

impl<const N: usize> From<[&str; N]> for AnyValues<'_> {
    fn from(values: [&str; N]) -> Self {
        values.as_slice().into()
    }
}

impl<const N: usize> From<&[&str; N]> for AnyValues<'_> {
    fn from(values: &[&str; N]) -> Self {
        values.as_slice().into()
    }
}

impl From<Vec<&str>> for AnyValues<'_> {
    fn from(values: Vec<&str>) -> Self {
        values.as_slice().into()
    }
}

#[cfg(feature = "ndarray")]
mod arrays {
    use ndarray::{Array, ArrayBase, ArrayView, Data, Dimension};

    use super::{AnyValues, Values};
    use crate::element::H5Type;

    impl<'d, T: H5Type, D: Dimension> From<ArrayView<'d, T, D>> for AnyValues<'d> {
        fn from(array: ArrayView<'d, T, D>) -> Self {
            Values::from(array).into()
        }
    }

    impl<'d, T: H5Type, S: Data<Elem = T>, D: Dimension> From<&'d ArrayBase<S, D>> for AnyValues<'d> {
        fn from(array: &'d ArrayBase<S, D>) -> Self {
            Values::from(array).into()
        }
    }

    impl<T: H5Type, D: Dimension> From<Array<T, D>> for AnyValues<'_> {
        fn from(array: Array<T, D>) -> Self {
            Values::from(&array).into_owned().into()
        }
    }
}
