//! A Python process that answers one request after the other.

use super::python;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// A script that reads requests, a line each, its fields set apart by tabs, and ends each answer
/// with a line that is "=".
pub struct Server(Mutex<Process>);

struct Process {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Server {
    /// `None` where there is no Python environment.
    pub fn start(script: &Path, arguments: &[&OsStr]) -> Option<Self> {
        let mut child = Command::new(python()?)
            .arg(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the Python interpreter");
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        Some(Self(Mutex::new(Process { child, requests, answers })))
    }

    /// The lines of the answer.
    pub fn ask(&self, request: &[&str]) -> Vec<String> {
        let mut process = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let requests = process.requests.as_mut().expect("running");
        requests.write_all(format!("{}\n", request.join("\t")).as_bytes()).expect("a reader");
        requests.flush().expect("a reader");
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            let read = process.answers.read_line(&mut line).expect("text");
            assert!(read > 0, "the script ended at {request:?}");
            match line.trim_end_matches('\n') {
                "=" => return lines,
                line => lines.push(line.to_owned()),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.requests.take());
        let _ = self.child.wait();
    }
}
