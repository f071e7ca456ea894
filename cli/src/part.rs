//! A dataset, or a part of one, that the user names: `FILE/PATH[START;STRIDE;COUNT;BLOCK]`.

use std::path::{Path, PathBuf};

use clap::Args;
use hdfive::definition::Datatype;
use hdfive::{Dataset, Elements, Selection};

use crate::access::Access;
use crate::blocks::Blocks;
use crate::dump::subset::{Axis, Subset, selection};
use crate::failure::{Failure, Trouble};
use crate::memory::volume;
use crate::pieces::piece;
use crate::target::Target;

/// What the help says of the first argument.
const TARGET: &str = "The file and the dataset in it, FILE/PATH; or the file alone. Of a part of the dataset, \
                      the blocks along each axis follow: FILE/PATH[START;STRIDE;COUNT;BLOCK], lists of \
                      numbers of which those for STRIDE and BLOCK may be empty";

/// What names a dataset, or a part of one.
#[derive(Debug, Args)]
pub(crate) struct Named {
    #[arg(value_name = "FILE[/PATH]", help = TARGET)]
    target: PathBuf,
    /// The dataset, where it is not named with the file
    #[arg(value_name = "PATH")]
    object: Option<String>,
}

/// A dataset, or a part of one.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) dataset: Dataset,
    /// The type of the elements.
    pub(crate) datatype: Datatype,
    /// Elements along each axis.
    pub(crate) dims: Vec<u64>,
    /// The file, as named.
    pub(crate) file: PathBuf,
    /// Path of the dataset.
    pub(crate) path: String,
    /// The blocks along each axis, where it is a part.
    axes: Option<Vec<Axis>>,
}

impl Part {
    /// Opens the file, and finds the dataset in it.
    pub(crate) fn open(access: &Access, named: &Named) -> Result<Self, Failure> {
        let target = Target::open(access, &named.target)?;
        let path = match &named.object {
            Some(object) => format!("{}/{object}", target.path.trim_end_matches('/')),
            None => target.path.clone(),
        };
        Self::find(&target, &path).map_err(|why| Failure::with(&target.name, why))
    }

    fn find(target: &Target, path: &str) -> Result<Self, String> {
        // Brackets may be a part of the name.
        let whole = target.file.dataset(path);
        let (path, subset, opened) = match (whole, Subset::compact(path)) {
            (Err(_), (path, Some(subset))) => {
                let opened = target.file.dataset(&path);
                (path, Some(subset), opened)
            }
            (whole, _) => (path.to_owned(), None, whole),
        };
        let told = |error: hdfive::Error| error.to_string();
        let dataset = opened.map_err(told)?;
        let space = dataset.space().map_err(told)?;
        if space.is_null() {
            return Err(format!("{path}: there are no elements in a null dataspace"));
        }
        let mut dims = space.dims().to_vec();
        let axes = match subset {
            Some(subset) => Some(checked(&subset, &dims).map_err(|why| format!("{path}: {why}"))?),
            None => None,
        };
        if let Some(axes) = &axes {
            dims = axes.iter().map(Axis::len).collect();
        }
        let datatype = Datatype::clone(dataset.dtype().map_err(told)?.definition());
        Ok(Self { dataset, datatype, dims, file: target.name.clone(), path, axes })
    }

    /// Number of elements.
    pub(crate) fn len(&self) -> u64 {
        volume(&self.dims)
    }

    /// The coordinate in the dataset of the `number`-th one along an axis.
    pub(crate) fn coordinate(&self, axis: usize, number: u64) -> u64 {
        let axes = self.axes.as_ref().and_then(|axes| axes.get(axis));
        axes.map_or(number, |axis| axis.coordinate(number))
    }

    /// What is selected along an axis.
    pub(crate) fn slice(&self, axis: usize) -> Selection {
        match self.axes.as_ref().and_then(|axes| axes.get(axis)) {
            Some(axis) => selection(&[*axis]),
            None => Selection::All,
        }
    }

    /// Keeps the `number`-th place along an axis only.
    pub(crate) fn restrict(&mut self, axis: usize, number: u64) {
        let whole = |len: &u64| Axis { start: 0, stride: 1, count: *len, block: 1 };
        let axes = self.axes.get_or_insert_with(|| self.dims.iter().map(whole).collect());
        if let (Some(kept), Some(len)) = (axes.get_mut(axis), self.dims.get_mut(axis)) {
            *kept = Axis::single(kept.coordinate(number));
            *len = 1;
        }
    }

    /// The elements in row-major order, some million bytes at a time: of chunks, whole rows where
    /// all of a dataset is read, so that none is decoded twice.
    pub(crate) fn selections(&self) -> Box<dyn Iterator<Item = Selection> + '_> {
        let size = u64::from(self.datatype.size);
        if self.len() == 0 {
            return Box::new(std::iter::empty());
        }
        if let Some(axes) = &self.axes {
            let pieces = (0..).map_while(move |number| piece(axes, size, number));
            return Box::new(pieces.map(|piece| selection(&piece)));
        }
        Box::new(Blocks::of_dataset(&self.dataset, &self.dims, size))
    }

    /// Reads all elements, a piece after the other.
    pub(crate) fn read(
        &self,
        take: &mut dyn FnMut(&Elements) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        for selection in self.selections() {
            take(&self.dataset.read_elements(selection)?)?;
        }
        Ok(())
    }

    /// Reads all elements as numbers, a piece after the other.
    pub(crate) fn read_numbers(
        &self,
        take: &mut dyn FnMut(&[f64]) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        for selection in self.selections() {
            take(&self.dataset.read_slice_raw::<f64>(selection)?)?;
        }
        Ok(())
    }

    /// A failure with this dataset.
    pub(crate) fn failure(&self, why: impl std::fmt::Display) -> Failure {
        let why = why.to_string();
        let path = &self.path;
        let known = why.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with(": "));
        let why = if known { why } else { format!("{path}: {why}") };
        Failure::with(&self.file, why)
    }

    /// As the failure that ends the program.
    pub(crate) fn told(&self, trouble: Trouble) -> Failure {
        match trouble {
            Trouble::Output(failure) => failure,
            Trouble::Data(error) => self.failure(error),
        }
    }
}

/// The blocks along each axis, which lie within the dataset.
fn checked(subset: &Subset, dims: &[u64]) -> Result<Vec<Axis>, String> {
    let axes = subset.axes(dims.len())?;
    for (number, (axis, len)) in axes.iter().zip(dims).enumerate() {
        let last = axis.len().checked_sub(1).map(|last| axis.coordinate(last));
        if last.is_some_and(|last| last >= *len) {
            return Err(format!(
                "what is selected along axis {number} ends behind its {len} elements"
            ));
        }
    }
    Ok(axes)
}

/// Whether both paths are names of one file.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
