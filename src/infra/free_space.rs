//! Sections of free-space managers.
