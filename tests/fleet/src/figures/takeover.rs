//! How long it takes until somebody goes on where a process was killed. Knows no store.

use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use lockwork_fleet::moment::now;
use lockwork_test_support::draw;

use crate::sample::{Store, moment};
use crate::share::Shares;

/// How many samples are taken at a time. They wait most of the time.
const AT_A_TIME: usize = 4;

/// How often one is tried.
const TRIES: usize = 20;

/// One takeover, in microseconds: since the last sign of life, and since the kill.
struct Sample {
    since_life: u64,
    since_kill: u64,
}

pub(crate) fn measure(store: &Store, samples: usize, lease: Duration) -> anyhow::Result<()> {
    let taken = thread::scope(|scope| {
        let lanes: Vec<_> = (0..AT_A_TIME)
            .map(|lane| {
                scope.spawn(move || {
                    (lane..samples).step_by(AT_A_TIME).map(|number| sample(store, number, lease)).collect()
                })
            })
            .collect();
        let taken: Vec<anyhow::Result<Vec<(Sample, usize)>>> =
            lanes.into_iter().map(|lane| lane.join().expect("a lane does not panic")).collect();
        taken.into_iter().collect::<anyhow::Result<Vec<_>>>()
    })?;
    let of_lease = |micros: u64| micros as f64 / lease.as_micros() as f64;
    let all = || taken.iter().flatten().map(|(sample, _)| sample);
    let thrown_away: usize = taken.iter().flatten().map(|(_, thrown_away)| thrown_away).sum();
    println!("takeover, in leases of {lease:?}");
    println!(
        "  since the last sign of life: {}",
        Shares::new(all().map(|sample| of_lease(sample.since_life)).collect())
    );
    println!(
        "  since the kill:              {}",
        Shares::new(all().map(|sample| of_lease(sample.since_kill)).collect())
    );
    println!("  thrown away, as the holder lost its lease before it was killed: {thrown_away}");
    Ok(())
}

/// Takes a sample, again and again until the holder kept its lease for as long as it lived.
fn sample(store: &Store, number: usize, lease: Duration) -> anyhow::Result<(Sample, usize)> {
    for thrown_away in 0..TRIES {
        if let Some(sample) = try_sample(store, number, thrown_away, lease)? {
            return Ok((sample, thrown_away));
        }
    }
    bail!("the holder lost its lease before it was killed, {TRIES} times in a row: this machine is too busy to measure")
}

/// Takes a sample, unless the holder loses its lease before it is killed.
fn try_sample(store: &Store, number: usize, again: usize, lease: Duration) -> anyhow::Result<Option<Sample>> {
    let key = format!("takeover-{number}-{again}");
    let (mut holder, mut waiter) = (store.member(lease)?, store.member(lease)?);
    holder.order(&format!("call {key}"));
    let Ok(begun) = holder.hears_next("begun 1 ") else { return Ok(None) };
    let mut alive = moment(&begun)?;
    waiter.order(&format!("call {key}"));
    if waiter.hears_next("busy ").is_err() {
        return Ok(None);
    }
    // Two renewals, and then anywhere before the next one.
    for _ in 0..2 {
        let Ok(renewed) = holder.hears_next("alive ") else { return Ok(None) };
        alive = moment(&renewed)?;
    }
    let lease = u64::try_from(lease.as_micros())?;
    thread::sleep(Duration::from_micros(draw(0, number) % (lease / 3)));
    let killed = now();
    // It may just have given another sign.
    alive = holder.kill_and_hear("alive ").map_or(Ok(alive), |said| moment(&said))?;
    let Ok(begun) = waiter.hears_next("begun 2 ") else { return Ok(None) };
    let begun = moment(&begun).context("it takes over")?;
    let is_lost = begun <= killed || lease <= killed.saturating_sub(alive);
    Ok((!is_lost).then(|| Sample { since_life: begun - alive, since_kill: begun - killed }))
}
