//! Schedules in a fleet, by its processes' calls and by the store's clock.

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use tokio::time::{sleep, timeout};

use super::{Fleet, Process, TestResult};
use crate::call::{Call, Step};
use crate::clock::now;
use crate::drive::drive;
use crate::{Event, Job, schedule};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn at(text: &str) -> SystemTime {
    humantime::parse_rfc3339(text).expect("the test writes it so")
}

/// A fleet of two whose clock says this.
async fn fleet_at(text: &str) -> (Fleet, [Process; 2]) {
    let fleet = Fleet::new();
    fleet.set_clock(at(text));
    let processes = [fleet.process().await, fleet.process().await];
    (fleet, processes)
}

/// What an annotated function without a `worker` does, whose body notes its slot.
async fn annotated(job: &Job, slots: &RefCell<Vec<String>>) -> TestResult<()> {
    let mut call = Call::<TestResult<()>>::new(job, None);
    loop {
        let attempt = match call.next().await {
            Step::Run(attempt) => attempt,
            Step::Return(returned) => return returned,
        };
        let body = async {
            let slot = attempt.slot().expect("the job has slots");
            slots.borrow_mut().push(humantime::format_rfc3339_seconds(slot).to_string());
            TestResult::Ok(())
        };
        let driven = drive(&attempt, body).await;
        if let Some(returned) = call.settle(driven) {
            return returned;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_year_of_a_schedule_takes_a_moment_and_each_slot_is_done_in_one_process() {
    let (fleet, [one, other]) = fleet_at("2026-01-01T00:00:00Z").await;
    let (job, slots) = (Job::new("report").per(DAY), RefCell::default());
    let [here, there] = [&one, &other].map(|process| process.call(schedule(|| annotated(&job, &slots))));
    assert!(timeout(365 * DAY + HOUR, async { tokio::join!(here, there) }).await.is_err(), "they go on for ever");
    assert!(fleet.clock() > at("2027-01-01T00:00:00Z"));
    let text = |day| humantime::format_rfc3339_seconds(at("2026-01-01T00:00:00Z") + DAY * day).to_string();
    let days: Vec<String> = (1..=365).map(text).collect();
    assert_eq!(slots.into_inner(), days);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_to_just_before_a_slot_lets_it_begin_just_after() {
    let (fleet, [one, other]) = fleet_at("2026-03-29T00:10:00Z").await;
    let (job, slots) = (Job::new("report").per(DAY), RefCell::default());
    let [here, there] = [&one, &other].map(|process| process.call(schedule(|| annotated(&job, &slots))));
    let start = now();
    let jump = async {
        sleep(Duration::from_secs(1)).await;
        fleet.set_clock(at("2026-03-29T23:59:58Z"));
        sleep(Duration::from_secs(1)).await;
        assert!(slots.borrow().is_empty(), "it has not begun");
        sleep(Duration::from_millis(1001)).await;
        assert_eq!(*slots.borrow(), ["2026-03-30T00:00:00Z"]);
        // Set back, the clock comes to the slot again, which is done.
        fleet.set_clock(at("2026-03-29T23:59:59Z"));
        sleep(HOUR).await;
        assert_eq!(slots.borrow().len(), 1);
        fleet.advance_clock(2 * DAY);
        sleep(Duration::from_millis(1)).await;
        assert_eq!(slots.borrow().last().map(String::as_str), Some("2026-04-01T00:00:00Z"), "of many the newest");
        assert!(now() - start < 2 * HOUR);
    };
    tokio::select! {
        ended = async { tokio::join!(here, there) } => panic!("{ended:?}"),
        () = jump => {}
    }
    let mut events = [one, other].into_iter().flat_map(|process| process.take_events());
    assert!(!events.any(|event| matches!(event, Event::SlotFailed { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_is_killed_while_it_waits_for_a_slot_leaves_it_to_the_others() {
    let (_fleet, [doomed, heir]) = fleet_at("2026-01-01T00:30:00Z").await;
    let job = Job::new("sweep").per(HOUR);
    let (before, after) = (RefCell::default(), RefCell::default());
    let [here, there] =
        [(&doomed, &before), (&heir, &after)].map(|(process, slots)| process.call(schedule(|| annotated(&job, slots))));
    let kill = async {
        sleep(HOUR / 4).await;
        doomed.kill();
        sleep(2 * HOUR).await;
    };
    tokio::select! {
        ended = async { tokio::join!(here, there) } => panic!("{ended:?}"),
        () = kill => {}
    }
    assert_eq!((before.into_inner(), after.into_inner().len()), (vec![], 2));
}

#[tokio::test(start_paused = true)]
async fn a_job_without_slots_has_none_whatever_its_key_looks_like() {
    let process = Process::alone().await;
    let key = "report@2026-11-23T02:00:00Z";
    let outcome = process.worker().run(&Job::new(key), async |attempt| TestResult::Ok(attempt.slot().is_some())).await;
    assert!(!outcome.expect("it is done").value);
    assert_eq!(crate::slot_of(key), Some(at("2026-11-23T02:00:00Z")));
}
