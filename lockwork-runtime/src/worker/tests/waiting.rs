//! Waiting for somebody else.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use crate::clock::now;
use crate::register::Glimpse;
use crate::store::memory::MemoryStore;
use crate::store::{Store as _, Swap, Swapped, Wake};
use crate::testing::{Fault, Process, Request, TestResult, lockwork_error};
use crate::{ErrorKind, Job, Outcome, Record};

const LEASE: Duration = Duration::from_secs(3);

fn job() -> Job {
    Job::new("job").timeout(LEASE).backoff(Duration::ZERO)
}

/// Runs a body in `process` until `release`, and returns when it has begun.
async fn occupy(process: &Arc<Process>, job: Job, result: TestResult<u32>) -> Arc<Notify> {
    let [begun, release] = [Arc::new(Notify::new()), Arc::new(Notify::new())];
    let (process, tell, released) = (Arc::clone(process), Arc::clone(&begun), Arc::clone(&release));
    tokio::spawn(async move {
        let result = std::sync::Mutex::new(Some(result));
        let _ = process
            .worker()
            .run(&job, async |_| {
                tell.notify_one();
                released.notified().await;
                result.lock().expect("no test panics in here").take().unwrap_or(Ok(99))
            })
            .await;
    });
    begun.notified().await;
    release
}

#[tokio::test(start_paused = true)]
async fn a_waiter_learns_of_a_completion_at_once() {
    let memory = MemoryStore::new();
    let [holder, waiter] = [Arc::new(Process::on(&memory).await), Arc::new(Process::on(&memory).await)];
    let release = occupy(&holder, job(), Ok(7)).await;
    let waiting = tokio::spawn(async move {
        let outcome: TestResult<Outcome<u32>> = waiter.worker().run(&job(), async |_| Ok(8)).await;
        (outcome.expect("it is done"), now(), waiter.take_event_names())
    });
    sleep(LEASE / 2).await;
    let released = now();
    release.notify_one();
    let (outcome, learnt, events) = waiting.await.expect("it does not panic");
    assert_eq!((outcome.value, outcome.ran_here, outcome.attempt), (7, false, 1));
    assert_eq!(learnt, released, "no timer is involved");
    assert_eq!(events, ["Busy", "Completed"]);
}

#[tokio::test(start_paused = true)]
async fn a_waiter_follows_on_a_failed_attempt_at_once() {
    let memory = MemoryStore::new();
    let [holder, waiter] = [Arc::new(Process::on(&memory).await), Arc::new(Process::on(&memory).await)];
    // The one whose attempt fails may be first to the next one too, so it is kept from asking.
    let release = occupy(&holder, job(), Err("no luck".into())).await;
    let waiting = tokio::spawn(async move {
        let outcome: TestResult<Outcome<u32>> = waiter.worker().run(&job(), async |attempt| Ok(attempt.number())).await;
        (outcome.expect("it succeeds"), now())
    });
    sleep(LEASE / 2).await;
    let released = now();
    holder.faults().next(Request::Swap, Fault::DelayReply(Duration::from_millis(500)));
    release.notify_one();
    let (outcome, done) = waiting.await.expect("it does not panic");
    assert_eq!((outcome.value, outcome.ran_here), (2, true));
    assert_eq!(done, released, "no timer is involved");
}

/// The running record at `name`, as if its attempt had failed without a pause behind it.
async fn opened(memory: &MemoryStore, name: &str) -> String {
    let record = memory.load(name).await.expect("memory answers").expect("it runs").bytes;
    let text = String::from_utf8(record).expect("it is text");
    let (start, running) = text.split_once("\"running\"").expect("it runs");
    let (series, _) = running.split_once("\"lease\"").expect("it has one");
    format!("{start}\"waiting\"{series}\"pause\":0,\"error\":\"\"}}}}")
}

#[tokio::test(start_paused = true)]
async fn what_a_wake_up_tells_is_claimed_without_a_reading_and_only_if_it_is_there() {
    let memory = MemoryStore::new();
    let [holder, waiter] = [Arc::new(Process::on(&memory).await), Arc::new(Process::on(&memory).await)];
    let release = occupy(&holder, job(), Err("no luck".into())).await;
    let follow = async {
        let outcome: TestResult<Outcome<u32>> = waiter.worker().run(&job(), async |attempt| Ok(attempt.number())).await;
        outcome.expect("it succeeds").value
    };
    let fail = async {
        sleep(LEASE / 4).await;
        assert_eq!(waiter.take_counts(), (1, 1, 1), "it waits");
        holder.faults().next(Request::Swap, Fault::DelayReply(LEASE / 4));
        release.notify_one();
    };
    let (attempt, ()) = tokio::join!(follow, fail);
    assert_eq!((attempt, waiter.take_counts()), (2, (2, 0, 0)), "it claims, and completes");

    let stale = memory.load("lockwork:job").await.expect("memory answers").expect("it is done").bytes;
    assert!(Glimpse::guess(&stale).is_none(), "a completion is read");
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = Job::new("other").timeout(LEASE);
    let begun = Notify::new();
    let hold = one.worker().run(&job, async |_| {
        begun.notify_one();
        sleep(LEASE / 2).await;
        TestResult::Ok(7)
    });
    let wait = async {
        begun.notified().await;
        let wake = async {
            sleep(LEASE / 4).await;
            let past = opened(&memory, "lockwork:other").await;
            assert!(Glimpse::guess(past.as_bytes()).is_some(), "{past}");
            let (_, rest) = past.split_once(',').expect("it has a revision first");
            let last = format!("1 {{\"revision\":{},{rest}", 1_u64 << 53);
            assert!(Record::decode(last.as_bytes()).is_ok() && Glimpse::guess(last.as_bytes()).is_none(), "{last}");
            memory.wake("lockwork:other", past.as_bytes());
        };
        let waiting = other.worker().run(&job, async |_| TestResult::Ok(8));
        tokio::join!(waiting, wake).0
    };
    let (held, waited) = tokio::join!(hold, wait);
    assert_eq!((held.expect("it succeeds").value, waited.expect("it is done").value), (7, 7));
}

#[tokio::test(start_paused = true)]
async fn who_is_not_woken_for_the_next_attempt_looks_at_the_end_of_the_lease_that_it_knows() {
    let memory = MemoryStore::new();
    let [holder, waiter] = [Arc::new(Process::on(&memory).await), Arc::new(Process::on(&memory).await)];
    let begun = now();
    let _never = occupy(&holder, job(), Ok(7)).await;
    holder.faults().always(Fault::LoseRequest);
    let follow = async {
        let outcome: TestResult<Outcome<u32>> = waiter.worker().run(&job(), async |attempt| Ok(attempt.number())).await;
        (outcome.expect("it follows").value, now() - begun)
    };
    let fail = async {
        sleep(LEASE / 4).await;
        assert_eq!(waiter.take_counts(), (1, 1, 1), "it waits");
        // Those who are woken are dead.
        let running = memory.load("lockwork:job").await.expect("memory answers").expect("it runs").bytes;
        let open = opened(&memory, "lockwork:job").await;
        let (expected, keep) = (Some(running.as_slice()), Some(LEASE * 100));
        let swap = Swap { key: "lockwork:job", expected, next: open.as_bytes(), keep, wake: Wake::Nobody };
        assert_eq!(memory.swap(swap).await, Ok(Swapped::Written));
    };
    let ((attempt, took), ()) = tokio::join!(follow, fail);
    assert!(LEASE <= took && took <= LEASE + Duration::from_millis(5), "{took:?}");
    assert_eq!((attempt, waiter.take_counts()), (2, (2, 1, 0)), "it looks, claims and completes");
    assert_eq!(waiter.take_event_names(), ["Busy", "Claimed", "Completed"]);
}

/// That a completion, told while the waiter's request has this fault, is learnt of as soon as the fault is over.
async fn check_not_missed(op: Request, fault: fn(Duration) -> Fault) {
    let memory = MemoryStore::new();
    let [holder, waiter] = [Arc::new(Process::on(&memory).await), Arc::new(Process::on(&memory).await)];
    let release = occupy(&holder, job(), Ok(7)).await;
    waiter.faults().next(op, fault(Duration::from_millis(200)));
    let waiting = tokio::spawn(async move {
        let outcome: TestResult<Outcome<u32>> = waiter.worker().run(&job(), async |_| Ok(8)).await;
        (outcome.expect("it is done").value, now())
    });
    sleep(Duration::from_millis(100)).await;
    release.notify_one();
    let asked = now();
    let (value, learnt) = waiting.await.expect("it does not panic");
    assert_eq!((value, learnt - asked), (7, Duration::from_millis(100)));
}

#[tokio::test(start_paused = true)]
async fn a_completion_between_the_claim_and_the_watch_is_not_missed() {
    check_not_missed(Request::Watch, Fault::DelayRequest).await;
}

#[tokio::test(start_paused = true)]
async fn a_completion_between_the_watch_and_the_reading_is_not_missed() {
    check_not_missed(Request::Load, Fault::DelayReply).await;
}

#[tokio::test(start_paused = true)]
async fn what_happens_in_a_pause_before_the_watch_stands_is_not_missed() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = job().backoff(Duration::from_secs(60));
    one.faults().next(Request::Watch, Fault::DelayRequest(Duration::from_millis(200)));
    let fails_once = std::sync::atomic::AtomicBool::new(true);
    let body =
        async |_| if fails_once.swap(false, Ordering::Relaxed) { Err("no luck".into()) } else { TestResult::Ok(7) };
    let forget = async {
        sleep(Duration::from_millis(100)).await;
        other.worker().forget("job").await
    };
    let start = now();
    let (outcome, forgotten) = tokio::join!(one.worker().run(&job, body), forget);
    assert!(forgotten.is_ok_and(|forgotten| forgotten));
    assert_eq!((outcome.expect("it begins anew").value, now() - start), (7, Duration::from_millis(200)));
}

#[tokio::test(start_paused = true)]
async fn a_silent_holder_is_taken_over_when_its_lease_is_over() {
    let memory = MemoryStore::new();
    let [holder, waiter] = [Arc::new(Process::on(&memory).await), Arc::new(Process::on(&memory).await)];
    let begun = now();
    let _never = occupy(&holder, job(), Ok(7)).await;
    holder.faults().always(Fault::LoseRequest);
    let outcome: TestResult<Outcome<u32>> = waiter.worker().run(&job(), async |attempt| Ok(attempt.number())).await;
    let outcome = outcome.expect("it takes over");
    assert_eq!((outcome.value, outcome.ran_here), (2, true));
    let took = now() - begun;
    assert!(LEASE <= took && took <= LEASE + Duration::from_millis(5), "{took:?}");
    assert_eq!(waiter.take_event_names(), ["Busy", "TakenOver", "Claimed", "Completed"]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_over_is_busy() {
    let memory = MemoryStore::new();
    let [holder, waiter] = [Arc::new(Process::on(&memory).await), Arc::new(Process::on(&memory).await)];
    let _never = occupy(&holder, job(), Ok(7)).await;
    for wait in [Duration::ZERO, Duration::from_secs(10)] {
        let asked = now();
        let outcome: TestResult<Outcome<u32>> = waiter.worker().run(&job().wait(wait), async |_| Ok(8)).await;
        let error = outcome.expect_err("it is busy");
        let error = lockwork_error(&*error);
        assert_eq!((error.kind(), error.key(), error.attempts()), (ErrorKind::Busy, Some("job"), 1));
        assert!(error.retry_in().is_some_and(|left| left <= LEASE), "{error:?}");
        assert_eq!(now() - asked, wait);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_told_apart_from_the_attempt_before_it() {
    let memory = MemoryStore::new();
    let [holder, waiter] = [Arc::new(Process::on(&memory).await), Arc::new(Process::on(&memory).await)];
    let job = job().backoff(LEASE * 10);
    let release = occupy(&holder, job.clone(), Err("no luck".into())).await;
    let fail = async {
        sleep(LEASE / 2).await;
        release.notify_one();
    };
    let hasty = job.wait(LEASE);
    let (outcome, ()) = tokio::join!(waiter.worker().run(&hasty, async |_| TestResult::Ok(8)), fail);
    let error = outcome.expect_err("the pause is not over");
    assert!(error.to_string().contains("the pause after attempt 1 (no luck)"), "{error}");
    assert_eq!(waiter.take_event_names(), ["Busy", "Busy"], "one for the attempt and one for the pause");
}

#[tokio::test(start_paused = true)]
async fn callers_of_one_process_keep_their_own_waits() {
    let process = Arc::new(Process::alone().await);
    let release = occupy(&process, job(), Ok(7)).await;
    let run = async |wait| {
        let outcome: TestResult<Outcome<u32>> = process.worker().run(&job().wait(wait), async |_| Ok(8)).await;
        (outcome.ok().map(|outcome| outcome.value), now())
    };
    let start = now();
    let later = async {
        sleep(Duration::from_secs(2)).await;
        release.notify_one();
    };
    let (at_once, soon, patient, ()) =
        tokio::join!(run(Duration::ZERO), run(LEASE / 2), run(Duration::from_secs(9)), later);
    assert_eq!(at_once, (None, start));
    assert_eq!(soon, (None, start + LEASE / 2), "also when no sign of life is due");
    assert_eq!(patient, (Some(7), start + Duration::from_secs(2)));
}

#[tokio::test(start_paused = true)]
async fn one_who_does_not_wait_for_others_still_follows_on_its_own_failure() {
    let process = Process::alone().await;
    let job = job().wait(Duration::ZERO).backoff(Duration::from_secs(1));
    let outcome: TestResult<Outcome<u32>> = process
        .worker()
        .run(&job, async |attempt| if attempt.number() < 3 { Err("not yet".into()) } else { Ok(attempt.number()) })
        .await;
    assert_eq!(outcome.expect("the third attempt succeeds").value, 3);
}

#[tokio::test(start_paused = true)]
async fn one_who_has_gone_is_not_waited_for() {
    let memory = MemoryStore::new();
    let [holder, waiter] = [Arc::new(Process::on(&memory).await), Arc::new(Process::on(&memory).await)];
    let release = occupy(&holder, job(), Err("no luck".into())).await;
    let job = job();
    let gone = waiter.worker().run(&job, async |_| TestResult::Ok(8));
    assert!(timeout(Duration::from_secs(1), gone).await.is_err());
    sleep(Duration::from_millis(1)).await;
    assert!(!memory.is_watched("lockwork:job"), "its keeper has ended");
    waiter.take_counts();
    release.notify_one();
    sleep(LEASE * 2).await;
    assert_eq!(waiter.take_counts(), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_starts_later_gets_the_value_at_once() {
    let memory = MemoryStore::new();
    let early = Process::on(&memory).await;
    let _: TestResult<_> = early.worker().run(&job(), async |_| Ok(7)).await;
    drop(early);
    sleep(Duration::from_secs(7 * 24 * 60 * 60)).await;
    let late = Process::on(&memory).await;
    let start: Instant = now();
    let outcome: TestResult<Outcome<u32>> = late.worker().run(&job(), async |_| Ok(8)).await;
    assert_eq!((outcome.expect("it is done").value, now()), (7, start));
}
