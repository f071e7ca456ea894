//! Rust values to stored elements and back. No I/O, no locks.
