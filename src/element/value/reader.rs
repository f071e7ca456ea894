//! From stored elements to values.

use std::collections::HashMap;

use super::Value;
use crate::element::boolean::is_boolean;
use crate::element::complex::Parts;
use crate::element::number::{Number, Numbers};
use crate::element::sequence::HeapElement;
use crate::element::text::TextForm;
use crate::element::{Convert, Converter, H5Type, HeapSource, NoHeap, Opaque, RawReference};
use crate::error::{Error, Result};
use crate::format::datatype::{Class, Datatype, Enumeration, Member};

/// How elements of any type become values.
pub(crate) fn reader(stored: &Datatype) -> Result<Converter<Value>> {
    if let Some(parts) = Parts::of(stored).filter(|_| !matches!(stored.class, Class::Array(_))) {
        return Converter::new(stored, Complexes::new(&parts, stored)?);
    }
    match &stored.class {
        Class::Integer(integer) if integer.signed => signed(stored, Value::Integer),
        Class::Integer(_) => unsigned(stored, Value::Unsigned),
        Class::Float(_) => numbers::<f64>(stored, Value::Float),
        Class::Time(_) => signed(stored, Value::Time),
        Class::Bitfield(_) => unsigned(stored, Value::Bitfield),
        Class::String(_) => texts(stored),
        Class::VarLen(sequence) if sequence.is_string() => texts(stored),
        Class::Opaque { .. } => Ok(Opaque::converter(stored)?.map(|bytes| Value::Opaque(bytes.0))),
        Class::Reference(_) => Ok(RawReference::converter(stored)?.map(Value::Reference)),
        Class::Enum(enumeration) => Converter::new(stored, Enums::new(enumeration, stored)?),
        Class::Compound(members) => Converter::new(stored, Compounds::new(members, stored)?),
        Class::VarLen(sequence) => {
            let element = HeapElement::new(stored)?;
            let base = reader(&sequence.base)?;
            Converter::new(stored, Sequences { size: bytes(stored), element, base })
        }
        Class::Array(array) => {
            let dimension = |len: &u32| usize::try_from(*len).unwrap_or(usize::MAX);
            let shape: Vec<usize> = array.dimensions.iter().map(dimension).collect();
            let len = usize::try_from(array.len()).unwrap_or(usize::MAX);
            Converter::new(stored, Arrays { shape, len, base: reader(&array.base)? })
        }
        Class::Complex(_) => Err(Error::unsupported("a complex number of this form")),
    }
}

fn bytes(stored: &Datatype) -> usize {
    usize::try_from(stored.size).unwrap_or(usize::MAX)
}

fn signed(stored: &Datatype, make: fn(i128) -> Value) -> Result<Converter<Value>> {
    numbers(stored, make)
}

fn unsigned(stored: &Datatype, make: fn(u128) -> Value) -> Result<Converter<Value>> {
    numbers(stored, make)
}

fn numbers<T: Number>(stored: &Datatype, make: fn(T) -> Value) -> Result<Converter<Value>> {
    Ok(Converter::new(stored, Numbers::<T>::of_bits(stored)?)?.map(make))
}

fn texts(stored: &Datatype) -> Result<Converter<Value>> {
    let form = TextForm::of(stored)?.ok_or_else(|| Error::unsupported("a string of this form"))?;
    Converter::new(stored, Texts { size: bytes(stored), form })
}

struct Texts {
    size: usize,
    form: TextForm,
}

impl Convert<Value> for Texts {
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<Value>) -> Result<()> {
        for element in stored.chunks_exact(self.size.max(1)) {
            let bytes = self.form.bytes(element, heap)?.into_owned();
            out.push(match String::from_utf8(bytes) {
                Ok(text) => Value::String(text),
                Err(error) => Value::Bytes(error.into_bytes()),
            });
        }
        Ok(())
    }
}

struct Enums {
    numbers: Numbers<i128>,
    /// The names of the numbers; `None` of a boolean.
    names: Option<HashMap<i128, String>>,
}

impl Enums {
    fn new(enumeration: &Enumeration, stored: &Datatype) -> Result<Self> {
        let numbers = Numbers::of_bits(stored)?;
        if is_boolean(enumeration) {
            return Ok(Self { numbers, names: None });
        }
        let mut names = HashMap::new();
        for member in &enumeration.members {
            let mut number = Vec::new();
            numbers.append(&member.value, &NoHeap, &mut number)?;
            if let [number] = *number {
                names.entry(number).or_insert_with(|| member.name().into_owned());
            }
        }
        Ok(Self { numbers, names: Some(names) })
    }
}

impl Convert<Value> for Enums {
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<Value>) -> Result<()> {
        let mut numbers = Vec::new();
        self.numbers.append(stored, heap, &mut numbers)?;
        out.extend(numbers.into_iter().map(|value| match (&self.names, value) {
            (None, 0 | 1) => Value::Boolean(value == 1),
            (names, value) => {
                let name = names.as_ref().and_then(|names| names.get(&value)).cloned();
                Value::Enum { value, name }
            }
        }));
        Ok(())
    }
}

struct Complexes {
    size: usize,
    real: usize,
    imaginary: usize,
    part: Converter<f64>,
}

impl Complexes {
    fn new(parts: &Parts, stored: &Datatype) -> Result<Self> {
        let part = f64::converter(&parts.part)?;
        Ok(Self { size: bytes(stored), real: parts.real, imaginary: parts.imaginary, part })
    }

    fn part(&self, element: &[u8], at: usize, heap: &dyn HeapSource) -> Result<f64> {
        let end = at.saturating_add(self.part.size());
        self.part.convert_one(element.get(at..end).unwrap_or_default(), heap)
    }
}

impl Convert<Value> for Complexes {
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<Value>) -> Result<()> {
        for element in stored.chunks_exact(self.size.max(1)) {
            let re = self.part(element, self.real, heap)?;
            let im = self.part(element, self.imaginary, heap)?;
            out.push(Value::Complex { re, im });
        }
        Ok(())
    }
}

struct Compounds {
    size: usize,
    members: Vec<(String, usize, Converter<Value>)>,
}

impl Compounds {
    fn new(members: &[Member], stored: &Datatype) -> Result<Self> {
        let member = |member: &Member| {
            let offset = usize::try_from(member.offset).unwrap_or(usize::MAX);
            Ok((member.name().into_owned(), offset, reader(&member.datatype)?))
        };
        let members = members.iter().map(member).collect::<Result<_>>()?;
        Ok(Self { size: bytes(stored), members })
    }
}

impl Convert<Value> for Compounds {
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<Value>) -> Result<()> {
        for element in stored.chunks_exact(self.size.max(1)) {
            let mut values = Vec::with_capacity(self.members.len());
            for (name, at, convert) in &self.members {
                let end = at.saturating_add(convert.size());
                let member = element.get(*at..end).unwrap_or_default();
                values.push((name.clone(), convert.convert_one(member, heap)?));
            }
            out.push(Value::Compound(values));
        }
        Ok(())
    }
}

struct Sequences {
    size: usize,
    element: HeapElement,
    base: Converter<Value>,
}

impl Convert<Value> for Sequences {
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<Value>) -> Result<()> {
        for element in stored.chunks_exact(self.size.max(1)) {
            let data = self.element.read(element, self.base.size(), heap)?;
            let mut values = Vec::new();
            self.base.convert(&data, heap, &mut values)?;
            out.push(Value::Sequence(values));
        }
        Ok(())
    }
}

struct Arrays {
    shape: Vec<usize>,
    len: usize,
    base: Converter<Value>,
}

impl Convert<Value> for Arrays {
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<Value>) -> Result<()> {
        for element in stored.chunks_exact(self.base.size().saturating_mul(self.len).max(1)) {
            let mut elements = Vec::new();
            self.base.convert(element, heap, &mut elements)?;
            out.push(Value::Array { shape: self.shape.clone(), elements });
        }
        Ok(())
    }
}
