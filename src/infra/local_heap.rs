//! Strings of local heaps.
