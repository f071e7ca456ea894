//! What a chunk index holds for one chunk.
