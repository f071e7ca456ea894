//! Dataspace selections (specification VII.C, "Dataspace Selection").
//!
//! See `spec-notes/references-and-selections.md`.
//!
//! ```text
//! type (4): 0 none, 1 points, 2 hyperslab, 3 all       version (4)
//! none, all     8 reserved bytes
//! points     1  reserved (4) length (4) rank (4) count (4) coordinates (4 each)
//!            2  width (1) rank (4) count (width) coordinates (width each)
//! hyperslab  1  reserved (4) length (4) rank (4) count (4) blocks: first, last corner (4 each)
//!            2  flags (1) length (4) rank (4) start, stride, count, block (8) for each axis
//!            3  flags (1) width (1) rank (4), then as 2, or count (width) and blocks as 1
//! ```

use crate::codec::{Decoder, Encoder, Sizes, Structure, wide};
use crate::error::{Malformed, Result};
use crate::limits::Limits;

const NONE: u32 = 0;
const POINTS: u32 = 1;
const HYPERSLAB: u32 = 2;
const ALL: u32 = 3;

/// "Flags" of a hyperslab: it is one start, stride, count and block for each axis.
const REGULAR: u8 = 1;
const MAXIMUM_RANK: u32 = 32;

/// Which elements of a dataspace are meant. The dataspace itself is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selection {
    None,
    All,
    /// Single elements, in an order that matters.
    Points {
        rank: usize,
        /// `rank` numbers a point.
        coordinates: Vec<u64>,
    },
    /// Blocks at equal distances.
    Regular(Vec<HyperslabDimension>),
    /// Blocks anywhere.
    Blocks {
        rank: usize,
        /// `2 * rank` numbers a block: its first corner, then its last, which belongs to it.
        corners: Vec<u64>,
    },
}

/// A regular hyperslab along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HyperslabDimension {
    pub(crate) start: u64,
    /// Distance from block to block; never zero.
    pub(crate) stride: u64,
    /// Number of blocks, `None` where it is unlimited.
    pub(crate) count: Option<u64>,
    /// Size of a block, `None` where it is unlimited.
    pub(crate) block: Option<u64>,
}

impl HyperslabDimension {
    fn is_unlimited(&self) -> bool {
        self.count.is_none() || self.block.is_none()
    }

    /// A block that is alone as that many blocks of one coordinate.
    pub(crate) fn counted(self) -> Self {
        match (self.count, self.block) {
            (Some(1), Some(block)) => {
                Self { stride: 1, count: Some(block), block: Some(1), ..self }
            }
            _ => self,
        }
    }

    /// Blocks that meet as one.
    fn merged(self) -> Self {
        match (self.count, self.block) {
            (Some(count), Some(block)) if count > 0 && self.stride == block => {
                Self { stride: 1, count: Some(1), block: count.checked_mul(block), ..self }
            }
            _ => self,
        }
    }

    /// What is wrong with it, in words.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        if self.stride == 0 {
            return Some("the stride is 0");
        }
        let one_block = self.count.is_some_and(|count| count <= 1);
        if !one_block && self.block.is_none_or(|block| block > self.stride) {
            return Some("its blocks overlap");
        }
        let last = self.count.unwrap_or(1).saturating_sub(1);
        let end = last
            .checked_mul(self.stride)
            .and_then(|end| end.checked_add(self.start))
            .and_then(|end| end.checked_add(self.block.unwrap_or(1)));
        end.is_none().then_some("it ends beyond 64 bits")
    }
}

impl Selection {
    /// Number of axes, where the selection knows it.
    pub(crate) fn rank(&self) -> Option<usize> {
        match self {
            Self::None | Self::All => None,
            Self::Points { rank, .. } | Self::Blocks { rank, .. } => Some(*rank),
            Self::Regular(dimensions) => Some(dimensions.len()),
        }
    }

    /// The same, one block along each axis as that many of one coordinate.
    pub(crate) fn counted(self) -> Self {
        let single = match &self {
            Self::Blocks { rank, corners } if corners.len() == rank.saturating_mul(2) => {
                self.blocks().next()
            }
            _ => None,
        };
        if let Some((first, last)) = single {
            let axis = |(first, last): (&u64, &u64)| HyperslabDimension {
                start: *first,
                stride: 1,
                count: Some(last.saturating_sub(*first).saturating_add(1)),
                block: Some(1),
            };
            return Self::Regular(first.iter().zip(last).map(axis).collect());
        }
        match self {
            Self::Regular(axes) => {
                Self::Regular(axes.into_iter().map(HyperslabDimension::counted).collect())
            }
            other => other,
        }
    }

    /// The same, in as few blocks as there are.
    pub(crate) fn merged(&self) -> Self {
        match self {
            Self::Regular(axes) => Self::Regular(axes.iter().map(|axis| axis.merged()).collect()),
            other => other.clone(),
        }
    }

    /// Number of elements: as many as there can be where it is unlimited; `None` where only the
    /// dataspace says.
    pub(crate) fn points(&self) -> Option<u64> {
        let len = |first: &u64, last: &u64| last.saturating_sub(*first).saturating_add(1);
        match self {
            Self::None => Some(0),
            Self::All => None,
            Self::Points { rank, coordinates } => coordinates.len().checked_div(*rank).map(wide),
            Self::Regular(_) if self.unlimited_axis().is_some() => Some(u64::MAX),
            Self::Regular(axes) => Some(axes.iter().fold(1, |n: u64, axis| {
                let blocks = axis.count.unwrap_or(u64::MAX);
                n.saturating_mul(blocks).saturating_mul(axis.block.unwrap_or(u64::MAX))
            })),
            Self::Blocks { .. } => Some(self.blocks().fold(0, |n: u64, (first, last)| {
                let block = first.iter().zip(last).map(|(first, last)| len(first, last));
                n.saturating_add(block.fold(1, |n: u64, len| n.saturating_mul(len)))
            })),
        }
    }

    /// First and last corners of the blocks, where they are listed.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (&[u64], &[u64])> {
        let (rank, corners) = match self {
            Self::Blocks { rank, corners } => (*rank, corners.as_slice()),
            _ => (1, [].as_slice()),
        };
        let size = rank.saturating_mul(2).max(1);
        corners.chunks_exact(size).filter_map(move |block| block.split_at_checked(rank))
    }

    /// The axis along which a regular hyperslab is unlimited.
    pub(crate) fn unlimited_axis(&self) -> Option<usize> {
        match self {
            Self::Regular(axes) => axes.iter().position(HyperslabDimension::is_unlimited),
            _ => None,
        }
    }
}

/// A selection, and the form it has in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredSelection {
    pub(crate) form: SelectionForm,
    pub(crate) selection: Selection,
}

/// The form of a selection in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SelectionForm {
    pub(crate) version: u32,
    /// Bytes of a coordinate; always 4 in version 1, and 8 in version 2 of a hyperslab.
    pub(crate) width: u8,
}

impl SelectionForm {
    /// What every library reads.
    pub(crate) const VERSION_1: Self = Self { version: 1, width: 4 };
}

/// Checks a count against what may be and what is there, before anything is allocated.
fn check_count(
    d: &Decoder<'_>,
    field: &'static str,
    count: u64,
    numbers: u64,
    width: u8,
) -> Result<()> {
    Limits::check("selection_blocks", count, d.limits().selection_blocks)
        .map_err(|error| error.or_at(d.location(field)))?;
    let (needed, left) =
        (count.saturating_mul(numbers).saturating_mul(u64::from(width)), wide(d.remaining()));
    if needed > left {
        return Err(d.malformed(field, Malformed::Truncated { needed, left }));
    }
    Ok(())
}

fn decode_rank(d: &mut Decoder<'_>) -> Result<usize> {
    let rank = d.checked("Rank", Decoder::u32, |rank| (1..=MAXIMUM_RANK).contains(&rank))?;
    usize::try_from(rank).map_err(|_| d.broken("Rank", "does not fit"))
}

fn decode_width(d: &mut Decoder<'_>) -> Result<u8> {
    d.checked("Encode Size", Decoder::u8, |width| matches!(width, 2 | 4 | 8))
}

/// A number, `None` where all the bits of its `width` bytes are one.
fn decode_unlimited(d: &mut Decoder<'_>, field: &'static str, width: u8) -> Result<Option<u64>> {
    let sizes = d.sizes();
    d.set_sizes(Sizes { lengths: width, ..sizes });
    let number = d.length_or_unlimited(field);
    d.set_sizes(sizes);
    number
}

fn encode_unlimited(
    e: &mut Encoder,
    field: &'static str,
    number: Option<u64>,
    width: u8,
) -> Result<()> {
    let bits = u32::from(width).saturating_mul(8);
    let reads_as_unlimited = |n: u64| {
        n.checked_add(1).is_none_or(|n| n.checked_ilog2() == Some(bits) && n.is_power_of_two())
    };
    if number.is_some_and(reads_as_unlimited) {
        return Err(e.broken(field, "the number stands for unlimited in this width"));
    }
    let sizes = e.sizes();
    e.set_sizes(Sizes { lengths: width, ..sizes });
    let done = e.length_or_unlimited(field, number);
    e.set_sizes(sizes);
    done
}

fn decode_points(d: &mut Decoder<'_>) -> Result<StoredSelection> {
    let version = d.checked("Version", Decoder::u32, |version| matches!(version, 1 | 2))?;
    let width = if version == 1 {
        d.skip("Reserved", 8)?;
        4
    } else {
        decode_width(d)?
    };
    let rank = decode_rank(d)?;
    let count = d.uint("Number of Points", width)?;
    check_count(d, "Point", count, wide(rank), width)?;
    let numbers = count.saturating_mul(wide(rank));
    let coordinates = (0..numbers).map(|_| d.uint("Point", width)).collect::<Result<Vec<_>>>()?;
    let selection = Selection::Points { rank, coordinates };
    Ok(StoredSelection { form: SelectionForm { version, width }, selection })
}

fn decode_hyperslab(d: &mut Decoder<'_>) -> Result<StoredSelection> {
    let version = d.checked("Version", Decoder::u32, |version| (1..=3).contains(&version))?;
    let (regular, width) = match version {
        1 => {
            d.skip("Reserved", 8)?;
            (false, 4)
        }
        2 => {
            d.u8_in("Flags", REGULAR..=REGULAR)?;
            d.skip("Length", 4)?;
            (true, 8)
        }
        _ => (d.u8_in("Flags", 0..=REGULAR)? != 0, decode_width(d)?),
    };
    let rank = decode_rank(d)?;
    let selection =
        if regular { decode_regular(d, rank, width)? } else { decode_blocks(d, rank, width)? };
    Ok(StoredSelection { form: SelectionForm { version, width }, selection })
}

fn decode_regular(d: &mut Decoder<'_>, rank: usize, width: u8) -> Result<Selection> {
    let first = d.clone();
    let mut axes = Vec::new();
    for _ in 0..rank {
        let before = d.clone();
        let axis = HyperslabDimension {
            start: d.uint("Start", width)?,
            stride: d.uint("Stride", width)?,
            count: decode_unlimited(d, "Count", width)?,
            block: decode_unlimited(d, "Block", width)?,
        };
        if let Some(problem) = axis.problem() {
            return Err(before.broken("Start", format!("axis {}: {problem}", axes.len())));
        }
        axes.push(axis);
    }
    if axes.iter().filter(|axis| axis.is_unlimited()).count() > 1 {
        return Err(first.broken("Count", "more than one axis is unlimited"));
    }
    Ok(Selection::Regular(axes))
}

fn decode_blocks(d: &mut Decoder<'_>, rank: usize, width: u8) -> Result<Selection> {
    let count = d.uint("Number of Blocks", width)?;
    let numbers = wide(rank).saturating_mul(2);
    check_count(d, "Block", count, numbers, width)?;
    let first = d.clone();
    let numbers = count.saturating_mul(numbers);
    let corners = (0..numbers).map(|_| d.uint("Block", width)).collect::<Result<Vec<_>>>()?;
    let selection = Selection::Blocks { rank, corners };
    let good = |(start, end): (&[u64], &[u64])| start.iter().zip(end).all(|(s, e)| s <= e);
    if let Some(at) = selection.blocks().position(|block| !good(block)) {
        return Err(first.broken("Block", format!("block {at} ends before it starts")));
    }
    Ok(selection)
}

impl StoredSelection {
    fn encode_points(&self, e: &mut Encoder, rank: usize, coordinates: &[u64]) -> Result<()> {
        let SelectionForm { version, width } = self.form;
        e.u32(POINTS);
        e.u32(version);
        let count = coordinates.len().checked_div(rank).unwrap_or(0);
        if version == 1 {
            self.encode_length(e, coordinates.len())?;
        } else {
            e.u8(width);
        }
        e.u32(e.count("Rank", rank)?);
        e.uint("Number of Points", wide(count), width)?;
        coordinates.iter().try_for_each(|number| e.uint("Point", *number, width))
    }

    fn encode_blocks(&self, e: &mut Encoder, rank: usize, corners: &[u64]) -> Result<()> {
        let SelectionForm { version, width } = self.form;
        let count = corners.len().checked_div(rank.saturating_mul(2)).unwrap_or(0);
        e.u32(HYPERSLAB);
        e.u32(version);
        match version {
            1 => self.encode_length(e, corners.len())?,
            3 => e.bytes(&[0, width]),
            _ => return Err(e.broken("Version", "version 2 holds regular hyperslabs only")),
        }
        e.u32(e.count("Rank", rank)?);
        e.uint("Number of Blocks", wide(count), width)?;
        corners.iter().try_for_each(|number| e.uint("Block", *number, width))
    }

    fn encode_regular(&self, e: &mut Encoder, axes: &[HyperslabDimension]) -> Result<()> {
        let SelectionForm { version, width } = self.form;
        e.u32(HYPERSLAB);
        e.u32(version);
        match version {
            2 => {
                e.u8(REGULAR);
                let length = axes.len().saturating_mul(32).saturating_add(4);
                e.u32(e.count("Length", length)?);
            }
            3 => e.bytes(&[REGULAR, width]),
            _ => return Err(e.broken("Version", "version 1 cannot hold a regular hyperslab")),
        }
        e.u32(e.count("Rank", axes.len())?);
        for axis in axes {
            e.uint("Start", axis.start, width)?;
            e.uint("Stride", axis.stride, width)?;
            encode_unlimited(e, "Count", axis.count, width)?;
            encode_unlimited(e, "Block", axis.block, width)?;
        }
        Ok(())
    }

    /// Reserved bytes and the length of what follows, as of version 1: rank, count, numbers.
    fn encode_length(&self, e: &mut Encoder, numbers: usize) -> Result<()> {
        e.zeros(4);
        e.u32(e.count("Length", numbers.saturating_mul(4).saturating_add(8))?);
        Ok(())
    }
}

impl Structure for StoredSelection {
    const NAME: &'static str = "Dataspace Selection";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        match d.checked("Type", Decoder::u32, |kind| kind <= ALL)? {
            POINTS => decode_points(d),
            HYPERSLAB => decode_hyperslab(d),
            kind => {
                d.checked("Version", Decoder::u32, |version| version == 1)?;
                d.skip("Reserved", 8)?;
                let selection = if kind == NONE { Selection::None } else { Selection::All };
                Ok(Self { form: SelectionForm::VERSION_1, selection })
            }
        }
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        match &self.selection {
            Selection::None | Selection::All => {
                e.u32(if self.selection == Selection::All { ALL } else { NONE });
                e.u32(1);
                e.zeros(8);
                Ok(())
            }
            Selection::Points { rank, coordinates } => self.encode_points(e, *rank, coordinates),
            Selection::Regular(axes) => self.encode_regular(e, axes),
            Selection::Blocks { rank, corners } => self.encode_blocks(e, *rank, corners),
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn width() -> impl Strategy<Value = u8> {
        prop_oneof![Just(2), Just(4), Just(8)]
    }

    fn stored(version: u32, width: u8, selection: Selection) -> StoredSelection {
        StoredSelection { form: SelectionForm { version, width }, selection }
    }

    fn points() -> impl Strategy<Value = Selection> {
        (1_usize..4, 0_usize..5).prop_flat_map(|(rank, count)| {
            vec(0_u64..100, rank * count)
                .prop_map(move |coordinates| Selection::Points { rank, coordinates })
        })
    }

    fn blocks() -> impl Strategy<Value = Selection> {
        (1_usize..4, 0_usize..5).prop_flat_map(|(rank, count)| {
            vec((vec(0_u64..100, rank), vec(100_u64..200, rank)), count).prop_map(move |blocks| {
                let corners = blocks.into_iter().flat_map(|(start, end)| [start, end].concat());
                Selection::Blocks { rank, corners: corners.collect() }
            })
        })
    }

    fn regular() -> impl Strategy<Value = Selection> {
        let axis = (0_u64..50, 1_u64..9, 0_u64..9).prop_map(|(start, block, count)| {
            HyperslabDimension { start, stride: block, count: Some(count), block: Some(block) }
        });
        (vec(axis, 1..4), 0_u8..3).prop_map(|(mut axes, unlimited)| {
            let last = axes.len() - 1;
            match unlimited {
                1 => axes[last].count = None,
                2 => (axes[last].count, axes[last].block) = (Some(1), None),
                _ => {}
            }
            Selection::Regular(axes)
        })
    }

    /// Selections in every form.
    pub(crate) fn any_selection() -> impl Strategy<Value = StoredSelection> {
        prop_oneof![
            Just(stored(1, 4, Selection::None)),
            Just(stored(1, 4, Selection::All)),
            points().prop_map(|points| stored(1, 4, points)),
            (width(), points()).prop_map(|(width, points)| stored(2, width, points)),
            blocks().prop_map(|blocks| stored(1, 4, blocks)),
            regular().prop_map(|regular| stored(2, 8, regular)),
            (width(), regular()).prop_map(|(width, regular)| stored(3, width, regular)),
            (width(), blocks()).prop_map(|(width, blocks)| stored(3, width, blocks)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::StructureIn;
    use crate::codec::testing::{SIZES, check_round_trip};
    use crate::error::ErrorKind;

    proptest! {
        #[test]
        fn round_trips(value in testing::any_selection()) {
            check_round_trip(&value);
        }
    }

    fn decode(bytes: &[u8], limits: &Limits) -> Result<StoredSelection> {
        StoredSelection::from_bytes_in(bytes, 0, SIZES[4], limits, &())
    }

    /// As libhdf5 2.0 writes `dataset.regionref[::2, ::7]` of 20 x 30 elements.
    const REGULAR_IN_2_BYTES: [u8; 30] =
        [2, 0, 0, 0, 3, 0, 0, 0, 1, 2, 2, 0, 0, 0, 0, 0, 2, 0, 10, 0, 1, 0, 0, 0, 7, 0, 5, 0, 1, 0];

    #[test]
    fn reads_what_libhdf5_writes() {
        let axis = |stride, count| HyperslabDimension {
            start: 0,
            stride,
            count: Some(count),
            block: Some(1),
        };
        let found = decode(&REGULAR_IN_2_BYTES, &Limits::DEFAULT).unwrap();
        assert_eq!(found.selection, Selection::Regular(vec![axis(2, 10), axis(7, 5)]));
    }

    #[test]
    fn all_ones_of_the_encoded_width_is_unlimited() {
        let mut bytes = REGULAR_IN_2_BYTES;
        bytes[18..20].fill(0xff);
        let found = decode(&bytes, &Limits::DEFAULT).unwrap();
        assert_eq!(found.selection.unlimited_axis(), Some(0));
        bytes[26..28].fill(0xff);
        assert!(decode(&bytes, &Limits::DEFAULT).is_err(), "two unlimited axes");
    }

    #[test]
    fn a_number_that_reads_as_unlimited_is_not_written() {
        let axis =
            |count| HyperslabDimension { start: 0, stride: 1, count: Some(count), block: Some(1) };
        let write = |width, count| {
            let form = SelectionForm { version: 3, width };
            let selection = Selection::Regular(vec![axis(count)]);
            StoredSelection { form, selection }.to_bytes_in(SIZES[4], &())
        };
        assert!(write(2, 0xfffe).is_ok());
        assert!(write(2, 0xffff).is_err());
        assert!(write(4, 0xffff).is_ok());
        assert!(write(8, u64::MAX).is_err());
    }

    #[test]
    fn overlapping_blocks_are_refused() {
        let mut bytes = REGULAR_IN_2_BYTES;
        bytes[20] = 3;
        assert!(decode(&bytes, &Limits::DEFAULT).is_err());
    }

    #[test]
    fn the_limit_holds() {
        let corners = (0..10).flat_map(|n| [n, n]).collect();
        let selection = Selection::Blocks { rank: 1, corners };
        let stored = StoredSelection { form: SelectionForm::VERSION_1, selection };
        let bytes = stored.to_bytes_in(SIZES[4], &()).unwrap();
        let mut limits = Limits::DEFAULT;
        limits.selection_blocks = 9;
        let error = decode(&bytes, &limits).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::LimitExceeded { limit: "selection_blocks", .. }));
    }
}
