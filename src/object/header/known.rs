//! The header of an object that was found: looked at where it lies, and decoded whole only for who
//! wants all of it.

use std::sync::{Arc, OnceLock};

use super::{Blocks, NAME, ObjectHeader};
use crate::codec::{Address, StructureIn, wide};
use crate::error::Result;
use crate::format::message::{MessageFlags, MessageType};
use crate::format::object_header::{
    BlockContext, ContinuationBlock, FirstBlock, Framing, HeaderPrefix, MessageView,
};
use crate::space::Space;

/// What a header says, decoded whole or not.
pub(crate) trait Messages {
    fn address(&self) -> Address;

    /// Whether there is a message of a kind.
    fn has(&self, kind: MessageType) -> bool;

    /// Calls `visit` with each message, in the order found; with some twice, perhaps, where the
    /// header turns out to be broken.
    fn each<'a>(&'a self, space: &'a Space, visit: &mut impl FnMut(MessageView<'a>)) -> Result<()>;

    /// The first message of a kind.
    fn first<'a>(&'a self, space: &'a Space, kind: MessageType) -> Result<Option<MessageView<'a>>> {
        let mut first = None;
        self.each(space, &mut |message| {
            if message.kind == kind {
                first.get_or_insert(message);
            }
        })?;
        Ok(first)
    }

    /// All messages of a kind.
    fn all<'a>(&'a self, space: &'a Space, kind: MessageType) -> Result<Vec<MessageView<'a>>> {
        let mut all = Vec::new();
        self.each(space, &mut |message| {
            if message.kind == kind {
                all.push(message);
            }
        })?;
        Ok(all)
    }
}

impl Messages for ObjectHeader {
    fn address(&self) -> Address {
        self.address
    }

    fn has(&self, kind: MessageType) -> bool {
        self.find(kind).is_some()
    }

    fn each<'a>(&'a self, _: &'a Space, visit: &mut impl FnMut(MessageView<'a>)) -> Result<()> {
        self.messages.iter().for_each(|message| visit(message.into()));
        Ok(())
    }
}

impl<M: Messages> Messages for Arc<M> {
    fn address(&self) -> Address {
        M::address(self)
    }

    fn has(&self, kind: MessageType) -> bool {
        M::has(self, kind)
    }

    fn each<'a>(&'a self, space: &'a Space, visit: &mut impl FnMut(MessageView<'a>)) -> Result<()> {
        M::each(self, space, visit)
    }
}

/// The header of an object, as it was when the object was found.
#[derive(Debug, Clone)]
pub(crate) struct KnownHeader {
    pub(crate) address: Address,
    /// Bit *n* for messages of type *n*.
    kinds: u32,
    places: Places,
    whole: OnceLock<Arc<ObjectHeader>>,
}

/// Where the messages of a header lie, where they are few.
#[derive(Debug, Clone, Copy)]
struct Places {
    framing: Framing,
    /// Messages met; more than there are places where these do not say it.
    count: usize,
    /// Of the body of each, in bytes behind the beginning of the header.
    starts: [u32; FEW],
}

/// Messages of an object of the usual kind.
const FEW: usize = 8;

impl Places {
    /// None, nor will there be any.
    const UNKNOWN: Self = Self { framing: Framing::V1, count: usize::MAX, starts: [0; FEW] };

    /// Notes a message of the header at file offset `header`.
    #[inline]
    fn note(&mut self, message: MessageView<'_>, header: u64) {
        // What lies before the header is far behind it.
        let start = u32::try_from(message.offset.wrapping_sub(header));
        match (self.starts.get_mut(self.count), start) {
            (Some(place), Ok(start)) => {
                *place = start;
                self.count = self.count.saturating_add(1);
            }
            _ => self.count = usize::MAX,
        }
    }

    /// Calls `visit` with each message of the header at `address`; nothing where that lies elsewhere
    /// than in memory, or not all are known.
    fn each<'a>(
        &self,
        space: &'a Space,
        address: Address,
        visit: &mut impl FnMut(MessageView<'a>),
    ) -> Option<()> {
        let known = self.starts.get(..self.count)?;
        let (bytes, header) = (space.lent_from(address)?, space.offset(address));
        for start in known {
            let before =
                usize::try_from(*start).ok()?.checked_sub(self.framing.message_prefix())?;
            let offset = header.saturating_add(wide(before));
            visit(self.framing.message(bytes.get(before..)?, offset)?);
        }
        Some(())
    }
}

impl KnownHeader {
    /// Finds the header at `address`, and makes sure that it can be read.
    pub(crate) fn find(space: &Space, address: Address) -> Result<Self> {
        let (mut kinds, mut places) = (0, Places { count: 0, ..Places::UNKNOWN });
        let offset = space.offset(address);
        let mut note = |message: MessageView<'_>| {
            kinds |= bit(message.kind);
            places.note(message, offset);
        };
        if let Some(framing) = scan(space, address, true, &mut note) {
            places.framing = framing;
            return Ok(Self { address, kinds, places, whole: OnceLock::new() });
        }
        ObjectHeader::load(space, address).map(|header| Self::of(Arc::new(header)))
    }

    /// A header that was decoded.
    pub(crate) fn of(header: Arc<ObjectHeader>) -> Self {
        let (address, kinds, places) = (header.address, header.kinds(), Places::UNKNOWN);
        Self { address, kinds, places, whole: OnceLock::from(header) }
    }

    /// A header that was just written, with messages of these kinds.
    pub(super) fn made(address: Address, kinds: u32) -> Self {
        let places = Places::UNKNOWN;
        Self { address, kinds, places, whole: OnceLock::new() }
    }

    /// All of it.
    pub(crate) fn whole(&self, space: &Space) -> Result<&Arc<ObjectHeader>> {
        if let Some(whole) = self.whole.get() {
            return Ok(whole);
        }
        let whole = Arc::new(ObjectHeader::load(space, self.address)?);
        Ok(self.whole.get_or_init(|| whole))
    }
}

impl Messages for KnownHeader {
    fn address(&self) -> Address {
        self.address
    }

    fn has(&self, kind: MessageType) -> bool {
        self.kinds & bit(kind) != 0
    }

    fn each<'a>(&'a self, space: &'a Space, visit: &mut impl FnMut(MessageView<'a>)) -> Result<()> {
        let looked = self.whole.get().is_none()
            && (self.places.each(space, self.address, visit).is_some()
                || scan(space, self.address, false, visit).is_some());
        if looked { Ok(()) } else { self.whole(space)?.each(space, visit) }
    }
}

impl From<Arc<ObjectHeader>> for KnownHeader {
    fn from(header: Arc<ObjectHeader>) -> Self {
        Self::of(header)
    }
}

impl ObjectHeader {
    /// Bit *n* for messages of type *n*.
    pub(super) fn kinds(&self) -> u32 {
        self.messages.iter().fold(0, |kinds, message| kinds | bit(message.kind))
    }
}

fn bit(kind: MessageType) -> u32 {
    1_u32.checked_shl(kind.0.into()).unwrap_or(0)
}

/// Calls `visit` with each message of the header at `address`, where that lies in memory and nobody
/// changes it. What `is_new` is checked as [`ObjectHeader::load`] does it, which says what is wrong
/// where this gives nothing: some messages may have been visited, then. Gives how they are framed.
fn scan<'a>(
    space: &'a Space,
    address: Address,
    is_new: bool,
    visit: &mut impl FnMut(MessageView<'a>),
) -> Option<Framing> {
    let bytes = space.lent_from(address)?;
    let mut scan =
        Scan { space, is_new, visit, further: Vec::new(), count: 0, fine: true, counts: false };
    let mut d = space.decoder(NAME, address, bytes);
    let first = FirstBlock::each(&mut d, is_new, &mut |message| scan.meet(message));
    let (prefix, _) = first.ok()?;
    if !scan.further.is_empty() {
        scan.further(address, &prefix)?;
    }
    let is_good = scan.fine && !(scan.counts && prefix.version() == 1);
    is_good.then(|| prefix.framing())
}

/// One look at all messages of a header.
struct Scan<'a, 'v, V> {
    space: &'a Space,
    is_new: bool,
    visit: &'v mut V,
    /// Messages that name blocks not looked at yet.
    further: Vec<MessageView<'a>>,
    count: u64,
    /// No message is one to be refused.
    fine: bool,
    /// There is a count of references.
    counts: bool,
}

impl<'a, V: FnMut(MessageView<'a>)> Scan<'a, '_, V> {
    #[inline]
    fn meet(&mut self, message: MessageView<'a>) {
        match message.kind {
            MessageType::CONTINUATION => self.further.push(message),
            MessageType::REFERENCE_COUNT => self.counts = true,
            _ => {}
        }
        self.count = self.count.saturating_add(1);
        self.fine &= !self.is_new || is_fine(message);
        (self.visit)(message);
    }

    /// Looks at the blocks behind the first.
    fn further(&mut self, address: Address, prefix: &HeaderPrefix) -> Option<()> {
        let (space, is_new, framing) = (self.space, self.is_new, prefix.framing());
        let mut blocks = Blocks::new(space, (address, prefix.first_block_len()));
        loop {
            blocks.note(std::mem::take(&mut self.further).into_iter()).ok()?;
            let Some((at, len)) = blocks.waiting.pop_front() else { return Some(()) };
            blocks.enter(at, len).ok()?;
            let mut d = space.decoder(ContinuationBlock::NAME, at, space.lent(at, len)?);
            let context = BlockContext { framing, len };
            ContinuationBlock::each(&mut d, &context, is_new, &mut |found| self.meet(found))
                .ok()?;
            if self.count > space.limits().header_messages {
                return None;
            }
        }
    }
}

fn is_fine(message: MessageView<'_>) -> bool {
    // As nearly all are.
    if MessageFlags::CONSTANT.contains(message.flags) {
        return true;
    }
    message.flags.problem(message.kind).is_none()
        && (message.kind.is_known() || !message.flags.contains(MessageFlags::FAIL_IF_UNKNOWN))
}
