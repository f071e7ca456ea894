//! Reads into Rust types give the values that h5py gives, for every dataset and attribute of the
//! fixtures.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod support;

use hdfive::{Container, ExternalAccess, File, LocationToken, Value};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::fmt::Debug;
use support::fixtures::{self, Fixture};

/// The path of each object of a file.
type Paths = HashMap<LocationToken, String>;

/// A value as `describe.py` writes it down.
fn to_json(value: &Value, at: &Container, paths: &Paths) -> Json {
    let to_json = |value: &Value| to_json(value, at, paths);
    let list = |values: &[Value]| Json::Array(values.iter().map(to_json).collect());
    match value {
        Value::Integer(n) | Value::Time(n) | Value::Enum { value: n, .. } => {
            json!(i64::try_from(*n).expect("an integer JSON can hold"))
        }
        Value::Unsigned(n) | Value::Bitfield(n) => {
            json!(u64::try_from(*n).expect("an integer JSON can hold"))
        }
        Value::Float(x) => double(*x),
        Value::Complex { re, im } => json!([double(*re), double(*im)]),
        Value::Boolean(b) => json!(b),
        Value::String(text) => json!(text),
        Value::Bytes(bytes) => json!(bytes.escape_ascii().to_string()),
        Value::Opaque(bytes) => json!(bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()),
        Value::Compound(members) => {
            let fields = members.iter().map(|(name, v)| (name.clone(), to_json(v)));
            Json::Object(fields.collect::<Map<_, _>>())
        }
        Value::Array { elements, .. } | Value::Sequence(elements) => list(elements),
        Value::Reference(raw) => {
            let reference = at.decode_reference(raw).expect("a reference");
            reference.token().map_or(Json::Null, |token| {
                at.dereference(&reference).expect("the object referred to");
                json!(paths.get(&token).expect("an object of the file"))
            })
        }
        other => panic!("a new kind of value: {other:?}"),
    }
}

fn double(value: f64) -> Json {
    if value.is_nan() {
        json!("NaN")
    } else if value.is_infinite() {
        json!(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        json!(value)
    }
}

/// The elements an entry lists, runs unrolled.
fn expected(entry: &Json) -> Option<Vec<Json>> {
    if let Some(values) = entry["values"].as_array() {
        return Some(values.clone());
    }
    let runs = entry["runs"].as_array()?.iter();
    let unrolled = runs.flat_map(|run| {
        let count = usize::try_from(run[0].as_u64().expect("a count")).expect("a small file");
        std::iter::repeat_n(run[1].clone(), count)
    });
    Some(unrolled.collect())
}

/// Whether two values are the same; numbers by their value, so that 0 is 0.0.
fn same(ours: &Json, theirs: &Json) -> bool {
    match (ours, theirs) {
        (Json::Number(a), Json::Number(b)) => {
            a == b || (a.as_f64() == b.as_f64() && (a.is_f64() || b.is_f64()))
        }
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        // h5py knows no complex numbers of these field names.
        (Json::Array(a), Json::Object(b)) => {
            b.len() == 2 && Some(&a[0]) == b.get("real") && Some(&a[1]) == b.get("imag")
        }
        _ => ours == theirs,
    }
}

/// Compares all reads of one dataset or attribute; differences go to `wrong`.
fn check(place: &str, container: &Container, entry: &Json, paths: &Paths, wrong: &mut Vec<String>) {
    let shape: Option<Vec<usize>> = serde_json::from_value(entry["shape"].clone()).unwrap();
    if shape.as_ref().is_some_and(|shape| *shape != container.shape()) {
        wrong.push(format!("{place}: shape {:?}, h5py {shape:?}", container.shape()));
        return;
    }
    let Some(theirs) = expected(entry) else { return };
    match container.read_values() {
        Ok(values) => {
            let ours: Vec<Json> =
                values.iter().map(|value| to_json(value, container, paths)).collect();
            if !same(&json!(ours), &json!(theirs)) {
                let at = ours.iter().zip(&theirs).position(|(a, b)| !same(a, b)).unwrap_or(0);
                wrong.push(format!(
                    "{place}[{at}]: {:?}, h5py {:?} ({} and {} elements)",
                    ours.get(at),
                    theirs.get(at),
                    ours.len(),
                    theirs.len()
                ));
            }
        }
        Err(error) => wrong.push(format!("{place}: {error}")),
    }
    let numbers = |wrong: &mut Vec<String>| {
        typed::<f64>(place, container, &theirs, Json::as_f64, wrong);
        typed::<i64>(place, container, &theirs, Json::as_i64, wrong);
        typed::<u64>(place, container, &theirs, Json::as_u64, wrong);
        typed::<i128>(place, container, &theirs, |v| v.as_i64().map(i128::from), wrong);
        typed::<i32>(place, container, &theirs, |v| v.as_i64()?.try_into().ok(), wrong);
        typed::<u16>(place, container, &theirs, |v| v.as_i64()?.try_into().ok(), wrong);
        typed::<i8>(place, container, &theirs, |v| v.as_i64()?.try_into().ok(), wrong);
    };
    match entry["class"].as_str() {
        Some("integer") => numbers(wrong),
        Some("float") => typed::<f64>(place, container, &theirs, Json::as_f64, wrong),
        Some("boolean") => typed::<bool>(place, container, &theirs, Json::as_bool, wrong),
        Some("string") => {
            typed::<String>(place, container, &theirs, |v| Some(v.as_str()?.to_owned()), wrong)
        }
        Some("enum") => typed::<i64>(place, container, &theirs, Json::as_i64, wrong),
        _ => {}
    }
}

/// Reads into `T` where h5py's values all have one in it, and compares.
fn typed<T: hdfive::H5Type + PartialEq + Debug>(
    place: &str,
    container: &Container,
    theirs: &[Json],
    value: impl Fn(&Json) -> Option<T>,
    wrong: &mut Vec<String>,
) {
    let Some(theirs) = theirs.iter().map(value).collect::<Option<Vec<T>>>() else { return };
    let name = std::any::type_name::<T>();
    match container.read_raw::<T>() {
        Ok(ours) if ours == theirs => {}
        Ok(ours) => {
            let at = ours.iter().zip(&theirs).position(|(a, b)| a != b).unwrap_or(0);
            wrong.push(format!(
                "{place}[{at}] as {name}: {:?}, h5py {:?}",
                ours.get(at),
                theirs.get(at)
            ));
        }
        Err(error) => wrong.push(format!("{place} as {name}: {error}")),
    }
}

fn open(fixture: &Fixture) -> hdfive::Result<File> {
    let driver = match fixture.driver.as_str() {
        "family" => hdfive::Driver::Family,
        "split" => hdfive::Driver::split(),
        "multi" => hdfive::Driver::Multi,
        _ => hdfive::Driver::Single,
    };
    File::with_options().external(ExternalAccess::All).driver(driver).open(fixture.path())
}

#[test]
fn values_are_those_of_h5py() {
    let mut wrong = Vec::new();
    for fixture in fixtures::all().iter().filter(|fixture| fixture.opens) {
        let file = match open(fixture) {
            Ok(file) => file,
            Err(error) => {
                wrong.push(format!("{}: {error}", fixture.name));
                continue;
            }
        };
        let path_of = |entry: &Json| entry["path"].as_str().map(str::to_owned);
        let all = fixture.objects.iter().filter_map(path_of);
        let paths =
            all.filter_map(|path| Some((file.location(&path).ok()?.token(), path))).collect();
        for entry in &fixture.objects {
            let path = entry["path"].as_str().unwrap();
            let place = format!("{}: {path}", fixture.name);
            let third_party = fixture.name.starts_with("third_party_filters");
            let location = match file.location(path) {
                Ok(location) => location,
                Err(error) => {
                    wrong.push(format!("{place}: {error}"));
                    continue;
                }
            };
            if entry["kind"] == "dataset" && (!third_party || path == "/gzip") {
                match location.as_dataset() {
                    Ok(dataset) => check(&place, &dataset, entry, &paths, &mut wrong),
                    Err(error) => wrong.push(format!("{place}: {error}")),
                }
            }
            let attributes = entry["attributes"].as_object().unwrap();
            assert_eq!(location.attr_names().unwrap().len(), attributes.len(), "{place}");
            for (name, entry) in attributes {
                match location.attr(name) {
                    Ok(attribute) => {
                        check(&format!("{place}@{name}"), &attribute, entry, &paths, &mut wrong)
                    }
                    Err(error) => wrong.push(format!("{place}@{name}: {error}")),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}
