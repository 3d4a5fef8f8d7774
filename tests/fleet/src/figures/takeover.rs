//! How long it takes until somebody goes on where a process was killed. Knows no store.

use std::thread;
use std::time::Duration;

use anyhow::Context;
use lockwork_fleet::moment::now;
use lockwork_test_support::draw;

use crate::sample::{Store, moment};
use crate::share::Shares;

/// How many samples are taken at a time. They wait most of the time.
const AT_A_TIME: usize = 4;

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
        let taken: Vec<anyhow::Result<Vec<Sample>>> =
            lanes.into_iter().map(|lane| lane.join().expect("a lane does not panic")).collect();
        taken.into_iter().collect::<anyhow::Result<Vec<_>>>()
    })?;
    let of_lease = |micros: u64| micros as f64 / lease.as_micros() as f64;
    let all = || taken.iter().flatten();
    println!("takeover, in leases of {lease:?}");
    println!(
        "  since the last sign of life: {}",
        Shares::new(all().map(|sample| of_lease(sample.since_life)).collect())
    );
    println!(
        "  since the kill:              {}",
        Shares::new(all().map(|sample| of_lease(sample.since_kill)).collect())
    );
    Ok(())
}

fn sample(store: &Store, number: usize, lease: Duration) -> anyhow::Result<Sample> {
    let key = format!("takeover-{number}");
    let (mut holder, mut waiter) = (store.member(lease)?, store.member(lease)?);
    holder.order(&format!("call {key}"));
    let mut alive = moment(&holder.hears("begun 1 "))?;
    waiter.order(&format!("call {key}"));
    waiter.hears("busy ");
    // Two renewals, and then anywhere before the next one.
    for _ in 0..2 {
        alive = moment(&holder.hears("alive "))?;
    }
    let third = u64::try_from(lease.as_micros())? / 3;
    thread::sleep(Duration::from_micros(draw(0, number) % third));
    let killed = now();
    // It may just have given another sign.
    alive = holder.kill_and_hear("alive ").map_or(Ok(alive), |said| moment(&said))?;
    let begun = moment(&waiter.hears("begun 2 ")).context("it takes over")?;
    Ok(Sample { since_life: begun - alive, since_kill: begun - killed })
}
