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

    /// Calls `map` with each of `items`, and, in the thread that asks, `then` with what that gives, in
    /// the order of the items: where there are threads for that, while they map further ones.
    ///
    /// # Errors
    ///
    /// One of those that `map` and `then` give. What is left is not done.
    pub(crate) fn map_then<T: Sync, R: Send>(
        &self,
        items: &[T],
        map: impl Fn(&T) -> Result<R> + Sync,
        mut then: impl FnMut(R) -> Result<()>,
    ) -> Result<()> {
        // Who waits for others here may keep one of them from its work. And where there is one thread, memory
        // that is given back after each item is asked for anew by the next.
        if items.len() < 2 || self.count() < 2 || is_worker() {
            return self.map(items, map)?.into_iter().try_for_each(then);
        }
        match &self.0 {
            Kind::Own(pool) => pool.map_then(items, &map, &mut then),
            _ => map_then(None, self.count(), items, &map, &mut then),
        }
    }

    /// Lets a thread do `work` some time; drops it where there is none for that. Who needs what comes of
    /// it is not to count on that it was begun.
    pub(crate) fn spawn(&self, work: impl FnOnce() + Send + 'static) {
        match &self.0 {
            Kind::All => spawn(work),
            Kind::One => {}
            Kind::Own(pool) => pool.spawn(work),
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
fn spawn(work: impl FnOnce() + Send + 'static) {
    rayon::spawn_fifo(work);
}

#[cfg(not(feature = "rayon"))]
fn spawn(_: impl FnOnce()) {}

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

/// Whether this thread is one of those that others give work to.
#[cfg(feature = "rayon")]
pub(crate) fn is_worker() -> bool {
    rayon::current_thread_index().is_some()
}

#[cfg(not(feature = "rayon"))]
pub(crate) fn is_worker() -> bool {
    false
}

/// Maps in `threads` threads, of `pool` or of the program's own.
#[cfg(feature = "rayon")]
fn map_then<T: Sync, R: Send>(
    pool: Option<&rayon::ThreadPool>,
    threads: usize,
    items: &[T],
    map: &(impl Fn(&T) -> Result<R> + Sync),
    then: &mut impl FnMut(R) -> Result<()>,
) -> Result<()> {
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    let next = AtomicUsize::new(0);
    let (sender, mapped) = mpsc::channel();
    let work = |sender: mpsc::Sender<(usize, Result<R>)>| {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(place) else { break };
            // Who would receive it has met an error.
            if sender.send((place, map(item))).is_err() {
                break;
            }
        }
    };
    let work = &work;
    let threads = threads.min(items.len());
    let mut receive = move |mapped: mpsc::Receiver<(usize, Result<R>)>| {
        let mut early = BTreeMap::new();
        let mut now = 0_usize;
        for (place, result) in mapped {
            early.insert(place, result);
            while let Some(result) = early.remove(&now) {
                then(result?)?;
                now = now.saturating_add(1);
            }
        }
        Ok(())
    };
    match pool {
        Some(pool) => pool.in_place_scope(|scope| {
            (0..threads).for_each(|_| start(scope, sender.clone(), work));
            drop(sender);
            receive(mapped)
        }),
        None => rayon::in_place_scope(|scope| {
            (0..threads).for_each(|_| start(scope, sender.clone(), work));
            drop(sender);
            receive(mapped)
        }),
    }
}

/// Lets a thread of the pool that `scope` is of work.
#[cfg(feature = "rayon")]
fn start<'scope, S: Send + 'scope>(
    scope: &rayon::Scope<'scope>,
    sender: S,
    work: &'scope (impl Fn(S) + Sync),
) {
    scope.spawn(move |_| work(sender));
}

#[cfg(not(feature = "rayon"))]
fn map_then<T: Sync, R: Send>(
    _: Option<&Pool>,
    _: usize,
    items: &[T],
    map: &(impl Fn(&T) -> Result<R> + Sync),
    then: &mut impl FnMut(R) -> Result<()>,
) -> Result<()> {
    items.iter().try_for_each(|item| then(map(item)?))
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

    fn spawn(&self, work: impl FnOnce() + Send + 'static) {
        if let Some(pool) = self.started() {
            pool.spawn_fifo(work);
        }
    }

    fn map_then<T: Sync, R: Send>(
        &self,
        items: &[T],
        map: &(impl Fn(&T) -> Result<R> + Sync),
        then: &mut impl FnMut(R) -> Result<()>,
    ) -> Result<()> {
        match self.started() {
            Some(pool) => map_then(Some(pool), self.threads, items, map, then),
            None => items.iter().try_for_each(|item| then(map(item)?)),
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

    fn spawn(&self, _: impl FnOnce()) {}

    fn map_then<T: Sync, R: Send>(
        &self,
        items: &[T],
        map: &(impl Fn(&T) -> Result<R> + Sync),
        then: &mut impl FnMut(R) -> Result<()>,
    ) -> Result<()> {
        map_then(None, 1, items, map, then)
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
    fn what_is_mapped_comes_in_order_to_the_thread_that_asks() {
        let items: Vec<usize> = (0..100).collect();
        let map = |n: &usize| {
            if n.is_multiple_of(7) {
                thread::sleep(std::time::Duration::from_millis(1));
            }
            Ok((*n, thread::current().id()))
        };
        for threads in 0..4 {
            let workers = Workers::new(threads);
            let (mut got, mut others, here) = (Vec::new(), 0, thread::current().id());
            let mut then = |(n, by)| {
                assert_eq!(thread::current().id(), here);
                others += usize::from(by != here);
                got.push(n);
                Ok(())
            };
            workers.map_then(&items, map, &mut then).unwrap();
            assert_eq!(got, items);
            assert!(threads < 2 || cfg!(not(feature = "rayon")) || others == 100);
            // Those who work themselves do not wait for each other.
            let nested = workers.map(&items[..8], |_| {
                let mut sum = 0;
                let then = |(n, _)| {
                    sum += n;
                    Ok(())
                };
                workers.map_then(&items, map, then).map(|()| sum)
            });
            assert_eq!(nested.unwrap(), [4950; 8]);
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
            let mut done = Vec::new();
            let then = |n: u32| {
                done.push(n);
                if n == 20 { Err(Error::usage("no")) } else { Ok(()) }
            };
            assert!(workers.map_then(&items, |n| Ok(*n), then).unwrap_err().is_usage());
            assert!((0..=20).eq(done.iter().copied()));
            done.clear();
            let then = |()| Ok(());
            assert!(workers.map_then(&items, fail, then).unwrap_err().is_usage());
            workers.each(&mut doubled, double).unwrap();
            assert!(items.iter().map(|n| n * 2).eq(doubled));
        }
    }
}
