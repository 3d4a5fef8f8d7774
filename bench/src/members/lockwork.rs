//! A process that calls jobs by lockwork. Knows no store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lockwork::{Error, Job, Worker};
use tokio::task::JoinSet;

use crate::clock;
use crate::members::orders::{Body, Call, Ending, Told, answered, obey, say_moment};
use crate::ways::lockwork::worker;

/// How many attempts a job has: more than are ever begun.
const ATTEMPTS: u32 = 100;

/// When the last body ended.
static ENDED: AtomicU64 = AtomicU64::new(0);

/// Notes when a body ends: one that panics, when it is left.
struct Ended;

impl Drop for Ended {
    fn drop(&mut self) {
        ENDED.store(clock::micros(), Ordering::Relaxed);
    }
}

/// Calls jobs on the store at `url`, with this lease, as it is told.
pub(crate) async fn run(url: &str, lease: Duration) -> anyhow::Result<()> {
    // A body fails by a panic, because that takes its call with it.
    std::panic::set_hook(Box::new(|_| {}));
    let worker = worker(url).await?;
    obey(|call, told| {
        let worker = Arc::clone(&worker);
        async move {
            match call {
                Call::One(key, body) => one(worker, job(&key, lease), body, told).await,
                Call::Crowd(calls, keys, prefix) => crowd(worker, calls, keys, &prefix, lease).await,
            }
        }
    })
    .await
}

fn job(key: &str, lease: Duration) -> Job {
    Job::new(key).timeout(lease).max_attempts(ATTEMPTS).backoff(Duration::ZERO)
}

async fn one(worker: Arc<Worker>, job: Job, body: Body, told: &'static Told) -> anyhow::Result<()> {
    let called = tokio::spawn(async move {
        worker
            .run(&job, |_| async move {
                let (ending, _) = body.run(told).await;
                let _ended = Ended;
                if ending == Ending::Failed {
                    panic!("as it was told");
                }
                Ok::<u8, Error>(42)
            })
            .await
    });
    let returned = called.await;
    let (known, ended) = (clock::micros(), ENDED.load(Ordering::Relaxed));
    let Ok(outcome) = returned else {
        Ending::Failed.say(ended);
        return Ok(());
    };
    if outcome?.ran_here {
        Ending::Finished.say(ended);
    } else {
        say_moment("told", known);
    }
    Ok(())
}

/// Makes all calls at once, and says how they were answered.
async fn crowd(worker: Arc<Worker>, calls: usize, keys: usize, prefix: &str, lease: Duration) -> anyhow::Result<()> {
    let mut called = JoinSet::new();
    for call in 0..calls {
        let (worker, job) = (Arc::clone(&worker), job(&format!("{prefix}-{}", call % keys), lease));
        called.spawn(async move {
            let outcome = worker.run(&job, |_| async { Ok::<u8, Error>(42) }).await;
            let outcome = outcome.map_err(|error| error.to_string())?;
            assert_eq!(outcome.value, 42, "{outcome:?} is another one's value");
            Ok(())
        });
    }
    answered(called).await
}
