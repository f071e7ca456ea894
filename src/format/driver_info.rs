//! Driver information (specification II.B).
