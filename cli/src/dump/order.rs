//! The order in which links and attributes are shown.

use hdfive::{Attribute, Error, Group, IndexType, LinkInfo, Location};

use super::options::Options;

/// The links of a group.
pub(super) fn links(group: &Group, options: &Options) -> Vec<LinkInfo> {
    let by_creation = options.by_creation && group.creation_order_tracked();
    let index = if by_creation { IndexType::CreationOrder } else { IndexType::Name };
    let mut links = group.links_in(index).or_else(|_| group.all_links()).unwrap_or_default();
    if options.descending {
        links.reverse();
    }
    links
}

/// The name of an attribute, and itself.
pub(super) type Named = (String, Result<Attribute, Error>);

/// The attributes of an object, each with the error that keeps it from being read.
pub(super) fn attributes(location: &Location, options: &Options) -> Result<Vec<Named>, Error> {
    let mut all = location.all_attrs()?;
    if options.by_creation && location.attr_creation_order_tracked().unwrap_or(false) {
        all.sort_by_key(|(_, attribute)| {
            attribute.as_ref().ok().and_then(Attribute::creation_order)
        });
    }
    if options.descending {
        all.reverse();
    }
    Ok(all)
}
