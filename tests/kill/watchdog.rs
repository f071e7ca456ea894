//! An end to what would never end: a test that hangs says where.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// Ends the program where what it is told of takes longer than its limit.
#[derive(Debug)]
pub struct Watchdog(Sender<String>);

impl Watchdog {
    pub fn new(limit: Duration) -> Self {
        let (sender, receiver) = mpsc::channel::<String>();
        thread::spawn(move || {
            let mut doing = "it has not begun".to_owned();
            loop {
                match receiver.recv_timeout(limit) {
                    Ok(next) => doing = next,
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {
                        crate::crash::tell(&format!("still at it after {limit:?}: {doing}"));
                        std::process::abort();
                    }
                }
            }
        });
        Self(sender)
    }

    /// What is done next.
    pub fn next(&self, doing: impl Into<String>) {
        self.0.send(doing.into()).expect("the watchdog lives as long as this");
    }
}
