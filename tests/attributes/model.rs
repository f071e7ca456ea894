//! Random changes of attributes, by this library and by h5py in turn, held against a model.

use std::collections::BTreeMap;
use std::path::Path;

use hdfive::{AnyValues, ElementType, File, LibraryVersion, Location};
use serde_json::{Value as Json, json};

use super::support::random::Random;
use super::{VERSIONS, create, h5py, scratch, support};

/// What an attribute holds.
#[derive(Debug, Clone, PartialEq)]
enum Held {
    Null,
    Integer(i64),
    Floats(Vec<f64>),
    Text(String),
    Texts(Vec<String>),
    Pairs(Vec<(i32, String)>),
    Sequences(Vec<Vec<i32>>),
    Bytes(Vec<u8>),
}

impl Held {
    fn random(random: &mut Random, large: bool) -> Self {
        match random.below(8) {
            0 => Self::Null,
            1 => Self::Integer(random.next() as i64),
            2 if large && random.below(3) == 0 => Self::Bytes(vec![random.next() as u8; 70 << 10]),
            2 => Self::Bytes(vec![random.next() as u8; random.below(3000)]),
            kind => {
                let len = random.below(5);
                Self::of_kind(random, kind, len)
            }
        }
    }

    fn of_kind(random: &mut Random, kind: usize, len: usize) -> Self {
        let text = |random: &mut Random| {
            random.pick(&["", "a", "höhe ", "longer "]).repeat(random.below(60))
        };
        match kind {
            3 => Self::Floats((0..len).map(|_| random.below(1000) as f64 / 8.0).collect()),
            4 => Self::Texts((0..len).map(|_| text(random)).collect()),
            5 => Self::Pairs((0..len).map(|n| (n as i32 - 2, text(random))).collect()),
            6 => Self::Sequences((0..len).map(|n| vec![n as i32; random.below(40)]).collect()),
            _ => Self::Text(text(random)),
        }
    }

    /// Other values of the same type and shape; `None` where there are none to be had.
    fn modified(&self, random: &mut Random) -> Option<Self> {
        match self {
            Self::Integer(_) => Some(Self::Integer(random.below(100) as i64)),
            Self::Floats(all) => Some(Self::of_kind(random, 3, all.len())),
            Self::Texts(all) => Some(Self::of_kind(random, 4, all.len())),
            Self::Pairs(all) => Some(Self::of_kind(random, 5, all.len())),
            Self::Text(_) => Some(Self::of_kind(random, 7, 1)),
            _ => None,
        }
    }

    fn json(&self) -> Json {
        match self {
            Self::Null => json!(["null", 0]),
            Self::Integer(value) => json!(["integer", value]),
            Self::Floats(all) => json!(["floats", all]),
            Self::Text(text) => json!(["text", text]),
            Self::Texts(all) => json!(["texts", all]),
            Self::Pairs(all) => json!(["pairs", all]),
            Self::Sequences(all) => json!(["sequences", all]),
            Self::Bytes(bytes) => json!(["bytes", [bytes.len(), bytes.first()]]),
        }
    }

    fn values(&self) -> AnyValues<'_> {
        match self {
            Self::Null => AnyValues::null::<f32>(),
            Self::Integer(value) => (*value).into(),
            Self::Floats(all) => all.into(),
            Self::Text(text) => text.into(),
            Self::Texts(all) => all.into(),
            Self::Pairs(all) => all.into(),
            Self::Sequences(all) => all.into(),
            Self::Bytes(bytes) => bytes.into(),
        }
    }

    /// What this library finds, where it should be `self`.
    fn check(&self, object: &Location, name: &str) {
        let attribute = object.attr(name).unwrap();
        let found = match self {
            Self::Null => {
                assert!(attribute.space().unwrap().is_null());
                Self::Null
            }
            Self::Integer(_) => Self::Integer(attribute.read_scalar().unwrap()),
            Self::Floats(_) => Self::Floats(attribute.read_raw().unwrap()),
            Self::Text(_) => Self::Text(attribute.read_scalar().unwrap()),
            Self::Texts(_) => Self::Texts(attribute.read_raw().unwrap()),
            Self::Pairs(_) => Self::Pairs(attribute.read_raw().unwrap()),
            Self::Sequences(_) => Self::Sequences(attribute.read_raw().unwrap()),
            Self::Bytes(_) => Self::Bytes(attribute.read_raw().unwrap()),
        };
        assert!(found == *self, "{}: {name}: {found:?} is not {self:?}", object.name());
    }
}

/// What one object holds, in the order of creation.
#[derive(Debug, Clone, Default)]
struct Object {
    attributes: Vec<(String, Held)>,
    /// Remembers the order of creation.
    ordered: bool,
    /// Holds attributes of 64 KiB and more.
    large: bool,
}

type Model = BTreeMap<&'static str, Object>;

/// One change.
#[derive(Debug, Clone)]
enum Change {
    Set(String, Held),
    Modify(String, Held),
    Rename(String, String),
    Delete(String),
}

impl Object {
    fn change(&mut self, random: &mut Random) -> Change {
        let fresh = random.pick(&["n", "a longer name of an attribute ", "größe"]).to_owned()
            + &random.below(25).to_string();
        let at = self.attributes.len().checked_sub(1).map(|last| random.below(last + 1));
        match (random.below(9), at) {
            (0, Some(at)) => {
                let name = self.attributes.remove(at).0;
                Change::Delete(name)
            }
            (1, Some(at)) if self.find(&fresh).is_none() => {
                let name = std::mem::replace(&mut self.attributes[at].0, fresh.clone());
                Change::Rename(name, fresh)
            }
            (2 | 3, Some(at)) if self.attributes[at].1.modified(random).is_some() => {
                let (name, held) = &mut self.attributes[at];
                *held = held.modified(random).unwrap();
                Change::Modify(name.clone(), held.clone())
            }
            (4, Some(at)) => {
                let name = self.attributes[at].0.clone();
                self.set(name, Held::random(random, self.large))
            }
            _ => self.set(fresh, Held::random(random, self.large)),
        }
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.attributes.iter().position(|(own, _)| own == name)
    }

    /// One that is set anew is the last.
    fn set(&mut self, name: String, held: Held) -> Change {
        if let Some(at) = self.find(&name) {
            self.attributes.remove(at);
        }
        self.attributes.push((name.clone(), held.clone()));
        Change::Set(name, held)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.attributes.iter().map(|(name, _)| name.clone()).collect();
        if !self.ordered {
            names.sort();
        }
        names
    }
}

impl Change {
    fn json(&self, object: &str) -> Json {
        match self {
            Self::Set(name, held) => json!(["set", object, name, held.json()]),
            Self::Modify(name, held) => json!(["modify", object, name, held.json()]),
            Self::Rename(name, new) => json!(["rename", object, name, new]),
            Self::Delete(name) => json!(["delete", object, name, null]),
        }
    }

    fn make(&self, object: &Location) {
        match self {
            Self::Set(name, held) => object.set_attr(name, held.values()).unwrap(),
            Self::Modify(name, held) => object.modify_attr(name, held.values()).unwrap(),
            Self::Rename(name, new) => object.rename_attr(name, new).unwrap(),
            Self::Delete(name) => object.delete_attr(name).unwrap(),
        }
    }
}

const SHARED: &str = r#"
PAIR = np.dtype([('0', 'i4'), ('1', h5py.string_dtype())])
def text(found):
    return found.decode() if isinstance(found, bytes) else found
def shown(found):
    if isinstance(found, h5py.Empty):
        return ['null', 0]
    if isinstance(found, str):
        return ['text', found]
    if found.dtype.names:
        return ['pairs', [[int(n), text(word)] for n, word in found]]
    if h5py.check_vlen_dtype(found.dtype) is not None and h5py.check_string_dtype(found.dtype) is None:
        return ['sequences', [[int(n) for n in each] for each in found]]
    if found.dtype.kind in 'OTU':
        return ['texts', [text(word) for word in found]]
    if found.dtype == 'u1':
        return ['bytes', [len(found), int(found[0]) if len(found) else None]]
    if found.dtype == 'i8':
        return ['integer', int(found)]
    return ['floats', [float(x) for x in found]]
def made(kind, value):
    if kind == 'null':
        return h5py.Empty('f4')
    if kind == 'integer':
        return np.int64(value)
    if kind == 'floats':
        return np.array(value, 'f8')
    if kind == 'text':
        return value
    if kind == 'texts':
        return np.array(value, dtype=h5py.string_dtype())
    if kind == 'pairs':
        return np.array([tuple(pair) for pair in value], dtype=PAIR)
    if kind == 'bytes':
        return np.full(value[0], value[1] or 0, 'u1')
    rows = np.empty(len(value), dtype=h5py.vlen_dtype('i4'))
    for n, row in enumerate(value):
        rows[n] = np.array(row, 'i4')
    return rows
"#;

/// Makes changes as h5py does.
const CHANGE: &str = r#"
with h5py.File(path, 'r+') as file:
    for what, object, name, more in changes:
        attrs = file[object].attrs
        if what == 'delete':
            del attrs[name]
        elif what == 'rename':
            h5py.h5a.rename(file[object].id, name.encode(), more.encode())
        elif what == 'modify':
            attrs.modify(name, made(*more))
        else:
            value = made(*more)
            attrs.create(name, value, dtype=getattr(value, 'dtype', None) if more[0] != 'null' else None)
"#;

const SHOW: &str = r#"
with h5py.File(path, 'r') as file:
    for object in objects:
        attrs = file[object].attrs
        print(json.dumps([[name, shown(attrs[name])] for name in attrs]))
"#;

fn check(path: &Path, model: &Model, objects: &str) {
    let file = File::open(path).unwrap();
    for (name, object) in model {
        let found = file.location(name).unwrap();
        assert_eq!(found.attr_names().unwrap(), object.names(), "{name}");
        for (name, held) in &object.attributes {
            held.check(&found, name);
        }
    }
    drop(file);
    let Some(shown) = h5py(&format!("{SHARED}\nobjects = {objects}\n{SHOW}"), path) else { return };
    assert_eq!(shown.lines().count(), model.len());
    for (line, (name, object)) in shown.lines().zip(model) {
        let found: Vec<(String, Json)> = serde_json::from_str(line).unwrap();
        assert_eq!(found.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), object.names());
        for (found_name, found) in found {
            let held = &object.attributes[object.find(&found_name).unwrap()].1;
            assert!(found == held.json(), "{name}: {found_name}: {found} is not {held:?}");
        }
    }
}

fn sessions(path: &Path, model: &mut Model, random: &mut Random) {
    let objects = format!("{:?}", model.keys().collect::<Vec<_>>());
    let names: Vec<&str> = model.keys().copied().collect();
    for round in 0..6 {
        let count = 10 + random.below(60);
        let mut changes = Vec::new();
        let h5py_does = round % 2 == 1 && support::python().is_some();
        let file = (!h5py_does).then(|| File::open_rw(path).unwrap());
        for step in 0..count {
            let name = names[random.below(names.len())];
            let change = model.get_mut(name).unwrap().change(random);
            if let Some(file) = &file {
                change.make(&file.location(name).unwrap());
                if step % 17 == 0 {
                    file.flush().unwrap();
                }
            }
            changes.push(change.json(name));
        }
        match file {
            Some(file) => file.close().unwrap(),
            None => {
                let text = Json::Array(changes).to_string();
                let script = format!("{SHARED}\nchanges = json.loads({text:?})\n{CHANGE}");
                h5py(&script, path).unwrap();
            }
        }
        check(path, model, &objects);
    }
}

fn model(file: &File, names: &[&'static str]) -> Model {
    let object = |name: &&'static str| {
        let object = file.location(name).unwrap();
        let large = object.loc_info().unwrap().header_version > 1;
        let ordered = object.attr_creation_order_tracked().unwrap();
        (*name, Object { attributes: Vec::new(), ordered, large })
    };
    names.iter().map(object).collect()
}

fn run_own(version: LibraryVersion, seed: u64) {
    let path = scratch(&format!("model-{version:?}-{seed}.h5"));
    let file = create(&path, version);
    file.create_group("g").unwrap();
    // An empty attribute makes known that the order is tracked.
    let ordered = file.create_group_builder().track_order(true).create("o").unwrap();
    ordered.set_attr("first", 1).unwrap();
    file.commit_type("t", ElementType::of::<i16>()).unwrap();
    file.new_dataset::<f32>().shape((0.., 3)).chunk((2, 2)).create("d").unwrap();
    let mut model = model(&file, &["/", "/d", "/g", "/o", "/t"]);
    ordered.delete_attr("first").unwrap();
    file.close().unwrap();
    sessions(&path, &mut model, &mut Random(seed));
    std::fs::remove_file(&path).unwrap();
}

const MAKE: &str = r#"
with h5py.File(path, 'w', libver=version) as file:
    file.create_group('g')
    file.create_group('o', track_order=True).attrs['first'] = 1
    file['t'] = np.dtype('i2')
    file.create_dataset('d', (3,), 'f4', track_order=version == 'latest')
    file.create_dataset('c', (3,), 'f4', chunks=(2,), maxshape=(None,))
    if version == 'latest':
        file['d'].attrs['first'] = 1
"#;

fn run_h5py(version: &str, seed: u64) {
    let path = scratch(&format!("model-h5py-{version}-{seed}.h5"));
    let spelled = match version {
        "earliest" => "('earliest', 'latest')",
        "v108" => "('v108', 'latest')",
        _ => "'latest'",
    };
    if h5py(&format!("version = {spelled}\n{MAKE}"), &path).is_none() {
        return;
    }
    let file = File::open_rw(&path).unwrap();
    let mut model = model(&file, &["/", "/c", "/d", "/g", "/o", "/t"]);
    file.group("o").unwrap().delete_attr("first").unwrap();
    if version == "latest" {
        file.dataset("d").unwrap().delete_attr("first").unwrap();
    }
    file.close().unwrap();
    sessions(&path, &mut model, &mut Random(seed));
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn own_files_hold_what_the_model_holds() {
    for seed in 0..2 {
        VERSIONS.iter().for_each(|version| run_own(*version, seed));
    }
}

#[test]
fn files_of_h5py_hold_what_the_model_holds() {
    for seed in 0..2 {
        ["earliest", "v108", "latest"].iter().for_each(|version| run_h5py(version, seed));
    }
}
