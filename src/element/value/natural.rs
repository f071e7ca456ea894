//! The type that values have where nobody names one, as `numpy` and `h5py` choose it.

use super::Value;
use crate::element::{CompoundField, CompoundType, FloatSize, IntSize, TypeDescriptor};
use crate::error::{Error, Result};

impl Value {
    /// A type that holds all of `values`.
    ///
    /// Numbers get 8 bytes, integers that need it 16; integers among floats become floats. Strings
    /// have any length. No values are floats.
    pub(crate) fn natural_type(values: &[&Self]) -> Result<TypeDescriptor> {
        let Some(first) = values.first() else {
            return Ok(TypeDescriptor::Float(FloatSize::U8));
        };
        let found = match first {
            Self::String(_) | Self::Bytes(_) => text(values),
            Self::Opaque(first) => opaque(values, first.len()),
            Self::Compound(members) => compound(values, members)?,
            Self::Array { shape, .. } => array(values, shape)?,
            Self::Sequence(_) => sequence(values)?,
            Self::Reference(first) => {
                let same =
                    |value: &&&Self| matches!(value, Self::Reference(r) if r.kind == first.kind);
                let all = values.iter().filter(same).count() == values.len();
                all.then_some(TypeDescriptor::Reference(first.kind))
            }
            _ => number(values),
        };
        found.ok_or_else(|| Error::conversion("the values have no type in common"))
    }
}

fn text(values: &[&Value]) -> Option<TypeDescriptor> {
    let mut utf8 = true;
    for value in values {
        match value {
            Value::String(_) => {}
            Value::Bytes(_) => utf8 = false,
            _ => return None,
        }
    }
    Some(if utf8 { TypeDescriptor::VarLenUnicode } else { TypeDescriptor::VarLenAscii })
}

fn opaque(values: &[&Value], len: usize) -> Option<TypeDescriptor> {
    let same = |value: &&Value| matches!(value, Value::Opaque(bytes) if bytes.len() == len);
    values.iter().all(same).then_some(TypeDescriptor::Opaque(len))
}

/// What is known of numbers so far.
#[derive(Debug, Default)]
struct Numbers {
    lowest: i128,
    highest: u128,
    signed: bool,
    booleans: usize,
    float: bool,
    complex: bool,
}

impl Numbers {
    fn signed(&mut self, value: i128) {
        self.signed = true;
        self.lowest = self.lowest.min(value);
        self.highest = self.highest.max(u128::try_from(value).unwrap_or(0));
    }

    fn integer(&self) -> TypeDescriptor {
        let wide = i64::try_from(self.lowest).is_err();
        if self.signed && !wide && i64::try_from(self.highest).is_ok() {
            TypeDescriptor::Integer(IntSize::U8)
        } else if self.lowest == 0 && u64::try_from(self.highest).is_ok() {
            TypeDescriptor::Unsigned(IntSize::U8)
        } else if self.lowest == 0 {
            TypeDescriptor::Unsigned(IntSize::U16)
        } else {
            TypeDescriptor::Integer(IntSize::U16)
        }
    }
}

fn number(values: &[&Value]) -> Option<TypeDescriptor> {
    let mut found = Numbers::default();
    for value in values {
        match value {
            Value::Integer(value) | Value::Time(value) | Value::Enum { value, .. } => {
                found.signed(*value);
            }
            Value::Unsigned(value) | Value::Bitfield(value) => {
                found.highest = found.highest.max(*value);
            }
            Value::Boolean(value) => {
                found.booleans = found.booleans.saturating_add(1);
                found.highest = found.highest.max((*value).into());
            }
            Value::Float(_) => found.float = true,
            Value::Complex { .. } => found.complex = true,
            _ => return None,
        }
    }
    Some(if found.complex {
        TypeDescriptor::Complex(FloatSize::U8)
    } else if found.float {
        TypeDescriptor::Float(FloatSize::U8)
    } else if found.booleans == values.len() {
        TypeDescriptor::Boolean
    } else {
        found.integer()
    })
}

/// Without gaps, as all members are known by their names only.
fn compound(values: &[&Value], members: &[(String, Value)]) -> Result<Option<TypeDescriptor>> {
    let mut fields = Vec::new();
    let mut size = 0_usize;
    for (index, (name, _)) in members.iter().enumerate() {
        let parts: Option<Vec<&Value>> = values.iter().map(|value| value.get(name)).collect();
        let Some(parts) = parts else { return Ok(None) };
        let ty = Value::natural_type(&parts)?;
        let offset = size;
        size = size.saturating_add(ty.size());
        fields.push(CompoundField::new(name, ty, offset, index));
    }
    Ok(Some(TypeDescriptor::Compound(CompoundType { fields, size })))
}

fn array(values: &[&Value], shape: &[usize]) -> Result<Option<TypeDescriptor>> {
    let mut all = Vec::new();
    for value in values {
        match value {
            Value::Array { shape: own, elements } if own == shape => all.extend(elements),
            _ => return Ok(None),
        }
    }
    let base = Value::natural_type(&all)?;
    let of = |base, len: &usize| TypeDescriptor::FixedArray(Box::new(base), *len);
    Ok(Some(shape.iter().rev().fold(base, of)))
}

fn sequence(values: &[&Value]) -> Result<Option<TypeDescriptor>> {
    let mut all = Vec::new();
    for value in values {
        let Value::Sequence(elements) = value else { return Ok(None) };
        all.extend(elements);
    }
    Ok(Some(TypeDescriptor::VarLenArray(Box::new(Value::natural_type(&all)?))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[Value]) -> TypeDescriptor {
        Value::natural_type(&values.iter().collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn numbers_get_room_for_all_of_them() {
        use Value::{Boolean, Float, Integer, Unsigned};
        let (signed, unsigned) = (TypeDescriptor::Integer, TypeDescriptor::Unsigned);
        assert_eq!(of(&[]), TypeDescriptor::Float(FloatSize::U8));
        assert_eq!(of(&[Integer(-3), Unsigned(7)]), signed(IntSize::U8));
        assert_eq!(of(&[Unsigned(7)]), unsigned(IntSize::U8));
        assert_eq!(of(&[Integer(5), Unsigned(u64::MAX.into())]), unsigned(IntSize::U8));
        assert_eq!(of(&[Integer(-5), Unsigned(u64::MAX.into())]), signed(IntSize::U16));
        assert_eq!(of(&[Integer(i128::from(i64::MIN) - 1)]), signed(IntSize::U16));
        assert_eq!(of(&[Unsigned(u128::MAX)]), unsigned(IntSize::U16));
        assert_eq!(of(&[Boolean(true), Boolean(false)]), TypeDescriptor::Boolean);
        assert_eq!(of(&[Boolean(true), Integer(2)]), signed(IntSize::U8));
        assert_eq!(of(&[Integer(1), Float(0.5)]), TypeDescriptor::Float(FloatSize::U8));
        let complex = Value::Complex { re: 1.0, im: 2.0 };
        assert_eq!(of(&[Integer(1), complex]), TypeDescriptor::Complex(FloatSize::U8));
    }

    #[test]
    fn what_is_made_of_values_is_made_of_their_types() {
        let text = |text: &str| Value::String(text.to_owned());
        let row = |n: i128, name: &str| {
            Value::Compound(vec![
                ("n".to_owned(), Value::Integer(n)),
                ("name".to_owned(), text(name)),
                ("more".to_owned(), Value::Sequence(vec![Value::Float(0.5); n as usize])),
            ])
        };
        let float = TypeDescriptor::Float(FloatSize::U8);
        let fields = vec![
            CompoundField::new("n", TypeDescriptor::Integer(IntSize::U8), 0, 0),
            CompoundField::new("name", TypeDescriptor::VarLenUnicode, 8, 1),
            CompoundField::new("more", TypeDescriptor::VarLenArray(Box::new(float)), 24, 2),
        ];
        let rows = [row(0, "a"), row(2, "b")];
        assert_eq!(of(&rows), TypeDescriptor::Compound(CompoundType { fields, size: 40 }));
        let block = Value::Array { shape: vec![2, 3], elements: vec![Value::Boolean(true); 6] };
        let inner = TypeDescriptor::FixedArray(Box::new(TypeDescriptor::Boolean), 3);
        assert_eq!(
            of(std::slice::from_ref(&block)),
            TypeDescriptor::FixedArray(Box::new(inner), 2)
        );
        assert_eq!(of(&[text("a"), Value::Bytes(vec![0xff])]), TypeDescriptor::VarLenAscii);
        assert_eq!(of(&[Value::Opaque(vec![1, 2])]), TypeDescriptor::Opaque(2));
        for mixed in [[text("a"), Value::Integer(1)], [block, Value::Integer(1)]] {
            assert!(Value::natural_type(&[&mixed[0], &mixed[1]]).is_err());
        }
    }
}
