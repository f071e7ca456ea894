//! What is done in a session: the words that the model, this library and h5py are told in.

use serde_json::{Value as Json, json};

use super::items::{Item, hex};
use super::kinds::Kind;
use super::model::Model;

/// One change. Objects are named by absolute paths, so that an operation means something, or
/// nothing, whatever was done before it.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    Group {
        path: String,
        ordered: bool,
        /// Most links that are kept in the header, and fewest that are not.
        phase: Option<(u16, u16)>,
    },
    RequireGroup {
        path: String,
    },
    Hard {
        target: String,
        path: String,
    },
    Soft {
        target: String,
        path: String,
    },
    External {
        file: String,
        target: String,
        path: String,
    },
    /// Many links of one group, named by a prefix and a number.
    Many {
        group: String,
        prefix: String,
        first: usize,
        count: usize,
        what: Filling,
    },
    RemoveMany {
        group: String,
        prefix: String,
        first: usize,
        count: usize,
    },
    Move {
        from: String,
        to: String,
    },
    Unlink {
        path: String,
    },
    Comment {
        path: String,
        text: String,
    },
    /// Copies an object within the file, or to another file and back.
    Copy {
        from: String,
        to: String,
        how: Copying,
    },
    Commit {
        path: String,
        kind: Kind,
    },
    Dataset(Box<NewDataset>),
    RequireDataset {
        path: String,
        kind: Kind,
        shape: Vec<usize>,
    },
    Write {
        path: String,
        choice: Choice,
        items: Vec<Item>,
    },
    /// One member of a compound.
    WriteField {
        path: String,
        field: String,
        choice: Choice,
        items: Vec<Item>,
    },
    Resize {
        path: String,
        shape: Vec<usize>,
    },
    /// Grows along an axis by `step` and writes what is new, again and again.
    Append {
        path: String,
        axis: usize,
        step: usize,
        items: Vec<Item>,
    },
    /// Stores a chunk as it is: `bytes` are its elements, `encoded` what is stored.
    Chunk {
        path: String,
        offset: Vec<usize>,
        mask: u32,
        bytes: Vec<u8>,
        encoded: Vec<u8>,
    },
    Attribute {
        path: String,
        name: String,
        like: NewType,
        shape: Option<Vec<usize>>,
        items: Vec<Item>,
    },
    /// Many scalar attributes of one object, named by a prefix and a number.
    ManyAttributes {
        path: String,
        prefix: String,
        first: usize,
        count: usize,
    },
    RemoveManyAttributes {
        path: String,
        prefix: String,
        first: usize,
        count: usize,
    },
    ModifyAttribute {
        path: String,
        name: String,
        items: Vec<Item>,
    },
    DeleteAttribute {
        path: String,
        name: String,
    },
    RenameAttribute {
        path: String,
        name: String,
        new_name: String,
    },
    Flush,
    /// Everything is as the model says at this moment.
    Check,
    /// What makes no sense, is refused, and leaves no trace.
    Refused(Box<Operation>),
}

/// How an object is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copying {
    /// Of groups within the group, only themselves.
    pub shallow: bool,
    pub without_attributes: bool,
    /// References in another file refer to copies.
    pub references: bool,
    /// What soft and external links lead to is copied in their place.
    pub soft: bool,
    pub external: bool,
    /// To another file, and from there back.
    pub across: bool,
}

/// What many links lead to.
#[derive(Debug, Clone, PartialEq)]
pub enum Filling {
    Groups,
    Soft,
    Hard(String),
}

/// A type: described, or the committed one at a path.
#[derive(Debug, Clone, PartialEq)]
pub enum NewType {
    Kind(Kind),
    Committed(String),
}

/// A dataset to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDataset {
    pub path: String,
    pub like: NewType,
    /// `None` is a null dataspace.
    pub shape: Option<Vec<usize>>,
    /// `None` along an axis is no bound.
    pub maximum: Vec<Option<usize>>,
    pub layout: Layout,
    pub filters: Vec<Filter>,
    pub fill: Option<Item>,
    pub fill_time: FillTime,
    pub allocation: Option<Allocation>,
    /// Whether the order of attributes is kept.
    pub ordered: bool,
    pub times: bool,
    /// Most attributes that are kept in the header, and fewest that are not.
    pub phase: Option<(u16, u16)>,
    /// All elements, where they are written at once.
    pub items: Option<Vec<Item>>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Layout {
    Compact,
    Contiguous,
    Chunked(Vec<usize>),
    /// Chunks of the shape that h5py chooses.
    Auto,
    /// Elements lie in other files: names, first bytes, and how many.
    External(Vec<(String, usize, usize)>),
    /// Elements are those of other datasets of the file.
    Virtual(Vec<Mapping>),
}

/// A block of a virtual dataset, and the block of its source.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    pub source: String,
    /// Of the source, when the mapping was made.
    pub source_shape: Vec<usize>,
    pub source_start: Vec<usize>,
    pub start: Vec<usize>,
    pub count: Vec<usize>,
}

impl Mapping {
    /// As both sides show it.
    pub fn to_json(&self) -> Json {
        json!([self.source, self.start, self.source_start, self.count])
    }

    /// The place in the source of an element of the virtual dataset.
    pub fn source_point(&self, point: &[usize]) -> Option<Vec<usize>> {
        let axes = point.iter().zip(&self.start).zip(&self.count).zip(&self.source_start);
        axes.map(|(((at, start), count), source)| {
            let within = at.checked_sub(*start).filter(|within| within < count)?;
            Some(source + within)
        })
        .collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    Gzip(u8),
    Lzf,
    Szip {
        nearest: bool,
        pixels: u8,
    },
    Shuffle,
    Fletcher32,
    /// Of integers, as many bits as they need; of floating-point numbers, so many digits.
    ScaleOffset(Option<u8>),
    Nbit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FillTime {
    Alloc,
    Never,
    IfSet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allocation {
    Early,
    Late,
    Incremental,
}

/// Elements of a dataset, in the order in which their values come.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    All,
    /// Start, stride, count and block along each axis.
    Slab(Vec<[usize; 4]>),
    Points(Vec<Vec<usize>>),
    Mask(Vec<bool>),
    /// Places along the first axis, and all of the others.
    List(Vec<usize>),
}

impl Filter {
    pub fn id(self) -> u16 {
        match self {
            Self::Gzip(_) => 1,
            Self::Shuffle => 2,
            Self::Fletcher32 => 3,
            Self::Szip { .. } => 4,
            Self::Nbit => 5,
            Self::ScaleOffset(_) => 6,
            Self::Lzf => 32_000,
        }
    }

    fn to_json(self) -> Json {
        match self {
            Self::Gzip(level) => json!([1, level]),
            Self::Szip { nearest, pixels } => json!([4, if nearest { 32 } else { 4 }, pixels]),
            Self::ScaleOffset(digits) => json!([6, digits]),
            other => json!([other.id()]),
        }
    }
}

impl FillTime {
    pub fn number(self) -> u8 {
        match self {
            Self::Alloc => 0,
            Self::Never => 1,
            Self::IfSet => 2,
        }
    }
}

impl Allocation {
    pub fn number(self) -> u8 {
        match self {
            Self::Early => 1,
            Self::Late => 2,
            Self::Incremental => 3,
        }
    }
}

impl Choice {
    /// Places of the elements of an array of this shape in row-major order; `None` where it does
    /// not fit.
    pub fn places(&self, shape: &[usize]) -> Option<Vec<usize>> {
        let size: usize = shape.iter().product();
        match self {
            Self::All => Some((0..size).collect()),
            Self::Mask(mask) if mask.len() == size => {
                Some((0..size).filter(|at| mask[*at]).collect())
            }
            Self::Mask(_) => None,
            Self::Points(points) => points.iter().map(|point| place(point, shape)).collect(),
            Self::List(list) => {
                let (len, rest) = shape.split_first()?;
                let row: usize = rest.iter().product();
                list.iter()
                    .all(|at| at < len)
                    .then(|| list.iter().flat_map(|at| at * row..(at + 1) * row).collect())
            }
            Self::Slab(axes) if axes.len() == shape.len() => {
                let mut places = vec![0];
                for ([start, stride, count, block], len) in axes.iter().zip(shape) {
                    let along: Vec<usize> = (0..*count)
                        .flat_map(|n| (0..*block).map(move |at| start + n * stride + at))
                        .collect();
                    if along.iter().any(|at| at >= len) || (*count > 1 && stride < block) {
                        return None;
                    }
                    places = places
                        .iter()
                        .flat_map(|place| along.iter().map(move |at| place * len + at))
                        .collect();
                }
                Some(places)
            }
            Self::Slab(_) => None,
        }
    }

    fn to_json(&self) -> Json {
        match self {
            Self::All => json!(["all"]),
            Self::Slab(axes) => json!(["slab", axes]),
            Self::Points(points) => json!(["points", points]),
            Self::Mask(mask) => json!(["mask", mask]),
            Self::List(list) => json!(["list", list]),
        }
    }
}

/// The place of a point in row-major order.
pub fn place(point: &[usize], shape: &[usize]) -> Option<usize> {
    let inside = point.len() == shape.len() && point.iter().zip(shape).all(|(at, len)| at < len);
    inside.then(|| point.iter().zip(shape).fold(0, |place, (at, len)| place * len + at))
}

impl NewType {
    fn to_json(&self) -> Json {
        match self {
            Self::Kind(kind) => json!({ "kind": kind.to_json() }),
            Self::Committed(path) => json!({ "committed": path }),
        }
    }
}

impl NewDataset {
    fn to_json(&self) -> Json {
        let layout = match &self.layout {
            Layout::Compact => json!(["compact"]),
            Layout::Contiguous => json!(["contiguous"]),
            Layout::Chunked(chunk) => json!(["chunked", chunk]),
            Layout::Auto => json!(["auto"]),
            Layout::External(parts) => json!(["external", parts]),
            Layout::Virtual(mappings) => {
                let all: Vec<Json> = mappings
                    .iter()
                    .map(|own| {
                        json!([
                            own.source,
                            own.source_shape,
                            own.source_start,
                            own.start,
                            own.count
                        ])
                    })
                    .collect();
                json!(["virtual", all])
            }
        };
        json!({
            "op": "dataset", "path": self.path, "like": self.like.to_json(), "shape": self.shape,
            "maximum": self.maximum, "layout": layout,
            "filters": self.filters.iter().map(|filter| filter.to_json()).collect::<Vec<_>>(),
            "fill": self.fill.as_ref().map(Item::to_json), "fill_time": self.fill_time.number(),
            "allocation": self.allocation.map(Allocation::number),
            "ordered": self.ordered, "times": self.times, "phase": self.phase,
            "items": self.items.as_deref().map(list),
        })
    }
}

fn list(items: &[Item]) -> Json {
    items.iter().map(Item::to_json).collect()
}

impl Operation {
    /// Whether it has to be refused where the model cannot do it.
    pub fn must_be_refused(&self, model: &Model) -> bool {
        match self {
            // To where it is already, by another path, it can go.
            Self::Move { from, to } => from.rsplit('/').next() != to.rsplit('/').next(),
            Self::RenameAttribute { name, new_name, .. } => name != new_name,
            Self::Group { .. }
            | Self::Hard { .. }
            | Self::Soft { .. }
            | Self::External { .. }
            | Self::Unlink { .. }
            | Self::Commit { .. }
            | Self::DeleteAttribute { .. } => true,
            Self::Dataset(new) => new.layout == Layout::Contiguous,
            Self::Copy { from, to, .. } => model.find(from).is_none() || model.link(to).is_some(),
            _ => false,
        }
    }

    /// Whether libhdf5 damages files with it whose headers share messages: where an attribute was
    /// deleted, it may take the next message for shared.
    pub fn breaks_sharing(&self) -> bool {
        matches!(
            self,
            Self::Copy { .. }
                | Self::Comment { .. }
                | Self::DeleteAttribute { .. }
                | Self::RemoveManyAttributes { .. }
        )
    }

    /// As h5py's side is told.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Group { path, ordered, phase } => {
                json!({ "op": "group", "path": path, "ordered": ordered, "phase": phase })
            }
            Self::RequireGroup { path } => json!({ "op": "require_group", "path": path }),
            Self::Hard { target, path } => json!({ "op": "hard", "target": target, "path": path }),
            Self::Soft { target, path } => json!({ "op": "soft", "target": target, "path": path }),
            Self::External { file, target, path } => {
                json!({ "op": "external", "file": file, "target": target, "path": path })
            }
            Self::Many { group, prefix, first, count, what } => {
                let (what, target) = match what {
                    Filling::Groups => ("groups", ""),
                    Filling::Soft => ("soft", ""),
                    Filling::Hard(target) => ("hard", target.as_str()),
                };
                json!({ "op": "many", "group": group, "prefix": prefix, "first": first,
                        "count": count, "what": what, "target": target })
            }
            Self::RemoveMany { group, prefix, first, count } => {
                json!({ "op": "remove_many", "group": group, "prefix": prefix, "first": first,
                        "count": count })
            }
            Self::Move { from, to } => json!({ "op": "move", "from": from, "to": to }),
            Self::Unlink { path } => json!({ "op": "unlink", "path": path }),
            Self::Comment { path, text } => json!({ "op": "comment", "path": path, "text": text }),
            Self::Copy { from, to, how } => {
                json!({ "op": "copy", "from": from, "to": to, "shallow": how.shallow,
                        "without_attributes": how.without_attributes,
                        "references": how.references, "soft": how.soft,
                        "external": how.external, "across": how.across })
            }
            Self::Commit { path, kind } => {
                json!({ "op": "commit", "path": path, "kind": kind.to_json() })
            }
            Self::Dataset(new) => new.to_json(),
            Self::RequireDataset { path, kind, shape } => {
                json!({ "op": "require_dataset", "path": path, "kind": kind.to_json(),
                        "shape": shape })
            }
            Self::Write { path, choice, items } => {
                json!({ "op": "write", "path": path, "choice": choice.to_json(),
                        "items": list(items) })
            }
            Self::WriteField { path, field, choice, items } => {
                json!({ "op": "write_field", "path": path, "field": field,
                        "choice": choice.to_json(), "items": list(items) })
            }
            Self::Resize { path, shape } => json!({ "op": "resize", "path": path, "shape": shape }),
            Self::Append { path, axis, step, items } => {
                json!({ "op": "append", "path": path, "axis": axis, "step": step,
                        "items": list(items) })
            }
            Self::Chunk { path, offset, mask, encoded, .. } => {
                json!({ "op": "chunk", "path": path, "offset": offset, "mask": mask,
                        "bytes": hex(encoded) })
            }
            Self::Attribute { path, name, like, shape, items } => {
                json!({ "op": "attribute", "path": path, "name": name, "like": like.to_json(),
                        "shape": shape, "items": list(items) })
            }
            Self::ManyAttributes { path, prefix, first, count } => {
                json!({ "op": "many_attributes", "path": path, "prefix": prefix, "first": first,
                        "count": count })
            }
            Self::RemoveManyAttributes { path, prefix, first, count } => {
                json!({ "op": "remove_many_attributes", "path": path, "prefix": prefix,
                        "first": first, "count": count })
            }
            Self::ModifyAttribute { path, name, items } => {
                json!({ "op": "modify_attribute", "path": path, "name": name,
                        "items": list(items) })
            }
            Self::DeleteAttribute { path, name } => {
                json!({ "op": "delete_attribute", "path": path, "name": name })
            }
            Self::RenameAttribute { path, name, new_name } => {
                json!({ "op": "rename_attribute", "path": path, "name": name,
                        "new_name": new_name })
            }
            Self::Flush => json!({ "op": "flush" }),
            Self::Check => json!({ "op": "check" }),
            Self::Refused(operation) => {
                json!({ "op": "refused", "what": operation.to_json() })
            }
        }
    }
}
