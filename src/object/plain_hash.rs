//! A hash for keys that are numbers: addresses, hashes, coordinates of chunks.
//!
//! The maps that use it hold what a program changes or writes, some megabytes of it at most. The usual
//! hash, which nobody can foresee, takes longer than what is looked up.

use std::hash::{BuildHasherDefault, Hasher};

/// Maps by such keys.
pub(crate) type BuildPlainHash = BuildHasherDefault<PlainHash>;

#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct PlainHash(u64);

impl Hasher for PlainHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        rest.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(crate::codec::wide(number));
    }

    fn write_u64(&mut self, number: u64) {
        // Tables look at the highest bits, too, and addresses are multiples of 8.
        let product = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ (product >> 32);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn keys_near_each_other_go_to_places_of_their_own() {
        let build = BuildPlainHash::default();
        let coordinates = (0..64_u64).flat_map(|a| (0..64).map(move |b| vec![a, b, 0]));
        let hashes: Vec<u64> = coordinates.map(|one| build.hash_one(one.as_slice())).collect();
        let addresses: Vec<u64> = (0..4096_u64).map(|n| build.hash_one(n * 8 + 2048)).collect();
        for hashes in [hashes, addresses] {
            // As tables take them: low bits for the place, high ones to tell apart what is there.
            for part in [|hash: &u64| hash & 0xfff, |hash: &u64| hash >> 52] {
                let places: HashSet<u64> = hashes.iter().map(part).collect();
                assert!(places.len() > 1500, "{} of 4096", places.len());
            }
            assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), 4096);
        }
    }
}
