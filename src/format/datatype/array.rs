//! Arrays and complex numbers.

use super::{Budget, Class, Datatype, Header, at_bit};
use crate::codec::{Decoder, Encoder, Structure};
use crate::error::{Error, Location, Result};

/// Most dimensions of an array.
const RANK_MAX: u8 = 32;

/// A block of elements in each element.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::Class;
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.new_dataset::<[i32; 3]>().create("x")?.dtype()?;
/// let Class::Array(array) = &datatype.definition().class else { panic!("no array") };
/// assert_eq!(array.dimensions, [3]);
/// assert_eq!(array.base.size, 4);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ArrayType {
    /// Elements along each dimension, the slowest first.
    pub dimensions: Vec<u32>,
    /// One element of the block.
    pub base: Box<Datatype>,
}

impl ArrayType {
    pub(super) fn decode(d: &mut Decoder<'_>, header: Header, budget: &mut Budget) -> Result<Self> {
        let at = d.location("Dimensionality");
        let rank = d.u8_in("Dimensionality", 1..=RANK_MAX)?;
        if header.version < 3 {
            d.skip("Reserved", 3)?;
        }
        let dimensions = decode_dimensions(d, rank)?;
        if header.version < 3 {
            d.skip("Permutation Index", usize::from(rank).saturating_mul(4))?;
        }
        let base = Box::new(Datatype::decode_nested(d, budget)?);
        let array = Self { dimensions, base };
        let size = array.size_at(at)?;
        if size != header.size {
            let problem = format!("the elements take {size} bytes, the array {}", header.size);
            return Err(Error::broken(at, problem));
        }
        Ok(array)
    }

    pub(super) fn encode(&self, e: &mut Encoder, version: u8) -> Result<()> {
        let rank: u8 = e.count("Dimensionality", self.dimensions.len())?;
        e.u8(rank);
        if version < 3 {
            e.zeros(3);
        }
        self.dimensions.iter().for_each(|dimension| e.u32(*dimension));
        if version < 3 {
            // The permutation that changes nothing: no other was ever written.
            (0..u32::from(rank)).for_each(|index| e.u32(index));
        }
        self.base.encode(e)
    }

    /// Number of elements in the block.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.dimensions.iter().fold(1, |len, dimension| len.saturating_mul((*dimension).into()))
    }

    /// Whether the block has no elements, which no file can hold.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the whole block, an error naming `at` where there are too many.
    pub(super) fn size_at(&self, at: Location) -> Result<u32> {
        self.size().ok_or_else(|| Error::broken(at, "an array of 4 GiB or more"))
    }

    /// Bytes of the whole block, where a datatype can say so.
    pub(super) fn size(&self) -> Option<u32> {
        u32::try_from(self.len().checked_mul(self.base.size.into())?).ok()
    }
}

/// `rank` dimensions, none of them zero.
pub(super) fn decode_dimensions(d: &mut Decoder<'_>, rank: u8) -> Result<Vec<u32>> {
    (0..rank).map(|_| d.checked("Dimension Size", Decoder::u32, |size| size != 0)).collect()
}

/// How the parts of a complex number are meant.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::{Class, ComplexForm};
/// let file = hdfive::File::open("tests/fixtures/complex_numbers_latest.h5")?;
/// for dataset in file.datasets()? {
///     if let Class::Complex(complex) = &dataset.dtype()?.definition().class {
///         assert_eq!(complex.form, ComplexForm::Rectangular);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ComplexForm {
    /// Real part, imaginary part.
    Rectangular,
    /// A form the specification does not define (2 bits).
    Reserved(u8),
}

/// A complex number.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::Class;
/// let file = hdfive::File::open("tests/fixtures/complex_numbers_latest.h5")?;
/// for dataset in file.datasets()? {
///     if let Class::Complex(complex) = &dataset.dtype()?.definition().class {
///         println!("{}: two parts of {} bytes", dataset.name(), complex.base.size);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Complex {
    /// Whether both parts are of type [`base`](Self::base); no other case is defined.
    pub homogeneous: bool,
    /// How its parts are meant.
    pub form: ComplexForm,
    /// One part.
    pub base: Box<Datatype>,
}

impl Complex {
    pub(super) fn decode(d: &mut Decoder<'_>, header: Header, budget: &mut Budget) -> Result<Self> {
        let at = d.location("Base Type");
        let base = Box::new(Datatype::decode_nested(d, budget)?);
        if !matches!(base.class, Class::Float(_)) {
            let problem = format!("parts of class {}, not floats", base.class_name());
            return Err(Error::broken(at, problem));
        }
        if base.size.checked_mul(2) != Some(header.size) {
            let problem = format!("parts of {} bytes in {}", base.size, header.size);
            return Err(Error::broken(at, problem));
        }
        let form = match header.byte(1, 2) {
            0 => ComplexForm::Rectangular,
            other => ComplexForm::Reserved(other),
        };
        Ok(Self { homogeneous: header.bit(0), form, base })
    }

    pub(super) fn bits(&self) -> u32 {
        let form = match self.form {
            ComplexForm::Rectangular => 0,
            ComplexForm::Reserved(other) => other & 3,
        };
        at_bit(self.homogeneous, 0) | at_bit(form, 1)
    }
}
