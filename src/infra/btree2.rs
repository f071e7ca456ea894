//! Look-up and iteration in version 2 B-trees.
