//! The jobs of small fleets. Their value is the fence of the attempt that did the work. Knows no store.

use std::time::Duration;

use lockwork::{Attempt, global_once};
use lockwork_fleet::talk::{order, say};
use tokio::sync::Notify;

use crate::tell::RENEWED;
use crate::trouble;

/// Told by a body that its caller is to drop it.
pub(crate) static DROP: Notify = Notify::const_new();

/// A job whose one attempt stays alive for longer than a test waits for anything.
#[global_once(key = "once", timeout = "10min", max_attempts = 1)]
pub(crate) async fn once(#[attempt] attempt: &Attempt) -> anyhow::Result<u64> {
    obey(attempt).await
}

/// A job whose holder is soon taken for dead.
#[global_once(key = "brief", timeout = "500ms", max_attempts = 3, backoff_ms = 0)]
pub(crate) async fn brief(#[attempt] attempt: &Attempt) -> anyhow::Result<u64> {
    obey(attempt).await
}

/// A job with one attempt, whose holder is soon taken for dead.
#[global_once(key = "brief-once", timeout = "500ms", max_attempts = 1)]
pub(crate) async fn brief_once(#[attempt] attempt: &Attempt) -> anyhow::Result<u64> {
    obey(attempt).await
}

/// Does what it is told until that ends it.
async fn obey(attempt: &Attempt) -> anyhow::Result<u64> {
    say(&format!("begun {} {}", attempt.number(), attempt.fence()));
    loop {
        let order = order().await;
        match order.split_once(' ').unwrap_or((&order, "")) {
            ("finish", _) => return Ok(attempt.fence()),
            ("fail", text) => anyhow::bail!("{text}"),
            ("stop", _) => {
                // A process that is stopped while it writes to a file holds up everybody. Right after a sign of life it
                // writes nothing.
                RENEWED.notified().await;
                trouble::stop();
                say("woke");
                tokio::task::yield_now().await;
                say("ran on");
            }
            ("block", ms) => {
                std::thread::sleep(Duration::from_millis(ms.parse()?));
                tokio::task::yield_now().await;
                say("ran on");
            }
            ("drop", _) => DROP.notify_one(),
            (other, _) => anyhow::bail!("no such order: {other}"),
        }
    }
}
