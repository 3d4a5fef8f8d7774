//! What a server is asked for, and what processes do, while an attempt runs and others wait for its end.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use lockwork_test_support::Reply;

use crate::bench::{Bench, Depth};
use crate::callers::{Answer, Caller, Lock};
use crate::cases::waiters::{Crew, FEW, WAITERS};
use crate::contest::Server;
use crate::redis_server::Redis;
use crate::spread::{Spread, shown};
use crate::stores::Store;
use crate::table::Table;
use crate::target;
use crate::together::together;

/// For how long the attempt runs while the others wait: 5 s, and as much more as it takes for what comes at 5 s sharp, a
/// sign of life and a look whether there was one, to be counted always and not by chance.
const HOLD: Duration = Duration::from_millis(5_500);

/// How many callers wait in one process.
const CROWD: usize = 10_000;

/// What a server was asked for.
#[derive(Clone, Debug)]
struct Asked {
    /// Requests as the server reads them: what comes together counts once.
    requests: f64,
    commands: BTreeMap<String, u64>,
    processor: Duration,
}

/// What one attempt has cost others.
#[derive(Clone, Debug)]
struct Cost {
    /// The server, where there is one.
    asked: Option<Asked>,
    /// All who wait, in processor time.
    waiting: Duration,
}

/// A contestant, and another one of its kind whose attempt nobody waits for.
struct Pair {
    waiting: Crew,
    alone: Crew,
    /// So many callers wait in each process.
    callers: usize,
}

/// What waiting costs.
pub(crate) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let crew = |waiters| Crew::start(Lock::Lockwork, waiters, Store::redis(bench.cores)?);
    let mut pairs = Vec::new();
    for waiting in Crew::start_all(bench)? {
        pairs.push(Pair { alone: Crew::start(waiting.lock, 0, Store::redis(bench.cores)?)?, waiting, callers: 1 });
    }
    pairs.push(Pair { waiting: crew(1)?, alone: crew(0)?, callers: CROWD });
    for (processes, callers) in [(bench.pick(WAITERS, FEW), 1), (1, CROWD)] {
        let (waiting, alone) = (Crew::start_on_sqlite(processes)?, Crew::start_on_sqlite(0)?);
        pairs.push(Pair { waiting, alone, callers });
    }
    let mut table = Table::new("What it costs to wait while an attempt runs for 5.5 s");
    table.head(["", "processes", "callers", "requests for each", "from – to", "CPU for each, ms"]);
    table.head(["holder's requests", "server CPU, ms", "holder's, ms", "commands of those who wait"]);
    // All at the same time: each has a store of its own, and what counts is not how soon it answers.
    let rounds = bench.pick(5, 1);
    let mut seen = together(pairs.iter_mut().map(|pair| move || take(pair, rounds)))?;
    if bench.depth == Depth::Full {
        // By itself, as it keeps all cores busy.
        let crew = |waiters| Crew::start(Lock::Rslock, waiters, Store::redis(bench.cores)?);
        let mut peer = Pair { waiting: crew(1)?, alone: crew(0)?, callers: CROWD };
        seen.push(take(&mut peer, rounds)?);
        pairs.push(peer);
    }
    for (pair, rounds) in pairs.iter().zip(seen) {
        let requests = pair.requests(&rounds);
        table.row(pair.row(&rounds, requests));
        // At the end of the lease that it knows, which is in the hold once, who waits looks whether it was renewed.
        let less = requests.map(|of| Spread { median: of.median - 1.0, low: of.low - 1.0, high: of.high - 1.0 });
        match (pair.waiting.lock, pair.waiting.waiters.len(), pair.callers) {
            (Lock::Lockwork, WAITERS, 1) => bench.note(target::HOLD_50, less),
            (Lock::Lockwork, 1, CROWD) => bench.note(target::HOLD_10000, less),
            _ => {}
        }
    }
    table.remark(
        "Counted is from before the first of those who wait calls, until 5.5 s after the last; what a holder asks for \
         whom nobody waits for is taken off. A request is what the server reads in one go; CPU for each is the processor \
         time of a waiting process. lockwork has its default lease of 5 s and renews it; the peers' locks have one that \
         outlasts the attempt.",
    );
    bench.show(&table);
    Ok(())
}

impl Pair {
    /// For each process that waits, in each round.
    fn requests(&self, rounds: &[(Cost, Cost)]) -> Option<Spread> {
        let processes = self.waiting.waiters.len() as f64;
        let asked = rounds.iter().filter_map(|(waiting, alone)| waiting.asked.as_ref().zip(alone.asked.as_ref()));
        Spread::of(asked.map(|(waiting, alone)| (waiting.requests - alone.requests) / processes))
    }

    fn row(&self, rounds: &[(Cost, Cost)], requests: Option<Spread>) -> Vec<String> {
        let none = || "–".to_owned();
        let middle = |figure: &dyn Fn(&(Cost, Cost)) -> Option<f64>| {
            Spread::of(rounds.iter().filter_map(figure)).map_or_else(none, |spread| shown(spread.median))
        };
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        let processes = self.waiting.waiters.len();
        let first = rounds.first().and_then(|(waiting, alone)| waiting.asked.as_ref().zip(alone.asked.as_ref()));
        vec![
            self.waiting.name.to_owned(),
            processes.to_string(),
            self.callers.to_string(),
            requests.map_or_else(none, |spread| shown(spread.median)),
            requests.map_or_else(none, |spread| format!("{} – {}", shown(spread.low), shown(spread.high))),
            middle(&|(waiting, _)| Some(millis(waiting.waiting) / processes as f64)),
            middle(&|(_, alone)| alone.asked.as_ref().map(|asked| asked.requests)),
            middle(&|(waiting, _)| waiting.asked.as_ref().map(|asked| millis(asked.processor))),
            middle(&|(_, alone)| alone.asked.as_ref().map(|asked| millis(asked.processor))),
            first.map_or_else(none, |(waiting, alone)| commands(waiting, alone)),
        ]
    }
}

/// Which commands those who wait sent, and how often, in the first round.
fn commands(waiting: &Asked, alone: &Asked) -> String {
    let more = waiting.commands.iter().filter_map(|(name, count)| {
        let count = count.saturating_sub(alone.commands.get(name).copied().unwrap_or(0));
        (count > 0).then(|| format!("{name} {count}"))
    });
    more.collect::<Vec<_>>().join(", ")
}

/// In each round one attempt that others wait for, and one that nobody does.
fn take(pair: &mut Pair, rounds: usize) -> anyhow::Result<Vec<(Cost, Cost)>> {
    let mut seen = Vec::new();
    for _ in 0..rounds {
        let crews = [(&mut pair.waiting, pair.callers), (&mut pair.alone, 0)];
        let both = together(crews.map(|(crew, callers)| move || hold(crew, callers)))?;
        let [waiting, alone] = <[Cost; 2]>::try_from(both).ok().context("there are two")?;
        seen.push((waiting, alone));
    }
    Ok(seen)
}

/// Holds a job while all of the crew's others wait, so many callers in each. Gives what that cost.
fn hold(crew: &mut Crew, callers: usize) -> anyhow::Result<Cost> {
    let prefix = crew.next_key();
    // As the only key of a crowd is called.
    let key = format!("{prefix}-0");
    crew.holder.hold(&key)?;
    let before = crew.store.server().map(|redis| {
        redis.server().reset_calls();
        redis.processor_time()
    });
    let worked: Duration = crew.waiters.iter().map(Caller::processor_time).sum();
    for waiter in &mut crew.waiters {
        if callers == 1 { waiter.call(&key) } else { waiter.crowd(callers, 1, &prefix) }
    }
    thread::sleep(HOLD);
    let waiting = crew.waiters.iter().map(Caller::processor_time).sum::<Duration>() - worked;
    let asked = crew.store.server().zip(before).map(|(redis, before)| asked(redis, before)).transpose()?;
    crew.holder.finish()?;
    if crew.lock != Lock::Lockwork && callers > 1 {
        // To be told they would take turns at the lock, one after the other.
        crew.start_waiters_anew()?;
        return Ok(Cost { asked, waiting });
    }
    for waiter in &crew.waiters {
        if callers == 1 {
            let Answer::Told(_) = waiter.answer()? else { bail!("the job was done twice") };
        } else {
            let crowd = waiter.crowd_answered()?;
            anyhow::ensure!(crowd.errors == 0, "{crowd:?}");
        }
    }
    Ok(Cost { asked, waiting })
}

/// What the server was asked for since its counters began anew, and the processor time since `before`.
fn asked(redis: &Redis, before: Duration) -> anyhow::Result<Asked> {
    let processor = redis.processor_time() - before;
    let stats = redis.server().command(&["INFO", "stats"]);
    let Reply::Bytes(Some(_)) = stats else { bail!("the server says nothing of itself: {stats:?}") };
    let stats = stats.text();
    let read = stats.lines().find_map(|line| line.strip_prefix("total_reads_processed:"));
    let read: u64 = read.context("the server counts what it reads")?.trim().parse()?;
    let commands = redis.server().calls().into_iter().collect();
    // One was the question itself.
    Ok(Asked { requests: read.saturating_sub(1) as f64, commands, processor })
}
