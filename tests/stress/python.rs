//! One Python process that does what h5py's sessions are told, for as many files as there are.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Map, Value as Json, json};

use super::support;

#[derive(Debug)]
pub struct Worker {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// What h5py is to do before it shows the file.
#[derive(Debug)]
pub struct Request<'a> {
    pub mode: &'a str,
    pub options: &'a Json,
    pub operations: Vec<Json>,
}

impl Worker {
    pub fn start() -> Option<Self> {
        let mut child = Command::new(support::python()?)
            .args(["-X", "faulthandler"])
            .arg(support::root().join("tests/stress/worker.py"))
            // As this library has it: what a file names lies beside it.
            .env("HDF5_EXTFILE_PREFIX", "${ORIGIN}")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Some(Self { child, requests, answers })
    }

    /// What h5py sees in a file, after it changed it where that is asked for; `wanted` is what it
    /// should see.
    pub fn show(
        &mut self,
        path: &Path,
        request: Option<&Request<'_>>,
        wanted: &Json,
    ) -> Result<Json, String> {
        let gone = gone(wanted);
        let request = match request {
            None => json!({ "path": path, "operations": null, "gone": gone }),
            Some(request) => json!({
                "path": path, "mode": request.mode, "options": request.options,
                "operations": request.operations, "gone": gone,
            }),
        };
        self.answer(&request)
    }

    fn answer(&mut self, request: &Json) -> Result<Json, String> {
        let answer = self.ask(request).ok().flatten();
        let Some(mut answer) = answer else {
            let status = self.child.wait();
            *self = Self::start().unwrap();
            return Err(format!("h5py's process ended: {status:?}"));
        };
        match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer["listing"].take()),
        }
    }

    /// The numbers of messages in each index of shared ones, once h5py has deleted all objects.
    pub fn count_shared(&mut self, path: &Path) -> Result<Json, String> {
        self.answer(&json!({ "path": path, "empty": true }))
    }

    fn ask(&mut self, request: &Json) -> std::io::Result<Option<Json>> {
        let requests = self.requests.as_mut().unwrap();
        writeln!(requests, "{request}")?;
        requests.flush()?;
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        Ok(serde_json::from_str(&line).ok())
    }
}

/// The elements of datasets (under an empty name) and attributes some of which refer to objects that
/// are gone, by the numbers of the objects that have them: h5py is not to follow these.
fn gone(wanted: &Json) -> Json {
    let mut all = Map::new();
    for (number, object) in wanted.as_array().unwrap().iter().enumerate() {
        let attributes = object["attributes"].as_array().unwrap();
        let attributes = attributes.iter().map(|own| (own[0].as_str().unwrap(), &own[4]));
        let dead =
            |(_, values): &(&str, &Json)| values.is_array() && values.to_string().contains("\"?\"");
        let found: Map<String, Json> = attributes
            .chain([("", &object["values"])])
            .filter(dead)
            .map(|(name, values)| (name.to_owned(), values.clone()))
            .collect();
        if !found.is_empty() {
            all.insert(number.to_string(), found.into());
        }
    }
    all.into()
}

impl Drop for Worker {
    fn drop(&mut self) {
        // The end of its input is the end of the process.
        drop(self.requests.take());
        let _ = self.child.wait();
    }
}
