//! References that are compared: by what they refer to.

use std::io;

use hdfive::definition::Class;
use hdfive::{Element, Reference, ReferenceTarget, ReferencedObject};

use super::region;
use super::values::Values;
use super::walk::Kind;
use super::{attribute, dataset};
use crate::failure::Trouble;

/// How many references that lead from one dataset to the next are followed.
const MAX_DEPTH: usize = 32;

impl Values<'_, '_> {
    /// Compares what two references refer to.
    pub(super) fn references(&mut self, sides: [Element<'_>; 2]) -> Result<u64, Trouble> {
        let [one, other] = sides;
        let revised = matches!(one.datatype().class, Class::Reference(kind) if kind.is_revised());
        let (one, other) = (one.reference()?, other.reference()?);
        let set = |side: Option<Reference>| side.filter(|reference| !reference.is_null());
        let (one, other) = match (set(one), set(other)) {
            (Some(one), Some(other)) => (one, other),
            (None, None) => return Ok(0),
            _ => return Ok(1),
        };
        match one.target() {
            ReferenceTarget::Attribute => self.referenced_attributes([&one, &other]),
            ReferenceTarget::Region => {
                let [owner1, owner2] = &self.owners;
                let opened = (owner1.dereference(&one), owner2.dereference(&other));
                let (Ok(first), Ok(second)) = opened else { return Ok(0) };
                let (Some(one), Some(other)) = (one.region(), other.region()) else { return Ok(0) };
                let places = [&first, &second].map(|object| object.location().token().address());
                Ok(region::compare(self.report, places, [one, other])?)
            }
            _ => self.referenced_objects([&one, &other], revised),
        }
    }

    fn referenced_objects(
        &mut self,
        references: [&Reference; 2],
        revised: bool,
    ) -> Result<u64, Trouble> {
        let [one, other] = references;
        let [owner1, owner2] = &self.owners;
        let (first, second) = (owner1.dereference(one)?, owner2.dereference(other)?);
        let [name1, name2] = self.table.names.clone();
        let kinds = [&first, &second].map(|object| Kind::of(object.location()));
        let [kind1, kind2] = kinds;
        if kind1 != kind2 {
            let words = format!("Different object types referenced: <{name1}> and <{name2}>");
            self.report.part(&words)?;
            self.report.not_comparable = true;
            self.report.failed = true;
            return Ok(0);
        }
        let (ReferencedObject::Dataset(first), ReferencedObject::Dataset(second)) =
            (&first, &second)
        else {
            return Ok(self.refuse(kind1, revised)?);
        };
        let pair = [first.token(), second.token()];
        if self.report.referenced.contains(&pair) {
            return Ok(0);
        }
        if self.report.referenced.len() >= MAX_DEPTH {
            self.report.fail("references lead from one dataset to the next too often");
            return Ok(0);
        }
        self.report.referenced.push(pair);
        let found = dataset::compare(self.report, [first, second], [&name1, &name2], [None, None]);
        self.report.referenced.pop();
        Ok(found?)
    }

    /// Says that objects of a kind are not compared where references lead to them.
    fn refuse(&mut self, kind: Kind, revised: bool) -> io::Result<u64> {
        let [first, second] = &self.table.names;
        let of_kind = match kind {
            Kind::Group if revised => "group object types",
            Kind::Datatype if revised => "named datatypes object types",
            _ => "object types",
        };
        let words = "Warning: Comparison not possible of";
        let words = format!("{words} {of_kind} referenced: <{first}> and <{second}>");
        self.report.warning(&words)?;
        self.report.not_comparable = true;
        Ok(0)
    }

    fn referenced_attributes(&mut self, references: [&Reference; 2]) -> Result<u64, Trouble> {
        let [one, other] = references;
        let [owner1, owner2] = &self.owners;
        let Ok(first) = owner1.dereference_attribute(one) else {
            self.report.line("Warning: Cannot open referenced attribute1")?;
            return Ok(0);
        };
        let Ok(second) = owner2.dereference_attribute(other) else {
            self.report.line("Warning: Cannot open referenced attribute2")?;
            return Ok(0);
        };
        let [path1, path2] = self.table.names.clone();
        Ok(attribute::compare(self.report, [&first, &second], [&path1, &path2])?)
    }
}
