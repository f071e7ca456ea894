//! Object headers (specification IV.A.1): how messages are framed, versions 1 and 2.
//!
//! See `spec-notes/object-headers.md`.

use crate::codec::{Decoder, Encoder, Structure, StructureIn, wide};
use crate::error::{Error, ErrorKind, Location, Malformed, Result};
use crate::format::message::{MessageFlags, MessageType};

const SIGNATURE: &[u8; 4] = b"OHDR";
const CONTINUATION_SIGNATURE: &[u8; 4] = b"OCHK";
/// Bytes of a version 1 prefix, padding included.
const V1_PREFIX: usize = 16;
const V1_MESSAGE_PREFIX: usize = 8;
const CHECKSUM: usize = 4;

/// Bits of the version 2 "Flags" field.
mod flag {
    pub(super) const CHUNK0_WIDTH: u8 = 0x03;
    pub(super) const CREATION_ORDER_TRACKED: u8 = 0x04;
    pub(super) const CREATION_ORDER_INDEXED: u8 = 0x08;
    pub(super) const PHASE_CHANGE: u8 = 0x10;
    pub(super) const TIMES: u8 = 0x20;
    pub(super) const DEFINED: u8 = 0x3f;
}

/// A message as its header frames it; the body is not decoded yet.
#[derive(Debug, Clone)]
pub(crate) struct RawMessage {
    pub(crate) kind: MessageType,
    pub(crate) flags: MessageFlags,
    /// Present where the header tracks the creation order of attributes.
    pub(crate) creation_index: Option<u16>,
    pub(crate) body: Vec<u8>,
    /// File offset of the body; not part of the message.
    pub(crate) offset: u64,
}

/// A message as it lies in a block of its header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MessageView<'a> {
    pub(crate) kind: MessageType,
    pub(crate) flags: MessageFlags,
    /// As of [`RawMessage`].
    pub(crate) creation_index: Option<u16>,
    pub(crate) body: &'a [u8],
    /// File offset of the body.
    pub(crate) offset: u64,
}

impl<'a> From<&'a RawMessage> for MessageView<'a> {
    fn from(message: &'a RawMessage) -> Self {
        let RawMessage { kind, flags, creation_index, ref body, offset } = *message;
        Self { kind, flags, creation_index, body, offset }
    }
}

impl From<MessageView<'_>> for RawMessage {
    fn from(view: MessageView<'_>) -> Self {
        let MessageView { kind, flags, creation_index, body, offset } = view;
        Self { kind, flags, creation_index, body: body.to_vec(), offset }
    }
}

impl PartialEq for RawMessage {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, self.flags, self.creation_index, &self.body)
            == (other.kind, other.flags, other.creation_index, &other.body)
    }
}

/// Times a version 2 header stores, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) access: u32,
    pub(crate) modification: u32,
    pub(crate) change: u32,
    pub(crate) birth: u32,
}

/// Object header prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HeaderPrefix {
    /// Version 1.
    V1 {
        /// Messages in all blocks, continuation and NIL messages included.
        messages: u16,
        reference_count: u32,
        /// Bytes of messages in the first block.
        first_block: u32,
    },
    /// Version 2.
    V2 {
        creation_order_tracked: bool,
        creation_order_indexed: bool,
        times: Option<Times>,
        /// Maximum of compact, minimum of dense attributes.
        phase_change: Option<(u16, u16)>,
        /// Bytes of messages and gap in the first block.
        first_block: u64,
        /// Bytes the size of the first block is stored in.
        width: u8,
    },
}

impl HeaderPrefix {
    /// Bytes that hold any prefix.
    pub(crate) const MAX_SIZE: u64 = 34;

    pub(crate) fn version(&self) -> u8 {
        match self {
            Self::V1 { .. } => 1,
            Self::V2 { .. } => 2,
        }
    }

    /// Whether the order in which attributes are made is kept, and whether an index is kept of it.
    pub(crate) fn attribute_order(&self) -> (bool, bool) {
        match self {
            Self::V1 { .. } => (false, false),
            Self::V2 { creation_order_tracked, creation_order_indexed, .. } => {
                (*creation_order_tracked, *creation_order_indexed)
            }
        }
    }

    /// How this header's messages are framed.
    pub(crate) fn framing(&self) -> Framing {
        match self {
            Self::V1 { .. } => Framing::V1,
            Self::V2 { creation_order_tracked, .. } => {
                Framing::V2 { creation_index: *creation_order_tracked }
            }
        }
    }

    /// Bytes of the messages in the first block.
    pub(crate) fn messages_len(&self) -> u64 {
        match self {
            Self::V1 { first_block, .. } => u64::from(*first_block),
            Self::V2 { first_block, .. } => *first_block,
        }
    }

    /// Bytes of the prefix alone.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::V1 { .. } => wide(V1_PREFIX),
            Self::V2 { times, phase_change, width, .. } => {
                let times = times.map_or(0, |_| 16);
                let phase_change = phase_change.map_or(0, |_| 4);
                6u64.saturating_add(times)
                    .saturating_add(phase_change)
                    .saturating_add(u64::from(*width))
            }
        }
    }

    /// Bytes of signatures and checksums in this many blocks, but for those of the prefix.
    pub(crate) fn marks(&self, blocks: usize) -> u64 {
        let further = wide(blocks.saturating_sub(1));
        match self {
            Self::V1 { .. } => 0,
            Self::V2 { .. } => {
                let each = wide(CHECKSUM.saturating_add(SIGNATURE.len()));
                wide(CHECKSUM).saturating_add(further.saturating_mul(each))
            }
        }
    }

    /// Bytes of the whole first block: prefix, messages, gap and checksum.
    pub(crate) fn first_block_len(&self) -> u64 {
        let checksum = if self.version() == 2 { wide(CHECKSUM) } else { 0 };
        self.len().saturating_add(self.messages_len()).saturating_add(checksum)
    }
}

impl Structure for HeaderPrefix {
    const NAME: &'static str = "Object Header";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let mut ahead = d.clone();
        if ahead.array::<4>("Signature").is_ok_and(|found| found == *SIGNATURE) {
            return decode_v2(d);
        }
        d.u8_in("Version", 1..=1)?;
        d.skip("Reserved", 1)?;
        let messages = d.u16("Total Number of Header Messages")?;
        let reference_count = d.u32("Object Reference Count")?;
        let enough = |size: u32| if messages == 0 { size == 0 } else { size >= 8 };
        let first_block = d.checked("Object Header Size", Decoder::u32, enough)?;
        d.skip("Padding", 4)?;
        Ok(Self::V1 { messages, reference_count, first_block })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        match self {
            Self::V1 { messages, reference_count, first_block } => {
                e.u8(1);
                e.zeros(1);
                e.u16(*messages);
                e.u32(*reference_count);
                e.u32(*first_block);
                e.zeros(4);
                Ok(())
            }
            Self::V2 {
                creation_order_tracked,
                creation_order_indexed,
                times,
                phase_change,
                first_block,
                width,
            } => {
                e.bytes(SIGNATURE);
                e.u8(2);
                let set = |on: bool, bit: u8| if on { bit } else { 0 };
                e.u8(u8::try_from(width.checked_ilog2().unwrap_or(0)).unwrap_or(0)
                    | set(*creation_order_tracked, flag::CREATION_ORDER_TRACKED)
                    | set(*creation_order_indexed, flag::CREATION_ORDER_INDEXED)
                    | set(phase_change.is_some(), flag::PHASE_CHANGE)
                    | set(times.is_some(), flag::TIMES));
                if let Some(times) = times {
                    e.u32(times.access);
                    e.u32(times.modification);
                    e.u32(times.change);
                    e.u32(times.birth);
                }
                if let Some((maximum, minimum)) = phase_change {
                    e.u16(*maximum);
                    e.u16(*minimum);
                }
                e.uint("Size of Chunk #0", *first_block, *width)
            }
        }
    }
}

fn decode_v2(d: &mut Decoder<'_>) -> Result<HeaderPrefix> {
    d.signature(SIGNATURE)?;
    d.u8_in("Version", 2..=2)?;
    let legal = |flags: u8| {
        flags & !flag::DEFINED == 0
            && (flags & flag::CREATION_ORDER_INDEXED == 0
                || flags & flag::CREATION_ORDER_TRACKED != 0)
    };
    let flags = d.checked("Flags", Decoder::u8, legal)?;
    let has = |bit: u8| flags & bit != 0;
    let times = if has(flag::TIMES) {
        Some(Times {
            access: d.u32("Access Time")?,
            modification: d.u32("Modification Time")?,
            change: d.u32("Change Time")?,
            birth: d.u32("Birth Time")?,
        })
    } else {
        None
    };
    let phase_change = if has(flag::PHASE_CHANGE) {
        let maximum = d.u16("Maximum # of compact attributes")?;
        let in_order = |minimum: u16| minimum <= maximum;
        Some((maximum, d.checked("Minimum # of dense attributes", Decoder::u16, in_order)?))
    } else {
        None
    };
    let width = 1u8.checked_shl(u32::from(flags & flag::CHUNK0_WIDTH)).unwrap_or(1);
    Ok(HeaderPrefix::V2 {
        creation_order_tracked: has(flag::CREATION_ORDER_TRACKED),
        creation_order_indexed: has(flag::CREATION_ORDER_INDEXED),
        times,
        phase_change,
        first_block: d.uint("Size of Chunk #0", width)?,
        width,
    })
}

/// What stands before the body of a message.
#[derive(Debug, Clone, Copy)]
struct MessagePrefix {
    kind: MessageType,
    flags: MessageFlags,
    creation_index: Option<u16>,
    /// Bytes of the body.
    size: u16,
}

/// How the messages of a header are framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    V1,
    V2 { creation_index: bool },
}

impl Framing {
    /// Bytes before the body of a message.
    pub(crate) fn message_prefix(self) -> usize {
        match self {
            Self::V1 => V1_MESSAGE_PREFIX,
            Self::V2 { creation_index: false } => 4,
            Self::V2 { creation_index: true } => 6,
        }
    }

    /// Calls `visit` with all messages of a block of which `len` bytes are left; gives the bytes of
    /// the gap behind them.
    fn each<'a>(
        self,
        d: &mut Decoder<'a>,
        len: usize,
        visit: &mut impl FnMut(MessageView<'a>),
    ) -> Result<usize> {
        let (structure, allowed) = (d.structure(), d.limits().header_messages);
        let mut offset = d.location("Header Messages").offset;
        let mut rest = d.bytes("Header Messages", len)?;
        let mut left = allowed;
        while let Some((prefix, behind)) = self.split_prefix(rest) {
            let place = |field, ahead: u64| Location {
                structure,
                field,
                offset: offset.saturating_add(ahead),
            };
            let Some(below) = left.checked_sub(1) else {
                let error = Error::limit("header_messages", allowed.saturating_add(1), allowed);
                return Err(error.or_at(place("Header Message Type", 0)));
            };
            left = below;
            let Some((message, next)) = self.split_body(prefix, behind, offset) else {
                let (needed, left) = (prefix.size.into(), wide(behind.len()));
                let ahead = if self == Self::V1 { 2 } else { 1 };
                let place = place("Size of Header Message Data", ahead);
                let problem = Malformed::Truncated { needed, left };
                return Err(Error::at(ErrorKind::Malformed(problem), place));
            };
            offset = message.offset.saturating_add(prefix.size.into());
            rest = next;
            visit(message);
        }
        Ok(rest.len())
    }

    /// The message at the beginning of `bytes`, which lie at this offset of the file, where all of it
    /// is there.
    pub(crate) fn message(self, bytes: &[u8], offset: u64) -> Option<MessageView<'_>> {
        let (prefix, behind) = self.split_prefix(bytes)?;
        Some(self.split_body(prefix, behind, offset)?.0)
    }

    #[inline]
    fn split_prefix(self, bytes: &[u8]) -> Option<(MessagePrefix, &[u8])> {
        let (kind, size, flags, creation_index, behind) = match self {
            Self::V1 => {
                let ([a, b, size @ .., flags, _, _, _], behind) = bytes.split_first_chunk::<8>()?;
                (u16::from_le_bytes([*a, *b]), size, *flags, None, behind)
            }
            Self::V2 { creation_index: false } => {
                let ([kind, size @ .., flags], behind) = bytes.split_first_chunk::<4>()?;
                (u16::from(*kind), size, *flags, None, behind)
            }
            Self::V2 { creation_index: true } => {
                let ([kind, b, c, flags, index @ ..], behind) = bytes.split_first_chunk::<6>()?;
                let index = Some(u16::from_le_bytes(*index));
                (u16::from(*kind), &[*b, *c], *flags, index, behind)
            }
        };
        let flags = MessageFlags::from_bits_retain(flags);
        let size = u16::from_le_bytes(*size);
        Some((MessagePrefix { kind: MessageType(kind), flags, creation_index, size }, behind))
    }

    /// The message with this prefix, which lies at this offset, and what lies behind it.
    #[inline]
    fn split_body(
        self,
        prefix: MessagePrefix,
        behind: &[u8],
        offset: u64,
    ) -> Option<(MessageView<'_>, &[u8])> {
        let (body, next) = behind.split_at_checked(prefix.size.into())?;
        let MessagePrefix { kind, flags, creation_index, .. } = prefix;
        let offset = offset.saturating_add(wide(self.message_prefix()));
        Some((MessageView { kind, flags, creation_index, body, offset }, next))
    }

    fn encode(self, e: &mut Encoder, messages: &[RawMessage], gap: usize) -> Result<()> {
        messages.iter().try_for_each(|message| self.encode_message(e, message))?;
        e.zeros(gap);
        Ok(())
    }

    fn encode_message(self, e: &mut Encoder, message: &RawMessage) -> Result<()> {
        let size = e.count("Size of Header Message Data", message.body.len())?;
        match self {
            Self::V1 => {
                e.u16(message.kind.0);
                e.u16(size);
                e.u8(message.flags.bits());
                e.zeros(3);
            }
            Self::V2 { creation_index } => {
                e.uint("Header Message Type", message.kind.0.into(), 1)?;
                e.u16(size);
                e.u8(message.flags.bits());
                if creation_index {
                    e.u16(message.creation_index.unwrap_or(0));
                }
            }
        }
        e.bytes(&message.body);
        Ok(())
    }
}

/// The first block of an object header: prefix, messages, gap.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FirstBlock {
    pub(crate) prefix: HeaderPrefix,
    pub(crate) messages: Vec<RawMessage>,
    /// Unused bytes behind the last message.
    pub(crate) gap: usize,
}

impl FirstBlock {
    /// Calls `visit` with each message of the block; gives its prefix and the bytes of its gap. The
    /// checksum is looked at only where it `is_new`.
    pub(crate) fn each<'a>(
        d: &mut Decoder<'a>,
        is_new: bool,
        visit: &mut impl FnMut(MessageView<'a>),
    ) -> Result<(HeaderPrefix, usize)> {
        let before = d.clone();
        let prefix = HeaderPrefix::decode(d)?;
        let len = usize::try_from(prefix.messages_len()).ok().filter(|len| *len <= d.remaining());
        let Some(len) = len else {
            let (needed, left) = (prefix.messages_len(), wide(d.remaining()));
            return Err(before.malformed("Size of Chunk #0", Malformed::Truncated { needed, left }));
        };
        let gap = prefix.framing().each(d, len, visit)?;
        if is_new && prefix.version() == 2 {
            d.checksum()?;
        }
        Ok((prefix, gap))
    }
}

impl Structure for FirstBlock {
    const NAME: &'static str = "Object Header";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let mut messages = Vec::new();
        let (prefix, gap) = Self::each(d, true, &mut |message| messages.push(message.into()))?;
        Ok(Self { prefix, messages, gap })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        self.prefix.encode(e)?;
        self.prefix.framing().encode(e, &self.messages, self.gap)?;
        if self.prefix.version() == 2 {
            e.checksum();
        }
        Ok(())
    }
}

/// What the reader of a continuation block must know beforehand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockContext {
    pub(crate) framing: Framing,
    /// Bytes of the block, signature and checksum included.
    pub(crate) len: u64,
}

/// A further block of an object header.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ContinuationBlock {
    pub(crate) messages: Vec<RawMessage>,
    pub(crate) gap: usize,
}

impl ContinuationBlock {
    /// Calls `visit` with each message of the block; gives the bytes of its gap. The checksum is
    /// looked at only where it `is_new`.
    pub(crate) fn each<'a>(
        d: &mut Decoder<'a>,
        context: &BlockContext,
        is_new: bool,
        visit: &mut impl FnMut(MessageView<'a>),
    ) -> Result<usize> {
        let v2 = context.framing != Framing::V1;
        let around = if v2 { CONTINUATION_SIGNATURE.len().saturating_add(CHECKSUM) } else { 0 };
        let len = usize::try_from(context.len).ok().and_then(|len| len.checked_sub(around));
        let Some(len) = len else {
            return Err(d.malformed("Length", Malformed::Value { found: context.len }));
        };
        if v2 {
            d.signature(CONTINUATION_SIGNATURE)?;
        }
        let gap = context.framing.each(d, len, visit)?;
        if is_new && v2 {
            d.checksum()?;
        }
        Ok(gap)
    }
}

impl StructureIn<BlockContext> for ContinuationBlock {
    const NAME: &'static str = "Object Header Continuation Block";

    fn decode_in(d: &mut Decoder<'_>, context: &BlockContext) -> Result<Self> {
        let mut messages = Vec::new();
        let gap = Self::each(d, context, true, &mut |message| messages.push(message.into()))?;
        Ok(Self { messages, gap })
    }

    fn encode_in(&self, e: &mut Encoder, context: &BlockContext) -> Result<()> {
        let v2 = context.framing != Framing::V1;
        if v2 {
            e.bytes(CONTINUATION_SIGNATURE);
        }
        context.framing.encode(e, &self.messages, self.gap)?;
        if v2 {
            e.checksum();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::{cases, check_round_trip, check_round_trip_in};

    fn message(v2: bool, tracked: bool) -> impl Strategy<Value = RawMessage> {
        (0u16..0x100, any::<u8>(), any::<u16>(), prop::collection::vec(any::<u8>(), 0..5)).prop_map(
            move |(kind, flags, index, mut body)| {
                if !v2 {
                    body.resize(body.len().next_multiple_of(8), 0);
                }
                RawMessage {
                    kind: MessageType(kind),
                    flags: MessageFlags::from_bits_retain(flags),
                    creation_index: (v2 && tracked).then_some(index),
                    body,
                    offset: 0,
                }
            },
        )
    }

    fn len(framing: Framing, messages: &[RawMessage]) -> usize {
        messages.iter().map(|m| m.body.len() + framing.message_prefix()).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(cases(32)))]

        #[test]
        fn version_1_round_trips(messages in prop::collection::vec(message(false, false), 0..4)) {
            let prefix = HeaderPrefix::V1 {
                messages: messages.len() as u16,
                reference_count: 1,
                first_block: len(Framing::V1, &messages) as u32,
            };
            check_round_trip(&FirstBlock { prefix, messages, gap: 0 });
        }

        #[test]
        fn version_2_round_trips(
            (tracked, messages) in any::<bool>().prop_flat_map(|tracked| {
                (Just(tracked), prop::collection::vec(message(true, tracked), 0..4))
            }),
            indexed: bool,
            times: Option<u32>,
            phase_change: Option<u8>,
            gap in 0usize..4,
            width in prop::sample::select(vec![1u8, 2, 4, 8]),
        ) {
            let framing = Framing::V2 { creation_index: tracked };
            let prefix = HeaderPrefix::V2 {
                creation_order_tracked: tracked,
                creation_order_indexed: tracked && indexed,
                times: times.map(|t| Times { access: t, modification: 1, change: 2, birth: t }),
                phase_change: phase_change.map(|n| (n.into(), u16::from(n) / 2)),
                first_block: (len(framing, &messages) + gap) as u64,
                width,
            };
            check_round_trip(&FirstBlock { prefix, messages: messages.clone(), gap });
            let context = BlockContext { framing, len: (len(framing, &messages) + gap + 8) as u64 };
            check_round_trip_in(&ContinuationBlock { messages, gap }, &context);
        }
    }
}
