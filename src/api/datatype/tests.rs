use super::*;
use crate::element::{CompoundField, CompoundType, EnumMember, EnumType, FixedAscii, IntSize};
use crate::element::{VarLenArray, VarLenUnicode};
use crate::format::datatype::{ByteOrder as StoredOrder, Member};

fn path<A: H5Type, B: H5Type>() -> Option<Conversion> {
    let (from, to) = (Datatype::from_type::<A>().unwrap(), Datatype::from_type::<B>().unwrap());
    assert_eq!(from.conv_to::<B>(), to.conv_from::<A>());
    assert_eq!(from.is::<B>(), from == to);
    from.conv_path(to)
}

fn enumeration(names: &[&str]) -> Datatype {
    let member = |(value, name): (u64, &&str)| EnumMember { name: (*name).to_owned(), value };
    let members = (0..).zip(names).map(member).collect();
    let of = EnumType { size: IntSize::U1, signed: false, members };
    Datatype::from_descriptor(&TypeDescriptor::Enum(of)).unwrap()
}

/// What hdf5-metno says of these, with libhdf5 1.10.8.
#[test]
fn paths_are_as_long_as_those_of_libhdf5() {
    use Conversion::{Hard, NoOp, Soft};
    assert_eq!(path::<i8, i8>(), Some(NoOp));
    assert_eq!(path::<i8, u64>(), Some(Hard));
    assert_eq!(path::<f64, i32>(), Some(Hard));
    assert_eq!(path::<u32, f32>(), Some(Hard));
    assert_eq!(path::<bool, i32>(), Some(Soft));
    assert_eq!(path::<i32, bool>(), None);
    assert_eq!(path::<[i32; 3], [i32; 3]>(), Some(NoOp));
    assert_eq!(path::<[i32; 3], [f64; 3]>(), Some(Soft));
    assert_eq!(path::<[i32; 3], [i32; 2]>(), None);
    assert_eq!(path::<[i32; 3], i32>(), None);
    assert_eq!(path::<(i32, f64), (i64, f64)>(), Some(Soft));
    assert_eq!(path::<(i32, f64), (i64,)>(), Some(Soft));
    assert_eq!(path::<FixedAscii<5>, FixedAscii<9>>(), Some(Soft));
    assert_eq!(path::<FixedAscii<5>, VarLenUnicode>(), None);
    assert_eq!(path::<VarLenUnicode, VarLenUnicode>(), Some(Soft));
    assert_eq!(path::<VarLenArray<i32>, VarLenArray<f64>>(), Some(Soft));
    let (few, many) = (enumeration(&["P", "Q"]), enumeration(&["P", "Q", "R"]));
    assert_eq!(few.conv_path(&many), Some(Soft));
    assert_eq!(few.conv_to::<i64>(), Some(Soft));
    assert_eq!(few.conv_to::<bool>(), None);
}

#[test]
fn orders_are_those_of_the_numbers_in_it() {
    let of = |definition: &Stored| ByteOrder::of(definition);
    let big = Stored::integer(4, true, StoredOrder::Big).unwrap();
    let little = Stored::float(8, StoredOrder::Little).unwrap();
    let text = TypeDescriptor::FixedAscii(4);
    let text = of_descriptor(&text).unwrap();
    assert_eq!([of(&big), of(&little)], [ByteOrder::BigEndian, ByteOrder::LittleEndian]);
    assert_eq!(of(&text), ByteOrder::None);
    let members = [("a", 0, big.clone()), ("b", 4, text), ("c", 8, big.clone()), ("d", 12, little)];
    let members = members.map(|(name, at, of)| Member::new(name, at, of));
    let compound = |count: usize| Stored::compound(20, members[..count].to_vec()).unwrap();
    assert_eq!(of(&compound(3)), ByteOrder::BigEndian);
    assert_eq!(of(&compound(4)), ByteOrder::Mixed);
    assert_eq!(of(&Stored::array(big, &[2]).unwrap()), ByteOrder::BigEndian);
}

#[test]
fn types_in_no_file_are_used_in_any_and_changed_in_none() {
    let field = CompoundField::typed::<f32>("x", 0, 0);
    let descriptor = TypeDescriptor::Compound(CompoundType { fields: vec![field], size: 4 });
    let free = Datatype::from_descriptor(&descriptor).unwrap();
    assert_eq!(free.to_descriptor().unwrap(), descriptor);
    assert!(!free.is_committed() && free.set_attr("a", 1).is_err());
    let file = File::in_memory().unwrap();
    let made = file.new_dataset_builder().empty_as(&free).shape(3).create("d").unwrap();
    assert_eq!(made.dtype().unwrap(), free);
    assert!(file.commit_type("t", &free).unwrap().is_committed());
    assert_eq!(
        format!("{free} {free:?}"),
        "compound (1 fields) <HDF5 datatype: compound (1 fields)>"
    );
}
