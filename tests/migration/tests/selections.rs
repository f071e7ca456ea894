//! Extents, dataspaces, and what is selected of them.

use hdf5::{Dataspace, Extent, Extents, Hyperslab, Ix, Selection, SimpleExtents, SliceOrIndex};
use hdfive_migration::{hdf5, in_memory};
use ndarray::{arr1, arr2, s};

#[test]
fn extents_are_spelled_in_many_ways() {
    let extent = Extent::new(3, Some(5));
    assert_eq!((extent.dim, extent.max), (3, Some(5)));
    assert!(!extent.is_unlimited() && !extent.is_fixed() && extent.is_valid());
    assert!(
        Extent::fixed(3).is_fixed()
            && Extent::resizable(3).is_unlimited()
            && Extent::resizable(3).is_resizable()
    );
    assert!(!Extent::new(3, Some(2)).is_valid());
    assert_eq!(Extent::from(4), Extent::fixed(4));
    assert_eq!(Extent::from(4..), Extent::resizable(4));
    assert_eq!(Extent::from(4..=6), Extent::new(4, Some(6)));

    let simple = SimpleExtents::from((2, 3.., 4..=5));
    assert_eq!((simple.ndim(), simple.size()), (3, 24));
    assert_eq!(simple.dims(), [2, 3, 4]);
    assert_eq!(simple.maxdims(), [Some(2), None, Some(5)]);
    assert!(
        simple.is_resizable() && simple.is_unlimited() && !simple.is_fixed() && simple.is_valid()
    );
    assert_eq!(simple.iter().rev().next(), Some(&Extent::new(4, Some(5))));
    assert_eq!(simple.iter().len(), 3);
    assert_eq!(SimpleExtents::fixed([2, 3]), SimpleExtents::new([2, 3]));
    assert_eq!(SimpleExtents::resizable([2, 3]), SimpleExtents::from((2.., 3..)));
    assert_eq!(SimpleExtents::from_vec(vec![Extent::fixed(7)]), SimpleExtents::new([7]));

    let all = Extents::new((2, 3));
    assert_eq!(all, Extents::simple([2, 3]));
    assert!(all.is_simple() && !all.is_null() && !all.is_scalar() && all.is_valid());
    assert_eq!((all.ndim(), all.dims(), all.size()), (2, vec![2, 3], 6));
    assert_eq!(all.maxdims(), [Some(2), Some(3)]);
    assert!(!all.is_resizable() && !all.is_unlimited());
    assert_eq!(all.clone().resizable().maxdims(), [None, None]);
    assert_eq!(all.slice().map(<[Extent]>::len), Some(2));
    assert_eq!(all.iter().map(|extent| extent.dim).collect::<Vec<Ix>>(), [2, 3]);
    assert!(Extents::null().is_null() && Extents::scalar().is_scalar());
    assert_eq!(Extents::new(()), Extents::Scalar);
    match all {
        Extents::Null | Extents::Scalar => panic!("it has axes"),
        Extents::Simple(simple) => assert_eq!(simple.ndim(), 2),
    }
}

#[test]
fn dataspaces_are_extents_and_what_is_selected_of_them() -> hdf5::Result<()> {
    let space = Dataspace::try_new((4, 5.., 6..=7))?;
    assert_eq!((space.ndim(), space.shape(), space.size()), (3, vec![4, 5, 6], 120));
    assert_eq!(space.maxdims(), [Some(4), None, Some(7)]);
    assert!(space.is_resizable() && space.is_simple() && !space.is_null() && !space.is_scalar());
    assert!(space.is_valid());
    assert_eq!(space.extents()?, Extents::new((4, 5.., 6..=7)));
    assert_eq!(space.copy().shape(), space.shape());
    assert!(Dataspace::try_new(())?.is_scalar());
    assert!(Dataspace::try_new(Extents::Null)?.is_null());
    let again = Dataspace::decode(&space.encode()?)?;
    assert_eq!(again.extents()?, space.extents()?);
    assert!(Dataspace::decode([1u8, 2, 3]).is_err());

    assert_eq!(space.selection_size(), 120);
    assert_eq!(space.get_selection()?, Selection::All);
    let part = space.select(Selection::try_new(s![1..3, 2, ..;2])?)?;
    assert_eq!(part.selection_size(), 6);
    assert!(part.get_selection()?.is_hyperslab());
    assert!(space.select((0, 5, 0)).is_err());
    Ok(())
}

#[test]
fn selections_are_spelled_in_many_ways() -> hdf5::Result<()> {
    assert!(Selection::new(..).is_all());
    assert!(Selection::default().is_all());
    let slab = Selection::new((1..3, 2));
    assert!(slab.is_hyperslab() && !slab.is_points() && !slab.is_none());
    assert_eq!((slab.in_ndim(), slab.out_ndim()), (Some(2), Some(1)));
    assert_eq!(slab.out_shape([4, 5])?, [2]);
    let points = Selection::new(&arr2(&[[0, 1], [2, 3]]));
    assert!(points.is_points());
    assert_eq!(points.out_shape([4, 5])?, [2]);
    assert_eq!(Selection::try_new(s![1..3, 2])?, slab);
    assert_eq!(Selection::new(Hyperslab::new((1..3, 2))), slab);
    match Selection::new(3) {
        Selection::Hyperslab(slab) => assert_eq!(slab.len(), 1),
        _ => panic!("it is an index"),
    }
    Ok(())
}

#[test]
fn hyperslabs_select_along_each_axis() -> hdf5::Result<()> {
    let slab = Hyperslab::try_new(s![0..6;3, 0..2])?;
    assert!(!slab.is_unlimited() && slab.unlimited_axis().is_none());
    let open = Hyperslab::new((SliceOrIndex::Unlimited { start: 1, step: 2, block: 1 }, 0));
    assert!(open.is_unlimited());
    assert_eq!(open.unlimited_axis(), Some(0));
    assert_eq!(Hyperslab::new((1.., 0)).set_unlimited(0)?.unlimited_axis(), Some(0));
    assert!(Hyperslab::new((1.., 0)).set_unlimited(1).is_err());
    let blocks = slab.set_block(0, 2)?;
    assert!(slab.set_block(2, 2).is_err());

    let file = in_memory("hyperslabs.h5")?;
    let values: Vec<i32> = (0..8).collect();
    let dataset = file.new_dataset_builder().with_data(&values).create("x")?;
    let blocks_of = |blocks: SliceOrIndex| dataset.read_slice_1d::<i32, _>(blocks);
    let two = SliceOrIndex::SliceCount { start: 1, step: 4, count: 2, block: 2 };
    assert_eq!(blocks_of(two)?, arr1(&[1, 2, 5, 6]));
    let up_to = SliceOrIndex::SliceTo { start: 1, step: 3, end: 7, block: 1 };
    assert_eq!(blocks_of(up_to)?, arr1(&[1, 4]));
    assert_eq!(blocks.iter().count(), 2);

    assert!(SliceOrIndex::from(3).is_index() && SliceOrIndex::from(1..3).is_slice());
    assert!(!SliceOrIndex::from(1..3).is_unlimited());
    assert!(SliceOrIndex::from(1..).is_unlimited());
    assert!(SliceOrIndex::from(1..3).to_unlimited()?.is_unlimited());
    assert!(SliceOrIndex::Index(3).to_unlimited().is_err());
    Ok(())
}

#[test]
fn points_are_read_and_written() -> hdf5::Result<()> {
    let file = in_memory("points.h5")?;
    let dataset = file.new_dataset::<i32>().shape((3, 3)).create("x")?;
    let diagonal = arr2(&[[0, 0], [1, 1], [2, 2]]);
    dataset.write_slice(&[1, 2, 3], &diagonal)?;
    assert_eq!(dataset.read_raw::<i32>()?, [1, 0, 0, 0, 2, 0, 0, 0, 3]);
    assert_eq!(dataset.read_slice_1d::<i32, _>(&diagonal)?, arr1(&[1, 2, 3]));
    let flat = file.new_dataset_builder().with_data(&[5, 6, 7]).create("flat")?;
    assert_eq!(flat.read_slice_1d::<i32, _>(vec![2, 0])?, arr1(&[7, 5]));
    assert_eq!(flat.read_slice_1d::<i32, _>([1, 2])?, arr1(&[6, 7]));
    Ok(())
}
