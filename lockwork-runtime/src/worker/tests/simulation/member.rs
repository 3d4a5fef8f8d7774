//! One process of a simulated fleet: an engine that stands still with its callers, and the calls that these make. Knows
//! no troubles.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use lockwork_test_support::history::{BodyEnd, CallEnd, Deed};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::network::Network;
use super::plan::{BLOCKED, FAILED, LONGEST, LOST, PANICKED, PlannedCall, PlannedJob, happens, kind_name};
use super::recorder::Recorder;
use crate::clock::Clock;
use crate::engine::standstill::Standstill;
use crate::engine::{Engine, Options};
use crate::event::{Event, Listener};
use crate::random::up_to;
use crate::store::Store;
use crate::testing::{TestResult, lockwork_error};
use crate::{Attempt, Outcome, Worker};

pub(super) struct Member {
    pub(super) number: u32,
    pub(super) worker: Worker,
    /// With this it stands still as a whole.
    pub(super) standstill: Standstill,
    /// With this its callers stand still, and its engine goes on.
    executor: Standstill,
    died: CancellationToken,
    recorder: Recorder,
    calls: AtomicU32,
}

impl Member {
    /// Starts a process whose store is at the end of `network`.
    pub(super) async fn start(number: u32, network: Network, patience: Duration, recorder: &Recorder) -> Arc<Self> {
        let told = recorder.clone();
        let listener = Listener::new(move |event: &Event| {
            if let Event::Completed { key, attempt, ran_here: true, .. } = event {
                told.note(number, key, Deed::Accepted { attempt: *attempt });
            }
        });
        let options = Options { namespace: "test".to_owned(), patience, listener, ..Options::default() };
        let opened = Engine::new(Arc::new(network) as Arc<dyn Store>, options, Clock::Runtime).await;
        let (engine, running) = opened.expect("nothing goes wrong yet");
        let standstill = Standstill::default();
        tokio::spawn(standstill.halts(running));
        Arc::new(Self {
            number,
            worker: Worker::over(engine, "test".to_owned()),
            standstill,
            executor: Standstill::default(),
            died: CancellationToken::new(),
            recorder: recorder.clone(),
            calls: AtomicU32::new(0),
        })
    }

    /// Makes calls, until all have ended or the process is dead.
    pub(super) async fn live(self: Arc<Self>, jobs: Arc<Vec<PlannedJob>>, calls: Vec<PlannedCall>) {
        let calls = calls.into_iter().map(|planned| {
            let (member, jobs) = (Arc::clone(&self), Arc::clone(&jobs));
            async move {
                sleep(planned.start).await;
                member.call(&jobs[planned.job], planned.dropped_after).await;
            }
        });
        let calls = self.standstill.halts(self.executor.halts(join_all(calls.collect::<Vec<_>>())));
        // A dead process leaves its calls where they are.
        let calls = tokio::spawn(calls);
        tokio::select! {
            biased;
            () = self.died.cancelled() => {}
            ended = calls => drop(ended.expect("no call panics")),
        }
    }

    /// It does nothing any more, not even giving its attempt back. What it has sent is on its way.
    pub(super) fn die(&self) {
        if !self.died.is_cancelled() {
            self.recorder.died(self.number);
            self.standstill.begin();
            self.died.cancel();
        }
    }

    /// Makes a call. Its body's value is its fence, so no two bodies' are equal.
    pub(super) async fn call(&self, planned: &PlannedJob, dropped_after: Option<Duration>) {
        let number = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let note = |deed| self.recorder.note(self.number, &planned.key, deed);
        note(Deed::Call { call: number });
        let body = async |attempt: Attempt| self.body(planned, number, &attempt).await;
        let run = AssertUnwindSafe(self.worker.run(&planned.job, body)).catch_unwind();
        let end = tokio::select! {
            biased;
            // Asked first, so that a caller who was blocked may leave without hearing what he was told meanwhile.
            () = sleep(dropped_after.unwrap_or(LONGEST)) => match dropped_after {
                Some(_) => CallEnd::Dropped,
                // It should have ended, and its history shows that it did not.
                None => return,
            },
            returned = run => end_of(returned),
        };
        note(Deed::Return { call: number, end });
    }

    async fn body(&self, planned: &PlannedJob, call: u32, attempt: &Attempt) -> TestResult<u64> {
        let fence = attempt.fence();
        self.recorder.note(self.number, &planned.key, Deed::Begin { call, attempt: attempt.number(), fence });
        let mut ending = Ending { member: self, key: &planned.key, call, fence, end: BodyEnd::Cut };
        self.write(planned, fence);
        if happens(60) {
            sleep(up_to(planned.lease * 2)).await;
        }
        if planned.may_block && happens(10) {
            self.block(planned.lease * 2).await;
        }
        if planned.has_max_run && happens(20) {
            std::future::pending::<()>().await;
        }
        self.write(planned, fence);
        if happens(planned.failing) {
            ending.end = BodyEnd::Failed;
            if happens(20) {
                // As a panic goes on, but without the word of it on the standard error.
                resume_unwind(Box::new("by chance"));
            }
            return Err(ByChance.into());
        }
        ending.end = BodyEnd::Ok(fence.to_string());
        Ok(fence)
    }

    /// Writes to the job's outside resource, which may be slow to hear of it.
    fn write(&self, planned: &PlannedJob, fence: u64) {
        let (recorder, process, key) = (self.recorder.clone(), self.number, planned.key.clone());
        let delay = if planned.may_block && happens(30) { up_to(Duration::from_secs(5)) } else { Duration::ZERO };
        tokio::spawn(async move {
            sleep(delay).await;
            recorder.write(process, &key, fence);
        });
    }

    /// Holds all callers of the process for up to `longest`.
    async fn block(&self, longest: Duration) {
        let (executor, recorder) = (self.executor.clone(), self.recorder.clone());
        let fault = recorder.fault_begins(Some(self.number), BLOCKED);
        executor.begin();
        tokio::spawn(async move {
            sleep(up_to(longest)).await;
            recorder.fault_ends(fault);
            executor.end();
        });
        tokio::task::yield_now().await;
    }
}

/// How a call ends that returned this, or panicked.
fn end_of(returned: thread::Result<TestResult<Outcome<u64>>>) -> CallEnd {
    match returned {
        Ok(Ok(outcome)) => CallEnd::Ok(outcome.value.to_string()),
        Ok(Err(error)) if error.is::<ByChance>() => CallEnd::Error(FAILED.to_owned()),
        Ok(Err(error)) if error.to_string().contains("a defect of lockwork") => CallEnd::Error(LOST.to_owned()),
        Ok(Err(error)) => CallEnd::Error(kind_name(lockwork_error(&*error).kind())),
        Err(_panic) => CallEnd::Error(PANICKED.to_owned()),
    }
}

/// The error of a body.
#[derive(Debug)]
struct ByChance;

impl std::fmt::Display for ByChance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("by chance")
    }
}

impl std::error::Error for ByChance {}

/// Notes the end of a body, however it comes.
struct Ending<'a> {
    member: &'a Member,
    key: &'a str,
    call: u32,
    fence: u64,
    end: BodyEnd,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let (call, fence, end) = (self.call, self.fence, self.end.clone());
        self.member.recorder.note(self.member.number, self.key, Deed::End { call, fence, end });
    }
}
