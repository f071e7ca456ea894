//! Fixed array (specification VII.C).
