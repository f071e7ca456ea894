//! The bytes in front of a file's first address, which are its user's.

use super::Space;
use crate::codec::wide;
use crate::error::Result;

/// Bytes copied at once.
const PIECE: usize = 1 << 20;

impl Space {
    /// Lets what is in front of the first address be what it is in `other`, as far as there is room.
    pub(crate) fn copy_user_block(&self, other: &Self) -> Result<()> {
        let (mut done, end) = (0_u64, self.base.min(other.base));
        let mut bytes = vec![0; usize::try_from(end).unwrap_or(PIECE).min(PIECE)];
        while done < end {
            let left = usize::try_from(end.saturating_sub(done)).unwrap_or(PIECE);
            bytes.truncate(left);
            other.storage.read_at(done, &mut bytes)?;
            self.storage.write_at(done, &bytes)?;
            done = done.saturating_add(wide(bytes.len()));
        }
        Ok(())
    }
}
