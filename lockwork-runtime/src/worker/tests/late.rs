//! What comes when the lease is over, or nearly: a claim's answer, a body's end, a body that does not stop.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::call::{Call, Step};
use crate::clock::now;
use crate::drive::Driven;
use crate::store::memory::MemoryStore;
use crate::testing::{Fault, Process, Request, TestResult, lockwork_error};
use crate::{ErrorKind, Job};

const LEASE: Duration = Duration::from_secs(3);

fn job() -> Job {
    Job::new("job").timeout(LEASE).backoff(Duration::ZERO)
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_is_answered_after_a_takeover_begins_nothing() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    one.faults().next(Request::Swap, Fault::DelayReply(LEASE * 2));
    let job = job();
    let late = one.worker().run(&job, async |_| TestResult::Ok(1));
    let quick = async {
        sleep(LEASE / 2).await;
        let body = async |_| {
            sleep(LEASE * 3).await;
            TestResult::Ok(2)
        };
        other.worker().run(&job, body).await
    };
    let (late, quick) = tokio::join!(late, quick);
    let (late, quick) = (late.expect("it learns"), quick.expect("it completes"));
    assert_eq!((late.value, late.ran_here, quick.value, quick.attempt), (2, false, 2, 2));
    assert!(!one.take_event_names().contains(&"Claimed".to_owned()), "somebody else is at it");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_stop_when_it_ran_too_long_is_followed_when_its_lease_is_over() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let start = now();
    let job = job().max_run(LEASE / 3);
    let mut call = Call::<TestResult<u32>>::new(&job, Some(one.worker()));
    let Step::Run(attempt) = call.next().await else { panic!("nobody else is at it") };
    attempt.cancelled().await;
    assert_eq!(now() - start, LEASE / 3);
    let follow = other.worker().run(&job, async |_| TestResult::Ok(2));
    let outcome = timeout(LEASE * 10, follow).await.expect("it gives no sign of life any more");
    assert_eq!(outcome.expect("it takes over").attempt, 2);
    assert!(now() - start < LEASE + Duration::from_secs(1), "it gave none since it ran too long");
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_the_bodys_side_was_first_to_see_the_end_of_is_told_of() {
    let process = Process::alone().await;
    let mut call = Call::<TestResult<u32>>::new(&job(), Some(process.worker()));
    let Step::Run(_) = call.next().await else { panic!("nobody else is at it") };
    assert!(call.settle(Driven::Cut).is_none());
    sleep(Duration::from_millis(1)).await;
    assert_eq!(process.take_event_names()[..2], ["Claimed", "LeaseLost"]);
}

#[tokio::test(start_paused = true)]
async fn who_ends_after_a_takeover_is_not_kept_waiting_by_those_who_wait() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = job();
    let hasty = job.clone().wait(Duration::ZERO);
    let mut call = Call::<TestResult<u32>>::new(&hasty, Some(one.worker()));
    let Step::Run(_) = call.next().await else { panic!("nobody else is at it") };
    one.faults().always(Fault::LoseRequest);
    let mut holding = Box::pin(other.worker().run(&job, async |_| std::future::pending::<TestResult<u32>>().await));
    assert!(timeout(LEASE + Duration::from_millis(100), &mut holding).await.is_err());
    one.faults().clear();
    let mut waiting = Box::pin(one.worker().run(&job, async |_| TestResult::Ok(3)));
    let both = async { tokio::join!(&mut holding, &mut waiting) };
    assert!(timeout(Duration::from_secs(2), both).await.is_err(), "one waits for the other");
    let start = now();
    assert!(call.settle(Driven::Returned(Ok(1))).is_none());
    let Step::Return(returned) = call.next().await else { panic!("somebody else is at it") };
    let error = returned.expect_err("its attempt does not count");
    assert_eq!((lockwork_error(&*error).kind(), now()), (ErrorKind::Busy, start));
}

#[tokio::test(start_paused = true)]
async fn what_a_failed_attempt_spawned_is_told_before_the_next_one_begins() {
    let process = Process::alone().await;
    let failed = std::sync::Mutex::new(None);
    let body = async |attempt: crate::Attempt| match failed.lock().expect("no test panics in here").replace(attempt) {
        None => Err("no luck".into()),
        Some(failed) => TestResult::Ok(failed.lease_left()),
    };
    let outcome = process.worker().run(&job(), body).await;
    assert_eq!(outcome.expect("the second attempt succeeds").value, Duration::ZERO);
}
