//! Copies that go past the processor's caches.

use super::pages_around;

/// From so many bytes on, a copy is in no cache before it ends, and pushes out what is.
const LARGE: usize = 32 << 20;
/// Bytes of a map whose pages are touched before they are copied.
const TOUCHED: usize = 4 << 20;

/// Copies `from` to `to`, which are of one length.
///
/// An ordinary store brings the line it writes to into the cache first, which is a third of what a large
/// copy asks of memory, for nothing; a streamed one does not.
pub(crate) fn copy(from: &[u8], to: &mut [u8]) {
    if from.len() < LARGE || from.len() != to.len() {
        to.copy_from_slice(from);
        return;
    }
    for (from, to) in from.chunks(TOUCHED).zip(to.chunks_mut(TOUCHED)) {
        pages_around::touch(from);
        stream(from, to);
    }
}

/// The copy that goes past the caches.
#[cfg(all(target_arch = "x86_64", not(miri)))]
fn stream(from: &[u8], to: &mut [u8]) {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_sfence, _mm_stream_si128};

    /// Bytes of a line of the cache.
    const LINE: usize = 64;
    const VECTOR: usize = size_of::<__m128i>();

    // The processor gathers what is streamed into whole lines, if they start where lines do.
    let head = to.as_ptr().align_offset(LINE).min(to.len()).min(from.len());
    let (from_head, from) = from.split_at(head);
    let (to_head, to) = to.split_at_mut(head);
    to_head.copy_from_slice(from_head);
    let (from_lines, from_tail) = from.as_chunks::<LINE>();
    let (to_lines, to_tail) = to.as_chunks_mut::<LINE>();
    for (from, to) in from_lines.iter().zip(to_lines) {
        let (from, to) = (from.as_ptr().cast::<__m128i>(), to.as_mut_ptr().cast::<__m128i>());
        #[expect(unsafe_code, reason = "no safe function streams")]
        // SAFETY: both point to the 64 bytes of a line each, of which the four vectors are; `to` is
        // aligned to 64 bytes, as its slice starts there and goes on in steps of as many.
        unsafe {
            let line: [__m128i; LINE / VECTOR] =
                std::array::from_fn(|n| _mm_loadu_si128(from.wrapping_add(n)));
            for (n, vector) in line.into_iter().enumerate() {
                _mm_stream_si128(to.wrapping_add(n), vector);
            }
        }
    }
    #[expect(unsafe_code, reason = "no safe function waits for what is streamed")]
    // SAFETY: every processor of this kind has the instruction. Who reads the copy next, on whatever
    // processor, finds all of it.
    unsafe {
        _mm_sfence();
    }
    to_tail.copy_from_slice(from_tail);
}

/// On other processors an ordinary copy is what there is.
#[cfg(not(all(target_arch = "x86_64", not(miri))))]
fn stream(from: &[u8], to: &mut [u8]) {
    to.copy_from_slice(from);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streamed_bytes_are_copied_wherever_they_start_and_end() {
        let from: Vec<u8> = (0..1000_u32).map(|n| (n % 251) as u8).collect();
        for start in [0, 1, 17, 63, 64, 65] {
            for len in [0, 1, 15, 63, 64, 65, 128, 700, 935] {
                let mut to = vec![255; 1200];
                stream(&from[start..start + len], &mut to[3 * start..3 * start + len]);
                assert_eq!(to[3 * start..3 * start + len], from[start..start + len]);
                let around = to[..3 * start].iter().chain(&to[3 * start + len..]);
                assert!(around.into_iter().all(|byte| *byte == 255));
            }
        }
    }

    #[test]
    fn large_copies_are_the_same() {
        let from: Vec<u8> = (0..LARGE + 77).map(|n| (n * 7 / 3) as u8).collect();
        let mut to = vec![0; from.len()];
        copy(&from, &mut to);
        assert!(from == to);
    }
}
