//! Texts of many elements, made on all cores.

use std::ops::Range;

use hdfive::{Elements, Error};

use super::value::Values;
use crate::threads::in_order;

/// Elements whose texts are made by one thread at once.
const TOGETHER: usize = 8192;

/// The texts of some elements, one behind the other.
struct Texts {
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
    /// Why there are no more.
    failed: Option<Error>,
}

impl Texts {
    fn of(
        values: &Values<'_>,
        elements: &Elements,
        numbers: Range<usize>,
        depth: usize,
        tail: &(impl Fn(usize) -> &'static str + Sync),
    ) -> Self {
        let len = numbers.len();
        let mut texts = Self {
            text: String::with_capacity(len.saturating_mul(8)),
            ends: Vec::with_capacity(len),
            failed: None,
        };
        for number in numbers {
            let Some(element) = elements.get(number) else { break };
            if let Err(error) = values.push(&mut texts.text, &element, depth) {
                texts.failed = Some(error);
                break;
            }
            texts.text.push_str(tail(number));
            texts.ends.push(texts.text.len());
        }
        texts
    }
}

/// Calls `take` with the text of each element, `depth` levels deep, and what `tail` gives to its
/// number behind it.
pub(crate) fn each<E: From<Error>>(
    values: &Values<'_>,
    elements: &Elements,
    depth: usize,
    tail: impl Fn(usize) -> &'static str + Sync,
    mut take: impl FnMut(usize, &str) -> Result<(), E>,
) -> Result<(), E> {
    let count = elements.len();
    let part = |number: usize| {
        let start = number.saturating_mul(TOGETHER);
        start..start.saturating_add(TOGETHER).min(count)
    };
    let mut number = 0_usize;
    in_order(
        count.div_ceil(TOGETHER),
        |job| Texts::of(values, elements, part(job), depth, &tail),
        |texts: Texts| {
            let mut start = 0;
            for end in texts.ends {
                take(number, texts.text.get(start..end).unwrap_or_default())?;
                start = end;
                number = number.saturating_add(1);
            }
            texts.failed.map_or(Ok(()), |error| Err(error.into()))
        },
    )
}
