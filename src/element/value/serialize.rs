//! Values for serde.

use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, Serializer};

use super::Value;

impl Serialize for Value {
    /// Numbers as numbers, complex ones as lists of two, strings as strings, enumerations by their
    /// names, compounds as maps, arrays as lists of lists, opaque bytes as bytes, references as text,
    /// null ones as none.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(value) | Self::Time(value) => signed(*value, serializer),
            Self::Unsigned(value) | Self::Bitfield(value) => unsigned(*value, serializer),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Complex { re, im } => [re, im].serialize(serializer),
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::String(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) | Self::Opaque(bytes) => serializer.serialize_bytes(bytes),
            Self::Enum { name: Some(name), .. } => serializer.serialize_str(name),
            Self::Enum { value, name: None } => signed(*value, serializer),
            Self::Compound(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
            Self::Array { shape, elements } => Rows { shape, elements }.serialize(serializer),
            Self::Sequence(elements) => elements.serialize(serializer),
            Self::Reference(reference) if reference.is_null() => serializer.serialize_none(),
            Self::Reference(_) => serializer.collect_str(self),
        }
    }
}

/// Not every format has integers of 128 bits.
fn signed<S: Serializer>(value: i128, serializer: S) -> Result<S::Ok, S::Error> {
    match i64::try_from(value) {
        Ok(value) => serializer.serialize_i64(value),
        Err(_) => serializer.serialize_i128(value),
    }
}

fn unsigned<S: Serializer>(value: u128, serializer: S) -> Result<S::Ok, S::Error> {
    match u64::try_from(value) {
        Ok(value) => serializer.serialize_u64(value),
        Err(_) => serializer.serialize_u128(value),
    }
}

/// The elements of an array.
struct Rows<'a> {
    shape: &'a [usize],
    elements: &'a [Value],
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some((len, rest)) = self.shape.split_first() else {
            return match self.elements {
                [one] => one.serialize(serializer),
                _ => Err(S::Error::custom("an array whose shape does not fit its elements")),
            };
        };
        if rest.is_empty() {
            return self.elements.serialize(serializer);
        }
        let row = rest.iter().fold(1_usize, |row, len| row.saturating_mul(*len));
        let mut list = serializer.serialize_seq(Some(*len))?;
        for index in 0..*len {
            let start = index.saturating_mul(row);
            let elements = self.elements.get(start..start.saturating_add(row));
            let fits = S::Error::custom("an array whose shape does not fit its elements");
            list.serialize_element(&Self { shape: rest, elements: elements.ok_or(fits)? })?;
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::element::RawReference;
    use crate::format::datatype::ReferenceKind;

    #[test]
    fn values_are_what_json_has_for_them() {
        let json = |value: Value| serde_json::to_value(value).unwrap();
        assert_eq!(json(Value::Integer(-3)), json!(-3));
        assert_eq!(json(Value::Unsigned(u64::MAX.into())), json!(u64::MAX));
        assert_eq!(json(Value::Complex { re: 1.0, im: -0.5 }), json!([1.0, -0.5]));
        assert_eq!(json(Value::Opaque(vec![1, 2])), json!([1, 2]));
        let name = |name: Option<&str>| Value::Enum { value: 4, name: name.map(str::to_owned) };
        assert_eq!(json(Value::Sequence(vec![name(Some("x")), name(None)])), json!(["x", 4]));
        let members =
            vec![("a".to_owned(), Value::Boolean(true)), ("b".to_owned(), Value::Float(f64::NAN))];
        assert_eq!(json(Value::Compound(members)), json!({"a": true, "b": null}));
        let block = |shape: &[usize], count: i128| Value::Array {
            shape: shape.to_vec(),
            elements: (0..count).map(Value::Integer).collect(),
        };
        assert_eq!(json(block(&[2, 1, 2], 4)), json!([[[0, 1]], [[2, 3]]]));
        assert_eq!(json(block(&[0, 3], 0)), json!([]));
        assert!(serde_json::to_value(block(&[2, 2], 3)).is_err());
        let reference =
            |bytes| Value::Reference(RawReference { kind: ReferenceKind::Object, bytes });
        assert_eq!(json(reference(vec![0; 8])), json!(null));
        assert_eq!(json(reference(vec![1; 2])), json!("Object 0x0101"));
    }
}
