//! Names and tags inside a datatype.

use crate::codec::{Decoder, Encoder, wide};
use crate::error::Result;

/// Longest opaque tag, in bytes.
const TAG_MAX: usize = 248;

/// A member's name: padded to a multiple of 8 bytes before version 3.
pub(super) fn decode_name(
    d: &mut Decoder<'_>,
    field: &'static str,
    version: u8,
) -> Result<Vec<u8>> {
    let name = d.nul_terminated(field)?.to_vec();
    if version < 3 {
        d.skip(field, padding(name.len().saturating_add(1)))?;
    }
    Ok(name)
}

pub(super) fn encode_name(
    e: &mut Encoder,
    field: &'static str,
    name: &[u8],
    version: u8,
) -> Result<()> {
    if name.contains(&0) {
        return Err(e.broken(field, "a name holds a NUL"));
    }
    e.bytes(name);
    e.u8(0);
    if version < 3 {
        e.zeros(padding(name.len().saturating_add(1)));
    }
    Ok(())
}

/// An opaque type's tag: `len` bytes, a multiple of 8, with no NUL where it fills them.
pub(super) fn decode_tag(d: &mut Decoder<'_>, len: u8) -> Result<Vec<u8>> {
    if !len.is_multiple_of(8) {
        let problem = format!("a tag of {len} bytes, not a multiple of 8");
        return Err(d.broken("ASCII Tag", problem));
    }
    let bytes = d.bytes("ASCII Tag", len.into())?;
    Ok(bytes.iter().copied().take_while(|byte| *byte != 0).collect())
}

pub(super) fn encode_tag(e: &mut Encoder, tag: &[u8]) {
    e.bytes(tag);
    e.zeros(padding(tag.len()));
}

/// The stored length of a tag, which is the class bits.
pub(super) fn tag_len(e: &Encoder, tag: &[u8]) -> Result<u32> {
    if tag.len() > TAG_MAX || tag.contains(&0) {
        return Err(e.broken("ASCII Tag", "a tag is longer than 248 bytes, or holds a NUL"));
    }
    let len = wide(tag.len().saturating_add(padding(tag.len())));
    u32::try_from(len).map_err(|_| e.broken("ASCII Tag", "a tag is too long"))
}

/// Bytes from `len` to the next multiple of 8.
fn padding(len: usize) -> usize {
    len.next_multiple_of(8).saturating_sub(len)
}
