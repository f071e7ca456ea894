//! Values as text.

use std::fmt::{self, Display, Formatter};

use super::Value;

impl Display for Value {
    /// Numbers as Rust writes them, strings in quotes, `{name: value}`, `[value, value]`, opaque
    /// bytes and bit fields in hexadecimal, enumerations by name.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) | Self::Time(value) => write!(f, "{value}"),
            Self::Unsigned(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Complex { re, im } => write!(f, "{re:?}{im:+?}i"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Bitfield(value) => write!(f, "{value:#x}"),
            Self::String(text) => write!(f, "{text:?}"),
            Self::Bytes(bytes) => write!(f, "b\"{}\"", bytes.escape_ascii()),
            Self::Opaque(bytes) => hexadecimal(f, bytes),
            Self::Enum { name: Some(name), .. } => f.write_str(name),
            Self::Enum { value, name: None } => write!(f, "{value}"),
            Self::Compound(members) => {
                f.write_str("{")?;
                separated(f, members, |f, (name, value)| write!(f, "{name}: {value}"))?;
                f.write_str("}")
            }
            Self::Array { shape, elements } => array(f, shape, elements),
            Self::Sequence(elements) => list(f, elements),
            Self::Reference(reference) if reference.is_null() => f.write_str("null"),
            Self::Reference(reference) => {
                write!(f, "{:?} ", reference.kind)?;
                hexadecimal(f, &reference.bytes)
            }
        }
    }
}

fn array(f: &mut Formatter<'_>, shape: &[usize], elements: &[Value]) -> fmt::Result {
    let Some((_, rest)) = shape.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return list(f, elements);
    };
    let row = rest.iter().fold(1_usize, |row, len| row.saturating_mul(*len)).max(1);
    f.write_str("[")?;
    separated(f, elements.chunks(row), |f, row| array(f, rest, row))?;
    f.write_str("]")
}

fn list(f: &mut Formatter<'_>, elements: &[Value]) -> fmt::Result {
    f.write_str("[")?;
    separated(f, elements, |f, value| value.fmt(f))?;
    f.write_str("]")
}

fn separated<I: IntoIterator>(
    f: &mut Formatter<'_>,
    items: I,
    write: impl Fn(&mut Formatter<'_>, I::Item) -> fmt::Result,
) -> fmt::Result {
    items.into_iter().enumerate().try_for_each(|(index, item)| {
        if index > 0 {
            f.write_str(", ")?;
        }
        write(f, item)
    })
}

fn hexadecimal(f: &mut Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_str("0x")?;
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}
