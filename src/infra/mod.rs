//! Algorithms over the infrastructure structures: B-trees, heaps, arrays, shared messages.

pub(crate) mod btree1;
pub(crate) mod btree2;
pub(crate) mod chunk_array;
pub(crate) mod extensible_array;
pub(crate) mod fixed_array;
pub(crate) mod fractal_heap;
pub(crate) mod free_lists;
pub(crate) mod free_space;
pub(crate) mod global_heap;
pub(crate) mod kept;
pub(crate) mod local_heap;
pub(crate) mod shared_message;
pub(crate) mod sorted_names;
pub(crate) mod symbol_table;
