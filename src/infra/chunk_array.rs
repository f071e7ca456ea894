//! What fixed and extensible arrays of chunks have in common.

use std::fmt::Debug;

use super::extensible_array::ExtensibleArray;
use super::fixed_array::{FixedArray, FixedArrayParameters, VisitElement};
use crate::codec::Address;
use crate::error::{Error, Result};
use crate::format::chunk_element::{ChunkElement, ChunkElementLayout};
use crate::format::message::ExtensibleArrayParameters;
use crate::limits::Limits;
use crate::space::{Extents, Space};

/// An array of the file with one element a chunk.
///
/// What changes is saved at once. After an error an array may hold what the space, which then
/// takes the changes back, does not: it is to be loaded anew.
pub(crate) trait ChunkArray: Debug + Send + Sync + Sized {
    /// What fixes the shape of a new array.
    type Parameters: Debug + Clone + Send + Sync;

    /// Makes an array in which nothing is set: a header; other blocks come with the first element
    /// they hold.
    fn create(
        space: &Space,
        parameters: &Self::Parameters,
        layout: ChunkElementLayout,
    ) -> Result<Self>;

    /// Reads the header at `at`.
    fn load(space: &Space, at: Address) -> Result<Self>;

    /// Where the header is.
    fn at(&self) -> Address;

    /// How elements are laid out.
    fn layout(&self) -> ChunkElementLayout;

    /// Number of elements, stored or not.
    #[cfg(any(test, feature = "fuzzing"))]
    fn len(&self) -> u64;

    /// The element with this number, `None` where it is not stored.
    fn get(&self, space: &Space, number: u64) -> Result<Option<ChunkElement>>;

    /// Calls `visit` for every stored element.
    fn for_each(&self, space: &Space, visit: VisitElement<'_>) -> Result<()>;

    /// Sets elements by their numbers, or lets them be no longer stored; saves each block that
    /// changes once.
    fn set_all(&mut self, space: &Space, elements: &[(u64, Option<ChunkElement>)]) -> Result<()>;

    /// Adds all blocks to `extents`.
    fn extents(&self, space: &Space, extents: &mut Extents) -> Result<()>;
}

impl ChunkArray for FixedArray {
    type Parameters = FixedArrayParameters;

    fn create(
        space: &Space,
        parameters: &FixedArrayParameters,
        layout: ChunkElementLayout,
    ) -> Result<Self> {
        Self::create(space, parameters, layout)
    }

    fn load(space: &Space, at: Address) -> Result<Self> {
        Self::load(space, at)
    }

    fn at(&self) -> Address {
        self.at()
    }

    fn layout(&self) -> ChunkElementLayout {
        self.layout()
    }

    #[cfg(any(test, feature = "fuzzing"))]
    fn len(&self) -> u64 {
        self.len()
    }

    fn get(&self, space: &Space, number: u64) -> Result<Option<ChunkElement>> {
        self.get(space, number)
    }

    fn for_each(&self, space: &Space, visit: VisitElement<'_>) -> Result<()> {
        self.for_each(space, visit)
    }

    fn set_all(&mut self, space: &Space, elements: &[(u64, Option<ChunkElement>)]) -> Result<()> {
        self.set_all(space, elements)
    }

    fn extents(&self, space: &Space, extents: &mut Extents) -> Result<()> {
        self.extents(space, extents)
    }
}

impl ChunkArray for ExtensibleArray {
    type Parameters = ExtensibleArrayParameters;

    fn create(
        space: &Space,
        parameters: &ExtensibleArrayParameters,
        layout: ChunkElementLayout,
    ) -> Result<Self> {
        Self::create(space, parameters, layout)
    }

    fn load(space: &Space, at: Address) -> Result<Self> {
        Self::load(space, at)
    }

    fn at(&self) -> Address {
        self.at()
    }

    fn layout(&self) -> ChunkElementLayout {
        self.layout()
    }

    #[cfg(any(test, feature = "fuzzing"))]
    fn len(&self) -> u64 {
        self.len()
    }

    fn get(&self, space: &Space, number: u64) -> Result<Option<ChunkElement>> {
        self.get(space, number)
    }

    fn for_each(&self, space: &Space, visit: VisitElement<'_>) -> Result<()> {
        self.for_each(space, visit)
    }

    fn set_all(&mut self, space: &Space, elements: &[(u64, Option<ChunkElement>)]) -> Result<()> {
        self.set_all(space, elements)
    }

    fn extents(&self, space: &Space, extents: &mut Extents) -> Result<()> {
        self.extents(space, extents)
    }
}

/// Puts `value` at `index`; `None` where there is no such place.
pub(super) fn put_element(
    elements: &mut [ChunkElement],
    index: u64,
    value: ChunkElement,
) -> Option<()> {
    *elements.get_mut(usize::try_from(index).ok()?)? = value;
    Some(())
}

/// `count` as a number of things to be kept in memory for a new block of `len` bytes: the
/// parameters they come from may be a file's.
pub(super) fn reserve(space: &Space, count: u64, len: u64) -> Result<usize> {
    Limits::check("metadata_block_bytes", len, space.limits().metadata_block_bytes)?;
    usize::try_from(count).map_err(|_| Error::usage("a block that does not fit memory"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::codec::Sizes;
    use crate::format::chunk_element::FilteredChunk;
    use crate::space::testing::scratch_with;

    #[derive(Debug, Clone)]
    enum Step {
        /// Sets what the numbers say, or takes it out.
        Set(Vec<(Index, Option<(u16, u8)>)>),
        Commit,
        Load,
    }

    fn step() -> impl Strategy<Value = Step> {
        let value = prop::option::weighted(0.8, any::<(u16, u8)>());
        let change = (any::<Index>(), value);
        prop_oneof![
            6 => prop::collection::vec(change, 1..8).prop_map(Step::Set),
            1 => Just(Step::Commit),
            1 => Just(Step::Load),
        ]
    }

    fn layout() -> impl Strategy<Value = (Sizes, ChunkElementLayout)> {
        let sizes = prop::sample::select(vec![(8, 8), (4, 4), (2, 4)]);
        (sizes, any::<bool>()).prop_map(|((offsets, lengths), filtered)| {
            let sizes = Sizes { offsets, lengths };
            (sizes, ChunkElementLayout::new(filtered, 4, 100, sizes))
        })
    }

    fn element((at, bytes): (u16, u8), layout: ChunkElementLayout) -> ChunkElement {
        let chunk = FilteredChunk { stored_bytes: bytes.into(), filter_mask: u32::from(at) << 9 };
        let filtered = (layout != ChunkElementLayout::Plain).then_some(chunk);
        ChunkElement { address: Some(Address(at.min(0xfff0).into())), filtered }
    }

    /// Runs the steps on an array of `count` elements and on a model of it.
    fn compare<A: ChunkArray>(
        (sizes, layout): (Sizes, ChunkElementLayout),
        parameters: &A::Parameters,
        count: usize,
        steps: Vec<Step>,
        check: impl Fn(&Space, &A),
    ) {
        let space = scratch_with(sizes);
        let before = space.allocated();
        let mut array = A::create(&space, parameters, layout).unwrap();
        let mut model = BTreeMap::new();
        for step in steps {
            match step {
                Step::Set(changes) => {
                    let changes: Vec<_> = changes
                        .into_iter()
                        .map(|(index, value)| {
                            let number = index.index(count) as u64;
                            (number, value.map(|value| element(value, layout)))
                        })
                        .collect();
                    for (number, element) in &changes {
                        match element {
                            Some(element) => model.insert(*number, *element),
                            None => model.remove(number),
                        };
                    }
                    array.set_all(&space, &changes).unwrap();
                    space.keep_step().unwrap();
                }
                Step::Commit => {
                    space.commit(false).unwrap();
                }
                Step::Load => array = A::load(&space, array.at()).unwrap(),
            }
            same(&space, &array, &model);
            check(&space, &array);
        }
        let array = A::load(&space, array.at()).unwrap();
        same(&space, &array, &model);
        space.free_all(|extents| array.extents(&space, extents)).unwrap();
        assert_eq!(space.allocated(), before);
    }

    fn same<A: ChunkArray>(space: &Space, array: &A, model: &BTreeMap<u64, ChunkElement>) {
        let mut found = BTreeMap::new();
        let visited = array.for_each(space, &mut |number, element| {
            assert_eq!(found.insert(number, element), None);
            Ok(())
        });
        visited.unwrap();
        assert_eq!(&found, model);
        for number in model.keys() {
            assert_eq!(array.get(space, *number).unwrap().as_ref(), model.get(number));
            assert_eq!(array.get(space, number + 1).unwrap().as_ref(), model.get(&(number + 1)));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn fixed_arrays_hold_what_was_set(
            layout in layout(),
            page_bits in 1..6_u8,
            elements in 1..100_u64,
            steps in prop::collection::vec(step(), 1..24),
        ) {
            let parameters = FixedArrayParameters { elements, page_bits };
            let count = elements as usize;
            compare::<FixedArray>(layout, &parameters, count, steps, |_, _| ());
        }

        #[test]
        fn extensible_arrays_hold_what_was_set(
            layout in layout(),
            page_bits in 3..5_u8,
            (index_elements, elements_bits) in (0..5_u8, 0..3_u32),
            pointers_bits in 1..3_u32,
            count in prop::sample::select(vec![10_usize, 200, 1000]),
            steps in prop::collection::vec(step(), 1..24),
        ) {
            let parameters = ExtensibleArrayParameters {
                maximum_bits: 12,
                index_elements,
                minimum_pointers: 1 << pointers_bits,
                minimum_elements: 1 << elements_bits.min(1 + u32::from(page_bits) - 2 - pointers_bits.min(2)),
                page_bits,
            };
            compare::<ExtensibleArray>(layout, &parameters, count, steps, |space, array| {
                array.check_statistics(space);
            });
        }
    }

    #[test]
    fn numbers_no_element_has_are_refused() {
        let sizes = Sizes { offsets: 8, lengths: 8 };
        let space = scratch_with(sizes);
        let one = Some(element((8, 0), ChunkElementLayout::Plain));
        let parameters = FixedArrayParameters { elements: 9, page_bits: 2 };
        let mut array = FixedArray::create(&space, &parameters, ChunkElementLayout::Plain).unwrap();
        assert!(array.set_all(&space, &[(9, one)]).unwrap_err().is_usage());
        let parameters = ExtensibleArrayParameters {
            maximum_bits: 8,
            index_elements: 2,
            minimum_pointers: 2,
            minimum_elements: 2,
            page_bits: 4,
        };
        let plain = ChunkElementLayout::Plain;
        let mut array = ExtensibleArray::create(&space, &parameters, plain).unwrap();
        assert!(array.set_all(&space, &[(1000, one)]).unwrap_err().is_usage());
        let odd = ExtensibleArrayParameters { minimum_elements: 3, ..parameters };
        assert!(ExtensibleArray::create(&space, &odd, plain).is_err());
    }
}
