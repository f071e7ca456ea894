//! Numbers: from every stored layout to every native type, and back.

#![expect(
    clippy::as_conversions,
    reason = "a conversion kernel: `as` is the rule that numbers convert by, bounds come first"
)]

use std::marker::PhantomData;

use bytemuck::Pod;

use super::layout::{
    Exact, ExactLayout, Int, IntegerLayout, Kind, Layout, Packed, Packs, float_kind,
};
use super::unpacked::{Format, Unpacked};
use super::{
    ConversionMode, Convert, Converter, FloatSize, H5Type, HeapSource, IntSize, TypeDescriptor,
    Writer, native, no_conversion,
};
use crate::error::{Error, Result};
use crate::format::datatype::{ByteOrder, Class, Datatype, Integer};
use crate::io::pages;

/// Conversion of one native number to another: to the nearest there is.
pub(crate) trait Cast<S> {
    fn cast(from: S) -> Self;
}

/// A native number that stored numbers convert to.
pub(crate) trait Number:
    Pod
    + Send
    + Sync
    + Cast<i8>
    + Cast<i16>
    + Cast<i32>
    + Cast<i64>
    + Cast<u8>
    + Cast<u16>
    + Cast<u32>
    + Cast<u64>
    + Cast<f32>
    + Cast<f64>
{
    /// Its name, for errors.
    const NAME: &'static str;
    /// The stored numbers with the same bits, in native order.
    const KIND: Option<Kind>;
    /// Whether it is a signed integer, an unsigned one, or (`None`) a float.
    const SIGNED: Option<bool>;

    fn from_i128(value: i128) -> Self;
    fn from_u128(value: u128) -> Self;
    fn from_unpacked(value: Unpacked) -> Self;
    fn exact(self) -> Exact;
}

/// The conversion of stored numbers to `T`.
#[derive(Debug)]
pub(crate) struct Numbers<T> {
    layout: Layout,
    exact: ExactLayout,
    size: usize,
    to: PhantomData<fn() -> T>,
}

impl<T: Number> Numbers<T> {
    /// Plans the conversion.
    ///
    /// A bit field is an unsigned integer and nothing else, a time an integer.
    pub(crate) fn new(stored: &Datatype) -> Result<Self> {
        let allowed = match &stored.class {
            Class::Bitfield(_) => T::SIGNED == Some(false),
            Class::Time(_) => T::SIGNED.is_some(),
            _ => true,
        };
        if allowed { Self::of_bits(stored) } else { Err(no_conversion(stored, T::NAME)) }
    }

    /// Plans the conversion, whatever the number is meant to be.
    pub(crate) fn of_bits(stored: &Datatype) -> Result<Self> {
        let size = usize::try_from(stored.size).unwrap_or(usize::MAX);
        match (Layout::of(stored)?, ExactLayout::of(stored)?) {
            (Some(layout), Some(exact)) => Ok(Self { layout, exact, size, to: PhantomData }),
            _ => Err(no_conversion(stored, T::NAME)),
        }
    }

    fn native<S: Copy, const N: usize>(stored: &[u8], out: &mut [T], read: impl Fn([u8; N]) -> S)
    where
        T: Cast<S>,
    {
        let (elements, _) = stored.as_chunks::<N>();
        for (to, element) in out.iter_mut().zip(elements) {
            *to = T::cast(read(*element));
        }
    }

    fn each(&self, stored: &[u8], out: &mut [T], read: impl Fn(&[u8]) -> T) {
        for (to, element) in out.iter_mut().zip(stored.chunks_exact(self.size.max(1))) {
            *to = read(element);
        }
    }

    fn run(&self, stored: &[u8], out: &mut [T]) {
        macro_rules! native {
            ($kind:expr, $order:expr, { $($name:ident: $type:ty),* $(,)? }) => {
                match ($kind, $order) {
                    $(
                        (Kind::$name, ByteOrder::Little) => {
                            Self::native(stored, out, <$type>::from_le_bytes)
                        }
                        (Kind::$name, ByteOrder::Big) => {
                            Self::native(stored, out, <$type>::from_be_bytes)
                        }
                    )*
                    (Kind::F16, ByteOrder::Little) => {
                        Self::native(stored, out, |bytes| half_to_f32(u16::from_le_bytes(bytes)))
                    }
                    (Kind::F16, ByteOrder::Big) => {
                        Self::native(stored, out, |bytes| half_to_f32(u16::from_be_bytes(bytes)))
                    }
                    (Kind::Bf16, ByteOrder::Little) => {
                        Self::native(stored, out, |bytes| brain_to_f32(u16::from_le_bytes(bytes)))
                    }
                    (Kind::Bf16, ByteOrder::Big) => {
                        Self::native(stored, out, |bytes| brain_to_f32(u16::from_be_bytes(bytes)))
                    }
                }
            };
        }
        match &self.layout {
            Layout::Native(kind, ByteOrder::NATIVE) if T::KIND == Some(*kind) => {
                let to: &mut [u8] = bytemuck::cast_slice_mut(out);
                if to.len() == stored.len() {
                    to.copy_from_slice(stored);
                }
            }
            Layout::Native(kind, order) => native!(kind, order, {
                I8: i8, I16: i16, I32: i32, I64: i64,
                U8: u8, U16: u16, U32: u32, U64: u64,
                F32: f32, F64: f64,
            }),
            Layout::Integer(integer) => match self.packed(integer) {
                Some(packed) => Self::packed_integers(stored, out, &packed),
                None => self.each(stored, out, |element| match integer.read(element) {
                    Int::Signed(value) => T::from_i128(value),
                    Int::Unsigned(value) => T::from_u128(value),
                }),
            },
            Layout::Float(float) => {
                self.each(stored, out, |element| T::from_unpacked(float.read(element)));
            }
        }
    }
}

impl<T: Number> Numbers<T> {
    fn packed(&self, layout: &IntegerLayout) -> Option<Packed> {
        layout.packed(u32::try_from(self.size).ok()?)
    }

    /// Integers in some of the bits of Rust's.
    fn packed_integers(stored: &[u8], out: &mut [T], packed: &Packed) {
        macro_rules! integers {
            ($($name:ident: $type:ty),*) => {
                match (packed.kind, packed.order) {
                    $(
                        (Kind::$name, ByteOrder::Little) => Self::native(stored, out, |bytes| {
                            <$type>::from_le_bytes(bytes).unpacked(packed)
                        }),
                        (Kind::$name, ByteOrder::Big) => Self::native(stored, out, |bytes| {
                            <$type>::from_be_bytes(bytes).unpacked(packed)
                        }),
                    )*
                    // No integers.
                    (Kind::F16 | Kind::Bf16 | Kind::F32 | Kind::F64, _) => {}
                }
            };
        }
        integers!(I8: i8, I16: i16, I32: i32, I64: i64, U8: u8, U16: u16, U32: u32, U64: u64);
    }

    /// Checks that the values are the numbers that are stored.
    fn check(&self, stored: &[u8], values: &[T]) -> Result<()> {
        if matches!(self.layout, Layout::Native(kind, _) if T::KIND == Some(kind)) {
            return Ok(());
        }
        values.iter().zip(stored.chunks_exact(self.size.max(1))).try_for_each(|(value, element)| {
            self.exact.read(element).check(value.exact())?;
            if self.exact.reads_all(element) { Ok(()) } else { Err(too_many_digits()) }
        })
    }
}

#[cold]
fn too_many_digits() -> Error {
    Error::conversion("a number has more digits than 128 bits hold")
}

impl<T: Number> Convert<T> for Numbers<T> {
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<T>) -> Result<()> {
        let start = out.len();
        let count = stored.len().checked_div(self.size).unwrap_or(0);
        out.resize(start.saturating_add(count), T::zeroed());
        self.fill(stored, heap, out.get_mut(start..).unwrap_or_default())
    }

    fn fill(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut [T]) -> Result<()> {
        self.run(stored, out);
        match heap.mode() {
            ConversionMode::Saturating => Ok(()),
            ConversionMode::Exact => self.check(stored, out),
        }
    }
}

/// Whether `stored` has the same bytes as the `T` it becomes.
pub(crate) fn is_identical<T: Number>(stored: &Datatype) -> bool {
    if let Class::Float(_) = stored.class {
        let kind = float_kind(stored);
        return kind
            .is_some_and(|(kind, order)| order == ByteOrder::NATIVE && T::KIND == Some(kind));
    }
    if let Class::Integer(integer) = &stored.class
        && is_native::<T>(stored.size, integer)
    {
        return true;
    }
    let Ok(Numbers { layout, .. }) = Numbers::<T>::new(stored) else { return false };
    match layout {
        Layout::Native(kind, order) => order == ByteOrder::NATIVE && T::KIND == Some(kind),
        // 128-bit integers.
        Layout::Integer(layout) => T::SIGNED.is_some_and(|signed| {
            size_of::<T>() == 16
                && stored.size == 16
                && layout == IntegerLayout::native(16, signed, ByteOrder::NATIVE)
        }),
        Layout::Float(_) => false,
    }
}

/// Whether these integers of `size` bytes are this machine's `T`s, as most are.
fn is_native<T: Number>(size: u32, integer: &Integer) -> bool {
    let &Integer { order, offset, precision, signed, .. } = integer;
    usize::try_from(size) == Ok(size_of::<T>())
        && (order, offset, T::SIGNED) == (ByteOrder::NATIVE, 0, Some(signed))
        && Some(u32::from(precision)) == size.checked_mul(8)
}

/// The value of an IEEE 754 half.
pub(crate) fn half_to_f32(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let magnitude = u32::from(bits & 0x7fff);
    let value = if magnitude >= 0x7c00 {
        f32::from_bits(magnitude << 13 | 0x7f80_0000)
    } else {
        // Moves the exponent into place; the product rebiases it, for subnormals too.
        f32::from_bits(magnitude << 13) * f32::from_bits(0x7780_0000)
    };
    f32::from_bits(value.to_bits() | sign)
}

/// The value of a `bfloat16`.
pub(crate) fn brain_to_f32(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

macro_rules! cast_to_integer {
    ($to:ident: $($from:ident)*) => {$(
        impl Cast<$from> for $to {
            #[inline]
            fn cast(from: $from) -> Self {
                const LOW: $from =
                    if $to::MIN as i128 > $from::MIN as i128 { $to::MIN as $from } else { $from::MIN };
                const HIGH: $from =
                    if ($to::MAX as i128) < $from::MAX as i128 { $to::MAX as $from } else { $from::MAX };
                from.clamp(LOW, HIGH) as $to
            }
        }
    )*};
}

macro_rules! cast_as {
    ($to:ident: $($from:ident)*) => {$(
        impl Cast<$from> for $to {
            #[inline]
            fn cast(from: $from) -> Self {
                from as $to
            }
        }
    )*};
}

macro_rules! cast_unsigned_128 {
    ($($from:ident)*) => {$(
        impl Cast<$from> for u128 {
            #[inline]
            fn cast(from: $from) -> Self {
                from.max(0) as u128
            }
        }
    )*};
}

macro_rules! integers {
    ($($type:ident $kind:expr, $signed:literal, $descriptor:ident $size:ident;)*) => {$(
        cast_as! { $type: f32 f64 }

        impl Number for $type {
            const NAME: &'static str = stringify!($type);
            const KIND: Option<Kind> = $kind;
            const SIGNED: Option<bool> = Some($signed);

            fn from_i128(value: i128) -> Self {
                Self::try_from(value).unwrap_or(if value < 0 { Self::MIN } else { Self::MAX })
            }

            fn from_u128(value: u128) -> Self {
                Self::try_from(value).unwrap_or(Self::MAX)
            }

            fn from_unpacked(value: Unpacked) -> Self {
                if $signed {
                    Self::from_i128(value.to_i128())
                } else {
                    Self::from_u128(value.to_u128())
                }
            }

            fn exact(self) -> Exact {
                Exact::Int(if $signed {
                    Int::Signed(self as i128)
                } else {
                    Int::Unsigned(self as u128)
                })
            }
        }

        number_type! { $type, TypeDescriptor::$descriptor(IntSize::$size) }
    )*};
}

/// `H5Type` of a [`Number`].
macro_rules! number_type {
    ($type:ty, $descriptor:expr) => {
        impl H5Type for $type {
            fn type_descriptor() -> TypeDescriptor {
                $descriptor
            }

            fn converter(stored: &Datatype) -> Result<Converter<Self>> {
                Converter::new(stored, Numbers::<Self>::new(stored)?)
            }

            fn writer(stored: &Datatype) -> Result<Writer<Self>> {
                native::number_writer(stored)
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
                is_identical::<Self>(stored)
            }
        }
    };
}

cast_to_integer! { i8: i8 i16 i32 i64 u8 u16 u32 u64 }
cast_to_integer! { i16: i8 i16 i32 i64 u8 u16 u32 u64 }
cast_to_integer! { i32: i8 i16 i32 i64 u8 u16 u32 u64 }
cast_to_integer! { i64: i8 i16 i32 i64 u8 u16 u32 u64 }
cast_to_integer! { u8: i8 i16 i32 i64 u8 u16 u32 u64 }
cast_to_integer! { u16: i8 i16 i32 i64 u8 u16 u32 u64 }
cast_to_integer! { u32: i8 i16 i32 i64 u8 u16 u32 u64 }
cast_to_integer! { u64: i8 i16 i32 i64 u8 u16 u32 u64 }
cast_as! { i128: i8 i16 i32 i64 u8 u16 u32 u64 }
cast_unsigned_128! { i8 i16 i32 i64 u8 u16 u32 u64 }
cast_as! { f32: i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 }
cast_as! { f64: i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 }

integers! {
    i8 Some(Kind::I8), true, Integer U1;
    i16 Some(Kind::I16), true, Integer U2;
    i32 Some(Kind::I32), true, Integer U4;
    i64 Some(Kind::I64), true, Integer U8;
    i128 None, true, Integer U16;
    u8 Some(Kind::U8), false, Unsigned U1;
    u16 Some(Kind::U16), false, Unsigned U2;
    u32 Some(Kind::U32), false, Unsigned U4;
    u64 Some(Kind::U64), false, Unsigned U8;
    u128 None, false, Unsigned U16;
}

/// The integers as wide as addresses are those of their width.
macro_rules! pointer_wide {
    ($signed:ident, $unsigned:ident, $size:ident) => {
        cast_to_integer! { isize: i8 i16 i32 i64 u8 u16 u32 u64 }
        cast_to_integer! { usize: i8 i16 i32 i64 u8 u16 u32 u64 }

        integers! {
            isize Some(Kind::$signed), true, Integer $size;
            usize Some(Kind::$unsigned), false, Unsigned $size;
        }
    };
}

#[cfg(target_pointer_width = "64")]
pointer_wide! { I64, U64, U8 }
#[cfg(not(target_pointer_width = "64"))]
pointer_wide! { I32, U32, U4 }

macro_rules! floats {
    ($($type:ident $kind:ident, $format:ident, $size:ident;)*) => {$(
        impl Number for $type {
            const NAME: &'static str = stringify!($type);
            const KIND: Option<Kind> = Some(Kind::$kind);
            const SIGNED: Option<bool> = None;

            fn from_i128(value: i128) -> Self {
                value as $type
            }

            fn from_u128(value: u128) -> Self {
                value as $type
            }

            fn from_unpacked(value: Unpacked) -> Self {
                value.round(Format::$format) as $type
            }

            fn exact(self) -> Exact {
                Exact::Float(Unpacked::from_f64(self.into()))
            }
        }

        number_type! { $type, TypeDescriptor::Float(FloatSize::$size) }
    )*};
}

floats! {
    f32 F32, F32, U4;
    f64 F64, F64, U8;
}

#[cfg(feature = "half")]
mod half_types {
    use half::{bf16, f16};

    use super::*;

    /// A half-precision type: everything goes the exact way, for `half` itself rounds twice.
    macro_rules! halves {
        ($($type:ident $kind:ident, $descriptor:expr;)*) => {$(
            halves! { @signed $type $kind: i8 i16 i32 i64 }
            halves! { @unsigned $type $kind: u8 u16 u32 u64 }

            impl Cast<f32> for $type {
                fn cast(from: f32) -> Self {
                    Self::from_unpacked(Unpacked::from_f64(from.into()))
                }
            }

            impl Cast<f64> for $type {
                fn cast(from: f64) -> Self {
                    Self::from_unpacked(Unpacked::from_f64(from))
                }
            }

            impl Number for $type {
                const NAME: &'static str = stringify!($type);
                const KIND: Option<Kind> = Some(Kind::$kind);
                const SIGNED: Option<bool> = None;

                fn from_i128(value: i128) -> Self {
                    Self::from_unpacked(Unpacked::from_i128(value))
                }

                fn from_u128(value: u128) -> Self {
                    Self::from_unpacked(Unpacked::from_u128(value))
                }

                fn from_unpacked(value: Unpacked) -> Self {
                    Self::from_f64(value.round(halves!(@format $kind)))
                }

                fn exact(self) -> Exact {
                    Exact::Float(Unpacked::from_f64(self.into()))
                }
            }

            number_type! { $type, $descriptor }
        )*};
        (@format F16) => { Format::F16 };
        (@format Bf16) => { Format::BF16 };
        (@signed $type:ident $kind:ident: $($from:ident)*) => {$(
            impl Cast<$from> for $type {
                fn cast(from: $from) -> Self {
                    Self::from_i128(from.into())
                }
            }
        )*};
        (@unsigned $type:ident $kind:ident: $($from:ident)*) => {$(
            impl Cast<$from> for $type {
                fn cast(from: $from) -> Self {
                    Self::from_u128(from.into())
                }
            }
        )*};
    }

    halves! {
        f16 F16, TypeDescriptor::Float(FloatSize::U2);
        bf16 Bf16, TypeDescriptor::BFloat16;
    }
}
