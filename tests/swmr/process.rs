//! The programs that write and read, each in a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::support;

/// What a process of this program is to do, in its environment; its parts set apart by tabs.
const TASK: &str = "HDFIVE_SWMR_TASK";

/// What this process is to do, where it is one of those.
pub fn task() -> Option<String> {
    std::env::var(TASK).ok()
}

pub struct Process {
    name: String,
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Process {
    fn start(folder: &Path, name: String, command: &mut Command) -> Self {
        let mut child = command
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self { name, child, said }
    }

    /// A script of this folder; `None` where there is no Python.
    pub fn python(folder: &Path, script: &str, arguments: &[&str]) -> Option<Self> {
        let path = support::root().join("tests/swmr").join(script);
        let mut command = Command::new(support::python()?);
        command.arg(path).args(arguments);
        Some(Self::start(folder, script.to_owned(), &mut command))
    }

    /// This program once more, with a task.
    pub fn own(folder: &Path, task: &[&str]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["other", "--exact", "--nocapture", "--test-threads=1"]);
        command.env(TASK, task.join("\t"));
        Self::start(folder, task.join(" "), &mut command)
    }

    /// Waits until it says that it is ready.
    pub fn ready(mut self) -> Self {
        let mut line = String::new();
        while !line.trim_end().ends_with("ready") {
            line.clear();
            let read = self.said.read_line(&mut line).unwrap();
            assert!(read > 0, "{} ended before it was ready", self.name);
        }
        self
    }

    /// Kills it after so long; gives the rest of the last whole line that starts with `word`.
    pub fn kill(mut self, after: std::time::Duration, word: &str) -> Option<String> {
        std::thread::sleep(after);
        self.child.kill().unwrap();
        let mut text = String::new();
        self.said.read_to_string(&mut text).unwrap();
        let whole = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        whole.filter_map(|line| line.strip_prefix(word)).next_back().map(str::to_owned)
    }

    /// Waits until it ends, well; gives what it says of what it did.
    pub fn finished(mut self) -> String {
        let mut text = String::new();
        self.said.read_to_string(&mut text).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{}: {status}: {text}", self.name);
        let told = |line: &&str| line.contains("wrote: ") || line.contains("read: ");
        text.lines().filter(told).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that is left behind where a test fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
