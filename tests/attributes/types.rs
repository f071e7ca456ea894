//! Committed datatypes.
