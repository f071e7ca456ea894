//! Processes that are killed.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What a process is to do, in its environment: the name of a kind of writer, and the rest of it.
const TASK: &str = "HDFIVE_KILL_TASK";

/// What this process is to do, where it is one that is to be killed.
pub fn task() -> Option<String> {
    std::env::var(TASK).ok()
}

/// Says something to the one who kills.
pub fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// Waits to be killed, or for the one who kills to be no more.
pub fn wait() {
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

/// Starts the test `writer` as a process with a task, kills it so long after the first thing it
/// says, and gives all that it said: whole lines, of which each starts with `word`.
pub fn kill(task: &str, word: &str, after: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["writer", "--exact", "--nocapture", "--test-threads=1"])
        .env(TASK, task)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = child.stderr.take().unwrap();
    let mut text = vec![0];
    said.read_exact(&mut text).expect("the writer says when it is ready");
    std::thread::sleep(after);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    said.read_to_end(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(status.code(), None, "{task} came to an end: {text}");
    let rest = |line: &str| {
        let rest = line.strip_prefix(word).unwrap_or_else(|| panic!("{task}: {text}"));
        rest.trim().to_owned()
    };
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(rest).collect()
}
