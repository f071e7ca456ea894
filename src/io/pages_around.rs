//! What a first touch of a map costs: the system brings the pages around that one into the address space as well,
//! and takes them out of it again in the end, which is longer than to copy a few bytes of the file.

use std::time::{Duration, Instant};

/// Bytes of pages that come with one that is touched.
const AROUND: u64 = 64 << 10;
/// Longest run for which that is too much.
const LONGEST: u64 = 4 << 10;

/// Whether runs of `len` bytes whose starts are `distance` apart share none of these pages. Where there are
/// no maps, there are none of these either.
pub(crate) fn are_apart(len: u64, distance: u64) -> bool {
    cfg!(all(feature = "mmap", unix)) && len <= LONGEST && distance >= AROUND
}

/// Pieces that are timed together: a look at the clock takes as long as the faster way.
const TOGETHER: usize = 4;
/// How many times as many are read each way before one is chosen.
const TRIED: usize = 3;
/// Pieces before the first trial: the system reads the first megabytes of a file in smaller pieces than the rest.
const BEFORE: u64 = 512;
/// How many times as many there are before the next one.
const FURTHER: u64 = 4;
/// Fewer pieces are not worth a trial: one of the ways takes up to ten times as long as the other.
const MANY: u64 = 1024;

/// How pieces of a map that share no pages around them are read: from the file, or from the map.
///
/// Where the system holds the file in single pages, to read is the faster one, by far; where it holds it in large
/// pieces, as it does a file that was read in one go, to touch the map is. Nothing tells which it is but
/// the time that some pieces take, here and there.
#[derive(Debug)]
pub(crate) struct Way {
    now: Chosen,
    /// Pieces until the next trial, where there will be one, and how many there were.
    before: Option<(u64, u64)>,
    /// The one under way.
    trial: Option<Trial>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chosen {
    File,
    Map,
}

/// Both ways in turn, and how long they took.
#[derive(Debug, Default)]
struct Trial {
    /// When the pieces that are timed together began, and how many were read since.
    begun: Option<(Instant, usize)>,
    file: Vec<Duration>,
    map: Vec<Duration>,
}

impl Way {
    /// For so many pieces.
    pub(crate) fn of(pieces: u64) -> Self {
        let before = (pieces >= MANY).then_some((BEFORE, BEFORE));
        Self { now: Chosen::File, before, trial: None }
    }

    /// Reads one piece into `to`, either way.
    pub(crate) fn read<E>(
        &mut self,
        to: &mut [u8],
        file: impl FnOnce(&mut [u8]) -> Result<(), E>,
        map: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        match (&mut self.trial, &mut self.before) {
            (Some(trial), _) => {
                let (_, read) = trial.begun.get_or_insert_with(|| (Instant::now(), 0));
                *read = read.saturating_add(1);
            }
            (None, Some((0, all))) => {
                let all = all.saturating_mul(FURTHER);
                self.before = Some((all, all));
                self.trial = Some(Trial { begun: Some((Instant::now(), 1)), ..Trial::default() });
            }
            (None, Some((left, _))) => *left = left.saturating_sub(1),
            (None, None) => {}
        }
        match self.now {
            Chosen::File => file(to),
            Chosen::Map => map(to),
        }?;
        if let Some(trial) = &mut self.trial
            && let Some((begun, TOGETHER)) = trial.begun
        {
            trial.begun = None;
            self.note(begun.elapsed());
        }
        Ok(())
    }

    /// What some pieces took in the way of now: the other way is next, or one is chosen.
    #[cold]
    fn note(&mut self, time: Duration) {
        let Some(trial) = &mut self.trial else { return };
        match self.now {
            Chosen::File => {
                trial.file.push(time);
                self.now = Chosen::Map;
            }
            Chosen::Map => {
                trial.map.push(time);
                self.now = Chosen::File;
            }
        }
        if trial.file.len().min(trial.map.len()) >= TRIED {
            self.now = choose(&mut trial.file, &mut trial.map);
            self.trial = None;
        }
    }
}

/// The faster way, by the times of some pieces. What is touched takes half as long again when it is
/// unmapped.
fn choose(file: &mut [Duration], map: &mut [Duration]) -> Chosen {
    let median = |times: &mut [Duration]| {
        times.sort_unstable();
        times.get(times.len() >> 1).copied().unwrap_or_default()
    };
    match median(map).mul_f32(1.5) < median(file) {
        true => Chosen::Map,
        false => Chosen::File,
    }
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn the_faster_way_is_chosen_whatever_single_pieces_take() {
        let nanos = |all: [u64; 5]| all.map(Duration::from_nanos);
        let read = [800, 700, 90_000, 900, 750];
        let chosen = |map| choose(&mut nanos(read), &mut nanos(map));
        assert_eq!(chosen([2500, 70, 3000, 2000, 1900]), Chosen::File);
        assert_eq!(chosen([150, 99, 8000, 90, 180]), Chosen::Map);
        // To unmap it takes half as long.
        assert_eq!(chosen([600; 5]), Chosen::File);
        assert_eq!(chosen([500; 5]), Chosen::Map);
    }

    /// Which ways `pieces` are read, where one takes longer.
    fn ways(pieces: u64, slow: Chosen) -> Vec<Chosen> {
        let (mut way, ways) = (Way::of(pieces), RefCell::new(Vec::new()));
        for piece in 0..pieces {
            let done = |to: &mut [u8], own| {
                if own == slow {
                    std::thread::sleep(Duration::from_micros(20));
                }
                to.fill(piece as u8);
                ways.borrow_mut().push(own);
                Ok::<_, ()>(())
            };
            let mut to = [0];
            way.read(&mut to, |to| done(to, Chosen::File), |to| done(to, Chosen::Map)).unwrap();
            assert_eq!(to, [piece as u8]);
        }
        ways.into_inner()
    }

    #[test]
    fn both_ways_are_tried_here_and_there_and_one_goes_on() {
        for (slow, fast) in [(Chosen::File, Chosen::Map), (Chosen::Map, Chosen::File)] {
            let trial = 2 * TRIED * TOGETHER;
            let ways = ways(BEFORE * (1 + FURTHER) + 2 * trial as u64 + 100, slow);
            let (before, rest) = ways.split_at(BEFORE as usize);
            assert_eq!(before, vec![Chosen::File; before.len()]);
            let (tried, rest) = rest.split_at(trial);
            let both = [[Chosen::File; TOGETHER], [Chosen::Map; TOGETHER]];
            assert_eq!(tried, both.concat().repeat(TRIED));
            let (between, rest) = rest.split_at((BEFORE * FURTHER) as usize);
            assert_eq!(between, vec![fast; between.len()]);
            // What was chosen is tried first.
            let (tried, rest) = rest.split_at(trial);
            let both = [[fast; TOGETHER], [slow; TOGETHER]];
            assert_eq!(tried, both.concat().repeat(TRIED));
            assert_eq!(rest, vec![fast; 100]);
        }
        assert_eq!(ways(MANY - 1, Chosen::File), vec![Chosen::File; MANY as usize - 1]);
    }

    #[test]
    fn an_error_of_either_way_is_told() {
        let mut way = Way::of(MANY);
        let (fails, works) = (|_: &mut [u8]| Err("no"), |_: &mut [u8]| Ok(()));
        assert_eq!(way.read(&mut [], fails, works), Err("no"));
        while way.now == Chosen::File {
            assert_eq!(way.read(&mut [], works, fails), Ok(()));
        }
        assert_eq!(way.read(&mut [], works, fails), Err("no"));
        assert_eq!(way.read(&mut [], fails, works), Ok(()));
    }
}
