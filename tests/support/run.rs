//! Running a program under a time limit.

use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How a program ended.
#[derive(Debug)]
pub struct Outcome {
    /// `None` when it was stopped at the time limit.
    pub status: Option<ExitStatus>,
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub elapsed: Duration,
}

impl Outcome {
    /// What no input may lead to: a panic, death by a signal, or no end in time.
    pub fn misbehaviour(&self) -> Option<String> {
        let Some(status) = self.status else {
            return Some(format!("still running after {:?}", self.elapsed));
        };
        if status.code().is_none() {
            return Some(format!("died: {status}; {}", tail(&self.stderr)));
        }
        let panicked = status.code() == Some(101) || self.stderr.contains("panicked at");
        panicked.then(|| format!("panicked: {}", tail(&self.stderr)))
    }
}

/// The last part of a text, enough to see what went wrong.
pub fn tail(text: &str) -> &str {
    let from = text.char_indices().rev().nth(600).map_or(0, |(at, _)| at);
    text.get(from..).unwrap_or(text).trim_end()
}

/// Runs `command` to its end, or stops it after `limit`.
pub fn run(command: &mut Command, limit: Duration) -> Outcome {
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let mut pause = Duration::from_micros(200);
    let status = loop {
        if let Some(status) = child.try_wait().expect("our own child") {
            break Some(status);
        }
        if start.elapsed() > limit {
            child.kill().expect("our own child");
            child.wait().expect("our own child");
            break None;
        }
        thread::sleep(pause);
        pause = pause.saturating_mul(2).min(Duration::from_millis(10));
    };
    let elapsed = start.elapsed();
    let stderr = String::from_utf8_lossy(&stderr.join().expect("reads only")).into_owned();
    Outcome { status, stdout: stdout.join().expect("reads only"), stderr, elapsed }
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // A pipe that breaks has said all it will say.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}
