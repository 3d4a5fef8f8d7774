//! lockwork beside what people would use instead, in one run on one machine.

mod args;
mod bench;
mod callers;
mod callgrind;
mod cases;
mod clock;
mod contest;
mod cores;
mod foreign;
mod load;
mod machine;
mod members;
mod peers;
mod postgres_server;
mod processes;
mod redis_server;
mod rounds;
mod spread;
mod sqlite_file;
mod stores;
mod table;
mod target;
mod together;
mod ways;

// The record is private to its crate, so its files are this program's too. Their tests are not.
#[cfg(not(test))]
#[path = "../../lockwork-runtime/src"]
#[expect(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "another crate's files, of which this one uses the transitions alone"
)]
mod runtime {
    pub(crate) mod policy;
    pub(crate) mod record;
}

#[cfg(not(test))]
use runtime::{policy, record};

use anyhow::Context;

use crate::args::{Asked, HELP, Run};
use crate::bench::{Bench, Depth};
use crate::cores::Cores;

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1).peekable();
    if args.next_if_eq("member").is_some() {
        return members::run(&args.collect::<Vec<_>>());
    }
    match args::parse(args)? {
        Asked::Help => print!("{HELP}"),
        Asked::List => cases::ALL.iter().for_each(|case| println!("{}", case.name)),
        Asked::Run(run) => measure(&run)?,
    }
    Ok(())
}

fn measure(run: &Run) -> anyhow::Result<()> {
    let cores = Cores::divide()?;
    let awake = processes::keep_awake(cores);
    let mut bench = Bench::new(run.depth, cores, run.counts);
    bench.say(format!("{}\n{}", machine::describe(), peers::describe()));
    bench.say(setting(&bench, awake.is_ok()));
    let mut failed = Vec::new();
    for case in cases::ALL.iter().filter(|case| run.chooses(case.name)) {
        eprintln!("… {}", case.name);
        // What the others have seen is worth something all the same.
        if let Err(error) = (case.measure)(&mut bench) {
            bench.say(format!("- the case {} came to nothing: {error:#}\n", case.name));
            failed.push(case.name);
        }
    }
    let written = bench.finish();
    if let Some(file) = &run.markdown {
        std::fs::write(file, written).with_context(|| format!("{file:?} cannot be written"))?;
    }
    anyhow::ensure!(failed.is_empty(), "these cases came to nothing: {}", failed.join(", "));
    Ok(())
}

/// How it is measured, in a few lines.
fn setting(bench: &Bench, is_awake: bool) -> String {
    let awake = if is_awake { "an idle-priority process keeps them from sleeping" } else { "idle cores may sleep" };
    let depth = match bench.depth {
        Depth::Full => "a full run",
        Depth::Quick => "a quick run, whose figures are rough",
    };
    let (cores, rounds, span) = (bench.cores, bench.rounds(), bench.span());
    format!(
        "- {cores}; {awake}\n\
         - {depth}: each figure is the median of {rounds} rounds of {span:?}, after one that does not count; in each round \
         all contestants of a table are measured, in another order; ratios are of two figures of one round\n\
         - a contestant has one connection for all its callers, rslock's once a second one for what is done; all with \
         `TCP_NODELAY`, and RESP3 where it is Redis\n"
    )
}
