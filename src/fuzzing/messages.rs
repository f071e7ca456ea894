//! Targets of object headers and their messages.

use super::{Input, check, decode_part, limits, round_trip, told};
use crate::codec::{Decoder, Sizes, StructureIn};
use crate::format::datatype::Datatype;
use crate::format::driver_info::{Driver, DriverInfoMessage};
use crate::format::message::*;
use crate::format::object_header::{
    BlockContext, ContinuationBlock, FirstBlock, Framing, HeaderPrefix, RawMessage,
};
use crate::object::header::ObjectHeader;

/// Which entry, widths, framing (1 byte each), address or length (2), bytes.
pub fn object_header(input: &[u8]) {
    let mut input = Input::new(input);
    let (which, sizes, framing, number) =
        (input.byte(), input.sizes(), input.byte(), input.short());
    let bytes = input.rest();
    match which % 4 {
        0 => {
            let space = input.space(sizes);
            let at = crate::codec::Address(number.into());
            let header = told(ObjectHeader::load(&space, at));
            decode_all(header.map(|header| header.messages), sizes);
        }
        1 => {
            let block = round_trip::<_, FirstBlock>(bytes, sizes, &());
            decode_all(block.map(|block| block.messages), sizes);
        }
        2 => {
            let framing = match framing % 3 {
                0 => Framing::V1,
                which => Framing::V2 { creation_index: which == 1 },
            };
            let context = BlockContext { framing, len: number.into() };
            let block = round_trip::<_, ContinuationBlock>(bytes, sizes, &context);
            decode_all(block.map(|block| block.messages), sizes);
        }
        _ => check::<_, HeaderPrefix>(bytes, sizes, &()),
    }
}

fn decode_all(messages: Option<Vec<RawMessage>>, sizes: Sizes) {
    for found in messages.iter().flatten() {
        let shared = found.flags.contains(MessageFlags::SHARED);
        message(found.kind, shared, &found.body, sizes);
        found.flags.problem(found.kind);
    }
}

/// Kind and whether shared, widths (1 byte each), body.
pub fn messages(input: &[u8]) {
    let mut input = Input::new(input);
    let (kind, sizes) = (input.byte(), input.sizes());
    message(MessageType(u16::from(kind & 0x1f)), kind & 0x80 != 0, input.rest(), sizes);
}

fn message(kind: MessageType, shared: bool, body: &[u8], sizes: Sizes) {
    if shared {
        check::<_, SharedMessage>(body, sizes, &());
        return;
    }
    macro_rules! decode {
        ($type:ty) => {
            check::<(), $type>(body, sizes, &())
        };
    }
    match kind {
        MessageType::DATASPACE => {
            if let Some(dataspace) = round_trip::<_, Dataspace>(body, sizes, &()) {
                look_at(&dataspace);
            }
        }
        MessageType::LINK_INFO => decode!(LinkInfo),
        MessageType::DATATYPE => decode!(Datatype),
        MessageType::FILL_VALUE_OLD => decode!(FillValueOld),
        MessageType::FILL_VALUE => decode!(FillValue),
        MessageType::LINK => decode!(Link),
        MessageType::EXTERNAL_FILES => decode!(ExternalFiles),
        MessageType::DATA_LAYOUT => decode!(DataLayout),
        MessageType::BOGUS => decode!(Bogus),
        MessageType::GROUP_INFO => decode!(GroupInfo),
        MessageType::FILTER_PIPELINE => decode!(FilterPipeline),
        MessageType::ATTRIBUTE => attribute(body, sizes),
        MessageType::COMMENT => decode!(Comment),
        MessageType::MODIFICATION_TIME_OLD => {
            if let Some(time) = round_trip::<_, ModificationTimeOld>(body, sizes, &()) {
                time.seconds();
            }
        }
        MessageType::SHARED_MESSAGE_TABLE => decode!(SharedMessageTable),
        MessageType::CONTINUATION => decode!(Continuation),
        MessageType::SYMBOL_TABLE => decode!(SymbolTable),
        MessageType::MODIFICATION_TIME => decode!(ModificationTime),
        MessageType::BTREE_K => decode!(BTreeK),
        MessageType::DRIVER_INFO => {
            if let Some(driver) = round_trip::<_, DriverInfoMessage>(body, sizes, &()) {
                told(Driver::decode(&driver.id, &driver.data, 0, &limits()));
            }
        }
        MessageType::ATTRIBUTE_INFO => decode!(AttributeInfo),
        MessageType::REFERENCE_COUNT => decode!(ReferenceCount),
        MessageType::FILE_SPACE_INFO => decode!(FileSpaceInfo),
        MessageType::METADATA_CACHE_IMAGE => decode!(MetadataCacheImage),
        _ => assert!(!kind.name().is_empty()),
    }
}

/// An attribute message and the messages in it.
fn attribute(body: &[u8], sizes: Sizes) {
    let Some(found) = round_trip::<_, Attribute>(body, sizes, &()) else { return };
    if found.datatype_shared() {
        round_trip::<_, SharedMessage>(found.parts().datatype, sizes, &());
    } else {
        round_trip::<_, Datatype>(found.parts().datatype, sizes, &());
    }
    if found.dataspace_shared() {
        round_trip::<_, SharedMessage>(found.parts().dataspace, sizes, &());
        return;
    }
    let limits = limits();
    let name = <Dataspace as StructureIn<()>>::NAME;
    let mut d = Decoder::new(name, found.parts().dataspace, 0, sizes, &limits);
    if let Some(dataspace) = decode_part::<_, Dataspace>(&mut d, &()) {
        look_at(&dataspace);
    }
}

fn look_at(dataspace: &Dataspace) {
    told(dataspace.points());
    dataspace.is_resizable();
    let _ = (0..=dataspace.rank()).filter_map(|axis| dataspace.max(axis)).count();
}
