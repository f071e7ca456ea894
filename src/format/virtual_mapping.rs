//! Virtual dataset mappings (specification III.F).
