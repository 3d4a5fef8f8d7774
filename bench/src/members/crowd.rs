//! A process with so many waiters of one key: `waiting MILLIS BYTES` when all wait, `told` when all have returned.

use std::sync::Arc;

use ::lockwork::{Error, Job};
use anyhow::Context;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::clock;
use crate::load::Flavour;
use crate::ways::lockwork;

pub(crate) fn run(url: &str, key: &str, count: &str) -> anyhow::Result<()> {
    let count: usize = count.parse().context("the count is a number")?;
    Flavour::CurrentThread.runtime()?.block_on(wait(url, key, count))
}

async fn wait(url: &str, key: &str, count: usize) -> anyhow::Result<()> {
    let worker = lockwork::worker(url).await?;
    let (before, began) = (memory()?, clock::now());
    let begun = Arc::new(Semaphore::new(0));
    let mut waiters = JoinSet::new();
    for _ in 0..count {
        let (worker, begun, job) = (Arc::clone(&worker), Arc::clone(&begun), Job::new(key));
        waiters.spawn(async move {
            begun.add_permits(1);
            worker.run(&job, |_| async { Ok::<u8, Error>(0) }).await
        });
    }
    begun.acquire_many(u32::try_from(count)?).await?.forget();
    // What is asked after them is answered after them.
    worker.record(key).await?;
    let (took, grown) = ((clock::now() - began).as_secs_f64() * 1e3, memory()?.saturating_sub(before));
    println!("waiting {took} {grown}");
    while let Some(returned) = waiters.join_next().await {
        anyhow::ensure!(returned.context("a waiter panicked")??.value == 42);
    }
    println!("told");
    // Who ends at once spends its time on that.
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}

/// What of this process is in memory, in bytes.
fn memory() -> anyhow::Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the kernel says it")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<usize>()? * 1024)
}
