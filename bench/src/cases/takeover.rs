//! How soon somebody goes on where a process was killed.

use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use lockwork_test_support::draw;

use crate::bench::Bench;
use crate::callers::{Answer, Caller, Lock};
use crate::rounds::{Contestant, Metric, Sample, WARM_UP, take_turns};
use crate::spread::{Spread, median, shown};
use crate::stores::{ON_SQLITE, Store};
use crate::table::Table;
use crate::target;
use crate::together::together;

const LEASE: Duration = Duration::from_secs(1);

/// How many holders are killed at about the same time. Whoever is there waits most of the time.
const AT_A_TIME: usize = 5;

/// When a holder is killed, counted from its claim: in microseconds, and how much later by chance.
const KILL: u64 = 200_000;
const MORE: u64 = 600_000;

const BEHIND: Metric = Metric("behind the lease, ms");
const WORST: Metric = Metric("slowest, ms");

/// How soon a killed holder is followed.
pub(crate) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let redis = Store::redis(bench.cores)?;
    let sqlite = Store::sqlite()?;
    let mut contestants: Vec<_> = Lock::present().map(|lock| (lock.name(), lock, &redis)).collect();
    contestants.push((ON_SQLITE, Lock::Lockwork, &sqlite));
    let contestant =
        |&(name, lock, store): &(&'static str, Lock, _)| Contestant::new(name, move |round| take(store, lock, round));
    let series = take_turns(bench.pick(5, 1), contestants.iter().map(contestant).collect())?;
    let mut table = Table::new("A killed holder to the next attempt in another process");
    table.head(["", "behind the lease, ms", "from – to", "slowest, ms"]);
    for (name, ..) in contestants {
        let figures = |metric| series.figures(name, metric);
        if let (Some(behind), Some(worst)) = (figures(BEHIND), figures(WORST)) {
            let apart = format!("{} – {}", shown(behind.low), shown(behind.high));
            table.row(vec![name.to_owned(), shown(behind.median), apart, shown(worst.high)]);
        }
    }
    table.remark(format!(
        "The lease is 1 s. Counted is from its end, which is 1 s after the last sign of life that the store has recorded, \
         to a millisecond; in each round the median of {AT_A_TIME} kills."
    ));
    bench.show(&table);
    bench.note(target::TAKEOVER, series.figures(Lock::Lockwork.name(), BEHIND));
    Ok(())
}

/// Several takeovers at a time.
fn take(store: &Store, lock: Lock, round: usize) -> anyhow::Result<Sample> {
    if round == WARM_UP {
        // Nothing needs to be warm for what takes a second.
        return Ok(Sample::default());
    }
    let behind = together((0..AT_A_TIME).map(|lane| move || take_over(store, lock, round, lane)))?;
    let worst = Spread::of(behind.iter().copied()).context("there is a lane at least")?.high;
    Ok(Sample::default().with(BEHIND, median(behind)).with(WORST, worst))
}

/// Kills a holder for whom another process waits. Gives how many milliseconds after the lease that one goes on.
fn take_over(store: &Store, lock: Lock, round: usize, lane: usize) -> anyhow::Result<f64> {
    let key = format!("{}-{round}-{lane}", lock.name().replace(' ', "-"));
    let mut both = Caller::start_all(lock, &store.url(), LEASE, 2)?;
    let (mut waiter, mut holder) = (both.remove(1), both.remove(0));
    holder.hold(&key)?;
    waiter.call(&key);
    thread::sleep(Duration::from_micros(KILL + draw(0, &key) % MORE));
    holder.kill();
    let lease_end = store.lease_end(lock, &key, LEASE)?;
    let Answer::Ran(begun) = waiter.answer()? else { bail!("a killed holder has done the job") };
    Ok((begun as f64 - lease_end as f64) / 1e3)
}
