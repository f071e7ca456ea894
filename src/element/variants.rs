//! Enumerations of Rust: what their derived implementations are made of.

use std::borrow::Cow;
use std::collections::HashMap;

use super::writer::{WriteValues, element_size};
use super::{
    Convert, Converter, EnumMember, EnumType, H5Type, HeapSink, HeapSource, IntSize, NoHeap,
    TypeDescriptor, Writer, no_conversion, no_writer,
};
use crate::error::{Error, Result};
use crate::format::datatype::{Class, Datatype, Enumeration};

/// Values converted at a time.
const BATCH: usize = 4096;

/// The variants of an enumeration, in the order of their declaration.
#[derive(Debug)]
pub struct Variants<T: 'static> {
    /// The name of the enumeration.
    name: &'static str,
    integer: TypeDescriptor,
    all: Vec<(&'static str, i128, T)>,
}

impl<T: H5Type> Variants<T> {
    /// The variants of the enumeration `name`, with their names and values, which are stored as the
    /// integer `I` is.
    #[must_use]
    pub fn new<I: StoredInteger>(name: &'static str, all: &[(&'static str, i128, T)]) -> Self {
        Self { name, integer: I::integer(), all: all.to_vec() }
    }

    /// The enumeration.
    #[must_use]
    pub fn type_descriptor(self) -> TypeDescriptor {
        let (size, signed) = match self.integer {
            TypeDescriptor::Integer(size) => (size, true),
            TypeDescriptor::Unsigned(size) => (size, false),
            other => return other,
        };
        let member = |(name, value, _): &(&str, i128, T)| EnumMember {
            name: (*name).to_owned(),
            value: i64::try_from(*value)
                .map_or_else(|_| u64::try_from(*value).unwrap_or(u64::MAX), i64::cast_unsigned),
        };
        let members = self.all.iter().map(member).collect();
        TypeDescriptor::Enum(EnumType { size, signed, members })
    }

    /// How stored values become variants: those of an enumeration by name, integers by value.
    ///
    /// # Errors
    ///
    /// Where the elements are neither, or the enumeration has none of the names.
    pub fn converter(self, stored: &Datatype) -> Result<Converter<T>> {
        let numbers = i128::converter(stored);
        let (variants, names) = match &stored.class {
            Class::Enum(enumeration) => {
                let names = names_of(enumeration)?;
                let by_name: HashMap<&str, &T> =
                    self.all.iter().map(|(name, _, variant)| (*name, variant)).collect();
                let variants: HashMap<i128, T> = names
                    .iter()
                    .filter_map(|(name, value)| Some((*value, (*by_name.get(&**name)?).clone())))
                    .collect();
                if variants.is_empty() {
                    return Err(self.stranger(stored));
                }
                let names = names.into_iter().map(|(name, value)| (value, name.into_owned()));
                (variants, names.collect())
            }
            Class::Integer(_) => {
                let variants = self.all.into_iter().map(|(_, value, variant)| (value, variant));
                (variants.collect(), HashMap::new())
            }
            _ => return Err(no_conversion(stored, self.name)),
        };
        let of = self.name;
        Converter::new(stored, VariantReader { of, numbers: numbers?, variants, names })
    }

    /// How variants become stored values; `place` is the place of a variant among all.
    ///
    /// # Errors
    ///
    /// As of [`converter`](Self::converter).
    pub fn writer(self, stored: &Datatype, place: fn(&T) -> usize) -> Result<Writer<T>> {
        let elements: Vec<Option<Vec<u8>>> = match &stored.class {
            Class::Enum(enumeration) => {
                let element = |name: &str| {
                    let named = enumeration.members.iter().find(|m| m.name == name.as_bytes());
                    named.map(|member| member.value.to_vec())
                };
                self.all.iter().map(|(name, _, _)| element(name)).collect()
            }
            Class::Integer(_) => {
                let (writer, reader) = (i128::writer(stored)?, i128::converter(stored)?);
                let element = |value: i128| {
                    let mut bytes = Vec::new();
                    writer.write(&[value], &NoHeap, &mut bytes)?;
                    let survives = reader.convert_one(&bytes, &NoHeap)? == value;
                    Ok(survives.then_some(bytes))
                };
                self.all.iter().map(|(_, value, _)| element(*value)).collect::<Result<_>>()?
            }
            _ => return Err(no_writer(self.name, stored)),
        };
        if elements.iter().all(Option::is_none) {
            return Err(self.stranger(stored));
        }
        let names = self.all.iter().map(|(name, _, _)| *name).collect();
        let size = element_size(stored)?;
        Writer::new(stored, VariantWriter { of: self.name, names, elements, size, place })
    }

    /// The error of a type that holds none of the variants.
    #[cold]
    fn stranger(&self, stored: &Datatype) -> Error {
        let names: Vec<&str> = self.all.iter().map(|(name, _, _)| *name).collect();
        let class = stored.class_name();
        let problem =
            format!("the {class} holds no variant of {} ({})", self.name, names.join(", "));
        Error::conversion(problem)
    }
}

/// Integers that enumerations are stored as.
pub trait StoredInteger {
    /// Which it is.
    fn integer() -> TypeDescriptor;
}

macro_rules! stored_integers {
    ($($type:ty: $class:ident),*) => {$(
        impl StoredInteger for $type {
            fn integer() -> TypeDescriptor {
                TypeDescriptor::$class(IntSize::from_int(size_of::<$type>()).unwrap_or(IntSize::U8))
            }
        }
    )*};
}

stored_integers! {
    i8: Integer, i16: Integer, i32: Integer, i64: Integer, isize: Integer,
    u8: Unsigned, u16: Unsigned, u32: Unsigned, u64: Unsigned, usize: Unsigned
}

/// Names and values of an enumeration.
fn names_of(enumeration: &Enumeration) -> Result<Vec<(Cow<'_, str>, i128)>> {
    let numbers = i128::converter(&enumeration.base)?;
    let members = enumeration.members.iter();
    members.map(|m| Ok((m.name(), numbers.convert_one(&m.value, &NoHeap)?))).collect()
}

struct VariantReader<T> {
    of: &'static str,
    numbers: Converter<i128>,
    variants: HashMap<i128, T>,
    /// Names that the file has for values.
    names: HashMap<i128, String>,
}

impl<T: H5Type> Convert<T> for VariantReader<T> {
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<T>) -> Result<()> {
        let mut numbers = Vec::new();
        for batch in stored.chunks(self.numbers.size().saturating_mul(BATCH).max(1)) {
            numbers.clear();
            self.numbers.convert(batch, heap, &mut numbers)?;
            for number in &numbers {
                match self.variants.get(number) {
                    Some(variant) => out.push(variant.clone()),
                    None => return Err(self.unknown(*number)),
                }
            }
        }
        Ok(())
    }
}

impl<T> VariantReader<T> {
    #[cold]
    fn unknown(&self, number: i128) -> Error {
        let of = self.of;
        Error::conversion(match self.names.get(&number) {
            Some(name) => format!("the value \"{name}\" ({number}) is no variant of {of}"),
            None => format!("the value {number} is no variant of {of}"),
        })
    }
}

struct VariantWriter<T> {
    of: &'static str,
    names: Vec<&'static str>,
    /// What each variant is stored as, where it can be.
    elements: Vec<Option<Vec<u8>>>,
    size: usize,
    place: fn(&T) -> usize,
}

impl<T> WriteValues<T> for VariantWriter<T> {
    fn append(&self, values: &[T], _: &dyn HeapSink, out: &mut Vec<u8>) -> Result<()> {
        values.iter().try_for_each(|value| {
            let place = (self.place)(value);
            match self.elements.get(place) {
                Some(Some(element)) if element.len() == self.size => {
                    out.extend_from_slice(element);
                    Ok(())
                }
                _ => {
                    let name = self.names.get(place).copied().unwrap_or_default();
                    let problem = format!("the elements hold no \"{name}\" of {}", self.of);
                    Err(Error::conversion(problem))
                }
            }
        })
    }
}
