//! Metadata cache image.
