//! Arguments that may be left out.

/// A value, or none: what a method takes that can be given either, or an [`Option`] of it.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let builder = file.new_dataset::<f64>().shape(3);
/// builder.create("named")?;
/// builder.create(Some("named, too"))?;
/// builder.create(None)?;
/// assert_eq!(file.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maybe<T>(Option<T>);

impl<T> From<T> for Maybe<T> {
    fn from(value: T) -> Self {
        Self(Some(value))
    }
}

impl<T> From<Option<T>> for Maybe<T> {
    fn from(value: Option<T>) -> Self {
        Self(value)
    }
}

impl<'n> From<&'n String> for Maybe<&'n str> {
    fn from(value: &'n String) -> Self {
        Self(Some(value))
    }
}

impl<T> From<Maybe<T>> for Option<T> {
    fn from(value: Maybe<T>) -> Self {
        value.0
    }
}
