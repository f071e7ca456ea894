//! Whether a dataset is as its header says.

use std::sync::Arc;

use super::DatasetObject;
use crate::codec::{Structure, wide};
use crate::error::{Error, ErrorKind, Result};
use crate::format::message::{ExternalFiles, LayoutClass};
use crate::object::raw_data::external::ExternalPart;
use crate::object::store::Store;

impl DatasetObject {
    /// Reports whatever does not fit together; where `heed` gives an error, the work ends. Looks up
    /// each chunk where it looks at all `elements`, too; to decode these is for who gathers what the
    /// dataset holds.
    pub(in crate::object) fn check(
        &self,
        store: &Arc<Store>,
        elements: bool,
        heed: &mut dyn FnMut(Error) -> Result<()>,
    ) -> Result<()> {
        match &self.layout.class {
            LayoutClass::Compact { data } => {
                self.check_stored(store, wide(data.len())).or_else(heed)
            }
            LayoutClass::Contiguous { address: Some(_), size } if self.external.is_none() => {
                let len = size.map_or_else(|| self.total_bytes(store), Ok);
                len.and_then(|len| self.check_stored(store, len)).or_else(heed)
            }
            LayoutClass::Chunked(layout) => {
                // What cannot be opened was told of by who gathered what the dataset holds.
                let Ok((grid, open)) = self.index(store, layout) else { return Ok(()) };
                if !elements {
                    return Ok(());
                }
                let listed = open.index.for_each(store, &mut |scaled, at| {
                    if !grid.contains(scaled) {
                        return Ok(());
                    }
                    let found = open.index.get(store, scaled).and_then(|found| match found {
                        Some(place) if place == at => Ok(()),
                        _ => {
                            let place = self.place(store, "Address");
                            let problem =
                                format!("chunk {scaled:?} is listed, but not found by its place");
                            Err(Error::broken(place, problem))
                        }
                    });
                    found.or_else(&mut *heed)
                });
                // Told of already, but where the work is to end.
                listed.or_else(|error| match error.kind() {
                    ErrorKind::Cancelled => Err(error),
                    _ => Ok(()),
                })
            }
            LayoutClass::Contiguous { .. } => self.check_external(store).or_else(heed),
            _ => Ok(()),
        }
    }

    /// Checks that parts of files lie where files can be.
    pub(crate) fn check_external(&self, store: &Store) -> Result<()> {
        let Some(external) = &self.external else { return Ok(()) };
        let far = |part: &ExternalPart| {
            let end = part.offset.checked_add(part.size.unwrap_or(0));
            end.is_none_or(|end| i64::try_from(end).is_err())
        };
        match external.parts.iter().find(|part| far(part)) {
            Some(part) => {
                let at = self.address;
                let problem = format!("{} lies where no file reaches", part.offset);
                let field = "Offset in External Data File";
                Err(store.space().broken(ExternalFiles::NAME, field, at, problem))
            }
            None => Ok(()),
        }
    }
}
