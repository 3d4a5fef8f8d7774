//! Callers who do one job after the other for a while, and how long each took. Knows not what a job is.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use hdrhistogram::Histogram;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::clock;
use crate::rounds::{CLIENT, P50, P99, RATE, SERVER, Sample};

/// A job that is being done.
pub(crate) type Doing = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// A way to do the job of a key.
pub(crate) type Way = Arc<dyn Fn(String) -> Doing + Send + Sync>;

/// A way of one function.
pub(crate) fn way<F, D>(act: F) -> Way
where
    F: Fn(String) -> D + Send + Sync + 'static,
    D: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    Arc::new(move |key| Box::pin(act(key)))
}

/// Where callers run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// All on one thread.
    CurrentThread,
    /// On two threads, that steal each other's tasks.
    TwoWorkers,
}

impl Flavour {
    /// A runtime for callers and their connections.
    pub(crate) fn runtime(self) -> anyhow::Result<Runtime> {
        let mut builder = match self {
            Self::CurrentThread => Builder::new_current_thread(),
            Self::TwoWorkers => Builder::new_multi_thread(),
        };
        builder.worker_threads(2).enable_all().build().context("a runtime can be made")
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CurrentThread => "current-thread runtime",
            Self::TwoWorkers => "multi-thread runtime, 2 workers",
        })
    }
}

/// Which jobs are done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keys {
    /// Such that nobody has ever done.
    Fresh,
    /// So many, again and again.
    Known(u64),
}

/// How many jobs are settled beforehand, done or held by somebody else, where there is no reason for more.
pub(crate) const SETTLED: u64 = 64;

/// The key of a number: 14 bytes, with lockwork's namespace and a colon 20.
pub(crate) fn key(number: u64) -> String {
    format!("job-{number:010}")
}

/// So many callers, in words.
pub(crate) fn callers(count: usize) -> String {
    if count == 1 { "1 caller".to_owned() } else { format!("{count} callers") }
}

/// Callers who do one job after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) callers: usize,
    pub(crate) keys: Keys,
    /// For how long they begin another one.
    pub(crate) span: Duration,
}

/// The first number of the keys that are fresh. Those below are for keys that are known.
const FRESH: u64 = 1_000_000_000;

/// How many keys were fresh so far, in this process. Each process has numbers of its own.
static USED: AtomicU64 = AtomicU64::new(0);

/// How many of these numbers a process has, and how many processes there may be.
const NUMBERS: u64 = 1_000_000;
const PROCESSES: u64 = 8_000;

/// How many keys were fresh so far.
pub(crate) fn used() -> u64 {
    USED.load(Ordering::Relaxed)
}

/// The keys that were fresh since so many were.
pub(crate) fn fresh_since(used: u64) -> impl Iterator<Item = String> {
    (used..self::used()).map(fresh_key)
}

fn fresh_key(number: u64) -> String {
    let process = u64::from(std::process::id()) % PROCESSES;
    key(FRESH + (process * NUMBERS + number) % (PROCESSES * NUMBERS))
}

impl Load {
    /// Lets the callers loose on `runtime`. `server` says what processor time the server has had.
    pub(crate) fn drive(&self, runtime: &Runtime, way: &Way, server: impl Fn() -> Duration) -> anyhow::Result<Sample> {
        // What is noted of the jobs is made before and added up after, so that only the jobs are measured.
        let noted = (0..self.callers).map(|_| new_histogram()).collect::<anyhow::Result<Vec<_>>>()?;
        let (served, worked, began) = (server(), clock::processor_time(), clock::now());
        let ended = began + self.span;
        let noted = runtime.block_on(async {
            let mut callers = JoinSet::new();
            for (caller, mut latencies) in noted.into_iter().enumerate() {
                let (keys, way) = (self.keys, Arc::clone(way));
                callers.spawn(async move {
                    let mut known = caller as u64;
                    loop {
                        let begun = clock::now();
                        if begun >= ended {
                            return anyhow::Ok(latencies);
                        }
                        known += 1;
                        way(keys.next(known)).await?;
                        let took = clock::now() - begun;
                        latencies.saturating_record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
                    }
                });
            }
            callers.join_all().await.into_iter().collect::<anyhow::Result<Vec<_>>>()
        })?;
        let (took, worked, served) = (clock::now() - began, clock::processor_time() - worked, server() - served);
        let mut latencies = new_histogram()?;
        for caller in noted {
            latencies.add(caller).context("all histograms are alike")?;
        }
        let jobs = latencies.len() as f64;
        let micros = |percent: f64| latencies.value_at_percentile(percent) as f64 / 1e3;
        let sample = Sample::default()
            .with(RATE, jobs / took.as_secs_f64())
            .with(P50, micros(50.0))
            .with(P99, micros(99.0))
            .with(CLIENT, worked.as_secs_f64() * 1e6 / jobs);
        // Where there is no server it has no time.
        Ok(if served.is_zero() { sample } else { sample.with(SERVER, served.as_secs_f64() * 1e6 / jobs) })
    }
}

impl Keys {
    fn next(self, known: u64) -> String {
        match self {
            Self::Fresh => fresh_key(USED.fetch_add(1, Ordering::Relaxed)),
            Self::Known(count) => key(known % count),
        }
    }
}

/// Nanoseconds up to a minute, to three digits.
fn new_histogram() -> anyhow::Result<Histogram<u64>> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).context("the bounds are in order")
}
