//! Bitmaps of the pages that were written, as blocks of chunk arrays hold them: bit `n` is counted
//! from the most significant of the first byte.

/// Whether bit `n` is there and set.
pub(crate) fn is_set(bitmap: &[u8], n: u64) -> bool {
    place(n).and_then(|(byte, mask)| Some(bitmap.get(byte)? & mask != 0)).unwrap_or(false)
}

/// Sets bit `n`, where it is there.
pub(crate) fn set(bitmap: &mut [u8], n: u64) {
    if let Some((byte, mask)) = place(n)
        && let Some(byte) = bitmap.get_mut(byte)
    {
        *byte |= mask;
    }
}

fn place(n: u64) -> Option<(usize, u8)> {
    let mask = 0x80_u8.checked_shr(u32::try_from(n % 8).ok()?)?;
    Some((usize::try_from(n / 8).ok()?, mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_count_from_the_top() {
        let mut bitmap = [0; 2];
        [0, 2, 15, 16].into_iter().for_each(|n| set(&mut bitmap, n));
        assert_eq!(bitmap, [0xa0, 0x01]);
        let found: Vec<u64> = (0..20).filter(|n| is_set(&bitmap, *n)).collect();
        assert_eq!(found, [0, 2, 15]);
    }
}
