//! The way into a file: where its superblock lies, where it ends, whether it may be opened.

use crate::codec::{Address, Structure};
use crate::error::{Error, Result};
use crate::format::superblock::Superblock;
use crate::object::store::OpenOptions;
use crate::space::Space;

/// The place of the format signature: 0, 512, 1024, 2048, ...
pub(crate) fn find_signature(space: &Space) -> Result<Address> {
    let mut at = 0u64;
    loop {
        let address = Address(at);
        if space.available(address, 8) < 8 {
            let place = space.location(Superblock::NAME, "Format Signature", Address(0));
            return Err(Error::broken(place, "no HDF5 signature at 0, 512, 1024, 2048, ..."));
        }
        if *space.read(Superblock::NAME, address, 8)? == Superblock::SIGNATURE {
            return Ok(address);
        }
        at = at.saturating_mul(2).max(512);
    }
}

/// The superblock and where it lies.
pub(super) fn find_superblock(space: &Space) -> Result<(Address, Superblock)> {
    let found = find_signature(space)?;
    let most = space.available(found, Superblock::MAX_SIZE);
    Ok((found, space.load(found, most)?))
}

/// Where the file ends, in a storage of `len` bytes: where the superblock says, corrected where the
/// file was moved; at the end of the storage where a writer has the file open, for until that
/// writer closes it, what the superblock says is old.
pub(super) fn end_of_file(superblock: &Superblock, found: Address, len: u64) -> u64 {
    let end = superblock.end_of_file.0.saturating_sub(superblock.base.0).saturating_add(found.0);
    if superblock.is_marked() { end.max(len) } else { end }
}

/// Refuses a file that its writer left marked as open.
pub(super) fn check_status(superblock: &Superblock, options: &OpenOptions) -> Result<()> {
    if options.ignore_status || !superblock.is_marked() {
        return Ok(());
    }
    if superblock.is_marked_swmr() {
        if options.swmr {
            return Ok(());
        }
        return Err(Error::usage(
            "the file is marked as open for SWMR writing: `File::open_swmr` reads it meanwhile; \
             where its writer died, `h5 recover FILE`, `File::recover` or `h5clear -s` takes the \
             marks away; `FileBuilder::ignore_status` opens the file all the same",
        ));
    }
    Err(Error::usage(
        "the file is marked as open for writing: a program has it open, or died while it had; \
         where it died, `h5 recover FILE`, `File::recover` or `h5clear -s` takes the marks away; \
         `FileBuilder::ignore_status` opens the file all the same",
    ))
}
