//! Datasets to be made whose elements lie elsewhere: in other files, in other datasets.

use super::super::dataset::Layout;
use super::super::extents::Extents;
use super::super::selection::Selection;
use super::super::virtual_view::VirtualView;
use super::Options;
use crate::codec::wide;
use crate::error::{Error, Result};
use crate::format::message::Dataspace;
use crate::format::virtual_mapping::Mapping;
use crate::limits::Limits;
use crate::object::dataset::create::NewLayout;
use crate::object::raw_data::external::ExternalPart;
use crate::object::raw_data::virtual_check::check_mapping;

/// A part of a virtual dataset that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct MappingWish {
    file: String,
    dataset: String,
    source: (Extents, Selection),
    virtual_: (Extents, Selection),
}

impl MappingWish {
    pub(super) fn new(
        (file, dataset): (&str, &str),
        source: (Extents, Selection),
        virtual_: (Extents, Selection),
    ) -> Self {
        Self { file: file.to_owned(), dataset: dataset.to_owned(), source, virtual_ }
    }

    fn mapping(&self, dataspace: &Dataspace, limits: &Limits) -> Result<Mapping> {
        let (source, selection) = &self.source;
        let source = dims(source);
        let from = selection.to_stored(&source)?;
        let (extents, selection) = &self.virtual_;
        if extents.ndim() != dataspace.rank() {
            let ranks = (extents.ndim(), dataspace.rank());
            let problem = format!("extents of rank {} for a dataset of rank {}", ranks.0, ranks.1);
            return Err(Error::usage(problem));
        }
        let to = selection.to_stored(&dims(extents))?;
        let mapping = Mapping::new((self.file.as_bytes(), self.dataset.as_bytes()), from, to);
        check_mapping(&mapping, &source, dataspace, limits)?;
        Ok(mapping)
    }
}

fn dims(extents: &Extents) -> Vec<u64> {
    extents.dims().iter().map(|len| wide(*len)).collect()
}

impl Options {
    pub(super) fn add_external(&mut self, name: &str, offset: usize, size: usize) {
        let size = (size != usize::MAX).then(|| wide(size));
        let file = name.as_bytes().to_vec();
        self.external.push(ExternalPart { file, offset: wide(offset), size });
    }

    pub(super) fn set_view(&mut self, view: VirtualView) {
        self.access.first_missing = view == VirtualView::FirstMissing;
    }

    /// The layout of a dataset whose elements lie elsewhere, where that is asked for.
    pub(super) fn layout_elsewhere(
        &self,
        dataspace: &Dataspace,
        limits: &Limits,
    ) -> Result<Option<NewLayout>> {
        let (external, mappings) = (!self.external.is_empty(), !self.mappings.is_empty());
        match self.layout {
            None | Some(Layout::Contiguous) if external && !mappings => {
                if !matches!(self.external_prefix.as_str(), "" | "${ORIGIN}") {
                    let what = "looking for external files elsewhere than beside the file";
                    return Err(Error::unsupported(what));
                }
                Ok(Some(NewLayout::External(self.external.clone())))
            }
            None | Some(Layout::Virtual) if mappings && !external => {
                let mappings = self.mappings.iter().map(|wish| wish.mapping(dataspace, limits));
                Ok(Some(NewLayout::Virtual(mappings.collect::<Result<_>>()?)))
            }
            Some(Layout::Virtual) if !external => Ok(Some(NewLayout::Virtual(Vec::new()))),
            _ if external || mappings => {
                let problem = "elements lie in external files, in other datasets, or where the \
                               layout says: not in several of these";
                Err(Error::usage(problem))
            }
            _ => Ok(None),
        }
    }
}
