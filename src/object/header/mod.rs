//! Object headers: all blocks of one object's header gathered, messages found and resolved.

mod damaged;
mod edit;
mod known;
mod template;
mod times;

use std::collections::VecDeque;
use std::sync::Arc;

pub(crate) use edit::{HeaderCreation, now};
pub(crate) use known::{KnownHeader, Messages};
pub(crate) use template::HeaderTemplate;

use crate::codec::{Address, Structure, wide};
use crate::error::{Error, Result};
use crate::format::message::{Continuation, MessageFlags, MessageType};
use crate::format::object_header::{
    BlockContext, ContinuationBlock, FirstBlock, HeaderPrefix, MessageView, RawMessage,
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
        match space.late(address) {
            Some(late) => Ok(Arc::unwrap_or_clone(late)),
            None => Self::load_stored(space, address),
        }
    }

    /// As [`load`](Self::load), of what was saved last.
    fn load_stored(space: &Space, address: Address) -> Result<Self> {
        let most = space.available(address, HeaderPrefix::MAX_SIZE);
        let prefix: HeaderPrefix = space.load(address, most)?;
        let len = prefix.first_block_len();
        let first: Option<FirstBlock> = space.heed(space.load(address, len))?;
        let mut messages = match first {
            Some(first) => first.messages,
            None => damaged::left_of_first(space, address, len)?,
        };
        let mut blocks = Blocks::new(space, (address, len));
        space.heed(blocks.note(messages.iter().map(MessageView::from)))?;
        let framing = prefix.framing();
        while let Some((at, len)) = blocks.waiting.pop_front() {
            if space.heed(blocks.enter(at, len))?.is_none() {
                continue;
            }
            let context = BlockContext { framing, len };
            let block: Result<ContinuationBlock> = space.load_in(at, len, &context);
            let Some(block) = space.heed(block)? else { continue };
            let count = wide(messages.len()).saturating_add(wide(block.messages.len()));
            Limits::check("header_messages", count, space.limits().header_messages)
                .map_err(|error| error.or_at(space.location(NAME, "Header Messages", address)))?;
            space.heed(blocks.note(block.messages.iter().map(MessageView::from)))?;
            messages.extend(block.messages);
        }
        // The number of messages a version 1 prefix declares is not always true: libhdf5 takes the
        // messages that are there, too.
        let header = Self { address, prefix, messages, blocks: blocks.seen };
        header.check()?;
        if space.tolerates_damage() {
            header.suspect(space);
        }
        Ok(header)
    }

    /// As [`load`](Self::load), of what is kept of headers where the file is open for writing.
    pub(crate) fn load_kept(space: &Space, address: Address) -> Result<Arc<Self>> {
        if let Some(found) = space.late(address).or_else(|| space.kept(address)) {
            return Ok(found);
        }
        let read = space.moment();
        let header = Arc::new(Self::load(space, address)?);
        space.keep_of(&header.blocks, &header, read);
        Ok(header)
    }

    /// Bytes of all blocks.
    pub(crate) fn size(&self) -> u64 {
        self.blocks.iter().fold(0, |sum, (_, len)| sum.saturating_add(*len))
    }

    /// Bytes of the blocks that no message takes.
    pub(crate) fn unused(&self) -> u64 {
        let prefix = wide(self.prefix.framing().message_prefix());
        let taken = |message: &RawMessage| wide(message.body.len()).saturating_add(prefix);
        let messages = self.messages.iter().filter(|message| message.kind != MessageType::NIL);
        let used = messages.map(taken).fold(self.prefix.len(), u64::saturating_add);
        self.size().saturating_sub(used.saturating_add(self.prefix.marks(self.blocks.len())))
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

impl<'a> Blocks<'a> {
    /// The first one is entered.
    fn new(space: &'a Space, first: (Address, u64)) -> Self {
        Self { space, seen: vec![first], waiting: VecDeque::new() }
    }

    /// Queues the blocks that `messages` continue in.
    fn note<'m>(&mut self, messages: impl Iterator<Item = MessageView<'m>>) -> Result<()> {
        for message in messages.filter(|m| m.kind == MessageType::CONTINUATION) {
            let mut d = crate::codec::Decoder::new(
                Continuation::NAME,
                message.body,
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
