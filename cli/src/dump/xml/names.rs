//! Names of objects in the document, and text made fit for it.

use hdfive::LocationToken;

/// Names that the document gives.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Names given to what is not there.
    absent: u64,
    /// Names given to further links to an object.
    further: u64,
}

impl Names {
    /// The name of an object; of none, one that no other has.
    pub(super) fn xid(&mut self, token: Option<LocationToken>) -> String {
        let number = token.map_or_else(
            || {
                self.absent = self.absent.saturating_add(1);
                u64::MAX.wrapping_sub(self.absent)
            },
            LocationToken::address,
        );
        format!("xid_{number}")
    }

    /// The number of a further link.
    pub(super) fn further(&mut self) -> u64 {
        self.further = self.further.saturating_add(1);
        self.further
    }
}

/// A name, in an attribute.
pub(super) fn name(text: &str) -> String {
    escaped(text, "&quot;", "\\")
}

/// A string, in quotes.
pub(super) fn string(text: &str) -> String {
    escaped(text, "\\\"", "\\\\")
}

fn escaped(text: &str, quote: &str, backslash: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str(quote),
            '\\' => out.push_str(backslash),
            '\'' => out.push_str("&apos;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_xml_is_escaped() {
        assert_eq!(name("a<b>&'\"\\"), "a&lt;b&gt;&amp;&apos;&quot;\\");
        assert_eq!(string("\"\\"), "\\\"\\\\");
    }

    #[test]
    fn what_is_not_there_has_names_of_its_own() {
        let mut names = Names::default();
        assert_eq!(names.xid(None), "xid_18446744073709551614");
        assert_eq!(names.xid(None), "xid_18446744073709551613");
        assert_eq!(names.further(), 1);
    }
}
