//! Checking a file: everything that is in it is read, and what cannot be is told.
//!
//! It is the walk by which the account of a file is drawn up, which here goes on after an error, and
//! looks at each object more closely (`object`).

mod fault;
mod object;

use std::ops::ControlFlow;
use std::sync::Arc;

pub use fault::{Fault, FaultCause, Severity, UsedBytes};

use super::account::{Account, Reached, Surveyor};
use super::header::ObjectHeader;
use super::holdings::Patience;
use super::paths::{Owner, Paths};
use super::store::Store;
use crate::codec::wide;
use crate::error::{Error, ErrorKind, Result};

/// Faults of one object that are told: where a table is broken, each of a million entries may be.
const FAULTS_OF_ONE: u64 = 100;

/// Who hears of faults, and says whether to go on.
pub(crate) type Report<'a> = &'a mut dyn FnMut(Fault) -> ControlFlow<()>;

/// What was looked at.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) objects: u64,
    pub(crate) account: Account,
    pub(crate) used: Vec<UsedBytes>,
    /// Faults of each severity.
    pub(crate) damaged: u64,
    pub(crate) unchecked: u64,
}

/// What is checked.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CheckOptions {
    /// All elements, too.
    pub(crate) elements: bool,
    /// Whether it is told what each byte is used for.
    pub(crate) map: bool,
}

struct Check<'a> {
    elements: bool,
    patience: Patience,
    report: Report<'a>,
    /// Who the last fault was about, and how many of its faults there are.
    last: (Owner, u64),
    damaged: u64,
    unchecked: u64,
    stopped: bool,
}

/// Reads everything in a file, all elements too where it says so, and reports what is wrong.
///
/// # Errors
///
/// Where the file was closed meanwhile; [`Cancelled`](ErrorKind::Cancelled) where `report` says to
/// stop.
pub(crate) fn check(
    store: &Arc<Store>,
    options: CheckOptions,
    report: Report<'_>,
) -> Result<Checked> {
    let mut check = Check {
        elements: options.elements,
        patience: Patience::ENDLESS.clone(),
        report,
        last: (Owner::FILE, 0),
        damaged: 0,
        unchecked: 0,
        stopped: false,
    };
    let mut reached = Reached::survey(store, &mut check)?;
    let fixed = object::fixed(store, &mut |error| check.fault(&reached.paths, Owner::FILE, error));
    fixed.or_else(|error| check.give_up(error))?;
    let (account, owners) = reached.account(store);
    for (problem, [one, other]) in account.problems.iter().zip(owners) {
        let path = reached.paths.path(one);
        let other = (one != other).then(|| reached.paths.path(other));
        check.tell(Fault { path, other, cause: FaultCause::Space(problem.clone()) })?;
    }
    let mut used = Vec::new();
    if options.map {
        let all = reached.used(store).into_iter();
        used.extend(all.map(|(bytes, owner, is_metadata)| UsedBytes {
            path: reached.paths.path(owner),
            bytes,
            is_metadata,
        }));
    }
    let (damaged, unchecked) = (check.damaged, check.unchecked);
    Ok(Checked { objects: wide(reached.objects()), account, used, damaged, unchecked })
}

impl Check<'_> {
    fn tell(&mut self, fault: Fault) -> Result<()> {
        match fault.severity() {
            Severity::Damage => self.damaged = self.damaged.saturating_add(1),
            Severity::Unchecked => self.unchecked = self.unchecked.saturating_add(1),
            Severity::Waste => {}
        }
        if (self.report)(fault).is_break() {
            self.stopped = true;
            return Err(Error::new(ErrorKind::Cancelled));
        }
        Ok(())
    }
}

impl Surveyor for Check<'_> {
    fn patience(&mut self) -> &mut Patience {
        &mut self.patience
    }

    fn wants_elements(&self) -> bool {
        self.elements
    }

    fn fault(&mut self, paths: &Paths, owner: Owner, error: Error) -> Result<()> {
        match error.kind() {
            ErrorKind::Cancelled => return Err(error),
            ErrorKind::Closed | ErrorKind::Poisoned(_) => {
                self.stopped = true;
                return Err(error);
            }
            _ => {}
        }
        let count = if self.last.0 == owner { self.last.1.saturating_add(1) } else { 1 };
        self.last = (owner, count);
        let path = paths.path(owner);
        if count > FAULTS_OF_ONE {
            self.tell(Fault { path, other: None, cause: FaultCause::AndMore })?;
            return Err(Error::new(ErrorKind::Cancelled));
        }
        let cause = FaultCause::Unreadable(error.under(&path));
        self.tell(Fault { path, other: None, cause })
    }

    fn give_up(&mut self, error: Error) -> Result<()> {
        if self.stopped { Err(error) } else { Ok(()) }
    }

    fn object(
        &mut self,
        store: &Arc<Store>,
        header: &ObjectHeader,
        paths: &Paths,
        owner: Owner,
    ) -> Result<()> {
        let elements = self.elements;
        object::check(store, header, elements, &mut |error| self.fault(paths, owner, error))
    }
}
