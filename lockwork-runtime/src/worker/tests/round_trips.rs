//! What a call costs the store.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use crate::Job;
use crate::store::memory::MemoryStore;
use crate::testing::{Fault, Process, Request, TestResult};

const LEASE: Duration = Duration::from_secs(3);

fn job() -> Job {
    Job::new("job").timeout(LEASE)
}

#[tokio::test(start_paused = true)]
async fn a_claim_a_completion_and_a_renewal_are_one_swap_each() {
    let process = Process::alone().await;
    let outcome: TestResult<_> = process
        .worker()
        .run(&job(), async |_| {
            assert_eq!(process.take_counts(), (1, 0, 0), "the claim");
            tokio::time::sleep(LEASE / 3 + LEASE / 10).await;
            assert_eq!(process.take_counts(), (1, 0, 0), "the renewal");
            Ok(7)
        })
        .await;
    assert_eq!(outcome.expect("the body succeeds").value, 7);
    assert_eq!(process.take_counts(), (1, 0, 0), "the completion");
}

#[tokio::test(start_paused = true)]
async fn done_is_one_swap_that_does_not_swap() {
    let memory = MemoryStore::new();
    let [first, second] = [Process::on(&memory).await, Process::on(&memory).await];
    let _: TestResult<_> = first.worker().run(&job(), async |_| Ok(7)).await;
    let outcome: TestResult<_> = second.worker().run(&job(), async |_| Ok(8)).await;
    assert_eq!(outcome.expect("it is done").value, 7);
    assert_eq!(second.take_counts(), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn done_and_called_again_is_one_reading() {
    let process = Process::alone().await;
    let call = async || process.worker().run(&job(), async |_| TestResult::Ok(7)).await.map(|outcome| outcome.value);
    assert_eq!(call().await.ok(), Some(7));
    assert_eq!(process.take_counts(), (2, 0, 0), "the attempt");
    assert_eq!(call().await.ok(), Some(7));
    assert_eq!(process.take_counts(), (1, 0, 0), "that it is done is not known yet");
    for _ in 0..3 {
        assert_eq!(call().await.ok(), Some(7));
        assert_eq!(process.take_counts(), (0, 1, 0));
    }
    let outcomes = join_all((0..5000).map(|_| call())).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(7))));
    assert_eq!(process.take_counts(), (0, 1, 0), "thousands are one");
}

#[tokio::test(start_paused = true)]
async fn those_who_come_while_it_is_asked_whether_a_job_is_done_are_one_reading_more() {
    let process = Process::alone().await;
    let call = async || process.worker().run(&job(), async |_| TestResult::Ok(7)).await.map(|outcome| outcome.value);
    assert!(call().await.is_ok() && call().await.is_ok());
    process.take_counts();
    process.faults().next(Request::Load, Fault::DelayRequest(Duration::from_millis(10)));
    let late = async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        join_all((0..50).map(|_| call())).await
    };
    let (early, late) = tokio::join!(call(), late);
    assert!(late.into_iter().chain([early]).all(|outcome| matches!(outcome, Ok(7))));
    assert_eq!(process.take_counts(), (0, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn busy_is_one_reading_more() {
    let memory = MemoryStore::new();
    let [first, second] = [Process::on(&memory).await, Process::on(&memory).await];
    let outcome: TestResult<_> = first
        .worker()
        .run(&job(), async |_| {
            let refused: TestResult<_> = second.worker().run(&job().wait(Duration::ZERO), async |_| Ok(8)).await;
            assert!(refused.is_err());
            assert_eq!(second.take_counts(), (1, 1, 0));
            Ok(7)
        })
        .await;
    assert!(outcome.is_ok());
}

#[tokio::test(start_paused = true)]
async fn waiting_is_a_watch_and_a_reading_more_and_asks_no_more_than_once_a_lease() {
    let memory = MemoryStore::new();
    let [first, second] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = job();
    let work = first.worker().run(&job, async |_| {
        tokio::time::sleep(LEASE).await;
        TestResult::Ok(7)
    });
    let wait = async {
        tokio::task::yield_now().await;
        second.worker().run(&job, async |_| TestResult::Ok(8)).await
    };
    let (worked, waited) = tokio::join!(work, wait);
    assert_eq!(worked.expect("it succeeds").value, waited.expect("it is done").value);
    let (swaps, loads, watches) = second.take_counts();
    // To claim; after the watch stood, at the end of the lease that was known then, and at the wake-up.
    assert_eq!((swaps, watches), (1, 1));
    assert!(loads <= 3, "{loads}");
}

#[tokio::test(start_paused = true)]
async fn thousands_of_callers_are_one_claim() {
    let memory = MemoryStore::new();
    let [process, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = job();
    let call = async || process.worker().run(&job, async |_| TestResult::Ok(7)).await;
    let outcomes = join_all((0..5000).map(|_| call())).await;
    let ran_here =
        outcomes.into_iter().filter(|outcome| outcome.as_ref().is_ok_and(|outcome| outcome.ran_here)).count();
    assert_eq!(ran_here, 1);
    assert_eq!(process.take_counts(), (2, 0, 0));

    let job = Job::new("another job");
    let hold = process.worker().run(&job, async |_| {
        let call = async || other.worker().run(&job, async |_| TestResult::Ok(8)).await;
        let waiting = tokio::time::timeout(Duration::from_secs(1), join_all((0..5000).map(|_| call())));
        assert!(waiting.await.is_err(), "they wait for the body that waits for them");
        TestResult::Ok(7)
    });
    assert!(hold.await.is_ok());
    assert_eq!(other.take_counts(), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_is_lost_between_two_keepers() {
    let process = Arc::new(Process::alone().await);
    let calls = (0..4).map(|_| {
        let process = Arc::clone(&process);
        tokio::spawn(async move {
            for _ in 0..5000 {
                let outcome = process.worker().run(&job(), async |_| TestResult::Ok(7)).await;
                assert!(outcome.is_ok(), "{outcome:?}");
            }
        })
    });
    let all = join_all(calls.collect::<Vec<_>>());
    let ended = tokio::time::timeout(Duration::from_secs(60), all).await.expect("every call is answered");
    assert!(ended.into_iter().all(|task| task.is_ok()));
}
