//! The lease: who keeps it, when it ends here, and what a late end is worth.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::call::{Call, Step};
use crate::clock::now;
use crate::drive::Driven;
use crate::store::Store as _;
use crate::store::memory::MemoryStore;
use crate::testing::{Fault, Process, Request, TestResult};
use crate::{Job, Outcome};

const LEASE: Duration = Duration::from_secs(9);

fn job() -> Job {
    Job::new("job").timeout(LEASE).backoff(Duration::ZERO)
}

/// Notes when it is dropped.
struct Drops<'a>(&'a std::sync::Mutex<Vec<Instant>>);

impl Drop for Drops<'_> {
    fn drop(&mut self) {
        self.0.lock().expect("no test panics in here").push(now());
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_body_is_kept_alive_and_nobody_else_begins() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let begun = AtomicU32::new(0);
    let run = async |process: &Process| -> TestResult<Outcome<u32>> {
        let body = async |_| {
            begun.fetch_add(1, Ordering::Relaxed);
            sleep(LEASE * 10).await;
            Ok(7)
        };
        process.worker().run(&job(), body).await
    };
    let (first, second) = tokio::join!(run(&one), run(&other));
    assert_eq!((first.expect("it succeeds").value, second.expect("it is done").value), (7, 7));
    assert_eq!(begun.into_inner(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_body_is_dropped_before_anybody_else_can_begin() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let dropped = std::sync::Mutex::new(Vec::new());
    let start = now();
    // The claim is answered late. The local deadline counts from when it was sent all the same.
    one.faults().next(Request::Swap, Fault::DelayReply(Duration::from_secs(4)));
    one.faults().always(Fault::LoseRequest);
    let job = job();
    let cut_off = one.worker().run(&job, async |_| {
        let _drops = Drops(&dropped);
        sleep(LEASE * 3).await;
        TestResult::Ok(1)
    });
    let began = std::sync::Mutex::new(None);
    let wait = async {
        sleep(Duration::from_secs(1)).await;
        let body = async |attempt: crate::Attempt| {
            *began.lock().expect("no test panics in here") = Some(now());
            TestResult::Ok(attempt.number())
        };
        other.worker().run(&job, body).await
    };
    let outcome = tokio::select! {
        _ = cut_off => panic!("its store does not answer"),
        outcome = wait => outcome,
    };
    assert_eq!(outcome.expect("it takes over").value, 2);
    let dropped = dropped.into_inner().expect("no test panics in here");
    assert_eq!(dropped.iter().map(|at| *at - start).collect::<Vec<_>>(), [LEASE * 9 / 10]);
    let began = began.into_inner().expect("no test panics in here").expect("it has begun");
    assert!(start + LEASE <= began);
}

#[tokio::test(start_paused = true)]
async fn a_renewed_lease_counts_from_the_sending_too() {
    let process = Process::alone().await;
    let dropped = std::sync::Mutex::new(Vec::new());
    let start = now();
    let job = job().max_attempts(1);
    let body = async |_| {
        let _drops = Drops(&dropped);
        process.faults().next(Request::Swap, Fault::DelayReply(Duration::from_secs(2)));
        process.faults().always(Fault::LoseRequest);
        sleep(LEASE * 3).await;
        TestResult::Ok(1)
    };
    assert!(process.worker().run(&job, body).await.is_err());
    let dropped = dropped.into_inner().expect("no test panics in here");
    assert_eq!(dropped.iter().map(|at| *at - start).collect::<Vec<_>>(), [LEASE / 3 + LEASE * 9 / 10]);
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_is_answered_when_its_lease_is_over_is_not_spent_for_nothing() {
    let process = Process::alone().await;
    process.faults().next(Request::Swap, Fault::DelayReply(LEASE));
    let outcome = process.worker().run(&job().max_attempts(1), async |_| TestResult::Ok(7)).await;
    let outcome = outcome.expect("its only attempt is begun");
    assert_eq!((outcome.value, outcome.attempt), (7, 1));
    assert_eq!(process.take_event_names(), ["Claimed", "Completed"]);
}

#[tokio::test(start_paused = true)]
async fn a_late_completion_counts_when_nobody_took_over() {
    let process = Process::alone().await;
    let start = now();
    let body = async |_| {
        // The completion is on its way for longer than the lease.
        process.faults().next(Request::Swap, Fault::DelayRequest(LEASE * 9 / 10));
        sleep(LEASE / 4).await;
        TestResult::Ok(7)
    };
    let outcome = process.worker().run(&job(), body).await.expect("nobody took over");
    assert_eq!((outcome.value, outcome.ran_here, outcome.attempt), (7, true, 1));
    assert!(LEASE < now() - start);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_held_its_thread_past_its_lease_still_counts_when_nobody_took_over() {
    for (is_taken_over, expected) in [(false, (7, 1)), (true, (8, 2))] {
        let memory = MemoryStore::new();
        let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
        let job = job();
        let mut call = Call::<TestResult<u32>>::new(&job, Some(one.worker()));
        let Step::Run(attempt) = call.next().await else { panic!("nobody else is at it") };
        one.faults().always(Fault::LoseRequest);
        sleep(LEASE * 2).await;
        one.faults().clear();
        assert!(attempt.is_over(), "the keeper has lost it");
        if is_taken_over {
            let outcome = other.worker().run(&job, async |_| TestResult::Ok(8)).await;
            assert!(outcome.is_ok());
        }
        assert!(call.settle(Driven::Returned(Ok(7))).is_none());
        let Step::Return(returned) = call.next().await else { panic!("the job is done") };
        let attempt = call.into_done().expect("it is done").record.attempts;
        assert_eq!((returned.expect("it is done"), attempt), expected);
        let lost = one.take_event_names().into_iter().filter(|name| name == "LeaseLost").count();
        assert_eq!(lost, 1, "told once");
    }
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_last_attempt_that_does_not_count_is_not_the_jobs_fate() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = job().max_attempts(1);
    let mut call = Call::<TestResult<u32>>::new(&job, Some(one.worker()));
    let Step::Run(attempt) = call.next().await else { panic!("nobody else is at it") };
    assert!(other.worker().forget("job").await.is_ok_and(|forgotten| forgotten));
    assert!(other.worker().run(&job, async |_| TestResult::Ok(8)).await.is_ok());
    attempt.cancelled().await;
    assert!(call.settle(Driven::Returned(Err("no luck".into()))).is_none());
    let Step::Return(returned) = call.next().await else { panic!("the job is done") };
    assert_eq!(returned.expect("it is done"), 8);
}

#[tokio::test(start_paused = true)]
async fn who_completes_after_a_takeover_gets_the_winners_value() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = job();
    let slow = one.worker().run(&job, async |_| {
        // The completion is on its way for longer than the lease.
        one.faults().next(Request::Swap, Fault::DelayRequest(LEASE * 9 / 10));
        sleep(LEASE / 4).await;
        TestResult::Ok(1)
    });
    let quick = async {
        sleep(Duration::from_secs(1)).await;
        other.worker().run(&job, async |_| TestResult::Ok(2)).await
    };
    let (slow, quick) = tokio::join!(slow, quick);
    let (slow, quick) = (slow.expect("it learns"), quick.expect("it completes"));
    assert_eq!((slow.value, slow.ran_here, slow.attempt), (2, false, 2));
    assert_eq!((quick.value, quick.ran_here, quick.attempt), (2, true, 2));
    assert!(one.take_event_names().contains(&"LeaseLost".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_claim_whose_reply_was_lost_is_the_same_attempt() {
    let process = Process::alone().await;
    process.faults().next(Request::Swap, Fault::LoseReply);
    let outcome = process.worker().run(&job(), async |attempt| TestResult::Ok(attempt.number())).await;
    assert_eq!(outcome.expect("it succeeds").value, 1);
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_is_recovered_late_counts_from_a_sign_of_life() {
    let memory = MemoryStore::new();
    let process = Process::on(&memory).await;
    let start = now();
    process.faults().next(Request::Swap, Fault::LoseReply);
    process.faults().always(Fault::LoseRequest);
    let mend = async {
        sleep(LEASE / 2).await;
        process.faults().clear();
    };
    let job = job();
    let run = process.worker().run(&job, async |_| {
        let record = process.worker().record("job").await?.expect("it was claimed");
        let seen = memory.load("lockwork:job").await.expect("memory answers").expect("it is there");
        let age = record.keep.expect("it is not finished") - seen.left.expect("so it ends");
        TestResult::Ok((now() - start, age))
    });
    let (outcome, ()) = tokio::join!(run, mend);
    let (began, age) = outcome.expect("it succeeds").value;
    assert!(LEASE / 2 <= began, "the store did not answer before");
    // Else others could begin while this body still counts on a whole lease.
    assert_eq!(age, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_to_anything_changes_nothing() {
    for lost in 1..=6 {
        let process = Process::alone().await;
        let begun = AtomicU32::new(0);
        for _ in 1..lost {
            process.faults().next(Request::Swap, Fault::DelayReply(Duration::ZERO));
        }
        process.faults().next(Request::Swap, Fault::LoseReply);
        let body = async |attempt: crate::Attempt| {
            begun.fetch_add(1, Ordering::Relaxed);
            sleep(LEASE / 2).await;
            if attempt.number() == 1 { Err("no luck".into()) } else { TestResult::Ok(attempt.number()) }
        };
        let outcome = process.worker().run(&job(), body).await.expect("the second attempt succeeds");
        assert_eq!((outcome.value, outcome.attempt, begun.into_inner()), (2, 2, 2), "swap {lost} was not answered");
        let events = process.take_event_names();
        assert!(!events.contains(&"LeaseLost".to_owned()), "swap {lost} was not answered: {events:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_whose_reply_was_lost_keeps_the_lease() {
    let process = Process::alone().await;
    let outcome = process
        .worker()
        .run(&job(), async |attempt| {
            process.faults().next(Request::Swap, Fault::LoseReply);
            sleep(LEASE * 2).await;
            TestResult::Ok(attempt.number())
        })
        .await;
    assert_eq!(outcome.expect("it succeeds").value, 1);
    assert!(!process.take_event_names().contains(&"LeaseLost".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_record_ends_the_attempt_at_its_next_sign_of_life() {
    let process = Process::alone().await;
    let begun = AtomicU32::new(0);
    let job = job();
    let body = async |attempt: crate::Attempt| {
        if begun.fetch_add(1, Ordering::Relaxed) == 0 {
            process.worker().forget("job").await?;
            sleep(LEASE).await;
        }
        TestResult::Ok(attempt.number())
    };
    let outcome = process.worker().run(&job, body).await.expect("the job begins anew");
    assert_eq!((outcome.value, begun.load(Ordering::Relaxed)), (1, 2));
    assert_eq!(process.take_event_names()[..3], ["Claimed", "LeaseLost", "Claimed"]);
}

#[tokio::test(start_paused = true)]
async fn a_crash_on_the_last_attempt_is_found_out_when_its_lease_is_over() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = job().max_attempts(1);
    let crash = one.worker().run(&job, async |_| {
        one.faults().always(Fault::LoseRequest);
        std::future::pending::<TestResult<u32>>().await
    });
    let wait = async {
        sleep(Duration::from_secs(1)).await;
        other.worker().run(&job, async |_| TestResult::Ok(2)).await
    };
    let outcome = tokio::select! { _ = crash => panic!("it never returns"), outcome = wait => outcome };
    let error = outcome.expect_err("all attempts are spent");
    assert!(error.to_string().contains("no sign of life from"), "{error}");
    assert_eq!(other.take_event_names(), ["Busy", "TakenOver", "Exhausted"]);
}
