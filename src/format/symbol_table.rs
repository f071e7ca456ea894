//! Symbol table nodes and entries (specification III.B, III.C).
