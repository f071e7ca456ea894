//! Version 1 B-tree nodes (specification III.A.1).
