//! Datatypes of every kind, for property tests.

use proptest::prelude::*;

use super::*;
use crate::codec::Sizes;

const ORDERS: [ByteOrder; 2] = [ByteOrder::Little, ByteOrder::Big];

fn order() -> impl Strategy<Value = ByteOrder> {
    proptest::sample::select(&ORDERS[..])
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(1_u8.., 1..12)
}

/// `offset` and `precision` inside `size` bytes.
fn extent(size: u32) -> impl Strategy<Value = (u16, u16)> {
    let bits = u16::try_from(size * 8).unwrap();
    (0..bits).prop_flat_map(move |offset| (Just(offset), 1..=bits - offset))
}

/// An integer of up to 16 bytes, any of them padding.
pub(crate) fn any_integer() -> impl Strategy<Value = Datatype> {
    (1_u32..=16).prop_flat_map(|size| {
        let pads = any::<(bool, bool, bool)>();
        (extent(size), order(), pads).prop_map(move |((offset, precision), order, pads)| {
            let (signed, low_pad, high_pad) = pads;
            let integer = Integer { order, signed, low_pad, high_pad, offset, precision };
            Datatype { version: 1, size, class: Class::Integer(integer) }
        })
    })
}

/// A type with no other inside.
pub(crate) fn any_atomic() -> impl Strategy<Value = Datatype> {
    let widths = Sizes { offsets: 8, lengths: 8 };
    let kinds = [
        ReferenceKind::Object,
        ReferenceKind::Region,
        ReferenceKind::Object2,
        ReferenceKind::Region2,
        ReferenceKind::Attribute,
        ReferenceKind::Reserved(9),
    ];
    let padding = (0_u8..16).prop_map(|number| match number {
        0 => StringPadding::NullTerminated,
        1 => StringPadding::NullPadded,
        2 => StringPadding::SpacePadded,
        other => StringPadding::Reserved(other),
    });
    let text = (1_u32..40, padding, (0_u8..16).prop_map(CharacterSet::from_number));
    let tag = proptest::collection::vec(1_u8.., 0..=248);
    prop_oneof![
        any_integer(),
        (prop_oneof![Just(2_u32), Just(4), Just(8), Just(16)], order())
            .prop_map(|(size, order)| Datatype::float(size, order).unwrap()),
        order().prop_map(Datatype::bfloat16),
        order().prop_map(|order| Datatype::bitfield(3, order).unwrap()),
        order().prop_map(|order| Datatype::time(4, order).unwrap()),
        text.prop_map(|(size, pad, set)| Datatype::fixed_string(size, pad, set).unwrap()),
        (1_u32..40, tag).prop_map(|(size, tag)| {
            Datatype { version: 1, size, class: Class::Opaque { tag } }
        }),
        proptest::sample::select(kinds.to_vec())
            .prop_map(move |kind| Datatype::reference(kind, widths)),
        (0_u8..16)
            .prop_map(move |set| { Datatype::string(CharacterSet::from_number(set), widths) }),
    ]
}

/// Any type, at any version that holds it.
pub(crate) fn any_datatype() -> impl Strategy<Value = Datatype> {
    any_atomic().prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            any_compound(inner.clone()),
            (inner.clone(), proptest::collection::vec(1_u32..5, 1..4))
                .prop_map(|(base, dimensions)| Datatype::array(base, &dimensions).unwrap()),
            inner
                .clone()
                .prop_map(|base| Datatype::sequence(base, Sizes { offsets: 8, lengths: 8 })),
            any_enumeration(),
            order().prop_map(|order| {
                Datatype::complex(Datatype::float(4, order).unwrap()).unwrap()
            }),
            inner,
        ]
    })
}

fn any_compound(inner: impl Strategy<Value = Datatype>) -> impl Strategy<Value = Datatype> {
    let members = proptest::collection::vec((name(), 0_u32..5, inner), 1..5);
    (members, 1_u8..=5, any::<bool>()).prop_map(|(members, version, inline)| {
        let mut end = 0;
        let members: Vec<Member> = members
            .into_iter()
            .map(|(name, gap, mut datatype)| {
                if version == 1
                    && inline
                    && matches!(&datatype.class, Class::Array(array) if array.dimensions.len() <= 4)
                {
                    datatype.version = 1;
                }
                let offset = end + gap;
                end = offset + datatype.size;
                Member { name, offset, datatype }
            })
            .collect();
        Datatype { version, size: end + 1, class: Class::Compound(members) }
    })
}

/// An enumeration of 2-byte integers.
pub(crate) fn any_enumeration() -> impl Strategy<Value = Datatype> {
    let members = proptest::collection::vec((name(), any::<[u8; 2]>()), 0..6);
    (members, 1_u8..=5).prop_map(|(members, version)| {
        let base = Datatype::integer(2, true, ByteOrder::Little).unwrap();
        let members =
            members.into_iter().map(|(name, value)| EnumerationMember::new(name, value)).collect();
        let enumeration = Enumeration { base: Box::new(base), members };
        Datatype { version, size: 2, class: Class::Enum(enumeration) }
    })
}
