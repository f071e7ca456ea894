//! Descriptors as text.

use std::fmt::{self, Display, Formatter};

use super::TypeDescriptor;
use crate::format::datatype::ReferenceKind;

impl Display for TypeDescriptor {
    /// `int32`, `float64`, `bool`, `[int8; 3]`, `string (len 5)`, `compound (2 fields)`: in the words
    /// of `hdf5-metno`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let bits = |bytes: usize| bytes.saturating_mul(8);
        match self {
            Self::Integer(size) => write!(f, "int{}", bits(size.bytes())),
            Self::Unsigned(size) => write!(f, "uint{}", bits(size.bytes())),
            Self::Float(size) => write!(f, "float{}", bits(size.bytes())),
            Self::BFloat16 => f.write_str("bfloat16"),
            Self::Boolean => f.write_str("bool"),
            Self::Complex(part) => write!(f, "complex{}", bits(part.bytes()).saturating_mul(2)),
            Self::Enum(of) => write!(f, "enum ({})", of.base_type()),
            Self::Compound(of) => write!(f, "compound ({} fields)", of.fields.len()),
            Self::FixedArray(of, len) => write!(f, "[{of}; {len}]"),
            Self::FixedAscii(len) => write!(f, "string (len {len})"),
            Self::FixedUnicode(len) => write!(f, "unicode (len {len})"),
            Self::VarLenArray(of) => write!(f, "[{of}] (var len)"),
            Self::VarLenAscii => f.write_str("string (var len)"),
            Self::VarLenUnicode => f.write_str("unicode (var len)"),
            Self::Opaque(len) => write!(f, "opaque (len {len})"),
            Self::Reference(ReferenceKind::Object) => f.write_str("reference (object)"),
            Self::Reference(ReferenceKind::Region) => f.write_str("reference (region)"),
            Self::Reference(_) => f.write_str("reference"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::{FixedAscii, H5Type, VarLenArray, VarLenAscii, VarLenUnicode};

    #[test]
    fn the_words_are_those_of_hdf5_metno() {
        let words = |descriptor: TypeDescriptor| descriptor.to_string();
        assert_eq!(words(i8::type_descriptor()), "int8");
        assert_eq!(words(u64::type_descriptor()), "uint64");
        assert_eq!(words(f32::type_descriptor()), "float32");
        assert_eq!(words(bool::type_descriptor()), "bool");
        assert_eq!(words(<[[i32; 3]; 2]>::type_descriptor()), "[[int32; 3]; 2]");
        assert_eq!(words(<(i32, f64)>::type_descriptor()), "compound (2 fields)");
        assert_eq!(words(FixedAscii::<5>::type_descriptor()), "string (len 5)");
        assert_eq!(words(VarLenAscii::type_descriptor()), "string (var len)");
        assert_eq!(words(VarLenUnicode::type_descriptor()), "unicode (var len)");
        assert_eq!(words(VarLenArray::<f64>::type_descriptor()), "[float64] (var len)");
    }
}
