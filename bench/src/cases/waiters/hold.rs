//! What a server is asked for while an attempt runs and others wait for its end.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use lockwork_test_support::Reply;

use crate::bench::Bench;
use crate::callers::{Answer, Lock};
use crate::cases::waiters::{Crew, Store, WAITERS};
use crate::contest::Server;
use crate::redis_server::Redis;
use crate::spread::{Spread, shown};
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

/// A contestant, and another one of its kind whose attempt nobody waits for.
struct Pair {
    waiting: Crew,
    alone: Crew,
    /// So many callers wait in each process.
    callers: usize,
}

/// What waiting costs a server.
pub(crate) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let crew = |lock, waiters| Crew::start(lock, waiters, Store::Redis(Box::new(Redis::start(bench.cores)?)));
    let mut pairs = Vec::new();
    for waiting in Crew::start_all(bench)? {
        pairs.push(Pair { alone: crew(waiting.lock, 0)?, waiting, callers: 1 });
    }
    pairs.push(Pair { waiting: crew(Lock::Lockwork, 1)?, alone: crew(Lock::Lockwork, 0)?, callers: CROWD });
    let mut table = Table::new("What a server is asked for while an attempt runs for 5.5 s");
    table.head(["", "processes", "callers", "requests for each", "from – to"]);
    table.head(["holder's requests", "server CPU, ms", "holder's, ms", "commands of those who wait"]);
    // All at the same time: each has a server of its own, and what counts is not how soon it answers.
    let rounds = bench.pick(5, 1);
    let seen = together(pairs.iter_mut().map(|pair| move || take(pair, rounds)))?;
    for (pair, rounds) in pairs.iter().zip(seen) {
        let processes = pair.waiting.waiters.len();
        let each = |(waiting, alone): &(Asked, Asked)| (waiting.requests - alone.requests) / processes as f64;
        let each = Spread::of(rounds.iter().map(each)).context("there is a round at least")?;
        table.row(row(pair, &rounds, each));
        if pair.waiting.lock == Lock::Lockwork {
            // At the end of the lease that it knows, which is in the hold once, who waits looks whether it was renewed.
            let less = Spread { median: each.median - 1.0, low: each.low - 1.0, high: each.high - 1.0 };
            match (processes, pair.callers) {
                (WAITERS, 1) => bench.note(target::HOLD_50, Some(less)),
                (1, CROWD) => bench.note(target::HOLD_10000, Some(less)),
                _ => {}
            }
        }
    }
    table.remark(
        "Counted is from before the first of those who wait calls, until 5.5 s after the last; what a holder asks for \
         whom nobody waits for is taken off. A request is what the server reads in one go. lockwork has its default lease \
         of 5 s and renews it; the peers' locks have one that outlasts the attempt.",
    );
    bench.show(&table);
    Ok(())
}

fn row(pair: &Pair, rounds: &[(Asked, Asked)], each: Spread) -> Vec<String> {
    let middle = |figure: &dyn Fn(&(Asked, Asked)) -> f64| {
        Spread::of(rounds.iter().map(figure)).map_or_else(String::new, |spread| shown(spread.median))
    };
    vec![
        pair.waiting.name.to_owned(),
        pair.waiting.waiters.len().to_string(),
        pair.callers.to_string(),
        shown(each.median),
        format!("{} – {}", shown(each.low), shown(each.high)),
        middle(&|(_, alone)| alone.requests),
        middle(&|(waiting, _)| waiting.processor.as_secs_f64() * 1e3),
        middle(&|(_, alone)| alone.processor.as_secs_f64() * 1e3),
        rounds.first().map(|(waiting, alone)| commands(waiting, alone)).unwrap_or_default(),
    ]
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
fn take(pair: &mut Pair, rounds: usize) -> anyhow::Result<Vec<(Asked, Asked)>> {
    let mut seen = Vec::new();
    for _ in 0..rounds {
        let crews = [(&mut pair.waiting, pair.callers), (&mut pair.alone, 0)];
        let both = together(crews.map(|(crew, callers)| move || hold(crew, callers)))?;
        let [waiting, alone] = <[Asked; 2]>::try_from(both).ok().context("there are two")?;
        seen.push((waiting, alone));
    }
    Ok(seen)
}

/// Holds a job while all of the crew's others wait, so many callers in each. Gives what was asked for in that time.
fn hold(crew: &mut Crew, callers: usize) -> anyhow::Result<Asked> {
    let prefix = crew.next_key();
    // As the only key of a crowd is called.
    let key = format!("{prefix}-0");
    crew.holder.hold(&key)?;
    let Store::Redis(redis) = &crew.store else { bail!("a file is asked for nothing") };
    redis.server().reset_calls();
    let before = redis.processor_time();
    for waiter in &mut crew.waiters {
        if callers == 1 { waiter.call(&key) } else { waiter.crowd(callers, 1, &prefix) }
    }
    thread::sleep(HOLD);
    let asked = asked(redis, before)?;
    crew.holder.finish()?;
    for waiter in &crew.waiters {
        if callers == 1 {
            let Answer::Told(_) = waiter.answer()? else { bail!("the job was done twice") };
        } else {
            let crowd = waiter.crowd_answered()?;
            anyhow::ensure!(crowd.errors == 0, "{crowd:?}");
        }
    }
    Ok(asked)
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
