//! From elements to canonical bytes, and from these to their hash.

use std::fmt::Write;

use hdfive::{Element, Elements};
use sha2::{Digest, Sha256};

use super::plan::Plan;
use super::reference;
use super::walk::Walk;
use crate::failure::Why;

/// Most bytes hashed of one dataset's or attribute's variable-length elements.
const BUDGET: u64 = 256 << 20;

/// Bytes collected before they are hashed.
const FLUSH: usize = 1 << 20;

/// The length that stands for a null string.
const NULL: u32 = u32::MAX;

pub(super) fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // Writing to memory cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// A hash, and of how many bytes.
#[derive(Debug)]
pub(super) struct Sum {
    pub(super) sha256: String,
    pub(super) bytes: u64,
}

/// Turns elements into canonical bytes and hashes these.
pub(super) struct Encoder<'a> {
    walk: &'a Walk,
    plan: Plan,
    out: Vec<u8>,
    hasher: Sha256,
    hashed: u64,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(walk: &'a Walk, plan: Plan) -> Self {
        Self { walk, plan, out: Vec::new(), hasher: Sha256::new(), hashed: 0 }
    }

    /// The canonical bytes themselves of a few elements of the plan's type.
    pub(super) fn bytes_of(mut self, elements: &Elements) -> Result<Vec<u8>, Why> {
        let plan = self.plan.clone();
        elements.iter().try_for_each(|element| self.element(&plan, &element))?;
        Ok(self.out)
    }

    /// Adds elements of the plan's type.
    pub(super) fn add(&mut self, elements: &Elements) -> Result<(), Why> {
        let size = usize::try_from(elements.datatype().size).unwrap_or(usize::MAX);
        if self.plan == Plan::Copy {
            self.flush();
            self.hasher.update(elements.bytes());
            self.hashed = self.hashed.saturating_add(wide(elements.bytes().len()));
            return Ok(());
        }
        if self.plan.is_fixed() {
            let piece = (FLUSH.checked_div(size).unwrap_or(0)).max(1).saturating_mul(size).max(1);
            for bytes in elements.bytes().chunks(piece) {
                self.plan.append(bytes, size, &mut self.out);
                self.flush();
            }
            return Ok(());
        }
        let plan = self.plan.clone();
        for element in elements.iter() {
            self.element(&plan, &element)?;
            if self.out.len() >= FLUSH {
                self.flush();
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Sum {
        self.flush();
        Sum { sha256: hex(&self.hasher.finalize()), bytes: self.hashed }
    }

    fn flush(&mut self) {
        self.hasher.update(&self.out);
        self.hashed = self.hashed.saturating_add(wide(self.out.len()));
        self.out.clear();
    }

    fn check_budget(&self, more: usize) -> Result<(), Why> {
        let all = self.hashed.saturating_add(wide(self.out.len())).saturating_add(wide(more));
        if all > BUDGET {
            return Err(Why::new("too much variable-length data to hash"));
        }
        Ok(())
    }

    /// Appends one element.
    pub(super) fn element(&mut self, plan: &Plan, element: &Element<'_>) -> Result<(), Why> {
        match plan {
            Plan::Members(plans) => {
                for (part, plan) in element.parts().zip(plans) {
                    self.element(plan, &part)?;
                }
            }
            Plan::Elements(plan) => {
                for part in element.parts() {
                    self.element(plan, &part)?;
                }
            }
            Plan::Text => match element.variable()? {
                None => self.out.extend_from_slice(&NULL.to_le_bytes()),
                Some(text) => {
                    let text = text.bytes().split(|byte| *byte == 0).next().unwrap_or_default();
                    self.check_budget(text.len())?;
                    append_counted(text, &mut self.out);
                }
            },
            Plan::Sequence(plan) => self.sequence(plan, element)?,
            Plan::Reference(kind) => {
                self.check_budget(element.bytes().len())?;
                reference::append(self.walk, *kind, element, &mut self.out)?;
            }
            plan => {
                self.check_budget(element.bytes().len())?;
                plan.append(element.bytes(), element.bytes().len(), &mut self.out);
            }
        }
        Ok(())
    }

    fn sequence(&mut self, plan: &Plan, element: &Element<'_>) -> Result<(), Why> {
        let Some(elements) = element.variable()? else {
            self.out.extend_from_slice(&0u32.to_le_bytes());
            return Ok(());
        };
        append_count(elements.len(), &mut self.out);
        if plan.is_fixed() {
            self.check_budget(elements.bytes().len())?;
            let size = usize::try_from(elements.datatype().size).unwrap_or(usize::MAX);
            plan.append(elements.bytes(), size, &mut self.out);
            return Ok(());
        }
        for element in elements.iter() {
            self.element(plan, &element)?;
        }
        Ok(())
    }
}

fn append_count(count: usize, out: &mut Vec<u8>) {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    out.extend_from_slice(&count.to_le_bytes());
}

/// Appends a length and as many bytes.
pub(super) fn append_counted(bytes: &[u8], out: &mut Vec<u8>) {
    append_count(bytes.len(), out);
    out.extend_from_slice(bytes);
}
