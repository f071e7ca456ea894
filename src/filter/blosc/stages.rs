//! What Blosc does to blocks before it compresses them.

use super::super::bit_transpose::{transpose, untranspose};
use super::super::corrupt;
use super::super::shuffle::{shuffle, unshuffle};
use super::chunk::NAME;
use crate::error::{Error, Result};

/// Memory for a block on its way, kept from chunk to chunk. It grows to at most four blocks.
#[derive(Debug, Default)]
pub(in super::super) struct Scratch {
    source: Vec<u8>,
    target: Vec<u8>,
    /// The first block, where others are stored as what differs from it.
    first: Vec<u8>,
    /// Bits on their way.
    planes: Vec<u8>,
}

impl Scratch {
    /// Bytes that are kept.
    pub(in super::super) fn capacity(&self) -> usize {
        let all = [&self.source, &self.target, &self.first, &self.planes];
        all.iter().fold(0, |sum, bytes| sum.saturating_add(bytes.capacity()))
    }
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Stage {
    /// Bytes of elements of so many bytes.
    Shuffle(usize),
    /// Bits of elements of so many bytes; what is left of eight elements is kept as it is, or
    /// everything where something is left.
    BitShuffle { element: usize, strict: bool },
    /// Words of so many bytes, combined with those of the first block, or with the word before.
    Delta(usize),
}

/// All steps, in the order in which they are applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Stages {
    stages: [Option<Stage>; 6],
    count: usize,
}

impl Stages {
    /// Those of a short header.
    pub(in super::super) fn of_flags(
        version: u8,
        element: usize,
        bytes: u8,
        bits: u8,
        delta: u8,
    ) -> Self {
        let mut stages = Self { stages: [None; 6], count: 0 };
        if delta != 0 {
            stages.push(Stage::Delta(word(element)));
        }
        if bytes != 0 {
            stages.push(Stage::Shuffle(element));
        } else if bits != 0 {
            stages.push(Stage::BitShuffle { element, strict: version <= 2 });
        }
        stages
    }

    /// Those of a long header: filters, and what they are to know.
    pub(in super::super) fn new(version: u8, element: usize, filters: &[(u8, u8)]) -> Result<Self> {
        let mut stages = Self { stages: [None; 6], count: 0 };
        for (filter, parameter) in filters {
            stages.push(match *filter {
                // What was cut off of numbers does not come back.
                0 | 4 => continue,
                1 if *parameter > 0 => Stage::Shuffle(usize::from(*parameter)),
                1 => Stage::Shuffle(element),
                2 => Stage::BitShuffle { element, strict: version <= 2 },
                3 => Stage::Delta(word(element)),
                other => {
                    return Err(Error::unsupported(format!("filter {other} of Blosc 2")));
                }
            });
        }
        Ok(stages)
    }

    fn push(&mut self, stage: Stage) {
        if matches!(stage, Stage::Shuffle(0 | 1)) {
            return;
        }
        if let Some(place) = self.stages.get_mut(self.count) {
            *place = Some(stage);
            self.count = self.count.saturating_add(1);
        }
    }

    /// Has a block decoded, and undoes the steps: what comes of it is in `output`.
    pub(in super::super) fn undo(
        &self,
        output: &mut [u8],
        is_first: bool,
        scratch: &mut Scratch,
        decode: impl FnOnce(&mut [u8]) -> Result<()>,
    ) -> Result<()> {
        let stages = self.stages.get(..self.count).unwrap_or_default();
        // Steps that are not done in place go to and fro, and the last of them to `output`.
        let moves = stages.iter().flatten().filter(|stage| stage.moves()).count();
        let Scratch { source, target, first, planes } = scratch;
        let mut left = moves;
        if moves == 0 {
            decode(output)?;
        } else {
            source.resize(output.len(), 0);
            decode(source)?;
        }
        for stage in stages.iter().rev().flatten() {
            if let Stage::Delta(word) = stage {
                let bytes = if left == 0 { &mut *output } else { source.as_mut_slice() };
                undo_delta(*word, bytes, (!is_first).then_some(first.as_slice()))?;
                continue;
            }
            left = left.saturating_sub(1);
            if left == 0 {
                stage.undo(source, output, planes);
            } else {
                target.resize(output.len(), 0);
                stage.undo(source, target, planes);
                std::mem::swap(source, target);
            }
        }
        if is_first && stages.iter().flatten().any(|stage| !stage.moves()) {
            first.clear();
            first.extend_from_slice(output);
        }
        Ok(())
    }

    /// Applies the steps to a block; gives where what came of it is. `first` is the first block,
    /// nothing where this one is that.
    pub(in super::super) fn apply<'a>(
        &self,
        input: &'a [u8],
        first: Option<&[u8]>,
        scratch: &'a mut Scratch,
    ) -> &'a [u8] {
        let Scratch { source, target, planes, .. } = scratch;
        let mut moved = false;
        for stage in self.stages.iter().flatten() {
            let from = if moved { source.as_slice() } else { input };
            target.resize(input.len(), 0);
            stage.apply(from, first, target, planes);
            std::mem::swap(source, target);
            moved = true;
        }
        if moved { source } else { input }
    }
}

impl Stage {
    /// Whether it is not undone in place.
    fn moves(self) -> bool {
        !matches!(self, Self::Delta(_))
    }

    fn undo(self, input: &[u8], output: &mut [u8], planes: &mut Vec<u8>) {
        match self {
            Self::Shuffle(element) => unshuffle(element, input, output),
            Self::BitShuffle { element, strict } => {
                bits(element, strict, input, output, |from, to| {
                    untranspose(element, from, to, planes);
                });
            }
            Self::Delta(_) => {}
        }
    }

    fn apply(self, input: &[u8], first: Option<&[u8]>, output: &mut [u8], planes: &mut Vec<u8>) {
        match self {
            Self::Shuffle(element) => shuffle(element, input, output),
            Self::BitShuffle { element, strict } => {
                bits(element, strict, input, output, |from, to| {
                    transpose(element, from, to, planes);
                });
            }
            Self::Delta(word) => apply_delta(word, input, first, output),
        }
    }
}

/// Transposes the bits of as many elements as are a multiple of eight.
fn bits(
    element: usize,
    strict: bool,
    input: &[u8],
    output: &mut [u8],
    turn: impl FnOnce(&[u8], &mut [u8]),
) {
    let count = input.len().checked_div(element).unwrap_or(0);
    let rest = count.checked_rem(8).unwrap_or(0);
    let count = if strict && rest > 0 { 0 } else { count.saturating_sub(rest) };
    let whole = count.saturating_mul(element).min(input.len());
    let ((from, from_rest), (to, to_rest)) = (input.split_at(whole), output.split_at_mut(whole));
    if whole > 0 {
        turn(from, to);
    }
    to_rest.copy_from_slice(from_rest);
}

/// Bytes of the words that elements of so many bytes are taken for.
fn word(element: usize) -> usize {
    match element {
        2 | 4 => element,
        _ if element.is_multiple_of(8) => 8,
        _ => 1,
    }
}

/// Undoes what combined the words of a block with the one before it, in the first block, or with
/// those of the first block.
fn undo_delta(word: usize, bytes: &mut [u8], first: Option<&[u8]>) -> Result<()> {
    let whole = bytes.len().saturating_sub(bytes.len().checked_rem(word).unwrap_or(0));
    let Some(bytes) = bytes.get_mut(..whole) else { return Ok(()) };
    if let Some(first) = first {
        let first = first.get(..whole).ok_or_else(|| corrupt(NAME, "no block to refer to"))?;
        for (byte, other) in bytes.iter_mut().zip(first) {
            *byte ^= other;
        }
        return Ok(());
    }
    let mut before = [0; 8];
    for bytes in bytes.chunks_exact_mut(word) {
        for (byte, before) in bytes.iter_mut().zip(&mut before) {
            *byte ^= *before;
            *before = *byte;
        }
    }
    Ok(())
}

/// The opposite of [`undo_delta`].
fn apply_delta(word: usize, input: &[u8], first: Option<&[u8]>, output: &mut [u8]) {
    let whole = input.len().saturating_sub(input.len().checked_rem(word).unwrap_or(0));
    output.copy_from_slice(input);
    let output = output.get_mut(..whole).unwrap_or_default();
    // The first word of the first block stays as it is.
    let (skipped, others) = first.map_or((word, input), |first| (0, first));
    for (byte, other) in output.iter_mut().skip(skipped).zip(others) {
        *byte ^= other;
    }
}
