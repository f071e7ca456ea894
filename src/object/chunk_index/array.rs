//! Chunk indexes that are arrays.

use super::numbering::Numbering;
use super::{ChunkChange, ChunkIndex, Elements, IndexContext, outside};
use crate::codec::Address;
use crate::error::Result;
use crate::format::message::{ChunkIndexKind, ExtensibleArrayParameters};
use crate::infra::chunk_array::ChunkArray;
use crate::infra::extensible_array::ExtensibleArray;
use crate::infra::fixed_array::{FixedArray, FixedArrayParameters};
use crate::object::raw_data::chunked::ChunkLocation;
use crate::object::store::Store;
use crate::space::Extents;

/// Chunks that are elements of an array: of a fixed one where the largest extent is known, of an
/// extensible one where one axis is unlimited.
#[derive(Debug)]
pub(super) struct Numbered<A: ChunkArray> {
    numbering: Numbering,
    kind: ChunkIndexKind,
    parameters: A::Parameters,
    elements: Elements,
    /// `None` before the index is created.
    array: Option<A>,
}

impl Numbered<FixedArray> {
    pub(super) fn fixed(
        store: &Store,
        header: Option<Address>,
        context: &IndexContext<'_>,
        page_bits: u8,
    ) -> Result<Self> {
        let numbering = Numbering::new(context.grid, context.maximum);
        // An array of more elements than there are numbers cannot be created.
        let elements = numbering.total().unwrap_or(u64::MAX);
        let parameters = FixedArrayParameters { elements, page_bits };
        let kind = ChunkIndexKind::FixedArray { page_bits };
        Self::open(store, header, context, (numbering, kind, parameters))
    }
}

impl Numbered<ExtensibleArray> {
    pub(super) fn extensible(
        store: &Store,
        header: Option<Address>,
        context: &IndexContext<'_>,
        parameters: ExtensibleArrayParameters,
    ) -> Result<Self> {
        let numbering = Numbering::new(context.grid, context.maximum);
        let kind = ChunkIndexKind::ExtensibleArray(parameters);
        Self::open(store, header, context, (numbering, kind, parameters))
    }
}

impl<A: ChunkArray> Numbered<A> {
    fn open(
        store: &Store,
        header: Option<Address>,
        context: &IndexContext<'_>,
        (numbering, kind, parameters): (Numbering, ChunkIndexKind, A::Parameters),
    ) -> Result<Self> {
        let array = header.map(|at| A::load(store.space(), at)).transpose()?;
        let mut elements = Elements::new(store, context);
        if let Some(array) = &array {
            elements.layout = array.layout();
        }
        Ok(Self { numbering, kind, parameters, elements, array })
    }

    fn created(&mut self, store: &Store) -> Result<&mut A> {
        match &mut self.array {
            Some(array) => Ok(array),
            none => {
                let array = A::create(store.space(), &self.parameters, self.elements.layout)?;
                Ok(none.insert(array))
            }
        }
    }
}

impl<A: ChunkArray> ChunkIndex for Numbered<A> {
    fn get(&self, store: &Store, scaled: &[u64]) -> Result<Option<ChunkLocation>> {
        let Some(array) = &self.array else { return Ok(None) };
        let Some(number) = self.numbering.number(scaled) else { return Ok(None) };
        let element = array.get(store.space(), number)?;
        Ok(element.and_then(|element| self.elements.location(&element)))
    }

    fn for_each(
        &self,
        store: &Store,
        each: &mut dyn FnMut(&[u64], ChunkLocation) -> Result<()>,
    ) -> Result<()> {
        let Some(array) = &self.array else { return Ok(()) };
        let mut scaled = vec![0; self.numbering.rank()];
        array.for_each(store.space(), &mut |number, element| {
            let Some(location) = self.elements.location(&element) else { return Ok(()) };
            self.numbering.put_scaled(number, &mut scaled);
            each(&scaled, location)
        })
    }

    fn layout(&self) -> (Option<Address>, ChunkIndexKind) {
        (self.array.as_ref().map(A::at), self.kind)
    }

    fn create(&mut self, store: &Store) -> Result<()> {
        if self.numbering.total() == Some(0) {
            // A dataset that can never have a chunk needs no index.
            return Ok(());
        }
        self.created(store).map(|_| ())
    }

    fn change(&mut self, store: &Store, changes: &[ChunkChange]) -> Result<()> {
        let mut numbered = Vec::with_capacity(changes.len());
        for (scaled, at) in changes {
            let element = at.map(|at| self.elements.element(at)).transpose()?;
            match self.numbering.number(scaled) {
                Some(number) => numbered.push((number, element)),
                None if element.is_none() => {}
                None => return Err(outside(scaled)),
            }
        }
        if self.array.is_none() && numbered.iter().all(|(_, element)| element.is_none()) {
            return Ok(());
        }
        self.created(store)?.set_all(store.space(), &numbered)
    }

    fn extents(&self, store: &Store, extents: &mut Extents) -> Result<()> {
        self.array.as_ref().map_or(Ok(()), |array| array.extents(store.space(), extents))
    }
}
