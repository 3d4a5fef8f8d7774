//! Processes that wait for a job which another process holds: how soon they hear, and what it costs that they wait.

mod hand_over;
mod hold;

use std::time::Duration;

use anyhow::Context;
use lockwork_test_support::draw;

use crate::bench::{Bench, Depth};
use crate::callers::{Caller, Lock};
use crate::stores::{ON_SQLITE, Store};

pub(crate) use hand_over::measure as hand_over;
pub(crate) use hold::measure as hold;

/// How many processes wait, if there is memory for so many of each contestant.
const WAITERS: usize = 50;

/// How many of each peer wait in a quick run: it takes a while to start them.
const FEW: usize = 8;

/// For how long at least all wait before something happens, in microseconds, and for how much longer by chance: those who
/// poll are then anywhere between two times.
const WAIT: u64 = 300_000;
const MORE: u64 = 300_000;

/// What a waiting process of the greediest takes, in bytes.
const PROCESS: u64 = 64 << 20;

/// One contestant's processes.
struct Crew {
    lock: Lock,
    name: &'static str,
    store: Store,
    holder: Caller,
    waiters: Vec<Caller>,
    /// How many jobs they have been given.
    jobs: u64,
}

impl Crew {
    fn start(lock: Lock, waiters: usize, store: Store) -> anyhow::Result<Self> {
        let (url, name) = (store.url(), lock.name());
        let holder = Caller::start(lock, &url, lock.lease())?;
        holder.is_ready();
        let waiters = Caller::start_all(lock, &url, lock.lease(), waiters)?;
        Ok(Self { lock, name, store, holder, waiters, jobs: 0 })
    }

    /// Ends those who wait, whatever they wait for, and starts as many others.
    fn start_waiters_anew(&mut self) -> anyhow::Result<()> {
        let count = self.waiters.len();
        self.waiters.clear();
        self.waiters = Caller::start_all(self.lock, &self.store.url(), self.lock.lease(), count)?;
        Ok(())
    }

    /// lockwork's, whose processes meet at a file.
    fn start_on_sqlite(waiters: usize) -> anyhow::Result<Self> {
        Ok(Self { name: ON_SQLITE, ..Self::start(Lock::Lockwork, waiters, Store::sqlite()?)? })
    }

    /// The contestants that meet at a Redis server, each with its crew.
    fn start_all(bench: &Bench) -> anyhow::Result<Vec<Self>> {
        let start = |lock: Lock| {
            let count = if bench.depth == Depth::Quick && lock != Lock::Lockwork { FEW } else { WAITERS };
            Self::start(lock, count.min(room()?), Store::redis(bench.cores)?).with_context(|| lock.name())
        };
        Lock::present().map(start).collect()
    }

    /// A key that nobody knows.
    fn next_key(&mut self) -> String {
        self.jobs += 1;
        format!("job-{}", self.jobs)
    }

    /// Lets the holder hold a new job, and so many others call it. When this returns all of them wait.
    fn hold(&mut self, waiters: usize) -> anyhow::Result<String> {
        let key = self.next_key();
        self.holder.hold(&key)?;
        self.waiters[..waiters].iter_mut().for_each(|waiter| waiter.call(&key));
        std::thread::sleep(Duration::from_micros(WAIT + draw(self.jobs, self.name) % MORE));
        Ok(key)
    }
}

/// How many processes of one contestant there is room for.
fn room() -> anyhow::Result<usize> {
    let memory = std::fs::read_to_string("/proc/meminfo")?;
    let line = memory.lines().find_map(|line| line.strip_prefix("MemAvailable:")).context("the kernel says it")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(usize::try_from(kibibytes * 1024 / 2 / PROCESS)?.max(1))
}
