//! The threads that chunks are decoded and encoded by. Who may use how many is decided here alone.

use std::sync::Arc;

use crate::error::Result;

/// The threads that work on the chunks of one file, or of all files opened with the same options.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workers(Kind);

#[derive(Debug, Clone, Default)]
enum Kind {
    /// Those of the program, one a core.
    #[default]
    All,
    /// None but the thread that asks.
    One,
    /// Some of their own.
    Own(Arc<Pool>),
}

impl Workers {
    /// So many threads; 0 for one a core.
    pub(crate) fn new(threads: usize) -> Self {
        Self(match threads {
            0 => Kind::All,
            1 => Kind::One,
            threads => Kind::Own(Arc::new(Pool::new(threads))),
        })
    }

    /// How many work at once. Of the program's own threads that is known once they are started, which
    /// this does: what is too small for them is not to ask.
    pub(crate) fn count(&self) -> usize {
        match &self.0 {
            Kind::All => all(),
            Kind::One => 1,
            Kind::Own(pool) => pool.count(),
        }
    }

    /// Calls `map` with each of `items`; gives what it gives, in the order of the items.
    ///
    /// # Errors
    ///
    /// One of those that `map` gives.
    pub(crate) fn map<T: Sync, R: Send>(
        &self,
        items: &[T],
        map: impl Fn(&T) -> Result<R> + Sync,
    ) -> Result<Vec<R>> {
        if items.len() < 2 || self.count() < 2 {
            return items.iter().map(map).collect();
        }
        match &self.0 {
            Kind::Own(pool) => pool.run(|| map_in_parallel(items, &map)),
            _ => map_in_parallel(items, map),
        }
    }

    /// Calls `each` with each of `items`.
    ///
    /// # Errors
    ///
    /// One of those that `each` gives.
    pub(crate) fn each<T: Send>(
        &self,
        items: &mut [T],
        each: impl Fn(&mut T) -> Result<()> + Sync,
    ) -> Result<()> {
        if items.len() < 2 || self.count() < 2 {
            return items.iter_mut().try_for_each(each);
        }
        match &self.0 {
            Kind::Own(pool) => pool.run(|| each_in_parallel(items, &each)),
            _ => each_in_parallel(items, each),
        }
    }

    /// Does both, one while the other is done where there are threads for that.
    pub(crate) fn both<A: Send, B: Send>(
        &self,
        one: impl FnOnce() -> A + Send,
        other: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        match &self.0 {
            _ if self.count() < 2 => (one(), other()),
            Kind::Own(pool) => pool.run(|| both(one, other)),
            _ => both(one, other),
        }
    }
}

#[cfg(feature = "rayon")]
fn both<A: Send, B: Send>(
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    rayon::join(one, other)
}

#[cfg(not(feature = "rayon"))]
fn both<A, B>(one: impl FnOnce() -> A, other: impl FnOnce() -> B) -> (A, B) {
    (one(), other())
}

#[cfg(feature = "rayon")]
fn all() -> usize {
    rayon::current_num_threads()
}

#[cfg(not(feature = "rayon"))]
fn all() -> usize {
    1
}

#[cfg(feature = "rayon")]
fn map_in_parallel<T: Sync, R: Send>(
    items: &[T],
    map: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    use rayon::prelude::*;

    items.par_iter().map(&map).collect()
}

#[cfg(feature = "rayon")]
fn each_in_parallel<T: Send>(
    items: &mut [T],
    each: impl Fn(&mut T) -> Result<()> + Sync,
) -> Result<()> {
    use rayon::prelude::*;

    // Items are large and differ in size: whoever is done takes the next one.
    items.par_iter_mut().with_max_len(1).try_for_each(&each)
}

#[cfg(not(feature = "rayon"))]
fn each_in_parallel<T: Send>(
    items: &mut [T],
    each: impl Fn(&mut T) -> Result<()> + Sync,
) -> Result<()> {
    items.iter_mut().try_for_each(each)
}

#[cfg(not(feature = "rayon"))]
fn map_in_parallel<T: Sync, R: Send>(
    items: &[T],
    map: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    items.iter().map(map).collect()
}

/// A number of threads, started when they are first needed.
#[cfg(feature = "rayon")]
#[derive(Debug)]
struct Pool {
    threads: usize,
    /// `None` where the system gives no threads: the one that asks does all the work then.
    started: std::sync::OnceLock<Option<rayon::ThreadPool>>,
}

#[cfg(feature = "rayon")]
impl Pool {
    fn new(threads: usize) -> Self {
        Self { threads, started: std::sync::OnceLock::new() }
    }

    fn started(&self) -> Option<&rayon::ThreadPool> {
        let start = || {
            let named = |n| format!("hdfive-{n}");
            rayon::ThreadPoolBuilder::new()
                .num_threads(self.threads)
                .thread_name(named)
                .build()
                .ok()
        };
        self.started.get_or_init(start).as_ref()
    }

    fn count(&self) -> usize {
        self.threads
    }

    fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match self.started() {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

#[cfg(not(feature = "rayon"))]
#[derive(Debug)]
struct Pool;

#[cfg(not(feature = "rayon"))]
impl Pool {
    fn new(_: usize) -> Self {
        Self
    }

    fn count(&self) -> usize {
        1
    }

    fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        work()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;
    use crate::error::Error;

    fn used(workers: &Workers) -> HashSet<thread::ThreadId> {
        let items: Vec<u32> = (0..64).collect();
        let map = |n: &u32| {
            thread::sleep(std::time::Duration::from_millis(1));
            Ok((*n, thread::current().id()))
        };
        let mapped = workers.map(&items, map).unwrap();
        assert!(mapped.iter().map(|(n, _)| n).eq(&items));
        mapped.into_iter().map(|(_, thread)| thread).collect()
    }

    #[test]
    fn one_is_the_thread_that_asks() {
        assert_eq!(used(&Workers::new(1)), HashSet::from([thread::current().id()]));
    }

    #[cfg(feature = "rayon")]
    #[test]
    fn several_are_as_many_as_was_said_and_shared_by_clones() {
        let workers = Workers::new(3);
        assert_eq!(workers.count(), 3);
        let mut threads = used(&workers);
        threads.extend(used(&workers.clone()));
        assert!(!threads.contains(&thread::current().id()));
        assert!((1..=3).contains(&threads.len()));
    }

    #[test]
    fn both_are_done() {
        for threads in 0..4 {
            let (mut a, mut b) = (1, 2);
            let both = Workers::new(threads).both(|| a += 1, || b += 1);
            assert_eq!((both, a, b), (((), ()), 2, 3));
        }
    }

    #[test]
    fn an_error_comes_back() {
        let fail = |n: &u32| if *n == 40 { Err(Error::usage("no")) } else { Ok(()) };
        let items: Vec<u32> = (0..64).collect();
        for threads in 0..4 {
            let workers = Workers::new(threads);
            assert!(workers.map(&items, fail).unwrap_err().is_usage());
            assert!(workers.each(&mut items.clone(), |n| fail(n)).unwrap_err().is_usage());
            let mut doubled = items.clone();
            let double = |n: &mut u32| {
                *n *= 2;
                Ok(())
            };
            workers.each(&mut doubled, double).unwrap();
            assert!(items.iter().map(|n| n * 2).eq(doubled));
        }
    }
}
