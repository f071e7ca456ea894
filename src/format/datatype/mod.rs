//! Datatype message (specification IV.A.2.d).
