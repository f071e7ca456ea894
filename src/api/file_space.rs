//! How files manage their free space.

use crate::format::message::{FileSpaceInfo, FileSpaceStrategy as StoredStrategy};

/// How a file's free space is managed.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{File, FileSpaceStrategy};
/// let file = File::with_options().file_space(FileSpaceStrategy::Page, false, 1, 4096).in_memory()?;
/// let space = file.info().file_space;
/// # assert_eq!(space.map(|space| space.page_size), Some(4096));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileSpace {
    /// By what means.
    pub strategy: FileSpaceStrategy,
    /// Whether free space is remembered when the file is closed.
    pub persist: bool,
    /// Bytes of the smallest free space that is remembered.
    pub threshold: u64,
    /// Bytes of a page.
    pub page_size: u64,
}

/// By what means a file's free space is managed.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{File, FileSpaceStrategy};
/// let builder = File::with_options().file_space(FileSpaceStrategy::FsmAggregator, true, 1, 4096);
/// let file = builder.in_memory()?; // remembers what is free from one program to the next
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileSpaceStrategy {
    /// Free-space managers, and blocks that small allocations are cut from.
    FsmAggregator,
    /// Pages, each with metadata or raw data alone.
    Page,
    /// Blocks that small allocations are cut from.
    Aggregator,
    /// Nothing: space comes from the end of the file.
    None,
    /// A strategy this library does not know, by its number.
    Other(u8),
}

impl FileSpaceStrategy {
    /// As a file stores it; `None` where that is what files have that say nothing. Only the
    /// strategies with managers remember free space.
    pub(super) fn stored(
        self,
        persist: bool,
        threshold: u64,
        page_size: u64,
    ) -> Option<FileSpaceInfo> {
        let strategy = match self {
            Self::FsmAggregator => StoredStrategy::FREE_SPACE_AND_AGGREGATORS,
            Self::Page => StoredStrategy::PAGE,
            Self::Aggregator => StoredStrategy::AGGREGATORS,
            Self::None => StoredStrategy::NONE,
            Self::Other(number) => StoredStrategy(number),
        };
        let managed = matches!(self, Self::FsmAggregator | Self::Page);
        let (persist, threshold) = if managed { (persist, threshold) } else { (false, 1) };
        let info = FileSpaceInfo {
            strategy,
            persist,
            threshold,
            page_size,
            managers: vec![None; if persist { FileSpaceInfo::MANAGERS } else { 0 }],
            ..FileSpaceInfo::default()
        };
        (info != FileSpaceInfo::default()).then_some(info)
    }
}

impl FileSpace {
    pub(super) fn of(stored: &FileSpaceInfo) -> Self {
        let strategy = match stored.strategy {
            StoredStrategy::FREE_SPACE_AND_AGGREGATORS => FileSpaceStrategy::FsmAggregator,
            StoredStrategy::PAGE => FileSpaceStrategy::Page,
            StoredStrategy::AGGREGATORS => FileSpaceStrategy::Aggregator,
            StoredStrategy::NONE => FileSpaceStrategy::None,
            StoredStrategy(other) => FileSpaceStrategy::Other(other),
        };
        let (persist, threshold) = (stored.persist, stored.threshold);
        Self { strategy, persist, threshold, page_size: stored.page_size }
    }
}
