//! Elements in JSON.

use hdfive::definition::{Class, Integer, StringPadding, VarLenKind};
use hdfive::{Element, Elements, Error, Value as Stored};
use serde_json::{Map, Number, Value};

use super::number::integer_value;
use crate::names::text;

/// Tells the path of what a reference refers to.
pub(crate) type PathOf<'a> = &'a dyn Fn(&Element<'_>) -> Option<String>;

/// The value of an element: numbers, strings, arrays, objects; names of enumerations; complex
/// numbers as pairs; paths of what references refer to; anything else in hexadecimal.
pub(crate) fn of_element(path_of: PathOf<'_>, element: &Element<'_>) -> Result<Value, Error> {
    let bytes = element.bytes();
    Ok(match &element.datatype().class {
        Class::Integer(integer) => of_integer(integer, bytes),
        Class::Float(_) => match element.value()? {
            Stored::Float(number) => of_float(number),
            _ => Value::Null,
        },
        Class::Enum(enumeration) => {
            let named = enumeration.members.iter().find(|member| member.value == bytes);
            match (named, &enumeration.base.class) {
                (Some(member), _) => text(&member.name).into(),
                (None, Class::Integer(integer)) => of_integer(integer, bytes),
                _ => hexadecimal(bytes),
            }
        }
        Class::String(string) => of_string(bytes, string.padding),
        Class::VarLen(variable) => match (element.variable()?, variable.kind) {
            (None, VarLenKind::String) => Value::Null,
            (None, _) => Value::Array(Vec::new()),
            (Some(text), VarLenKind::String) => {
                of_string(text.bytes(), StringPadding::NullTerminated)
            }
            (Some(elements), _) => of_elements(path_of, &elements)?,
        },
        Class::Compound(members) => {
            let mut out = Map::new();
            for (part, member) in element.parts().zip(members) {
                out.insert(text(&member.name), of_element(path_of, &part)?);
            }
            Value::Object(out)
        }
        Class::Array(array) => {
            let parts: Result<Vec<Value>, Error> =
                element.parts().map(|part| of_element(path_of, &part)).collect();
            nested(parts?, &array.dimensions)
        }
        Class::Complex(_) => {
            let parts: Result<Vec<Value>, Error> =
                element.parts().map(|part| of_element(path_of, &part)).collect();
            Value::Array(parts?)
        }
        Class::Reference(_) => path_of(element).map_or(Value::Null, Value::from),
        _ => hexadecimal(bytes),
    })
}

fn of_elements(path_of: PathOf<'_>, elements: &Elements) -> Result<Value, Error> {
    let values: Result<Vec<Value>, Error> =
        elements.iter().map(|element| of_element(path_of, &element)).collect();
    Ok(Value::Array(values?))
}

/// Values in arrays of these lengths, the last one the innermost.
fn nested(values: Vec<Value>, dims: &[u32]) -> Value {
    let mut values = values;
    for len in dims.iter().skip(1).rev() {
        let len = usize::try_from(*len).unwrap_or(1).max(1);
        values = values.chunks(len).map(|row| Value::Array(row.to_vec())).collect();
    }
    Value::Array(values)
}

fn of_integer(integer: &Integer, bytes: &[u8]) -> Value {
    let value = integer_value(integer, bytes);
    match value.map(|value| (i64::try_from(value), u64::try_from(value))) {
        Some((Ok(value), _)) => value.into(),
        Some((_, Ok(value))) => value.into(),
        _ => hexadecimal(bytes),
    }
}

/// What JSON has no number for is a string.
fn of_float(number: f64) -> Value {
    Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number)
}

fn of_string(bytes: &[u8], padding: StringPadding) -> Value {
    let until_nul = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let bytes = match padding {
        StringPadding::SpacePadded => bytes.trim_ascii_end(),
        _ => until_nul,
    };
    text(bytes).into()
}

fn hexadecimal(bytes: &[u8]) -> Value {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_nested_as_their_dimensions_are() {
        let values = (0..6).map(Value::from).collect();
        assert_eq!(nested(values, &[1, 3, 2]).to_string(), "[[[0,1],[2,3],[4,5]]]");
    }

    #[test]
    fn numbers_that_json_does_not_have_are_strings() {
        assert_eq!(of_float(f64::NAN).to_string(), "\"NaN\"");
        assert_eq!(of_float(1.5).to_string(), "1.5");
    }
}
