//! Colors of what a person reads: on a terminal, unless `NO_COLOR` is set; never in a file or a pipe,
//! unless `CLICOLOR_FORCE` is.

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

/// Of groups, links, committed types, errors.
pub(crate) const GROUP: Style = AnsiColor::Blue.on_default().bold();
pub(crate) const LINK: Style = AnsiColor::Cyan.on_default();
pub(crate) const TYPE: Style = AnsiColor::Green.on_default();
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Of datasets, and of whatever else is no more than text.
pub(crate) const PLAIN: Style = Style::new();

/// Whether standard output shows colors.
pub(crate) fn of_output() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// Text in a style, where it is to be shown.
pub(crate) fn painted(text: &str, style: Style, shown: bool) -> String {
    if shown && !style.is_plain() {
        return format!("{style}{text}{style:#}");
    }
    text.to_owned()
}

/// Writes a line to standard error, whose beginning is who says it. Where nobody reads that, there
/// is nothing to be done.
pub(crate) fn complain(who: &str, what: &str) {
    let shown = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
    let who = painted(who, ERROR, shown);
    let _ = writeln!(io::stderr(), "{who}{what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_as_it_is() {
        assert_eq!(painted("a", GROUP, false), "a");
        assert_eq!(painted("a", PLAIN, true), "a");
        assert_eq!(painted("a", LINK, true), "\u{1b}[36ma\u{1b}[0m");
    }
}
