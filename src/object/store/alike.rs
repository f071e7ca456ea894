//! Objects made like the last one.
//!
//! What a new object's header says follows from what is asked for, and from the file's bounds and
//! widths, which do not change. So what was made of the last wish serves for the next one that is the
//! same, but for where elements are: nothing of that is read from the file, nor grows old with it.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::Store;
use crate::codec::Address;
use crate::element::TypeDescriptor;
use crate::error::Result;
use crate::format::datatype::Datatype;
use crate::format::message::{Dataspace, MessageType};
use crate::object::dataset::DatasetObject;
use crate::object::dataset::create::DatasetCreation;
use crate::object::group::create::GroupCreation;
use crate::object::header::{HeaderTemplate, KnownHeader, ObjectHeader};
use crate::object::stored_type::{StoredType, TypeMessage};

/// What was made last.
#[derive(Debug, Default)]
pub(super) struct Alike(OnceLock<Box<Mutex<Last>>>);

#[derive(Debug, Default)]
struct Last {
    group: Option<(GroupCreation, Arc<HeaderTemplate>)>,
    dataset: Option<Arc<AlikeDataset>>,
    /// The type of elements that was described last.
    described: Option<(TypeDescriptor, StoredType)>,
    /// The parts of the last attribute's message that say what its elements are.
    parts: Option<Parts>,
    /// The last wish of which nothing is kept: it is, once it comes again.
    wish: Option<DatasetCreation>,
}

#[derive(Debug)]
struct Parts {
    datatype: Arc<Datatype>,
    dataspace: Dataspace,
    bodies: PartBodies,
}

/// The datatype message and the dataspace message of an attribute.
type PartBodies = Arc<(TypeMessage, Vec<u8>)>;

/// A dataset in one block, to make others like it.
#[derive(Debug)]
pub(crate) struct AlikeDataset {
    creation: DatasetCreation,
    header: HeaderTemplate,
    dataset: Arc<DatasetObject>,
}

/// Where the address of a block is in the layout message of all versions that are written.
const BLOCK: usize = 2;

impl Store {
    fn alike(&self) -> MutexGuard<'_, Last> {
        self.alike.0.get_or_init(Box::default).lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The type of new elements that are to be of this one: as the file's bounds and widths have it.
    pub(crate) fn described(&self, wish: &TypeDescriptor) -> Result<StoredType> {
        if let Some((last, stored)) = &self.alike().described
            && last == wish
        {
            return Ok(stored.clone());
        }
        let stored = StoredType::described(self, &wish.to_datatype(self.space.sizes())?)?;
        self.alike().described = Some((wish.clone(), stored.clone()));
        Ok(stored)
    }

    /// The parts of an attribute's message that say what its elements are. A committed type counts one
    /// more use.
    pub(crate) fn attribute_parts(
        &self,
        datatype: &StoredType,
        dataspace: &Dataspace,
    ) -> Result<PartBodies> {
        if datatype.committed.is_some() {
            return Ok(Arc::new((datatype.to_message(self)?, self.encode(dataspace)?)));
        }
        if let Some(last) = &self.alike().parts
            && Arc::ptr_eq(&last.datatype, &datatype.datatype)
            && last.dataspace == *dataspace
        {
            return Ok(Arc::clone(&last.bodies));
        }
        let bodies = Arc::new((datatype.to_message(self)?, self.encode(dataspace)?));
        self.alike().parts = Some(Parts {
            datatype: Arc::clone(&datatype.datatype),
            dataspace: dataspace.clone(),
            bodies: Arc::clone(&bodies),
        });
        Ok(bodies)
    }

    /// Makes the header of a group like the last one, where that was the same wish.
    pub(crate) fn group_alike(&self, wish: &GroupCreation) -> Result<Option<KnownHeader>> {
        let found = self.alike().group.as_ref().filter(|(last, _)| last == wish).cloned();
        found.map(|(_, template)| template.make(&self.space, None)).transpose()
    }

    /// Notes how a group was made, all of which is its header.
    pub(crate) fn note_group(&self, wish: &GroupCreation, header: &ObjectHeader) -> Result<()> {
        let template = HeaderTemplate::of(&self.space, header, None)?;
        self.alike().group = template.map(|template| (*wish, Arc::new(template)));
        Ok(())
    }

    /// The last dataset in one block, where that was the same wish.
    pub(crate) fn dataset_alike(&self, wish: &DatasetCreation) -> Option<Arc<AlikeDataset>> {
        self.alike().dataset.as_ref().filter(|last| last.creation == *wish).cloned()
    }

    /// Notes how a dataset was made whose elements are in the block at `block`.
    pub(crate) fn note_dataset(
        &self,
        wish: &DatasetCreation,
        header: &ObjectHeader,
        dataset: &Arc<DatasetObject>,
        block: Address,
    ) -> Result<()> {
        let mut last = self.alike();
        if last.wish.as_ref() != Some(wish) {
            last.wish = Some(wish.clone());
            return Ok(());
        }
        drop(last);
        let address = Some((MessageType::DATA_LAYOUT, BLOCK, block));
        let template = HeaderTemplate::of(&self.space, header, address)?;
        let (creation, dataset) = (wish.clone(), Arc::clone(dataset));
        let alike = template.map(|header| Arc::new(AlikeDataset { creation, header, dataset }));
        self.alike().dataset = alike;
        Ok(())
    }
}

impl AlikeDataset {
    /// Makes another one, with its elements in the block at `block`.
    pub(crate) fn make(
        &self,
        store: &Store,
        block: Address,
    ) -> Result<(KnownHeader, DatasetObject)> {
        let header = self.header.make(&store.space, Some(block))?;
        let dataset = self.dataset.like(store, header.address, block);
        Ok((header, dataset))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::{File, LibraryVersion};

    #[test]
    fn what_is_made_alike_is_what_it_would_be_alone() {
        for version in [LibraryVersion::Earliest, LibraryVersion::V110] {
            let options = File::with_options();
            let file = options.library_versions(version, LibraryVersion::V200).in_memory().unwrap();
            let alone = File::with_options().library_versions(version, LibraryVersion::V200);
            let check = |made: &crate::Location, alone: &crate::Location| {
                let store = &file.found.store;
                let read = store.header(made.found.header.address).unwrap();
                let whole = |of: &crate::Location| {
                    Arc::clone(of.found.header.whole(of.found.store.space()).unwrap())
                };
                assert_eq!(read.messages, whole(made).messages);
                assert_eq!(read.prefix, whole(alone).prefix);
                let kinds = |header: &super::ObjectHeader| {
                    let all = header.messages.iter();
                    all.map(|message| (message.kind, message.body.len())).collect::<Vec<_>>()
                };
                assert_eq!(kinds(&read), kinds(&whole(alone)));
            };
            for n in 0..12_u8 {
                let alone = alone.clone().in_memory().unwrap();
                // Every third one is another wish.
                let values: Vec<i32> =
                    (0..2 + i32::from(n % 3 == 0)).map(|x| x + i32::from(n)).collect();
                let make = |file: &File| {
                    let new = file.new_dataset_builder().with_data(&values);
                    new.create(format!("d{n}").as_str()).unwrap()
                };
                check(&make(&file), &make(&alone));
                let make = |file: &File| {
                    let new = file.create_group_builder().track_order(n % 4 == 3);
                    new.create(format!("g{n}").as_str()).unwrap()
                };
                check(&make(&file), &make(&alone));
                let read = file.dataset(&format!("d{n}")).unwrap().read_raw::<i32>().unwrap();
                assert_eq!(read, values);
            }
            file.flush().unwrap();
            for n in 0..12_u8 {
                let read = file.dataset(&format!("d{n}")).unwrap().read_raw::<i32>().unwrap();
                assert_eq!((read[0], read.len()), (n.into(), 2 + usize::from(n % 3 == 0)));
                let group = file.group(&format!("g{n}")).unwrap();
                group.create_group("inside").unwrap();
                assert_eq!(group.member_names().unwrap(), ["inside"]);
                assert_eq!(group.creation_order_tracked(), n % 4 == 3);
            }
        }
    }
}
