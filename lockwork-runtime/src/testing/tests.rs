//! The knobs do what they say.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::time::{Duration, SystemTime};

use futures_util::poll;
use tokio::time::{Instant, sleep, timeout};

use super::{Fault, Faults, Fleet, Process, Request, TestResult, lockwork_error};
use crate::call::{Call, Step};
use crate::clock::now;
use crate::{Attempt, ErrorKind, Event, Job, Outcome};

mod schedules;

const LEASE: Duration = Duration::from_secs(3);

fn job() -> Job {
    Job::new("job").timeout(LEASE).backoff(Duration::ZERO)
}

/// What an annotated function without a `worker` does: it asks for the one of its process.
async fn annotated(job: &Job) -> TestResult<&'static str> {
    let mut call = Call::<TestResult<String>>::new(job, None);
    match call.next().await {
        Step::Run(_) => Ok("run"),
        Step::Return(returned) => returned.map(|_| "done"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_uses_the_worker_of_the_process_that_it_is_made_in() {
    let fleet = Fleet::new();
    let [one, other] = [fleet.process().await, fleet.process().await];
    let jobs = [Job::new("first"), Job::new("second"), Job::new("third")];
    let both = async {
        let joined = async { tokio::join!(annotated(&jobs[0]), annotated(&jobs[1])) };
        let (here, there) = tokio::join!(joined, other.call(annotated(&jobs[2])));
        (here.0.is_ok(), here.1.is_ok(), there.is_ok())
    };
    assert_eq!(one.call(both).await, (true, true, true));
    let keys = |process: &Process| {
        let claimed = process.take_events().into_iter().filter_map(|event| match event {
            Event::Claimed { key, holder, .. } => Some((key, holder)),
            _ => None,
        });
        claimed.collect::<Vec<_>>()
    };
    let [here, there] = ["test/1", "test/2"].map(str::to_owned);
    assert_eq!(keys(&one), [("first".to_owned(), here.clone()), ("second".to_owned(), here)]);
    assert_eq!(keys(&other), [("third".to_owned(), there)]);
}

#[tokio::test(start_paused = true)]
async fn outside_of_its_calls_and_in_spawned_tasks_a_process_is_not_there() {
    let process = Process::alone().await;
    let spawned = process.call(async { tokio::spawn(async { super::engine_here().is_some() }).await });
    assert!(!spawned.await.expect("it does not panic"));
    let mut call = pin!(process.call(async {
        tokio::task::yield_now().await;
        super::engine_here().is_some()
    }));
    assert!(poll!(&mut call).is_pending());
    assert!(super::engine_here().is_none());
    assert!(call.await);
}

#[tokio::test(start_paused = true)]
async fn a_body_calls_other_jobs_in_its_own_process() {
    let process = Process::alone().await;
    let (outer, inner) = (Job::new("outer"), Job::new("inner"));
    let body = async |_| annotated(&inner).await.map(str::to_owned);
    let outcome = process.call(process.worker().run(&outer, body)).await;
    assert_eq!(outcome.expect("it has a worker").value, "run");
}

/// Notes whether it was dropped.
struct Drops<'a>(&'a Cell<bool>);

impl Drop for Drops<'_> {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

/// Runs the job in `process`, with a body that returns its number at once. Returns that, and when it began.
async fn take_over(process: &Process, job: &Job) -> (u32, Instant) {
    let began = Cell::new(None);
    let body = async |attempt: Attempt| {
        began.set(Some(now()));
        TestResult::Ok(attempt.number())
    };
    let outcome = process.worker().run(job, body).await.expect("it takes over");
    (outcome.value, began.get().expect("it has begun"))
}

#[tokio::test(start_paused = true)]
async fn a_killed_process_runs_no_further_and_is_taken_over_when_its_lease_is_over() {
    let fleet = Fleet::new();
    let [doomed, heir] = [fleet.process().await, fleet.process().await];
    let (job, has_gone_on, has_dropped) = (job(), Cell::new(false), Cell::new(false));
    let body = async |_: Attempt| {
        let _drops = Drops(&has_dropped);
        sleep(LEASE).await;
        has_gone_on.set(true);
        TestResult::Ok(1)
    };
    let start = now();
    {
        let mut call = pin!(doomed.call(doomed.worker().run(&job, body)));
        assert!(timeout(LEASE / 2, &mut call).await.is_err(), "the body takes longer");
        doomed.kill();
        let (number, began) = tokio::select! {
            _ = call => panic!("a dead process does not return"),
            taken_over = take_over(&heir, &job) => taken_over,
        };
        // Its last sign of life came a third of a lease after its claim.
        let last_sign = start + LEASE / 3;
        assert_eq!(number, 2);
        assert!((LEASE..LEASE + Duration::from_millis(5)).contains(&(began - last_sign)), "{:?}", began - start);
        sleep(LEASE).await;
    }
    assert!(!has_gone_on.get() && !has_dropped.get());
    assert_eq!(doomed.take_event_names(), ["Claimed", "Renewed"]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_kills_its_own_process_has_no_completion() {
    let process = Process::alone().await;
    let job = job();
    let body = async |_: Attempt| {
        process.kill();
        TestResult::Ok(1)
    };
    assert!(timeout(LEASE, process.call(process.worker().run(&job, body))).await.is_err(), "it never returns");
    assert!(timeout(LEASE, process.call(std::future::ready(1))).await.is_err(), "nor does any other call");
    assert_eq!(process.take_event_names(), ["Claimed"]);
    let outcome: TestResult<Outcome<u32>> = process.worker().run(&job, async |_| Ok(7)).await;
    let error = outcome.expect_err("its worker has ended");
    assert_eq!(lockwork_error(&*error).kind(), ErrorKind::Store);
    assert!(error.to_string().contains("killed its process"), "{error}");
    assert!(process.worker().record("job").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_killed_process_stays_dead_whatever_is_said_of_its_way_to_the_store() {
    let fleet = Fleet::new();
    let process = fleet.process().await;
    process.kill();
    let steps: [fn(&Process); 4] = [|_| {}, Process::reconnect, Process::cut_off, |process| process.faults().clear()];
    for step in steps {
        step(&process);
        assert_eq!(process.faults().fault(Request::Swap), Some(Fault::Swallow));
    }
    let before = process.worker().engine().health.store_clock(now());
    fleet.advance_clock(LEASE);
    process.reconnect();
    assert_eq!(process.worker().engine().health.store_clock(now()), before, "it hears of nothing");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_kills_its_process_does_not_return_even_if_it_need_not_wait() {
    let process = Process::alone().await;
    assert!(timeout(LEASE, process.call(async { process.kill() })).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_killed_process_gives_no_sign_of_life_that_is_due_at_this_very_moment() {
    let process = Process::alone().await;
    let job = job();
    let body = async |_: Attempt| {
        sleep(LEASE / 3).await;
        process.kill();
        std::future::pending::<TestResult<u32>>().await
    };
    assert!(timeout(LEASE, process.call(process.worker().run(&job, body))).await.is_err());
    assert_eq!((process.take_event_names(), process.take_count(Request::Swap)), (vec!["Claimed".to_owned()], 1));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_is_cut_off_stops_its_body_and_learns_the_value_when_it_is_back() {
    let fleet = Fleet::new();
    let [lonely, other] = [fleet.process().await, fleet.process().await];
    let (job, dropped) = (job(), RefCell::new(Vec::new()));
    let body = async |attempt: Attempt| {
        lonely.cut_off();
        attempt.cancelled().await;
        dropped.borrow_mut().push(now());
        TestResult::Ok(1)
    };
    let start = now();
    let rescue = async {
        sleep(Duration::from_secs(1)).await;
        let (number, began) = take_over(&other, &job).await;
        sleep(Duration::from_secs(2)).await;
        lonely.reconnect();
        (number, began, now())
    };
    let learn = async { (lonely.worker().run(&job, body).await.expect("it is done"), now()) };
    let ((number, began, back), (outcome, learnt)) = tokio::join!(rescue, learn);
    assert_eq!((number, outcome.value, outcome.ran_here), (2, 2, false));
    assert!(start + LEASE <= began && dropped.borrow().iter().all(|dropped| *dropped < began));
    assert!(learnt - back <= Duration::from_secs(1), "{:?}", learnt - back);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_forward_lets_two_bodies_overlap_and_one_of_them_complete() {
    let fleet = Fleet::new();
    let [old, new] = [fleet.process().await, fleet.process().await];
    let (job, runs) = (job(), RefCell::new(Vec::new()));
    let body = async |attempt: Attempt| {
        runs.borrow_mut().push((attempt.fence(), now()));
        sleep(LEASE / 10).await;
        runs.borrow_mut().push((attempt.fence(), now()));
        TestResult::Ok(attempt.number())
    };
    let start = now();
    let jump = async {
        sleep(LEASE / 20).await;
        fleet.advance_clock(LEASE);
    };
    // Both call at once, so the new one already waits when the clock is set.
    let (old, new, ()) = tokio::join!(old.worker().run(&job, body), async { new.worker().run(&job, body).await }, jump);
    let (old, new) = (old.expect("it is done"), new.expect("it is done"));
    assert_eq!((old.value, old.ran_here, new.value, new.ran_here), (2, false, 2, true));
    let runs = runs.into_inner();
    let (first, second) = (runs[0].0, runs[1].0);
    assert!(first < second, "{runs:?}");
    let times = [(first, 0), (second, 2), (first, 4), (second, 6)].map(|(fence, at)| (fence, start + LEASE / 40 * at));
    assert_eq!(runs, times, "who waits looks again at once");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_lets_a_lease_last_longer() {
    let fleet = Fleet::new();
    let [dead, heir] = [fleet.process().await, fleet.process().await];
    let job = job();
    let mut call = pin!(dead.call(dead.worker().run(&job, async |_| std::future::pending::<TestResult<u32>>().await)));
    assert!(timeout(LEASE / 10, &mut call).await.is_err());
    dead.kill();
    let start = now();
    let set_back = async {
        sleep(LEASE / 2).await;
        fleet.set_clock(fleet.clock() - LEASE / 2);
    };
    let ((number, began), ()) = tokio::join!(take_over(&heir, &job), set_back);
    let expected = LEASE / 2 + LEASE - LEASE / 10;
    assert_eq!(number, 2);
    assert!((expected..expected + Duration::from_millis(5)).contains(&(began - start)), "{:?}", began - start);
}

#[tokio::test(start_paused = true)]
async fn a_clock_is_set_to_a_date_and_pauses_cooldowns_and_completions_end_with_it() {
    let fleet = Fleet::new();
    let process = fleet.process().await;
    let day = Duration::from_secs(24 * 60 * 60);
    let date = SystemTime::UNIX_EPOCH + day * 365 * 70;
    fleet.set_clock(date);
    sleep(day).await;
    assert_eq!(fleet.clock(), date + day);
    assert!(process.take_count(Request::Clock) <= 25, "a year would take long");

    let start = now();
    let kept = Job::new("kept").retain(day);
    let run = async |body: TestResult<u32>, job: &Job| {
        let body = Cell::new(Some(body));
        let seen = RefCell::new(None);
        let body = async |attempt: Attempt| {
            *seen.borrow_mut() = Some((attempt.fence(), attempt.idempotency_key()));
            body.take().expect("it has one attempt")
        };
        let outcome = process.worker().run(job, body).await.map(|outcome| outcome.value);
        (outcome, seen.into_inner())
    };
    let (_, first) = run(Ok(1), &kept).await;
    assert!(matches!(run(Ok(2), &kept).await, (Ok(1), None)));
    fleet.advance_clock(day);
    let (again, second) = run(Ok(3), &kept).await;
    assert_eq!(again.expect("it begins anew"), 3);
    let (first, second) = (first.expect("it ran"), second.expect("it ran"));
    assert!(first.0 < second.0 && first.1 != second.1, "{first:?} {second:?}");

    let spent = Job::new("spent").max_attempts(1).cooldown(day);
    assert!(matches!(run(Err("no luck".into()), &spent).await, (Err(_), Some(_))));
    assert!(matches!(run(Ok(1), &spent).await, (Err(_), None)));
    fleet.advance_clock(day);
    assert!(matches!(run(Ok(1), &spent).await, (Ok(1), Some(_))));
    assert_eq!(now(), start, "only the store's clock was set");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_claimed_when_the_clock_is_beyond_the_largest_revision() {
    let fleet = Fleet::new();
    let process = fleet.process().await;
    fleet.set_clock(SystemTime::UNIX_EPOCH + Duration::from_micros((1 << 53) + 1));
    let outcome: TestResult<Outcome<u32>> = process.worker().run(&job(), async |_| Ok(7)).await;
    let error = outcome.expect_err("it has no fence for it");
    assert_eq!(lockwork_error(&*error).kind(), ErrorKind::Store);
    assert_eq!(process.take_event_names(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn who_is_cut_off_hears_that_the_clock_was_set_when_it_is_back() {
    let fleet = Fleet::new();
    let [here, away] = [fleet.process().await, fleet.process().await];
    away.cut_off();
    let before = fleet.clock();
    fleet.advance_clock(LEASE);
    let heard = |process: &Process| process.worker().engine().store_clock();
    let expected = [before + LEASE, before].map(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    assert_eq!([&here, &away].map(|process| Some(heard(process))), expected);
    away.reconnect();
    assert_eq!(heard(&away), heard(&here));
}

#[test]
fn the_fault_of_a_request_is_the_one_that_was_chosen_most_narrowly() {
    let faults = Faults::default();
    let [load, swap] = [Request::Load, Request::Swap];
    faults.by_chance(1, 1.0, LEASE);
    faults.always(Fault::Refuse);
    faults.each(load, Fault::LoseReply);
    faults.next(load, Fault::LoseRequest);
    faults.next(swap, Fault::Swallow);
    let chosen = [load, load, load, swap, swap].map(|request| faults.fault(request));
    let expected = [Fault::LoseRequest, Fault::LoseReply, Fault::LoseReply, Fault::Swallow, Fault::Refuse];
    assert_eq!(chosen, expected.map(Some));
    faults.cut_off();
    faults.next(swap, Fault::LoseReply);
    assert_eq!(faults.fault(swap), Some(Fault::LoseRequest));
    faults.reconnect();
    assert_eq!(faults.fault(swap), Some(Fault::LoseReply));
    faults.clear();
    assert_eq!((faults.fault(load), faults.fault(swap)), (None, None));
    assert_eq!((faults.take_count(load), faults.take_count(swap), faults.take_count(swap)), (4, 5, 0));
}

#[test]
fn chances_follow_from_their_seed() {
    let drawn = |seed, share| {
        let faults = Faults::default();
        faults.by_chance(seed, share, LEASE);
        (0..100).map(|_| faults.fault(Request::Swap)).collect::<Vec<_>>()
    };
    assert_eq!(drawn(7, 0.5), drawn(7, 0.5));
    assert_ne!(drawn(7, 0.5), drawn(8, 0.5));
    let count = |share| drawn(7, share).iter().flatten().count();
    assert_eq!((count(0.0), count(1.0)), (0, 100));
    assert!((25..75).contains(&count(0.5)), "{}", count(0.5));
}

#[tokio::test(start_paused = true)]
async fn a_run_with_faults_by_chance_can_be_repeated() {
    let run = async |seed| {
        let fleet = Fleet::new();
        let processes = [fleet.process().await, fleet.process().await];
        let (job, start) = (job().max_attempts(20), now());
        let body = async |attempt: Attempt| {
            sleep(LEASE / 2).await;
            if attempt.number() < 9 { Err("no luck".into()) } else { TestResult::Ok(attempt.number()) }
        };
        let call = async |index: u64, process: &Process| {
            process.faults().by_chance(seed + index, 0.5, LEASE);
            let outcome = process.worker().run(&job, body).await.map(|outcome| outcome.value);
            (outcome.map_err(|error| error.to_string()), now() - start, process.take_event_names())
        };
        tokio::join!(call(0, &processes[0]), call(1, &processes[1]))
    };
    assert_eq!(run(7).await, run(7).await);
    assert_ne!(run(7).await, run(9).await);
}

#[tokio::test(start_paused = true)]
async fn a_swallowed_request_is_found_out_by_the_patience() {
    let process = Process::alone().await;
    process.faults().next(Request::Swap, Fault::Swallow);
    let start = now();
    let outcome: TestResult<Outcome<u32>> = process.worker().run(&job(), async |_| Ok(7)).await;
    assert_eq!(lockwork_error(&*outcome.expect_err("it is impatient")).kind(), ErrorKind::Store);
    assert_eq!(now() - start, Duration::from_secs(10));
    assert_eq!(process.take_count(Request::Swap), 1);
}
