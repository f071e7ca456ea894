//! Attribute message (specification IV.A.2.m).

use crate::codec::{Decoder, Encoder, Structure};
use crate::error::Result;
use crate::format::datatype::CharacterSet;

/// Attribute message: a name and a small array.
///
/// Datatype and dataspace stay encoded, for either may be a shared message, which only the object
/// layer can follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// 1 to 3.
    pub(crate) version: u8,
    /// Zero in version 1.
    pub(crate) flags: u8,
    /// "Name Character Set Encoding"; ASCII before version 3.
    pub(crate) charset: CharacterSet,
    parts: Joined,
    pub(crate) offsets: AttributeOffsets,
}

/// What an attribute message is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttributeParts<'a> {
    pub(crate) name: &'a [u8],
    /// A datatype message, or a shared one.
    pub(crate) datatype: &'a [u8],
    /// A dataspace message, or a shared one.
    pub(crate) dataspace: &'a [u8],
    /// The elements as stored, and the padding behind them where the message holds some.
    pub(crate) data: &'a [u8],
}

/// The parts one behind the other: there are very many attributes, and each has all four.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Joined {
    bytes: Box<[u8]>,
    /// Where all but the last end.
    name: usize,
    datatype: usize,
    dataspace: usize,
}

impl Joined {
    fn of(parts: &AttributeParts<'_>) -> Self {
        let parts = [parts.name, parts.datatype, parts.dataspace, parts.data];
        let len = parts.iter().fold(0, |sum: usize, part| sum.saturating_add(part.len()));
        let mut bytes = Vec::with_capacity(len);
        let [name, datatype, dataspace, _] = parts.map(|part| {
            bytes.extend_from_slice(part);
            bytes.len()
        });
        Self { bytes: bytes.into_boxed_slice(), name, datatype, dataspace }
    }
}

/// Where in the file the parts of an attribute lie, to decode them with good errors. No part of
/// its value: all compare as equal.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AttributeOffsets {
    pub(crate) datatype: u64,
    pub(crate) dataspace: u64,
    pub(crate) data: u64,
}

impl PartialEq for AttributeOffsets {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for AttributeOffsets {}

impl Attribute {
    pub(crate) const DATATYPE_SHARED: u8 = 1 << 0;
    pub(crate) const DATASPACE_SHARED: u8 = 1 << 1;

    pub(crate) fn new(
        version: u8,
        flags: u8,
        charset: CharacterSet,
        parts: &AttributeParts<'_>,
    ) -> Self {
        let (parts, offsets) = (Joined::of(parts), AttributeOffsets::default());
        Self { version, flags, charset, parts, offsets }
    }

    /// The same with other parts.
    pub(crate) fn with(&self, parts: &AttributeParts<'_>) -> Self {
        Self { parts: Joined::of(parts), ..*self }
    }

    pub(crate) fn parts(&self) -> AttributeParts<'_> {
        let part = |start, end| self.parts.bytes.get(start..end).unwrap_or_default();
        let Joined { bytes, name, datatype, dataspace } = &self.parts;
        AttributeParts {
            name: part(0, *name),
            datatype: part(*name, *datatype),
            dataspace: part(*datatype, *dataspace),
            data: part(*dataspace, bytes.len()),
        }
    }

    pub(crate) fn name(&self) -> &[u8] {
        self.parts().name
    }

    /// The elements as stored, and the padding behind them where the message holds some.
    pub(crate) fn data(&self) -> &[u8] {
        self.parts().data
    }

    /// Whether the [`datatype`](AttributeParts::datatype) is a shared message.
    pub(crate) fn datatype_shared(&self) -> bool {
        self.flags & Self::DATATYPE_SHARED != 0
    }

    /// Whether the [`dataspace`](AttributeParts::dataspace) is a shared message.
    pub(crate) fn dataspace_shared(&self) -> bool {
        self.flags & Self::DATASPACE_SHARED != 0
    }

    /// Bytes that a part of `len` bytes takes.
    fn padded(version: u8, len: usize) -> usize {
        if version == 1 { len.checked_next_multiple_of(8).unwrap_or(len) } else { len }
    }

    /// Whether the message has this name; nothing behind the name is looked at.
    pub(crate) fn is_named(d: &mut Decoder<'_>, name: &[u8]) -> Result<bool> {
        Ok(Start::decode(d)?.name == name)
    }

    /// The attribute, where it has this name; nothing behind another name is looked at.
    pub(crate) fn decode_named(d: &mut Decoder<'_>, name: &[u8]) -> Result<Option<Self>> {
        let start = Start::decode(d)?;
        if start.name == name { Self::decode_behind(d, start).map(Some) } else { Ok(None) }
    }

    fn decode_behind(d: &mut Decoder<'_>, start: Start<'_>) -> Result<Self> {
        let Start { version, flags, datatype_size, dataspace_size, charset, name } = start;
        let (datatype, datatype_at) = part(d, "Datatype", version, datatype_size)?;
        let (dataspace, dataspace_at) = part(d, "Dataspace", version, dataspace_size)?;
        let data_at = d.location("Data").offset;
        let offsets =
            AttributeOffsets { datatype: datatype_at, dataspace: dataspace_at, data: data_at };
        let parts = Joined::of(&AttributeParts { name, datatype, dataspace, data: d.rest() });
        Ok(Self { version, flags, charset, parts, offsets })
    }
}

impl Attribute {
    /// Bytes that it takes, or some more.
    pub(crate) fn room(&self) -> usize {
        /// What stands before the name, and behind each part.
        const AROUND: usize = 32;

        self.parts.bytes.len().saturating_add(AROUND)
    }
}

/// What an attribute message starts with.
struct Start<'a> {
    version: u8,
    flags: u8,
    datatype_size: u16,
    dataspace_size: u16,
    charset: CharacterSet,
    name: &'a [u8],
}

impl<'a> Start<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self> {
        let version = d.u8_in("Version", 1..=3)?;
        let flags = if version == 1 {
            d.skip("Reserved", 1)?;
            0
        } else {
            d.u8_in("Flags", 0..=(Attribute::DATATYPE_SHARED | Attribute::DATASPACE_SHARED))?
        };
        let name_size = d.checked("Name Size", Decoder::u16, |size| size >= 2)?;
        let datatype_size = d.u16("Datatype Size")?;
        let dataspace_size = d.u16("Dataspace Size")?;
        let charset = if version == 3 {
            CharacterSet::from_number(d.u8_in("Name Character Set Encoding", 0..=15)?)
        } else {
            CharacterSet::Ascii
        };
        let name = Self::decode_name(d, version, name_size)?;
        Ok(Self { version, flags, datatype_size, dataspace_size, charset, name })
    }

    fn decode_name(d: &mut Decoder<'a>, version: u8, size: u16) -> Result<&'a [u8]> {
        let size = usize::from(size);
        let field = d.clone();
        let bytes = d.bytes("Name", Attribute::padded(version, size))?;
        let len = bytes.iter().position(|byte| *byte == 0);
        match (len, bytes.split_at_checked(size.saturating_sub(1))) {
            (Some(len), Some((name, _))) if len == name.len() => Ok(name),
            _ => Err(field.broken("Name", "its length is not the one stated")),
        }
    }
}

/// `len` bytes and their padding; and where they lie.
fn part<'d>(
    d: &mut Decoder<'d>,
    field: &'static str,
    version: u8,
    len: u16,
) -> Result<(&'d [u8], u64)> {
    let (len, offset) = (usize::from(len), d.location(field).offset);
    let bytes = d.bytes(field, Attribute::padded(version, len))?;
    Ok((bytes.get(..len).unwrap_or_default(), offset))
}

impl Structure for Attribute {
    const NAME: &'static str = "Attribute Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let start = Start::decode(d)?;
        Self::decode_behind(d, start)
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        let AttributeParts { name, datatype, dataspace, data } = self.parts();
        if name.is_empty() || name.contains(&0) {
            return Err(e.broken("Name", "the name is empty or holds a NUL"));
        }
        // A NUL ends it.
        let name_size = name.len().saturating_add(1);
        e.u8(self.version);
        e.u8(if self.version == 1 { 0 } else { self.flags });
        e.u16(e.count("Name Size", name_size)?);
        e.u16(e.count("Datatype Size", datatype.len())?);
        e.u16(e.count("Dataspace Size", dataspace.len())?);
        if self.version == 3 {
            e.u8(self.charset.number());
        }
        let parts = [(name, name_size), (datatype, datatype.len()), (dataspace, dataspace.len())];
        for (part, size) in parts {
            e.bytes(part);
            e.zeros(Self::padded(self.version, size).saturating_sub(part.len()));
        }
        e.bytes(data);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::codec::StructureIn;
    use crate::codec::testing::{SIZES, check_round_trip};
    use crate::limits::Limits;

    prop_compose! {
        fn attribute()(
            version in 1_u8..=3,
            flags in 0_u8..=3,
            charset in (0_u8..=1).prop_map(CharacterSet::from_number),
            name in vec(1_u8.., 1..20),
            datatype in vec(any::<u8>(), 0..20),
            dataspace in vec(any::<u8>(), 0..20),
        ) -> Attribute {
            let flags = if version == 1 { 0 } else { flags };
            let charset = if version == 3 { charset } else { CharacterSet::Ascii };
            let (name, datatype, dataspace) = (&name[..], &datatype[..], &dataspace[..]);
            let parts = AttributeParts { name, datatype, dataspace, data: &[] };
            Attribute::new(version, flags, charset, &parts)
        }
    }

    proptest! {
        #[test]
        fn round_trips(mut value in attribute(), data in vec(any::<u8>(), 0..9)) {
            check_round_trip(&value);
            value = value.with(&AttributeParts { data: &data, ..value.parts() });
            prop_assert_eq!(value.data(), data);
            let bytes = value.to_bytes_in(SIZES[4], &()).unwrap();
            let again =
                Attribute::from_bytes_in(&bytes, 0, SIZES[4], &Limits::DEFAULT, &()).unwrap();
            let mut d = Decoder::new("", &bytes, 0, SIZES[4], &Limits::DEFAULT);
            prop_assert!(Attribute::is_named(&mut d.clone(), value.name()).unwrap());
            prop_assert!(!Attribute::is_named(&mut d, b"another name").unwrap());
            prop_assert_eq!(again, value);
        }
    }
}
