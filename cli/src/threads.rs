//! Work on several cores, whose results are taken in order.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;

/// Results that wait to be taken, at most, beside one of each thread.
const WAITING: usize = 4;

/// Reads `items`, each while what was read of the one before it is taken.
pub(crate) fn ahead<S: Send, T: Send, E>(
    items: impl Iterator<Item = S> + Send,
    read: impl Fn(S) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let mut items = items.peekable();
    let Some(first) = items.next() else { return Ok(()) };
    if items.peek().is_none() {
        return take(read(first));
    }
    thread::scope(|scope| {
        // Nothing waits but what the other thread holds.
        let (sender, receiver) = sync_channel(0);
        let read = &read;
        scope.spawn(move || {
            for item in std::iter::once(first).chain(items) {
                // Where nobody takes it any more there is nothing left to do.
                if sender.send(read(item)).is_err() {
                    break;
                }
            }
        });
        // The receiver goes with this closure, before the thread is waited for.
        receiver.into_iter().try_for_each(&mut take)
    })
}

/// Makes something of each number below `count`, on all cores, and takes what was made in their
/// order.
pub(crate) fn in_order<R: Send, E>(
    count: usize,
    make: impl Fn(usize) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let helpers = if count < 2 { 0 } else { cores().min(count).saturating_sub(1) };
    if helpers == 0 {
        return (0..count).try_for_each(|number| take(make(number)));
    }
    let jobs = Jobs { next: AtomicUsize::new(0), count };
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(WAITING);
        let (jobs, make) = (&jobs, &make);
        for _ in 0..helpers {
            let sender = sender.clone();
            scope.spawn(move || {
                while let Some(number) = jobs.claim() {
                    if sender.send((number, make(number))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        taken(jobs, &receiver, make, &mut take)
    })
}

/// How many threads run at once. To ask the system takes as long as reading several files.
fn cores() -> usize {
    static KNOWN: OnceLock<usize> = OnceLock::new();
    *KNOWN.get_or_init(|| thread::available_parallelism().map_or(1, NonZero::get))
}

/// Numbers that nobody has begun with.
struct Jobs {
    next: AtomicUsize,
    count: usize,
}

impl Jobs {
    fn claim(&self) -> Option<usize> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < self.count).then_some(number)
    }
}

/// Takes everything in order, and makes some of it instead of waiting.
fn taken<R, E>(
    jobs: &Jobs,
    made: &Receiver<(usize, R)>,
    make: &(impl Fn(usize) -> R + Sync),
    take: &mut impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let mut early: HashMap<usize, R> = HashMap::new();
    for number in 0..jobs.count {
        let result = loop {
            if let Some(result) = early.remove(&number) {
                break result;
            }
            let found = match made.try_recv() {
                Ok(found) => Some(found),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => {
                    jobs.claim().map(|own| (own, make(own)))
                }
            };
            // Everything has been begun with, and others make what is next.
            let Some((known, result)) = found.or_else(|| made.recv().ok()) else { return Ok(()) };
            early.insert(known, result);
        };
        take(result)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_taken_in_order() {
        for count in [0, 1, 2, 3, 50, 1000] {
            let mut taken = Vec::new();
            let slow = |n: usize| {
                if n.is_multiple_of(7) {
                    thread::sleep(std::time::Duration::from_micros(50));
                }
                n
            };
            let done: Result<(), ()> = in_order(count, slow, |n| {
                taken.push(n);
                Ok(())
            });
            assert_eq!((done, &taken), (Ok(()), &(0..count).collect()));
            taken.clear();
            let done: Result<(), ()> = ahead(0..count, slow, |n| {
                taken.push(n);
                Ok(())
            });
            assert_eq!((done, taken), (Ok(()), (0..count).collect()));
        }
    }

    #[test]
    fn an_error_ends_it() {
        let stop = |n: usize| if n == 20 { Err(n) } else { Ok(()) };
        assert_eq!(in_order(1000, |n| n, stop), Err(20));
        assert_eq!(ahead(0..1000, |n| n, stop), Err(20));
    }
}
