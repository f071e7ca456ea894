//! Stored elements of one type to stored elements of another, by the rules of HDF5.

mod members;
mod names;
mod numbers;
mod text;

use super::complex::Parts;
use super::{ConversionMode, no_conversion};
use crate::error::{Error, Result};
use crate::format::datatype::{ArrayType, Class, Datatype};

use members::{Column, Members};
use names::Names;
use numbers::Numeric;
use text::Text;

/// How stored elements of one type become stored elements of another: planned once for the two
/// types, run once a block.
///
/// - Numbers become the nearest that the other type has: integers are clamped, floats lose their
///   fraction on the way to an integer and are rounded to the nearest, ties to even, on the way to
///   a float; NaN becomes 0 where there is none. Bits that are no part of a number are set as its
///   type says.
/// - Bit fields keep their lowest bits, times are integers.
/// - Values of enumerations keep their names; those without one become all ones. Towards a number
///   an enumeration is one.
/// - Strings in the element are cut off or padded.
/// - Members of compounds are found by name. Those that are not there stay as they are, and so do
///   the gaps.
/// - Arrays of one shape convert element by element. Complex numbers do so part by part, and lose
///   the imaginary one on the way to a number.
/// - Opaque bytes, references and what lies in a heap are only copied, to the same type.
#[derive(Debug)]
pub(crate) struct StoredConversion {
    from_size: usize,
    to_size: usize,
    plan: Plan,
}

#[derive(Debug)]
enum Plan {
    /// The bytes are the same.
    Copy,
    /// The bytes are in the other order.
    Reverse,
    Numeric(Numeric),
    Names(Names),
    Text(Text),
    Members(Members),
    /// The elements of arrays.
    Elements(Box<StoredConversion>),
}

impl StoredConversion {
    /// Plans the conversion.
    ///
    /// # Errors
    ///
    /// [`Conversion`](crate::error::ErrorKind::Conversion) where there is none.
    pub(crate) fn new(from: &Datatype, to: &Datatype) -> Result<Self> {
        let size = |of: &Datatype| match usize::try_from(of.size) {
            Ok(size) if size > 0 => Ok(size),
            _ => Err(Error::unsupported("an element of no size, or larger than memory")),
        };
        let (from_size, to_size) = (size(from)?, size(to)?);
        let plan = if from.same_type(to) { Plan::Copy } else { Plan::new(from, to)? };
        Ok(Self { from_size, to_size, plan })
    }

    /// Whether the elements keep their bytes.
    pub(crate) fn is_copy(&self) -> bool {
        matches!(self.plan, Plan::Copy)
    }

    /// Converts the elements in `stored` to those in `out`, where there must be room for exactly as
    /// many. Compounds keep what `out` held of members that `stored` does not have.
    ///
    /// # Errors
    ///
    /// [`Conversion`](crate::error::ErrorKind::Conversion) where a string is not in the character
    /// set it is to be in.
    pub(crate) fn run(&self, stored: &[u8], out: &mut [u8]) -> Result<()> {
        self.run_in(ConversionMode::Saturating, stored, out)
    }

    /// As [`run`](Self::run).
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), and where a value does not survive that has to.
    pub(crate) fn run_in(&self, mode: ConversionMode, stored: &[u8], out: &mut [u8]) -> Result<()> {
        let count = |len: usize, size: usize| {
            len.checked_div(size)
                .filter(|_| len.is_multiple_of(size))
                .ok_or_else(|| Error::usage(format!("{len} bytes are no elements of {size} bytes")))
        };
        let (here, there) = (count(stored.len(), self.from_size)?, count(out.len(), self.to_size)?);
        if here != there {
            return Err(Error::usage(format!("room for {there} elements, not for {here}")));
        }
        match &self.plan {
            Plan::Copy => out.copy_from_slice(stored),
            Plan::Reverse => {
                out.copy_from_slice(stored);
                reverse_each(out, self.to_size);
            }
            Plan::Numeric(numeric) => return numeric.run(mode, stored, out),
            Plan::Names(names) => return names.run(mode, stored, out),
            Plan::Text(text) => return text.run(mode, stored, out),
            Plan::Members(members) => return members.run(mode, stored, out),
            Plan::Elements(base) => return base.run_in(mode, stored, out),
        }
        Ok(())
    }
}

impl Plan {
    fn new(from: &Datatype, to: &Datatype) -> Result<Self> {
        use Class as C;
        let none = || no_stored_conversion(from, to);
        match (&from.class, &to.class) {
            _ if differs_in_order(from, to) => Ok(Self::Reverse),
            (C::Integer(_) | C::Float(_) | C::Enum(_), C::Integer(_) | C::Float(_))
            | (C::Time(_), C::Time(_))
            | (C::Bitfield(_), C::Bitfield(_)) => Numeric::new(from, to).map(Self::Numeric),
            (C::Enum(ours), C::Enum(theirs)) => Names::new(from, ours, to, theirs).map(Self::Names),
            (C::String(ours), C::String(theirs)) => {
                Text::new((from, *ours), (to, *theirs)).map(Self::Text)
            }
            (C::Compound(ours), C::Compound(theirs)) => {
                Members::by_name(from, ours, to, theirs).map(Self::Members)
            }
            (C::Array(ours), C::Array(theirs)) => Self::elements(ours, theirs),
            (C::Complex(_), _) | (_, C::Complex(_)) => {
                complex(from, to)?.map(Self::Members).ok_or_else(none)
            }
            (C::VarLen(_) | C::Reference(_), _) | (_, C::VarLen(_) | C::Reference(_)) => {
                let classes = (from.class_name(), to.class_name());
                let problem = format!("the conversion of a {} to another {}", classes.0, classes.1);
                Err(Error::unsupported(problem))
            }
            _ => Err(none()),
        }
    }

    fn elements(from: &ArrayType, to: &ArrayType) -> Result<Self> {
        if from.dimensions != to.dimensions {
            let (ours, theirs) = (&from.dimensions, &to.dimensions);
            let problem = format!("an array of {ours:?} elements is none of {theirs:?}");
            return Err(Error::conversion(problem));
        }
        Ok(Self::Elements(Box::new(StoredConversion::new(&from.base, &to.base)?)))
    }
}

/// Plans the conversion between complex numbers, or between one and a number; `None` where there is
/// none.
fn complex(from: &Datatype, to: &Datatype) -> Result<Option<Members>> {
    let is_number = |of: &Datatype| matches!(of.class, Class::Integer(_) | Class::Float(_));
    let column = |from_at, from: &Datatype, to_at, to: &Datatype| {
        let convert = StoredConversion::new(from, to)?;
        Ok::<_, Error>(Column { from: from_at, to: to_at, convert })
    };
    Ok(Some(match (Parts::of(from), Parts::of(to)) {
        (Some(ours), Some(theirs)) => {
            let real = column(ours.real, &ours.part, theirs.real, &theirs.part)?;
            let (from_at, to_at) = (ours.imaginary, theirs.imaginary);
            let imaginary = column(from_at, &ours.part, to_at, &theirs.part)?;
            Members::new(from, to, vec![real, imaginary])
        }
        (Some(ours), None) if is_number(to) => {
            Members::new(from, to, vec![column(ours.real, &ours.part, 0, to)?])
        }
        (None, Some(theirs)) if is_number(from) => {
            let real = column(0, from, theirs.real, &theirs.part)?;
            let zero = numbers::zero(&theirs.part)?;
            Members::new(from, to, vec![real]).and_constant(theirs.imaginary, zero)
        }
        _ => return Ok(None),
    }))
}

/// Whether the only difference is which byte comes first.
fn differs_in_order(from: &Datatype, to: &Datatype) -> bool {
    use crate::format::datatype::FloatOrder;

    if from.size != to.size {
        return false;
    }
    match (&from.class, &to.class) {
        (Class::Integer(ours), Class::Integer(theirs)) => {
            let mut ours = *ours;
            ours.order = theirs.order;
            ours == *theirs
        }
        (Class::Bitfield(ours), Class::Bitfield(theirs)) => {
            let mut ours = *ours;
            ours.order = theirs.order;
            ours == *theirs
        }
        (Class::Time(ours), Class::Time(theirs)) => ours.precision == theirs.precision,
        (Class::Float(ours), Class::Float(theirs)) => {
            let mut ours = *ours;
            let words = [ours.order, theirs.order].contains(&FloatOrder::Vax);
            ours.order = theirs.order;
            !words && ours == *theirs
        }
        _ => false,
    }
}

/// Reverses each element of `size` bytes.
fn reverse_each(elements: &mut [u8], size: usize) {
    fn swap<const N: usize>(elements: &mut [u8]) {
        elements.as_chunks_mut::<N>().0.iter_mut().for_each(|element| element.reverse());
    }
    match size {
        1 => {}
        2 => swap::<2>(elements),
        4 => swap::<4>(elements),
        8 => swap::<8>(elements),
        _ => elements.chunks_exact_mut(size).for_each(<[u8]>::reverse),
    }
}

/// The error of a type that does not convert to another.
#[cold]
fn no_stored_conversion(from: &Datatype, to: &Datatype) -> Error {
    no_conversion(from, &format!("class {} ({} bytes)", to.class_name(), to.size))
}
