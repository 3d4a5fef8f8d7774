//! For how long a store may owe an answer, how often it is asked meanwhile, and what is told of it.

use std::time::Duration;

use tokio::time::sleep;

use crate::clock::now;
use crate::store::memory::MemoryStore;
use crate::testing::{Fault, Process, Request, TestResult, lockwork_error};
use crate::{ErrorKind, Job, Outcome};

const PATIENCE: Duration = Duration::from_secs(10);
const LEASE: Duration = Duration::from_secs(90);

/// An answer that takes so long is one, unless the patience has been used up.
const SLOW: Duration = Duration::from_secs(5);

fn job() -> Job {
    Job::new("job").timeout(LEASE).backoff(Duration::ZERO)
}

/// Renews while the store has `fault`, which outlasts the patience, and then while each of its answers takes `slow`.
async fn events_of_a_renewal(fault: Fault, slow: Duration) -> Vec<String> {
    let process = Process::alone().await;
    let body = async |_| {
        process.faults().each(Request::Swap, fault);
        sleep(LEASE / 3 + PATIENCE * 2).await;
        process.faults().each(Request::Swap, Fault::DelayReply(slow));
        sleep(LEASE).await;
        TestResult::Ok(7)
    };
    let outcome = process.worker().run(&job(), body).await;
    assert_eq!(outcome.expect("the lease is kept").attempt, 1);
    process.take_event_names()
}

#[tokio::test(start_paused = true)]
async fn a_store_that_refuses_signs_of_life_is_not_silent() {
    let events = events_of_a_renewal(Fault::Refuse, SLOW).await;
    assert!(!events.contains(&"StoreTrouble".to_owned()), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_waited_for_however_little_patience_is_left() {
    let events = events_of_a_renewal(Fault::LoseRequest, Duration::from_millis(500)).await;
    assert!(!events.contains(&"LeaseLost".to_owned()), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_sign_of_life_long_after_the_claim_is_no_trouble() {
    let events = events_of_a_renewal(Fault::DelayReply(Duration::ZERO), SLOW).await;
    assert!(!events.contains(&"StoreTrouble".to_owned()), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_long_after_one_that_said_busy_is_no_trouble() {
    let memory = MemoryStore::new();
    let [holder, waiter] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = job();
    let hold = holder.worker().run(&job, async |_| {
        sleep(LEASE / 4).await;
        waiter.faults().each(Request::Load, Fault::DelayReply(SLOW));
        sleep(LEASE * 2).await;
        TestResult::Ok(7)
    });
    let wait = async {
        sleep(Duration::from_secs(1)).await;
        waiter.worker().run(&job, async |_| TestResult::Ok(8)).await
    };
    let (_, waited) = tokio::join!(hold, wait);
    assert_eq!(waited.expect("it is done").value, 7);
    assert_eq!(waiter.take_event_names(), ["Busy", "Completed"], "an attempt is told of once, and there is no trouble");
}

#[tokio::test(start_paused = true)]
async fn a_sign_of_life_that_was_lost_is_tried_again_soon_and_told_of() {
    let process = Process::alone().await;
    let body = async |attempt: crate::Attempt| {
        process.faults().next(Request::Swap, Fault::LoseRequest);
        sleep(LEASE / 3 + LEASE / 10 + Duration::from_secs(1)).await;
        TestResult::Ok(attempt.lease_left())
    };
    let outcome: TestResult<Outcome<Duration>> = process.worker().run(&job(), body).await;
    let left = outcome.expect("the lease is kept").value;
    assert!(LEASE * 7 / 10 < left, "only {left:?} of the lease is left");
    assert_eq!(process.take_event_names(), ["Claimed", "StoreTrouble", "StoreRecovered", "Renewed", "Completed"]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_asked_more_and_more_seldom() {
    let process = Process::alone().await;
    process.faults().always(Fault::LoseRequest);
    assert!(process.worker().run(&job(), async |_| TestResult::Ok(7)).await.is_err());
    let (swaps, loads, watches) = process.take_counts();
    let asked = swaps + loads + watches;
    assert!(asked < 100, "{asked} times in {PATIENCE:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_has_recovered_is_asked_again_soon() {
    let process = Process::alone().await;
    let start = now();
    process.faults().always(Fault::LoseRequest);
    let mend = async {
        sleep(PATIENCE / 2).await;
        process.faults().clear();
    };
    let job = job();
    let run = process.worker().run(&job, async |_| {
        process.faults().next(Request::Swap, Fault::LoseRequest);
        TestResult::Ok(now() - start)
    });
    let (outcome, ()) = tokio::join!(run, mend);
    let took = now() - start - outcome.expect("it is recorded").value;
    assert!(took <= Duration::from_millis(25), "{took:?} for one request that was lost");
}

#[tokio::test(start_paused = true)]
async fn a_completion_that_is_refused_is_told_at_once() {
    let process = Process::alone().await;
    let start = now();
    let job = job();
    let run = process.worker().run(&job, async |_| {
        process.faults().next(Request::Swap, Fault::Refuse);
        TestResult::Ok(7)
    });
    let error = run.await.expect_err("it is not recorded");
    assert_eq!((lockwork_error(&*error).kind(), now()), (ErrorKind::Unrecorded, start));
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_cannot_be_recorded_is_no_unrecorded_completion() {
    let process = Process::alone().await;
    let job = job().max_attempts(2);
    let run = process.worker().run(&job, async |_| {
        process.faults().always(Fault::LoseRequest);
        TestResult::<u32>::Err("no luck".into())
    });
    let error = run.await.expect_err("it is not recorded");
    assert_eq!(lockwork_error(&*error).kind(), ErrorKind::Store, "{error}");
}
