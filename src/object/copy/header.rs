//! What copied headers keep of those they are copied from, whatever the object is.

use super::{Copier, Place};
use crate::codec::{Address, wide};
use crate::error::Result;
use crate::format::message::{Comment, FilterPipeline, MessageFlags, MessageType};
use crate::format::object_header::{HeaderPrefix, RawMessage};
use crate::object::attribute;
use crate::object::header::ObjectHeader;

/// Bytes that a message of a header takes beside its body, at most.
const AROUND: u64 = 16;
/// Largest attribute of which it is certain that it fits the header in any version and width.
const SMALL_ATTRIBUTE: usize = 60_000;
/// Most bytes kept free in a header for what is to come.
const MOST_RESERVE: u64 = 1 << 15;

/// How the header of a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Traits {
    pub(super) attribute_order_tracked: bool,
    pub(super) attribute_order_indexed: bool,
    pub(super) phase_change: Option<(u16, u16)>,
    pub(super) times: bool,
    /// Oldest version that will do.
    pub(super) version: u8,
    /// Bytes for what comes when the copy is filled.
    pub(super) reserve: u64,
}

impl Traits {
    /// How the copy of a header is to be, with its `attributes` or without.
    pub(super) fn of(place: &Place, header: &ObjectHeader, attributes: bool) -> Result<Self> {
        let (tracked, indexed, phase_change) = match &header.prefix {
            HeaderPrefix::V1 { .. } => (false, false, None),
            HeaderPrefix::V2 {
                creation_order_tracked,
                creation_order_indexed,
                phase_change,
                ..
            } => (*creation_order_tracked, *creation_order_indexed, *phase_change),
        };
        let later = header.messages.iter().filter(|message| comes_later(message, attributes));
        let reserve = later.fold(0u64, |n, message| {
            n.saturating_add(wide(message.body.len())).saturating_add(AROUND)
        });
        let modern = tracked || phase_change.is_some();
        let modern = modern || (attributes && has_modern_attribute(place, header)?);
        Ok(Self {
            attribute_order_tracked: tracked,
            attribute_order_indexed: indexed,
            phase_change,
            times: header.times(&place.store)?.is_some(),
            version: if modern { 2 } else { 1 },
            reserve: reserve.min(MOST_RESERVE),
        })
    }
}

/// Whether there is an attribute that only headers of version 2 take.
fn has_modern_attribute(place: &Place, header: &ObjectHeader) -> Result<bool> {
    for attribute in attribute::all(&place.store, header)? {
        if attribute.message.data().len() > SMALL_ATTRIBUTE {
            return Ok(true);
        }
        let opened = attribute.open(&place.store);
        let Some(opened) = place.store.space().heed(opened)? else { continue };
        let datatype = opened.datatype;
        if datatype.committed.is_none() && datatype.datatype.leaves_half_unused() {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Copier<'_> {
    /// How the copy of a header is to be.
    pub(super) fn traits(&self, place: &Place, header: &ObjectHeader) -> Result<Traits> {
        Traits::of(place, header, !self.options.without_attributes)
    }

    /// Lets the copy have what else the header has: a comment, times, what nobody knows.
    pub(super) fn finish_header(
        &self,
        place: &Place,
        header: &ObjectHeader,
        copy: Address,
    ) -> Result<()> {
        let times = header.times(&place.store)?;
        let other: Vec<&RawMessage> =
            header.messages.iter().filter(|message| is_other(message)).collect();
        if times.is_none() && other.is_empty() {
            return Ok(());
        }
        let mut target = self.to.header(copy)?;
        for message in other {
            match message.kind {
                MessageType::COMMENT => {
                    let comment: Comment = place.store.decode(message)?;
                    let body = self.to.encode(&comment)?;
                    target.set(MessageType::COMMENT, MessageFlags::empty(), body);
                }
                MessageType::FILTER_PIPELINE if header.has(MessageType::LINK_INFO) => {
                    let found: FilterPipeline = place.store.decode(message)?;
                    let version = self.to.bounds().pipeline_version();
                    let body = self.to.encode(&FilterPipeline { version, ..found })?;
                    target.set(MessageType::FILTER_PIPELINE, MessageFlags::CONSTANT, body);
                }
                MessageType::FILTER_PIPELINE => {}
                kind if target.prefix.version() == 1 || kind.0 <= 0xff => {
                    target.push(kind, unknown_flags(message.flags), message.body.clone());
                }
                // No header of version 2 has room for such a number.
                _ => {}
            }
        }
        if let Some(times) = times {
            target.set_times(self.to, times)?;
        }
        target.save(self.to.space())
    }
}

/// Whether a message comes into a copied header only when the copy is filled.
fn comes_later(message: &RawMessage, attributes: bool) -> bool {
    match message.kind {
        MessageType::ATTRIBUTE | MessageType::ATTRIBUTE_INFO => attributes,
        MessageType::LINK => true,
        _ => is_other(message),
    }
}

/// Whether a message says something about any object, or nobody knows what it says.
fn is_other(message: &RawMessage) -> bool {
    let unknown = !message.kind.is_known() && !message.flags.contains(MessageFlags::SHARED);
    unknown || matches!(message.kind, MessageType::COMMENT | MessageType::FILTER_PIPELINE)
}

/// Flags of an unknown message in a copied header.
fn unknown_flags(flags: MessageFlags) -> MessageFlags {
    let passed_on = flags.contains(MessageFlags::MARK_IF_UNKNOWN)
        && !flags.contains(MessageFlags::FAIL_IF_UNKNOWN_AND_WRITING);
    if passed_on { flags | MessageFlags::WAS_UNKNOWN } else { flags }
}
