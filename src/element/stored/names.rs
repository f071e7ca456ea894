//! Enumerations to enumerations: by the names of their values.

use std::collections::HashMap;

use super::no_stored_conversion;
use crate::element::ConversionMode;
use crate::element::layout::{Exact, ExactLayout, Int};
use crate::error::{Error, Result};
use crate::format::datatype::{Datatype, Enumeration};

/// The conversion of one enumeration to another.
#[derive(Debug)]
pub(super) struct Names {
    from_size: usize,
    to_size: usize,
    layout: ExactLayout,
    /// What the values that have a name become.
    values: HashMap<Int, Vec<u8>>,
}

impl Names {
    pub(super) fn new(
        from: &Datatype,
        ours: &Enumeration,
        to: &Datatype,
        theirs: &Enumeration,
    ) -> Result<Self> {
        let size = |of: &Datatype| usize::try_from(of.size).unwrap_or(usize::MAX).max(1);
        let (from_size, to_size) = (size(from), size(to));
        let layout = ExactLayout::of(from)?.ok_or_else(|| no_stored_conversion(from, to))?;
        let by_name: HashMap<&[u8], &[u8]> =
            theirs.members.iter().map(|member| (&*member.name, &*member.value)).collect();
        let mut values = HashMap::new();
        for member in &ours.members {
            let Some(value) = by_name.get(&*member.name) else {
                let problem = format!("the enumeration has no value named \"{}\"", member.name());
                return Err(Error::conversion(problem));
            };
            if let Exact::Int(number) = layout.read(&member.value)
                && value.len() == to_size
            {
                values.entry(number).or_insert_with(|| value.to_vec());
            }
        }
        Ok(Self { from_size, to_size, layout, values })
    }

    pub(super) fn run(&self, mode: ConversionMode, stored: &[u8], out: &mut [u8]) -> Result<()> {
        let elements = stored.chunks_exact(self.from_size);
        for (element, out) in elements.zip(out.chunks_exact_mut(self.to_size)) {
            let value = match self.layout.read(element) {
                Exact::Int(number) => self.values.get(&number),
                Exact::Float(_) => None,
            };
            match value {
                Some(value) if value.len() == out.len() => out.copy_from_slice(value),
                _ if mode == ConversionMode::Exact => {
                    let number = self.layout.read(element);
                    let problem = format!("the enumeration has no name for {number}");
                    return Err(Error::conversion(problem));
                }
                _ => out.fill(0xff),
            }
        }
        Ok(())
    }
}
