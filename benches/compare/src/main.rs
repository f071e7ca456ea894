//! Times hdfive, the C library and other HDF5 crates on the same work, side by side.
//!
//! Each measurement is a process of its own, so that its peak memory is its own too; the programs
//! take turns within each round, so that whatever else the machine does falls on all of them.

mod cached;
mod growth;
mod harness;
mod libhdf5;
mod memory;
mod session;
mod table;
mod value;
mod workload;
mod workloads;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};

use crate::harness::Plan;
use crate::session::Session;
use crate::workload::Program;

/// Times hdfive, libhdf5 and other HDF5 crates on the same work.
#[derive(Parser)]
struct Arguments {
    /// Folder with the files that generate.py made.
    #[arg(long, global = true, default_value = "target/data")]
    data: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs workloads and prints the table of ratios.
    Run {
        /// Only workloads whose name starts with one of these: r4,w2
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
        /// Only these programs, besides libhdf5.
        #[arg(long, value_delimiter = ',', value_enum)]
        programs: Vec<Program>,
        /// Times that each program takes its turn.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// Also compares the time of processors, which suffers less from a busy machine.
        #[arg(long)]
        cpu: bool,
        /// First has the system read all input files anew, so that its cache holds them as those that
        /// were read in one go.
        #[arg(long)]
        anew: bool,
    },
    /// Lists the workloads.
    List,
    /// Prints how the times of what is done with groups and attributes grow with their number.
    Growth {
        /// The smallest number; the others are 4 and 16 times as large.
        #[arg(long, default_value_t = 4000)]
        n: usize,
    },
    /// One measurement, in this process.
    #[command(hide = true)]
    One { workload: String, program: Program },
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.command {
        Command::Run { only, programs, rounds, cpu, anew } => {
            if anew {
                cached::read_anew(&arguments.data)?;
            }
            let plan = Plan { data: arguments.data, only, programs, rounds };
            let results = harness::run(&plan)?;
            print!("{}", table::markdown(&results, cpu));
            ensure!(!results.iter().any(harness::Row::is_wrong), "hdfive failed");
        }
        Command::List => {
            for workload in workloads::all() {
                println!("{:16} {}", workload.name, workload.title);
            }
        }
        Command::Growth { n } => growth::print(&arguments.data, n)?,
        Command::One { workload, program } => {
            let found = workloads::all().into_iter().find(|one| one.name == workload);
            let found = found.with_context(|| format!("no workload {workload}"))?;
            let mut session = Session::new(&arguments.data)?;
            (found.run)(program, &mut session)?;
            print!("{}", session.report()?);
        }
    }
    Ok(())
}
