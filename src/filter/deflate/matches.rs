//! Where bytes stood before: the longest match for each place of the input.
//!
//! Places with the same four bytes are chained, latest first. Of those with the same three bytes,
//! only the latest is known, for a match that short is of use only where it is near.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "hot loops; a distance is checked to lie in the input before it is used"
)]

/// Longest match, in bytes.
pub(super) const MAX_LENGTH: usize = 258;
/// Farthest match, in bytes, plus one.
const WINDOW: usize = 1 << 15;
/// Most bits of hashes of three and of four bytes.
const BITS_3: u32 = 15;
const BITS_4: u32 = 17;

/// `length` bytes that also stand `distance` bytes before. No match at all has length 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) length: u32,
    pub(super) distance: u32,
}

impl Match {
    const NONE: Self = Self { length: 0, distance: 0 };

    #[inline]
    fn new(length: usize, distance: usize) -> Self {
        Self { length: length as u32, distance: distance as u32 }
    }
}

/// How far to search for one match.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search {
    /// Places to look at.
    pub(super) depth: u32,
    /// A match of that many bytes is not looked beyond.
    pub(super) nice: u32,
    /// Where the latest place with the same hash has other bytes, it is not looked at those before it: one
    /// look a place that is hardly ever worth another, where there is nothing to be found.
    pub(super) is_quick: bool,
}

/// Where bytes stood last, kept from input to input.
///
/// Places are kept modulo 2^16, so that the tables stay small. One of long ago may pass for one
/// in the window: it is compared like any other, and does no harm.
#[derive(Debug)]
pub(super) struct Places {
    /// By hash of three bytes, the latest place that has it.
    latest3: Box<[u16; 1 << BITS_3]>,
    /// By hash of four bytes, of as many bits as the input has places for, up to all.
    latest4: Box<[u16; 1 << BITS_4]>,
    /// By place modulo window, the place before with the same hash of four bytes.
    earlier: Box<[u16; WINDOW]>,
}

impl Places {
    pub(super) fn new() -> Self {
        Self { latest3: zeros(), latest4: zeros(), earlier: zeros() }
    }
}

/// Finds matches. Every place has to be given to it, in order.
#[derive(Debug)]
pub(super) struct Finder<'a> {
    input: &'a [u8],
    pub(super) places: Places,
    /// Bits that are not taken of hashes of three and of four bytes.
    shifts: (u32, u32),
    /// The first place that is not noted yet.
    new: usize,
    /// What [`note`](Self::note) gave for the place before that.
    latest: (u16, u16),
}

impl<'a> Finder<'a> {
    /// `short_bits`: those of hashes of three bytes, where the input has so many places.
    pub(super) fn new(input: &'a [u8], mut places: Places, short_bits: u32) -> Self {
        let bits = input.len().max(1).ilog2() + 1;
        let (bits_3, bits_4) = (bits.min(short_bits).min(BITS_3), bits.min(BITS_4));
        // As in new ones: what is found must not depend on what was looked for before.
        places.latest3[..1 << bits_3].fill(0);
        places.latest4[..1 << bits_4].fill(0);
        places.earlier[..input.len().min(WINDOW)].fill(0);
        Self { input, places, shifts: (32 - bits_3, 32 - bits_4), new: 0, latest: (0, 0) }
    }

    /// Notes the places up to `end` without looking for matches.
    #[inline]
    pub(super) fn skip(&mut self, end: usize) {
        for at in self.new..end {
            let Some(bytes) = self.input[at..].first_chunk() else { return };
            self.latest = self.note(u32::from_le_bytes(*bytes), at);
        }
        self.new = self.new.max(end);
    }

    /// Notes the place `at`, where the bytes of `word` stand; gives the latest places with the
    /// same three and four bytes.
    #[inline(always)]
    fn note(&mut self, word: u32, at: usize) -> (u16, u16) {
        const SPREAD: u32 = 0x9E37_79B1;
        let hash3 = (word << 8).wrapping_mul(SPREAD) >> self.shifts.0 & ((1 << BITS_3) - 1);
        let hash4 = word.wrapping_mul(SPREAD) >> self.shifts.1 & ((1 << BITS_4) - 1);
        let latest3 = std::mem::replace(&mut self.places.latest3[hash3 as usize], at as u16);
        let latest4 = std::mem::replace(&mut self.places.latest4[hash4 as usize], at as u16);
        self.places.earlier[at % WINDOW] = latest4;
        (latest3, latest4)
    }

    /// What stands at `at` and `distance` bytes before as well.
    pub(super) fn at_distance(&self, at: usize, distance: u32) -> Match {
        let earlier = at.checked_sub(distance as usize).map(|start| &self.input[start..]);
        let (Some(earlier), Some(now)) = (earlier, self.input.get(at..)) else {
            return Match::NONE;
        };
        let most = now.len().min(MAX_LENGTH);
        Match { length: common(earlier, &now[..most]) as u32, distance }
    }

    /// Notes the place `at`, and gives the longest match there that is longer than `than`.
    ///
    /// `is_next`: the place behind will be given next. What the tables hold for it, which is far, is then fetched
    /// before it turns out what is found here, which no processor guesses. Most places of most data have no
    /// match, so that looking for the first stands where it is called, and comparing further ones does not.
    #[inline(always)]
    pub(super) fn longest(&mut self, at: usize, than: u32, search: Search, is_next: bool) -> Match {
        let rest = &self.input[at..];
        let Some(word) = rest.first_chunk() else { return Match::NONE };
        let word = u32::from_le_bytes(*word);
        let (latest3, latest4) = if at < self.new { self.latest } else { self.note(word, at) };
        self.new = self.new.max(at + 1);
        let next = rest.get(1..).and_then(<[u8]>::first_chunk);
        if let Some(next) = next.filter(|_| is_next) {
            self.latest = self.note(u32::from_le_bytes(*next), at + 1);
            self.new = at + 2;
        }
        let window = (WINDOW - 1).min(at);
        let most = rest.len().min(MAX_LENGTH);
        let (mut best, mut length) = (Match::NONE, than as usize);
        if length < 3 {
            let distance = distance(at, latest3);
            if distance.wrapping_sub(1) < window
                && word_at(self.input, at - distance) << 8 == word << 8
            {
                best = Match::new(3, distance);
            }
            length = 3;
        }
        if length >= most {
            return best;
        }
        let latest = self.input.get(at.wrapping_sub(distance(at, latest4))..).unwrap_or_default();
        if search.is_quick && word_at(latest, 0) != word {
            return best;
        }
        self.longer(at, (best, length), latest4, search)
    }

    /// The longest match at `at` of more than `length` bytes, `latest` being the last place with the same hash;
    /// `best` where there is none.
    #[inline(never)]
    fn longer(
        &self,
        at: usize,
        (mut best, mut length): (Match, usize),
        latest: u16,
        search: Search,
    ) -> Match {
        let Search { depth, nice, .. } = search;
        let rest = &self.input[at..];
        let (word, window) = (word_at(rest, 0), (WINDOW - 1).min(at));
        let most = rest.len().min(MAX_LENGTH);
        // The bytes that a longer match has to have at its end.
        let mut end = word_at(rest, length - 3);
        let (mut left, mut last, mut place) = (depth, 0, latest);
        loop {
            let distance = distance(at, place);
            // A place no farther than the last is of another round.
            if distance.wrapping_sub(last + 1) >= window - last {
                break;
            }
            let earlier = &self.input[at - distance..];
            if word_at(earlier, length - 3) == end && word_at(earlier, 0) == word {
                let found = common(earlier, &rest[..most]);
                if found > length {
                    best = Match::new(found, distance);
                    if best.length >= nice || found == most {
                        break;
                    }
                    length = found;
                    end = word_at(rest, length - 3);
                }
            }
            left -= 1;
            if left == 0 {
                break;
            }
            last = distance;
            place = self.places.earlier[(at - distance) % WINDOW];
        }
        best
    }
}

/// How far `place` is before `at`, modulo 2^16.
#[inline]
fn distance(at: usize, place: u16) -> usize {
    usize::from((at as u16).wrapping_sub(place))
}

/// Zeros on the heap, without going over the stack.
fn zeros<const N: usize>() -> Box<[u16; N]> {
    vec![0; N].into_boxed_slice().try_into().unwrap_or_else(|_| Box::new([0; N]))
}

/// The four bytes at `at`, as far as there are any.
#[inline]
fn word_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |word| u32::from_le_bytes(*word))
}

/// How many bytes of `now` stand at the front of `earlier` too, which is at least as long.
#[inline]
fn common(earlier: &[u8], now: &[u8]) -> usize {
    let words = earlier.as_chunks::<8>().0.iter().zip(now.as_chunks::<8>().0);
    let mut length = 0;
    for (a, b) in words {
        let differ = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differ != 0 {
            return length + (differ.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    length + earlier[length..].iter().zip(&now[length..]).take_while(|(a, b)| a == b).count()
}
