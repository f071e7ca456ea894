//! Object header messages (specification IV.A.2).
