//! Many waiters of one key in one process: what each of them costs it, and how long it takes to tell all.

use std::sync::Arc;
use std::time::Duration;

use ::lockwork::{Error, Job, Worker};
use anyhow::Context;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use crate::bench::Bench;
use crate::clock;
use crate::load::Flavour;
use crate::processes;
use crate::redis_server::Redis;
use crate::rounds::{Contestant, Metric, Sample, take_turns};
use crate::spread::shown;
use crate::ways::lockwork;

const JOIN: Metric = Metric("to begin to wait, ms");
const TELL: Metric = Metric("completion to all told, ms");
const EACH: Metric = Metric("for each, µs");
const BYTES: Metric = Metric("memory of each, bytes");

/// Waiters of a job that another process does.
pub(crate) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let redis = Redis::start(bench.cores)?;
    let runtime = Flavour::CurrentThread.runtime()?;
    let holder = runtime.block_on(lockwork::worker(&redis.url()))?;
    let counts: &[usize] = bench.pick(&[1, 10, 100, 1000, 10_000, 100_000], &[1, 100, 10_000]);
    let url = redis.url();
    let contestants = counts.iter().map(|&count| {
        let (url, holder, runtime) = (&url, &holder, &runtime);
        Contestant::new(name(count), move |round| {
            let key = format!("crowd-{count}-{round}");
            wait_together(runtime, holder, url, count, &key)
        })
    });
    let series = take_turns(bench.rounds(), contestants.collect())?;
    let fewest = name(counts[0]);
    let mut table =
        series.table("Waiters of one key in one process, on Redis", &fewest, TELL, &[JOIN, TELL, EACH, BYTES]);
    table.remark("The memory is what the process grows by, with the tasks that wait. Of few waiters it says nothing.");
    bench.show(&table);
    Ok(())
}

fn name(count: usize) -> String {
    match count {
        1 => "1 waiter".to_owned(),
        2..10_000 => format!("{count} waiters"),
        _ => format!("{} waiters", shown(count as f64)),
    }
}

/// One body here, and so many waiters in another process.
fn wait_together(
    runtime: &Runtime,
    holder: &Arc<Worker>,
    url: &str,
    count: usize,
    key: &str,
) -> anyhow::Result<Sample> {
    let (begun, end) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let job = Job::new(key).timeout(Duration::from_secs(600));
    let held = runtime.spawn({
        let (holder, begun, end) = (Arc::clone(holder), Arc::clone(&begun), Arc::clone(&end));
        async move {
            let body = |_| async {
                begun.add_permits(1);
                let _end = end.acquire().await;
                Ok::<u8, Error>(42)
            };
            holder.run(&job, body).await
        }
    });
    runtime.block_on(begun.acquire())?.forget();

    let mut crowd = processes::member(&["crowd", url, key, &count.to_string()])?;
    let waiting = crowd.hears("waiting ");
    let (join, bytes) = waiting.split_once(' ').context("the crowd says two figures")?;
    let (join, bytes): (f64, f64) = (join.parse()?, bytes.parse()?);
    let released = clock::now();
    end.add_permits(1);
    runtime.block_on(held).context("the body does not panic")??;
    crowd.hears("told");
    let tell = (clock::now() - released).as_secs_f64() * 1e3;
    crowd.order("end");
    crowd.ends_well();
    Ok(Sample::default()
        .with(JOIN, join)
        .with(TELL, tell)
        .with(EACH, tell * 1e3 / count as f64)
        .with(BYTES, bytes / count as f64))
}
