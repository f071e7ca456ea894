//! When an object was changed, where its header says so.

use super::ObjectHeader;
use crate::codec::StructureIn;
use crate::error::Result;
use crate::format::message::{MessageFlags, MessageType, ModificationTime, ModificationTimeOld};
use crate::format::object_header::{HeaderPrefix, Times};
use crate::object::store::Store;

impl ObjectHeader {
    /// The times the header stores: four, or the one of the last change for all of them.
    pub(crate) fn times(&self, store: &Store) -> Result<Option<Times>> {
        if let HeaderPrefix::V2 { times, .. } = &self.prefix {
            return Ok(*times);
        }
        let time: Option<ModificationTime> = store.message(self, MessageType::MODIFICATION_TIME)?;
        let seconds = match time {
            Some(time) => Some(time.seconds),
            None => store
                .message::<ModificationTimeOld>(self, MessageType::MODIFICATION_TIME_OLD)?
                .and_then(|time| time.seconds())
                .and_then(|seconds| u32::try_from(seconds).ok()),
        };
        Ok(seconds.map(|at| Times { access: at, modification: at, change: at, birth: at }))
    }

    /// Lets the header say these times, as far as it has room for them.
    pub(crate) fn set_times(&mut self, store: &Store, new: Times) -> Result<()> {
        match &mut self.prefix {
            HeaderPrefix::V2 { times: Some(times), .. } => *times = new,
            HeaderPrefix::V2 { times: None, .. } => {}
            HeaderPrefix::V1 { .. } => {
                let time = ModificationTime { seconds: new.modification };
                let body = time.to_bytes_in(store.space().sizes(), &())?;
                self.set(MessageType::MODIFICATION_TIME, MessageFlags::empty(), body);
            }
        }
        Ok(())
    }
}
