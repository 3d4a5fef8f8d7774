//! What a job costs its Redis server, as the server counts it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lockwork::{Attempt, Error, ErrorKind, Event, Job, Outcome, Worker};
use lockwork_test_support::RedisServer;
use tokio::sync::oneshot;

/// What one swap by the script is: the script, and what it calls. The last one of these wakes those who wait.
const SWAP: [(&str, u64); 4] = [("evalsha", 1), ("get", 1), ("publish", 1), ("set", 1)];

fn job(key: &str) -> Job {
    // Nobody renews within a test.
    Job::new(key).timeout(Duration::from_secs(600))
}

async fn run(worker: &Worker, job: &Job) -> Result<Outcome<u32>, Error> {
    worker.run(job, async |attempt: Attempt| Ok::<_, Error>(attempt.number())).await
}

/// A worker whose connection is set up, and whose server knows the script.
async fn ready(server: &RedisServer) -> Worker {
    let worker = Worker::connect(server.url()).await.expect("the server is there");
    run(&worker, &job("first")).await.expect("the body returns `Ok`");
    worker
}

/// The commands since the server began to count, without those of no job: the health ping.
fn calls(server: &RedisServer) -> Vec<(String, u64)> {
    server.calls().into_iter().filter(|(command, _)| !matches!(command.as_str(), "time" | "ping")).collect()
}

fn sum(parts: &[&[(&str, u64)]]) -> Vec<(String, u64)> {
    let mut sum = std::collections::BTreeMap::new();
    for (command, count) in parts.iter().copied().flatten() {
        *sum.entry((*command).to_owned()).or_default() += count;
    }
    sum.into_iter().collect()
}

#[tokio::test]
async fn a_job_that_nobody_else_wants_is_one_set_and_one_script() {
    let server = RedisServer::start();
    let worker = ready(&server).await;
    server.reset_calls();
    assert!(run(&worker, &job("a")).await.expect("the body returns `Ok`").ran_here);
    assert_eq!(calls(&server), sum(&[&[("set", 1)], &SWAP]));
}

#[tokio::test]
async fn a_job_that_is_done_is_one_set() {
    let server = RedisServer::start();
    let worker = ready(&server).await;
    server.reset_calls();
    assert!(!run(&worker, &job("first")).await.expect("it is done").ran_here);
    assert_eq!(calls(&server), sum(&[&[("set", 1)]]));
}

/// Runs `job("a")` until it is told to end by the second of what this returns.
async fn busy(worker: &Worker) -> (tokio::task::JoinHandle<Result<Outcome<u32>, Error>>, oneshot::Sender<()>) {
    let ((begun, is_begun), (end, ends)) = (oneshot::channel(), oneshot::channel::<()>());
    let (worker, mut channels) = (worker.clone(), Some((begun, ends)));
    let running = tokio::spawn(async move {
        let body = move |attempt: Attempt| {
            let channels = channels.take();
            async move {
                let (begun, ends) = channels.expect("it is begun once");
                begun.send(()).expect("the test waits");
                ends.await.expect("the test ends it");
                Ok::<_, Error>(attempt.number())
            }
        };
        worker.run(&job("a"), body).await
    });
    is_begun.await.expect("the body is begun");
    (running, end)
}

#[tokio::test]
async fn busy_without_waiting_is_a_set_and_a_look() {
    let server = RedisServer::start();
    let [holder, other] = [ready(&server).await, ready(&server).await];
    let (running, end) = busy(&holder).await;
    server.reset_calls();
    let error = run(&other, &job("a").wait(Duration::ZERO)).await.expect_err("somebody is at it");
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert_eq!(calls(&server), sum(&[&[("set", 1), ("get", 1), ("pttl", 1)]]));
    end.send(()).expect("the body waits");
    running.await.expect("it does not panic").expect("the body returns `Ok`");
}

#[tokio::test]
async fn waiting_is_a_subscription_more_and_the_value_one_look() {
    let server = RedisServer::start();
    let holder = ready(&server).await;
    let (waits, is_waiting) = oneshot::channel();
    let waits = Mutex::new(Some(waits));
    let builder = Worker::builder(server.url()).on_event(move |event| {
        if let Event::Busy { .. } = event
            && let Some(waits) = waits.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            let _ = waits.send(());
        }
    });
    let waiter = Arc::new(builder.connect().await.expect("the server is there"));
    run(&waiter, &job("first")).await.expect("it is done");
    let (running, end) = busy(&holder).await;
    server.reset_calls();
    let waiting = tokio::spawn({
        let waiter = Arc::clone(&waiter);
        async move { run(&waiter, &job("a")).await }
    });
    is_waiting.await.expect("it waits");
    let claim = [("set", 1), ("subscribe", 1), ("get", 1), ("pttl", 1)];
    assert_eq!(calls(&server), sum(&[&claim]));
    end.send(()).expect("the body waits");
    let outcome = waiting.await.expect("it does not panic").expect("it is done");
    assert!(!outcome.ran_here);
    running.await.expect("it does not panic").expect("the body returns `Ok`");
    // The watch ends when it ends.
    let calls: Vec<_> = calls(&server).into_iter().filter(|(command, _)| command != "unsubscribe").collect();
    assert_eq!(calls, sum(&[&claim, &SWAP, &[("get", 1), ("pttl", 1)]]));
}

#[tokio::test]
async fn listeners_are_counted_only_when_an_attempt_fails_without_a_pause() {
    let server = RedisServer::start();
    let worker = ready(&server).await;
    server.reset_calls();
    let job = job("a").backoff(Duration::ZERO);
    let outcome = worker.run(&job, async |attempt: Attempt| match attempt.number() {
        1 => Err(anyhow::anyhow!("not yet")),
        number => Ok(number),
    });
    assert_eq!(outcome.await.expect("the second attempt succeeds").value, 2);
    let failure = [&SWAP[..], &[("pubsub|numsub", 1)]].concat();
    let claim = [("evalsha", 1), ("get", 1), ("set", 1)];
    assert_eq!(calls(&server), sum(&[&[("set", 1)], &failure, &claim, &SWAP]));
}
