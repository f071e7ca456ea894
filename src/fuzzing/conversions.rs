//! Target of what is done with elements as stored: conversion to another type, and the filters
//! that depend on their type.

use super::{Input, limits, told};
use crate::codec::{Decoder, StructureIn, wide};
use crate::element::StoredConversion;
use crate::filter::Registry;
use crate::filter::local::Local;
use crate::format::datatype::Datatype;

const NAME: &str = <Datatype as StructureIn<()>>::NAME;

/// Most bytes of all converted elements.
const MOST: usize = 1 << 20;

/// Widths, number of elements, filter (1 byte each), what is asked of it (2 values of 2 bytes), two
/// datatypes, elements of the first.
pub fn stored_elements(input: &[u8]) {
    let mut input = Input::new(input);
    let (sizes, count) = (input.sizes(), usize::from(input.byte()));
    let (filter, wanted) = (input.byte(), [input.short().into(), input.short().into()]);
    let limits = limits();
    let mut d = Decoder::new(NAME, input.rest(), 0, sizes, &limits);
    let Some(from) = told(Datatype::decode_in(&mut d, &())) else { return };
    let Some(to) = told(Datatype::decode_in(&mut d, &())) else { return };
    let bytes = |of: &Datatype| usize::try_from(of.size).unwrap_or(usize::MAX).max(1);
    let rest = d.rest();
    let count = count.min(rest.len().checked_div(bytes(&from)).unwrap_or(0));
    let Some(elements) = rest.get(..count.saturating_mul(bytes(&from))) else { return };
    filtered(&from, elements, filter, &wanted);
    let Some(conversion) = told(StoredConversion::new(&from, &to)) else { return };
    let len = count.saturating_mul(bytes(&to));
    if len > MOST {
        return;
    }
    let mut converted = vec![0; len];
    if told(conversion.run(elements, &mut converted)).is_some() && conversion.is_copy() {
        assert_eq!(converted, elements);
    }
    assert!(conversion.run(elements, &mut vec![0; len.saturating_add(1)]).is_err());
}

/// The elements as a chunk of a dataset that is created with a filter.
fn filtered(datatype: &Datatype, elements: &[u8], filter: u8, wanted: &[u32; 2]) {
    let size = usize::try_from(datatype.size).unwrap_or(usize::MAX).max(1);
    let chunk = [wide(elements.len().checked_div(size).unwrap_or(0))];
    let fill = match filter >> 4 & 3 {
        0 => None,
        1 => Some([].as_slice()),
        _ => elements.get(..size),
    };
    let local = Local { datatype, chunk: &chunk, fill };
    let id = [2, 3, 4, 5, 6, 32_000].get(usize::from(filter & 0xf)).copied().unwrap_or(1);
    let Some(client_data) = told(local.client_data(id, wanted)) else { return };
    let registry = Registry::new();
    let Some(filter) = registry.get(id) else { return };
    let Some(Some(stored)) = told(filter.encode(&client_data, elements)) else { return };
    let chunk = filter.decode(&client_data, &stored, elements.len());
    let chunk = chunk.expect("what was encoded decodes");
    assert_eq!(chunk.len(), elements.len());
    // Bits that are not significant are lost once; of scaleoffset, more.
    match id {
        6 => {}
        4 | 5 => assert_eq!(told(filter.encode(&client_data, &chunk)), Some(Some(stored))),
        _ => assert_eq!(chunk, elements),
    }
}
