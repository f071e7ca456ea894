//! The structures of the format specification, both directions, no I/O.

pub(crate) mod bounds;
pub(crate) mod btree1;
pub(crate) mod btree2;
pub(crate) mod cache_image;
pub(crate) mod chunk_element;
pub(crate) mod datatype;
pub(crate) mod driver_info;
pub(crate) mod encoded_dataspace;
pub(crate) mod extensible_array;
pub(crate) mod fixed_array;
pub(crate) mod fractal_heap;
pub(crate) mod free_space;
pub(crate) mod global_heap;
pub(crate) mod local_heap;
pub(crate) mod message;
pub(crate) mod object_header;
pub(crate) mod page_bitmap;
pub(crate) mod reference;
pub(crate) mod selection;
mod selection_form;
pub(crate) mod shared_message;
pub(crate) mod superblock;
pub(crate) mod symbol_table;
pub(crate) mod virtual_mapping;
