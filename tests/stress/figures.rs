//! How often everything was done, and what must not be missing.

use std::collections::BTreeMap;

/// What is in use of a kind, as a report names it, by this library and by h5py.
#[derive(Debug, Default)]
pub struct Figures(BTreeMap<String, [usize; 2]>);

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Ours,
    H5py,
}

/// What both sides do.
const BOTH: &[&str] = &[
    // Files.
    "file: create",
    "file: user block",
    "file: creation order",
    "file: alignment",
    "file: FSM strategy",
    "file: page strategy",
    "file: aggregate strategy",
    "file: no strategy",
    "file: persistent free space",
    "flush",
    // Groups and links.
    "create group",
    "create group with creation order",
    "create groups on the way",
    "require group",
    "hard link",
    "soft link",
    "external link",
    "many links",
    "remove many links",
    "links: compact to dense",
    "links: dense to compact",
    "rename",
    "move",
    "unlink",
    "comment",
    "copy",
    "copy across files",
    "copy shallow",
    "copy without attributes",
    "copy what soft links lead to",
    "copy what external links lead to",
    // Datasets.
    "create compact dataset",
    "create contiguous dataset",
    "create chunked dataset",
    "create auto-chunked dataset",
    "create external dataset",
    "create virtual dataset",
    "create null dataset",
    "create dataset with fill value",
    "create dataset with fill time Alloc",
    "create dataset with fill time Never",
    "create dataset allocated early",
    "create dataset allocated late",
    "create dataset allocated incrementally",
    "create dataset with attribute order",
    "create dataset of a committed type",
    "create dataset without bounds",
    "require dataset",
    "write all",
    "write hyperslab",
    "write points",
    "write mask",
    "write list",
    "write field",
    "write external dataset",
    "write virtual dataset",
    "write variable length",
    "write object references",
    "write region references",
    "write revised references",
    "write references to attributes",
    "write references in compounds",
    "resize up",
    "resize down",
    "append",
    "write chunk",
    "write chunk past its filters",
    "commit type",
    // Attributes.
    "create attribute",
    "overwrite attribute",
    "create null attribute",
    "create attribute of more than 60 KB",
    "create attribute of a committed type",
    "create attribute of references",
    "many attributes",
    "remove many attributes",
    "attributes: compact to dense",
    "attributes: dense to compact",
    "modify attribute",
    "delete attribute",
    "rename attribute",
];

/// What only this library does, or only its reader counts.
const OURS: &[&str] = &[
    "file: create_excl",
    "file: append, and so create",
    "file: in memory",
    "file: append, and so open",
    "file: bounds Earliest",
    "file: bounds V18",
    "file: bounds V110",
    "file: bounds V112",
    "file: bounds V114",
    "file: bounds V200",
    "file: other sizes of addresses",
    "file: small nodes of B-trees",
    "file: root with times",
    "copy with references",
    "refused",
    "seen: Compact layout",
    "seen: Contiguous layout",
    "seen: External layout",
    "seen: Virtual layout",
    "seen: BTree1 index",
    "seen: BTree2 index",
    "seen: ExtensibleArray index",
    "seen: FixedArray index",
    "seen: Implicit index",
    "seen: Single index",
    "seen: LZF filter",
    "seen: deflate filter",
    "seen: fletcher32 filter",
    "seen: nbit filter",
    "seen: scaleoffset filter",
    "seen: shuffle filter",
    "seen: szip filter",
    "seen: chunks past their filters",
];

impl Figures {
    pub fn count(&mut self, name: impl Into<String>, side: Side) {
        let [ours, theirs] = self.0.entry(name.into()).or_default();
        *(if side == Side::Ours { ours } else { theirs }) += 1;
    }

    pub fn add(&mut self, other: Self) {
        for (name, [ours, theirs]) in other.0 {
            let sum = self.0.entry(name).or_default();
            *sum = [sum[0] + ours, sum[1] + theirs];
        }
    }

    /// What should have been done and was not, and by whom.
    pub fn missing(&self) -> Vec<String> {
        let done = |name: &str| self.0.get(name).copied().unwrap_or_default();
        let ours = BOTH.iter().chain(OURS).filter(|name| done(name)[0] == 0);
        let theirs = BOTH.iter().filter(|name| done(name)[1] == 0);
        ours.map(|name| format!("{name} by hdfive"))
            .chain(theirs.map(|name| format!("{name} by h5py")))
            .collect()
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{:>38} {:>8} {:>8}", "", "hdfive", "h5py")?;
        for (name, [ours, theirs]) in &self.0 {
            writeln!(f, "{name:>38} {ours:>8} {theirs:>8}")?;
        }
        Ok(())
    }
}
