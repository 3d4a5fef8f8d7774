//! How attempts end, and what their callers are told.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::{sleep, timeout};

use crate::clock::now;
use crate::store::memory::MemoryStore;
use crate::testing::{Fault, Process, Request, TestResult, lockwork_error};
use crate::{ErrorKind, Job, Outcome, State, Value, attempt};

fn job() -> Job {
    Job::new("job").timeout(Duration::from_secs(3)).max_attempts(3).backoff(Duration::ZERO)
}

#[tokio::test(start_paused = true)]
async fn the_last_attempts_own_error_is_returned_as_it_is() {
    let process = Process::alone().await;
    let outcome: TestResult<Outcome<u32>> =
        process.worker().run(&job(), async |attempt| Err(format!("{} of 3", attempt.number()).into())).await;
    assert_eq!(outcome.expect_err("it always fails").to_string(), "3 of 3");
    sleep(Duration::from_millis(1)).await;
    let claimed_and_failed = ["Claimed", "AttemptFailed"];
    assert_eq!(
        process.take_event_names(),
        [&claimed_and_failed[..], &claimed_and_failed, &claimed_and_failed, &["Exhausted"]].concat()
    );
}

#[tokio::test(start_paused = true)]
async fn everybody_else_is_told_the_last_error() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let begun = Cell::new(0);
    let run = async |process: &Process| -> TestResult<Outcome<u32>> {
        let body = async |_| {
            begun.set(begun.get() + 1);
            sleep(Duration::from_millis(100)).await;
            Err("no luck".into())
        };
        process.worker().run(&job(), body).await
    };
    let (first, second, third) = tokio::join!(run(&one), run(&other), run(&one));
    assert_eq!(begun.get(), 3);
    let errors = [first, second, third].map(|outcome| outcome.expect_err("it always fails"));
    let told: Vec<_> = errors.iter().filter_map(|error| error.downcast_ref::<crate::Error>()).collect();
    assert_eq!(told.len(), 2, "one has its own error: {errors:?}");
    for error in told {
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Exhausted, 3));
        assert!(error.to_string().contains("no luck"), "{error}");
        assert!(error.retry_in().is_some(), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_series_begins_after_the_cooldown_and_not_before() {
    let process = Process::alone().await;
    let job = job().max_attempts(1).cooldown(Duration::from_secs(60));
    let failed: TestResult<Outcome<u32>> = process.worker().run(&job, async |_| Err("no luck".into())).await;
    assert!(failed.is_err());
    sleep(Duration::from_secs(59)).await;
    let refused: TestResult<Outcome<u32>> = process.worker().run(&job, async |_| Ok(8)).await;
    let error = refused.expect_err("the cooldown is not over");
    assert_eq!(lockwork_error(&*error).retry_in(), Some(Duration::from_secs(1)));
    sleep(Duration::from_secs(1)).await;
    let outcome: TestResult<Outcome<u32>> = process.worker().run(&job, async |attempt| Ok(attempt.number())).await;
    assert_eq!(outcome.expect("a new series has begun").value, 1);
}

#[tokio::test(start_paused = true)]
async fn who_waited_for_a_series_is_told_its_end_even_without_a_cooldown() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = job().max_attempts(1).cooldown(Duration::ZERO);
    let fail = async |_| {
        sleep(Duration::from_secs(1)).await;
        TestResult::<u32>::Err("no luck".into())
    };
    let wait = async {
        sleep(Duration::from_millis(500)).await;
        other.worker().run(&job, async |_| TestResult::Ok(8)).await
    };
    let (_, waited) = tokio::join!(one.worker().run(&job, fail), wait);
    let error = waited.expect_err("the series that it waited for is over");
    assert_eq!(lockwork_error(&*error).kind(), ErrorKind::Exhausted);
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_between_failed_attempts() {
    let process = Process::alone().await;
    let start = now();
    let began = std::sync::Mutex::new(Vec::new());
    let body = async |_| {
        began.lock().expect("no test panics in here").push((now() - start).as_millis());
        TestResult::<()>::Err("no luck".into())
    };
    assert!(process.worker().run(&job().backoff(Duration::from_millis(100)), body).await.is_err());
    assert_eq!(*began.lock().expect("no test panics in here"), [0, 100, 300]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_gives_its_attempt_back_uncounted() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let cancelled = Cell::new(false);
    let spawned = async |attempt: crate::Attempt| {
        attempt.cancelled().await;
        cancelled.set(true);
    };
    let job = job();
    let dropped = async {
        let (outside, inside) = tokio::sync::oneshot::channel();
        let outside = Cell::new(Some(outside));
        let run = one.worker().run(&job, async |attempt| {
            let _ = outside.take().map(|outside| outside.send(attempt));
            std::future::pending::<TestResult<u32>>().await
        });
        assert!(timeout(Duration::from_millis(900), run).await.is_err());
        spawned(inside.await.expect("it has begun")).await;
        now()
    };
    let wait = async {
        sleep(Duration::from_millis(500)).await;
        let outcome = other.worker().run(&job, async |attempt| TestResult::Ok(attempt.number())).await;
        (outcome.expect("it succeeds").value, now())
    };
    let (dropped, (number, done)) = tokio::join!(dropped, wait);
    assert_eq!(number, 1, "the attempt that was given back does not count");
    assert_eq!(done, dropped, "and is given back at once");
    assert!(cancelled.get());
    assert_eq!(one.take_event_names(), ["Claimed", "HandedBack"]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failed_attempt_and_goes_on_in_its_own_process() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = job().max_attempts(2);
    let run =
        one.worker().run(&job, async |attempt| -> TestResult<u32> { panic!("the bell tolls {}", attempt.number()) });
    let panic = AssertUnwindSafe(run).catch_unwind().await.expect_err("the panic goes on");
    assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some("the bell tolls 1"));
    sleep(Duration::from_millis(1)).await;
    let record = other.worker().record("job").await.expect("the store is well").expect("there is one");
    let State::Waiting { error, .. } = record.state else { panic!("{record:?}") };
    assert_eq!((record.attempts, &*error), (1, "the body panicked: the bell tolls 1"));
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_closure_itself_is_one_of_the_body() {
    let process = Process::alone().await;
    let job = job();
    let run = process.worker().run(&job, |_| -> std::future::Ready<TestResult<u32>> { panic!("early") });
    assert!(AssertUnwindSafe(run).catch_unwind().await.is_err());
    sleep(Duration::from_millis(1)).await;
    assert_eq!(process.take_event_names(), ["Claimed", "AttemptFailed"]);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_calls_itself_is_told_so_at_once() {
    let process = Process::alone().await;
    let (job, other) = (job(), Job::new("other"));
    let outcome = process
        .worker()
        .run(&job, async |_| {
            let inner: TestResult<Outcome<u32>> = process.worker().run(&other, async |_| Ok(1)).await;
            assert!(inner.is_ok(), "another key is fine");
            let inner: TestResult<Outcome<u32>> = process.worker().run(&job, async |_| Ok(1)).await;
            TestResult::Ok(lockwork_error(&*inner.expect_err("it is its own key")).kind() == ErrorKind::Reentrant)
        })
        .await;
    assert!(outcome.expect("the outer body succeeds").value);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_runs_too_long_is_dropped_and_has_failed() {
    let process = Process::alone().await;
    let job = job().max_run(Duration::from_secs(10));
    let start = now();
    let body = async |attempt: crate::Attempt| {
        if attempt.number() == 1 {
            std::future::pending::<()>().await;
        }
        TestResult::Ok(attempt.number())
    };
    let outcome = process.worker().run(&job, body).await;
    assert_eq!(outcome.expect("the second attempt succeeds").value, 2);
    assert_eq!(now() - start, Duration::from_secs(10));
    let last = job.max_attempts(1);
    let process = Process::alone().await;
    let worker = process.worker();
    let outcome = worker.run(&last, async |_| std::future::pending::<TestResult<u32>>().await).await;
    let error = outcome.expect_err("it ran too long");
    assert_eq!(lockwork_error(&*error).kind(), ErrorKind::Exhausted);
    assert!(error.to_string().contains("`max_run`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_completion_that_cannot_be_recorded_is_told_after_the_patience() {
    let process = Process::alone().await;
    let start = now();
    let outcome: TestResult<Outcome<u32>> = process
        .worker()
        .run(&job(), async |_| {
            process.faults().always(Fault::LoseRequest);
            Ok(7)
        })
        .await;
    let error = outcome.expect_err("it is not recorded");
    assert_eq!(lockwork_error(&*error).kind(), ErrorKind::Unrecorded);
    let took = now() - start;
    assert!(Duration::from_secs(10) <= took && took < Duration::from_secs(12), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_completion_is_recorded_when_the_store_answers_again_even_after_the_lease() {
    let process = Process::alone().await;
    let body = async |_| {
        process.faults().always(Fault::LoseRequest);
        Ok(7)
    };
    let job = job();
    let run = process.worker().run(&job, body);
    let mend = async {
        sleep(Duration::from_secs(6)).await;
        process.faults().clear();
    };
    let (outcome, ()): (TestResult<Outcome<u32>>, _) = tokio::join!(run, mend);
    let outcome = outcome.expect("it is recorded in the end");
    assert_eq!((outcome.value, outcome.ran_here, outcome.attempt), (7, true, 1));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_cannot_travel_leaves_the_job_done_for_everybody() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    for process in [&one, &other] {
        let outcome: TestResult<Outcome<f64>> = process.worker().run(&job(), async |_| Ok(f64::INFINITY)).await;
        assert_eq!(lockwork_error(&*outcome.expect_err("JSON has none")).kind(), ErrorKind::Value);
    }
    assert_eq!(other.take_event_names(), ["Completed"]);
    let record = one.worker().record("job").await.expect("the store is well").expect("there is one");
    assert!(matches!(record.state, State::Done { value: Value::Unshared(_) }));
}

#[tokio::test(start_paused = true)]
async fn a_value_of_another_type_is_said_and_the_job_is_not_run_again() {
    let process = Process::alone().await;
    let _: TestResult<_> = process.worker().run(&job(), async |_| Ok("text".to_owned())).await;
    let outcome: TestResult<Outcome<u32>> = process.worker().run(&job(), async |_| Ok(8)).await;
    assert_eq!(lockwork_error(&*outcome.expect_err("it is a text")).kind(), ErrorKind::Value);
}

#[tokio::test(start_paused = true)]
async fn a_body_sees_its_attempt() {
    let process = Process::alone().await;
    let job = job();
    let seen = std::sync::Mutex::new(Vec::new());
    assert!(attempt().is_none());
    let body = async |given: crate::Attempt| {
        let current = attempt().expect("this is inside");
        assert_eq!((current.fence(), current.number()), (given.fence(), given.number()));
        assert!(given.lease_left() <= Duration::from_secs(3) * 9 / 10);
        seen.lock().expect("no test panics in here").push((given.fence(), given.idempotency_key(), given.is_last()));
        if given.is_last() { TestResult::Ok(()) } else { Err("again".into()) }
    };
    assert!(process.worker().run(&job, body).await.is_ok());
    let seen = seen.into_inner().expect("no test panics in here");
    assert!(seen.is_sorted_by(|(one, ..), (next, ..)| one < next), "fences grow: {seen:?}");
    assert!(seen.iter().all(|(_, key, _)| *key == seen[0].1 && key.len() == 32), "{seen:?}");
    assert_eq!(seen.iter().map(|(.., is_last)| *is_last).collect::<Vec<_>>(), [false, false, true]);
}

#[tokio::test(start_paused = true)]
async fn fences_grow_beyond_a_forgotten_record() {
    let process = Process::alone().await;
    let body = async |attempt: crate::Attempt| TestResult::Ok(attempt.fence());
    let first = process.worker().run(&job(), body).await.expect("it succeeds").value;
    sleep(Duration::from_millis(1)).await;
    assert!(process.worker().forget("job").await.expect("the store is well"));
    assert!(!process.worker().forget("job").await.expect("the store is well"), "it is gone");
    let second = process.worker().run(&job(), body).await.expect("it succeeds").value;
    assert!(first < second);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_its_caller_never_came_to_hear_of_is_given_back() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = job();
    let mut run = Box::pin(one.worker().run(&job, async |_| TestResult::Ok(1)));
    assert!(futures_util::poll!(&mut run).is_pending());
    sleep(Duration::from_millis(1)).await;
    assert_eq!(one.take_event_names(), ["Claimed"]);
    drop(run);
    let start = now();
    let outcome = other.worker().run(&job, async |attempt| TestResult::Ok(attempt.number())).await;
    assert_eq!((outcome.expect("it succeeds").value, now()), (1, start));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_granted_when_nobody_was_left_is_given_back_at_once() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = job();
    one.faults().next(Request::Swap, Fault::DelayReply(Duration::from_secs(1)));
    let gone = one.worker().run(&job, async |_| TestResult::Ok(0));
    assert!(timeout(Duration::from_millis(500), gone).await.is_err());
    let start = now();
    let call = other.worker().run(&job, async |attempt| TestResult::Ok(attempt.number()));
    let outcome = timeout(Duration::from_secs(60), call).await.expect("nobody keeps the attempt alive");
    assert_eq!(outcome.expect("nobody else is at it").value, 1);
    assert_eq!(now() - start, Duration::from_millis(500));
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_was_never_answered_is_given_back_when_nobody_is_left() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = job();
    one.faults().next(Request::Swap, Fault::LoseReply);
    one.faults().always(Fault::LoseRequest);
    let mut run = Box::pin(one.worker().run(&job, async |_| TestResult::Ok(1)));
    assert!(timeout(Duration::from_secs(1), &mut run).await.is_err());
    one.faults().clear();
    drop(run);
    let start = now();
    let outcome = other.worker().run(&job, async |attempt| TestResult::Ok(attempt.number())).await;
    assert_eq!(outcome.expect("it succeeds").value, 1);
    assert!(now() - start < Duration::from_secs(1), "long before the lease is over");
}
