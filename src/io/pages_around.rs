//! What a first touch of a map costs: the system brings the pages around that one into the address space as well,
//! and takes them out of it again in the end, which is longer than to copy a few bytes of the file.

/// Bytes of pages that come with one that is touched.
const AROUND: u64 = 64 << 10;
/// Longest run for which that is too much.
const LONGEST: u64 = 4 << 10;

/// Whether runs of `len` bytes whose starts are `distance` apart share none of these pages.
pub(crate) fn are_apart(len: u64, distance: u64) -> bool {
    len <= LONGEST && distance >= AROUND
}

/// How many times bytes of a map of `len` are rather read from its file: together they take no longer than to
/// bring all its pages, after which they are there.
#[cfg(all(feature = "mmap", unix))]
pub(super) fn reads_instead(len: usize) -> u64 {
    u64::try_from(len).map_or(0, |len| len / AROUND)
}

/// Brings the pages of `bytes`, which may lie in a map, into the address space: a copy that is stopped for each
/// of them takes a tenth longer.
pub(crate) fn touch(bytes: &[u8]) {
    let step = usize::try_from(AROUND).unwrap_or(usize::MAX);
    let some = bytes.iter().step_by(step);
    std::hint::black_box(some.fold(0, |all, byte| all ^ byte));
}

/// Whether `len` bytes are few enough to be read instead.
#[cfg(all(feature = "mmap", unix))]
pub(super) fn are_few(len: usize) -> bool {
    u64::try_from(len).is_ok_and(|len| len <= LONGEST)
}
