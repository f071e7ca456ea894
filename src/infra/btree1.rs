//! Look-up and iteration in version 1 B-trees.
