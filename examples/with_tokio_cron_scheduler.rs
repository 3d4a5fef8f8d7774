//! The same job under another scheduler, the crate `tokio-cron-scheduler`: `cargo run --example
//! with_tokio_cron_scheduler`. Each of three processes has a scheduler of its own, and each report is written once.

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

use std::time::Duration;

use anyhow::{Context, ensure};
use lockwork::{Attempt, State, Worker, global_once};
use tokio::time::sleep;
use tokio_cron_scheduler::{Job, JobScheduler};

use crate::args::Args;
use crate::fleet::{End, Ended, Fleet};

const PROCESSES: usize = 3;

const USAGE: &str = "with_tokio_cron_scheduler [--slots N]";

/// When the schedulers call: in the middle of the slots. Where a slot begins two clocks would not agree which one it is.
const ODD_SECONDS: &str = "1/2 * * * * *";

/// The report of one slot.
#[global_once(key = "report", per = "2s", timeout = "1s", max_attempts = 3, retain = "1h")]
async fn report(#[attempt] attempt: &Attempt) -> anyhow::Result<String> {
    child::now(format!("writes {}, in attempt {}", attempt.key(), attempt.number()));
    sleep(Duration::from_millis(300)).await;
    Ok(format!("what {} writes", std::process::id()))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = Args::new();
    let process: Option<usize> = args.value("--process")?;
    let slots = args.value("--slots")?.unwrap_or(4);
    args.finish(USAGE)?;
    ensure!((1..=1000).contains(&slots), "--slots can be 1 to 1000");
    match process {
        Some(_) => run_process(slots).await,
        None => run_fleet(slots).await,
    }
}

/// One of the three.
async fn run_process(slots: usize) -> anyhow::Result<()> {
    let mut completions = child::install_worker(child::tell).await?;
    let scheduler = JobScheduler::new().await?;
    let job = Job::new_async(ODD_SECONDS, |_, _| {
        Box::pin(async {
            if let Err(error) = report().await {
                child::say(format!("got no report: {error}"));
            }
        })
    })?;
    scheduler.add(job).await?;
    scheduler.start().await?;
    for _ in 0..slots {
        child::now("waits for its scheduler");
        let done = completions.recv().await.context("the worker didn't tell of the completion")?;
        child::result(format!("saw {} by {}", done.key, done.holder));
    }
    Ok(())
}

/// The three, and whether each slot has one report.
async fn run_fleet(slots: usize) -> anyhow::Result<()> {
    let (url, worker) = fleet::shared_store().await?;
    println!("{PROCESSES} processes, a slot every 2 s; each process sees {slots} of them.");
    let args = ["--slots".to_owned(), slots.to_string()];
    let ended = Fleet::start(PROCESSES, &args, &url)?.watch(|_| None).await?;
    judge(&ended, slots, &worker).await
}

async fn judge(ended: &[Ended], slots: usize, worker: &Worker) -> anyhow::Result<()> {
    ensure!(ended.iter().all(|process| process.end == End::Well), "not all processes ended well");
    println!("The newest slots, and who did them:");
    for (key, record) in worker.records("report@").newest_first().limit(slots).await? {
        ensure!(matches!(record.state, State::Done { .. }), "{key} is not done");
        let (holder, took) = (record.holder.label(), record.took.unwrap_or_default());
        let saw = format!("{key} by {holder}");
        ensure!(ended.iter().any(|process| process.results("saw").contains(&saw.as_str())), "nobody saw {key}");
        println!("  {key}  done in attempt {} by {holder}, in {took:?}", record.attempts);
    }
    println!("{slots} slots, each done exactly once.");
    Ok(())
}
