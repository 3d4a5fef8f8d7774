//! Fleets that follow from a seed: callers that fail, panic, block and leave; processes that stand still and die; a store
//! that loses, delays, repeats, refuses and freezes. What must hold of all of them is the checker's to say.

mod fleet;
mod member;
mod network;
mod plan;
mod recorder;
mod tally;
mod timing;
mod weather;

use std::ops::Range;
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use lockwork_test_support::history::Rule;

use fleet::{Report, live};
use tally::Tally;

/// Which fleets there are, unless the environment says others.
const SEEDS: Range<u64> = 0..10_000;

/// One fleet, by its seed.
const SEED_VARIABLE: &str = "LOCKWORK_SEED";

/// Some fleets, as in `10000..60000`.
const SEEDS_VARIABLE: &str = "LOCKWORK_SEEDS";

/// The seeds that the environment names, if it names any.
fn chosen() -> Option<Range<u64>> {
    let number = |text: &str| text.trim().parse().unwrap_or_else(|_| panic!("{text:?} is no seed"));
    let one = std::env::var(SEED_VARIABLE).ok().map(|seed| number(&seed)..number(&seed) + 1);
    one.or_else(|| {
        let seeds = std::env::var(SEEDS_VARIABLE).ok()?;
        let (first, end) = seeds.split_once("..").unwrap_or_else(|| panic!("{seeds:?} is no range as in 0..10000"));
        Some(number(first)..number(end))
    })
}

/// What is wrong with a fleet, with its history and the way to see it again.
fn complaint(seed: u64, report: &Report) -> Option<String> {
    let late = report.followed.as_ref().err();
    if report.verdict.broken.is_empty() && late.is_none() {
        return None;
    }
    let lines: Vec<_> = report.lines.iter().map(ToString::to_string).collect();
    let (broken, late) = (&report.verdict.broken, late.map_or("", String::as_str));
    Some(format!("{broken:?} {late}\n{}\n{}", lines.join("\n"), replay(seed)))
}

fn replay(seed: u64) -> String {
    format!(
        "seed {seed} fails; to see it again: {SEED_VARIABLE}={seed} cargo test -p lockwork-runtime --lib simulation -- \
         --nocapture"
    )
}

/// Lets all these fleets live, on as many threads as the machine has cores.
///
/// # Panics
///
/// With the history of a fleet that breaks a rule.
fn simulate(seeds: &Range<u64>) -> Tally {
    let next = AtomicU64::new(seeds.start);
    let (tally, failure) = (Mutex::new(Tally::default()), Mutex::new(None));
    let work = || {
        while failure.lock().expect("nobody panics under it").is_none() {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if !seeds.contains(&seed) {
                return;
            }
            let judged = catch_unwind(|| live(seed))
                .map_err(|_| format!("a fleet panicked, see above\n{}", replay(seed)))
                .and_then(|report| complaint(seed, &report).map_or(Ok(report), Err));
            match judged {
                Ok(report) => tally.lock().expect("nobody panics under it").add(&report),
                Err(why) => *failure.lock().expect("nobody panics under it") = Some(why),
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    if let Some(why) = failure.into_inner().expect("nobody panics under it") {
        panic!("{why}");
    }
    tally.into_inner().expect("nobody panics under it")
}

#[test]
fn whatever_happens_the_promise_holds() {
    match chosen() {
        Some(seeds) => println!("{}", simulate(&seeds)),
        None => {
            let tally = simulate(&SEEDS);
            println!("{tally}");
            tally.assert_everything_happened();
        }
    }
}

#[test]
fn a_seed_replays_exactly() {
    for seed in SEEDS.step_by(333) {
        let first = live(seed).lines;
        // Not even the thread matters.
        let again = thread::spawn(move || live(seed).lines).join().expect("it did not panic before");
        assert_eq!(first, again, "seed {seed}");
    }
}

#[test]
fn a_seed_that_fails_says_so_with_its_history() {
    let mut report = live(7);
    assert_eq!(complaint(7, &report), None);
    report.verdict.broken.insert((Rule::OneAnswer, "job-1".to_owned()));
    report.followed = Err("too late".to_owned());
    let complaint = complaint(7, &report).expect("a rule is broken, and somebody came too late");
    let first = report.lines.first().expect("something happened").to_string();
    for part in ["OneAnswer", "job-1", "too late", "LOCKWORK_SEED=7 cargo test", &first] {
        assert!(complaint.contains(part), "{complaint}");
    }
}
