//! What encoders of the LZ77 kind look for: bytes that stood before.

/// The four bytes at `at`, the first one lowest.
#[inline(always)]
pub(super) fn word_at(input: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*input.get(at..)?.first_chunk()?))
}

/// How many bytes at the front are the same.
#[inline(always)]
#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a hot loop, up to the shorter length"
)]
pub(super) fn common(earlier: &[u8], now: &[u8]) -> usize {
    let earlier = earlier.get(..now.len()).unwrap_or(earlier);
    let mut len = 0;
    while let (Some(a), Some(b)) = (earlier[len..].first_chunk(), now[len..].first_chunk()) {
        let differ = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differ != 0 {
            return len + (differ.trailing_zeros() / 8) as usize;
        }
        len += 8;
    }
    len + earlier[len..].iter().zip(&now[len..]).take_while(|(a, b)| a == b).count()
}
