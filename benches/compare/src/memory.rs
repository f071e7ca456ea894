//! Memory that the machine has at hand.

/// As much as the largest workload takes.
const BYTES: usize = 1 << 30;

/// Takes memory in huge pages and gives it back, so that whoever asks next finds it at hand.
///
/// In a virtual machine, memory that lies free for some seconds goes back to the host, and to get it again
/// takes twenty times as long as to use it: the program that runs next would pay for that, and the one
/// after it would not.
pub fn fetch_from_host() {
    // SAFETY: a new anonymous mapping overlaps nothing; the other calls are about just that mapping,
    // which nobody else knows of.
    unsafe {
        let start = libc::mmap(
            std::ptr::null_mut(),
            BYTES,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        if start == libc::MAP_FAILED {
            return;
        }
        libc::madvise(start, BYTES, libc::MADV_HUGEPAGE);
        libc::madvise(start, BYTES, libc::MADV_POPULATE_WRITE);
        libc::munmap(start, BYTES);
    }
}
