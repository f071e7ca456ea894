//! Group Info message (specification IV.A.2.k).

use crate::codec::{Decoder, Encoder, Structure};
use crate::error::Result;

const HAS_PHASE_CHANGE: u8 = 1 << 0;
const HAS_ESTIMATES: u8 = 1 << 1;

/// Group Info message: how a new-style group wants its links stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GroupInfo {
    /// `None` where the defaults hold.
    pub(crate) phase_change: Option<LinkPhaseChange>,
    /// `None` where the defaults hold.
    pub(crate) estimates: Option<GroupEstimates>,
}

/// When links move between the header and the heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LinkPhaseChange {
    /// Most links that stay in the header.
    pub(crate) maximum_compact: u16,
    /// Fewest links that stay in the heap.
    pub(crate) minimum_dense: u16,
}

impl Default for LinkPhaseChange {
    fn default() -> Self {
        Self { maximum_compact: 8, minimum_dense: 6 }
    }
}

/// What the group's creator expects, to size the header by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupEstimates {
    /// Number of links.
    pub(crate) entries: u16,
    /// Length of a link's name, in bytes.
    pub(crate) name_length: u16,
}

impl Default for GroupEstimates {
    fn default() -> Self {
        Self { entries: 4, name_length: 8 }
    }
}

impl Structure for GroupInfo {
    const NAME: &'static str = "Group Info Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.u8_in("Version", 0..=0)?;
        let flags = d.u8_in("Flags", 0..=(HAS_PHASE_CHANGE | HAS_ESTIMATES))?;
        let mut info = Self::default();
        if flags & HAS_PHASE_CHANGE != 0 {
            info.phase_change = Some(LinkPhaseChange {
                maximum_compact: d.u16("Link Phase Change: Maximum Compact Value")?,
                minimum_dense: d.u16("Link Phase Change: Minimum Dense Value")?,
            });
        }
        if flags & HAS_ESTIMATES != 0 {
            info.estimates = Some(GroupEstimates {
                entries: d.u16("Estimated Number of Entries")?,
                name_length: d.u16("Estimated Link Name Length of Entries")?,
            });
        }
        Ok(info)
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u8(0);
        let phase_change = self.phase_change.map_or(0, |_| HAS_PHASE_CHANGE);
        e.u8(phase_change | self.estimates.map_or(0, |_| HAS_ESTIMATES));
        if let Some(change) = self.phase_change {
            e.u16(change.maximum_compact);
            e.u16(change.minimum_dense);
        }
        if let Some(estimates) = self.estimates {
            e.u16(estimates.entries);
            e.u16(estimates.name_length);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::check_round_trip;

    #[test]
    fn round_trips() {
        for phase_change in [None, Some(LinkPhaseChange::default())] {
            for estimates in [None, Some(GroupEstimates { entries: 900, name_length: 12 })] {
                check_round_trip(&GroupInfo { phase_change, estimates });
            }
        }
    }
}
