//! Objects: headers, links, attributes, path resolution, raw data.

pub(crate) mod account;
pub(crate) mod attribute;
pub(crate) mod check;
pub(crate) mod chunk_index;
pub(crate) mod copy;
pub(crate) mod dataset;
pub(crate) mod delete;
mod dense;
pub(crate) mod entrance;
pub(crate) mod external;
pub(crate) mod gate;
pub(crate) mod group;
pub(crate) mod header;
pub(crate) mod holdings;
mod landmarks;
pub(crate) mod path;
mod paths;
mod plain_hash;
pub(crate) mod progress;
pub(crate) mod raw_data;
pub(crate) mod selection;
pub(crate) mod sizes;
pub(crate) mod store;
pub(crate) mod stored_type;
pub(crate) mod workers;
