//! What h5py, which knows nothing of what this library leaves behind, finds in a file.

use super::session::{Recording, scratch};
use super::states::{Allowed, Crashed};
use crate::support;
use crate::support::listing::{Listing, difference};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;
use std::{fmt, fs};

/// Longer than h5py takes for any of the files.
const LIMIT: Duration = Duration::from_secs(120);

/// How files are that h5py read.
#[derive(Debug, Default)]
pub struct Verdict {
    /// All of the file is as of one flush.
    pub whole: usize,
    /// Each object is as of one of the two flushes, but not all of the same.
    pub mixed: usize,
    /// Each element, attribute and link is.
    pub finely_mixed: Vec<String>,
    pub wrong: Vec<String>,
    /// Of those that are wrong, files of which something cannot be read at all.
    pub unreadable: usize,
}

impl Verdict {
    pub fn total(&self) -> usize {
        self.whole + self.mixed + self.finely_mixed.len() + self.wrong.len()
    }

    /// Of how many files each object is as of a flush.
    pub fn objects_percent(&self) -> f64 {
        self.percent(self.whole + self.mixed)
    }

    fn percent(&self, part: usize) -> f64 {
        100.0 * part as f64 / self.total().max(1) as f64
    }

    pub fn add(&mut self, other: Self) {
        self.whole += other.whole;
        self.mixed += other.mixed;
        self.finely_mixed.extend(other.finely_mixed);
        self.wrong.extend(other.wrong);
        self.unreadable += other.unreadable;
    }

    fn note(&mut self, state: &Crashed, found: Result<Listing, String>) {
        let Some(problem) = state.judge(found.clone()) else {
            self.whole += 1;
            return;
        };
        self.unreadable += usize::from(found.is_err());
        let found = found.unwrap_or_default();
        match mixed(&found, &state.allowed, object_of) {
            None => self.mixed += 1,
            Some(object) => match mixed(&found, &state.allowed, |fact| fact.to_owned()) {
                None => self.finely_mixed.push(format!("{}: {object}", state.what)),
                Some(_) => self.wrong.push(problem),
            },
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.percent(self.total() - self.wrong.len());
        write!(
            f,
            "stock h5py: of {} files left, {} cannot be read, {values:.2} % are readable with every \
             value as of a flush, {:.2} % with every object as of a flush, {:.2} % as of one flush",
            self.total(),
            self.unreadable,
            self.objects_percent(),
            self.percent(self.whole)
        )
    }
}

/// The object that a fact is about.
fn object_of(fact: &str) -> String {
    let link = fact.strip_suffix("->").or_else(|| fact.strip_suffix(" links"));
    let end = match link {
        Some(link) => link.rfind('/'),
        None => fact.find(['@', ':', '=']),
    };
    fact[..end.unwrap_or(fact.len())].trim_end_matches('/').to_owned()
}

/// Something that is neither as of one flush nor as of the other.
fn mixed(found: &Listing, allowed: &[Allowed], part_of: impl Fn(&str) -> String) -> Option<String> {
    let parts = |listing: &Listing| {
        let mut parts: HashMap<String, Listing> = HashMap::new();
        for (name, value) in listing {
            let part = parts.entry(part_of(name)).or_default();
            part.insert(name.clone(), value.clone());
        }
        parts
    };
    let states: Vec<_> = allowed.iter().map(|allowed| parts(&allowed.state)).collect();
    let there = parts(found);
    let none = Listing::new();
    let all: HashSet<&String> = states.iter().flat_map(HashMap::keys).chain(there.keys()).collect();
    let is_wrong = |part: &&String| {
        let is = there.get(*part).unwrap_or(&none);
        !states.iter().zip(allowed).any(|(state, allowed)| {
            let expected = state.get(*part).unwrap_or(&none);
            difference(is, expected, &allowed.overwritten).is_none()
        })
    };
    let lost = || {
        let kept = allowed.iter().map(|allowed| hard_links(&allowed.state));
        let kept = kept.reduce(|a, b| a.intersection(&b).cloned().collect())?;
        kept.difference(&hard_links(found))
            .next()
            .map(|lost| String::from_utf8_lossy(lost).into_owned())
    };
    all.into_iter().find(is_wrong).cloned().or_else(lost)
}

fn hard_links(listing: &Listing) -> HashSet<Vec<u8>> {
    let links = listing.iter().filter(|(name, _)| name.ends_with("->"));
    links.map(|(_, value)| value.clone()).filter(|value| value.starts_with(b"hard")).collect()
}

/// Lets h5py read every state of which `chosen` is true; `None` where there is no h5py.
pub fn judge(recording: &Recording, mut chosen: impl FnMut(usize) -> bool) -> Option<Verdict> {
    let python = support::python()?;
    let files: Vec<Vec<u8>> = recording.flushes.iter().map(|flush| flush.bytes.clone()).collect();
    let mut states = Vec::new();
    let mut number = 0;
    recording.prefixes(0, &mut support::random::Random(0), &mut |state| {
        if !state.allowed.is_empty() && chosen(number) {
            states.push(state);
        }
        number += 1;
    });
    Some(judge_states(python, &recording.name, files, states))
}

/// Lets h5py read every state. Flushes are numbers of files that were flushed.
pub fn judge_states(
    python: &Path,
    name: &str,
    flushed: Vec<Vec<u8>>,
    states: Vec<Crashed>,
) -> Verdict {
    let folder = scratch("stock");
    let count = flushed.len();
    let mut files = flushed;
    files.extend(states.iter().map(|state| state.bytes.clone()));
    let paths = write_all(&folder, name, &files);
    let mut found = digests(python, &paths).into_iter();
    fs::remove_dir_all(&folder).unwrap();
    let flushed: Vec<Arc<Listing>> = found
        .by_ref()
        .take(count)
        .map(|facts| Arc::new(facts.expect("h5py reads a file that was flushed")))
        .collect();
    let mut verdict = Verdict::default();
    for (state, found) in states.into_iter().zip(found) {
        verdict.note(&as_h5py_sees(state, &flushed), found);
    }
    verdict
}

fn write_all(folder: &Path, name: &str, files: &[Vec<u8>]) -> Vec<PathBuf> {
    let name: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let write = |(number, bytes): (usize, &Vec<u8>)| {
        let path = folder.join(format!("{name}-{number:05}.h5"));
        fs::write(&path, bytes).unwrap();
        path
    };
    files.iter().enumerate().map(write).collect()
}

/// What the state may be, in h5py's words.
fn as_h5py_sees(state: Crashed, flushed: &[Arc<Listing>]) -> Crashed {
    let allowed = state
        .allowed
        .iter()
        .map(|allowed| Allowed { state: Arc::clone(&flushed[allowed.flush]), ..allowed.clone() });
    Crashed { allowed: allowed.collect(), ..state }
}

/// What h5py finds in each file, or why it does not.
pub fn digests(python: &Path, paths: &[PathBuf]) -> Vec<Result<Listing, String>> {
    let mut found = Vec::new();
    while found.len() < paths.len() {
        let before = found.len();
        digest_some(python, &paths[before..], &mut found);
        if found.len() < paths.len() {
            // Whatever it was that ended the program, it was the next file.
            found.push(Err("h5py died, or did not come to an end".to_owned()));
        }
    }
    found
}

fn digest_some(python: &Path, paths: &[PathBuf], found: &mut Vec<Result<Listing, String>>) {
    let mut child = Command::new(python)
        .arg(support::root().join("tests/crash/digest.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let lines: String = paths.iter().map(|path| format!("{}\n", path.display())).collect();
    // Where it dies, the rest of the names is for nobody.
    let feeder = thread::spawn(move || drop(stdin.write_all(lines.as_bytes())));
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let (sender, answers) = mpsc::channel();
    let reader = thread::spawn(move || {
        // Where it hangs, nobody listens any more.
        stdout.lines().try_for_each(|line| sender.send(line.unwrap())).is_ok()
    });
    loop {
        let line = match answers.recv_timeout(LIMIT) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                child.kill().unwrap();
                break;
            }
        };
        let answer: HashMap<String, Value> = serde_json::from_str(&line).unwrap();
        found.push(match answer.get("facts").and_then(Value::as_object) {
            Some(facts) => Ok(facts.iter().map(fact).collect()),
            None => Err(format!("h5py: {:?}", answer["error"])),
        });
    }
    child.wait().unwrap();
    feeder.join().unwrap();
    reader.join().unwrap();
}

fn fact((name, value): (&String, &Value)) -> (String, Vec<u8>) {
    let value = value.as_str().expect("a text");
    let byte = |digits: &[u8]| {
        u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).expect("hexadecimal digits")
    };
    let bytes = match name.ends_with('=') {
        true => value.as_bytes().chunks(2).map(byte).collect(),
        false => value.as_bytes().to_vec(),
    };
    (name.clone(), bytes)
}
