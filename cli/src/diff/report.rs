//! What is told of the comparison, and what it comes to.

use std::fmt::Display;
use std::io::{self, Write};

use hdfive::LocationToken;

use super::NAME;
use super::options::Options;
use crate::names::printable;
use crate::tool;

/// The comparison as it stands.
pub(super) struct Report<'a> {
    pub(super) options: &'a Options,
    out: &'a mut dyn Write,
    /// Whether both sides have the same objects and attributes.
    pub(super) same_contents: bool,
    /// Whether something was not comparable.
    pub(super) not_comparable: bool,
    /// Whether something went wrong.
    pub(super) failed: bool,
    /// Datasets that references led to and that are being compared.
    pub(super) referenced: Vec<[LocationToken; 2]>,
}

impl<'a> Report<'a> {
    pub(super) fn new(options: &'a Options, out: &'a mut dyn Write) -> Self {
        Self {
            options,
            out,
            same_contents: true,
            not_comparable: false,
            failed: false,
            referenced: Vec::new(),
        }
    }

    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        self.part(text)?;
        self.out.write_all(b"\n")
    }

    /// Writes a part of a line.
    pub(super) fn part(&mut self, text: &str) -> io::Result<()> {
        if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return self.out.write_all(text.as_bytes());
        }
        self.out.write_all(printable(text).as_bytes())
    }

    /// Writes a line where the user wants to know what is not comparable.
    pub(super) fn remark(&mut self, text: &str) -> io::Result<()> {
        if self.options.verbose || self.options.list { self.line(text) } else { Ok(()) }
    }

    /// Writes a line where the user wants warnings.
    pub(super) fn warning(&mut self, text: &str) -> io::Result<()> {
        if self.options.verbose { self.line(text) } else { Ok(()) }
    }

    /// Says that something is not comparable.
    pub(super) fn not_comparable(&mut self, text: &str) -> io::Result<()> {
        self.not_comparable = true;
        self.remark(&format!("Not comparable: {text}"))
    }

    /// Names two objects that are compared.
    pub(super) fn heading(&mut self, kind: &str, paths: [&str; 2]) -> io::Result<()> {
        if self.options.level >= 1 {
            self.line("")?;
        }
        let [first, second] = paths;
        self.line(&format!("{kind:<7}: <{first}> and <{second}>"))
    }

    pub(super) fn found(&mut self, count: u64) -> io::Result<()> {
        self.line(&format!("{count} differences found"))
    }

    /// Whether two objects of so many differences are named.
    pub(super) fn names(&self, count: u64) -> bool {
        (self.options.verbose || count > 0) && !self.options.quiet
    }

    /// Names two objects and, where everything is told, says how many differences they have.
    pub(super) fn outcome(&mut self, kind: &str, paths: [&str; 2], count: u64) -> io::Result<()> {
        if self.names(count) {
            self.heading(kind, paths)?;
        }
        if self.options.verbose {
            self.found(count)?;
        }
        Ok(())
    }

    /// Whether differences are shown one by one.
    pub(super) fn shows(&self) -> bool {
        (self.options.report || self.options.verbose) && !self.options.quiet
    }

    /// Whether `count` differences of two objects are as many as are wanted.
    pub(super) fn enough(&self, count: u64) -> bool {
        self.options.count.is_some_and(|most| count >= most)
    }

    /// Notes an error, and tells of it.
    pub(super) fn fail(&mut self, why: impl Display) {
        self.failed = true;
        tool::error(NAME, &why.to_string());
    }
}

/// A text with blanks behind it, as many as C counts.
pub(super) fn padded(text: &str, width: usize) -> String {
    let mut out = text.to_owned();
    pad(&mut out, 0, width);
    out
}

/// Appends blanks, until what begins at `start` is so wide.
pub(super) fn pad(text: &mut String, start: usize, width: usize) {
    let end = start.saturating_add(width);
    text.extend(std::iter::repeat_n(' ', end.saturating_sub(text.len())));
}
