//! How far the work is, for who watches a terminal.

use std::io::IsTerminal;
use std::ops::ControlFlow;

use hdfive::Watcher;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows a bar while it is told of the work, where errors go to a terminal.
pub(super) fn bar(name: &str) -> Option<Watcher> {
    if !std::io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let template = "{msg} [{wide_bar}] {bytes}/{total_bytes} {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(crate::names::printable(name));
    Some(Watcher::new(move |progress| {
        bar.set_length(progress.total);
        bar.set_position(progress.done);
        if progress.done >= progress.total {
            bar.finish_and_clear();
        }
        ControlFlow::Continue(())
    }))
}
