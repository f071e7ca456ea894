//! How files are opened: options that every verb has.

use std::path::Path;

use clap::{Args, ValueEnum};
use hdfive::{Driver, ExternalAccess, File, FileBuilder, Locking};

/// How files are opened.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Access {
    /// How the file is spread over files of the operating system [default: family where the name
    /// holds a %, else single]
    #[arg(long, global = true, value_enum)]
    driver: Option<DriverName>,
    /// Which other files the file may have opened
    #[arg(long, global = true, value_enum, default_value_t = External::Default)]
    external: External,
    /// Open a file that is marked as open for writing, too
    #[arg(long, global = true)]
    ignore_status: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DriverName {
    /// One file
    Single,
    /// Files of one size, named by a pattern such as run-%05d.h5
    Family,
    /// NAME-m.h5, the file to name, and NAME-r.h5
    Split,
    /// A file for each kind of data; the file to name is the first one
    Multi,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum External {
    /// HDF5 files beneath the file's own directory
    #[default]
    Default,
    /// None
    Deny,
    /// Files of any kind beneath the file's own directory
    SameDirectory,
    /// Any
    All,
}

impl Access {
    /// Sets the driver by its name here or in libhdf5; an error says that there is none.
    pub(crate) fn set_driver(&mut self, name: &str) -> Result<(), String> {
        let name = if matches!(name, "sec2" | "stdio") { "single" } else { name };
        self.driver = Some(DriverName::from_str(name, false)?);
        Ok(())
    }

    /// Sets which other files may be opened; an error says that there is no such choice.
    pub(crate) fn set_external(&mut self, name: &str) -> Result<(), String> {
        self.external = External::from_str(name, false)?;
        Ok(())
    }

    /// Lets files be opened that are marked as open for writing.
    pub(crate) fn ignore_status(&mut self) {
        self.ignore_status = true;
    }

    /// Options to open the file at `path` with.
    pub(crate) fn builder(&self, path: &Path) -> FileBuilder {
        let external = match self.external {
            External::Default => ExternalAccess::default(),
            External::Deny => ExternalAccess::Deny,
            External::SameDirectory => ExternalAccess::SameDirectory,
            External::All => ExternalAccess::All,
        };
        File::with_options()
            .driver(self.driver(path))
            .external(external)
            .ignore_status(self.ignore_status)
            .locking(Locking::BestEffort)
            .mmap(is_small(path))
    }

    /// What libhdf5 calls the driver that [`builder`](Self::builder) chooses.
    pub(crate) fn driver_name(&self, path: &Path) -> &'static str {
        match self.driver(path) {
            Driver::Family => "family",
            Driver::Split { .. } => "split",
            Driver::Multi => "multi",
            _ => "sec2",
        }
    }

    fn driver(&self, path: &Path) -> Driver {
        match self.driver {
            Some(DriverName::Single) => Driver::Single,
            Some(DriverName::Family) => Driver::Family,
            Some(DriverName::Split) => Driver::split(),
            Some(DriverName::Multi) => Driver::Multi,
            None if is_pattern(path) => Driver::Family,
            None => Driver::Single,
        }
    }
}

/// Whether all of a file may be in memory, mapped: what is read of a larger one is to take no more
/// than it takes to hold it.
fn is_small(path: &Path) -> bool {
    const MAPPED: u64 = 8 << 20;
    path.metadata().is_ok_and(|known| known.len() <= MAPPED)
}

/// Whether `path` is the pattern of a family's names, and not the name of a file.
pub(crate) fn is_pattern(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    name.is_some_and(|name| name.contains('%')) && !path.exists()
}
