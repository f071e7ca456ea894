//! Programs take turns, each in a process of its own.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::memory;
use crate::session::Measured;
use crate::workload::{Program, Workload};
use crate::workloads;

/// Longest that one process may take: what does the work in more than that is not compared.
const LONGEST: Duration = Duration::from_secs(60);

/// What to run.
pub struct Plan {
    pub data: PathBuf,
    pub only: Vec<String>,
    pub programs: Vec<Program>,
    pub rounds: usize,
}

/// What one program did with one workload.
#[derive(Debug, Default, Clone)]
pub struct Outcome {
    pub times: Vec<Measured>,
    pub peak: u64,
    pub result_bytes: u64,
    pub file_bytes: u64,
    check: Option<String>,
    /// Why there is nothing.
    pub failed: Option<String>,
}

impl Outcome {
    /// The fastest, in seconds.
    pub fn best(&self) -> Option<f64> {
        self.times.iter().map(|time| time.wall).reduce(f64::min)
    }

    /// The least time of processors, in seconds.
    pub fn best_cpu(&self) -> Option<f64> {
        self.times.iter().map(|time| time.cpu).reduce(f64::min)
    }

    /// The one in the middle, in seconds.
    pub fn median(&self) -> Option<f64> {
        let mut walls: Vec<f64> = self.times.iter().map(|time| time.wall).collect();
        walls.sort_by(f64::total_cmp);
        walls.get(walls.len() / 2).copied()
    }
}

/// A workload and what came of it.
pub struct Row {
    pub workload: Workload,
    pub outcomes: HashMap<Program, Outcome>,
}

impl Row {
    /// This library could not do what it is to do.
    pub fn is_wrong(&self) -> bool {
        let target = self.workload.target;
        let wanted =
            [(Program::Hdfive1, target.one_thread), (Program::Hdfive2, target.two_threads)];
        wanted.into_iter().any(|(program, target)| {
            let outcome = self.outcomes.get(&program).filter(|_| target.is_some());
            outcome.is_some_and(|outcome| outcome.failed.is_some())
        })
    }
}

/// Runs all that `plan` says.
pub fn run(plan: &Plan) -> Result<Vec<Row>> {
    let wanted = |one: &Workload| {
        plan.only.is_empty() || plan.only.iter().any(|start| one.name.starts_with(start.as_str()))
    };
    let mut rows = Vec::new();
    for workload in workloads::all().into_iter().filter(wanted) {
        eprintln!("{}", workload.title);
        rows.push(run_one(plan, workload)?);
    }
    Ok(rows)
}

fn run_one(plan: &Plan, workload: Workload) -> Result<Row> {
    let mut outcomes: HashMap<Program, Outcome> = HashMap::new();
    let two_threads =
        |program: &Program| *program != Program::Hdfive2 || workload.target.two_threads.is_some();
    let asked = |program: &Program| {
        *program == Program::Libhdf5 || plan.programs.is_empty() || plan.programs.contains(program)
    };
    for _ in 0..plan.rounds {
        for program in Program::ALL.into_iter().filter(two_threads).filter(asked) {
            let outcome = outcomes.entry(program).or_default();
            if outcome.failed.is_none() {
                turn(plan, workload, program, outcome)?;
            }
        }
    }
    let Some(expected) = outcomes.get(&Program::Libhdf5).and_then(|one| one.check.clone()) else {
        bail!(
            "libhdf5 itself could not do {}: {:?}",
            workload.name,
            outcomes.get(&Program::Libhdf5)
        );
    };
    for (program, outcome) in &mut outcomes {
        if outcome.check.as_ref().is_some_and(|check| *check != expected) {
            eprintln!("  {}: has another result than libhdf5", program.title());
            outcome.failed = Some("has another result".to_owned());
        }
    }
    Ok(Row { workload, outcomes })
}

/// What a process printed; `None` where it was stopped, as it took too long. It prints little.
fn finished(mut command: Command) -> Result<Option<Output>> {
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    while child.try_wait()?.is_none() {
        if begun.elapsed() > LONGEST {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(Some(child.wait_with_output()?))
}

/// One process.
fn turn(plan: &Plan, workload: Workload, program: Program, outcome: &mut Outcome) -> Result<()> {
    let name = clap::ValueEnum::to_possible_value(&program).context("all have names")?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--data").arg(&plan.data).arg("one").arg(workload.name).arg(name.get_name());
    // One of the peers takes half the processors unless it is told.
    command.env("RUST_HDF5_IO_THREADS", "2").env("RUST_BACKTRACE", "0");
    memory::fetch_from_host();
    let Some(done) = finished(command)? else {
        outcome.failed = Some("takes more than a minute".to_owned());
        eprintln!("  {}: takes more than a minute", program.title());
        return Ok(());
    };
    if !done.status.success() {
        let words = String::from_utf8_lossy(&done.stderr);
        let why = words.trim().trim_start_matches("Error: ");
        eprintln!("  {}: {why}", program.title());
        outcome.failed = Some(why.to_owned());
        return Ok(());
    }
    for line in String::from_utf8(done.stdout)?.lines() {
        let mut words = line.split_whitespace();
        let (what, value) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        match what {
            "time" => {
                let cpu = words.next().unwrap_or_default().parse()?;
                outcome.times.push(Measured { wall: value.parse()?, cpu });
            }
            "check" => outcome.check = Some(value.to_owned()),
            "peak" => outcome.peak = outcome.peak.max(value.parse()?),
            "result" => outcome.result_bytes = value.parse()?,
            "file" => outcome.file_bytes = value.parse()?,
            other => bail!("a process printed {other:?}"),
        }
    }
    Ok(())
}
