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
