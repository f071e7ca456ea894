//! libhdf5's documents of files that a test makes.

use super::root;
use super::server::Server;
use serde_json::Value;
use std::path::Path;

/// The corpus's own maker of documents.
pub struct Oracle(Server);

impl Oracle {
    /// `None` where there is no Python environment.
    pub fn start(corpus: &Path) -> Option<Self> {
        let script = root().join("tests/support/oracle_server.py");
        Server::start(&script, &[corpus.as_os_str()]).map(Self)
    }

    /// The document of a file that is read in `folder`.
    pub fn document(&self, file: &Path, folder: &Path) -> Result<Value, String> {
        let [file, folder] = [file, folder].map(|path| path.to_str().expect("UTF-8"));
        let lines = self.0.ask(&[file, folder, ""]);
        serde_json::from_str(&lines.concat())
            .map_err(|error| format!("no document by libhdf5 ({error})"))
    }
}
