//! Object headers (specification IV.A.1).
