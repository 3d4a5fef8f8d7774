//! Many processes, each of which mostly fails, until one succeeds or all attempts are spent: `cargo run --example
//! cluster`. With `--workers N` it starts N processes, with `--chance P` an attempt succeeds in P of 100 cases.

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

use std::hash::{BuildHasher, RandomState};
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::{Context, ensure};
use lockwork::{Attempt, ErrorKind, global_once};
use tokio::time::sleep;

use crate::args::Args;
use crate::fleet::{End, Ended, Fleet};

const USAGE: &str = "cluster [--workers N] [--chance P]";

/// How often luck is tried, by all workers together.
const ATTEMPTS: u32 = 5;

/// The number that all workers of a run return, whoever found it.
///
/// The timeout only counts for those who say nothing any more. After a failure the next attempt begins as soon as the
/// backoff is over, by whomever.
#[global_once(key = "cluster:{run}", timeout = "5s", max_attempts = ATTEMPTS, backoff = "50ms", retain = "1h")]
async fn find(run: &str, chance: u64, #[attempt] attempt: &Attempt) -> anyhow::Result<u64> {
    sleep(Duration::from_millis(200 + random() % 600)).await;
    ensure!(random() % 100 < chance, "no luck in attempt {}", attempt.number());
    Ok(random() % 1000)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = Args::new();
    let (process, run): (Option<usize>, Option<String>) = (args.value("--process")?, args.value("--run")?);
    let cores = available_parallelism().map_or(1, usize::from);
    let workers = args.value("--workers")?.unwrap_or_else(|| cores.max(8));
    let chance = args.value("--chance")?.unwrap_or(15);
    args.finish(USAGE)?;
    ensure!((1..=1000).contains(&workers), "--workers can be 1 to 1000");
    ensure!(chance <= 100, "--chance can be 0 to 100");
    match (process, run) {
        (Some(_), Some(run)) => run_worker(&run, chance).await,
        _ => run_cluster(workers, chance).await,
    }
}

async fn run_worker(run: &str, chance: u64) -> anyhow::Result<()> {
    let mut completions = child::install_worker(child::tell).await?;
    match find(run, chance).await {
        Ok(number) => {
            let done = completions.recv().await.context("the worker didn't tell of the completion")?;
            let last = if done.attempt == ATTEMPTS { ", the last one," } else { "" };
            child::say(format!("got the answer {number}, which attempt {} of {ATTEMPTS}{last} found", done.attempt));
            child::result(format!("fate {} completed it in attempt {} and found {number}", done.holder, done.attempt));
            if done.ran_here {
                child::result(format!("completed {number}"));
            }
        }
        Err(error) => {
            // Whose attempt was the last gets its own error, the others one that says that no attempt is left.
            let kind = error.downcast_ref::<lockwork::Error>().map(lockwork::Error::kind);
            ensure!(matches!(kind, None | Some(ErrorKind::Exhausted)), error);
            child::say(format!("got no answer: {error}"));
            child::result("fate all attempts are spent");
        }
    }
    Ok(())
}

async fn run_cluster(workers: usize, chance: u64) -> anyhow::Result<()> {
    let (url, _) = fleet::shared_store().await?;
    let run = format!("{:016x}", random());
    let args = ["--run", &run, "--chance", &chance.to_string()].map(str::to_owned);
    let ended = Fleet::start(workers, &args, &url)?.watch(|_| None).await?;
    judge(&ended)
}

/// All workers must have learnt the same, and at most one may have done it.
fn judge(ended: &[Ended]) -> anyhow::Result<()> {
    let fate = ended[0].results("fate").pop().context("no worker told the job's fate")?;
    for process in ended {
        ensure!(process.end == End::Well, "{} did not end well", process.name);
        ensure!(process.results("fate") == [fate], "{} learnt something else", process.name);
    }
    let completed: Vec<&Ended> = ended.iter().filter(|process| !process.results("completed").is_empty()).collect();
    ensure!(completed.len() == usize::from(fate.contains("completed")), "{} workers completed it", completed.len());
    println!("{} workers, one fate: {fate}.", ended.len());
    Ok(())
}

/// The standard library seeds its hashers with random bits.
fn random() -> u64 {
    RandomState::new().hash_one(())
}
