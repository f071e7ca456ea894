//! Superblock (specification II.A).
