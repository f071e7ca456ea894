//! `h5 check`: whether a file is sound, and what is wrong where it is not.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use hdfive::{
    AccountProblem, CheckReport, Checker, Error, ErrorKind, Fault, FaultCause, Severity, UsedBytes,
};
use serde_json::{Value, json};

use crate::access::Access;
use crate::failure::{Failure, Trouble};
use crate::names::printable;

/// Exit codes: what is wrong with the file, or that it could not be looked at.
const FAULTY: u8 = 1;
const UNOPENED: u8 = 2;

/// What is checked, and how it is told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Read all elements, too: each chunk through its filters, and what elements keep in heaps
    #[arg(short, long)]
    data: bool,
    /// Tell of space, too, that nothing uses
    #[arg(short, long)]
    waste: bool,
    /// Tell what each byte of the file is used for
    #[arg(short, long)]
    map: bool,
    /// Tell everything as one JSON document a file, one a line
    #[arg(long)]
    json: bool,
    /// Files to be checked
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Checks each file.
pub(crate) fn run(
    access: &Access,
    options: &Options,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let mut worst = 0;
    for path in &options.files {
        let code = match check(access, options, path, out) {
            Ok(true) => 0,
            Ok(false) => FAULTY,
            Err(Trouble::Output(failure)) => return Err(failure),
            Err(Trouble::Data(error)) => {
                unopened(options, path, error, out)?;
                UNOPENED
            }
        };
        worst = code.max(worst);
    }
    Ok(worst.into())
}

/// Whether a file is sound.
fn check(
    access: &Access,
    options: &Options,
    path: &Path,
    out: &mut dyn Write,
) -> Result<bool, Trouble> {
    let file = access.builder(path).open(path)?;
    let checker = Checker::new().elements(options.data).map(options.map);
    let name = path.display().to_string();
    let (mut failed, mut faults) = (None, Vec::new());
    let checked = checker.check_with(&file, |fault| {
        if options.json {
            faults.push(document(&fault));
            return ControlFlow::Continue(());
        }
        if fault.severity() == Severity::Waste && !options.waste {
            return ControlFlow::Continue(());
        }
        let told = writeln!(
            out,
            "{}: {}{}",
            printable(&name),
            word(&fault),
            printable(&fault.to_string())
        );
        match told {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    if let Some(error) = failed {
        return Err(error.into());
    }
    let report = checked?;
    if options.json {
        writeln!(out, "{}", whole(&name, &report, faults))?;
    } else {
        for used in &report.used {
            let (bytes, kind) = (&used.bytes, if used.is_metadata { "metadata" } else { "data" });
            let path = if used.path.is_empty() { "the file" } else { &used.path };
            writeln!(out, "{:#x}..{:#x} {kind} {}", bytes.start, bytes.end, printable(path))?;
        }
        writeln!(out, "{}: {}", printable(&name), summary(&report))?;
    }
    Ok(report.is_sound())
}

fn word(fault: &Fault) -> &'static str {
    match fault.severity() {
        Severity::Waste => "waste: ",
        Severity::Unchecked => "not checked: ",
        _ => "",
    }
}

fn summary(report: &CheckReport) -> String {
    let mut said = match report.damaged {
        0 => "sound".to_owned(),
        1 => "1 fault".to_owned(),
        many => format!("{many} faults"),
    };
    let account = &report.account;
    let (objects, metadata, data) = (report.objects, account.metadata, account.raw_data);
    let objects = if objects == 1 { "1 object".to_owned() } else { format!("{objects} objects") };
    said += &format!("; {objects}, {metadata} bytes of metadata, {data} of data");
    if account.free > 0 {
        said += &format!(", {} free", account.free);
    }
    if account.lost() > 0 {
        said += &format!(", {} lost", account.lost());
    }
    if report.unchecked > 0 {
        said += &format!("; not checked: {}", report.unchecked);
    }
    said
}

/// A file that could not be opened, or was not there to the end.
fn unopened(
    options: &Options,
    path: &Path,
    error: Error,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    if options.json {
        let name = path.display().to_string();
        let mut told = json!({ "file": name, "sound": false, "error": error.to_string() });
        place(&mut told, error.location());
        writeln!(out, "{told}")?;
        return Ok(());
    }
    Failure::with(path, error).report();
    Ok(())
}

fn whole(name: &str, report: &CheckReport, faults: Vec<Value>) -> Value {
    let account = &report.account;
    let used = |used: &UsedBytes| {
        let kind = if used.is_metadata { "metadata" } else { "data" };
        json!([used.bytes.start, used.bytes.end, kind, used.path])
    };
    let mut told = json!({
        "file": name,
        "sound": report.is_sound(),
        "objects": report.objects,
        "metadata_bytes": account.metadata,
        "data_bytes": account.raw_data,
        "free_bytes": account.free,
        "lost_bytes": account.lost(),
        "faults": faults,
    });
    if !report.used.is_empty() {
        put(&mut told, "used", report.used.iter().map(used).collect());
    }
    told
}

fn document(fault: &Fault) -> Value {
    let severity = match fault.severity() {
        Severity::Waste => "waste",
        Severity::Unchecked => "unchecked",
        _ => "damage",
    };
    let mut told = json!({ "severity": severity, "message": fault.to_string() });
    if let Some(path) = fault.path() {
        put(&mut told, "path", json!(path));
    }
    if let Some(path) = fault.other_path() {
        put(&mut told, "other_path", json!(path));
    }
    place(&mut told, fault.location());
    if let FaultCause::Space(problem) = fault.cause() {
        space(&mut told, problem);
    }
    if let FaultCause::Unreadable(error) = fault.cause()
        && let ErrorKind::Malformed(_) = error.kind()
    {
        put(&mut told, "kind", json!("malformed"));
    }
    told
}

/// The structure, field and offset of a fault.
fn place(told: &mut Value, location: Option<hdfive::ErrorLocation>) {
    if let Some(place) = location {
        put(told, "structure", json!(place.structure));
        put(told, "field", json!(place.field));
        put(told, "offset", json!(place.offset));
    }
}

/// The bytes or the object that a problem of the file's space is about.
fn space(told: &mut Value, problem: &AccountProblem) {
    let (kind, range, heap) = match problem {
        AccountProblem::Lost(range) => ("lost", Some(range), None),
        AccountProblem::UsedTwice(range) => ("used_twice", Some(range), None),
        AccountProblem::UsedAndFree(range) => ("used_and_free", Some(range), None),
        AccountProblem::BehindEnd(range) => ("behind_end", Some(range), None),
        AccountProblem::Unnamed { heap, index } => ("unnamed", None, Some((heap, index))),
        AccountProblem::NamedTwice { heap, index } => ("named_twice", None, Some((heap, index))),
        AccountProblem::Missing { heap, index } => ("missing", None, Some((heap, index))),
        AccountProblem::Miscounted { object, .. } => {
            put(told, "offset", json!(object));
            ("miscounted", None, None)
        }
        _ => ("space", None, None),
    };
    put(told, "kind", json!(kind));
    if let Some(range) = range {
        put(told, "offset", json!(range.start));
        put(told, "end", json!(range.end));
    }
    if let Some((heap, index)) = heap {
        put(told, "offset", json!(heap));
        put(told, "heap_object", json!(index));
    }
}

fn put(told: &mut Value, key: &str, value: Value) {
    if let Value::Object(fields) = told {
        fields.insert(key.to_owned(), value);
    }
}
