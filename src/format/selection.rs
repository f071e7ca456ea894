//! Serialised selections (specification VII.B).
