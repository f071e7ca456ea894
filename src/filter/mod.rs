//! Chunk bytes to chunk bytes: the filters and their pipeline. No I/O, no locks.
