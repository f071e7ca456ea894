//! What is to be otherwise in a copy than in what it is copied from.

use std::fmt;
use std::sync::Arc;

use super::{Copier, Place};
use crate::codec::{Address, wide};
use crate::element::StoredConversion;
use crate::error::{Error, ErrorKind, Result};
use crate::filter::local::Local;
use crate::format::datatype::Datatype;
use crate::format::message::{FillDefinition, FilterDescription, Link};
use crate::object::dataset::create::{DatasetCreation, FilterWish, NewLayout};
use crate::object::path::Found;
use crate::object::stored_type::StoredType;

/// What is to be otherwise in the copy of a dataset.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct DatasetWish {
    pub(crate) layout: Option<LayoutWish>,
    pub(crate) filters: Option<Vec<FilterWish>>,
    pub(crate) datatype: Option<Datatype>,
    /// The extent is the largest one, too.
    pub(crate) fixed: bool,
}

/// Where the elements of a copy are to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LayoutWish {
    Compact,
    Contiguous,
    /// In chunks of so many elements along each axis.
    Chunked(Vec<u64>),
}

/// Says what is to be otherwise in copies. It is asked while both files are being worked on.
pub(crate) trait Changes: fmt::Debug + Send + Sync {
    /// In the copy of this dataset.
    fn dataset(&self, source: Arc<Found>) -> Result<DatasetWish>;

    /// The copy of this dataset cannot be made so; gives whether it is made as the dataset is.
    fn refused(&self, source: Arc<Found>, why: &Error) -> Result<bool>;

    /// Whether the copy of this group has this link.
    fn keeps(&self, group: &Arc<Found>, link: &Link) -> Result<bool>;

    /// Maximum of compact, minimum of dense links of groups, where they are to be others.
    fn link_phase_change(&self) -> Option<(u16, u16)>;

    /// The order in which links are made, where that is not the one in which those of the group
    /// were.
    fn link_order(&self) -> Option<LinkOrder>;
}

/// An order of links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LinkOrder {
    /// By name, not by creation.
    pub(crate) by_name: bool,
    /// The last one first.
    pub(crate) descending: bool,
}

impl LinkOrder {
    /// Puts the links of a group in this order; by name where nobody knows when they were created.
    /// Those that knew their place among the others get another one. Gives the place of the link to
    /// come.
    pub(super) fn apply(self, links: &mut [Link]) -> u64 {
        let is_known = links.iter().all(|link| link.creation_order.is_some());
        if self.by_name || !is_known {
            links.sort_by(|one, other| one.name.cmp(&other.name));
        } else {
            links.sort_by_key(|link| link.creation_order);
        }
        if self.descending {
            links.reverse();
        }
        for (place, link) in (0..).zip(links.iter_mut()) {
            link.creation_order = link.creation_order.map(|_| place);
        }
        wide(links.len())
    }
}

impl DatasetWish {
    /// How the copy is to be of which all else is as in `plain`.
    fn apply(&self, to: &Copier<'_>, plain: &DatasetCreation) -> Result<DatasetCreation> {
        let mut creation = plain.clone();
        if let Some(datatype) = &self.datatype {
            creation.datatype = StoredType::described(to.to, datatype)?;
            let conversion =
                StoredConversion::new(&plain.datatype.datatype, &creation.datatype.datatype)?;
            if let FillDefinition::User(value) = &plain.fill {
                let mut converted = vec![0; usize::try_from(creation.datatype.size()).unwrap_or(0)];
                conversion.run(value, &mut converted)?;
                creation.fill = FillDefinition::User(converted);
            }
        }
        if self.fixed {
            creation.dataspace.maximum = None;
        }
        if let Some(wish) = &self.layout {
            creation.layout = match wish {
                LayoutWish::Compact => NewLayout::Compact,
                LayoutWish::Contiguous => NewLayout::Contiguous,
                LayoutWish::Chunked(chunk) => {
                    NewLayout::Chunked { chunk: chunk.clone(), partial_unfiltered: false }
                }
            };
            let kind = std::mem::discriminant;
            if kind(&creation.layout) != kind(&plain.layout) {
                creation.allocation_time = None;
            }
        }
        creation.filters = match &self.filters {
            Some(wishes) => creation.planned_filters(to.to, wishes)?,
            None => planned_anew(&creation)?,
        };
        // What cannot be is told before anything is made of it.
        creation.check(to.to)?;
        Ok(creation)
    }
}

/// Filters that are kept, with what they have to know of chunks or elements that are others now.
fn planned_anew(creation: &DatasetCreation) -> Result<Vec<FilterDescription>> {
    const SHUFFLE: u16 = 2;
    const SZIP: u16 = 4;
    const NBIT: u16 = 5;
    const SCALE_OFFSET: u16 = 6;
    const LZF: u16 = 32_000;
    const BITSHUFFLE: u16 = 32_008;
    let NewLayout::Chunked { chunk, .. } = &creation.layout else {
        return Ok(creation.filters.clone());
    };
    let local = Local {
        datatype: &creation.datatype.datatype,
        chunk,
        fill: match &creation.fill {
            FillDefinition::Undefined => None,
            FillDefinition::Default => Some([].as_slice()),
            FillDefinition::User(value) => Some(value.as_slice()),
        },
    };
    let mut filters = creation.filters.clone();
    for filter in &mut filters {
        let known = match filter.id {
            // What was asked for stands in front of what comes of the dataset.
            SZIP | SCALE_OFFSET => filter.client_data.get(..2).unwrap_or_default(),
            SHUFFLE | NBIT | LZF => &[],
            BITSHUFFLE => {
                // Behind the version of whoever made it stands the size of an element.
                if let Some(size) = filter.client_data.get_mut(2) {
                    *size = creation.datatype.datatype.size;
                }
                continue;
            }
            _ => continue,
        };
        filter.client_data = local.client_data(filter.id, known)?;
    }
    Ok(filters)
}

impl Copier<'_> {
    /// How the copy of a dataset is made that would be as in `plain`, and whether it is that.
    pub(super) fn changed(
        &self,
        place: &Place,
        source: Address,
        plain: DatasetCreation,
    ) -> Result<(DatasetCreation, bool)> {
        let Some(changes) = &self.options.changes else { return Ok((plain, false)) };
        let found = || Found::at(&place.store, source, place.path.clone());
        let wish = changes.dataset(found()?)?;
        if wish == DatasetWish::default() {
            return Ok((plain, false));
        }
        match wish.apply(self, &plain) {
            Ok(creation) => {
                let changed = creation != plain;
                Ok((creation, changed))
            }
            Err(why) if is_refusal(&why) && changes.refused(found()?, &why)? => Ok((plain, false)),
            Err(why) => Err(why),
        }
    }

    /// Whether the copy of a group has a link.
    pub(super) fn keeps(&self, group: &Arc<Found>, link: &Link) -> Result<bool> {
        self.options.changes.as_ref().map_or(Ok(true), |changes| changes.keeps(group, link))
    }
}

/// Whether an error says that something cannot be as it is asked for.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Usage(_)
            | ErrorKind::Unsupported(_)
            | ErrorKind::Conversion(_)
            | ErrorKind::LimitExceeded { .. }
    )
}
