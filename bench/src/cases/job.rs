//! A job begun and completed on Redis, beside bare commands, rslock and Postgres.

use std::time::Duration;

use tokio::runtime::Runtime;

use crate::bench::Bench;
use crate::contest::{Entry, compare};
use crate::load::{self, Flavour, Keys, Load};
use crate::postgres_server::Postgres;
use crate::redis_server::Redis;
use crate::rounds::{CLIENT, Metric, P50, P99, RATE, SERVER, Series};
use crate::target::{self, Target};
use crate::ways::{limits, lockwork, postgres, rslock};

const PING: &str = "PING";
const PAIR: &str = "SET NX PX + SET";
pub(crate) const OURS: &str = "lockwork";
const OURS_BY_ATTRIBUTE: &str = "lockwork, attribute";
const LOCK: &str = "rslock, acquire + release";
const ONCE: &str = "rslock, once";
const ADVISORY: &str = "Postgres, advisory lock + unlock";
const ROW: &str = "Postgres, row claimed + completed";
const HASTY_ROW: &str = "the same, synchronous_commit off";

const ALL: [Metric; 5] = [P50, P99, RATE, CLIENT, SERVER];

/// How much longer each way takes over the link.
const LATENCY: Duration = Duration::from_micros(100);

/// One caller, one job after the other, over loopback.
pub(crate) fn sequential(bench: &mut Bench) -> anyhow::Result<()> {
    let series = one_caller(bench, &Redis::start(bench.cores)?)?;
    bench.show(&series.table("A job, one caller, over loopback", PAIR, P50, &ALL));
    bench.note_ratio(target::LOOPBACK, &series, OURS, PAIR, P50);

    let redis = Redis::start(bench.cores)?;
    let series = bench.cores.together(|| one_caller(bench, &redis))??;
    bench.show(&series.table("A job, one caller, over loopback, client and server on one core", PAIR, P50, &ALL));
    Ok(())
}

/// The same over a link with latency.
pub(crate) fn link(bench: &mut Bench) -> anyhow::Result<()> {
    let series = one_caller(bench, &Redis::start_behind(bench.cores, LATENCY)?)?;
    let title = format!("A job, one caller, over a link with {LATENCY:?} of latency each way");
    let mut table = series.table(title, PAIR, P50, &[P50, P99, CLIENT]);
    table.remark("What the link adds to a round trip is seen at `PING`: the latency, twice, and the relay's wake-ups.");
    bench.show(&table);
    bench.note_ratio(target::LINK, &series, OURS, PAIR, P50);
    Ok(())
}

fn one_caller(bench: &Bench, redis: &Redis) -> anyhow::Result<Series> {
    let runtime = Flavour::CurrentThread.runtime()?;
    let mut entries = on_redis(redis, &runtime)?;
    let connection = runtime.block_on(redis.connection())?;
    entries.insert(0, Entry { name: PING, way: limits::ping(&connection), server: redis });
    compare(bench, &runtime, fresh(bench, 1), &entries)
}

/// Many callers of distinct keys, on one thread.
pub(crate) fn callers(bench: &mut Bench) -> anyhow::Result<()> {
    let runtime = Flavour::CurrentThread.runtime()?;
    let redis = Redis::start(bench.cores)?;
    let mut entries = on_redis(&redis, &runtime)?;
    let postgres = Postgres::start(bench.cores, &runtime)?;
    match &postgres {
        Ok(postgres) => {
            let connections = postgres::CONNECTIONS;
            bench.say(format!("- {}: its callers share {connections} connections\n", postgres.version()));
            let mut entry = |name, way| entries.push(Entry { name, way, server: postgres });
            entry(ADVISORY, postgres::advisory(&postgres.durable));
            entry(ROW, postgres::row(&postgres.durable));
            entry(HASTY_ROW, postgres::row(&postgres.hasty));
        }
        Err(why) => bench.say(format!("- without Postgres: {why}\n")),
    }
    let all: &[usize] = bench.pick(&[1, 64, 256, 1024], &[64, 256]);
    for &callers in all {
        let series = compare(bench, &runtime, fresh(bench, callers), &entries)?;
        bench.show(&series.table(
            title(callers, Flavour::CurrentThread),
            PAIR,
            RATE,
            &[RATE, P50, P99, CLIENT, SERVER],
        ));
        if let Some((pairs, once)) = targets(callers) {
            bench.note_ratio(pairs, &series, OURS, PAIR, RATE);
            bench.note_ratio(once, &series, OURS, ONCE, RATE);
        }
    }
    Ok(())
}

/// The same on two threads that steal each other's tasks.
pub(crate) fn two_workers(bench: &mut Bench) -> anyhow::Result<()> {
    let runtime = Flavour::TwoWorkers.runtime()?;
    let redis = Redis::start(bench.cores)?;
    let entries = on_redis(&redis, &runtime)?;
    let all: &[usize] = bench.pick(&[1, 64, 256], &[64]);
    for &callers in all {
        let series = compare(bench, &runtime, fresh(bench, callers), &entries)?;
        let mut table =
            series.table(title(callers, Flavour::TwoWorkers), PAIR, RATE, &[RATE, P50, P99, CLIENT, SERVER]);
        table.remark("Both workers are on the clients' core.");
        bench.show(&table);
    }
    Ok(())
}

fn title(callers: usize, flavour: Flavour) -> String {
    format!("A job, {}, {flavour}", load::callers(callers))
}

fn targets(callers: usize) -> Option<(Target, Target)> {
    match callers {
        64 => Some((target::PAIRS_64, target::ONCE_64)),
        256 => Some((target::PAIRS_256, target::ONCE_256)),
        _ => None,
    }
}

fn fresh(bench: &Bench, callers: usize) -> Load {
    Load { callers, keys: Keys::Fresh, span: bench.span() }
}

/// Those who do a job on Redis. Each has a connection of its own, which all callers share; rslock's `once` has another
/// one for what is done.
pub(crate) fn on_redis<'a>(redis: &'a Redis, runtime: &Runtime) -> anyhow::Result<Vec<Entry<'a>>> {
    runtime.block_on(async {
        let worker = lockwork::worker(&redis.url()).await?;
        let ways = [
            (PAIR, limits::pair(&redis.connection().await?)),
            (OURS, lockwork::run(&worker)),
            (OURS_BY_ATTRIBUTE, lockwork::attribute(&worker)),
            (LOCK, rslock::lock(&rslock::manager(redis)?)),
            (ONCE, rslock::once(&rslock::manager(redis)?, &redis.connection().await?)),
        ];
        Ok(ways.into_iter().map(|(name, way)| Entry { name, way, server: redis as _ }).collect())
    })
}
