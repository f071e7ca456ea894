//! The command-line cases of the corpus: what the tools print for files, and what they leave.

use super::corpus::gunzip;
use super::h5::program;
use super::run::{Outcome, run, tail};
use super::target;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Longer than any case takes, even in a debug build on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// One line of `cases.tsv`.
#[derive(Debug, Clone)]
pub struct Case {
    pub id: String,
    /// The program: `h5dump`, `h5ls` and so on.
    pub tool: String,
    dirs: Vec<String>,
    /// What is copied to what before the program runs.
    copied: Option<(String, String)>,
    pub arguments: Vec<String>,
    check: String,
    /// Texts in the corpus, any of which is right.
    expected: Vec<String>,
    exit: i32,
    /// Whether what varies is left out of the comparison.
    masked: bool,
    ignores_case: bool,
}

/// All cases, in the order of the file.
pub fn cases(corpus: &Path) -> Vec<Case> {
    let text = fs::read_to_string(corpus.join("cases.tsv")).expect("the list of cases");
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    lines.map(|line| case(&names, line)).collect()
}

fn case(names: &[&str], line: &str) -> Case {
    let row: HashMap<&str, &str> = names.iter().copied().zip(line.split('\t')).collect();
    let field = |name: &str| row.get(name).copied().unwrap_or_default();
    let words: Vec<&str> = field("setup").split_whitespace().collect();
    let copied = match words.as_slice() {
        ["cp", from, to] => Some(((*from).to_owned(), (*to).to_owned())),
        [] => None,
        other => panic!("{}: what is to be done is not known: {other:?}", field("id")),
    };
    let arguments: Vec<String> = serde_json::from_str(field("args")).expect("a list of arguments");
    let expected = [field("expected"), field("expected_2_2_0")];
    let check = field("check");
    let varies = |name: &str| field(name) == "masked";
    Case {
        id: field("id").to_owned(),
        tool: field("tool").to_owned(),
        dirs: field("dirs").split(';').map(str::to_owned).collect(),
        copied,
        arguments,
        check: check.to_owned(),
        expected: expected.iter().filter(|e| !e.is_empty()).map(|e| (*e).to_owned()).collect(),
        exit: field("exit").parse().expect("an exit status"),
        // Where things lie in a file is the writer's business.
        masked: varies("ref_1_14_5") || varies("ref_2_2_0") || check.starts_with("dump:"),
        ignores_case: field("note").contains("ignorecase"),
    }
}

impl Case {
    /// Runs the program as the case says; an error says what is not as it should be.
    pub fn check(&self, corpus: &Path) -> Result<(), String> {
        let folder = Folder::new(&self.id);
        self.fill(corpus, folder.path());
        let outcome = self.run(folder.path());
        if let Some(what) = outcome.misbehaviour() {
            return Err(what);
        }
        let status = outcome.status.and_then(|status| status.code());
        if status != Some(self.exit) {
            return Err(format!(
                "ended with {status:?}, not {}: {}",
                self.exit,
                tail(&outcome.stderr)
            ));
        }
        self.check_output(corpus, folder.path(), &outcome)
    }

    /// Runs the program as a tool of its own name.
    pub fn run(&self, folder: &Path) -> Outcome {
        run_tool(&self.tool, folder, &self.arguments)
    }

    /// The files of the case.
    pub fn fill(&self, corpus: &Path, folder: &Path) {
        for dir in self.dirs.iter().rev() {
            fill(&corpus.join(dir), folder);
        }
        if let Some((from, to)) = &self.copied {
            let bytes = fs::read(folder.join(from)).expect("a file of the corpus");
            fs::write(folder.join(to), bytes).expect("room in the build folder");
        }
    }

    fn check_output(&self, corpus: &Path, folder: &Path, outcome: &Outcome) -> Result<(), String> {
        let mut parts = self.check.split(':');
        let kind = parts.next().unwrap_or_default();
        let rest: Vec<String> = parts.map(str::to_owned).collect();
        let dump = |options: &[&str]| {
            let mut arguments: Vec<String> = options.iter().map(|o| (*o).to_owned()).collect();
            arguments.extend(rest.iter().cloned());
            run_tool("h5dump", folder, &arguments).stdout
        };
        let printed = match kind {
            "stdout" => outcome.stdout.clone(),
            "file" => {
                let name = rest.first().map(String::as_str).unwrap_or_default();
                fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"))?
            }
            "dump" => dump(&["-q", "creation_order", "-pH"]),
            "dumpnoopt" => dump(&[]),
            "exit" => return Ok(()),
            "h5diff" => {
                let compared = run_tool("h5diff", folder, &rest);
                return match compared.status.and_then(|status| status.code()) {
                    Some(0) => Ok(()),
                    other => Err(format!("h5diff ends with {other:?}: {}", tail(&compared.stderr))),
                };
            }
            other => return Err(format!("what is to be checked is not known: {other}")),
        };
        let mut told = String::new();
        for name in &self.expected {
            let expected = read(corpus, name);
            let mut printed = printed.clone();
            let code = b"EXIT CODE:".as_slice();
            if expected.windows(code.len()).any(|window| window == code) {
                printed.extend(format!("EXIT CODE: {}\n", self.exit).bytes());
            }
            let (ours, theirs) = (self.normal(&printed), self.normal(&expected));
            if ours == theirs {
                return Ok(());
            }
            told = difference(&ours, &theirs);
        }
        Err(format!("{told}\n{}", tail(&outcome.stderr)))
    }

    /// Lines that are to be the same.
    fn normal(&self, bytes: &[u8]) -> Vec<String> {
        // Bytes that are no text stay apart from each other.
        let text: String = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        };
        let text = text.replace("\r\n", "\n");
        let text = if self.ignores_case { text.to_lowercase() } else { text };
        let line = |line: &str| if self.masked { masked(line) } else { line.to_owned() };
        text.lines().map(line).collect()
    }
}

/// A line without what varies.
fn masked(line: &str) -> String {
    for key in ["Modified:", "Storage:", "Location:"] {
        if let Some(at) = line.find(key) {
            return line[..at + key.len()].to_owned();
        }
    }
    let word = line.trim_start().split(' ').next().unwrap_or_default();
    if matches!(word, "SIZE" | "OFFSET") {
        return word.to_owned();
    }
    line.trim_end().to_owned()
}

/// The first lines that differ.
fn difference(ours: &[String], theirs: &[String]) -> String {
    let same = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
    let show = |lines: &[String]| {
        let lines: Vec<&str> = lines.iter().skip(same).take(4).map(String::as_str).collect();
        lines.join("\n    ")
    };
    format!("from line {}, ours:\n    {}\n  theirs:\n    {}", same + 1, show(ours), show(theirs))
}

fn read(corpus: &Path, name: &str) -> Vec<u8> {
    let path = corpus.join(name);
    if path.is_file() {
        return fs::read(&path).expect("a file of the corpus");
    }
    gunzip(&corpus.join(format!("{name}.gz")))
}

/// Runs the program under the name of a tool, as links to it do.
pub fn run_tool(tool: &str, folder: &Path, arguments: &[String]) -> Outcome {
    let mut command = Command::new(tools().join(tool));
    command.current_dir(folder).env("TZ", "America/Chicago").env("LC_ALL", "C");
    run(command.args(arguments), LIMIT)
}

/// A folder with links to the program, one a tool.
fn tools() -> &'static Path {
    static TOOLS: OnceLock<PathBuf> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let folder = scratch("tools");
        fs::create_dir_all(&folder).expect("the build folder");
        for tool in ["h5dump", "h5ls", "h5diff", "h5stat", "h5repack", "h5copy", "h5format_convert"]
        {
            let link = folder.join(tool);
            let linked = fs::hard_link(program(), &link).is_ok();
            if !linked {
                fs::copy(program(), &link).expect("room in the build folder");
            }
        }
        folder
    })
}

fn scratch(name: &str) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let process = std::process::id();
    target().join("tmp").join("cases").join(format!("{process}-{number}-{name}"))
}

/// A folder that goes when it is done with.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = scratch(name);
        fs::create_dir_all(&path).expect("the build folder");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind stays in the build folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Puts the plain files of `from` into `into`, those that are packed unpacked.
fn fill(from: &Path, into: &Path) {
    for entry in fs::read_dir(from).unwrap_or_else(|e| panic!("{}: {e}", from.display())) {
        let path = entry.expect("a folder of the corpus").path();
        if !path.is_file() {
            continue;
        }
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let place = into.join(name.trim_end_matches(".gz"));
        // Of two files of one name, the later one is wanted.
        let _ = fs::remove_file(&place);
        if name.ends_with(".gz") {
            fs::write(&place, gunzip(&path)).expect("room in the build folder");
        } else if fs::hard_link(shared(&path), &place).is_err() {
            fs::copy(&path, &place).expect("room in the build folder");
        }
    }
}

/// A copy of a file of the corpus, in the build folder, that nobody may write to.
fn shared(path: &Path) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = scratch("files");
        fs::create_dir_all(&folder).expect("the build folder");
        folder
    });
    let flat = path.to_string_lossy().replace(['/', '\\', ':'], "+");
    let copy = folder.join(flat);
    if !copy.is_file() {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let partial = folder.join(format!("partial{number}"));
        fs::write(&partial, fs::read(path).expect("a file of the corpus")).expect("room");
        let mut rights = fs::metadata(&partial).expect("our own file").permissions();
        rights.set_readonly(true);
        fs::set_permissions(&partial, rights).expect("our own file");
        fs::rename(&partial, &copy).expect("the build folder");
    }
    copy
}

/// Takes away what all cases shared.
pub fn clean() {
    let folder = target().join("tmp").join("cases");
    let process = format!("{}-", std::process::id());
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&process) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
