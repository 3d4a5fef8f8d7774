//! lockwork itself, both ways: by the attribute, and by `Worker::run`.

use std::sync::Arc;
use std::time::Duration;

use lockwork::{Error, ErrorKind, Job, Worker, global_once};

use crate::load::{Way, way};

/// The namespace of all jobs, so that with its colon and a key of the callers a name has 20 bytes.
pub(crate) const NAMESPACE: &str = "bench";

/// A worker of one's own.
pub(crate) async fn worker(url: &str) -> anyhow::Result<Arc<Worker>> {
    Ok(Arc::new(Worker::builder(url).namespace(NAMESPACE).connect().await?))
}

/// By `Worker::run`.
pub(crate) fn run(worker: &Arc<Worker>) -> Way {
    let worker = Arc::clone(worker);
    way(move |key| {
        let worker = Arc::clone(&worker);
        async move {
            let outcome = worker.run(&Job::new(key), |_| async { Ok::<u8, Error>(42) }).await?;
            anyhow::ensure!(outcome.value == 42);
            Ok(())
        }
    })
}

/// The same with a value of its own.
pub(crate) fn run_of(worker: &Arc<Worker>, value: &str) -> Way {
    let (worker, value): (_, Arc<str>) = (Arc::clone(worker), value.into());
    way(move |key| {
        let (worker, value) = (Arc::clone(&worker), Arc::clone(&value));
        async move {
            let outcome = worker.run(&Job::new(key), |_| async { Ok::<String, Error>(value.to_string()) }).await?;
            anyhow::ensure!(outcome.value.len() == value.len());
            Ok(())
        }
    })
}

/// By the attribute.
pub(crate) fn attribute(worker: &Arc<Worker>) -> Way {
    let worker = Arc::clone(worker);
    way(move |key| {
        let worker = Arc::clone(&worker);
        async move {
            anyhow::ensure!(answer(&worker, &key).await? == 42);
            Ok(())
        }
    })
}

#[global_once(key = "{key}", retain = "forever", worker = worker)]
async fn answer(worker: &Worker, key: &str) -> Result<u8, Error> {
    let _ = (worker, key);
    Ok(42)
}

/// Of a job that somebody else is doing, without waiting.
pub(crate) fn busy(worker: &Arc<Worker>) -> Way {
    let worker = Arc::clone(worker);
    way(move |key| {
        let worker = Arc::clone(&worker);
        async move {
            let job = Job::new(key).wait(Duration::ZERO);
            let outcome = worker.run(&job, |_| async { Ok::<u8, Error>(42) }).await;
            anyhow::ensure!(outcome.is_err_and(|error| error.kind() == ErrorKind::Busy), "{job:?} was free");
            Ok(())
        }
    })
}
