use proptest::prelude::*;

use super::testing::any_datatype;
use super::*;
use crate::codec::testing::{SIZES, check_round_trip};
use crate::codec::{Sizes, StructureIn};
use crate::error::ErrorKind;

/// Datatypes as libhdf5 2.0 encodes them.
const STORED: [(&str, &str); 19] = [
    ("i32 LE", "100800000400000000002000"),
    ("u16 BE", "100100000200000000001000"),
    ("f32", "11201f000400000000002000170800177f000000"),
    ("f64 BE", "11213f000800000000004000340b0034ff030000"),
    ("f32 VAX", "11611f000400000000002000170800177f000000"),
    ("bitfield", "140100000200000000001000"),
    ("time", "12000000040000002000"),
    ("long double", "11004f001000000000005000400f0040ff3f0000"),
    ("string", "131200000a000000"),
    ("vlen string", "1901010010000000100000000100000000000800"),
    ("opaque", "15080000070000003c4d385b735d0000"),
    ("opaque with a full tag", "15080000070000003132333435363738"),
    (
        "compound",
        "260300001b000000610000000000000000000000100800000400000000002000696e6e657200000004000000260200000b00000078000000000000000000000011203f000800000000004000340b0034ff0300006e616d6538383838000000000000000008000000130100000300000061727200000000000f0000002a0000000c0000000200000002000000030000000000000001000000100900000200000000001000",
    ),
    ("bool", "180200000100000010080000010000000000080046414c534500000054525545000000000001"),
    ("object reference", "1700000008000000"),
    ("region reference", "170100000c000000"),
    ("sequence", "1900000010000000100800000800000000004000"),
    (
        "array",
        "2a00000018000000020000000200000003000000000000000100000011201f000400000000002000170800177f000000",
    ),
    ("complex", "5b0100000800000011201f000400000000002000170800177f000000"),
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn decode(bytes: &[u8]) -> Result<Datatype> {
    Datatype::from_bytes_in(bytes, 0, SIZES[4], &Limits::DEFAULT, &())
}

fn stored(name: &str) -> Datatype {
    let (_, hex) = STORED.iter().find(|(known, _)| *known == name).unwrap();
    decode(&bytes(hex)).unwrap()
}

#[test]
fn what_libhdf5_writes_round_trips() {
    for (name, hex) in STORED {
        let bytes = bytes(hex);
        let datatype = decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(datatype.to_bytes_in(SIZES[4], &()).unwrap(), bytes, "{name}");
        check_round_trip(&datatype);
    }
}

#[test]
fn what_libhdf5_writes_is_what_is_constructed() {
    let sizes = Sizes { offsets: 8, lengths: 8 };
    let i64 = Datatype::integer(8, true, ByteOrder::Little).unwrap();
    let f32 = Datatype::float(4, ByteOrder::Little).unwrap();
    let i8 = Datatype::integer(1, true, ByteOrder::Little).unwrap();
    let bool = vec![EnumerationMember::new("FALSE", [0]), EnumerationMember::new("TRUE", [1])];
    let padding = StringPadding::SpacePadded;
    let made = [
        ("i32 LE", Datatype::integer(4, true, ByteOrder::Little)),
        ("u16 BE", Datatype::integer(2, false, ByteOrder::Big)),
        ("f32", Ok(f32.clone())),
        ("f64 BE", Datatype::float(8, ByteOrder::Big)),
        ("bitfield", Datatype::bitfield(2, ByteOrder::Big)),
        ("string", Datatype::fixed_string(10, padding, CharacterSet::Utf8)),
        ("opaque", Datatype::opaque(7, "<M8[s]")),
        ("bool", Datatype::enumeration(i8, bool)),
        ("object reference", Ok(Datatype::reference(ReferenceKind::Object, sizes))),
        ("region reference", Ok(Datatype::reference(ReferenceKind::Region, sizes))),
        ("sequence", Ok(Datatype::sequence(i64, sizes))),
        ("array", Datatype::array(f32.clone(), &[2, 3])),
        ("complex", Datatype::complex(f32)),
    ];
    for (name, made) in made {
        assert_eq!(made.unwrap(), stored(name), "{name}");
    }
    let text = Datatype::string(CharacterSet::Utf8, sizes);
    assert!(text.same_type(&stored("vlen string")));
}

#[test]
fn nesting_and_members_are_bounded() {
    let sequence = bytes("1900000010000000");
    let deep = sequence.repeat(33);
    let error = decode(&deep).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::LimitExceeded { limit: "datatype_depth", .. }));
    let mut limits = Limits::DEFAULT;
    limits.datatype_members = 4;
    let (_, hex) = STORED.iter().find(|(name, _)| *name == "compound").unwrap();
    let error = Datatype::from_bytes_in(&bytes(hex), 0, SIZES[4], &limits, &()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::LimitExceeded { limit: "datatype_members", .. }));
}

#[test]
fn nonsense_is_refused() {
    let wrong = [
        ("class 12", "1c00000004000000"),
        ("version 0", "0008000004000000 00002000"),
        ("version 6", "6008000004000000 00002000"),
        ("size 0", "1008000000000000 00002000"),
        ("precision outside the element", "1008000004000000 01002000"),
        ("precision 0", "1008000004000000 00000000"),
        ("overlapping exponent", "11201f0004000000 00002000 16080017 7f000000"),
        ("mantissa outside the element", "11201f0004000000 00002000 17080020 7f000000"),
        ("array of the wrong size", "3a00000010000000 01 03000000 1008000004000000 00002000"),
        ("array with an empty dimension", "3a00000010000000 01 00000000"),
        ("array that overflows", "3a00000010000000 02 ffffffff ffffffff 1008000004000000 00002000"),
        ("compound without members", "3600000004000000"),
        ("member outside", "3601000004000000 6100 01 1008000004000000 00002000"),
        (
            "overlap",
            "3602000006000000 6100 00 1008000004000000 00002000 6200 02 1008000004000000 00002000",
        ),
        ("enum of another size", "3800000002000000 1008000004000000 00002000"),
        ("complex of integers", "5b01000008000000 1008000004000000 00002000"),
        ("VAX, but little-endian", "31601f0004000000 00002000 17080017 7f000000"),
        ("tag of 5 bytes", "1505000001000000 6162636465"),
    ];
    for (name, hex) in wrong {
        let error = decode(&bytes(&hex.replace(' ', ""))).expect_err(name);
        assert!(matches!(error.kind(), ErrorKind::Malformed(_)), "{name}: {error}");
        assert!(!error.to_string().contains("needs"), "{name}: {error}");
    }
}

#[test]
fn vax_order_needs_no_version() {
    for version in 1..=5_u8 {
        let mut bytes = bytes("01611f000400000000002000170800177f000000");
        bytes[0] |= version << 4;
        let Datatype { class: Class::Float(float), .. } = decode(&bytes).unwrap() else {
            panic!("a float")
        };
        assert_eq!(float.order, FloatOrder::Vax);
    }
    // Before version 3 the bit alone was reserved.
    let bytes = bytes("11601f000400000000002000170800177f000000");
    let Class::Float(float) = decode(&bytes).unwrap().class else { panic!("a float") };
    assert_eq!(float.order, FloatOrder::Little);
}

#[test]
fn sameness_ignores_version_and_order_of_members() {
    let Datatype { size, class: Class::Compound(mut members), .. } = stored("compound") else {
        panic!("a compound")
    };
    members.reverse();
    let other = Datatype { version: 4, size, class: Class::Compound(members) };
    assert!(other.same_type(&stored("compound")));
    assert!(!stored("f32").same_type(&stored("i32 LE")));
    assert!(!stored("opaque").same_type(&stored("opaque with a full tag")));
}

#[test]
fn what_points_elsewhere_is_variable() {
    for (name, variable) in
        [("sequence", true), ("object reference", true), ("compound", false), ("vlen string", true)]
    {
        assert_eq!(stored(name).is_variable(), variable, "{name}");
    }
}

#[test]
fn members_with_dimensions_become_arrays() {
    let i16 = Datatype::integer(2, true, ByteOrder::Big).unwrap();
    let mut array = Datatype::array(i16, &[2, 3]).unwrap();
    array.version = 1;
    let members = vec![Member::new("a", 4, array)];
    let compound = Datatype { version: 1, size: 16, class: Class::Compound(members) };
    check_round_trip(&compound);
    let bytes = compound.to_bytes_in(SIZES[4], &()).unwrap();
    assert_eq!(bytes.len(), 8 + 8 + 4 + 12 + 16 + 12);
    assert_eq!(bytes[20], 2);
}

proptest! {
    #[test]
    fn any_datatype_round_trips(datatype in any_datatype()) {
        check_round_trip(&datatype);
        prop_assert!(datatype.same_type(&datatype));
    }

    #[test]
    fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), first in 0x10_u8..0x5c) {
        let mut all = vec![first];
        all.extend(bytes);
        let _ = decode(&all);
    }
}
