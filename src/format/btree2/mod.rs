//! Version 2 B-trees (specification III.A.2).
