//! `h5 recover FILE -o NEW`: what can be read of a damaged file, in a new one.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use hdfive::{Salvaged, Salvager};

use crate::access::Access;
use crate::failure::{Failure, Why};
use crate::names::printable;
use crate::replacement::Replacement;

/// Exit codes: something is lost, or all is.
const LOST: u8 = 1;
const NOTHING: u8 = 2;

/// Brings what is left of the one file to `new`, in whose place there may be something only where it
/// says so.
pub(super) fn run(
    access: &Access,
    files: &[PathBuf],
    (new, force): (&Path, bool),
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let [path] = files else {
        return Err(Failure::Told("-o takes what is left of one file, not of several".to_owned()));
    };
    let salvaged = match salvage(access, path, new, force) {
        Ok(salvaged) => salvaged,
        Err(why) => {
            Failure::with(path, why).report();
            return Ok(NOTHING.into());
        }
    };
    let name = path.display().to_string();
    for loss in &salvaged.losses {
        writeln!(out, "{}: {}", printable(&name), printable(&loss.to_string()))?;
    }
    writeln!(out, "{}: {}", printable(&name), summary(&salvaged))?;
    Ok(if salvaged.is_whole() { ExitCode::SUCCESS } else { LOST.into() })
}

fn salvage(access: &Access, path: &Path, new: &Path, force: bool) -> Result<Salvaged, Why> {
    let told = |error: std::io::Error| Why::new(format!("{}: {error}", new.display()));
    if let Ok(place) = fs::canonicalize(new) {
        if fs::canonicalize(path).is_ok_and(|path| path == place) {
            return Err(Why::new("a file is not salvaged into itself"));
        }
        if !force {
            let why = format!("{} is there: --force writes over it", new.display());
            return Err(Why::new(why));
        }
    }
    let made = Replacement::of(new).map_err(told)?;
    let salvager = Salvager::new().open_with(access.builder(path)).overwrite(true);
    let salvaged = salvager.salvage(path, made.path())?;
    made.finish().map_err(told)?;
    Ok(salvaged)
}

fn summary(salvaged: &Salvaged) -> String {
    let count = |count: u64, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    let mut words = count(salvaged.objects, "object") + " brought";
    if salvaged.found > 0 {
        words += &format!(", {} of them to /lost+found", salvaged.found);
    }
    let losses = u64::try_from(salvaged.losses.len()).unwrap_or(u64::MAX);
    match losses {
        0 => words + ", nothing lost",
        1 => words + ", 1 thing lost",
        _ => words + &format!(", {losses} things lost"),
    }
}
