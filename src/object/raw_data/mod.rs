//! Raw data: the elements of datasets as stored.

mod ahead;
pub(crate) mod block;
pub(crate) mod chunk_cache;
mod chunk_copy;
mod chunk_plan;
pub(crate) mod chunk_read;
mod chunk_release;
mod chunk_resize;
pub(crate) mod chunk_state;
pub(crate) mod chunk_writer;
pub(crate) mod chunked;
pub(crate) mod decoded_chunks;
pub(crate) mod external;
pub(crate) mod foreign;
pub(crate) mod in_place;
pub(crate) mod linear;
pub(crate) mod moved;
pub(crate) mod own_fill;
mod strided;
pub(crate) mod table;
pub(crate) mod virtual_check;
pub(crate) mod virtual_data;
pub(crate) mod virtual_extent;
pub(crate) mod virtual_nesting;
pub(crate) mod virtual_read;
mod virtual_selection;
mod virtual_write;
