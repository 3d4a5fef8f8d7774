//! A member that says when things happened, for those who measure. Knows no store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lockwork::{Attempt, Event, Job, Worker};
use lockwork_fleet::moment::now;
use lockwork_fleet::talk::{order, say};
use tokio::sync::Notify;

/// How many attempts a job has: more than are ever begun.
const ATTEMPTS: u32 = 100;

/// Told of the next order for the body that runs.
static FINISH: Notify = Notify::const_new();
static FAIL: Notify = Notify::const_new();

/// When the last body failed.
static FAILED: AtomicU64 = AtomicU64::new(0);

/// Says what happens just now.
fn say_now(what: &str) {
    say(&format!("{what} {}", now()));
}

/// Calls the jobs that it is told to, `call KEY`, one after the other. Its bodies end when it is told so: `finish` or
/// `fail`. A failing body takes its call with it, so that this process does not want the next attempt.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn timed(url: &str, namespace: &str, lease: Duration) -> anyhow::Result<()> {
    std::panic::set_hook(Box::new(|_| {}));
    let builder = Worker::builder(url).namespace(namespace).on_event(|event| match event {
        Event::Renewed { .. } => say_now("alive"),
        Event::Busy { .. } => say_now("busy"),
        _ => {}
    });
    let worker = Arc::new(builder.connect().await?);
    say_now("ready");
    loop {
        let order = order().await;
        match order.split_once(' ').unwrap_or((&order, "")) {
            ("call", key) => {
                let job = Job::new(key).timeout(lease).max_attempts(ATTEMPTS).backoff(Duration::ZERO);
                let worker = Arc::clone(&worker);
                let called = tokio::spawn(async move { worker.run(&job, body).await });
                tokio::spawn(async move {
                    match called.await {
                        Ok(_) => say_now("returned"),
                        // Said only now: to say it takes time too.
                        Err(_) => say(&format!("failed {}", FAILED.load(Ordering::Relaxed))),
                    }
                });
            }
            ("finish", _) => FINISH.notify_one(),
            ("fail", _) => FAIL.notify_one(),
            (other, _) => anyhow::bail!("no such order: {other}"),
        }
    }
}

async fn body(attempt: Attempt) -> anyhow::Result<u64> {
    say_now(&format!("begun {}", attempt.number()));
    tokio::select! {
        () = FINISH.notified() => Ok(attempt.fence()),
        () = FAIL.notified() => {
            FAILED.store(now(), Ordering::Relaxed);
            panic!("as it was told");
        }
    }
}
