//! Elements as text: numbers, values of all types, and their layout in lines.

pub(crate) mod flow;
pub(crate) mod json;
pub(crate) mod printf;
pub(crate) mod style;
pub(crate) mod value;
