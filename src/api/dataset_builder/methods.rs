//! What a dataset can be asked for: methods of all its builders.

use bitflags::bitflags;

use super::super::dataset::{AllocTime, FillTime, Layout};
use super::super::extents::Extents;
use super::super::filters::{Bitshuffle, Blosc, BloscShuffle, Filter, SZip, ScaleOffset, ZfpMode};
use super::super::links::CharEncoding;
use super::super::plist::AttrCreationOrder;
use super::super::selection::Selection;
use super::super::virtual_view::VirtualView;
use super::elsewhere::MappingWish;
use super::options::{Chunk, ChunkWish, Fill};
use super::{DatasetBuilder, DatasetBuilderData, DatasetBuilderEmpty, DatasetBuilderEmptyShape};
use crate::codec::wide;
use crate::element::{H5Type, OwnedDynValue};

bitflags! {
    /// What chunks that cross the edge of the dataset are spared.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::dataset::ChunkOpts;
    /// let file = hdfive::File::in_memory()?;
    /// let new = file.new_dataset::<u8>().shape(5).chunk(4).deflate(6);
    /// let x = new.chunk_opts(ChunkOpts::DONT_FILTER_PARTIAL_CHUNKS).create("x")?;
    /// x.write(&[0; 5])?;
    /// assert_eq!(x.chunk_info(1).map(|chunk| chunk.size), Some(4));
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
    pub struct ChunkOpts: u32 {
        /// They do not go through the filters.
        const DONT_FILTER_PARTIAL_CHUNKS = 2;
    }
}

macro_rules! options {
    ($($target:ty $(where $generic:ident: $bound:ident, $axes:ident)?),*) => {$(
        impl $(<$generic: $bound, $axes>)? $target {
            /// Chunks of this shape.
            #[must_use]
            pub fn chunk(mut self, chunk: impl Into<Extents>) -> Self {
                self.options.chunk = ChunkWish::Said(Chunk::Exact(chunk.into().dims()));
                self
            }

            /// Chunks of a shape that suits the dataset, as h5py chooses it.
            #[must_use]
            pub fn auto_chunk(mut self) -> Self {
                self.options.chunk = ChunkWish::Auto;
                self
            }

            /// Chunks of at least so many KiB, of whole rows as far as that goes.
            #[must_use]
            pub fn chunk_min_kb(mut self, size: usize) -> Self {
                self.options.chunk = ChunkWish::Said(Chunk::MinKB(size));
                self
            }

            /// No chunks.
            #[must_use]
            pub fn no_chunk(mut self) -> Self {
                self.options.chunk = ChunkWish::Said(Chunk::None);
                self
            }

            /// Whether chunks that cross the edge of the dataset go through the filters, too (the
            /// default).
            #[must_use]
            pub fn filter_partial_chunks(mut self, on: bool) -> Self {
                self.options.partial_unfiltered = !on;
                self
            }

            /// Where the elements are to be.
            #[must_use]
            pub fn layout(mut self, layout: Layout) -> Self {
                self.options.layout = Some(layout);
                self
            }

            /// These filters, in this order, in place of those so far.
            #[must_use]
            pub fn set_filters(mut self, filters: &[Filter]) -> Self {
                self.options.filters = filters.to_vec();
                self
            }

            /// No filters.
            #[must_use]
            pub fn clear_filters(self) -> Self {
                self.set_filters(&[])
            }

            /// One more filter, behind those so far.
            #[must_use]
            pub fn filter(mut self, filter: Filter) -> Self {
                self.options.filters.push(filter);
                self
            }

            /// One more filter, by its registered number, with its parameters.
            #[must_use]
            pub fn add_filter(self, id: i32, client_data: &[u32]) -> Self {
                self.filter(Filter::user(id, client_data))
            }

            /// gzip, of level 0 (none) to 9 (smallest).
            #[must_use]
            pub fn deflate(self, level: u8) -> Self {
                self.filter(Filter::Deflate(level))
            }

            /// Bytes of equal weight together, which lets what follows make them smaller.
            #[must_use]
            pub fn shuffle(self) -> Self {
                self.filter(Filter::Shuffle)
            }

            /// A checksum.
            #[must_use]
            pub fn fletcher32(self) -> Self {
                self.filter(Filter::Fletcher32)
            }

            /// szip, with so many pixels a block: an even number up to 32.
            #[must_use]
            pub fn szip(self, coding: SZip, px_per_block: u8) -> Self {
                self.filter(Filter::SZip(coding, px_per_block))
            }

            /// Only the bits that numbers have.
            #[must_use]
            pub fn nbit(self) -> Self {
                self.filter(Filter::NBit)
            }

            /// Numbers in few bits.
            #[must_use]
            pub fn scale_offset(self, mode: ScaleOffset) -> Self {
                self.filter(Filter::ScaleOffset(mode))
            }

            /// LZF, h5py's fast filter.
            #[must_use]
            pub fn lzf(self) -> Self {
                self.filter(Filter::LZF)
            }

            /// LZ4, in blocks of so many bytes; 0 for the whole chunk. See [`Filter::LZ4`].
            #[must_use]
            pub fn lz4(self, block_bytes: u32) -> Self {
                self.filter(Filter::LZ4(block_bytes))
            }

            /// Zstandard, of level 1 (fastest) to 22 (smallest). See [`Filter::Zstd`].
            #[must_use]
            pub fn zstd(self, level: i32) -> Self {
                self.filter(Filter::Zstd(level))
            }

            /// bzip2, in blocks of 1 to 9 times 100,000 bytes. See [`Filter::BZip2`].
            #[must_use]
            pub fn bzip2(self, block_size: u8) -> Self {
                self.filter(Filter::BZip2(block_size))
            }

            /// Bits of equal weight together, then what `codec` says, in blocks of so many elements; 0
            /// for a good number. See [`Filter::Bitshuffle`].
            #[must_use]
            pub fn bitshuffle(self, codec: Bitshuffle, block_elements: u32) -> Self {
                self.filter(Filter::Bitshuffle(codec, block_elements))
            }

            /// Blosc: see [`Filter::blosc`].
            #[must_use]
            pub fn blosc(self, complib: Blosc, clevel: u8, shuffle: impl Into<BloscShuffle>) -> Self {
                self.filter(Filter::blosc(complib, clevel, shuffle))
            }

            /// Blosc 2: see [`Filter::blosc2`].
            #[must_use]
            pub fn blosc2(self, complib: Blosc, clevel: u8, shuffle: impl Into<BloscShuffle>) -> Self {
                self.filter(Filter::blosc2(complib, clevel, shuffle))
            }

            /// ZFP: see [`Filter::zfp`].
            #[must_use]
            pub fn zfp(self, mode: ZfpMode) -> Self {
                self.filter(Filter::zfp(mode, Vec::new(), 0))
            }

            /// ZFP with so many bits a value: see [`Filter::zfp`].
            #[must_use]
            pub fn zfp_rate(self, rate: f64, chunk_dims: Vec<usize>, n_bytes: u8) -> Self {
                self.filter(Filter::zfp_rate(rate, chunk_dims, n_bytes))
            }

            /// ZFP with so many bits of each block's largest value: see [`Filter::zfp`].
            #[must_use]
            pub fn zfp_precision(self, precision: u8, chunk_dims: Vec<usize>, n_bytes: u8) -> Self {
                self.filter(Filter::zfp_precision(precision, chunk_dims, n_bytes))
            }

            /// ZFP that is off by at most so much: see [`Filter::zfp`].
            #[must_use]
            pub fn zfp_accuracy(self, accuracy: f64, chunk_dims: Vec<usize>, n_bytes: u8) -> Self {
                self.filter(Filter::zfp_accuracy(accuracy, chunk_dims, n_bytes))
            }

            /// ZFP that keeps everything: see [`Filter::zfp`].
            #[must_use]
            pub fn zfp_reversible(self, chunk_dims: Vec<usize>, n_bytes: u8) -> Self {
                self.filter(Filter::zfp_reversible(chunk_dims, n_bytes))
            }

            /// What elements hold that nobody wrote: a value of any [`H5Type`], or one whose type is
            /// known only at run time.
            #[must_use]
            pub fn fill_value<F: Into<OwnedDynValue>>(mut self, value: F) -> Self {
                self.options.fill = Fill::User(value.into());
                self
            }

            /// Elements that nobody wrote may hold anything.
            #[must_use]
            pub fn no_fill_value(mut self) -> Self {
                self.options.fill = Fill::Undefined;
                self
            }

            /// When the fill value is written to storage.
            #[must_use]
            pub fn fill_time(mut self, fill_time: FillTime) -> Self {
                self.options.fill_time = fill_time;
                self
            }

            /// Elements lie in these bytes of the file `name`, behind those of parts named before;
            /// `usize::MAX` bytes are a part without end, which is the last. Nothing is written there
            /// yet; whether it may be is for [`FileBuilder::external`](crate::FileBuilder::external)
            /// to say.
            #[must_use]
            pub fn external(mut self, name: &str, offset: usize, size: usize) -> Self {
                self.options.add_external(name, offset, size);
                self
            }

            /// Elements `vds_selection` of this dataset, which is of `vds_extents`, are elements
            /// `src_selection` of a dataset of `src_extents` in another file, or in this one where the
            /// name of the file is `.`.
            ///
            /// Selections that are [unlimited](crate::SliceOrIndex::Unlimited) follow the source as it
            /// grows; or, where `%b` stands in a name, each block of this dataset's selection is of a
            /// source of its own, whose number stands in place of it. For `%` itself write `%%`.
            #[must_use]
            pub fn virtual_map(
                mut self,
                src_filename: impl AsRef<str>,
                src_dataset: impl AsRef<str>,
                src_extents: impl Into<Extents>,
                src_selection: impl Into<Selection>,
                vds_extents: impl Into<Extents>,
                vds_selection: impl Into<Selection>,
            ) -> Self {
                self.options.mappings.push(MappingWish::new(
                    (src_filename.as_ref(), src_dataset.as_ref()),
                    (src_extents.into(), src_selection.into()),
                    (vds_extents.into(), vds_selection.into()),
                ));
                self
            }

            /// How the dataset that is made is seen to end: see
            /// [`Dataset::virtual_view`](crate::Dataset::virtual_view).
            #[must_use]
            pub fn virtual_view(mut self, view: VirtualView) -> Self {
                self.options.set_view(view);
                self
            }

            /// How many sources in a row may be missing as the dataset that is made is seen: see
            /// [`Dataset::virtual_printf_gap`](crate::Dataset::virtual_printf_gap).
            #[must_use]
            pub fn virtual_printf_gap(mut self, gap: usize) -> Self {
                self.options.access.printf_gap = wide(gap);
                self
            }

            /// When storage is allocated; `None` for what suits the layout.
            #[must_use]
            pub fn alloc_time(mut self, alloc_time: Option<AllocTime>) -> Self {
                self.options.alloc_time = alloc_time;
                self
            }

            /// Whether compounds are stored without gaps.
            #[must_use]
            pub fn packed(mut self, packed: bool) -> Self {
                self.options.packed = packed;
                self
            }

            /// Whether the dataset remembers when it was changed (by default it does not, as with
            /// h5py).
            #[must_use]
            pub fn obj_track_times(mut self, track_times: bool) -> Self {
                self.options.times = track_times;
                self
            }

            /// Whether the dataset remembers the order in which its attributes are made.
            #[must_use]
            pub fn track_order(mut self, on: bool) -> Self {
                self.options.attribute_order =
                    if on { AttrCreationOrder::Indexed } else { AttrCreationOrder::Untracked };
                self
            }

            /// Whether the dataset remembers the order in which its attributes are made, and finds
            /// them by it.
            #[must_use]
            pub fn attr_creation_order(mut self, order: AttrCreationOrder) -> Self {
                self.options.attribute_order = order;
                self
            }

            /// How the name of the link to the dataset is marked: by default as UTF-8 only where it
            /// has to be.
            #[must_use]
            pub fn char_encoding(mut self, encoding: CharEncoding) -> Self {
                self.options.link.encoding = Some(encoding);
                self
            }

            /// Bytes of changed chunks of the dataset that are kept in memory, decoded, until the file
            /// is closed: 16 MiB unless it is said. The number of slots and the preference for chunks
            /// that are read no more are of no meaning here.
            #[must_use]
            pub fn chunk_cache(mut self, nslots: usize, nbytes: usize, w0: f64) -> Self {
                let _ = (nslots, w0);
                self.options.chunk_cache = Some(wide(nbytes));
                self
            }

            /// Where external files are looked for: beside the file, which is `${ORIGIN}`, as it is
            /// unless said. To make a dataset of external files that are elsewhere is
            /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported).
            #[must_use]
            pub fn efile_prefix(mut self, prefix: &str) -> Self {
                self.options.external_prefix = prefix.to_owned();
                self
            }

            /// What chunks that cross the edge of the dataset are spared.
            #[must_use]
            pub fn chunk_opts(self, opts: ChunkOpts) -> Self {
                self.filter_partial_chunks(!opts.contains(ChunkOpts::DONT_FILTER_PARTIAL_CHUNKS))
            }

            /// Most attributes that are kept in the header, and fewest that are kept elsewhere.
            #[must_use]
            pub fn attr_phase_change(mut self, max_compact: u32, min_dense: u32) -> Self {
                self.options.phase_change = Some((max_compact, min_dense));
                self
            }

            /// Whether groups on the way that do not exist are made, too (the default).
            #[must_use]
            pub fn create_intermediate_group(mut self, create: bool) -> Self {
                self.options.link.parents = create;
                self
            }
        }
    )*};
}

options!(DatasetBuilder, DatasetBuilderEmpty, DatasetBuilderEmptyShape, DatasetBuilderData<'_, T, D> where T: H5Type, D);
