//! Link message (specification IV.A.2.g).

use crate::codec::{Address, Decoder, Encoder, Structure, wide};
use crate::error::Result;
use crate::format::datatype::CharacterSet;

const NAME_WIDTH_MASK: u8 = 0b11;
const HAS_CREATION_ORDER: u8 = 1 << 2;
const HAS_TYPE: u8 = 1 << 3;
const HAS_CHARACTER_SET: u8 = 1 << 4;

const HARD: u8 = 0;
const SOFT: u8 = 1;
const EXTERNAL: u8 = 64;

/// Link message: one name of a group, and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) name: Vec<u8>,
    /// "Link Name Character Set".
    pub(crate) charset: CharacterSet,
    /// `None` where the group does not track it.
    pub(crate) creation_order: Option<i64>,
    pub(crate) target: LinkTarget,
}

impl Link {
    /// The object header that a hard link leads to.
    pub(crate) fn header(&self) -> Option<Address> {
        match self.target {
            LinkTarget::Hard(address) => Some(address),
            _ => None,
        }
    }
}

/// What a link stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkTarget {
    /// An object header.
    Hard(Address),
    /// A path, from the group that holds the link or from the root.
    Soft(Vec<u8>),
    /// An object of another file.
    External {
        /// The low four bits of the link's first byte; none is defined.
        flags: u8,
        file: Vec<u8>,
        object: Vec<u8>,
    },
    /// What a program registered for this kind (64 to 255) makes of the data.
    UserDefined { kind: u8, data: Vec<u8> },
}

impl LinkTarget {
    /// "Link type".
    fn kind(&self) -> u8 {
        match self {
            Self::Hard(_) => HARD,
            Self::Soft(_) => SOFT,
            Self::External { .. } => EXTERNAL,
            Self::UserDefined { kind, .. } => *kind,
        }
    }

    fn decode(d: &mut Decoder<'_>, kind: u8) -> Result<Self> {
        if kind == HARD {
            return d.defined_address("Object Header Address").map(Self::Hard);
        }
        if kind == SOFT {
            let len = d.checked("Length of Soft Link Value", Decoder::u16, |len| len != 0)?;
            let path = d.bytes("Soft Link Value", usize::from(len))?;
            return Ok(Self::Soft(path.to_vec()));
        }
        let good = |len| kind != EXTERNAL || len >= 3;
        let len = d.checked("Length of User-Defined Link Value", Decoder::u16, good)?;
        let start = d.clone();
        let data = d.bytes("User-Defined Link Value", usize::from(len))?;
        // An external link of a version to come is kept as it stands, and cannot be followed.
        if kind == EXTERNAL && data.first().is_some_and(|first| first >> 4 == 0) {
            return Self::decode_external(&mut start.clone(), usize::from(len));
        }
        Ok(Self::UserDefined { kind, data: data.to_vec() })
    }

    fn decode_external(d: &mut Decoder<'_>, len: usize) -> Result<Self> {
        let mut d = d.part(Link::NAME, "External Link Value", len)?;
        Ok(Self::External {
            flags: d.u8("Flags")?,
            file: d.nul_terminated("File Name")?.to_vec(),
            object: d.nul_terminated("Object Name")?.to_vec(),
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        let data = match self {
            Self::Hard(address) => {
                return e.address("Object Header Address", Some(*address));
            }
            Self::Soft(path) => path.clone(),
            Self::External { file, object, .. } if file.contains(&0) || object.contains(&0) => {
                return Err(e.broken("External Link Value", "a name holds a NUL"));
            }
            Self::External { flags, file, object } => {
                [&[flags & 0xf], file.as_slice(), &[0], object.as_slice(), &[0]].concat()
            }
            Self::UserDefined { data, .. } => data.clone(),
        };
        e.u16(e.count("Length of Link Value", data.len())?);
        e.bytes(&data);
        Ok(())
    }
}

/// Two bits that stand for a width of 1, 2, 4 or 8 bytes.
fn width_bits(n: u64) -> u8 {
    if n <= 0xff {
        0
    } else if n <= 0xffff {
        1
    } else if n <= 0xffff_ffff {
        2
    } else {
        3
    }
}

impl Structure for Link {
    const NAME: &'static str = "Link Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.u8_in("Version", 1..=1)?;
        let flags = d.u8_in("Flags", 0..=0x1f)?;
        let has = |flag| flags & flag != 0;
        let kind = if has(HAS_TYPE) {
            d.checked("Link type", Decoder::u8, |kind| kind <= SOFT || kind >= EXTERNAL)?
        } else {
            HARD
        };
        let creation_order = has(HAS_CREATION_ORDER)
            .then(|| d.u64("Creation Order").map(u64::cast_signed))
            .transpose()?;
        let charset = if has(HAS_CHARACTER_SET) {
            CharacterSet::from_number(d.u8_in("Link Name Character Set", 0..=1)?)
        } else {
            CharacterSet::Ascii
        };
        let width = 1 << (flags & NAME_WIDTH_MASK);
        let read = |d: &mut Decoder<'_>, field| d.uint(field, width);
        let len = d.checked("Length of Link Name", read, |len| len != 0)?;
        let name = d.bytes_u64("Link Name", len)?.to_vec();
        let target = LinkTarget::decode(d, kind)?;
        Ok(Self { name, charset, creation_order, target })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        let kind = self.target.kind();
        let len = wide(self.name.len());
        let bits = width_bits(len);
        let mut flags = bits;
        flags |= self.creation_order.map_or(0, |_| HAS_CREATION_ORDER);
        flags |= if kind == HARD { 0 } else { HAS_TYPE };
        flags |= if self.charset == CharacterSet::Ascii { 0 } else { HAS_CHARACTER_SET };
        e.u8(1);
        e.u8(flags);
        if kind != HARD {
            e.u8(kind);
        }
        if let Some(order) = self.creation_order {
            e.u64(order.cast_unsigned());
        }
        if self.charset != CharacterSet::Ascii {
            e.u8(self.charset.number());
        }
        e.uint("Length of Link Name", len, 1 << bits)?;
        e.bytes(&self.name);
        self.target.encode(e)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::check_round_trip;

    fn text() -> impl Strategy<Value = Vec<u8>> {
        vec(1_u8.., 1..12)
    }

    fn target() -> impl Strategy<Value = LinkTarget> {
        prop_oneof![
            (0_u64..0xffff).prop_map(|at| LinkTarget::Hard(Address(at))),
            text().prop_map(LinkTarget::Soft),
            (0_u8..16, text(), text()).prop_map(|(flags, file, object)| LinkTarget::External {
                flags,
                file,
                object
            }),
            (65_u8.., vec(any::<u8>(), 0..9))
                .prop_map(|(kind, data)| LinkTarget::UserDefined { kind, data }),
        ]
    }

    prop_compose! {
        fn link()(
            name in prop_oneof![text(), Just(vec![b'x'; 300])],
            charset in (0_u8..=1).prop_map(CharacterSet::from_number),
            creation_order in any::<Option<i64>>(),
            target in target(),
        ) -> Link {
            Link { name, charset, creation_order, target }
        }
    }

    proptest! {
        #[test]
        fn round_trips(value in link()) {
            check_round_trip(&value);
        }
    }

    #[test]
    fn external_links_to_come_survive() {
        let target = LinkTarget::UserDefined { kind: EXTERNAL, data: vec![0x10, 0, 0] };
        let (name, charset) = (b"later".to_vec(), CharacterSet::Utf8);
        check_round_trip(&Link { name, charset, creation_order: None, target });
    }
}
