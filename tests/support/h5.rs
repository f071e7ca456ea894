//! The program `h5`, as a test runs it. Only for tests of the package that builds it.

use super::run::{Outcome, run};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// Longer than any file takes, even in a debug build on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// Where the program is.
pub fn program() -> PathBuf {
    let built: Option<&str> = option_env!("CARGO_BIN_EXE_h5");
    built.expect("a test of hdfive-cli").into()
}

/// Runs a verb in `folder`, as on a narrow terminal without colors.
pub fn verb(folder: &Path, verb: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program());
    command.current_dir(folder).arg(verb).args(arguments).env("COLUMNS", "60");
    let done = command.env_remove("CLICOLOR_FORCE").output();
    done.expect("the program starts")
}

/// What a verb writes that must not fail.
pub fn text(folder: &Path, name: &str, arguments: &[&str]) -> String {
    let done = verb(folder, name, arguments);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("text")
}

/// Our document of a file, made in the file's folder, as names in it are relative to that.
pub fn digest(file: &Path, driver: &str) -> Outcome {
    let folder = file.parent().expect("a file in a folder");
    digest_in(folder, Path::new(file.file_name().expect("a file")), driver)
}

/// Our document of a file, made in `folder`.
pub fn digest_in(folder: &Path, file: &Path, driver: &str) -> Outcome {
    let mut command = Command::new(program());
    command.current_dir(folder).arg("digest").args(["--external", "all"]);
    if !driver.is_empty() {
        command.args(["--driver", driver]);
    }
    run(command.arg(file), LIMIT)
}
