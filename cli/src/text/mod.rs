//! Elements as text: numbers, values of all types, and their layout in lines.

mod digits;
pub(crate) mod flow;
pub(crate) mod json;
pub(crate) mod number;
pub(crate) mod printf;
pub(crate) mod style;
pub(crate) mod texts;
pub(crate) mod value;
