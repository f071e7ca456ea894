//! The bytes of elements.

use std::io::Write;

use super::numpy::Numpy;
use crate::failure::Failure;
use crate::part::Part;

/// Writes the bytes of all elements: as they are stored, or with numbers as this machine has them.
pub(super) fn write(part: &Part, native: bool, out: &mut dyn Write) -> Result<(), Failure> {
    if native {
        let numpy = Numpy::of(&part.datatype, true).map_err(|why| part.failure(why))?;
        return numpy.write(part, out);
    }
    if super::numpy::is_elsewhere(&part.datatype) {
        let why = "what lies in heaps has no bytes of its own to write: csv and jsonl have it";
        return Err(part.failure(why));
    }
    let done = part.read(&mut |elements| Ok(out.write_all(elements.bytes())?));
    done.map_err(|trouble| part.told(trouble))
}
