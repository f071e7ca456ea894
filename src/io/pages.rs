//! Memory for large results.

use bytemuck::Zeroable;

#[cfg(all(feature = "mmap", target_os = "linux", not(miri)))]
use super::clock::time_worked;

/// Results below this many bytes come from memory that the allocator has at hand, or soon has again.
const LARGE: usize = 4 << 20;
/// Zeros of at most so many bytes are written here: allocators have memory of these sizes at hand, but
/// not where it is to be zero.
const SMALL: usize = 1 << 10;

/// As many zeros, or nothing where there is no memory for them.
///
/// Fresh memory costs its system more than reading does, above all by the number of pages: what is
/// large is asked for in huge pages, and no byte is touched before it is read into.
pub(crate) fn zeroed<T: Zeroable>(count: usize) -> Option<Vec<T>> {
    if count.saturating_mul(size_of::<T>()) <= SMALL {
        return Some(std::iter::repeat_with(T::zeroed).take(count).collect());
    }
    let mut values = bytemuck::allocation::try_zeroed_vec(count).ok()?;
    prefer_huge_pages(&mut values);
    Some(values)
}

/// Room for `count` more values, or nothing where there is no memory for them: [`zeroed`] for what
/// is put in one by one.
pub(crate) fn reserve_exact<T>(values: &mut Vec<T>, count: usize) -> Option<()> {
    let had = values.capacity();
    values.try_reserve_exact(count).ok()?;
    if values.capacity() != had {
        prefer_huge_pages(values);
    }
    Some(())
}

/// Whether `values` have so much room that their memory is fresh.
pub(crate) fn is_large<T>(values: &Vec<T>) -> bool {
    values.capacity().saturating_mul(size_of::<T>()) >= LARGE
}

/// Asks for the memory behind `values` in huge pages, where it is large, as long as they come fast;
/// the values are what they were.
///
/// Where the system itself has to ask for memory, as in a virtual machine whose host took back what was
/// free, a huge page takes several times as long as the small ones in its place, which are mostly at
/// hand: so the first page of each part is made at once, and timed.
#[cfg(all(feature = "mmap", target_os = "linux", not(miri)))]
fn prefer_huge_pages<T>(values: &mut Vec<T>) {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    /// Of the huge pages; on machines where they are larger, less is asked for than could be.
    const HUGE_PAGE: usize = 2 << 20;
    /// Parts of the memory, each of which is tried.
    const PARTS: usize = 32;
    /// More than a huge page takes; small pages take about 1 ms for as many bytes.
    const SLOW: Duration = Duration::from_micros(1500);
    /// Bytes for which none are asked for once they were slow.
    const PAUSE: usize = 64 << 20;
    /// What is left of that.
    static PAUSED: AtomicUsize = AtomicUsize::new(0);

    let bytes = values.capacity().saturating_mul(size_of::<T>());
    if bytes < LARGE {
        return;
    }
    let memory = values.as_mut_ptr().cast::<u8>();
    let before = memory.align_offset(HUGE_PAGE);
    let whole = bytes.saturating_sub(before) & !(HUGE_PAGE - 1);
    let paused = PAUSED.load(Ordering::Relaxed);
    if paused > 0 {
        PAUSED.store(paused.saturating_sub(bytes), Ordering::Relaxed);
        return;
    }
    let part = (whole / PARTS).next_multiple_of(HUGE_PAGE).max(2 * HUGE_PAGE);
    for start in (0..whole).step_by(part) {
        let at = memory.wrapping_add(before.saturating_add(start));
        let len = part.min(whole.saturating_sub(start));
        advise(at, len, libc::MADV_HUGEPAGE);
        let begun = time_worked();
        advise(at, HUGE_PAGE.min(len), libc::MADV_POPULATE_WRITE);
        if time_worked().saturating_sub(begun) > SLOW {
            PAUSED.store(PAUSE, Ordering::Relaxed);
            advise(
                at.wrapping_add(HUGE_PAGE),
                len.saturating_sub(HUGE_PAGE),
                libc::MADV_NOHUGEPAGE,
            );
            return;
        }
    }
}

/// Has the system make the memory for all that `values` have room for, where it is large; they are what
/// they were. Page by page, as each is first written to, that takes a third longer.
///
/// Only for what is sure to be read: memory that is not made does not count as taken.
#[cfg(all(feature = "mmap", target_os = "linux", not(miri)))]
pub(crate) fn make<T>(values: &mut Vec<T>) {
    /// Whole pages, on machines that have large ones, too.
    const ALIGN: usize = 64 << 10;

    let bytes = values.capacity().saturating_mul(size_of::<T>());
    if bytes < LARGE {
        return;
    }
    let memory = values.as_mut_ptr().cast::<u8>();
    let before = memory.align_offset(ALIGN);
    let whole = bytes.saturating_sub(before) & !(ALIGN - 1);
    advise(memory.wrapping_add(before), whole, libc::MADV_POPULATE_WRITE);
}

/// Other systems make it when it is written to.
#[cfg(not(all(feature = "mmap", target_os = "linux", not(miri))))]
pub(crate) fn make<T>(_: &mut Vec<T>) {}

/// Advises the system about `len` bytes of memory, which begin on a page; that it may not listen does
/// not matter.
#[cfg(all(feature = "mmap", target_os = "linux", not(miri)))]
fn advise(memory: *mut u8, len: usize, advice: libc::c_int) {
    if len == 0 {
        return;
    }
    #[expect(unsafe_code, reason = "advice about memory that is ours changes nothing in it")]
    // SAFETY: the range lies within an allocation that the caller owns; the pieces of advice given here
    // alter neither what is in memory nor who may use it.
    unsafe {
        libc::madvise(memory.cast(), len, advice);
    }
}

/// Other systems decide by themselves.
#[cfg(not(all(feature = "mmap", target_os = "linux", not(miri))))]
fn prefer_huge_pages<T>(_: &mut Vec<T>) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_results_are_zeros_of_the_length_asked_for() {
        for count in [0, 1, 1000, LARGE / 8, (9 << 20) / 8 + 1] {
            let values: Vec<u64> = zeroed(count).unwrap();
            assert_eq!(values.len(), count);
            assert!(values.iter().all(|value| *value == 0));
        }
        assert!(zeroed::<u64>(usize::MAX / 8).is_none());
    }

    #[test]
    fn values_stay_when_room_is_made_behind_them() {
        let mut values = vec![7u8, 8, 9];
        reserve_exact(&mut values, 5 << 20).unwrap();
        make(&mut values);
        assert!(values.capacity() >= (5 << 20) + 3);
        assert_eq!(values, [7, 8, 9]);
        values.resize(5 << 20, 1);
        assert_eq!(values.get(..4), Some([7, 8, 9, 1].as_slice()));
        assert!(reserve_exact(&mut values, usize::MAX).is_none());
    }
}
