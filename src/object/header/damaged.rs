//! Headers of which a part is damaged.

use super::{NAME, ObjectHeader};
use crate::codec::Address;
use crate::error::Result;
use crate::format::message::MessageType;
use crate::format::object_header::{FirstBlock, HeaderPrefix, RawMessage};
use crate::space::Space;

/// The messages of a first block that can be told apart, whatever its checksum is: those before the
/// first one that cannot.
pub(super) fn left_of_first(space: &Space, at: Address, len: u64) -> Result<Vec<RawMessage>> {
    let bytes = space.read(NAME, at, space.available(at, len))?;
    let mut messages = Vec::new();
    let mut d = space.decoder(NAME, at, &bytes);
    // What is wrong was noted by who wanted all of it.
    let _ = FirstBlock::each(&mut d, false, &mut |message| messages.push(message.into()));
    if messages.iter().all(|message: &RawMessage| message.kind == MessageType::NIL) {
        return Err(space.broken(NAME, "Header Messages", at, "none can be read"));
    }
    Ok(messages)
}

impl ObjectHeader {
    /// Whether a header seems to begin at `at`.
    pub(crate) fn is_at(space: &Space, at: Address) -> bool {
        let most = space.available(at, HeaderPrefix::MAX_SIZE);
        space.load::<HeaderPrefix>(at, most).is_ok()
    }

    /// Notes what no writer leaves, but zeros over a part of the header do.
    pub(super) fn suspect(&self, space: &Space) {
        if let HeaderPrefix::V1 { messages, .. } = &self.prefix {
            let empty = |m: &&RawMessage| m.kind == MessageType::NIL && m.body.is_empty();
            let wiped = self.messages.iter().filter(empty).count() > 0;
            if wiped && usize::from(*messages) != self.messages.len() {
                let field = "Total Number of Header Messages";
                space.suspect(NAME, field, self.address, "messages are missing");
            }
        }
        let has_layout = self.has(MessageType::DATA_LAYOUT);
        let has_space = self.has(MessageType::DATASPACE);
        if has_layout != has_space && self.has(MessageType::DATATYPE) {
            let problem = "a dataset without a dataspace, or without a layout";
            space.suspect(NAME, "Header Messages", self.address, problem);
        }
    }

    /// Whether it is a committed datatype's, rather than what is left of a dataset's.
    pub(crate) fn is_datatype(&self) -> bool {
        self.has(MessageType::DATATYPE)
            && !self.has(MessageType::DATA_LAYOUT)
            && !self.has(MessageType::DATASPACE)
    }
}
