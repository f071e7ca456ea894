//! The system's clocks.

use std::time::Duration;

/// A moment, to within a few milliseconds: what is asked after each small change must cost less than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RoughMoment(Duration);

impl RoughMoment {
    pub(crate) fn now() -> Self {
        Self(rough_time())
    }

    /// The time from this moment to now.
    pub(crate) fn elapsed(self) -> Duration {
        rough_time().saturating_sub(self.0)
    }
}

/// As of when the system last looked at its clock, which it does at each tick.
#[cfg(all(feature = "mmap", target_os = "linux", not(miri)))]
fn rough_time() -> Duration {
    read(libc::CLOCK_MONOTONIC_COARSE)
}

/// Since this was first asked.
#[cfg(not(all(feature = "mmap", target_os = "linux", not(miri))))]
fn rough_time() -> Duration {
    static FIRST: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    FIRST.get_or_init(std::time::Instant::now).elapsed()
}

/// How long the processor worked for this thread.
#[cfg(all(feature = "mmap", target_os = "linux", not(miri)))]
pub(super) fn time_worked() -> Duration {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

#[cfg(all(feature = "mmap", target_os = "linux", not(miri)))]
fn read(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    #[expect(unsafe_code, reason = "the system's clock fills what it is given")]
    // SAFETY: the pointer is to a value of the type that the call writes.
    unsafe {
        libc::clock_gettime(clock, &raw mut time);
    }
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rough_time_passes_as_time_does() {
        let (rough, exact) = (RoughMoment::now(), std::time::Instant::now());
        std::thread::sleep(Duration::from_millis(100));
        let (rough, exact) = (rough.elapsed(), exact.elapsed());
        assert!(rough.abs_diff(exact) < Duration::from_millis(50), "{rough:?} for {exact:?}");
        assert!(RoughMoment::now() >= RoughMoment(Duration::ZERO));
    }
}
