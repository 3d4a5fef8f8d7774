//! The jobs of a fleet. Their value is the fence of the attempt that did the work. Knows no store.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lockwork::{Attempt, global_once};
use lockwork_fleet::MAX_ATTEMPTS;
use lockwork_test_support::history::{BodyEnd, Deed, Line, Scope, Witness};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::talk::{RENEWED, order, say};
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

/// What happens to the bodies of one process.
pub(crate) struct Fate {
    pub(crate) witness: Witness,
    /// What the chances are drawn from.
    pub(crate) seed: u64,
    /// Whether it is killed from outside.
    pub(crate) is_doomed: bool,
    /// Whether it is still to be stopped, once.
    pub(crate) is_to_stop: AtomicBool,
}

/// What happens to one body.
enum Turn {
    Work,
    Fail,
    Die,
    Stop,
}

impl Fate {
    /// The last attempt works, so that every job can be completed.
    fn turn(&self, key: &str, attempt: &Attempt) -> (Duration, Turn) {
        let mut chance = DefaultHasher::new();
        (self.seed, key, attempt.number()).hash(&mut chance);
        let chance = chance.finish();
        let turn = match chance / 50 % 100 {
            _ if attempt.is_last() => Turn::Work,
            // A process that could be killed while it is stopped leaves these jobs to the others.
            _ if key.ends_with('2') && self.is_doomed => Turn::Fail,
            _ if key.ends_with('2') && self.is_to_stop.swap(false, Ordering::Relaxed) => Turn::Stop,
            0..4 => Turn::Die,
            4..40 => Turn::Fail,
            _ => Turn::Work,
        };
        (Duration::from_millis(chance % 50), turn)
    }
}

/// Notes the end of a body, however it comes.
struct Ending<'a> {
    fate: &'a Fate,
    key: &'a str,
    call: u32,
    fence: u64,
    end: BodyEnd,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let Self { fate, key, call, fence, ref mut end } = *self;
        let end = std::mem::replace(end, BodyEnd::Cut);
        // What is missing in the history is found out by its checker.
        let _ = fate.witness.note(key, Deed::End { call, fence, end });
    }
}

/// A job that notes what it does, and to which its fate may let anything happen.
#[global_once(
    key = "{key}",
    retain = "1h",
    timeout = "1500ms",
    max_attempts = MAX_ATTEMPTS,
    backoff_ms = 20
)]
pub(crate) async fn noted(key: &str, call: u32, fate: &Fate, #[attempt] attempt: &Attempt) -> anyhow::Result<u64> {
    let fence = attempt.fence();
    fate.witness.note(key, Deed::Begin { call, attempt: attempt.number(), fence })?;
    let mut ending = Ending { fate, key, call, fence, end: BodyEnd::Cut };
    let (work, turn) = fate.turn(key, attempt);
    sleep(work).await;
    let is_ok = match turn {
        Turn::Work => true,
        Turn::Fail => false,
        Turn::Die => {
            trouble::die();
            unreachable!("it is dead");
        }
        Turn::Stop => {
            let scope = Scope { process: Some(std::process::id()), key: None };
            fate.witness.append(&Line::FaultStrikes { scope, kind: "stopped process".to_owned() })?;
            // Longer than the lease, so that somebody else may have begun when it goes on.
            trouble::stop_for(Duration::from_secs(2));
            tokio::task::yield_now().await;
            true
        }
    };
    ending.end = if is_ok { BodyEnd::Ok(fence.to_string()) } else { BodyEnd::Failed };
    anyhow::ensure!(is_ok, "no luck");
    Ok(fence)
}
