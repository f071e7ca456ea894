//! Extensible array (specification VII.D).
