//! A structure of the file format, and how it is found out what this library does with it.

use std::fs;
use std::path::{Path, PathBuf};

use hdfive::{
    Dataset, ExternalAccess, File, FileBuilder, Filter, LibraryVersion, Location, Result,
};

use crate::support::fixtures;
use crate::support::listing::{self, Listing};

/// A structure, and what is to be found out about it.
pub struct Structure {
    /// What it is one of.
    pub part: &'static str,
    /// Its own name.
    pub name: &'static str,
    pub read: Check,
    pub create: Check,
    pub edit: Check,
}

/// Does what is asked about, in a folder, and fails where it goes wrong. An error that says that
/// something is not supported is a `No`.
pub type Check = Box<dyn Fn(&Path) -> Result<Outcome>>;

/// Whether something is done, with a word about how far.
pub enum Outcome {
    Yes(&'static str),
    No(&'static str),
}

use Outcome::{No, Yes};

/// A file that was written, opened for reading.
pub struct Seen {
    pub file: File,
    bytes: Vec<u8>,
}

impl Seen {
    pub fn open(path: &Path) -> Result<Self> {
        let file = options().open(path)?;
        Ok(Self { file, bytes: fs::read(path).unwrap() })
    }

    /// Whether a block with this signature is in the file.
    pub fn contains(&self, signature: &[u8; 4]) -> bool {
        self.bytes.windows(4).any(|window| window == signature)
    }

    pub fn dataset(&self, path: &str) -> Dataset {
        self.file.dataset(path).unwrap()
    }

    pub fn location(&self, path: &str) -> Location {
        self.file.location(path).unwrap()
    }
}

/// Whether a file has a structure: in it, or in the object of that path.
pub type Has = fn(&Seen, &str) -> bool;

/// What files are opened and made with here.
pub fn options() -> FileBuilder {
    File::with_options().external(ExternalAccess::SameDirectory).filter(Invert)
}

pub fn options_of(low: LibraryVersion) -> FileBuilder {
    options().library_versions(low, LibraryVersion::LATEST)
}

/// A filter of the program's own.
#[derive(Debug)]
pub struct Invert;

impl Filter for Invert {
    fn id(&self) -> u16 {
        40_000
    }

    fn name(&self) -> &str {
        "invert"
    }

    fn decode(&self, _: &[u32], input: &[u8], _: usize) -> Result<Vec<u8>> {
        Ok(input.iter().map(|byte| !byte).collect())
    }

    fn encode(&self, _: &[u32], input: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(Some(input.iter().map(|byte| !byte).collect()))
    }
}

/// The structures of a part, each to be told about.
pub fn structure(part: &'static str, name: &'static str) -> Structure {
    let unknown = || -> Check { Box::new(|_| panic!("nothing is found out about it")) };
    Structure { part, name, read: unknown(), create: unknown(), edit: unknown() }
}

impl Structure {
    /// A word for file names.
    fn slug(part: &str, name: &str) -> String {
        let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        format!("{part}-{name}").chars().map(letter).collect()
    }

    /// Read from a fixture, which has it; and changed there: `change` does that to the object, and
    /// makes sure that it worked. Nothing else may be another for it.
    pub fn in_fixture(
        self,
        fixture: &'static str,
        object: &'static str,
        has: Has,
        change: fn(&File, &str) -> Result<()>,
    ) -> Self {
        self.in_fixture_touching(fixture, object, &[], has, change)
    }

    /// As [`in_fixture`](Self::in_fixture), where the change is seen in other objects, too.
    pub fn in_fixture_touching(
        mut self,
        fixture: &'static str,
        object: &'static str,
        others: &'static [&'static str],
        has: Has,
        change: fn(&File, &str) -> Result<()>,
    ) -> Self {
        let slug = Self::slug(self.part, self.name);
        self.read = Box::new(move |_| {
            let seen = Seen::open(&fixtures::folder().join(fixture))?;
            assert!(has(&seen, object), "{fixture} has none");
            listing::list(&seen.file)?;
            Ok(Yes(""))
        });
        let touched: Vec<&str> = others.iter().copied().chain([object]).collect();
        self.edit = Box::new(move |folder| edit_fixture(folder, &slug, fixture, &touched, change));
        self
    }

    /// Made in a new file. The object that has it is `made`.
    pub fn made(
        mut self,
        with: fn() -> FileBuilder,
        has: Has,
        make: fn(&File) -> Result<()>,
    ) -> Self {
        let slug = Self::slug(self.part, self.name);
        self.create = Box::new(move |folder| {
            let path = folder.join(format!("created-{slug}.h5"));
            let file = with().create(&path)?;
            make(&file)?;
            let written = listing::list(&file)?;
            file.close()?;
            let seen = Seen::open(&path)?;
            assert!(has(&seen, "made"), "it is not there");
            assert_same(&listing::list(&seen.file)?, &written, &[]);
            Ok(Yes(""))
        });
        self
    }

    /// Not made, whatever is asked for: of the files that all options make, none has it.
    pub fn never_made(mut self, has: Has) -> Self {
        let slug = Self::slug(self.part, self.name);
        self.create = Box::new(move |folder| {
            for (n, options) in all_kinds_of_files().into_iter().enumerate() {
                let path = folder.join(format!("never-{slug}-{n}.h5"));
                let file = options.create(&path)?;
                fill(&file)?;
                file.close()?;
                assert!(!has(&Seen::open(&path)?, "made"), "it can be made");
                fs::remove_file(&path).unwrap();
            }
            Ok(No(""))
        });
        self
    }

    pub fn reading(mut self, check: impl Fn(&Path) -> Result<Outcome> + 'static) -> Self {
        self.read = Box::new(check);
        self
    }

    pub fn creating(mut self, check: impl Fn(&Path) -> Result<Outcome> + 'static) -> Self {
        self.create = Box::new(check);
        self
    }

    pub fn editing(mut self, check: impl Fn(&Path) -> Result<Outcome> + 'static) -> Self {
        self.edit = Box::new(check);
        self
    }

    /// Done with a feature only: without it, all is refused.
    pub fn with_feature(mut self, is_on: bool, word: &'static str) -> Self {
        for cell in [&mut self.read, &mut self.create, &mut self.edit] {
            let check = std::mem::replace(cell, Box::new(|_| Ok(No(""))));
            *cell = Box::new(move |folder| match check(folder) {
                Ok(Yes("")) if is_on => Ok(Yes(word)),
                Err(error) if !is_on && error.is_unsupported() => Ok(Yes(word)),
                Ok(_) => panic!("it should be refused, and only without the feature"),
                Err(error) => panic!("{error}"),
            });
        }
        self
    }

    /// What is found out in a cell of the table.
    pub fn outcome(check: &Check, folder: &Path) -> String {
        match check(folder) {
            Ok(Yes("")) => "yes".to_owned(),
            Ok(Yes(word)) => format!("yes, {word}"),
            Ok(No("")) => "no".to_owned(),
            Ok(No(word)) => format!("no, {word}"),
            Err(error) if error.is_unsupported() => "no".to_owned(),
            Err(error) => panic!("{error}"),
        }
    }
}

/// A copy of a fixture and of the files that belong to it.
pub fn copy_fixture(folder: &Path, slug: &str, fixture: &str) -> PathBuf {
    let own = folder.join(slug);
    fs::create_dir_all(&own).unwrap();
    let (from, fixture) = fixture.rsplit_once('/').unwrap_or(("", fixture));
    let from = fixtures::folder().join(from);
    let stem = fixture.trim_end_matches(".h5").trim_end_matches("_00000").trim_end_matches("-m");
    for entry in fs::read_dir(&from).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let belongs = name.strip_prefix(stem).is_some_and(|rest| rest.starts_with(['_', '.', '-']));
        if belongs {
            fs::copy(from.join(&name), own.join(&name)).unwrap();
        }
    }
    own.join(fixture)
}

fn edit_fixture(
    folder: &Path,
    slug: &str,
    fixture: &str,
    touched: &[&str],
    change: fn(&File, &str) -> Result<()>,
) -> Result<Outcome> {
    let object = touched[touched.len() - 1];
    let path = copy_fixture(folder, &format!("edited-{slug}"), fixture);
    let original = fs::read(&path).unwrap();
    let file = match options().open_rw(&path) {
        Ok(file) => file,
        Err(error) => {
            assert!(fs::read(&path).unwrap() == original, "a refused file is another one");
            return Err(error);
        }
    };
    let before = listing::list(&file)?;
    if let Err(error) = change(&file, object) {
        drop(file);
        assert!(
            fs::read(&path).unwrap() == original,
            "a refused change left something behind: {slug} {error}"
        );
        return Err(error);
    }
    let changed = listing::list(&file)?;
    assert!(before != changed, "nothing is another");
    assert_same(&changed, &before, touched);
    // What belongs to the whole file takes part: space, the root group, its attributes.
    file.create_dataset("beside/it", [1, 2, 3])?;
    file.set_attr("beside", "it")?;
    let written = listing::list(&file)?;
    file.close()?;
    let found = listing::list(&options().open(&path)?)?;
    assert_same(&found, &written, &[]);
    assert_same(&found, &before, &[touched, &["/beside", "/@beside"]].concat());
    Ok(Yes(""))
}

/// Makes sure that one listing is the other, but for what is named and for what counts links and
/// attributes.
fn assert_same(found: &Listing, wanted: &Listing, but: &[&str]) {
    let named = |fact: &str| {
        let counts = fact == "/" || fact.ends_with("/ links");
        !but.is_empty() && (counts || but.iter().any(|name| fact.starts_with(name)))
    };
    let kept = |listing: &Listing| -> Listing {
        let facts = listing.iter().filter(|(fact, _)| !named(fact));
        facts.map(|(fact, value)| (fact.clone(), value.clone())).collect()
    };
    let difference = listing::difference(&kept(found), &kept(wanted), &[]);
    assert!(difference.is_none(), "{difference:?}");
}

/// New files of all kinds.
fn all_kinds_of_files() -> Vec<FileBuilder> {
    use hdfive::FileSpaceStrategy::{Aggregator, FsmAggregator, None, Page};
    use hdfive::LibraryVersion::{Earliest, V18, V110, V112, V114, V200};
    let mut all = Vec::new();
    for low in [Earliest, V18, V110, V112, V114, V200] {
        all.push(options_of(low));
        all.push(options_of(low).userblock(512).track_order(true).track_times(true));
        all.push(options_of(low).sizes(4, 4).sym_k(2, 2).istore_k(4));
        for strategy in [FsmAggregator, Page, Aggregator, None] {
            all.push(options_of(low).file_space(strategy, false, 1, 4096));
        }
        for strategy in [FsmAggregator, Page] {
            all.push(options_of(low).file_space(strategy, true, 1, 4096));
        }
    }
    all
}

/// A little content that reaches each part of a file.
pub fn fill(file: &File) -> Result<()> {
    file.create_dataset("numbers", ndarray::array![[1, 2, 3], [4, 5, 6]])?;
    let words = file.create_dataset("made/words", ["one", "two", ""])?;
    words.set_attr("unit", "letters")?;
    let chunked = file.new_dataset::<i16>().shape((0.., 4)).deflate(4).create("chunked")?;
    chunked.append([1, 2, 3, 4], 0)?;
    for n in 0..20 {
        file.create_group(&format!("made/group{n}"))?;
        words.set_attr(&format!("attribute{n}"), n)?;
    }
    file.link_soft("/made", "soft")?;
    file.link_external("other.h5", "/x", "external")
}
