//! Dots in braille: two across and four down in a character.

/// A field of dots.
pub(super) struct Canvas {
    columns: usize,
    cells: Vec<u8>,
}

/// Bits of the dots of a character, row by row.
const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl Canvas {
    pub(super) fn new(columns: usize, rows: usize) -> Self {
        Self { columns, cells: vec![0; columns.saturating_mul(rows)] }
    }

    /// Sets a dot, counted from the left and from the top.
    pub(super) fn set(&mut self, x: i64, y: i64) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x / 2 >= self.columns {
            return;
        }
        let cell = (y / 4).saturating_mul(self.columns).saturating_add(x / 2);
        let bit = DOTS.get(y % 4).and_then(|row| row.get(x % 2)).copied().unwrap_or(0);
        if let Some(cell) = self.cells.get_mut(cell) {
            *cell |= bit;
        }
    }

    /// Sets the dots of a line.
    pub(super) fn line(&mut self, from: (i64, i64), to: (i64, i64)) {
        let (across, down) = (to.0.saturating_sub(from.0), to.1.saturating_sub(from.1));
        let steps = across.abs().max(down.abs());
        for step in 0..=steps {
            let at = |from: i64, length: i64| {
                let twice = length.saturating_mul(step).saturating_mul(2).saturating_add(steps);
                let moved = twice.checked_div_euclid(steps.saturating_mul(2)).unwrap_or(0);
                from.saturating_add(moved)
            };
            self.set(at(from.0, across), at(from.1, down));
        }
    }

    /// The characters, row by row.
    pub(super) fn rows(&self) -> impl Iterator<Item = String> + '_ {
        self.cells.chunks(self.columns.max(1)).map(|row| {
            let dots = |bits: &u8| char::from_u32(0x2800_u32.saturating_add(u32::from(*bits)));
            row.iter()
                .map(|bits| if *bits == 0 { ' ' } else { dots(bits).unwrap_or(' ') })
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_dots() {
        let mut canvas = Canvas::new(2, 1);
        canvas.line((0, 3), (3, 0));
        assert_eq!(canvas.rows().collect::<Vec<String>>(), ["\u{2860}\u{280a}"]);
        canvas.set(-1, 0);
        canvas.set(4, 0);
        canvas.set(0, 4);
        assert_eq!(canvas.rows().next().unwrap(), "\u{2860}\u{280a}");
    }
}
