//! Slots and their driver, on paused time over memory stores whose clock is set.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::time::{advance, sleep, timeout};

use crate::store::memory::MemoryStore;
use crate::testing::{Fault, Process, Request, TestResult};
use crate::{Attempt, Error, ErrorKind, Event, Job, Worker, schedule, schedule_from_latest, slot_of};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn time(text: &str) -> Duration {
    let time = humantime::parse_rfc3339(text).expect("the test writes it so");
    time.duration_since(UNIX_EPOCH).expect("it is after 1970")
}

fn memory_at(text: &str) -> Arc<MemoryStore> {
    let memory = MemoryStore::new();
    memory.set_clock(time(text));
    memory
}

async fn process_at(text: &str) -> Process {
    Process::on(&memory_at(text)).await
}

fn text(slot: Option<SystemTime>) -> String {
    humantime::format_rfc3339_seconds(slot.expect("the job has slots")).to_string()
}

async fn slot(attempt: Attempt) -> TestResult<String> {
    Ok(text(attempt.slot()))
}

/// The slots whose bodies a driver ran within `span`.
async fn driven(worker: &Worker, job: &Job, span: Duration, work: impl Fn(usize) -> Duration) -> Vec<String> {
    let (slots, runs) = (RefCell::new(Vec::new()), Cell::new(0));
    let body = async |attempt: Attempt| {
        assert_eq!(runs.replace(runs.get() + 1), 0, "two calls of one driver run at the same time");
        slots.borrow_mut().push(text(attempt.slot()));
        let number = slots.borrow().len();
        sleep(work(number)).await;
        runs.set(runs.get() - 1);
        TestResult::Ok(())
    };
    let driver = schedule(|| worker.run(job, body));
    assert!(timeout(span, driver).await.is_err(), "it goes on for ever");
    slots.take()
}

fn at_once(_: usize) -> Duration {
    Duration::ZERO
}

#[tokio::test(start_paused = true)]
async fn calls_in_a_slot_are_one_job_and_the_next_slot_is_another() {
    let memory = memory_at("2026-11-23T02:09:58Z");
    let (one, other) = (Process::on(&memory).await, Process::on(&memory).await);
    let job = Job::new("sweep").per(600 * SECOND);
    let mut values = Vec::new();
    for process in [&one, &other, &one] {
        values.push(process.worker().run(&job, slot).await.expect("it is done").value);
        advance(SECOND).await;
    }
    assert_eq!(values, ["2026-11-23T02:00:00Z", "2026-11-23T02:00:00Z", "2026-11-23T02:10:00Z"]);
    let records = one.worker().records("sweep@").await.expect("the store is well");
    let keys: Vec<&str> = records.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["sweep@2026-11-23T02:00:00Z", "sweep@2026-11-23T02:10:00Z"]);
}

#[tokio::test(start_paused = true)]
async fn a_driver_calls_in_every_slot_from_the_next_one_on() {
    let process = process_at("2026-11-23T02:05:00Z").await;
    let slots = driven(process.worker(), &Job::new("sweep").per(600 * SECOND), 1501 * SECOND, at_once).await;
    assert_eq!(slots, ["2026-11-23T02:10:00Z", "2026-11-23T02:20:00Z", "2026-11-23T02:30:00Z"]);
}

#[tokio::test(start_paused = true)]
async fn a_driver_begins_with_the_latest_slot_only_if_it_is_told_to() {
    let process = process_at("2026-11-23T02:05:00Z").await;
    let job = Job::new("sweep").per(HOUR);
    assert!(timeout(SECOND, schedule(|| process.worker().run(&job, slot))).await.is_err());
    assert_eq!(process.take_events(), []);
    assert!(timeout(SECOND, schedule_from_latest(|| process.worker().run(&job, slot))).await.is_err());
    let record = process.worker().record("sweep@2026-11-23T02:00:00Z").await.expect("the store is well");
    assert!(record.is_some());
}

#[tokio::test(start_paused = true)]
async fn after_a_long_call_come_the_slots_that_began_meanwhile_as_far_as_a_series_lasts() {
    // Two attempts of five seconds.
    let job = Job::new("sweep").per(SECOND).max_attempts(2);
    let long = |seconds| move |number| if number == 1 { SECOND * seconds } else { Duration::ZERO };
    let process = process_at("2026-11-23T02:00:00Z").await;
    let slots = driven(process.worker(), &job, SECOND * 8, long(4)).await;
    let all: Vec<String> = (1..8).map(|second| format!("2026-11-23T02:00:0{second}Z")).collect();
    assert_eq!(slots, all, "none is left out");
    let process = process_at("2026-11-23T02:00:00Z").await;
    let slots = driven(process.worker(), &job, SECOND * 62, long(60)).await;
    assert_eq!(slots[..2], ["2026-11-23T02:00:01Z", "2026-11-23T02:00:52Z"], "what is older is left out");
    // One attempt of half a second.
    let job = Job::new("brief").per(10 * SECOND).max_attempts(1).timeout(SECOND / 2);
    let slots =
        driven(process.worker(), &job, 90 * SECOND, |number| if number == 1 { 35 * SECOND } else { at_once(0) }).await;
    let gap = slots[1].replace("2026-11-23T", "");
    assert_eq!((slots.len(), gap.as_str()), (7, "02:01:40Z"), "the newest is called all the same: {slots:?}");
}

#[tokio::test(start_paused = true)]
async fn an_error_does_not_end_the_schedule_and_is_told() {
    let process = process_at("2026-11-23T02:00:00Z").await;
    let job = Job::new("sweep").per(HOUR).max_attempts(1);
    let runs = Cell::new(0);
    let body = async |_: Attempt| {
        runs.set(runs.get() + 1);
        if runs.get() == 2 { Ok(()) } else { TestResult::Err("no luck".into()) }
    };
    let driver = schedule(|| process.worker().run(&job, body));
    assert!(timeout(3 * HOUR + SECOND, driver).await.is_err(), "it goes on for ever");
    assert_eq!(runs.get(), 3);
    let told = process.take_events().into_iter().filter_map(|event| match event {
        Event::SlotFailed { key, error } => Some((key, error)),
        _ => None,
    });
    let failed = |hour| (format!("sweep@2026-11-23T0{hour}:00:00Z"), "no luck".to_owned());
    assert_eq!(told.collect::<Vec<_>>(), [failed(3), failed(5)]);
}

#[tokio::test(start_paused = true)]
async fn a_slot_is_called_again_when_the_store_could_not_be_asked() {
    let process = process_at("2026-11-23T02:59:00Z").await;
    process.faults().each(Request::Swap, Fault::LoseRequest);
    let job = Job::new("sweep").per(HOUR);
    let driver = schedule(|| process.worker().run(&job, slot));
    let mend = async {
        sleep(10 * 60 * SECOND).await;
        assert!(process.take_event_names().contains(&"SlotFailed".to_owned()));
        process.faults().clear();
        sleep(60 * SECOND).await;
    };
    tokio::select! {
        ended = driver => panic!("{ended:?}"),
        () = mend => {}
    }
    let record = process.worker().record("sweep@2026-11-23T03:00:00Z").await.expect("the store is well again");
    assert!(record.is_some());
}

#[tokio::test(start_paused = true)]
async fn what_another_call_would_not_change_ends_the_schedule() {
    let process = process_at("2026-11-23T02:00:00Z").await;
    let body = async |_: Attempt| TestResult::Ok(());
    let kind = async |job: Job| schedule(|| process.worker().run(&job, body)).await.expect_err("it is wrong").kind();
    assert_eq!(kind(Job::new("sweep")).await, ErrorKind::BadJob, "it has no slots");
    assert_eq!(kind(Job::new("sweep").per(Duration::ZERO)).await, ErrorKind::BadJob);
    assert_eq!(kind(Job::new("").per(SECOND)).await, ErrorKind::BadKey);
    let idle = schedule(async || TestResult::Ok(())).await.expect_err("it calls nothing");
    assert!(idle.to_string().contains("`per` or `cron`"), "{idle}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_before_its_job_is_made_again_in_the_same_slot() {
    let process = process_at("2026-11-23T02:00:00Z").await;
    let (job, calls) = (Job::new("sweep").per(HOUR), Cell::new(0));
    let call = async || {
        calls.set(calls.get() + 1);
        if calls.get() == 2 {
            return TestResult::Err("the pool is empty".into());
        }
        process.worker().run(&job, slot).await.map(drop)
    };
    assert!(timeout(2 * HOUR + SECOND, schedule(call)).await.is_err(), "it goes on for ever");
    assert_eq!(process.worker().records("sweep@").await.expect("the store is well").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_bodys_own_calls_are_not_the_drivers() {
    let process = process_at("2026-11-23T02:00:00Z").await;
    let (inner, outer) = (Job::new("inner").per(HOUR), Job::new("outer").per(HOUR));
    let body = async |_: Attempt| process.worker().run(&inner, slot).await.map(|outcome| outcome.value);
    assert!(timeout(HOUR + SECOND, schedule(|| process.worker().run(&outer, body))).await.is_err());
    let records = process.worker().records("").await.expect("the store is well");
    let keys: Vec<&str> = records.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["inner@2026-11-23T03:00:00Z", "outer@2026-11-23T03:00:00Z"]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_schedule_stops_at_once_and_gives_its_attempt_back() {
    let process = process_at("2026-11-23T02:00:00Z").await;
    let job = Job::new("sweep").per(HOUR);
    let body = async |_: Attempt| std::future::pending::<TestResult<()>>().await;
    assert!(timeout(HOUR + SECOND, schedule(|| process.worker().run(&job, body))).await.is_err());
    sleep(SECOND).await;
    assert_eq!(process.take_event_names(), ["Claimed", "HandedBack"]);
    sleep(2 * HOUR).await;
    assert!(process.take_events().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_schedule_stops_at_once_while_it_waits_for_another_process_or_for_the_store() {
    let memory = memory_at("2026-11-23T02:59:00Z");
    let [holder, waiter] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = Job::new("sweep").per(HOUR);
    let body = async |_: Attempt| std::future::pending::<TestResult<()>>().await;
    let dropped = async {
        // The holder's own driver may not begin the slot later than the waiter's.
        sleep(SECOND).await;
        timeout(60 * SECOND, schedule(|| waiter.worker().run(&job, body))).await
    };
    let held = timeout(120 * SECOND, schedule(|| holder.worker().run(&job, body)));
    let (held, dropped) = tokio::join!(held, dropped);
    assert!(held.is_err() && dropped.is_err());
    assert_eq!(waiter.take_event_names(), ["Busy"]);
    waiter.faults().each(Request::Swap, Fault::LoseRequest);
    assert!(timeout(62 * 60 * SECOND, schedule(|| waiter.worker().run(&job, body))).await.is_err());
    assert!(waiter.take_event_names().contains(&"SlotFailed".to_owned()), "it was about to try again");
    // What was on its way when the schedule was dropped is given up after the worker's patience.
    sleep(60 * SECOND).await;
    waiter.take_counts();
    sleep(3 * HOUR).await;
    assert_eq!(waiter.take_counts(), (0, 0, 0));
    assert!(!waiter.take_event_names().contains(&"SlotFailed".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_slot_costs_no_request_but_those_of_its_job() {
    let process = process_at("2026-11-23T02:00:00Z").await;
    assert_eq!(process.take_count(Request::Clock), 1, "once, at the start");
    process.worker().run(&Job::new("plain"), async |_| TestResult::Ok(())).await.expect("it is done");
    let plain = process.take_counts();
    process.worker().run(&Job::new("sweep").per(HOUR), slot).await.expect("it is done");
    assert_eq!(process.take_counts(), plain);
    let job = Job::new("driven").per(SECOND);
    assert_eq!(driven(process.worker(), &job, SECOND * 3 + SECOND / 2, at_once).await.len(), 3);
    assert_eq!(process.take_counts(), (plain.0 * 3, plain.1 * 3, plain.2 * 3));
    assert_eq!(process.take_count(Request::Clock), 0);
}

#[tokio::test(start_paused = true)]
async fn of_many_schedules_one_does_each_slot_and_a_dead_one_costs_none() {
    let memory = memory_at("2026-11-23T02:00:00Z");
    // The lease of the dead holder is as long as five slots.
    let job = Job::new("sweep").per(SECOND);
    let slots = Rc::new(RefCell::new(Vec::new()));
    let lives = (0..3).map(|number| {
        let (memory, job, slots) = (Arc::clone(&memory), job.clone(), Rc::clone(&slots));
        async move {
            let process = Process::on(&memory).await;
            let dies = Cell::new(false);
            let body = async |attempt: Attempt| {
                if number == 0 && slots.borrow().len() >= 5 {
                    process.cut_off();
                    dies.set(true);
                    return std::future::pending().await;
                }
                slots.borrow_mut().push(text(attempt.slot()));
                TestResult::Ok(())
            };
            let _ = timeout(60 * SECOND, schedule(|| process.worker().run(&job, body))).await;
            dies.get()
        }
    });
    let dead = join_all(lives).await;
    assert!(dead[0], "the first one has done something");
    let mut slots = slots.take();
    slots.sort();
    let expected: Vec<String> = (1..60).map(|second| format!("2026-11-23T02:00:{second:02}Z")).collect();
    assert_eq!(slots, expected);
}

#[tokio::test(start_paused = true)]
async fn who_did_the_last_slot_and_how_long_it_took_is_in_its_record() {
    let process = process_at("2026-11-23T02:00:00Z").await;
    let job = Job::new("sweep").per(HOUR);
    driven(process.worker(), &job, 3 * HOUR + 10 * SECOND, |number| {
        SECOND * u32::try_from(number).expect("it is small")
    })
    .await;
    let took = |records: Vec<(String, crate::Record)>| -> Vec<(String, Option<Duration>)> {
        let row = |(key, record): (String, crate::Record)| (text(slot_of(&key)), record.took);
        records.into_iter().map(row).collect()
    };
    let row = |hour: u64| (format!("2026-11-23T0{}:00:00Z", hour + 2), Some(Duration::from_secs(hour)));
    let newest = process.worker().records("sweep@").newest_first();
    assert_eq!(took(newest.clone().limit(2).await.expect("the store is well")), [row(3), row(2)]);
    let behind = newest.behind("sweep@2026-11-23T04:00:00Z");
    assert_eq!(took(behind.await.expect("the store is well")), [row(1)]);
    let oldest = process.worker().records("sweep@").limit(1);
    assert_eq!(took(oldest.await.expect("the store is well")), [row(1)]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_behind_by_a_schedule_that_is_dropped_while_it_sleeps() {
    let process = process_at("2026-11-23T02:00:00Z").await;
    let job = Job::new("sweep").per(DAY);
    for _ in 0..3 {
        let mut driver = Box::pin(schedule(|| process.worker().run(&job, slot)));
        assert!(driver.as_mut().now_or_never().is_none());
    }
    advance(2 * DAY).await;
    sleep(SECOND).await;
    assert!(process.take_events().is_empty());
}

#[cfg(feature = "cron")]
mod cron {
    use super::*;

    /// A year of a schedule, begun at new year 2026 in UTC.
    async fn year(expression: &str, tz: &str) -> Vec<String> {
        let fleet = crate::testing::Fleet::new();
        fleet.set_clock(UNIX_EPOCH + time("2026-01-01T00:00:00Z"));
        driven(fleet.process().await.worker(), &Job::new("report").cron(expression, tz), 365 * DAY, at_once).await
    }

    /// What the cron library says. Asked about a list or a range of hours it would take it for a `*`.
    fn expected(expression: &str, tz: &str) -> Vec<String> {
        let zone = jiff::tz::TimeZoneDatabase::bundled().get(tz).expect("it is one");
        let cron: croner::Cron = expression.parse().expect("it is one");
        let start: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().expect("it is one");
        let end: jiff::Timestamp = "2027-01-01T00:00:00Z".parse().expect("it is one");
        let slots = cron.iter_after(start.to_zoned(zone)).map(|slot| slot.timestamp());
        slots.take_while(|slot| *slot < end).map(|slot| slot.to_string()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_year_on_paused_time_has_the_slots_of_the_cron_library() {
        let table = [
            ("0 3 * * *", "Europe/Berlin", 365),
            ("30 2 * * *", "Europe/Berlin", 365),
            ("30 2 * * *", "America/New_York", 365),
            ("30 1 * * *", "America/New_York", 365),
            ("45 1 * * *", "Australia/Lord_Howe", 365),
            ("15 2 * * *", "Australia/Lord_Howe", 365),
            ("0 * * * *", "Europe/Berlin", 8759),
            ("30 * * * *", "Australia/Lord_Howe", 8761),
            ("*/15 2 * * *", "Europe/Berlin", 1460),
            ("15 9 * * MON-FRI", "Europe/Berlin", 261),
            ("0 12 L * *", "America/New_York", 12),
            ("0 0 * * FRI#2", "Europe/Berlin", 12),
        ];
        for (expression, tz, count) in table {
            let slots = year(expression, tz).await;
            assert_eq!(slots, expected(expression, tz), "{expression} in {tz}");
            assert_eq!(slots.len(), count, "{expression} in {tz}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_cannot_be_is_told_before_anything_happens() {
    let process = process_at("2026-11-23T02:00:00Z").await;
    let job = Job::new("sweep").per(Duration::from_micros(1));
    let error = process.worker().run(&job, async |_| Ok::<(), Error>(())).await.expect_err("it has no whole period");
    assert_eq!((error.kind(), error.key()), (ErrorKind::BadJob, Some("sweep")));
    assert_eq!(process.take_counts(), (0, 0, 0));
}
