//! Objects of global heap collections.
