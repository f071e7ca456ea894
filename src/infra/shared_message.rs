//! Messages shared through the file's tables.
