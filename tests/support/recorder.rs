//! A storage that keeps what is written to it, call by call, and fails when it is told to.

use hdfive::{SharedMemory, Storage};
use std::io;
use std::sync::{Arc, Mutex};

/// One call that changes a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Write(u64, Arc<[u8]>),
    Len(u64),
    Barrier,
    /// What is left of a call that is taken out of a log.
    Nothing,
}

/// What a call that fails does before it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: the device is broken.
    Broken,
    /// Nothing: the device is full.
    Full,
    /// Half of it.
    Short,
}

/// Calls of one kind that are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// Writes, changes of the length, barriers.
    Changes,
    /// Reads and questions for the length.
    Reads,
}

/// The call that is to fail: its kind, its number from 0 on, and how; whether all later ones do, too.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub calls: Calls,
    pub number: usize,
    pub fault: Fault,
    pub lasting: bool,
}

#[derive(Debug, Default)]
struct Counts {
    changes: usize,
    reads: usize,
    failed: bool,
    /// Changes asked for after the one that failed.
    after: usize,
}

/// A storage in memory that keeps a log.
#[derive(Debug, Default)]
pub struct Recorder {
    bytes: SharedMemory,
    log: Mutex<Vec<Step>>,
    plan: Option<Plan>,
    counts: Mutex<Counts>,
}

impl Recorder {
    /// One that starts as `bytes`.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: SharedMemory::new(bytes), ..Self::default() }
    }

    /// One of which a call fails.
    pub fn failing(bytes: Vec<u8>, plan: Plan) -> Self {
        Self { plan: Some(plan), ..Self::new(bytes) }
    }

    pub fn to_vec(&self) -> Vec<u8> {
        self.bytes.to_vec()
    }

    pub fn log(&self) -> Vec<Step> {
        self.log.lock().unwrap().clone()
    }

    /// Steps so far.
    pub fn steps(&self) -> usize {
        self.log.lock().unwrap().len()
    }

    /// Calls so far that change it, and that do not.
    pub fn calls(&self) -> (usize, usize) {
        let counts = self.counts.lock().unwrap();
        (counts.changes, counts.reads)
    }

    /// Whether the call that was to fail has come, and how many changes were asked for after it.
    pub fn failed(&self) -> (bool, usize) {
        let counts = self.counts.lock().unwrap();
        (counts.failed, counts.after)
    }

    /// What the next call is to come to.
    fn next(&self, calls: Calls) -> Option<Fault> {
        let mut counts = self.counts.lock().unwrap();
        if counts.failed && calls == Calls::Changes {
            counts.after += 1;
        }
        let count = match calls {
            Calls::Changes => &mut counts.changes,
            Calls::Reads => &mut counts.reads,
        };
        let number = *count;
        *count += 1;
        let plan = self.plan.filter(|plan| plan.calls == calls)?;
        let now = number == plan.number || (plan.lasting && number > plan.number);
        counts.failed |= now;
        now.then_some(plan.fault)
    }

    fn change(
        &self,
        step: Step,
        short: Option<Step>,
        change: impl Fn(&Step) -> io::Result<()>,
    ) -> io::Result<()> {
        let (step, result) = match self.next(Calls::Changes) {
            None => (Some(step), Ok(())),
            Some(Fault::Broken) => (None, Err(io::Error::from_raw_os_error(5))),
            Some(Fault::Full) => (None, Err(io::ErrorKind::StorageFull.into())),
            Some(Fault::Short) => (short, Err(io::ErrorKind::StorageFull.into())),
        };
        if let Some(step) = step {
            change(&step)?;
            self.log.lock().unwrap().push(step);
        }
        result
    }

    fn check_read(&self) -> io::Result<()> {
        match self.next(Calls::Reads) {
            None => Ok(()),
            Some(_) => Err(io::Error::from_raw_os_error(5)),
        }
    }
}

/// Does to `storage` what a step says.
pub fn apply(step: &Step, storage: &SharedMemory) -> io::Result<()> {
    match step {
        Step::Write(at, bytes) => storage.write_at(*at, bytes),
        Step::Len(len) => storage.set_len(*len),
        Step::Barrier | Step::Nothing => Ok(()),
    }
}

impl Storage for Recorder {
    fn len(&self) -> io::Result<u64> {
        self.check_read()?;
        self.bytes.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.check_read()?;
        self.bytes.read_at(offset, buf)
    }

    fn is_writable(&self) -> bool {
        true
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let half = &bytes[..bytes.len() / 2];
        let short = (!half.is_empty()).then(|| Step::Write(offset, half.into()));
        self.change(Step::Write(offset, bytes.into()), short, |step| apply(step, &self.bytes))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Step::Len(len), None, |step| apply(step, &self.bytes))
    }

    fn sync(&self) -> io::Result<()> {
        self.change(Step::Barrier, None, |step| apply(step, &self.bytes))
    }
}
