//! Object headers: all blocks of one object's header gathered, messages found and resolved.

mod edit;
mod times;

use std::collections::VecDeque;

pub(crate) use edit::{HeaderCreation, now};

use crate::codec::{Address, Structure, wide};
use crate::error::{Error, Result};
use crate::format::message::{Continuation, MessageFlags, MessageType};
use crate::format::object_header::{
    BlockContext, ContinuationBlock, FirstBlock, HeaderPrefix, RawMessage,
};
use crate::limits::Limits;
use crate::space::Space;

/// An object's header: its prefix and the messages of all its blocks, in the order found.
#[derive(Debug, Clone)]
pub(crate) struct ObjectHeader {
    pub(crate) address: Address,
    pub(crate) prefix: HeaderPrefix,
    pub(crate) messages: Vec<RawMessage>,
    /// Addresses and lengths of the blocks, the first one first.
    blocks: Vec<(Address, u64)>,
}

const NAME: &str = HeaderPrefix::NAME;

impl ObjectHeader {
    /// Reads the header at `address`.
    pub(crate) fn load(space: &Space, address: Address) -> Result<Self> {
        let most = space.available(address, HeaderPrefix::MAX_SIZE);
        let prefix: HeaderPrefix = space.load(address, most)?;
        let len = prefix.first_block_len();
        let first: FirstBlock = space.load(address, len)?;
        let mut blocks = Blocks { space, seen: vec![(address, len)], waiting: VecDeque::new() };
        let mut messages = first.messages;
        blocks.note(&messages)?;
        let framing = prefix.framing();
        while let Some((at, len)) = blocks.waiting.pop_front() {
            blocks.enter(at, len)?;
            let context = BlockContext { framing, len };
            let block: ContinuationBlock = space.load_in(at, len, &context)?;
            let count = wide(messages.len()).saturating_add(wide(block.messages.len()));
            Limits::check("header_messages", count, space.limits().header_messages)
                .map_err(|error| error.or_at(space.location(NAME, "Header Messages", address)))?;
            blocks.note(&block.messages)?;
            messages.extend(block.messages);
        }
        // The number of messages a version 1 prefix declares is not always true: libhdf5 takes the
        // messages that are there, too.
        let header = Self { address, prefix, messages, blocks: blocks.seen };
        header.check()?;
        Ok(header)
    }

    /// The first message of a kind.
    pub(crate) fn find(&self, kind: MessageType) -> Option<&RawMessage> {
        self.messages.iter().find(|message| message.kind == kind)
    }

    /// All messages of a kind, in the order found.
    pub(crate) fn all(&self, kind: MessageType) -> impl Iterator<Item = &RawMessage> {
        self.messages.iter().filter(move |message| message.kind == kind)
    }

    pub(crate) fn has(&self, kind: MessageType) -> bool {
        self.find(kind).is_some()
    }

    /// Refuses messages this library must understand and does not, and impossible flags.
    fn check(&self) -> Result<()> {
        for message in &self.messages {
            let place = || crate::error::Location {
                structure: NAME,
                field: "Header Message Flags",
                offset: message.offset,
            };
            if let Some(problem) = message.flags.problem(message.kind) {
                return Err(Error::broken(place(), problem));
            }
            if message.kind == MessageType::REFERENCE_COUNT && self.prefix.version() == 1 {
                return Err(Error::broken(place(), "a version 1 header counts references itself"));
            }
            if !message.kind.is_known() && message.flags.contains(MessageFlags::FAIL_IF_UNKNOWN) {
                let what = format!("object header message {:#06x}", message.kind.0);
                return Err(Error::unsupported(what).or_at(place()));
            }
        }
        Ok(())
    }
}

/// The blocks of a header, each entered once.
struct Blocks<'a> {
    space: &'a Space,
    seen: Vec<(Address, u64)>,
    waiting: VecDeque<(Address, u64)>,
}

impl Blocks<'_> {
    /// Queues the blocks that `messages` continue in.
    fn note(&mut self, messages: &[RawMessage]) -> Result<()> {
        for message in messages.iter().filter(|m| m.kind == MessageType::CONTINUATION) {
            let mut d = crate::codec::Decoder::new(
                Continuation::NAME,
                &message.body,
                message.offset,
                self.space.sizes(),
                self.space.limits(),
            );
            let next = Continuation::decode(&mut d)?;
            self.waiting.push_back((next.address, next.length));
        }
        let blocks = wide(self.seen.len()).saturating_add(wide(self.waiting.len()));
        Limits::check("header_blocks", blocks, self.space.limits().header_blocks)
    }

    /// Refuses a block that overlaps one entered before.
    fn enter(&mut self, at: Address, len: u64) -> Result<()> {
        let overlaps =
            |(start, size): &(Address, u64)| at.0 < start.plus(*size).0 && start.0 < at.plus(len).0;
        if self.seen.iter().any(overlaps) {
            let problem = "the block overlaps another of the same header";
            return Err(self.space.broken(Continuation::NAME, "Offset", at, problem));
        }
        self.seen.push((at, len));
        Ok(())
    }
}
