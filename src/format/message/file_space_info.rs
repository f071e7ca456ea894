//! File Space Info message (specification IV.A.2.x).

use crate::codec::{Address, Decoder, Encoder, Structure};
use crate::error::{Error, Result};

/// Address slots of version 0, and of version 1.
const MANAGERS: [usize; 2] = [6, 12];
const DEFAULT_PAGE_SIZE: u64 = 4096;
/// Bytes a page may have.
const PAGE_SIZES: std::ops::RangeInclusive<u64> = 512..=1 << 30;

/// File Space Info message: how the file manages its free space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileSpaceInfo {
    /// 0 or 1. Version 0 holds no pages, no end, and only some pairs of strategy and persistence.
    pub(crate) version: u8,
    pub(crate) strategy: FileSpaceStrategy,
    /// Whether free space is recorded in the file.
    pub(crate) persist: bool,
    /// "Free-Space Section Threshold": smallest section worth tracking, in bytes.
    pub(crate) threshold: u64,
    /// "File Space Page Size", in bytes.
    pub(crate) page_size: u64,
    /// "Page-end Metadata Threshold", in bytes.
    pub(crate) page_end_threshold: u16,
    /// End of the file before its free-space managers were allocated.
    pub(crate) end_before_managers: Option<Address>,
    /// Free-space managers: superblock, B-tree, raw data, global heap, local heap, object header,
    /// then the same for large sections (version 1). Empty where free space is not recorded.
    pub(crate) managers: Vec<Option<Address>>,
}

/// "Strategy" by which a file allocates space, in the numbers of version 1: an open enumeration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileSpaceStrategy(pub(crate) u8);

impl FileSpaceStrategy {
    /// Free-space managers, aggregators, then the end of the file.
    pub(crate) const FREE_SPACE_AND_AGGREGATORS: Self = Self(0);
    /// Free-space managers and paged aggregation.
    pub(crate) const PAGE: Self = Self(1);
    /// Aggregators, then the end of the file.
    pub(crate) const AGGREGATORS: Self = Self(2);
    /// The end of the file.
    pub(crate) const NONE: Self = Self(3);
}

impl Default for FileSpaceInfo {
    /// What holds for files without the message.
    fn default() -> Self {
        Self {
            version: 1,
            strategy: FileSpaceStrategy::FREE_SPACE_AND_AGGREGATORS,
            persist: false,
            threshold: 1,
            page_size: DEFAULT_PAGE_SIZE,
            page_end_threshold: 0,
            end_before_managers: None,
            managers: Vec::new(),
        }
    }
}

impl FileSpaceInfo {
    /// Whether files can be made with these settings.
    ///
    /// # Errors
    ///
    /// [`Usage`](crate::ErrorKind::Usage) where the strategy is unknown, or the page too small or
    /// too large.
    pub(crate) fn check(&self) -> Result<()> {
        if self.strategy.0 > FileSpaceStrategy::NONE.0 {
            return Err(Error::usage(format!("{} is no strategy of file space", self.strategy.0)));
        }
        if !PAGE_SIZES.contains(&self.page_size) {
            let (least, most) = (PAGE_SIZES.start(), PAGE_SIZES.end());
            return Err(Error::usage(format!("a page has {least} to {most} bytes")));
        }
        Ok(())
    }

    /// Bytes of a page, in a file of pages.
    pub(crate) fn page(&self) -> Option<u64> {
        (self.strategy == FileSpaceStrategy::PAGE).then_some(self.page_size)
    }

    /// Free-space managers of version 1, where free space is recorded.
    pub(crate) const MANAGERS: usize = 12;

    fn decode_version_0(d: &mut Decoder<'_>) -> Result<Self> {
        let (strategy, persist) = match d.u8_in("Strategy", 1..=4)? {
            1 => (FileSpaceStrategy::FREE_SPACE_AND_AGGREGATORS, true),
            2 => (FileSpaceStrategy::FREE_SPACE_AND_AGGREGATORS, false),
            3 => (FileSpaceStrategy::AGGREGATORS, false),
            _ => (FileSpaceStrategy::NONE, false),
        };
        let threshold = d.length("Free-Space Section Threshold")?;
        Ok(Self {
            version: 0,
            strategy,
            persist,
            threshold,
            page_size: DEFAULT_PAGE_SIZE,
            page_end_threshold: 0,
            end_before_managers: None,
            managers: decode_managers(d, 0, persist)?,
        })
    }

    fn decode_version_1(d: &mut Decoder<'_>) -> Result<Self> {
        let strategy = FileSpaceStrategy(d.u8("Strategy")?);
        let persist = d.u8("Persisting Free-Space")? != 0;
        let threshold = d.length("Free-Space Section Threshold")?;
        let good = |size| PAGE_SIZES.contains(&size);
        Ok(Self {
            version: 1,
            strategy,
            persist,
            threshold,
            page_size: d.checked("File Space Page Size", Decoder::length, good)?,
            page_end_threshold: d.u16("Page-end Metadata Threshold")?,
            end_before_managers: d.address("EOA")?,
            managers: decode_managers(d, 1, persist)?,
        })
    }

    fn strategy_of_version_0(&self) -> Option<u8> {
        match (self.strategy, self.persist) {
            (FileSpaceStrategy::FREE_SPACE_AND_AGGREGATORS, true) => Some(1),
            (FileSpaceStrategy::FREE_SPACE_AND_AGGREGATORS, false) => Some(2),
            (FileSpaceStrategy::AGGREGATORS, false) => Some(3),
            (FileSpaceStrategy::NONE, false) => Some(4),
            _ => None,
        }
    }
}

/// Address slots of a message of `version`.
fn slots(version: u8, persist: bool) -> usize {
    if persist { MANAGERS.get(usize::from(version)).copied().unwrap_or(0) } else { 0 }
}

fn decode_managers(
    d: &mut Decoder<'_>,
    version: u8,
    persist: bool,
) -> Result<Vec<Option<Address>>> {
    (0..slots(version, persist)).map(|_| d.address("Free-Space Manager Address")).collect()
}

impl Structure for FileSpaceInfo {
    const NAME: &'static str = "File Space Info Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        if d.u8_in("Version", 0..=1)? == 0 {
            Self::decode_version_0(d)
        } else {
            Self::decode_version_1(d)
        }
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u8(self.version);
        if self.version == 0 {
            let Some(strategy) = self.strategy_of_version_0() else {
                return Err(e.broken("Strategy", "version 0 does not have it"));
            };
            e.u8(strategy);
            e.length("Free-Space Section Threshold", self.threshold)?;
        } else {
            e.u8(self.strategy.0);
            e.u8(self.persist.into());
            e.length("Free-Space Section Threshold", self.threshold)?;
            e.length("File Space Page Size", self.page_size)?;
            e.u16(self.page_end_threshold);
            e.address("EOA", self.end_before_managers)?;
        }
        if self.managers.len() != slots(self.version, self.persist) {
            return Err(e.broken("Free-Space Manager Address", "their number is wrong"));
        }
        self.managers
            .iter()
            .try_for_each(|address| e.address("Free-Space Manager Address", *address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::check_round_trip;

    fn info(version: u8, strategy: FileSpaceStrategy, persist: bool) -> FileSpaceInfo {
        let mut managers = vec![None; slots(version, persist)];
        if let Some(manager) = managers.get_mut(2) {
            *manager = Some(Address(0x900));
        }
        FileSpaceInfo {
            version,
            strategy,
            persist,
            threshold: 1,
            page_size: DEFAULT_PAGE_SIZE,
            page_end_threshold: 0,
            end_before_managers: None,
            managers,
        }
    }

    #[test]
    fn round_trips() {
        check_round_trip(&info(0, FileSpaceStrategy::FREE_SPACE_AND_AGGREGATORS, true));
        check_round_trip(&info(0, FileSpaceStrategy::FREE_SPACE_AND_AGGREGATORS, false));
        check_round_trip(&info(0, FileSpaceStrategy::AGGREGATORS, false));
        check_round_trip(&info(0, FileSpaceStrategy::NONE, false));
        check_round_trip(&info(1, FileSpaceStrategy::PAGE, true));
        check_round_trip(&info(1, FileSpaceStrategy(77), false));
    }
}
