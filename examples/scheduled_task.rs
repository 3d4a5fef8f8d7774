//! Three processes with the same schedule, and one report in each slot: `cargo run --example scheduled_task`. One of
//! them is killed while it writes. `--slots 5` is how many slots each of them sees.

#[path = "support/args.rs"]
mod args;
#[path = "support/child.rs"]
mod child;
#[path = "support/display.rs"]
mod display;
#[path = "support/fleet.rs"]
mod fleet;
#[path = "support/store.rs"]
mod store;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, ensure};
use lockwork::{Attempt, State, Worker, global_once};
use tokio::time::sleep;

use crate::args::Args;
use crate::fleet::{End, Ended, Fleet};

const PROCESSES: usize = 3;

const USAGE: &str = "scheduled_task [--slots N]";

/// How long a report takes, and how long the process that writes the second one is left to live.
const WORK: Duration = Duration::from_millis(800);
const LIFE: Duration = Duration::from_millis(200);

/// The report of one slot, as the one process wrote it that came first.
///
/// Each slot leaves a record. It is needed for as long as a late process may still ask, or somebody who did it.
#[global_once(key = "report", per = "2s", timeout = "1s", max_attempts = 3, retain = "1h")]
async fn report(#[attempt] attempt: &Attempt) -> anyhow::Result<String> {
    child::now(format!("writes {}, in attempt {}", attempt.key(), attempt.number()));
    sleep(WORK).await;
    Ok(format!("what {} writes", std::process::id()))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = Args::new();
    let process: Option<usize> = args.value("--process")?;
    let slots = args.value("--slots")?.unwrap_or(5);
    args.finish(USAGE)?;
    ensure!((2..=1000).contains(&slots), "--slots can be 2 to 1000");
    match process {
        Some(_) => run_process(slots).await,
        None => run_fleet(slots).await,
    }
}

/// One of the three.
async fn run_process(slots: usize) -> anyhow::Result<()> {
    let mut completions = child::install_worker(child::tell).await?;
    let see_all = async {
        for _ in 0..slots {
            child::now("waits for the next slot");
            let done = completions.recv().await.context("the worker didn't tell of the completion")?;
            child::result(format!("saw {} by {} in attempt {}", done.key, done.holder, done.attempt));
            if done.ran_here {
                child::result(format!("wrote {}", done.key));
            }
        }
        anyhow::Ok(())
    };
    tokio::select! {
        // It goes on for ever, and this example does not.
        ended = lockwork::schedule(report) => ended.map(drop).context("nothing is scheduled"),
        seen = see_all => seen,
    }
}

/// The three, and whether each slot has one report.
async fn run_fleet(slots: usize) -> anyhow::Result<()> {
    let (url, worker) = fleet::shared_store().await?;
    println!("{PROCESSES} processes, a slot every 2 s; each process sees {slots} of them.");
    let args = ["--slots".to_owned(), slots.to_string()];
    let mut reports = 0;
    let ended = Fleet::start(PROCESSES, &args, &url)?
        .watch(|doing| {
            reports += usize::from(doing.starts_with("writes report@"));
            (reports == 2 && doing.starts_with("writes report@")).then_some(LIFE)
        })
        .await?;
    judge(&ended, slots, &worker).await
}

async fn judge(ended: &[Ended], slots: usize, worker: &Worker) -> anyhow::Result<()> {
    let living: Vec<&Ended> = ended.iter().filter(|process| process.end == End::Well).collect();
    ensure!(ended.iter().all(|process| process.end != End::Badly), "not all processes ended well");
    ensure!(living.len() == PROCESSES - 1, "{} of {PROCESSES} processes are left, one was to be killed", living.len());
    let seen: BTreeSet<&str> = living.iter().flat_map(|process| process.results("saw")).collect();
    let keys: BTreeSet<&str> = seen.iter().filter_map(|saw| saw.split(' ').next()).collect();
    ensure!(keys.len() == seen.len(), "the processes do not agree on who did it: {seen:?}");
    ensure!(slots <= keys.len(), "only {} slots were seen", keys.len());
    println!("Each slot, and who did it, the newest first:");
    let records = worker.records("report@").newest_first().limit(keys.len()).await?;
    for (key, record) in &records {
        ensure!(keys.contains(key.as_str()), "{key} was seen by nobody");
        ensure!(matches!(record.state, State::Done { .. }), "{key} is not done");
        let writers: Vec<&Ended> =
            ended.iter().filter(|process| process.results("wrote").contains(&key.as_str())).collect();
        // The one that was killed tells nothing any more of what it did first.
        ensure!(writers.len() <= 1, "{key} was written by {} processes", writers.len());
        let (holder, took) = (record.holder.label(), record.took.unwrap_or_default());
        println!("  {key}  done in attempt {} by {holder}, in {took:?}", record.attempts);
    }
    ensure!(records.len() == keys.len(), "{} of {} slots have a record", records.len(), keys.len());
    println!("{} slots, each done exactly once, although one process was killed.", keys.len());
    Ok(())
}
