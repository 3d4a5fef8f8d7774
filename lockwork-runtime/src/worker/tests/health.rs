//! What is told of a store's well-being, also when nobody calls, and that its clock is followed.

use std::time::Duration;

use tokio::time::sleep;

use crate::Job;
use crate::store::memory::MemoryStore;
use crate::testing::{Fault, Process, Request, TestResult};

/// How often the store's clock is asked, and how long an answer is waited for.
const PING: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn a_store_that_is_dead_or_frozen_is_noticed_when_nobody_calls() {
    for fault in [Fault::LoseRequest, Fault::Swallow] {
        let process = Process::alone().await;
        process.faults().each(Request::Clock, fault);
        sleep(PING * 5 / 2).await;
        assert_eq!(process.take_event_names(), ["StoreTrouble"], "{fault:?}");
        process.faults().clear();
        sleep(PING * 3).await;
        assert_eq!(process.take_event_names(), ["StoreRecovered"], "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn fences_follow_a_clock_that_was_set() {
    let memory = MemoryStore::new();
    let process = Process::on(&memory).await;
    let set = memory.clock_now() + Duration::from_secs(60 * 60);
    memory.set_clock(set);
    sleep(PING + Duration::from_secs(1)).await;
    let outcome = process.worker().run(&Job::new("job"), async |attempt| TestResult::Ok(attempt.fence())).await;
    assert!(set.as_micros() <= u128::from(outcome.expect("it succeeds").value));
}

#[tokio::test(start_paused = true)]
async fn trouble_with_a_completion_is_told_of_and_so_is_its_end() {
    let process = Process::alone().await;
    let job = Job::new("job");
    let outcome = process.worker().run(&job, async |_| {
        process.faults().next(Request::Swap, Fault::LoseRequest);
        TestResult::Ok(7)
    });
    assert_eq!(outcome.await.expect("it is recorded").value, 7);
    assert_eq!(process.take_event_names(), ["Claimed", "StoreTrouble", "StoreRecovered", "Completed"]);
}

/// Runs a job of its own every half [`PING`], `times` times. The last one ends a half [`PING`] before this returns.
async fn stay_busy(process: &Process, times: u32) {
    for number in 0..times {
        let job = Job::new(format!("busy {number}"));
        let outcome = process.worker().run(&job, async |_| TestResult::Ok(7)).await;
        assert!(outcome.is_ok(), "{outcome:?}");
        sleep(PING / 2).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_answers_jobs_is_seldom_asked_for_its_clock() {
    let process = Process::alone().await;
    let _ = process.take_count(Request::Clock);
    // A moment before the clock has to be read in any case, and as long again behind it.
    stay_busy(&process, 11).await;
    assert_eq!(process.take_count(Request::Clock), 0);
    stay_busy(&process, 11).await;
    assert_eq!(process.take_count(Request::Clock), 1, "revisions follow it");
    sleep(PING * 3).await;
    assert_eq!(process.take_count(Request::Clock), 3, "nothing else is answered");
}

#[tokio::test(start_paused = true)]
async fn a_frozen_store_is_noticed_as_soon_after_its_last_answer_as_if_nobody_had_asked() {
    let process = Process::alone().await;
    stay_busy(&process, 5).await;
    let _ = process.take_events();
    process.faults().always(Fault::Swallow);
    // It is asked when it has been silent for a ping, and then it has its patience, which is as long.
    sleep(PING * 3 / 2 - Duration::from_secs(1)).await;
    assert_eq!(process.take_event_names(), [""; 0]);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(process.take_event_names(), ["StoreTrouble"]);
}

#[tokio::test(start_paused = true)]
async fn while_somebody_waits_for_a_time_the_clock_is_read_as_often_as_ever() {
    let process = Process::alone().await;
    let engine = process.worker().engine();
    stay_busy(&process, 3).await;
    let _ = process.take_count(Request::Clock);
    let wait = engine.wait_until(engine.store_clock() + PING * 100);
    tokio::select! {
        () = wait => panic!("it is not that late"),
        () = stay_busy(&process, 8) => {}
    }
    let count = process.take_count(Request::Clock);
    assert!((3..=4).contains(&count), "{count}");
    stay_busy(&process, 8).await;
    let count = process.take_count(Request::Clock);
    assert!(count <= 1, "nobody waits any more: {count}");
}
