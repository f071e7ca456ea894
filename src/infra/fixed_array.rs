//! Look-up and iteration in fixed arrays.
