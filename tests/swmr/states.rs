//! Readers that come in between any two writes of a writer.

use std::fs::{self, File as Plain};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use super::reader::{Seen, Trust};
use super::support::random::Random;
use super::support::recorder::{Recorder, Step};
use super::support::root;
use super::support::server::Server;
use super::writer::Writer;
use hdfive::{File, FileBuilder, Storage};

/// What a writer did.
pub struct Session {
    /// The file when others could read it for the first time.
    start: Vec<u8>,
    /// What came after it, and the rows that are flushed then.
    steps: Vec<(Step, usize)>,
    /// The file at the end.
    pub end: Vec<u8>,
    rows: usize,
}

/// Everything that a writer does between the start of SWMR and the end.
pub fn record(options: &FileBuilder, flushes: usize) -> Session {
    let recorder = Arc::new(Recorder::default());
    let file = options.create_storage(Arc::clone(&recorder) as Arc<dyn Storage>).unwrap();
    let mut writer = Writer::start(file);
    let (start, before) = (recorder.to_vec(), recorder.steps());
    let mut rows = vec![(before, 0)];
    for _ in 0..flushes {
        writer.append();
        rows.push((recorder.steps(), writer.rows));
    }
    let last = writer.rows;
    writer.close();
    let flushed = |number: usize| rows.iter().rfind(|(at, _)| *at <= number).unwrap().1;
    let log = recorder.log().into_iter().enumerate().skip(before);
    let steps = log.map(|(number, step)| (step, flushed(number + 1))).collect();
    Session { start, steps, end: recorder.to_vec(), rows: last }
}

fn apply(step: &Step, file: &Plain) {
    match step {
        Step::Write(at, bytes) => file.write_all_at(bytes, *at).unwrap(),
        Step::Len(len) => file.set_len(*len).unwrap(),
        Step::Barrier | Step::Nothing => {}
    }
}

/// A reader, with what it saw.
struct Reader {
    file: File,
    seen: Vec<Seen>,
}

impl Reader {
    fn open(path: &Path) -> Self {
        let file = File::open_swmr(path).unwrap();
        let seen = Seen::all(&file);
        let mut reader = Self { file, seen };
        reader.look(0);
        reader
    }

    fn look(&mut self, sure: usize) {
        for seen in &mut self.seen {
            seen.look(Trust::Rows, sure, true, &mut Random(1));
        }
    }

    fn look_again(&self) {
        self.seen.iter().for_each(Seen::look_again);
    }
}

/// h5py: one that opens the file again and again, one that looks again and again, one that looks
/// seldom, and remembers.
struct Others(Option<[Server; 3]>);

impl Others {
    fn start(path: &Path) -> Self {
        let script = root().join("tests/swmr/looker.py");
        let start = || Server::start(&script, &[path.as_os_str()]);
        Self(start().and_then(|first| Some([first, start()?, start()?])))
    }

    fn look(&self, number: usize, sure: usize) {
        let Some([new, anew, seldom]) = &self.0 else { return };
        let sure = sure.to_string();
        let ask = |server: &Server, request: &[&str]| {
            let said = server.ask(request);
            assert!(said.is_empty(), "after {number} steps, {request:?}: {said:?}");
        };
        ask(new, &["new", &sure]);
        ask(anew, &["refresh", &sure]);
        match number % 37 {
            0 => ask(seldom, &["refresh", &sure]),
            _ => ask(seldom, &["keep"]),
        }
    }
}

/// Does it all once more, on a file of the operating system, and lets readers look at every state.
pub fn check(session: &Session, path: &Path) {
    fs::write(path, &session.start).unwrap();
    let file = Plain::options().write(true).open(path).unwrap();
    let others = Others::start(path);
    let mut anew = Reader::open(path);
    let mut seldom: Vec<Reader> = (0..5).map(|_| Reader::open(path)).collect();
    for (number, (step, sure)) in session.steps.iter().enumerate() {
        apply(step, &file);
        Reader::open(path).look(*sure);
        anew.look(*sure);
        for (turn, reader) in seldom.iter_mut().enumerate() {
            if number % 61 == turn * 11 { reader.look(*sure) } else { reader.look_again() }
        }
        others.look(number, *sure);
    }
    anew.look(session.rows);
    assert_eq!(anew.file.metadata_read_retries(), 0);
    assert_eq!(fs::read(path).unwrap(), session.end);
}
