//! Copies that nothing but references lead to.

use std::collections::HashSet;

use super::Copier;
use crate::codec::Address;
use crate::error::Result;
use crate::format::datatype::CharacterSet;
use crate::format::message::{Link, LinkTarget};
use crate::object::group::GroupObject;
use crate::object::group::edit::GroupEdit;

impl Copier<'_> {
    /// Makes links in the root group, such as libhdf5 makes, to copies that were made for references
    /// and that no hard links lead to from `main`: to as few as will do for all of them.
    pub(super) fn link_orphans(&self, main: Address) -> Result<()> {
        let made = self.referenced.take();
        if made.is_empty() {
            return Ok(());
        }
        let mut seen = HashSet::new();
        self.mark(main, &mut seen)?;
        // None of these leads to one behind it.
        let mut tops = Vec::new();
        for at in made {
            if !seen.contains(&at) {
                tops.push(at);
                self.mark(at, &mut seen)?;
            }
        }
        // And those that are left lead to none before them, either.
        let mut seen = HashSet::new();
        let root = self.to.superblock().root_header;
        for at in tops.into_iter().rev() {
            if seen.contains(&at) {
                continue;
            }
            self.mark(at, &mut seen)?;
            let name = format!("~obj_pointed_by_{}", at.0).into_bytes();
            let (charset, target) = (CharacterSet::Ascii, LinkTarget::Hard(at));
            let link = Link { name, charset, creation_order: None, target };
            GroupEdit::open(self.to, root)?.insert(link)?;
            self.count_link(at);
        }
        Ok(())
    }

    /// Adds all objects that hard links lead to from `at`, and itself.
    fn mark(&self, at: Address, seen: &mut HashSet<Address>) -> Result<()> {
        let mut waiting = vec![at];
        while let Some(at) = waiting.pop() {
            if !seen.insert(at) {
                continue;
            }
            let header = self.to.header(at)?;
            if !GroupObject::is(&header) {
                continue;
            }
            for link in GroupObject::load(self.to, &header)?.all(self.to)? {
                if let LinkTarget::Hard(target) = link.target {
                    waiting.push(target);
                }
            }
        }
        Ok(())
    }
}
