//! Datasets of every kind and at every place, and what is to be in them.
//!
//! Each element stands for a small number, its code; an element of three members for three.

use hdfive::definition::{ByteOrder, CharacterSet, Datatype, StringPadding};
use hdfive::{
    AllocTime, Dataset, Extent, Extents, File, Layout, SimpleExtents, SliceOrIndex, Values,
};

use crate::choice::{Choice, spread};
use crate::support::random::Random;

/// What elements are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    BigEndian,
    Float,
    Bytes,
    Text,
    List,
    Record,
    /// As `Record`, without anything in heaps.
    Plain,
}

pub(crate) const KINDS: [Kind; 7] =
    [Kind::BigEndian, Kind::Float, Kind::Bytes, Kind::Text, Kind::List, Kind::Record, Kind::Plain];

/// Where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Compact,
    Contiguous,
    External,
    Virtual,
    /// In chunks, so many of whose axes grow; through filters or not; all there from the start.
    Chunks(usize, bool, bool),
    OneChunk(bool),
}

pub(crate) const PLACES: [Place; 13] = [
    Place::Compact,
    Place::Contiguous,
    Place::External,
    Place::Virtual,
    Place::Chunks(0, false, false),
    Place::Chunks(0, true, false),
    Place::Chunks(0, false, true),
    Place::Chunks(1, false, false),
    Place::Chunks(1, true, false),
    Place::Chunks(2, false, false),
    Place::Chunks(2, true, true),
    Place::OneChunk(false),
    Place::OneChunk(true),
];

impl Kind {
    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::BigEndian | Self::Float)
    }

    fn is_record(self) -> bool {
        matches!(self, Self::Record | Self::Plain)
    }

    fn datatype(self) -> Datatype {
        let text = || Datatype::var_len_string(CharacterSet::Utf8);
        let bytes =
            || Datatype::fixed_string(9, StringPadding::NullPadded, CharacterSet::Ascii).unwrap();
        let little = || Datatype::integer(2, true, ByteOrder::Little).unwrap();
        let number = || Datatype::integer(2, true, ByteOrder::Big).unwrap();
        let record = |word: Datatype| {
            let size = 16 + word.size;
            let members = [(1, "0", number()), (5, "1", float()), (15, "2", word)];
            let member = |(at, name, of): (u32, &str, Datatype)| {
                hdfive::definition::Member::new(name, at, of)
            };
            Datatype::compound(size, members.map(member).to_vec()).unwrap()
        };
        match self {
            Self::BigEndian => number(),
            Self::Float => float(),
            Self::Bytes => bytes(),
            Self::Text => text(),
            // Sequences of big-endian numbers h5py reads the wrong way round.
            Self::List => Datatype::var_len_sequence(little()),
            Self::Record => record(text()),
            Self::Plain => record(bytes()),
        }
    }
}

fn float() -> Datatype {
    Datatype::float(8, ByteOrder::Little).unwrap()
}

fn word(code: &i64) -> String {
    if *code == 0 { String::new() } else { format!("w{code}") }
}

fn list(code: &i64) -> Vec<i32> {
    let len = if *code == 0 { 0 } else { 1 + *code % 4 };
    (0..len).map(|_| i32::try_from(*code).unwrap()).collect()
}

fn code_of_word(word: &str) -> i64 {
    if word.is_empty() { 0 } else { word[1..].parse().unwrap() }
}

fn code_of_list(list: &[i64]) -> i64 {
    let code = list.first().copied().unwrap_or(0);
    assert_eq!(list.len() as i64, if code == 0 { 0 } else { 1 + code % 4 });
    code
}

/// A dataset as it is meant to be.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) shape: Vec<usize>,
    /// Axes that can be resized.
    pub(crate) grows: Vec<bool>,
    codes: Vec<[i64; 3]>,
}

impl Model {
    pub(crate) fn create(
        file: &File,
        name: String,
        kind: Kind,
        place: Place,
        random: &mut Random,
    ) -> Self {
        let least = match place {
            Place::Chunks(grows, ..) => grows.max(1),
            Place::OneChunk(_) => 1,
            Place::Virtual => 0,
            _ => 0,
        };
        let rank = least + random.below(5 - least);
        let empty = !matches!(place, Place::OneChunk(_) | Place::Virtual);
        let len = |random: &mut Random| {
            if empty && random.below(12) == 0 { 0 } else { 1 + random.below(7) }
        };
        let shape: Vec<usize> = (0..rank).map(|_| len(random)).collect();
        let mut grows = vec![false; rank];
        if let Place::Chunks(axes, ..) = place {
            grows[..axes].fill(true);
        }
        let axis = |(len, grows): (&usize, &bool)| match grows {
            true => Extent::resizable(*len),
            false => Extent::new(*len, Some((*len).max(1))),
        };
        let extents: Vec<Extent> = shape.iter().zip(&grows).map(axis).collect();
        let extents = match place {
            Place::Chunks(..) => Extents::from(SimpleExtents::from_vec(extents)),
            _ if rank == 0 => Extents::scalar(),
            _ => Extents::simple(shape.as_slice()),
        };
        let builder = || file.new_dataset_builder().empty_as(kind.datatype());
        let new = builder().shape(extents);
        let new = match place {
            Place::Compact => new.layout(Layout::Compact),
            Place::Contiguous => new,
            Place::External => {
                let raw = |n: usize| format!("{name}-{n}.raw");
                let new = new.external(&raw(0), 3, 17).external(&raw(1), 0, 5);
                new.external(&raw(0), 100, usize::MAX)
            }
            Place::Virtual if rank == 0 => {
                builder().create(format!("source{name}").as_str()).unwrap();
                new.virtual_map(".", format!("source{name}"), (), .., (), ..)
            }
            Place::Virtual => {
                // Two sources, one of them in chunks, meet somewhere along the first axis.
                let cut = random.below(shape[0] + 1);
                let mut new = new;
                for (n, range) in [(0, 0..cut), (1, cut..shape[0])] {
                    let mut part = shape.clone();
                    part[0] = range.len();
                    if part[0] == 0 {
                        continue;
                    }
                    let source = format!("source{name}{n}");
                    let made = builder().shape(part.as_slice());
                    let made = if n == 0 { made.auto_chunk().deflate(1) } else { made };
                    made.create(source.as_str()).unwrap();
                    let rows = (SliceOrIndex::from(range), SliceOrIndex::Ellipsis);
                    new = new.virtual_map(".", source, part, .., shape.as_slice(), rows);
                }
                new
            }
            Place::Chunks(_, filters, early) => {
                let chunk: Vec<usize> =
                    shape.iter().map(|len| 1 + random.below((*len).clamp(1, 4))).collect();
                let new = new.chunk(chunk);
                let new = if filters { new.shuffle().deflate(1).fletcher32() } else { new };
                if early { new.alloc_time(Some(AllocTime::Early)) } else { new }
            }
            Place::OneChunk(filters) => {
                let new = new.chunk(shape.as_slice());
                if filters { new.lzf() } else { new }
            }
        };
        new.create(name.as_str()).unwrap();
        let codes = vec![[0; 3]; shape.iter().product()];
        let grows = if matches!(place, Place::Chunks(..)) { grows } else { vec![false; rank] };
        let model = Self { name, kind, shape, grows, codes };
        if place == Place::External && !model.codes.is_empty() {
            // Until something is written there are no files to read.
            let all = Choice::all(&model.shape);
            let dataset = file.dataset(&model.name).unwrap();
            let zero = vec![0; model.codes.len()];
            model.clone().write(&dataset, &all, &zero, &model.shape.clone(), &mut Random(0));
        }
        model
    }

    pub(crate) fn line(&self) -> String {
        let codes = self.codes.iter().map(|codes| match self.kind.is_record() {
            true => codes.map(|code| code.to_string()).join(" "),
            false => codes[0].to_string(),
        });
        let words = [self.name.clone()].into_iter().chain(self.shape.iter().map(usize::to_string));
        let words = words.chain(["|".to_owned()]).chain(codes);
        words.collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn resize(&mut self, shape: &[usize]) {
        let old = std::mem::replace(&mut self.shape, shape.to_vec());
        let before = std::mem::take(&mut self.codes);
        self.codes = (0..shape.iter().product())
            .map(|place| {
                let (mut rest, mut at, mut stride) = (place, 0, 1);
                for (new, old) in shape.iter().zip(&old).rev() {
                    let coordinate = rest % new;
                    rest /= new;
                    if coordinate >= *old {
                        return [0; 3];
                    }
                    at += coordinate * stride;
                    stride *= old;
                }
                before[at]
            })
            .collect();
    }

    /// Writes elements with these codes, given in `shape`, which is repeated as need be.
    pub(crate) fn write(
        &mut self,
        dataset: &Dataset,
        choice: &Choice,
        codes: &[i64],
        shape: &[usize],
        random: &mut Random,
    ) {
        let words: Vec<String> = codes.iter().map(word).collect();
        let selection = choice.selection.clone();
        // Numbers of the members that are written, one, two or all of them.
        let members: &[usize] = match random.below(5) {
            _ if !self.kind.is_record() => &[0, 1, 2],
            0 => &[0],
            1 => &[2],
            2 => &[1, 0],
            3 => &[2, 1],
            _ => &[0, 1, 2],
        };
        let exact = shape == choice.shape.as_slice();
        let done = match self.kind {
            Kind::BigEndian | Kind::Float if exact && random.below(2) == 0 => {
                dataset.write_slice_raw(codes, selection)
            }
            Kind::BigEndian | Kind::Float => dataset.write_slice(values(codes, shape), selection),
            Kind::Bytes | Kind::Text => dataset.write_slice(values(&words, shape), selection),
            Kind::List => {
                let lists: Vec<Vec<i32>> = codes.iter().map(list).collect();
                dataset.write_slice(values(&lists, shape), selection)
            }
            Kind::Record | Kind::Plain => {
                let pairs = || codes.iter().zip(words.iter().cloned());
                match members {
                    [0] => dataset.write_field("0", values(codes, shape), selection),
                    [2] => dataset.write_field("2", values(&words, shape), selection),
                    [1, 0] => {
                        let all: Vec<(f32, i64)> = codes.iter().map(|c| (*c as f32, *c)).collect();
                        dataset.write_fields(&["1", "0"], values(&all, shape), selection)
                    }
                    [2, 1] => {
                        let all: Vec<(String, i64)> = pairs().map(|(c, word)| (word, *c)).collect();
                        dataset.write_fields(&["2", "1"], values(&all, shape), selection)
                    }
                    _ => {
                        let all: Vec<(i32, f64, String)> =
                            pairs().map(|(c, word)| (*c as i32, *c as f64, word)).collect();
                        dataset.write_slice(values(&all, shape), selection)
                    }
                }
            }
        };
        done.unwrap();
        let which = spread(shape, &choice.shape);
        for (place, which) in choice.places.iter().zip(which) {
            for member in members {
                self.codes[*place][*member] = codes[which];
            }
        }
    }

    /// What this library reads of the chosen elements.
    pub(crate) fn check(&self, dataset: &Dataset, choice: &Choice) {
        assert_eq!(dataset.shape(), self.shape);
        let selection = || choice.selection.clone();
        let same = |code: i64| [code; 3];
        let found: Vec<[i64; 3]> = match self.kind {
            Kind::BigEndian | Kind::Float => {
                dataset.read_slice_raw(selection()).unwrap().into_iter().map(same).collect()
            }
            Kind::Bytes | Kind::Text => {
                let words: Vec<String> = dataset.read_slice_raw(selection()).unwrap();
                words.iter().map(|word| code_of_word(word)).map(same).collect()
            }
            Kind::List => {
                let lists: Vec<Vec<i64>> = dataset.read_slice_raw(selection()).unwrap();
                lists.iter().map(|list| code_of_list(list)).map(same).collect()
            }
            Kind::Record | Kind::Plain => {
                let all: Vec<(i64, i64, String)> = dataset.read_slice_raw(selection()).unwrap();
                let ends: Vec<(String, i64)> =
                    dataset.read_fields(&["2", "0"], selection()).unwrap();
                let both = all.iter().map(|(first, _, last)| (last.clone(), *first));
                assert!(both.eq(ends));
                all.iter().map(|(a, b, word)| [*a, *b, code_of_word(word)]).collect()
            }
        };
        let expected: Vec<[i64; 3]> = choice
            .places
            .iter()
            .map(|place| match self.kind.is_record() {
                true => self.codes[*place],
                false => [self.codes[*place][0]; 3],
            })
            .collect();
        assert_eq!(found, expected, "{} {:?} {choice:?}", self.name, self.kind);
    }
}

fn values<'d, T: hdfive::H5Type>(values: &'d [T], shape: &[usize]) -> Values<'d, T> {
    Values::with_shape(values, shape).unwrap()
}
