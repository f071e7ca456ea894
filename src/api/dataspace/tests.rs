use super::*;
use crate::api::{Extent, RawSlice, SliceOrIndex};

fn space(extents: impl Into<Extents>) -> Dataspace {
    Dataspace::try_new(extents).unwrap()
}

fn hex(space: &Dataspace) -> String {
    space.encode().unwrap().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What `h5py.h5s.SpaceID.encode` gives of the same dataspaces and selections.
#[test]
fn bytes_are_those_of_libhdf5() {
    let table = space((10, 12));
    let slab = (
        SliceOrIndex::SliceCount { start: 1, step: 2, count: 2, block: 1 },
        SliceOrIndex::SliceCount { start: 2, step: 4, count: 3, block: 2 },
    );
    let far = SliceOrIndex::SliceCount { start: (1 << 32) + 5, step: 1, count: 7, block: 1 };
    let points = Selection::points([[1, 2], [0, 1], [3, 3]]).unwrap();
    let cases = [
        (space(()), "01000808000000010000000000000003000000010000000000000000000000"),
        (space(Extents::null()), "010008040000000200000203000000010000000000000000000000"),
        (
            space((10, 12..)),
            "0100082800000001020100000000000a000000000000000c000000000000000a00000000\
                 000000ffffffffffffffff03000000010000000000000000000000",
        ),
        (
            table.clone(),
            "0100082800000001020100000000000a000000000000000c000000000000000a00000000\
                 0000000c0000000000000003000000010000000000000000000000",
        ),
        (
            table.select(Selection::None).unwrap(),
            "0100082800000001020100000000000a000000000000000c000000000000000a00000000\
                 0000000c0000000000000000000000010000000000000000000000",
        ),
        (
            table.select(slab).unwrap(),
            "0100082800000001020100000000000a000000000000000c000000000000000a00000000\
                 0000000c0000000000000002000000010000000000000068000000020000000600000001\
                 00000002000000010000000300000001000000060000000100000007000000010000000a\
                 000000010000000b00000003000000020000000300000003000000030000000600000003\
                 00000007000000030000000a000000030000000b000000",
        ),
        (
            table.select(points).unwrap(),
            "0100082800000001020100000000000a000000000000000c000000000000000a00000000\
                 0000000c0000000000000001000000010000000000000020000000020000000300000001\
                 0000000200000000000000010000000300000003000000",
        ),
        (
            space(1 << 33).select(far).unwrap(),
            "010008180000000101010000000000000000000200000000000000020000000200000002\
                 000000012400000001000000050000000100000001000000000000000100000000000000\
                 0700000000000000",
        ),
        (
            space(10..).select_raw(RawSlice::new(1, 3, None, 2)).unwrap(),
            "0100081800000001010100000000000a00000000000000ffffffffffffffff0200000002\
                 00000001240000000100000001000000000000000300000000000000ffffffffffffffff\
                 0200000000000000",
        ),
    ];
    for (space, expected) in cases {
        assert_eq!(hex(&space), expected, "{space}");
        assert_eq!(hex(&Dataspace::decode(space.encode().unwrap()).unwrap()), expected, "{space}");
    }
    let blocks = Selection::Blocks(vec![(vec![0, 0], vec![1, 2]), (vec![5, 5], vec![5, 6])]);
    let blocks = table.select(blocks).unwrap();
    assert_eq!(Dataspace::decode(blocks.encode().unwrap()).unwrap(), blocks);
    assert_eq!(blocks.selection_size(), 8);
    let rows = table.select(3..5).unwrap();
    assert!(hex(&rows).ends_with("02000000010000000300000000000000040000000b000000"));
    assert_eq!(Dataspace::decode(rows.encode().unwrap()).unwrap(), rows);
    assert!(Dataspace::decode([1, 2, 3]).is_err());
}

#[test]
fn selections_are_of_what_is_there() {
    let table = space((10, 12));
    assert_eq!((table.size(), table.selection_size()), (120, 120));
    assert!(table.get_selection().unwrap().is_all() && table.is_valid());
    let part = table.select((1..3, 2)).unwrap();
    let axis = |start, count| SliceOrIndex::SliceCount { start, step: 1, count, block: 1 };
    assert_eq!(part.selection_size(), 2);
    assert_eq!(part.get_selection().unwrap().to_string(), "(1+2, 2+1)");
    assert_eq!(table.select((axis(1, 2), axis(2, 1))).unwrap(), part);
    assert_eq!(table.select_raw(part.get_raw_selection().unwrap()).unwrap(), part);
    assert_eq!(format!("{table:?} {part}"), "<HDF5 dataspace: (10, 12)> (10, 12) [(1+2, 2+1)]");
    assert!(table.select((20, 2)).is_err() && table.select((1, 2, 3)).is_err());
    assert!(table.select_raw(RawSlice::new(0, 1, Some(3), 1)).is_err());
    assert!(table.select(5..5).unwrap().get_selection().unwrap().is_none());
    let null = space(Extents::null());
    assert_eq!((null.size(), null.selection_size()), (0, 0));
    assert!(null.select(1).is_err() && null.is_valid());
    assert_eq!(null.extents().unwrap(), Extents::Null);
    assert_eq!(space(()).select(..).unwrap().selection_size(), 1);
    assert_eq!(space((2.., 3)).extents().unwrap(), Extents::from((2.., 3)));
    assert!(Dataspace::try_new((Extent::new(5, Some(3)), 1)).is_err());
    assert_eq!(
        space(10..).select_raw(RawSlice::new(1, 3, None, 2)).unwrap().selection_size(),
        usize::MAX
    );
    assert_eq!(
        space(10..)
            .select(SliceOrIndex::Unlimited { start: 1, step: 3, block: 2 })
            .unwrap()
            .selection_size(),
        6
    );
}
