//! Local heap (specification III.D).
