//! References (specification VIII).
