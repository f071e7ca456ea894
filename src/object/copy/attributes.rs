//! Copied attributes.

use super::damaged::LossKind;
use super::{Copier, Place};
use crate::codec::{Address, wide};
use crate::error::Result;
use crate::format::message::{Attribute, AttributeInfo, Dataspace, MessageType};
use crate::object::attribute::create::AttributeCreation;
use crate::object::attribute::edit::AttributesEdit;
use crate::object::attribute::{self, RawAttribute};
use crate::object::header::ObjectHeader;
use crate::object::path::text;

impl Copier<'_> {
    /// Copies all attributes of an object.
    pub(super) fn copy_attributes(
        &self,
        place: &Place,
        header: &ObjectHeader,
        copy: Address,
    ) -> Result<()> {
        let store = &place.store;
        let info: Option<AttributeInfo> = store.message(header, MessageType::ATTRIBUTE_INFO)?;
        let next = info.and_then(|info| info.maximum_creation_index);
        let all = attribute::by_creation(store, header)?;
        if all.is_empty() && next.unwrap_or(0) == 0 {
            return Ok(());
        }
        let mut copies = Vec::with_capacity(all.len());
        for raw in all {
            let (name, order) = (raw.message.name().to_vec(), raw.creation_order);
            let path = format!("{}@{}", text(&place.path), text(&name));
            let named = Place { path: path.clone().into_bytes(), ..place.clone() };
            let copied = self.spare(&named, LossKind::Attribute, || {
                self.attribute(place, raw).map_err(|error| error.under(&path))
            })?;
            copies.extend(copied.map(|copied| (copied, order)));
        }
        AttributesEdit::open(self.to, copy)?.fill(copies, next)
    }

    fn attribute(&self, place: &Place, raw: RawAttribute) -> Result<Attribute> {
        let source = raw.open(&place.store)?;
        let datatype = self.stored_type(place, &source.datatype)?;
        let version = self.to.bounds().dataspace_version(source.dataspace.kind);
        let dataspace = Dataspace { version, ..source.dataspace.clone() };
        let (ours, theirs) = (&source.datatype.datatype, &datatype.datatype);
        self.claim(wide(source.data()?.len()))?;
        let data = self.elements(place, ours, theirs, source.data()?)?;
        let name = source.message.name();
        // As the name was marked, whatever it holds.
        let (datatype, data, charset) =
            (&datatype, Some(data.into()), Some(source.message.charset));
        let mut creation = AttributeCreation { name, datatype, dataspace, data, charset };
        creation.message(self.to)
    }
}
