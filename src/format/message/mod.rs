//! Object header messages (specification IV.A.2): bodies only, without the message prefix.

mod filter_pipeline;

pub(crate) use filter_pipeline::{FilterDescription, FilterPipeline};
