//! Elements in lines: which element begins a new one, and what a line begins with.

use std::io::{self, Write};

/// Where a text may be broken into two lines.
pub(crate) const BREAK: char = '\u{1}';

/// What lines look like.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// Columns of a line.
    pub(crate) width: usize,
    /// Spaces before the index.
    pub(crate) indent: usize,
    /// Columns that the beginning of a line is counted as, beside the index: more than `indent`, as
    /// the tools have always counted.
    pub(crate) counted: usize,
    pub(crate) index: Index,
    /// What stands between two elements of a line.
    pub(crate) between: &'static str,
    /// What stands at the end of a line.
    pub(crate) end: &'static str,
    /// Whether each element has a line of its own.
    pub(crate) single: bool,
}

/// What a line begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Index {
    Nothing,
    /// This text.
    Text(&'static str),
    /// The coordinates of its first element: `(1,2): `.
    Coordinates,
}

/// Elements on their way into lines.
#[derive(Debug)]
pub(crate) struct Flow {
    frame: Frame,
    dims: Vec<u64>,
    column: usize,
    /// Columns of the beginning of this line.
    beginning: usize,
    /// The index of this line.
    index: String,
    on_line: u64,
    in_row: u64,
    /// Whether the next element begins a line.
    fresh: bool,
    /// Whether the element before took more than one line.
    broken: bool,
    /// Whether nothing was written yet.
    first: bool,
}

impl Flow {
    /// Elements of an array of `dims`.
    pub(crate) fn new(frame: Frame, dims: &[u64]) -> Self {
        Self {
            frame,
            dims: dims.to_vec(),
            column: 0,
            beginning: 0,
            index: String::new(),
            on_line: 0,
            in_row: 0,
            fresh: true,
            broken: false,
            first: true,
        }
    }

    /// Lets the next element begin a line.
    pub(crate) fn new_row(&mut self) {
        self.fresh = true;
        self.in_row = 0;
    }

    /// Begins the first line, before there is an element.
    pub(crate) fn begin(&mut self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        self.line(out, 0)
    }

    /// Writes the text of the element that is the `position`-th.
    pub(crate) fn put(
        &mut self,
        out: &mut (impl Write + ?Sized),
        text: &str,
        position: u64,
    ) -> io::Result<()> {
        let gap = self.frame.between.len().saturating_add(self.frame.end.len());
        let visible = text.bytes().filter(|byte| (b' '..0x80).contains(byte)).count();
        let fits = |from: usize, len: usize| {
            from.saturating_add(len).saturating_add(gap) <= self.frame.width
        };
        if !fits(self.column, visible) && (self.broken || fits(self.beginning, visible)) {
            self.fresh = true;
        }
        self.break_row();
        let mut lines = 0_usize;
        if visible == text.len() && visible > 0 {
            self.section(out, text, 0, position)?;
        } else {
            let sections = text.split(BREAK).filter(|part| !part.is_empty());
            for (number, section) in sections.enumerate() {
                let began = self.section(out, section, number, position)?;
                lines = lines.saturating_add(usize::from(number > 0 && began));
            }
        }
        self.broken = lines > 0;
        self.on_line = self.on_line.saturating_add(1);
        self.in_row = self.in_row.saturating_add(1);
        Ok(())
    }

    /// Writes the `number`-th part of an element that is not to be broken; says whether that began a
    /// line.
    fn section(
        &mut self,
        out: &mut (impl Write + ?Sized),
        text: &str,
        number: usize,
        position: u64,
    ) -> io::Result<bool> {
        let gap = self.frame.between.len().saturating_add(self.frame.end.len());
        let taken = self.column.saturating_add(text.len()).saturating_add(gap);
        if taken > self.frame.width {
            self.fresh = true;
        }
        let begins = self.fresh;
        if begins {
            self.line(out, position)?;
        } else if number == 0 && !self.first {
            out.write_all(self.frame.between.as_bytes())?;
            self.column = self.column.saturating_add(self.frame.between.len());
        }
        out.write_all(text.as_bytes())?;
        self.column = self.column.saturating_add(text.len());
        self.first = false;
        Ok(begins)
    }

    /// Each row of the last axis begins a line.
    fn break_row(&mut self) {
        if self.on_line == 0 {
            return;
        }
        if self.frame.single {
            self.fresh = true;
        }
        let Some(row) = self.dims.last().copied().filter(|row| *row > 0) else { return };
        if self.on_line >= row && self.on_line.is_multiple_of(row) {
            self.fresh = true;
        }
        if self.in_row == row {
            self.fresh = true;
            self.in_row = 0;
        }
    }

    fn line(&mut self, out: &mut (impl Write + ?Sized), position: u64) -> io::Result<()> {
        if self.beginning > 0 {
            out.write_all(self.frame.end.as_bytes())?;
        }
        self.index.clear();
        match self.frame.index {
            Index::Nothing => {}
            Index::Text(text) => self.index.push_str(text),
            Index::Coordinates => {
                self.index.push('(');
                push_coordinates(&mut self.index, position, &self.dims);
                self.index.push_str("): ");
            }
        }
        write!(out, "\n{:1$}", "", self.frame.indent)?;
        out.write_all(self.index.as_bytes())?;
        self.column = self.frame.counted.saturating_add(self.index.len());
        self.beginning = self.column;
        self.on_line = 0;
        self.fresh = false;
        Ok(())
    }
}

/// Appends the coordinates of the `position`-th element: `1,2`.
fn push_coordinates(out: &mut String, position: u64, dims: &[u64]) {
    let mut digits = itoa::Buffer::new();
    let Some((last, before)) = dims.split_last() else { return out.push('0') };
    if !before.is_empty() {
        push_coordinates(out, position.checked_div(*last).unwrap_or(0), before);
        out.push(',');
    }
    out.push_str(digits.format(position.checked_rem(*last).unwrap_or(0)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(width: usize, dims: &[u64], texts: &[&str]) -> String {
        let index = Index::Coordinates;
        let frame =
            Frame { width, indent: 2, counted: 2, index, between: " ", end: "", single: false };
        let mut flow = Flow::new(frame, dims);
        let mut out = Vec::new();
        for (position, text) in (0_u64..).zip(texts) {
            flow.put(&mut out, text, position).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn rows_and_long_lines_are_broken() {
        assert_eq!(
            laid_out(80, &[2, 2], &["1,", "2,", "3,", "4"]),
            "\n  (0,0): 1, 2,\n  (1,0): 3, 4"
        );
        assert_eq!(laid_out(12, &[4], &["1,", "2,", "3,", "4"]), "\n  (0): 1, 2,\n  (2): 3, 4");
        assert_eq!(laid_out(80, &[], &["1"]), "\n  (0): 1");
    }

    #[test]
    fn coordinates_count_the_last_axis_fastest() {
        let mut out = String::new();
        push_coordinates(&mut out, 7, &[2, 2, 3]);
        assert_eq!(out, "1,0,1");
    }
}
