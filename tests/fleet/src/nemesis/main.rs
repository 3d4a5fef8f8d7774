//! The nemesis: lets a fleet of real processes work on a real store while faults hit both, and judges what it did.

mod args;
mod campaign;
mod chronicle;
mod clock;
mod crew;
mod faults;
mod stage;
mod writer;

use std::path::Path;
use std::process::ExitCode;

use crate::args::Task;
use crate::campaign::Campaign;

fn main() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let is_well = match args::parse(&args)? {
        Task::Help => {
            println!("{}", args::HELP);
            true
        }
        Task::Write { file } => writer::serve(Path::new(&file)).map(|()| true)?,
        Task::Run(run) => Campaign::run(&run)?,
        Task::Soak(run, lasting) => soak(&run, lasting)?,
    };
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs again and again, each time with the next seed, until the time is over or something is broken.
fn soak(first: &args::Run, lasting: std::time::Duration) -> anyhow::Result<bool> {
    let began = clock::now();
    for round in 0.. {
        if lasting <= clock::now() - began {
            println!("soaked for {lasting:?}: {round} runs, no violation");
            return Ok(true);
        }
        if !Campaign::run(&args::Run { seed: first.seed.wrapping_add(round), ..*first })? {
            return Ok(false);
        }
    }
    unreachable!("the loop has no end of its own")
}
