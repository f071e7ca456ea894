//! Changes of object headers: messages come, go and change; the header's address stays.
//!
//! The first block keeps its place and its size. What does not fit there goes to one further
//! block. Where both must change, the further block is written anew elsewhere, so that the one
//! write of the first block switches from the old messages to the new ones.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{NAME, ObjectHeader};
use crate::codec::{Address, Structure, StructureIn, bytes_needed, wide};
use crate::error::{Error, Result};
use crate::format::message::{
    Continuation, MessageFlags, MessageType, ModificationTime, ReferenceCount,
};
use crate::format::object_header::{
    BlockContext, ContinuationBlock, FirstBlock, Framing, HeaderPrefix, RawMessage, Times,
};
use crate::space::{Extents, Purpose, Rank, Space};

/// Bytes of the messages of the smallest first block: one that can name a further block.
const SMALLEST: u64 = 24;
/// Largest body of a message.
const LARGEST_BODY: usize = 0xffff;

/// How a new header is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct HeaderCreation {
    /// Version 1 or 2.
    pub(crate) version: u8,
    pub(crate) attribute_order_tracked: bool,
    pub(crate) attribute_order_indexed: bool,
    /// Maximum of compact, minimum of dense attributes, where they are not the usual ones.
    pub(crate) phase_change: Option<(u16, u16)>,
    pub(crate) times: bool,
    /// Bytes left free in the first block for messages to come.
    pub(crate) reserve: u64,
}

impl ObjectHeader {
    /// Makes a header with these messages at a new address.
    pub(crate) fn create(
        space: &Space,
        creation: &HeaderCreation,
        messages: Vec<RawMessage>,
    ) -> Result<Self> {
        let framing = match creation.version {
            1 => Framing::V1,
            _ => Framing::V2 { creation_index: creation.attribute_order_tracked },
        };
        let mut messages = messages;
        let mut len = creation.reserve;
        for message in &mut messages {
            normalize(framing, message)?;
            len = len.saturating_add(framed(framing, message));
        }
        let len = len.max(SMALLEST).next_multiple_of(8);
        let prefix = if creation.version == 1 {
            let first_block = u32::try_from(len).map_err(|_| too_large(len))?;
            HeaderPrefix::V1 { messages: 0, reference_count: 1, first_block }
        } else {
            let now = now();
            HeaderPrefix::V2 {
                creation_order_tracked: creation.attribute_order_tracked,
                creation_order_indexed: creation.attribute_order_indexed,
                times: creation.times.then_some(Times {
                    access: now,
                    modification: now,
                    change: now,
                    birth: now,
                }),
                phase_change: creation.phase_change,
                first_block: len,
                width: bytes_needed(len).next_power_of_two(),
            }
        };
        let first_len = prefix.first_block_len();
        let address = space.allocate(Purpose::Metadata, first_len)?;
        let blocks = vec![(address, first_len)];
        let mut header = Self { address, prefix, messages, blocks };
        header.save(space)?;
        Ok(header)
    }

    /// Adds a message.
    pub(crate) fn push(&mut self, kind: MessageType, flags: MessageFlags, body: Vec<u8>) {
        self.messages.push(RawMessage { kind, flags, creation_index: None, body, offset: 0 });
    }

    /// Gives the first message of a kind another body, which is no shared one, or adds it with
    /// `flags`. What others knew of the old one is the caller's.
    pub(crate) fn set(&mut self, kind: MessageType, flags: MessageFlags, body: Vec<u8>) {
        match self.messages.iter_mut().find(|message| message.kind == kind) {
            Some(message) => {
                message.flags.remove(MessageFlags::SHARED | MessageFlags::SHAREABLE);
                message.body = body;
            }
            None => self.push(kind, flags, body),
        }
    }

    /// Removes all messages of a kind.
    pub(crate) fn remove_all(&mut self, kind: MessageType) {
        self.messages.retain(|message| message.kind != kind);
    }

    /// Number of hard links to the object.
    pub(crate) fn reference_count(&self, space: &Space) -> Result<u32> {
        if let HeaderPrefix::V1 { reference_count, .. } = &self.prefix {
            return Ok(*reference_count);
        }
        let Some(message) = self.find(MessageType::REFERENCE_COUNT) else { return Ok(1) };
        let name = <ReferenceCount as Structure>::NAME;
        let mut d = crate::codec::Decoder::new(
            name,
            &message.body,
            message.offset,
            space.sizes(),
            space.limits(),
        );
        Ok(ReferenceCount::decode(&mut d)?.count)
    }

    /// Lets the header say how many hard links lead to the object.
    pub(crate) fn set_reference_count(&mut self, space: &Space, count: u32) -> Result<()> {
        match &mut self.prefix {
            HeaderPrefix::V1 { reference_count, .. } => *reference_count = count,
            HeaderPrefix::V2 { .. } if count == 1 => self.remove_all(MessageType::REFERENCE_COUNT),
            HeaderPrefix::V2 { .. } => {
                let body = ReferenceCount { count }.to_bytes_in(space.sizes(), &())?;
                self.set(MessageType::REFERENCE_COUNT, MessageFlags::empty(), body);
            }
        }
        Ok(())
    }

    /// Whether the header says when the object changed.
    pub(crate) fn tells_time(&self) -> bool {
        matches!(self.prefix, HeaderPrefix::V2 { times: Some(_), .. })
            || self.has(MessageType::MODIFICATION_TIME)
    }

    /// Lets the times the header stores, if any, say that the object changed now.
    pub(crate) fn touch(&mut self, space: &Space) -> Result<()> {
        if let HeaderPrefix::V2 { times: Some(times), .. } = &mut self.prefix {
            (times.modification, times.change) = (now(), now());
        }
        if self.has(MessageType::MODIFICATION_TIME) {
            let time = ModificationTime { seconds: now() };
            let body = time.to_bytes_in(space.sizes(), &())?;
            self.set(MessageType::MODIFICATION_TIME, MessageFlags::empty(), body);
        }
        Ok(())
    }

    /// Writes the header.
    pub(crate) fn save(&mut self, space: &Space) -> Result<()> {
        self.mark_unknown()?;
        let framing = self.prefix.framing();
        if space.is_watched() && framing == Framing::V1 {
            return Err(Error::usage(
                "in SWMR mode only objects of format v110 or later are changed: headers of \
                 version 1 have no checksum",
            ));
        }
        self.messages.retain(|m| !matches!(m.kind, MessageType::NIL | MessageType::CONTINUATION));
        self.messages.iter_mut().try_for_each(|message| normalize(framing, message))?;
        let room = self.prefix.messages_len();
        let all = self.messages.iter().fold(0, |n, m| framed(framing, m).saturating_add(n));
        if all <= room {
            let old = self.blocks.split_off(1);
            let messages = std::mem::take(&mut self.messages);
            self.messages = self.save_first(space, messages, 0)?;
            return old.iter().try_for_each(|(at, len)| space.free(Purpose::Metadata, *at, *len));
        }
        let leave = framing.message_prefix().saturating_add(usize::from(space.sizes().offsets));
        let leave = wide(leave.saturating_add(usize::from(space.sizes().lengths)));
        let leave = if framing == Framing::V1 { leave.next_multiple_of(8) } else { leave };
        let Some(mut room) = room.checked_sub(leave) else {
            return Err(Error::unsupported("an object header too small to name a further block"));
        };
        let messages = std::mem::take(&mut self.messages).into_iter();
        let (mut first, rest): (Vec<_>, Vec<_>) = messages.partition(|message| {
            let left = room.checked_sub(framed(framing, message));
            room = left.unwrap_or(room);
            left.is_some()
        });
        let (at, len, rest) = self.save_rest(space, rest, &first)?;
        let body = Continuation { address: at, length: len }.to_bytes_in(space.sizes(), &())?;
        let flags = MessageFlags::empty();
        let kind = MessageType::CONTINUATION;
        let mut message = RawMessage { kind, flags, creation_index: None, body, offset: 0 };
        normalize(framing, &mut message)?;
        first.push(message);
        self.messages = self.save_first(space, first, rest.len())?;
        self.messages.extend(rest);
        Ok(())
    }

    /// As [`save`](Self::save); who asks for the header next need not read it.
    pub(crate) fn save_kept(this: &mut Arc<Self>, space: &Space) -> Result<()> {
        Arc::make_mut(this).save(space)?;
        if this.overlaps() {
            let place = space.location(NAME, "Header Messages", this.address);
            return Err(Error::broken(place, "blocks of the header overlap".to_owned()));
        }
        debug_assert!(this.is_as_stored(space), "{this:?}");
        space.keep_of(&this.blocks, this, space.moment());
        Ok(())
    }

    /// As [`save_kept`](Self::save_kept), where messages were added, which are all of a known kind: the
    /// header may be written later, if nobody minds. Nothing can then keep it from being written but the
    /// storage.
    pub(crate) fn save_late(this: &mut Arc<Self>, space: &Space) -> Result<()> {
        if !this.can_wait(space) {
            return Self::save_kept(this, space);
        }
        let header = Arc::make_mut(this);
        let framing = header.prefix.framing();
        header.messages.iter_mut().try_for_each(|message| normalize(framing, message))?;
        let len = header.messages.iter().fold(0, |n, m| framed(framing, m).saturating_add(n));
        // What is decoded takes more than the bytes do, by the message.
        let around = wide(header.messages.len().saturating_mul(size_of::<RawMessage>()));
        space.put_late(this.address, this, len.saturating_add(around))
    }

    /// Whether saving the header succeeds whatever comes.
    fn can_wait(&self, space: &Space) -> bool {
        let framing = self.prefix.framing();
        framing != Framing::V1
            && !space.is_watched()
            && space.sizes().offsets >= 8
            && self.prefix.messages_len() >= SMALLEST
            && !self.overlaps()
            && self.messages.iter().all(|message| message.kind.is_known())
    }

    /// Whether some of its blocks share bytes, as they do in broken files alone: what is written to one
    /// of them is lost with the next.
    fn overlaps(&self) -> bool {
        let share = |a: &(Address, u64), b: &(Address, u64)| {
            a.0.0 < b.0.0.saturating_add(b.1) && b.0.0 < a.0.0.saturating_add(a.1)
        };
        let mut rest = self.blocks.as_slice();
        while let Some((block, others)) = rest.split_first() {
            if others.iter().any(|other| share(block, other)) {
                return true;
            }
            rest = others;
        }
        false
    }

    /// Whether reading the header gives just this.
    fn is_as_stored(&self, space: &Space) -> bool {
        let places = |header: &Self| -> Vec<u64> {
            header.messages.iter().map(|message| message.offset).collect()
        };
        Self::load_stored(space, self.address).is_ok_and(|stored| {
            stored.prefix == self.prefix
                && stored.messages == self.messages
                && stored.blocks == self.blocks
                && places(&stored) == places(self)
        })
    }

    /// Lets unknown messages say that somebody changed the object who does not know them, where
    /// they ask for it, and forbid it where they do.
    fn mark_unknown(&mut self) -> Result<()> {
        for message in self.messages.iter_mut().filter(|message| !message.kind.is_known()) {
            if message.flags.contains(MessageFlags::FAIL_IF_UNKNOWN_AND_WRITING) {
                let kind = message.kind.0;
                let what = format!("changing an object with the header message {kind:#06x}");
                return Err(Error::unsupported(what));
            }
            if message.flags.contains(MessageFlags::MARK_IF_UNKNOWN) {
                message.flags.insert(MessageFlags::WAS_UNKNOWN);
            }
        }
        Ok(())
    }

    /// Writes the messages that are not in the first block; gives the place and the length of
    /// their block, and the messages it has.
    fn save_rest(
        &mut self,
        space: &Space,
        rest: Vec<RawMessage>,
        first: &[RawMessage],
    ) -> Result<(Address, u64, Vec<RawMessage>)> {
        let framing = self.prefix.framing();
        let around = if framing == Framing::V1 { 0 } else { 8 };
        let needed = rest.iter().fold(around, |n: u64, m| framed(framing, m).saturating_add(n));
        let old = self.blocks.split_off(1);
        let place = match old.as_slice() {
            [(at, len)]
                if *len >= needed
                    && (space.is_fresh(*at, *len)
                        || self.keeps(space, first)?
                        || self.holds(space, (*at, *len), &rest)?) =>
            {
                Some((*at, *len))
            }
            _ => None,
        };
        let (at, len) = match place {
            Some(place) => place,
            None => {
                for (at, len) in &old {
                    space.free(Purpose::Metadata, *at, *len)?;
                }
                let slack = (needed >> 1).clamp(64, 4096);
                let len = needed.saturating_add(slack).next_multiple_of(8);
                (space.allocate(Purpose::Metadata, len)?, len)
            }
        };
        self.blocks.push((at, len));
        let (mut messages, gap) = filled(framing, rest, len.saturating_sub(needed));
        let signature = if framing == Framing::V1 { 0 } else { 4 };
        lay_out(space, framing, &mut messages, at.plus(signature));
        let block = ContinuationBlock { messages, gap };
        let context = BlockContext { framing, len };
        space.save_in(Rank::HeaderContinuation, at, &block, &context, len)?;
        Ok((at, len, block.messages))
    }

    /// Whether the first block holds these messages already, and need not change with the others.
    fn keeps(&self, space: &Space, first: &[RawMessage]) -> Result<bool> {
        let Some((at, len)) = self.blocks.first() else { return Ok(false) };
        let block: FirstBlock = space.load(*at, *len)?;
        let there = block.messages.iter().filter(|m| m.kind != MessageType::NIL);
        Ok(block.prefix == self.prefix
            && there.filter(|m| m.kind != MessageType::CONTINUATION).eq(first.iter()))
    }

    /// Whether a further block holds these messages already.
    fn holds(&self, space: &Space, (at, len): (Address, u64), rest: &[RawMessage]) -> Result<bool> {
        let context = BlockContext { framing: self.prefix.framing(), len };
        let block: ContinuationBlock = space.load_in(at, len, &context)?;
        Ok(block.messages.iter().filter(|m| m.kind != MessageType::NIL).eq(rest.iter()))
    }

    /// Writes the first block, which has these messages besides `others` of the further one; gives
    /// all it has.
    fn save_first(
        &mut self,
        space: &Space,
        messages: Vec<RawMessage>,
        others: usize,
    ) -> Result<Vec<RawMessage>> {
        let framing = self.prefix.framing();
        let used = messages.iter().fold(0, |n: u64, m| framed(framing, m).saturating_add(n));
        let left = self.prefix.messages_len().saturating_sub(used);
        let (mut messages, gap) = filled(framing, messages, left);
        let start = self.address.plus(self.prefix.len());
        lay_out(space, framing, &mut messages, start);
        let count = messages.len().saturating_add(others);
        if let HeaderPrefix::V1 { messages: number, .. } = &mut self.prefix {
            *number = u16::try_from(count).map_err(|_| too_large(wide(count)))?;
        }
        let len = self.prefix.first_block_len();
        let block = FirstBlock { prefix: self.prefix.clone(), messages, gap };
        space.save(Rank::ObjectHeader, self.address, &block, len)?;
        Ok(block.messages)
    }

    /// Adds all blocks of the header to `extents`.
    pub(crate) fn extents(&self, extents: &mut Extents) {
        self.blocks.iter().for_each(|(at, len)| extents.metadata(*at, *len));
    }
}

/// The messages, with what fills `left` bytes behind them: a message that says so, or a gap.
fn filled(framing: Framing, mut messages: Vec<RawMessage>, left: u64) -> (Vec<RawMessage>, usize) {
    let mut left = usize::try_from(left).unwrap_or(0);
    let prefix = framing.message_prefix();
    while left >= prefix {
        // What is left behind a message as long as can be must be enough for another one.
        let most = LARGEST_BODY & !7;
        let len = left.saturating_sub(prefix).min(most.saturating_sub(prefix));
        messages.push(RawMessage {
            kind: MessageType::NIL,
            flags: MessageFlags::empty(),
            creation_index: creation_index(framing),
            body: vec![0; len],
            offset: 0,
        });
        left = left.saturating_sub(prefix).saturating_sub(len);
    }
    (messages, left)
}

/// Notes where in the file messages lie, the first one at `start`.
fn lay_out(space: &Space, framing: Framing, messages: &mut [RawMessage], start: Address) {
    let mut end = space.location("Object Header", "Messages", start).offset;
    for message in messages {
        message.offset = end.saturating_add(wide(framing.message_prefix()));
        end = end.saturating_add(framed(framing, message));
    }
}

fn creation_index(framing: Framing) -> Option<u16> {
    (framing == Framing::V2 { creation_index: true }).then_some(0)
}

/// Brings a message into the form the header's version asks for.
fn normalize(framing: Framing, message: &mut RawMessage) -> Result<()> {
    match creation_index(framing) {
        Some(index) => {
            message.creation_index.get_or_insert(index);
        }
        None => message.creation_index = None,
    }
    if framing == Framing::V1 {
        message.body.resize(message.body.len().next_multiple_of(8), 0);
    }
    if message.body.len() > LARGEST_BODY {
        return Err(too_large(wide(message.body.len())));
    }
    Ok(())
}

/// Bytes of a message with its prefix.
fn framed(framing: Framing, message: &RawMessage) -> u64 {
    wide(message.body.len().saturating_add(framing.message_prefix()))
}

#[cold]
fn too_large(len: u64) -> Error {
    Error::usage(format!("{len} bytes or messages are more than an object header can hold"))
}

/// Seconds since 1970.
pub(crate) fn now() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::space::testing::scratch;

    fn messages(header: &ObjectHeader) -> Vec<(u16, Vec<u8>)> {
        let own = |m: &&RawMessage| !matches!(m.kind, MessageType::NIL | MessageType::CONTINUATION);
        header.messages.iter().filter(own).map(|m| (m.kind.0, m.body.clone())).collect()
    }

    #[test]
    fn unknown_messages_know_of_changes() {
        let space = scratch();
        let creation = HeaderCreation { version: 2, ..HeaderCreation::default() };
        for (flags, expected) in [
            (MessageFlags::empty(), Some(MessageFlags::empty())),
            (
                MessageFlags::MARK_IF_UNKNOWN,
                Some(MessageFlags::MARK_IF_UNKNOWN | MessageFlags::WAS_UNKNOWN),
            ),
            (MessageFlags::FAIL_IF_UNKNOWN_AND_WRITING, None),
        ] {
            let mut header = ObjectHeader::create(&space, &creation, Vec::new()).unwrap();
            header.push(MessageType(0x60), flags, vec![1, 2, 3]);
            let saved = header.save(&space);
            assert_eq!(saved.is_ok(), expected.is_some());
            if let Some(expected) = expected {
                let header = ObjectHeader::load(&space, header.address).unwrap();
                assert_eq!(header.find(MessageType(0x60)).unwrap().flags, expected);
            }
        }
    }

    proptest! {
        #[test]
        fn holds_what_was_put_there(
            version in 1u8..=2,
            tracked in any::<bool>(),
            reserve in 0u64..100,
            steps in prop::collection::vec((0u8..5, any::<prop::sample::Index>(), 0usize..300), 1..25),
        ) {
            let space = scratch();
            let before = space.allocated();
            let tracked = tracked && version == 2;
            let creation = HeaderCreation {
                version, attribute_order_tracked: tracked, reserve, times: tracked, ..HeaderCreation::default()
            };
            let mut header = ObjectHeader::create(&space, &creation, Vec::new()).unwrap();
            let mut model: Vec<(u16, Vec<u8>)> = Vec::new();
            for (n, (step, index, len)) in steps.into_iter().enumerate() {
                let len = if version == 1 { len.next_multiple_of(8) } else { len };
                match step {
                    0..=1 => {
                        let body = vec![u8::try_from(n).unwrap(); len];
                        header.push(MessageType::ATTRIBUTE, MessageFlags::empty(), body.clone());
                        model.push((MessageType::ATTRIBUTE.0, body));
                    }
                    2 if !model.is_empty() => {
                        let at = index.index(model.len());
                        header.messages.retain(|m| !matches!(m.kind, MessageType::NIL | MessageType::CONTINUATION));
                        let gone = model.remove(at);
                        let at = header.messages.iter().position(|m| m.body == gone.1).unwrap();
                        header.messages.remove(at);
                    }
                    3 => {
                        space.commit(false).unwrap();
                    }
                    _ => {
                        header.set_reference_count(&space, u32::try_from(len).unwrap()).unwrap();
                        model.retain(|m| m.0 != MessageType::REFERENCE_COUNT.0);
                        header.save(&space).unwrap();
                        prop_assert_eq!(header.reference_count(&space).unwrap(), u32::try_from(len).unwrap());
                        header.set_reference_count(&space, 1).unwrap();
                    }
                }
                header.save(&space).unwrap();
                header = ObjectHeader::load(&space, header.address).unwrap();
                let mut found = messages(&header);
                let mut expected = model.clone();
                found.sort();
                expected.sort();
                prop_assert_eq!(found, expected);
            }
            let free = |extents: &mut Extents| {
                header.extents(extents);
                Ok(())
            };
            space.free_all(free).unwrap();
            prop_assert_eq!(space.allocated(), before);
        }
    }
}
