//! What a file may take of the machine: threads, and memory for chunks.

use super::file_builder::FileBuilder;
use super::plist::FileAccessBuilder;
use crate::codec::wide;
use crate::object::workers::Workers;

impl FileBuilder {
    /// How many threads decode the chunks of the file, and encode them: 0, the default, for one a
    /// core, 1 for none but the thread that reads or writes.
    ///
    /// With 0 the threads are those of rayon's global pool, or of the pool that the caller is a
    /// thread of; any other number has threads of its own, which all files opened with clones of
    /// these options share. Only chunks that go through filters are worth it, from a few hundred KiB
    /// on; smaller reads and writes never leave their thread. Choose 1 where the program itself
    /// reads many files or datasets at once and keeps all cores busy with that, or where it must not
    /// start threads; choose a number where other work needs the other cores. What is read and what
    /// is written is the same with any number.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::File;
    /// let file = File::with_options().threads(1).open("tests/fixtures/tour_latest.h5")?;
    /// let frames: Vec<f32> = file.dataset("run1/frames")?.read_raw()?;
    /// # assert_eq!(frames.len(), 120);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.workers = Workers::new(threads);
        self
    }

    /// Bytes of decoded chunks that are kept in memory, of chunks that go through filters: 64 MiB of
    /// what is read, for all datasets of the file together, and 16 MiB of what is written in parts,
    /// for each dataset, unless it is said; both are as many as is said then.
    ///
    /// A chunk that is read in part is kept, so that windows, rows or columns of it are read later
    /// without decoding it again; those not used for longest make room, but no chunk does that the
    /// same read has used. Chunks that are read whole are not kept, and memory is taken only for what
    /// is there. Ask for more where the chunks that are come back to are more: all chunks that a
    /// column touches, say, or a whole dataset that is read at random places. Ask for 0 where nothing
    /// is ever read twice.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::File;
    /// let file = File::with_options().chunk_cache(256 << 20).in_memory()?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn chunk_cache(mut self, bytes: u64) -> Self {
        self.options.chunk_cache = Some(bytes);
        self
    }
}

impl FileAccessBuilder {
    /// See [`FileBuilder::chunk_cache`]; the number of slots and the preference for chunks that are
    /// read no more are of no meaning here.
    pub fn chunk_cache(&mut self, nslots: usize, nbytes: usize, w0: f64) -> &mut Self {
        let _ = (nslots, w0);
        self.change(|builder| builder.chunk_cache(wide(nbytes)))
    }
}
