//! Bob Jenkins' lookup3 hash, the checksum of the format's newer structures.

/// The checksum of `bytes`, with initial value 0.
pub(crate) fn lookup3(bytes: &[u8]) -> u32 {
    lookup3_seeded(bytes, 0)
}

/// The hash of `bytes` with the initial value `seed`.
pub(crate) fn lookup3_seeded(bytes: &[u8], seed: u32) -> u32 {
    let len = u32::try_from(bytes.len() & 0xffff_ffff).unwrap_or(u32::MAX);
    let start = 0xdead_beef_u32.wrapping_add(len).wrapping_add(seed);
    let (mut a, mut b, mut c) = (start, start, start);
    let mut rest = bytes;
    while let Some((block, tail)) = rest.split_first_chunk::<12>().filter(|(_, t)| !t.is_empty()) {
        (a, b, c) = add(block, a, b, c);
        (a, b, c) = mix(a, b, c);
        rest = tail;
    }
    if rest.is_empty() {
        return c;
    }
    let mut block = [0; 12];
    for (to, from) in block.iter_mut().zip(rest) {
        *to = *from;
    }
    (a, b, c) = add(&block, a, b, c);
    last(a, b, c)
}

fn add(block: &[u8; 12], a: u32, b: u32, c: u32) -> (u32, u32, u32) {
    let [w0, w1, w2, w3, x0, x1, x2, x3, y0, y1, y2, y3] = *block;
    (
        a.wrapping_add(u32::from_le_bytes([w0, w1, w2, w3])),
        b.wrapping_add(u32::from_le_bytes([x0, x1, x2, x3])),
        c.wrapping_add(u32::from_le_bytes([y0, y1, y2, y3])),
    )
}

fn mix(mut a: u32, mut b: u32, mut c: u32) -> (u32, u32, u32) {
    a = a.wrapping_sub(c) ^ c.rotate_left(4);
    c = c.wrapping_add(b);
    b = b.wrapping_sub(a) ^ a.rotate_left(6);
    a = a.wrapping_add(c);
    c = c.wrapping_sub(b) ^ b.rotate_left(8);
    b = b.wrapping_add(a);
    a = a.wrapping_sub(c) ^ c.rotate_left(16);
    c = c.wrapping_add(b);
    b = b.wrapping_sub(a) ^ a.rotate_left(19);
    a = a.wrapping_add(c);
    c = c.wrapping_sub(b) ^ b.rotate_left(4);
    b = b.wrapping_add(a);
    (a, b, c)
}

fn last(mut a: u32, mut b: u32, mut c: u32) -> u32 {
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    (c ^ b).wrapping_sub(b.rotate_left(24))
}

#[cfg(test)]
mod tests {
    use super::{lookup3, lookup3_seeded};

    #[test]
    fn matches_the_published_vectors() {
        assert_eq!(lookup3(b""), 0xdead_beef);
        assert_eq!(lookup3(b"Four score and seven years ago"), 0x1777_0551);
        assert_eq!(lookup3_seeded(b"Four score and seven years ago", 1), 0xcd62_8161);
    }
}
