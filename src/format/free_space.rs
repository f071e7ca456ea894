//! Free-space manager (specification III.H).
