//! Shared object header message tables (specification III.I).
