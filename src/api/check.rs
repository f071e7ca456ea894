//! Checking files.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::File;
use crate::error::Result;
use crate::object::account::Account;
use crate::object::check::{self, CheckOptions, Fault, UsedBytes};

/// How a file is checked.
///
/// Every structure of the file is read, each object once: headers and their messages, the trees and
/// heaps of links and attributes, indexes of chunks. What is listed is also looked up by its name.
/// Then the bytes that all of it lies in are laid side by side, so that what is used twice, or not at
/// all, comes to light. An error does not end it: what can be reached some other way is checked.
///
/// Other files, which external links, virtual datasets and external raw data name, are not looked at.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{Checker, File};
/// let file = File::open("tests/fixtures/tour_latest.h5")?;
/// let report = Checker::new().elements(true).check(&file)?;
/// assert!(report.is_sound() && report.objects > 3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Checker {
    options: CheckOptions,
}

/// What a [`Checker`] found.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let report = hdfive::File::open("tests/fixtures/tour_latest.h5")?.check()?;
/// println!("{} objects, {} faults", report.objects, report.damaged);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct CheckReport {
    /// All that was found; nothing where it was [told as it was met](Checker::check_with).
    pub faults: Vec<Fault>,
    /// Number of faults that are [damage](crate::Severity::Damage).
    pub damaged: u64,
    /// Number of things that could not be looked at.
    pub unchecked: u64,
    /// Number of objects that were reached.
    pub objects: u64,
    /// What the bytes of the file are for, as far as it could be read.
    pub account: Account,
    /// What each byte is used for, in the order of the file, where that was
    /// [asked for](Checker::map).
    pub used: Vec<UsedBytes>,
}

impl CheckReport {
    /// Whether there is no damage.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damaged == 0
    }
}

impl Checker {
    /// Checks all that describes objects, but not their elements.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether all elements are read, too: each chunk through its filters, and what elements keep in
    /// heaps.
    #[must_use]
    pub fn elements(mut self, on: bool) -> Self {
        self.options.elements = on;
        self
    }

    /// Whether the report says what each byte of the file is used for.
    #[must_use]
    pub fn map(mut self, on: bool) -> Self {
        self.options.map = on;
        self
    }

    /// Checks a file, and gives all that is found.
    ///
    /// # Errors
    ///
    /// Where the file is closed meanwhile. What cannot be read is no error, but a fault.
    pub fn check(&self, file: &File) -> Result<CheckReport> {
        let mut faults = Vec::new();
        let mut report = self.check_with(file, |fault| {
            faults.push(fault);
            ControlFlow::Continue(())
        })?;
        report.faults = faults;
        Ok(report)
    }

    /// Checks a file, and tells what is found as it is met, until `tell` breaks.
    ///
    /// # Errors
    ///
    /// [`Cancelled`](crate::ErrorKind::Cancelled) where `tell` breaks; else as
    /// [`check`](Self::check).
    pub fn check_with(
        &self,
        file: &File,
        mut tell: impl FnMut(Fault) -> ControlFlow<()>,
    ) -> Result<CheckReport> {
        let store = Arc::clone(&file.root().found.store);
        if store.is_writable() {
            store.flush(false)?;
        }
        let _reading = store.reading()?;
        let found = check::check(&store, self.options, &mut tell)?;
        let check::Checked { objects, account, used, damaged, unchecked } = found;
        Ok(CheckReport { faults: Vec::new(), damaged, unchecked, objects, account, used })
    }
}

impl File {
    /// Checks all that describes objects, and all elements: see [`Checker`].
    ///
    /// # Errors
    ///
    /// As [`Checker::check`].
    pub fn check(&self) -> Result<CheckReport> {
        Checker::new().elements(true).check(self)
    }
}
