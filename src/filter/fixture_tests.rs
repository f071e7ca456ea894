//! Chunks that libhdf5's own filters wrote (`tests/fixtures/filters/generate.py`).

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use super::local::Local;
use super::{Registry, pipeline};
use crate::codec::{Sizes, StructureIn};
use crate::format::datatype::Datatype;
use crate::format::message::FilterDescription;
use crate::limits::Limits;

struct Case {
    name: String,
    filters: Vec<FilterDescription>,
    mask: u32,
    stored: Vec<u8>,
    chunk: Vec<u8>,
}

fn cases() -> Vec<Case> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/filters");
    let bytes = fs::read(dir.join("cases.bin")).unwrap();
    let number = |text: &str| text.parse::<usize>().unwrap();
    let parse = |line: &str| {
        let [name, filters, mask, stored, stored_len, chunk, chunk_len] =
            line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        Case {
            name: name.to_owned(),
            filters: filters.split('+').map(filter).collect(),
            mask: mask.parse().unwrap(),
            stored: bytes[number(stored)..][..number(stored_len)].to_vec(),
            chunk: bytes[number(chunk)..][..number(chunk_len)].to_vec(),
        }
    };
    let all = fs::read_to_string(dir.join("cases.tsv")).unwrap();
    let mut cases: Vec<Case> = all.lines().map(parse).collect();
    if cfg!(miri) {
        cases.retain(|case| case.chunk.len() <= 200);
    }
    cases
}

fn filter(text: &str) -> FilterDescription {
    let (id, values) = text.split_once(':').unwrap();
    let client_data = values.split(',').filter(|v| !v.is_empty()).map(|v| v.parse().unwrap());
    let client_data = client_data.collect();
    FilterDescription { id: id.parse().unwrap(), flags: 1, name: None, client_data }
}

#[test]
fn chunks_of_libhdf5_decode() {
    let registry = Registry::new();
    let mut wrong = Vec::new();
    for Case { name, filters, mask, stored, chunk } in cases() {
        match pipeline::decode(&filters, mask, Cow::Borrowed(&stored), chunk.len(), &registry) {
            Ok(decoded) if *decoded == chunk => {}
            Ok(decoded) => {
                let at = decoded.iter().zip(&chunk).position(|(a, b)| a != b);
                wrong.push(format!("{name}: {filters:?} differs at {at:?}"));
            }
            Err(error) => wrong.push(format!("{name}: {filters:?}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_truncation_fails() {
    let registry = Registry::new();
    for Case { name, filters, mask, stored, chunk } in cases() {
        // The last byte may be one that only pads.
        for len in (0..stored.len().saturating_sub(1)).step_by(stored.len() / 7 + 1) {
            let cut = Cow::Borrowed(&stored[..len]);
            let decoded = pipeline::decode(&filters, mask, cut, chunk.len(), &registry);
            assert!(decoded.is_err(), "{name} at {len} of {}", stored.len());
        }
    }
}

/// Whether what comes back after encoding may differ: scaled floats, integers cut short.
fn is_lossy(filter: &FilterDescription) -> bool {
    filter.id == 6 && (filter.client_data[0] == 0 || filter.client_data[1] != 0)
}

#[test]
#[cfg_attr(miri, ignore = "many values take long under Miri")]
fn chunks_encode_no_larger_than_libhdf5_does() {
    let registry = Registry::new();
    let mut wrong = Vec::new();
    for Case { name, filters, mask, stored, chunk } in cases() {
        let (encoded, our_mask) =
            pipeline::encode(&filters, Cow::Borrowed(&chunk), &registry).unwrap();
        let decoded = pipeline::decode(&filters, our_mask, encoded.clone(), chunk.len(), &registry);
        if !filters.iter().any(is_lossy) && *decoded.unwrap() != chunk {
            wrong.push(format!("{name}: {filters:?} does not come back"));
        }
        // There is one way to write the bytes of shuffle, fletcher32, nbit and scaleoffset.
        let exact = filters.iter().all(|f| matches!(f.id, 2 | 3 | 5 | 6) && !is_lossy(f));
        // Where matches are chosen, one chunk may be worse while others are better.
        let chosen = filters.iter().any(|f| matches!(f.id, 1 | 32000));
        let (ours, theirs) = (encoded.len(), stored.len());
        let most = if chosen { theirs + theirs / 100 + 2 } else { theirs };
        let masked = our_mask != mask && ours >= theirs;
        if masked || ours > most || exact && *encoded != stored {
            wrong.push(format!("{name}: {filters:?}: {ours} {our_mask}, {theirs} {mask}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Writes every chunk as our filters encode it, for `generate.py --check` to give to libhdf5.
#[test]
fn encoded_chunks() {
    let Some(folder) = std::env::var_os("HDFIVE_ENCODED_CHUNKS") else { return };
    let registry = Registry::new();
    for Case { name, filters, chunk, .. } in cases() {
        let (encoded, mask) = pipeline::encode(&filters, Cow::Borrowed(&chunk), &registry).unwrap();
        let bytes = [&mask.to_le_bytes()[..], &encoded].concat();
        fs::write(Path::new(&folder).join(name), bytes).unwrap();
    }
}

#[test]
fn client_data_are_those_of_libhdf5() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/filters");
    let numbers = |text: &str| -> Vec<u32> {
        text.split(',').filter(|v| !v.is_empty()).map(|v| v.parse().unwrap()).collect()
    };
    let bytes = |text: &str| -> Vec<u8> {
        let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    };
    let mut wrong = Vec::new();
    for line in fs::read_to_string(dir.join("client_data.tsv")).unwrap().lines() {
        let [id, wanted, datatype, chunk, fill, expected] =
            line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let (message, sizes) = (bytes(datatype), Sizes { offsets: 8, lengths: 8 });
        let datatype = Datatype::from_bytes_in(&message, 0, sizes, &Limits::DEFAULT, &()).unwrap();
        let chunk: Vec<u64> = numbers(chunk).into_iter().map(u64::from).collect();
        let fill = bytes(fill);
        let local = Local { datatype: &datatype, chunk: &chunk, fill: Some(&fill) };
        let mut expected = numbers(expected);
        if id == "4" {
            // The generator goes past the call that sets these two.
            expected[0] |= 1 | 128;
        }
        let found = local.client_data(id.parse().unwrap(), &numbers(wanted));
        if found.as_ref().ok() != Some(&expected) {
            wrong.push(format!("{line}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
