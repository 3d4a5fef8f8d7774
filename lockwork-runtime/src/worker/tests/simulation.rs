//! Fleets that follow from a seed: callers that fail, panic and leave, processes that die, a store that loses and delays.
//! What must hold for all of them holds for each.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use crate::clock::now;
use crate::random::{draw, seed, up_to};
use crate::store::memory::MemoryStore;
use crate::testing::{Fault, Process, TestResult, lockwork_error};
use crate::{Attempt, ErrorKind, Job};

const LEASE: Duration = Duration::from_secs(1);
const MAX_ATTEMPTS: u32 = 4;

/// How long a call may take at most: each attempt its lease, its body and its pause, and the patience for the store.
const LONGEST: Duration = Duration::from_secs(300);

/// What an outside witness sees of one body.
#[derive(Debug)]
struct Run {
    attempt: u32,
    fence: u64,
    began: Instant,
    /// When it returned, or was dropped.
    ended: Option<Instant>,
    has_failed: bool,
}

#[derive(Default)]
struct Witness {
    runs: Mutex<Vec<Run>>,
    values: Mutex<Vec<(u64, Instant)>>,
}

/// Notes the end of a body, however it comes.
struct Ending<'a>(&'a Witness, usize);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.runs.lock().expect("nobody panics under it")[self.1].ended = Some(now());
    }
}

impl Witness {
    fn begin(&self, attempt: &Attempt) -> Ending<'_> {
        let mut runs = self.runs.lock().expect("nobody panics under it");
        let (number, fence) = (attempt.number(), attempt.fence());
        runs.push(Run { attempt: number, fence, began: now(), ended: None, has_failed: false });
        Ending(self, runs.len() - 1)
    }

    fn fail(&self, ending: &Ending<'_>) {
        self.runs.lock().expect("nobody panics under it")[ending.1].has_failed = true;
    }

    fn check(&self, seed: u64) {
        let runs = self.runs.lock().expect("nobody panics under it");
        let values = self.values.lock().expect("nobody panics under it");
        let at = format!("seed {seed}: {runs:#?} {values:#?}");
        for pair in runs.windows(2) {
            assert!(pair[0].fence < pair[1].fence, "fences grow: {at}");
            let ended = pair[0].ended.expect("the fleet has ended");
            assert!(ended <= pair[1].began, "one body at a time: {at}");
            assert!(pair[0].attempt <= pair[1].attempt, "attempts only go on: {at}");
            assert!(!pair[0].has_failed || pair[0].attempt < pair[1].attempt, "a failure counts: {at}");
        }
        assert!(runs.iter().all(|run| run.attempt <= MAX_ATTEMPTS), "no attempt too many: {at}");
        if let Some((value, _)) = values.first() {
            assert!(values.iter().all(|(other, _)| other == value), "one value: {at}");
            assert!(runs.iter().any(|run| run.fence == *value), "and it is a body's: {at}");
            let first = values.iter().map(|(_, told)| *told).min().expect("there is one");
            assert!(runs.iter().all(|run| run.began <= first), "nobody begins afterwards: {at}");
        }
    }
}

fn happens(percent: u8) -> bool {
    draw::<u8>() % 100 < percent
}

/// One call, by somebody with a nature of his own. Its body's value is its fence, so no two bodies' are equal.
async fn call(process: &Process, witness: &Witness, job: &Job) {
    sleep(up_to(LEASE * 3)).await;
    let body = async |attempt: Attempt| {
        let ending = witness.begin(&attempt);
        if happens(70) {
            sleep(up_to(LEASE * 2)).await;
        }
        if happens(40) {
            witness.fail(&ending);
            assert!(happens(80), "by chance");
            return Err("by chance".into());
        }
        TestResult::Ok(attempt.fence())
    };
    let run = AssertUnwindSafe(process.worker().run(job, body)).catch_unwind();
    let patience = if happens(20) { up_to(LEASE * 4) } else { LONGEST };
    match timeout(patience, run).await {
        Ok(Ok(Ok(outcome))) => {
            witness.values.lock().expect("nobody panics under it").push((outcome.value, now()));
        }
        Ok(Ok(Err(error))) => {
            let is_known = error.to_string() == "by chance"
                || matches!(
                    lockwork_error(&*error).kind(),
                    ErrorKind::Exhausted | ErrorKind::Store | ErrorKind::Unrecorded | ErrorKind::Busy
                );
            assert!(is_known, "{error}");
        }
        Ok(Err(_panic)) => {}
        Err(_) => assert!(patience < LONGEST, "every call returns"),
    }
}

async fn fleet(number: u64) {
    seed(number);
    let memory = MemoryStore::new();
    let witness = Arc::new(Witness::default());
    let pause = if happens(50) { Duration::ZERO } else { up_to(LEASE) };
    // Long, so that one series is all there is.
    let job = Job::new("job").timeout(LEASE).max_attempts(MAX_ATTEMPTS).backoff(pause).cooldown(LONGEST * 100);
    let share = f64::from(draw::<u8>() % 30) / 100.0;
    let mut processes = Vec::new();
    for _ in 0..1 + draw::<u8>() % 4 {
        let process = Process::on(&memory).await;
        process.faults().by_chance(draw(), share, LEASE * 2);
        processes.push(process);
    }
    let lives = processes.into_iter().map(|process| {
        let (witness, job) = (Arc::clone(&witness), job.clone());
        async move {
            let calls = join_all((0..1 + draw::<u8>() % 3).map(|_| call(&process, &witness, &job)));
            let dies = happens(25);
            let death = up_to(LEASE * 6);
            if timeout(if dies { death } else { LONGEST * 10 }, calls).await.is_err() {
                // A dead process says nothing to the store any more, not even that it gives its attempt back.
                process.faults().always(Fault::LoseRequest);
            }
        }
    });
    join_all(lives.collect::<Vec<_>>()).await;
    // Whoever comes later learns what the others were told.
    let late = Process::on(&memory).await;
    let outcome: TestResult<_> = late.worker().run(&job, async |attempt| TestResult::Ok(attempt.fence())).await;
    if !witness.values.lock().expect("nobody panics under it").is_empty() {
        let value = outcome.expect("it is done").value;
        witness.values.lock().expect("nobody panics under it").push((value, now()));
    }
    witness.check(number);
}

fn simulate(numbers: impl Iterator<Item = u64>) {
    // Bodies panic by chance, and are silent about it.
    std::panic::set_hook(Box::new(|panic| {
        if !panic.to_string().contains("by chance") {
            eprintln!("{panic}");
        }
    }));
    for number in numbers {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("it needs nothing of the system").block_on(fleet(number));
    }
}

#[test]
fn whatever_happens_the_promise_holds() {
    let chosen = std::env::var("LOCKWORK_SEED").ok().and_then(|seed| seed.parse().ok());
    match chosen {
        Some(number) => simulate(std::iter::once(number)),
        None => simulate(0..10_000),
    }
}
