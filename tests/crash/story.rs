//! What a program does to a file all day: a random story, the same for the same seed.

use super::session::write_row_major;
use crate::support::listing::Overwritten;
use crate::support::random::Random;
use hdfive::{File, Result};

/// What an object of the story is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Group,
    /// Numbers, as many as there are.
    Block,
    /// Numbers in chunks, in any number of rows.
    Plain,
    /// As `Plain`, in chunks that go through filters.
    Packed,
    /// Words, as many as there are to be.
    Words,
    /// Lists of numbers, as many as there are.
    Lists,
}

const KINDS: [Kind; 6] =
    [Kind::Group, Kind::Block, Kind::Plain, Kind::Packed, Kind::Words, Kind::Lists];

/// Changes of a file, as long as one asks for them.
#[derive(Debug)]
pub struct Story {
    random: Random,
    objects: Vec<Object>,
    names: usize,
    /// Elements that were overwritten in place since the last flush.
    overwritten: Vec<Overwritten>,
}

/// An object that is there.
#[derive(Debug, Clone)]
struct Object {
    name: String,
    /// Its name at the last flush, where it was there.
    flushed: Option<String>,
    kind: Kind,
}

impl Story {
    pub fn new(seed: u64) -> Self {
        Self { random: Random(seed), objects: Vec::new(), names: 0, overwritten: Vec::new() }
    }

    /// A story of a file that holds these objects already.
    pub fn of(seed: u64, objects: &[(&str, Kind)]) -> Self {
        let object = |(name, kind): &(&str, Kind)| {
            let name = (*name).to_owned();
            Object { flushed: Some(name.clone()), name, kind: *kind }
        };
        Self { objects: objects.iter().map(object).collect(), ..Self::new(seed) }
    }

    /// Some changes, as many as go together into one flush; `step` is called before each.
    pub fn round(&mut self, file: &File, step: &dyn Fn()) -> Result<()> {
        for _ in 0..=self.random.below(6) {
            step();
            self.change(file, step)?;
        }
        Ok(())
    }

    /// A flush is over.
    pub fn flushed(&mut self) {
        self.overwritten.clear();
        for object in &mut self.objects {
            object.flushed = Some(object.name.clone());
        }
    }

    /// Elements that were overwritten in place since the last flush.
    pub fn overwritten(&self) -> Vec<Overwritten> {
        self.overwritten.clone()
    }

    fn name(&mut self) -> String {
        self.names += 1;
        let folder = ["", "folder/", "folder/deep/"][self.random.below(3)];
        format!("{folder}{}{}", "n".repeat(self.random.below(9)), self.names)
    }

    fn number(&mut self) -> i32 {
        (self.random.next() & 0xff_ffff) as i32
    }

    fn numbers(&mut self, count: usize) -> Vec<i32> {
        (0..count).map(|_| self.number()).collect()
    }

    fn words(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| "w".repeat(self.random.below(60))).collect()
    }

    fn lists(&mut self, count: usize) -> Vec<Vec<i32>> {
        (0..count)
            .map(|_| {
                let len = self.random.below(20);
                self.numbers(len)
            })
            .collect()
    }

    fn change(&mut self, file: &File, step: &dyn Fn()) -> Result<()> {
        if self.objects.is_empty() || self.random.below(4) == 0 {
            return self.create(file, step);
        }
        let at = self.random.below(self.objects.len());
        let object = self.objects[at].clone();
        let (name, kind) = (object.name.clone(), object.kind);
        match self.random.below(12) {
            0 if self.objects.len() > 8 => {
                self.objects.swap_remove(at);
                file.unlink(&name)
            }
            1 => {
                let new = self.name();
                file.relink(&name, &new)?;
                self.objects[at].name = new;
                Ok(())
            }
            2 => {
                let link = self.name();
                file.link_soft(&format!("/{name}"), &link)?;
                step();
                if self.random.below(2) == 0 { file.unlink(&link) } else { Ok(()) }
            }
            3..=5 => self.attribute(file, &name, step),
            6 => file.location(&name)?.set_comment(&"c".repeat(self.random.below(40))),
            _ if kind == Kind::Group => Ok(()),
            _ => self.write(file, &object),
        }
    }

    fn create(&mut self, file: &File, step: &dyn Fn()) -> Result<()> {
        let (name, kind) = (self.name(), self.random.pick(&KINDS));
        match kind {
            Kind::Group => drop(file.create_group(&name)?),
            Kind::Block => {
                let values = self.numbers(50);
                let dataset = file.new_dataset::<i32>().shape(50).create(name.as_str())?;
                step();
                dataset.write_raw(&values)?;
            }
            Kind::Plain => {
                drop(file.new_dataset::<i32>().shape(0..).chunk(8).create(name.as_str())?)
            }
            Kind::Packed => {
                let new = file.new_dataset::<i32>().shape((0.., 3)).chunk((4, 2));
                drop(new.shuffle().deflate(3).create(name.as_str())?);
            }
            Kind::Words => {
                drop(file.new_dataset::<String>().shape(20..).chunk(6).create(name.as_str())?);
            }
            Kind::Lists => {
                let new = file.new_dataset::<Vec<i32>>().shape(20).chunk(5);
                drop(new.deflate(1).create(name.as_str())?);
            }
        }
        self.objects.push(Object { name, flushed: None, kind });
        Ok(())
    }

    fn attribute(&mut self, file: &File, name: &str, step: &dyn Fn()) -> Result<()> {
        let object = file.location(name)?;
        let attribute = format!("attribute {}", self.random.below(14));
        if object.has_attr(&attribute)? {
            return match self.random.below(3) {
                0 => object.delete_attr(&attribute),
                _ => {
                    let attribute = object.attr(&attribute)?;
                    let values = self.words(attribute.size());
                    attribute.write_raw(&values)
                }
            };
        }
        let count = 1 + self.random.below(4);
        let values = self.words(count);
        let new = object.new_attr::<String>().shape(count).create(attribute.as_str())?;
        step();
        new.write_raw(&values)
    }

    fn write(&mut self, file: &File, object: &Object) -> Result<()> {
        let kind = object.kind;
        let dataset = file.dataset(&object.name)?;
        let shape = dataset.shape();
        let grows = kind != Kind::Block && kind != Kind::Lists;
        if grows && (shape[0] == 0 || self.random.below(3) == 0) {
            let rows = match self.random.below(5) {
                0 => self.random.below(shape[0] + 1),
                _ => shape[0] + 1 + self.random.below(9),
            };
            let new = [&[rows], &shape[1..]].concat();
            return dataset.resize(&new);
        }
        let size = shape.iter().product();
        let first = self.random.below(size);
        let count = 1 + self.random.below((size - first).min(12));
        match kind {
            Kind::Words => write_row_major(&dataset, first, &self.words(count)),
            Kind::Lists => write_row_major(&dataset, first, &self.lists(count)),
            _ => {
                let values = self.numbers(count);
                if kind != Kind::Packed
                    && let Some(name) = &object.flushed
                {
                    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                    let fact = format!("/{name}=");
                    self.overwritten.push(Overwritten { fact, start: first * 4, bytes });
                }
                write_row_major(&dataset, first, &values)
            }
        }
    }
}
