//! Huge objects put into a fractal heap and taken out.

use super::FractalHeap;
use crate::error::{Error, Result};
use crate::format::fractal_heap::HugeObject;
use crate::space::Space;

impl FractalHeap {
    pub(super) fn insert_huge(&mut self, _space: &Space, _object: &[u8]) -> Result<HugeObject> {
        Err(Error::unsupported("changes of huge objects"))
    }

    pub(super) fn remove_huge(&mut self, _space: &Space, _object: &HugeObject) -> Result<()> {
        Err(Error::unsupported("changes of huge objects"))
    }

    pub(super) fn free_huge(&mut self, _space: &Space) -> Result<()> {
        match self.header.huge_tree {
            None => Ok(()),
            Some(_) => Err(Error::unsupported("changes of huge objects")),
        }
    }
}
