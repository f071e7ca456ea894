//! What the superblock says, in the DDL.

use hdfive::{File, FileSpaceStrategy};

use super::Dump;
use crate::failure::Failure;

/// Bytes of a page where a file does not say.
const PAGE: u64 = 4096;

pub(super) fn write(dump: &mut Dump<'_, '_>, file: &File) -> Result<(), Failure> {
    let info = file.info();
    let (strategy, persist, threshold, page) = match &info.file_space {
        Some(space) => (space.strategy, space.persist, space.threshold, space.page_size),
        None => (FileSpaceStrategy::FsmAggregator, false, 1, PAGE),
    };
    let strategy = match strategy {
        FileSpaceStrategy::FsmAggregator => "H5F_FSPACE_STRATEGY_FSM_AGGR",
        FileSpaceStrategy::Page => "H5F_FSPACE_STRATEGY_PAGE",
        FileSpaceStrategy::Aggregator => "H5F_FSPACE_STRATEGY_AGGR",
        FileSpaceStrategy::None => "H5F_FSPACE_STRATEGY_NONE",
        _ => "Unknown strategy",
    };
    let lines = [
        format!("SUPERBLOCK_VERSION {}", info.superblock_version),
        "FREELIST_VERSION 0".to_owned(),
        "SYMBOLTABLE_VERSION 0".to_owned(),
        "OBJECTHEADER_VERSION 0".to_owned(),
        format!("OFFSET_SIZE {}", info.sizeof_addr),
        format!("LENGTH_SIZE {}", info.sizeof_size),
        format!("BTREE_RANK {}", info.sym_int_k),
        format!("BTREE_LEAF {}", info.sym_leaf_k),
        format!("ISTORE_K {}", info.chunk_k),
        format!("FILE_SPACE_STRATEGY {strategy}"),
        format!("FREE_SPACE_PERSIST {}", if persist { "TRUE" } else { "FALSE" }),
        format!("FREE_SPACE_SECTION_THRESHOLD {threshold}"),
        format!("FILE_SPACE_PAGE_SIZE {page}"),
    ];
    dump.block("SUPER_BLOCK", |dump| {
        lines.iter().try_for_each(|line| dump.line(line))?;
        dump.block("USER_BLOCK", |dump| dump.line(&format!("USERBLOCK_SIZE {}", info.userblock)))
    })
}
