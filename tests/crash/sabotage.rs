//! Logs as they would be if a rule of commits were not kept.

use super::session::Recording;
use crate::support::recorder::Step;
use std::ops::Range;

/// A rule of commits that is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// No redo record is written.
    Record,
    /// Nothing waits for what comes before it to be on the disk.
    Barriers,
    /// Blocks that are written in place come in the opposite order.
    Order,
    /// A longer file is told of last, a shorter one first.
    Superblock,
}

impl Recording {
    /// The log with a rule not kept. It has as many steps.
    pub fn sabotaged(mut self, rule: Broken) -> Self {
        match rule {
            Broken::Record => {
                let records = self.steps.iter_mut().filter(|step| is_record(step));
                records.for_each(|step| *step = Step::Nothing);
            }
            Broken::Barriers => {
                for flush in &self.flushes {
                    // The last one says that the flush is over.
                    let last = flush.end.saturating_sub(1);
                    let inside = self.steps[flush.begin..last].iter_mut();
                    inside.filter(|step| **step == Step::Barrier).for_each(|step| {
                        *step = Step::Nothing;
                    });
                }
            }
            Broken::Order => {
                for range in self.in_place_parts() {
                    let blocks = &mut self.steps[range];
                    let from = usize::from(blocks.first().is_some_and(is_superblock));
                    let to = blocks.len() - usize::from(blocks.last().is_some_and(is_superblock));
                    if from < to {
                        blocks[from..to].reverse();
                    }
                }
            }
            Broken::Superblock => {
                for range in self.in_place_parts() {
                    let blocks = &mut self.steps[range];
                    if blocks.first().is_some_and(is_superblock) {
                        blocks.rotate_left(1);
                    } else if blocks.last().is_some_and(is_superblock) {
                        blocks.rotate_right(1);
                    }
                }
            }
        }
        self
    }

    /// Where blocks are written in place: behind a record, up to something else than a write.
    fn in_place_parts(&self) -> Vec<Range<usize>> {
        let is_footer = |at: &usize| starts_with(&self.steps[*at], b"HRDF");
        let footers = (0..self.steps.len()).filter(is_footer);
        let part = |footer: usize| {
            // In durable mode a barrier stands between.
            let barrier = self.steps.get(footer + 1) == Some(&Step::Barrier);
            let start = footer + 1 + usize::from(barrier);
            let writes = self.steps[start..].iter();
            start..start + writes.take_while(|step| matches!(step, Step::Write(..))).count()
        };
        footers.map(part).collect()
    }
}

fn starts_with(step: &Step, start: &[u8]) -> bool {
    matches!(step, Step::Write(_, bytes) if bytes.starts_with(start))
}

fn is_record(step: &Step) -> bool {
    starts_with(step, b"HRDO") || starts_with(step, b"HRDF")
}

fn is_superblock(step: &Step) -> bool {
    starts_with(step, b"\x89HDF\r\n\x1a\n")
}
