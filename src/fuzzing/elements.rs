//! Targets of datatypes and of the conversions of elements.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Debug;

use super::{Input, decode_part, limits, told};
use crate::codec::{Decoder, StructureIn, wide};
use crate::element::*;
use crate::error::{Error, Result};
use crate::format::datatype::Datatype;
use crate::format::global_heap::HeapId;

/// Bytes that one conversion may take from the heap.
const FROM_HEAP: u64 = 1 << 20;

/// The decoder's name for what starts an input.
const NAME: &str = <Datatype as StructureIn<()>>::NAME;

/// Widths (1 byte), two datatypes.
pub fn datatype(input: &[u8]) {
    let mut input = Input::new(input);
    let (sizes, limits) = (input.sizes(), limits());
    let mut d = Decoder::new(NAME, input.rest(), 0, sizes, &limits);
    let Some(first) = decode_part::<_, Datatype>(&mut d, &()) else { return };
    assert!(first.same_type(&first));
    assert!(!first.class_name().is_empty());
    let _ = (first.is_variable(), first.has_var_len());
    if let Some(descriptor) = told(TypeDescriptor::from_datatype(&first)) {
        for form in [descriptor.to_packed_repr(), descriptor.to_c_repr()] {
            assert!(!format!("{form:?} {}", form.size()).is_empty());
        }
        if let Some(stored) = told(descriptor.to_datatype(sizes)) {
            told(TypeDescriptor::from_datatype(&stored));
        }
    }
    if let Some(second) = decode_part::<_, Datatype>(&mut d, &()) {
        assert_eq!(first.same_type(&second), second.same_type(&first));
    }
}

/// Widths, number of elements (1 byte each), their datatype, the elements, and behind them the
/// heap.
pub fn elements(input: &[u8]) {
    let mut input = Input::new(input);
    let (sizes, count) = (input.sizes(), usize::from(input.byte()));
    let limits = limits();
    let mut d = Decoder::new(NAME, input.rest(), 0, sizes, &limits);
    let Some(stored) = told(Datatype::decode_in(&mut d, &())) else { return };
    let size = usize::try_from(stored.size).unwrap_or(usize::MAX);
    let rest = d.rest();
    let count = count.min(rest.len().checked_div(size).unwrap_or(0));
    let Some((elements, heap)) = rest.split_at_checked(count.saturating_mul(size)) else { return };
    let heap = Heap { bytes: heap, left: Cell::new(0) };
    let conversion = Conversion { stored: &stored, elements, count, heap: &heap };
    conversion.all();
}

struct Conversion<'a> {
    stored: &'a Datatype,
    elements: &'a [u8],
    count: usize,
    heap: &'a Heap<'a>,
}

impl Conversion<'_> {
    fn all(&self) {
        let size = self.elements.len().checked_div(self.count).unwrap_or(1);
        self.heap.left.set(FROM_HEAP);
        for element in self.elements.chunks_exact(size.max(1)) {
            let Some(value) = told(Value::read(self.stored, element, self.heap)) else { break };
            assert!(!format!("{value:?}").is_empty());
            let _ = (value.to_string(), value.as_i64(), value.as_f64(), value.as_str().is_some());
        }
        self.of::<f64>();
        self.of::<f32>();
        self.of::<i8>();
        self.of::<i64>();
        self.of::<u16>();
        self.of::<u64>();
        self.of::<bool>();
        self.of::<String>();
        self.of::<StringBytes>();
        self.of::<VarLenUnicode>();
        self.of::<VarLenAscii>();
        self.of::<FixedAscii<5>>();
        self.of::<FixedUnicode<5>>();
        self.of::<Opaque>();
        self.of::<RawReference>();
        self.to(Referent::converter(self.stored));
        self.of::<Vec<i32>>();
        self.of::<Vec<String>>();
        self.of::<VarLenArray<f64>>();
        self.of::<[i16; 3]>();
        self.of::<(f64, String)>();
    }

    fn of<T: H5Type>(&self) {
        let values = self.to(T::converter(self.stored));
        if T::is_identical(self.stored) {
            assert_eq!(wide(size_of::<T>()), u64::from(self.stored.size));
            assert_eq!(values.len(), self.count);
        }
    }

    fn to<T>(&self, converter: Result<Converter<T>>) -> Vec<T> {
        let Some(converter) = told(converter) else { return Vec::new() };
        self.heap.left.set(FROM_HEAP);
        let mut out = Vec::new();
        match told(converter.convert(self.elements, self.heap, &mut out)) {
            Some(()) => {
                assert_eq!(out.len(), self.count);
                out
            }
            None => Vec::new(),
        }
    }
}

/// A heap whose ids are places in its bytes.
#[derive(Debug)]
struct Heap<'a> {
    bytes: &'a [u8],
    left: Cell<u64>,
}

impl HeapSource for Heap<'_> {
    fn heap_object(&self, id: &HeapId) -> Result<Option<Cow<'_, [u8]>>> {
        let Some(address) = id.address else { return Ok(None) };
        let start = usize::try_from(address.0).unwrap_or(usize::MAX);
        let found = self.bytes.get(start..).ok_or_else(|| Error::usage("no such object"))?;
        let left = self.left.get().checked_sub(wide(found.len()).saturating_add(16));
        self.left.set(left.ok_or_else(|| Error::usage("too much from the heap"))?);
        Ok(Some(Cow::Borrowed(found)))
    }
}
