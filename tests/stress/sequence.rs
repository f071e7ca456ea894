//! Sequences of sessions: made, done, and made smaller where they fail.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use hdfive::{ExternalAccess, File, FileBuilder, FileSpaceStrategy, LibraryVersion};
use serde_json::{Value as Json, json};

use super::apply::By;
use super::figures::{Figures, Side};
use super::generate;
use super::labels::labels;
use super::model::{FAR, Model};
use super::operations::Operation;
use super::ours;
use super::python::{Request, Worker};
use super::sharing::{audit, sharing};
use super::support::random::Random;

/// What went wrong.
#[derive(Debug)]
pub struct Problem {
    /// What is the same of two problems that have one cause, as far as can be told.
    kind: String,
    text: String,
    /// The number of the session.
    session: usize,
}

impl Problem {
    /// Whether this library did not do what it should have done.
    pub fn is_refusal(&self) -> bool {
        self.kind.starts_with(REFUSED)
    }
}

const REFUSED: &str = "hdfive refused";

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: session {}: {}", self.kind, self.session, self.text)
    }
}

pub fn problem(kind: impl Into<String>, text: impl Into<String>) -> Problem {
    Problem { kind: kind.into(), text: text.into(), session: 0 }
}

/// Who made the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Ours,
    Earliest,
    Default,
    Latest,
    /// h5py, in a file whose headers share messages.
    Shared,
}

impl Origin {
    pub const ALL: [Self; 5] =
        [Self::Ours, Self::Earliest, Self::Default, Self::Latest, Self::Shared];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "hdfive",
            Self::Earliest => "h5py earliest",
            Self::Default => "h5py default",
            Self::Latest => "h5py latest",
            Self::Shared => "h5py with shared messages",
        }
    }
}

/// What is to be done with one file.
#[derive(Debug, Clone)]
pub struct Sequence {
    ordered: bool,
    /// Whether there is a file beside this one.
    outside: bool,
    sessions: Vec<Session>,
}

#[derive(Debug, Clone)]
struct Session {
    who: Who,
    modern: bool,
    operations: Vec<Operation>,
}

#[derive(Debug, Clone)]
enum Who {
    Ours(Options),
    /// With these arguments of `h5py.File`.
    H5py(Json),
}

/// How this library opens or creates the file.
#[derive(Debug, Clone, Copy)]
struct Options {
    seed: u64,
    bounds: Option<(LibraryVersion, LibraryVersion)>,
    alignment: Option<(u64, u64)>,
    /// Strategy, persistence, page size, of a new file.
    space: Option<(FileSpaceStrategy, bool, u64)>,
    user_block: u64,
    ordered: bool,
    times: bool,
    opening: Opening,
    how: How,
    /// Whether each flush waits for the storage, and whether the file is never flushed by itself.
    durable: bool,
    manual: bool,
    /// Widths of addresses and lengths, and the sizes of nodes of B-trees, of a new file.
    sizes: (u8, u8),
    nodes: Option<(u16, u16, u16)>,
}

/// How a new file is made, or one that is there is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    Plain,
    /// A new file must not be there.
    Exclusive,
    /// It may be there or not.
    Either,
}

/// Where the storage is, and how the session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Close,
    Drop,
    Memory,
}

impl Sequence {
    pub fn new(origin: Origin, random: &mut Random) -> Self {
        let ordered = random.below(4) == 0;
        let count = 2 + random.below(5);
        let outside = random.below(3) == 0;
        let mut sessions: Vec<Session> = Vec::new();
        let mut model = None;
        let mut wide = true;
        for n in 0..count {
            let mut who = if n == 0 { creator(origin, ordered, random) } else { later(random) };
            if let Who::Ours(options) = &mut who
                && outside
                && options.how == How::Memory
            {
                options.how = How::Close;
            }
            if let Who::Ours(options) = &who {
                wide &= options.sizes.0 == 8;
            }
            let modern = who.is_modern();
            let model = model.get_or_insert_with(|| Model::new(ordered, modern));
            let by = By { h5py: matches!(who, Who::H5py(_)), modern };
            let mut operations = Vec::new();
            for _ in 0..4 + random.below(26) {
                let told = generate::Session { h5py: by.h5py, outside, wide };
                let operation = generate::operation(random, model, told);
                if origin == Origin::Shared && by.h5py && operation.breaks_sharing() {
                    continue;
                }
                if model.apply(&operation, by) {
                    operations.push(operation);
                } else if !by.h5py && operation.must_be_refused(model) && random.below(4) == 0 {
                    operations.push(Operation::Refused(Box::new(operation)));
                }
            }
            sessions.push(Session { who, modern, operations });
        }
        Self { ordered, outside, sessions }
    }

    /// Does it all; an error says in which session what went wrong.
    pub fn run(
        &self,
        path: &Path,
        worker: &mut Worker,
        figures: &mut Figures,
    ) -> Result<(), Problem> {
        // Files that this one named.
        for other in std::fs::read_dir(path.parent().unwrap()).unwrap() {
            std::fs::remove_file(other.unwrap().path()).unwrap();
        }
        if self.outside {
            ours::make_far(&path.with_file_name(FAR)).unwrap();
        }
        let mut model = Model::new(self.ordered, self.sessions[0].modern);
        model.shares = self.shares();
        for (n, session) in self.sessions.iter().enumerate() {
            let by = By { h5py: matches!(session.who, Who::H5py(_)), modern: session.modern };
            let done = session.run(&mut model, by, path, n == 0, worker, figures);
            done.and_then(|()| match model.shares && !model.has_orphans() {
                true => audit(path, worker),
                false => Ok(()),
            })
            .map_err(|error| Problem { session: n, ..error })?;
        }
        Ok(())
    }

    /// Whether headers of the file share messages.
    fn shares(&self) -> bool {
        let first = self.sessions.first();
        first.is_some_and(
            |first| matches!(&first.who, Who::H5py(options) if options["shared"].is_object()),
        )
    }

    /// Whether libhdf5 damages a file whose headers share messages by itself: where no session is
    /// this library's, or where h5py's last one comes to an end that it comes to without them, too.
    pub fn fails_without_us(&self, problem: &Problem) -> bool {
        let theirs = |session: &Session| matches!(session.who, Who::H5py(_));
        let known = [
            "message of unshareable class flagged as shareable",
            "Target already protected & not read only",
        ];
        let known = known.iter().any(|known| problem.kind.contains(known));
        // It reads what it has freed, which does not always end it.
        let chance =
            problem.kind.ends_with("but not again") && problem.text.contains("process ended");
        let last = || self.sessions.last().is_some_and(theirs);
        self.sessions.iter().all(theirs) || chance || known && last()
    }

    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// The same without what the failure does not need.
    pub fn shrink(&self, problem: Problem, path: &Path, worker: &mut Worker) -> (Self, Problem) {
        let mut best = self.clone();
        let mut problem = problem;
        best.sessions.truncate(problem.session + 1);
        let mut fails = |sequence: &Self, problem: &mut Problem| {
            let failed = sequence.run(path, worker, &mut Figures::default()).err();
            let same = failed.filter(|found| found.kind == problem.kind);
            same.map(|found| *problem = found).is_some()
        };
        if !fails(&best, &mut problem) {
            problem.kind += ", but not again";
            return (best, problem);
        }
        loop {
            let before = best.len();
            for n in (1..best.sessions.len()).rev() {
                let mut next = best.clone();
                next.sessions.remove(n);
                if fails(&next, &mut problem) {
                    best = next;
                }
            }
            for n in 0..best.sessions.len() {
                let mut step = best.sessions[n].operations.len().div_ceil(2);
                while step > 0 {
                    let mut at = 0;
                    while at < best.sessions[n].operations.len() {
                        let mut next = best.clone();
                        let end = (at + step).min(next.sessions[n].operations.len());
                        next.sessions[n].operations.drain(at..end);
                        if fails(&next, &mut problem) {
                            best = next;
                        } else {
                            at += step;
                        }
                    }
                    step /= 2;
                }
            }
            if best.len() == before {
                break;
            }
        }
        fails(&best, &mut problem);
        (best, problem)
    }

    fn len(&self) -> usize {
        self.sessions.iter().map(|session| 1 + session.operations.len()).sum()
    }

    /// For a reader, a line for each operation.
    pub fn show(&self) -> String {
        let mut text = String::new();
        for session in &self.sessions {
            let who = match &session.who {
                Who::Ours(options) => format!("{options:?}"),
                Who::H5py(options) => format!("h5py {options}"),
            };
            text += &format!("{who}\n");
            for operation in &session.operations {
                text += &format!("    {}\n", shown(operation));
            }
        }
        text
    }
}

impl Session {
    fn run(
        &self,
        model: &mut Model,
        by: By,
        path: &Path,
        first: bool,
        worker: &mut Worker,
        figures: &mut Figures,
    ) -> Result<(), Problem> {
        let mut counted = Vec::new();
        let shown = match &self.who {
            Who::Ours(options) => {
                let done = AssertUnwindSafe(|| {
                    options.run(&self.operations, model, by, path, first, &mut counted)
                });
                catch_unwind(done).unwrap_or_else(|panic| Err(panicked(&*panic)))?;
                worker.show(path, None, &model.listing())
            }
            Who::H5py(options) => {
                let mut operations = Vec::new();
                for operation in &self.operations {
                    let names = labels(operation, model);
                    if model.apply(operation, by) {
                        counted.extend(names);
                        operations.push(operation.to_json());
                    }
                }
                let mode = if first { "w" } else { "r+" };
                let request = Request { mode, options, operations };
                worker.show(path, Some(&request), &model.listing())
            }
        };
        let side = if by.h5py { Side::H5py } else { Side::Ours };
        for name in counted.into_iter().chain(self.who.labels(first)) {
            figures.count(name, side);
        }
        figures.count("sessions", side);
        let shown = shown.map_err(|error| {
            let last = error.trim_end().lines().last().unwrap_or_default();
            problem(format!("h5py: {last}"), &error)
        })?;
        let wanted = model.listing();
        if let Some(difference) = difference(&wanted, &shown, "") {
            return Err(problem("h5py sees", difference));
        }
        let seen = AssertUnwindSafe(|| see(path, figures));
        let seen = catch_unwind(seen).unwrap_or_else(|panic| Err(panicked(&*panic)))?;
        match difference(&wanted, &seen, "") {
            Some(difference) => Err(problem("hdfive sees", difference)),
            None => Ok(()),
        }
    }
}

/// What this library sees in a file.
fn see(path: &Path, figures: &mut Figures) -> Result<Json, Problem> {
    let unread = |error: hdfive::Error| problem("hdfive cannot read", error.to_string());
    let file = File::with_options().external(ExternalAccess::SameDirectory).open(path);
    let file = file.map_err(unread)?;
    let mut count = |dataset: &hdfive::Dataset| {
        let name = match dataset.chunk_index() {
            Some(index) => format!("seen: {index:?} index"),
            None if !dataset.external_files().is_empty() => "seen: External layout".to_owned(),
            None => format!("seen: {:?} layout", dataset.layout()),
        };
        figures.count(name, Side::Ours);
        for filter in dataset.stored_filters() {
            figures.count(format!("seen: {} filter", filter.name()), Side::Ours);
        }
        let mut past = false;
        if dataset.is_chunked() {
            let visited = dataset.chunks_visit(|chunk| {
                past |= chunk.filter_mask != 0;
                if past { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            visited.unwrap();
        }
        if past {
            figures.count("seen: chunks past their filters", Side::Ours);
        }
    };
    ours::listing(&file, &mut count).map_err(unread)
}

pub fn panicked(panic: &(dyn std::any::Any + Send)) -> Problem {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    problem("panicked", text.unwrap_or("?"))
}

impl Options {
    fn run(
        &self,
        operations: &[Operation],
        model: &mut Model,
        by: By,
        path: &Path,
        first: bool,
        counted: &mut Vec<&'static str>,
    ) -> Result<(), Problem> {
        let refused = |what: &'static str| {
            move |error: hdfive::Error| problem(format!("{REFUSED}: {what}"), error.to_string())
        };
        let file = self.open(path, first).map_err(refused("open"))?;
        let random = Random(self.seed);
        let mut session = ours::Session { file, other: self.builder(), random };
        for operation in operations {
            let names = labels(operation, model);
            if !model.apply(operation, by) {
                continue;
            }
            counted.extend(names);
            let done = session.apply(operation);
            done.map_err(|error| {
                let text = format!("{error}: {}", shown(operation));
                problem(format!("{REFUSED}: {}", operation.name()), text)
            })?;
            if *operation == Operation::Check {
                let seen = ours::listing(&session.file, &mut |_| {}).map_err(refused("check"))?;
                if let Some(difference) = difference(&model.listing(), &seen, "") {
                    return Err(problem("hdfive sees in its session", difference));
                }
            }
            if session.random.below(3) == 0 {
                ours::check_part(&session.file, model, &mut session.random)
                    .map_err(refused("read"))?;
            }
        }
        match self.how {
            How::Memory => {
                let bytes = session.file.into_bytes().map_err(refused("into_bytes"))?;
                std::fs::write(path, bytes).unwrap();
            }
            How::Drop => drop(session),
            _ => session.file.close().map_err(refused("close"))?,
        }
        Ok(())
    }

    fn open(&self, path: &Path, first: bool) -> hdfive::Result<File> {
        let builder = self.builder();
        match (self.how, self.opening) {
            (How::Memory, _) if first => builder.in_memory(),
            (How::Memory, _) => {
                let bytes = std::fs::read(path).unwrap();
                let storage = std::sync::Arc::new(hdfive::SharedMemory::new(bytes));
                builder.open_storage_rw(storage)
            }
            (_, Opening::Either) => builder.append(path),
            (_, Opening::Exclusive) if first => builder.create_excl(path),
            _ if first => builder.create(path),
            _ => builder.open_rw(path),
        }
    }

    fn builder(&self) -> FileBuilder {
        let (address, length) = self.sizes;
        let mut builder = File::with_options()
            .track_order(self.ordered)
            .track_times(self.times)
            .userblock(self.user_block)
            .sizes(address, length)
            .durable(self.durable)
            .auto_flush(!self.manual)
            .external(ExternalAccess::SameDirectory);
        if let Some((tree, leaf, chunks)) = self.nodes {
            builder = builder.sym_k(tree, leaf).istore_k(chunks);
        }
        if let Some((low, high)) = self.bounds {
            builder = builder.library_versions(low, high);
        }
        if let Some((threshold, alignment)) = self.alignment {
            builder = builder.alignment(threshold, alignment);
        }
        if let Some((strategy, persist, page)) = self.space {
            builder = builder.file_space(strategy, persist, 1, page);
        }
        builder
    }
}

impl Options {
    /// What of files a session uses, for the count.
    fn labels(&self, first: bool) -> Vec<&'static str> {
        use FileSpaceStrategy::{Aggregator, FsmAggregator, None as Nothing, Page};
        use LibraryVersion::{Earliest, V18, V110, V112, V114, V200};
        let mut labels = vec![match (self.how, self.opening, first) {
            (How::Memory, ..) => "file: in memory",
            (_, Opening::Either, true) => "file: append, and so create",
            (_, Opening::Either, false) => "file: append, and so open",
            (_, Opening::Exclusive, true) => "file: create_excl",
            (_, _, true) => "file: create",
            (_, _, false) => "file: open_rw",
        }];
        labels.extend(self.bounds.map(|(low, _)| match low {
            Earliest => "file: bounds Earliest",
            V18 => "file: bounds V18",
            V110 => "file: bounds V110",
            V112 => "file: bounds V112",
            V114 => "file: bounds V114",
            V200 => "file: bounds V200",
            _ => panic!("no bound of the stress test"),
        }));
        labels.extend(self.space.map(|(strategy, ..)| match strategy {
            FsmAggregator => "file: FSM strategy",
            Page => "file: page strategy",
            Aggregator => "file: aggregate strategy",
            Nothing => "file: no strategy",
            other => panic!("{other:?} is no strategy of a new file"),
        }));
        let chosen = [
            (self.user_block > 0, "file: user block"),
            (self.ordered, "file: creation order"),
            (self.alignment.is_some(), "file: alignment"),
            (self.space.is_some_and(|(_, persist, _)| persist), "file: persistent free space"),
            (self.sizes != (8, 8), "file: other sizes of addresses"),
            (self.nodes.is_some(), "file: small nodes of B-trees"),
            (first && self.times, "file: root with times"),
        ];
        labels.extend(chosen.iter().filter(|(is, _)| *is).map(|(_, name)| name));
        labels
    }
}

impl Who {
    /// What of files a session uses, for the count.
    fn labels(&self, first: bool) -> Vec<&'static str> {
        let options = match self {
            Self::Ours(options) => return options.labels(first),
            Self::H5py(options) => options,
        };
        let mut labels = vec![if first { "file: create" } else { "file: open_rw" }];
        labels.extend(options["fs_strategy"].as_str().map(|strategy| match strategy {
            "fsm" => "file: FSM strategy",
            "page" => "file: page strategy",
            "aggregate" => "file: aggregate strategy",
            _ => "file: no strategy",
        }));
        let chosen = [
            (options["userblock_size"].as_u64() > Some(0), "file: user block"),
            (options["track_order"] == true, "file: creation order"),
            (options["alignment_interval"].is_u64(), "file: alignment"),
            (options["fs_persist"] == true, "file: persistent free space"),
        ];
        labels.extend(chosen.iter().filter(|(is, _)| *is).map(|(_, name)| name));
        labels
    }

    fn is_modern(&self) -> bool {
        match self {
            Self::Ours(options) => {
                options.bounds.is_none_or(|(low, _)| low > LibraryVersion::Earliest)
            }
            Self::H5py(options) => {
                options["libver"].is_array() && options["libver"][0] != "earliest"
            }
        }
    }
}

fn ours(random: &mut Random) -> Options {
    use LibraryVersion::{Earliest, V18, V110, V112, V114, V200};
    let low = match random.below(10) {
        0 | 1 => Some(Earliest),
        2 => Some(V18),
        3 => Some(V110),
        4 => Some(V112),
        5 => Some(V114),
        6 => Some(V200),
        _ => None,
    };
    let bounds = low.map(|low| (low, V200));
    let openings = [Opening::Plain, Opening::Plain, Opening::Exclusive, Opening::Either];
    let alignment = (random.below(6) == 0).then(|| random.pick(&[(1, 8), (100, 64), (512, 4096)]));
    let how = random.pick(&[How::Close, How::Close, How::Drop, How::Memory]);
    Options {
        seed: random.next(),
        bounds,
        alignment,
        space: None,
        user_block: 0,
        ordered: false,
        times: random.below(4) == 0,
        opening: random.pick(&openings),
        how,
        durable: random.below(20) == 0,
        manual: random.below(4) == 0,
        sizes: (8, 8),
        nodes: None,
    }
}

fn creator(origin: Origin, ordered: bool, random: &mut Random) -> Who {
    let user_block = if random.below(6) == 0 { random.pick(&[512, 2048]) } else { 0 };
    if origin == Origin::Ours {
        let mut options = Options { user_block, ordered, ..ours(random) };
        if random.below(5) == 0 {
            // libhdf5 does not know what is without bound where lengths have 4 bytes.
            options.sizes = (4, 8);
        }
        if random.below(3) == 0 {
            options.nodes = Some(random.pick(&[(2, 1, 3), (2, 2, 4), (3, 1, 8), (32, 8, 64)]));
        }
        if random.below(3) > 0 {
            use FileSpaceStrategy::{Aggregator, FsmAggregator, None, Page};
            let strategy = random.pick(&[FsmAggregator, Page, Aggregator, None]);
            let persist = matches!(strategy, FsmAggregator | Page) && random.below(2) == 0;
            options.space = Some((strategy, persist, page_size(persist, random)));
            if strategy == Page {
                options.user_block = 0;
            }
        }
        // What is aligned is so from the start of the file on.
        if options.user_block > 0 {
            options.alignment = None;
        }
        return Who::Ours(options);
    }
    let mut options = json!({ "track_order": ordered, "userblock_size": user_block });
    match origin {
        Origin::Earliest => options["libver"] = json!(["earliest", "v200"]),
        Origin::Latest => options["libver"] = json!(["latest", "latest"]),
        Origin::Shared => {
            let low = random.pick(&["earliest", "v108", "v110", "latest"]);
            options["libver"] = json!([low, "latest"]);
            options["shared"] = sharing(random);
        }
        _ => {}
    }
    if random.below(4) == 0 {
        options["fs_strategy"] = random.pick(&["fsm", "page", "aggregate", "none"]).into();
        options["fs_persist"] = (random.below(2) == 0).into();
        if options["fs_strategy"] == "page" {
            let persist = options["fs_persist"] == true;
            options["fs_page_size"] = page_size(persist, random).into();
            options["userblock_size"] = 0.into();
        }
    }
    if random.below(6) == 0 && options["userblock_size"] == 0 {
        options["alignment_threshold"] = 100.into();
        options["alignment_interval"] = random.pick(&[8, 64, 4096]).into();
    }
    Who::H5py(options)
}

/// libhdf5 does not always stop writing down what is free in small pages.
fn page_size(persist: bool, random: &mut Random) -> u64 {
    if persist { 4096 } else { random.pick(&[512, 4096]) }
}

fn later(random: &mut Random) -> Who {
    if random.below(5) < 3 {
        return Who::Ours(ours(random));
    }
    Who::H5py(match random.below(4) {
        0 => json!({ "libver": ["earliest", "v200"] }),
        1 => json!({ "libver": ["latest", "latest"] }),
        _ => json!({}),
    })
}

/// The first place where `found` is not as `wanted` says; in texts, `?` is any character.
fn difference(wanted: &Json, found: &Json, place: &str) -> Option<String> {
    match (wanted, found) {
        (Json::String(wanted), _) if wanted == "?" => None,
        (Json::String(wanted), Json::String(found)) => {
            let same = |(a, b): (char, char)| a == '?' || a == b;
            let fits = wanted.len() == found.len() && wanted.chars().zip(found.chars()).all(same);
            (!fits).then(|| format!("at {place}: {}, not {}", short(found), short(wanted)))
        }
        (Json::Array(wanted), Json::Array(found)) if wanted.len() == found.len() => {
            let mut pairs = wanted.iter().zip(found).enumerate();
            pairs.find_map(|(n, (a, b))| difference(a, b, &format!("{place}/{n}")))
        }
        (Json::Object(wanted), Json::Object(found)) => {
            let keys = wanted.keys().chain(found.keys());
            for key in keys {
                let (a, b) = (wanted.get(key), found.get(key));
                let (a, b) = (a.unwrap_or(&Json::Null), b.unwrap_or(&Json::Null));
                if let Some(found) = difference(a, b, &format!("{place}/{key}")) {
                    return Some(found);
                }
            }
            None
        }
        _ if wanted == found => None,
        _ => Some(format!(
            "at {place}: {}, not {}",
            short(&found.to_string()),
            short(&wanted.to_string())
        )),
    }
}

/// An operation for a reader: not all of many elements.
fn shown(operation: &Operation) -> String {
    let mut told = operation.to_json();
    if let Some(items) = told["items"].as_array_mut() {
        let count = items.len();
        if count > 4 {
            items.truncate(4);
            items.push(format!("and so on: {count}").into());
        }
    }
    short(&told.to_string())
}

fn short(text: &str) -> String {
    text.chars().take(400).collect()
}
