//! Jobs that others have done, and jobs that others are doing, on Redis: what it costs to be told so. How there come to be
//! such jobs is the same for all stores.

use std::sync::Arc;
use std::time::Duration;

use ::lockwork::{Error, Job, Worker};
use redis::aio::MultiplexedConnection;
use tokio::sync::Semaphore;

use crate::bench::Bench;
use crate::contest::{Entry, compare};
use crate::load::{self, Flavour, Keys, Load, SETTLED, Way, key};
use crate::redis_server::Redis;
use crate::rounds::{CLIENT, P50, P99, RATE, SERVER};
use crate::target;
use crate::ways::{limits, lockwork, rslock};

/// How many jobs are done.
const JOBS: u64 = 1000;

const GET: &str = "GET";
const SET_NX: &str = "SET NX PX, in vain";
const OURS: &str = "lockwork";
const ONCE: &str = "rslock, once";
const TRY: &str = "rslock, one try";

/// Jobs that are done already.
pub(crate) fn done(bench: &mut Bench) -> anyhow::Result<()> {
    let runtime = Flavour::CurrentThread.runtime()?;
    let redis = Redis::start(bench.cores)?;
    let (connection, worker, once) = runtime.block_on(async {
        let once = rslock::once(&rslock::manager(&redis)?, &redis.connection().await?);
        anyhow::Ok((redis.connection().await?, lockwork::worker(&redis.url()).await?, once))
    })?;
    let ours = lockwork::run(&worker);
    // A name is the same for all of them, and so is its record.
    runtime.block_on(do_all(&ours, JOBS))?;
    let entries = [(GET, limits::get(&connection)), (OURS, ours), (ONCE, once)].map(|(name, way)| Entry {
        name,
        way,
        server: &redis,
    });
    let all: &[usize] = bench.pick(&[1, 64, 256], &[1, 64]);
    for &callers in all {
        let load = Load { callers, keys: Keys::Known(JOBS), span: bench.span() };
        let series = compare(bench, &runtime, load, &entries)?;
        let title = format!("Already done, {}", load::callers(callers));
        bench.show(&series.table(title, GET, RATE, &[RATE, P50, P99, CLIENT, SERVER]));
        if callers == 64 {
            bench.note_ratio(target::DONE, &series, OURS, GET, RATE);
            bench.note_ratio(target::DONE_ONCE, &series, OURS, ONCE, RATE);
        }
    }
    Ok(())
}

/// Jobs that somebody else is doing, for callers who do not wait.
pub(crate) fn busy(bench: &mut Bench) -> anyhow::Result<()> {
    let runtime = Flavour::CurrentThread.runtime()?;
    let redis = Redis::start(bench.cores)?;
    let (connection, worker, holder, manager) = runtime.block_on(async {
        let holder = lockwork::worker(&redis.url()).await?;
        let worker = lockwork::worker(&redis.url()).await?;
        anyhow::Ok((redis.connection().await?, worker, holder, rslock::manager(&redis)?))
    })?;
    runtime.block_on(async {
        hold(&holder).await?;
        lock(connection.clone()).await
    })?;
    let ways =
        [(SET_NX, limits::claim_in_vain(&connection)), (OURS, lockwork::busy(&worker)), (TRY, rslock::busy(&manager))];
    let entries = ways.map(|(name, way)| Entry { name, way, server: &redis });
    // More callers than held keys would share their questions.
    for callers in [1, 64] {
        let load = Load { callers, keys: Keys::Known(SETTLED), span: bench.span() };
        let series = compare(bench, &runtime, load, &entries)?;
        let title = format!("Busy, without waiting, {} of {SETTLED} held keys", load::callers(callers));
        bench.show(&series.table(title, SET_NX, RATE, &[RATE, P50, P99, CLIENT, SERVER]));
    }
    Ok(())
}

/// Does so many jobs, one after the other.
pub(crate) async fn do_all(way: &Way, jobs: u64) -> anyhow::Result<()> {
    for number in 0..jobs {
        way(key(number)).await?;
    }
    Ok(())
}

/// Lets `holder` be busy with all jobs that are held, until its runtime ends.
pub(crate) async fn hold(holder: &Arc<Worker>) -> anyhow::Result<()> {
    let begun = Arc::new(Semaphore::new(0));
    for number in 0..SETTLED {
        let (holder, begun) = (Arc::clone(holder), Arc::clone(&begun));
        let job = Job::new(key(number)).timeout(Duration::from_secs(600));
        tokio::spawn(async move {
            let body = |_| async {
                begun.add_permits(1);
                std::future::pending::<Result<u8, Error>>().await
            };
            holder.run(&job, body).await
        });
    }
    begun.acquire_many(u32::try_from(SETTLED)?).await?.forget();
    Ok(())
}

/// Locks them for rslock.
async fn lock(mut connection: MultiplexedConnection) -> anyhow::Result<()> {
    for number in 0..SETTLED {
        let name = rslock::name(&key(number));
        redis::cmd("SET").arg(name).arg("somebody else").exec_async(&mut connection).await?;
    }
    Ok(())
}
