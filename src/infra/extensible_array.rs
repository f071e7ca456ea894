//! Look-up and iteration in extensible arrays.
