//! Complex numbers, from the forms they are stored in and to them.

use crate::format::datatype::{ArrayType, Class, Complex, ComplexForm, Datatype, Member};
#[cfg(feature = "num-complex")]
use crate::io::pages;

/// Where the parts of a stored complex number are, and what both are.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) real: usize,
    pub(crate) imaginary: usize,
    pub(crate) part: Datatype,
}

impl Parts {
    /// The parts of a type that is, or by convention stands for, a complex number: class complex,
    /// a compound of two equal floats named as in h5py or MATLAB, an array of two floats.
    pub(crate) fn of(stored: &Datatype) -> Option<Self> {
        match &stored.class {
            Class::Complex(Complex { homogeneous: true, form: ComplexForm::Rectangular, base }) => {
                Self::adjacent(base)
            }
            Class::Array(ArrayType { dimensions, base }) if **dimensions == [2] => {
                Self::adjacent(base)
            }
            Class::Compound(members) => Self::named(members),
            _ => None,
        }
    }

    fn adjacent(part: &Datatype) -> Option<Self> {
        let imaginary = usize::try_from(part.size).ok()?;
        Self { real: 0, imaginary, part: part.clone() }.of_floats()
    }

    fn named(members: &[Member]) -> Option<Self> {
        let [first, second] = members else { return None };
        let (real, imaginary) =
            if is_prefix(&first.name, b"real") { (first, second) } else { (second, first) };
        let named = is_prefix(&real.name, b"real") && is_prefix(&imaginary.name, b"imaginary");
        if !named || !real.datatype.same_type(&imaginary.datatype) {
            return None;
        }
        let parts = Self {
            real: usize::try_from(real.offset).ok()?,
            imaginary: usize::try_from(imaginary.offset).ok()?,
            part: real.datatype.clone(),
        };
        parts.of_floats()
    }

    fn of_floats(self) -> Option<Self> {
        matches!(self.part.class, Class::Float(_)).then_some(self)
    }
}

fn is_prefix(name: &[u8], of: &[u8]) -> bool {
    !name.is_empty() && of.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
}

#[cfg(feature = "num-complex")]
mod types {
    use num_complex::Complex;

    use super::*;
    use crate::element::convert::gather;
    use crate::element::layout::Layout;
    use crate::element::number::{self, Numbers};
    use crate::element::{
        Convert, Converter, FloatSize, H5Type, HeapSource, TypeDescriptor, Writer, native,
        no_conversion, no_writer,
    };
    use crate::error::Result;
    use crate::format::datatype::ByteOrder;

    struct Complexes<T> {
        size: usize,
        part_size: usize,
        parts: Parts,
        numbers: Numbers<T>,
    }

    impl<T> Complexes<T> {
        /// Whether elements are a real part, then an imaginary part, and nothing else.
        fn is_plain(&self) -> bool {
            self.parts.real == 0
                && self.parts.imaginary == self.part_size
                && self.part_size.checked_mul(2) == Some(self.size)
        }
    }

    macro_rules! complex {
        ($($part:ident $size:ident;)*) => {$(
            impl Convert<Complex<$part>> for Complexes<$part> {
                fn append(
                    &self,
                    stored: &[u8],
                    heap: &dyn HeapSource,
                    out: &mut Vec<Complex<$part>>,
                ) -> Result<()> {
                    let start = out.len();
                    let count = stored.len().checked_div(self.size).unwrap_or(0);
                    out.resize(start.saturating_add(count), Complex::default());
                    self.fill(stored, heap, out.get_mut(start..).unwrap_or_default())
                }

                fn fill(
                    &self,
                    stored: &[u8],
                    heap: &dyn HeapSource,
                    out: &mut [Complex<$part>],
                ) -> Result<()> {
                    if self.is_plain() {
                        return self.numbers.fill(stored, heap, bytemuck::cast_slice_mut(out));
                    }
                    let part = |offset| -> Result<Vec<$part>> {
                        let (mut bytes, mut values) = (Vec::new(), Vec::new());
                        gather(stored, self.size, offset, self.part_size, &mut bytes);
                        self.numbers.append(&bytes, heap, &mut values)?;
                        Ok(values)
                    };
                    let parts = part(self.parts.real)?.into_iter().zip(part(self.parts.imaginary)?);
                    for (to, (re, im)) in out.iter_mut().zip(parts) {
                        *to = Complex { re, im };
                    }
                    Ok(())
                }
            }

            /// From complex numbers, compounds of two floats named `r`, `i` or `real`, `imag`,
            /// arrays of two floats, and from real numbers; back to all but the last.
            impl H5Type for Complex<$part> {
                fn type_descriptor() -> TypeDescriptor {
                    TypeDescriptor::Complex(FloatSize::$size)
                }

                fn converter(stored: &Datatype) -> Result<Converter<Self>> {
                    let number = matches!(stored.class, Class::Integer(_) | Class::Float(_));
                    if number && Layout::of(stored)?.is_some() {
                        let real = <$part>::converter(stored)?;
                        return Ok(real.map(|re| Complex { re, im: 0.0 }));
                    }
                    let parts =
                        Parts::of(stored).ok_or_else(|| no_conversion(stored, "complex"))?;
                    let numbers = Numbers::new(&parts.part)?;
                    let size = usize::try_from(stored.size).unwrap_or(usize::MAX);
                    let part_size = usize::try_from(parts.part.size).unwrap_or(usize::MAX);
                    Converter::new(stored, Complexes { size, part_size, parts, numbers })
                }

                fn writer(stored: &Datatype) -> Result<Writer<Self>> {
                    if Parts::of(stored).is_none() {
                        return Err(no_writer("a complex number", stored));
                    }
                    let part = FloatSize::$size.bytes();
                    let part = u32::try_from(part).unwrap_or(u32::MAX);
                    let part = Datatype::float(part, ByteOrder::NATIVE)?;
                    native::writer_from(&Datatype::complex(part)?, stored)
                }

                fn as_bytes(values: &[Self]) -> Option<&[u8]> {
                    Some(bytemuck::cast_slice(values))
                }

                fn zeros(count: usize) -> Option<Vec<Self>> {
                    pages::zeroed(count)
                }

                fn as_bytes_mut(values: &mut [Self]) -> Option<&mut [u8]> {
                    Some(bytemuck::cast_slice_mut(values))
                }

                fn from_bytes(bytes: &[u8]) -> Option<&[Self]> {
                    bytemuck::try_cast_slice(bytes).ok()
                }

                #[inline]
                fn of_bytes(bytes: &[u8]) -> Option<Self> {
                    bytemuck::try_pod_read_unaligned(bytes).ok()
                }

                fn is_identical(stored: &Datatype) -> bool {
                    let part = size_of::<$part>();
                    Parts::of(stored).is_some_and(|parts| {
                        parts.real == 0
                            && parts.imaginary == part
                            && usize::try_from(stored.size).ok() == Some(size_of::<Self>())
                            && number::is_identical::<$part>(&parts.part)
                    })
                }
            }
        )*};
    }

    complex! {
        f32 U4;
        f64 U8;
    }
}
