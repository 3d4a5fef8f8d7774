//! The peers in other languages as contestants: each in a process of its own, which does jobs for a while. Knows no case.

use std::time::Duration;

use anyhow::bail;

use crate::callers::{Caller, Lock};
use crate::contest::Server;
use crate::redis_server::Redis;
use crate::rounds::{CLIENT, Contestant, P50, P99, RATE, SERVER, Sample};

/// What is done for each job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Acquire, look whether it is done, note that it is, release.
    Once,
    /// Acquire and release.
    Lock,
}

/// The lease of their locks; the default of lockwork's.
const LEASE: Duration = Duration::from_secs(5);

/// The name of a contestant of these.
pub(crate) fn name(lock: Lock, work: Work) -> String {
    let work = match work {
        Work::Once => "once",
        Work::Lock => "lock + unlock",
    };
    format!("{}, {work}", lock.name())
}

/// Those that are there, with so many callers each, who begin another job for this long.
pub(crate) fn contestants(redis: &Redis, callers: usize, span: Duration) -> anyhow::Result<Vec<Contestant<'_>>> {
    let mut contestants = Vec::new();
    for lock in Lock::present().filter(|lock| !matches!(lock, Lock::Lockwork | Lock::Rslock)) {
        for work in [Work::Once, Work::Lock] {
            let mut process = Caller::start(lock, &redis.url(), LEASE)?;
            process.is_ready();
            contestants.push(Contestant::new(name(lock, work), move |round| {
                redis.clear();
                drive(redis, &mut process, work, callers, span, round)
            }));
        }
    }
    Ok(contestants)
}

fn drive(
    redis: &Redis,
    process: &mut Caller,
    work: Work,
    callers: usize,
    span: Duration,
    round: usize,
) -> anyhow::Result<Sample> {
    let work = match work {
        Work::Once => "once",
        Work::Lock => "lock",
    };
    let served = redis.processor_time();
    let said = process.ask(&format!("jobs {work} {callers} {} {round}", span.as_millis()), "jobs ");
    let served = redis.processor_time() - served;
    let figures: Vec<f64> = said.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let [jobs, micros, p50, p99, worked] = figures[..] else { bail!("{said:?} has not five figures") };
    Ok(Sample::default()
        .with(RATE, jobs * 1e6 / micros)
        .with(P50, p50)
        .with(P99, p99)
        .with(CLIENT, worked / jobs)
        .with(SERVER, served.as_secs_f64() * 1e6 / jobs))
}
