//! A job that was done when it was last called here, and what has become of it since.

use std::time::Duration;

use tokio::time::sleep;

use crate::store::memory::MemoryStore;
use crate::testing::{Fault, Process, Request, TestResult, lockwork_error};
use crate::{ErrorKind, Job, Outcome};

const LEASE: Duration = Duration::from_secs(3);

fn job() -> Job {
    Job::new("job").timeout(LEASE)
}

async fn call(process: &Process, value: u32) -> TestResult<Outcome<u32>> {
    process.worker().run(&job(), async |_| TestResult::Ok(value)).await
}

/// Two processes, of which the first has done the job with 7, and both know that it is done.
async fn both_know() -> [Process; 2] {
    let memory = MemoryStore::new();
    let processes = [Process::on(&memory).await, Process::on(&memory).await];
    for process in [&processes[0], &processes[0], &processes[1]] {
        assert_eq!(call(process, 7).await.expect("the store is well").value, 7);
    }
    for process in &processes {
        process.take_counts();
    }
    processes
}

#[tokio::test(start_paused = true)]
async fn what_was_forgotten_is_done_anew() {
    let [first, second] = both_know().await;
    assert!(first.worker().forget("job").await.expect("the store is well"));
    let outcome = call(&second, 8).await.expect("the store is well");
    assert_eq!((outcome.value, outcome.ran_here), (8, true));
    assert_eq!(second.take_counts(), (2, 1, 0));
    assert_eq!(call(&first, 9).await.expect("the store is well").value, 8, "what it knew is out of date");
}

#[tokio::test(start_paused = true)]
async fn what_others_are_doing_anew_is_waited_for() {
    let [first, second] = both_know().await;
    assert!(first.worker().forget("job").await.expect("the store is well"));
    let job = job();
    let hold = first.worker().run(&job, async |_| {
        sleep(LEASE).await;
        TestResult::Ok(9)
    });
    let wait = async {
        sleep(LEASE / 9).await;
        call(&second, 8).await
    };
    let (held, waited) = tokio::join!(hold, wait);
    assert_eq!(held.expect("it succeeds").value, 9);
    let waited = waited.expect("it is done");
    assert_eq!((waited.value, waited.ran_here), (9, false));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_asked_again() {
    let [_, second] = both_know().await;
    for fault in [Fault::LoseRequest, Fault::LoseReply] {
        second.faults().next(Request::Load, fault);
        assert_eq!(call(&second, 8).await.expect("it answers in the end").value, 7, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_what_the_store_does_not_say() {
    let [_, second] = both_know().await;
    for fault in [Fault::Refuse, Fault::LoseRequest, Fault::Swallow] {
        second.faults().always(fault);
        let error = call(&second, 8).await.expect_err("the store says nothing");
        let error = lockwork_error(&*error);
        assert_eq!((error.kind(), error.key()), (ErrorKind::Store, Some("job")), "{fault:?}");
        second.faults().clear();
    }
    assert_eq!(call(&second, 8).await.expect("the store is well").value, 7);
}
