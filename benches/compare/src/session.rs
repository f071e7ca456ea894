//! One program doing one piece of work, some times over, in a process of its own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// No more repetitions once they took this long together.
const ENOUGH: Duration = Duration::from_millis(1500);

/// Repetitions of short work.
const MOST: usize = 20;

/// What one process measures.
pub struct Session {
    data: PathBuf,
    folder: PathBuf,
    times: Vec<Measured>,
    check: Option<u64>,
    /// Bytes of the result that the work hands over, as those may be in memory.
    result_bytes: u64,
    /// Bytes of the files that the work made or read.
    file_bytes: u64,
    /// Letting go of the result is timed, too.
    times_release: bool,
}

/// One repetition, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    pub wall: f64,
    pub cpu: f64,
}

impl Session {
    /// With the generated files in `data`.
    pub fn new(data: &Path) -> Result<Self> {
        let folder = data.join(format!("made-{}", std::process::id()));
        Ok(Self {
            data: data.to_path_buf(),
            folder,
            times: Vec::new(),
            check: None,
            result_bytes: 0,
            file_bytes: 0,
            times_release: false,
        })
    }

    /// A generated file to read.
    pub fn input(&mut self, name: &str) -> PathBuf {
        let path = self.data.join(name);
        self.file_bytes =
            self.file_bytes.max(std::fs::metadata(&path).map_or(0, |found| found.len()));
        path
    }

    /// A generated file of plain numbers, in memory.
    pub fn numbers<T: Number>(&self, name: &str) -> Result<Vec<T>> {
        let bytes = std::fs::read(self.data.join(name))
            .with_context(|| format!("no {name}: run generate.py"))?;
        Ok(bytes.chunks_exact(size_of::<T>()).map(T::from_bytes).collect())
    }

    /// Where a file to be written goes; nothing is there.
    pub fn output(&self) -> Result<PathBuf> {
        std::fs::create_dir_all(&self.folder)?;
        let path = self.folder.join("out.h5");
        if path.exists() {
            std::fs::remove_file(&path)?;
        }
        Ok(path)
    }

    /// Says how large the result is that the work hands over: it may be in memory beside all else.
    pub fn hands_over(&mut self, bytes: usize) {
        self.result_bytes = bytes as u64;
    }

    /// Counts letting go of the result as well: where it is many pieces of memory, which each program
    /// must give back one by one, it is a part of the work.
    pub fn time_release(&mut self) {
        self.times_release = true;
    }

    /// Times `work`, some times over. `check` boils down what it read, so that it is seen that all
    /// programs read the same; that is not timed, nor is letting go of the result where
    /// [`Self::time_release`] was not called.
    pub fn time<R>(
        &mut self,
        mut work: impl FnMut() -> Result<R>,
        check: impl Fn(&R) -> u64,
    ) -> Result<()> {
        self.time_prepared(|_| Ok(()), |()| work(), check)
    }

    /// As [`Self::time`], for work that needs something made anew each time, which is not timed.
    pub fn time_prepared<P, R>(
        &mut self,
        prepare: impl Fn(&Self) -> Result<P>,
        mut work: impl FnMut(P) -> Result<R>,
        check: impl Fn(&R) -> u64,
    ) -> Result<()> {
        let begun = Instant::now();
        while self.times.len() < MOST && (self.times.is_empty() || begun.elapsed() < ENOUGH) {
            let prepared = prepare(self)?;
            let (cpu, start) = (processor_time(), Instant::now());
            let result = work(prepared)?;
            let wall = start.elapsed().as_secs_f64();
            let mut time = Measured { wall, cpu: processor_time() - cpu };
            let found = check(&result);
            let (cpu, start) = (processor_time(), Instant::now());
            drop(result);
            if self.times_release {
                time.wall += start.elapsed().as_secs_f64();
                time.cpu += processor_time() - cpu;
            }
            self.times.push(time);
            anyhow::ensure!(
                self.check.is_none_or(|before| before == found),
                "another result than before"
            );
            self.check = Some(found);
        }
        Ok(())
    }

    /// What the process that started this one reads.
    pub fn report(&self) -> Result<String> {
        let mut out = String::new();
        for time in &self.times {
            writeln!(out, "time {} {}", time.wall, time.cpu)?;
        }
        writeln!(out, "check {}", self.check.context("nothing was timed")?)?;
        writeln!(out, "peak {}", peak_memory()?)?;
        writeln!(out, "result {}", self.result_bytes)?;
        let made = std::fs::metadata(self.folder.join("out.h5")).map_or(0, |found| found.len());
        writeln!(out, "file {}", self.file_bytes.max(made))?;
        Ok(out)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// Numbers that stand in the generated files without any format.
pub trait Number: Sized {
    /// From little-endian bytes, as many as it has.
    fn from_bytes(bytes: &[u8]) -> Self;
}

macro_rules! number {
    ($($t:ty),*) => {$(
        impl Number for $t {
            fn from_bytes(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().expect("cut to size"))
            }
        }
    )*};
}

number!(f32, u16);

/// Boils numbers down to one that depends on each of them and on their order.
pub fn fold<T: Copy>(values: &[T], bits: impl Fn(T) -> u64) -> u64 {
    values
        .iter()
        .fold(0u64, |sum, value| (sum ^ bits(*value)).wrapping_mul(0x100_0000_01b3).rotate_left(9))
}

/// [`fold`] of floats.
pub fn fold_f64(values: &[f64]) -> u64 {
    fold(values, f64::to_bits)
}

/// [`fold`] of small floats.
pub fn fold_f32(values: &[f32]) -> u64 {
    fold(values, |value| value.to_bits().into())
}

/// The same numbers each time, for places in a file.
pub struct Places(u64);

impl Places {
    /// From one seed.
    pub fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    /// One below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound
    }
}

/// Seconds that the processors worked for this process, its threads included.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let main: f64 = stat.split_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or(0.0);
    let tasks = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if tasks < 2 {
        return main / 1e9;
    }
    let entries = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let each =
        entries.filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok());
    each.filter_map(|stat| stat.split_whitespace().next().and_then(|ns| ns.parse::<f64>().ok()))
        .sum::<f64>()
        / 1e9
}

/// Most bytes that this process had in memory at any time.
fn peak_memory() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024)
}
