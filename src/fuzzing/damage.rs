//! Target of damaged files: they are checked.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::{limits, told};
use crate::{Checker, ExternalAccess, File, Memory};

/// Faults whose words are looked at.
const TOLD: usize = 1_000;

/// A file.
pub fn damage(input: &[u8]) {
    let storage = Arc::new(Memory::new(input.to_vec()));
    let options = File::with_options().limits(limits()).external(ExternalAccess::Deny);
    if let Some(file) = told(options.open_storage(storage)) {
        let mut left = TOLD;
        let checked = Checker::new().elements(true).map(true).check_with(&file, |fault| {
            assert!(!fault.to_string().is_empty());
            left = left.saturating_sub(1);
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        told(checked);
    }
}
