//! The command line, parsed. Starts nothing.

use std::time::Duration;

use anyhow::{Context, bail};

pub(crate) const HELP: &str = "\
Lets a fleet of processes work on a real store while overlapping faults hit both, and judges the history.

usage: nemesis --store redis|sqlite [--jobs N] [--members N] [--seed N] [--soak TIME] [--lenient]

  --store    redis (a server of its own, each member behind a fault proxy) or sqlite (a file of its own)
  --jobs     how many jobs are called at least; default 1000. It goes on until every kind of fault was in force
  --members  how many processes there are at a time; default 6
  --seed     what the jobs, their callers, and each fault and its target follow from; default: drawn
  --soak     runs again and again, with the next seed each time, for so long: 90s, 30min, 2h
  --lenient  for machines that stand still for longer than a lease's margin by themselves, which is like a fault that
             nobody noted: CutInTime, HolderIsKept and AttemptsAreUsed, which such a pause breaks, are not judged

The jobs and the schedule of the faults follow exactly from the seed. How real processes and the faults fall into each
other does not: another run with the same seed has the same faults in the same order, and a history of its own.

Ends well only if no rule is broken and every kind of fault was felt. Else it says what is broken, the history of those
jobs, and where the files are.";

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Help,
    Run(Run),
    Soak(Run, Duration),
    /// To be a process that writes to a SQLite file beside lockwork.
    Write {
        file: String,
    },
}

/// One run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) store: Store,
    pub(crate) jobs: u64,
    pub(crate) members: u64,
    pub(crate) seed: u64,
    /// Whether rules are excused that a machine breaks which stands still by itself.
    pub(crate) is_lenient: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Redis,
    Sqlite,
}

impl Run {
    /// The command that does this again.
    pub(crate) fn replay(&self) -> String {
        let Self { store, jobs, members, seed, is_lenient } = self;
        let lenient = if *is_lenient { " --lenient" } else { "" };
        let store = match store {
            Store::Redis => "redis",
            Store::Sqlite => "sqlite",
        };
        format!(
            "cargo run --release -p lockwork-fleet --bin nemesis -- --store {store} --jobs {jobs} --members {members} \
             --seed {seed}{lenient}"
        )
    }
}

pub(crate) fn parse(args: &[&str]) -> anyhow::Result<Task> {
    if let ["writer", file] = args {
        return Ok(Task::Write { file: (*file).to_owned() });
    }
    if args.is_empty() || args.iter().any(|arg| matches!(*arg, "--help" | "-h")) {
        return Ok(Task::Help);
    }
    let (mut store, mut soak) = (None, None);
    let mut run =
        Run { store: Store::Redis, jobs: 1000, members: 6, seed: u64::from(std::process::id()), is_lenient: false };
    let mut rest = args;
    while let [name, after @ ..] = rest {
        if *name == "--lenient" {
            run.is_lenient = true;
            rest = after;
            continue;
        }
        let [value, after @ ..] = after else { bail!("{name} needs a value; see --help") };
        let number = || value.parse().with_context(|| format!("{name} is a number, not {value:?}"));
        match *name {
            "--store" => store = Some(parse_store(value)?),
            "--jobs" => run.jobs = number()?,
            "--members" => run.members = number()?,
            "--seed" => run.seed = number()?,
            "--soak" => soak = Some(parse_time(value)?),
            _ => bail!("no such argument: {name}; see --help"),
        }
        rest = after;
    }
    run.store = store.context("which store? See --help")?;
    if run.members < 4 || run.jobs == 0 {
        bail!("it takes 4 members and a job at least");
    }
    Ok(match soak {
        Some(lasting) => Task::Soak(run, lasting),
        None => Task::Run(run),
    })
}

fn parse_store(name: &str) -> anyhow::Result<Store> {
    match name {
        "redis" => Ok(Store::Redis),
        "sqlite" => Ok(Store::Sqlite),
        _ => bail!("no such store: {name:?}; it is redis or sqlite"),
    }
}

fn parse_time(text: &str) -> anyhow::Result<Duration> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        _ => bail!("a time is like 90s, 30min or 2h, not {text:?}"),
    };
    let number: u64 = digits.parse().with_context(|| format!("a time is like 90s, 30min or 2h, not {text:?}"))?;
    Ok(Duration::from_secs(number * unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_is_the_run_again() {
        for is_lenient in [false, true] {
            let run = Run { store: Store::Sqlite, jobs: 50, members: 5, seed: 7, is_lenient };
            let replay = run.replay();
            let (_, args) = replay.split_once(" -- ").expect("it has arguments");
            assert_eq!(parse(&args.split(' ').collect::<Vec<_>>()).expect("it is understood"), Task::Run(run));
        }
    }

    #[test]
    fn times_have_units() {
        let task = parse(&["--store", "redis", "--soak", "2h"]).expect("it is understood");
        assert!(matches!(task, Task::Soak(_, lasting) if lasting == Duration::from_secs(7200)), "{task:?}");
        for wrong in ["2", "h", "2d", ""] {
            assert!(parse(&["--store", "redis", "--soak", wrong]).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for wrong in [&["--jobs", "5"][..], &["--store", "mysql"], &["--store"], &["--store", "redis", "--job", "5"]] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
