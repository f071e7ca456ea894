//! Global heap (specification III.E).
