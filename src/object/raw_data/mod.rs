//! Raw data: the elements of datasets as stored.

pub(crate) mod chunked;
pub(crate) mod external;
pub(crate) mod foreign;
pub(crate) mod linear;
pub(crate) mod table;
pub(crate) mod virtual_data;
mod virtual_selection;
