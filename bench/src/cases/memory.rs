//! What records and those who wait for them take: in the server, and in a process.

use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use lockwork::{Error, Job, Worker};
use lockwork_test_support::Reply;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::bench::Bench;
use crate::callers::{Caller, Lock};
use crate::load::{Flavour, key};
use crate::redis_server::Redis;
use crate::spread::{Spread, shown};
use crate::sqlite_file::SqliteFile;
use crate::table::Table;
use crate::target;
use crate::ways::lockwork::{NAMESPACE, worker};

/// How many there are of each.
const MANY: usize = 10_000;

/// Longer than all of this takes: no attempt is renewed meanwhile, and none is taken over.
const LEASE: Duration = Duration::from_secs(600);

/// Memory in the server and in a process.
pub(crate) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let redis = Redis::start(bench.cores)?;
    let runtime = Flavour::CurrentThread.runtime()?;
    let mut table = Table::new("Memory, in bytes");
    table.head(["", "MEMORY USAGE", "in use in the server", "in the process", "in the file"]);
    let none = || "–".to_owned();
    let (usage, used) = strings(&redis)?;
    table.row(vec!["a string of 2 bytes at a key of 20".into(), shown(usage), shown(used), none(), none()]);
    let (usage, used) = runtime.block_on(records(&redis))?;
    table.row(vec!["a completed record, value and key as long".into(), shown(usage), shown(used), none(), none()]);
    bench.note(target::MEMORY, Spread::of([usage]));
    let taken = runtime.block_on(records_in_file())?;
    table.row(vec!["the same in an SQLite file".into(), none(), none(), none(), shown(taken)]);
    for keys in [MANY, 1] {
        let (server, process) = waiting(&redis, &runtime, keys)?;
        let of_whom = if keys == 1 { "one key" } else { "a key of their own" };
        table.row(vec![format!("a caller who waits for {of_whom}"), none(), shown(server), shown(process), none()]);
    }
    table.remark(format!(
        "MEMORY USAGE is what the server says of one key. The other figures are of {MANY} at a time, those who wait all in \
         one process: how much more the server has in use, with the tables of all keys and channels, how much more \
         the process is given, and how long the file is."
    ));
    bench.show(&table);
    Ok(())
}

/// What a bare string takes: by itself, and of many.
fn strings(redis: &Redis) -> anyhow::Result<(f64, f64)> {
    redis.clear();
    let before = used(redis)?;
    for number in 0..MANY {
        redis.server().command(&["SET", &name(number), "42"]);
    }
    Ok((usage(redis)?, (used(redis)? - before) / MANY as f64))
}

/// What a completed record takes: by itself, and of many.
async fn records(redis: &Redis) -> anyhow::Result<(f64, f64)> {
    redis.clear();
    let worker = worker(&redis.url()).await?;
    let before = used(redis)?;
    complete_all(&worker).await?;
    Ok((usage(redis)?, (used(redis)? - before) / MANY as f64))
}

/// What a completed record takes of an SQLite file, of many.
async fn records_in_file() -> anyhow::Result<f64> {
    let file = SqliteFile::make()?;
    complete_all(&worker(&file.url()).await?).await?;
    file.write_log_back()?;
    Ok(fs::metadata(file.path())?.len() as f64 / MANY as f64)
}

/// Does so many jobs, all at once.
async fn complete_all(worker: &Arc<Worker>) -> anyhow::Result<()> {
    let mut calls = JoinSet::new();
    for number in 0..MANY {
        let (worker, job) = (Arc::clone(worker), Job::new(key(number as u64)));
        calls.spawn(async move { worker.run(&job, |_| async { Ok::<u8, Error>(42) }).await });
    }
    while let Some(outcome) = calls.join_next().await {
        ensure!(outcome??.ran_here, "nobody else has done it");
    }
    Ok(())
}

/// The key of a number as the server knows it: 20 bytes.
fn name(number: usize) -> String {
    format!("{NAMESPACE}:{}", key(number as u64))
}

fn usage(redis: &Redis) -> anyhow::Result<f64> {
    match redis.server().command(&["MEMORY", "USAGE", &name(0)]) {
        Reply::Number(bytes) => Ok(bytes as f64),
        other => bail!("{} has no size: {other:?}", name(0)),
    }
}

/// What each caller takes who waits, in the server and in its process.
fn waiting(redis: &Redis, runtime: &Runtime, keys: usize) -> anyhow::Result<(f64, f64)> {
    redis.clear();
    let prefix = format!("of-{keys}");
    runtime.block_on(hold(redis, keys, &prefix))?;
    let mut waiter = Caller::start(Lock::Lockwork, &redis.url(), LEASE)?;
    waiter.is_ready();
    // The connection and the threads have their memory then.
    waiter.crowd(1, 1, &format!("before-{keys}"));
    waiter.crowd_answered()?;
    let (server, process) = (used(redis)?, waiter.memory()?);
    waiter.crowd(MANY, keys, &prefix);
    stand(redis, keys)?;
    let (server, process) = (used(redis)? - server, waiter.memory()? as f64 - process as f64);
    // Of one key the server's part is less than its figures vary by themselves.
    Ok((server.max(0.0) / MANY as f64, process / MANY as f64))
}

/// Begins an attempt of each key, which goes on for as long as there is the runtime.
async fn hold(redis: &Redis, keys: usize, prefix: &str) -> anyhow::Result<()> {
    let worker = worker(&redis.url()).await?;
    let begun = Arc::new(Semaphore::new(0));
    for number in 0..keys {
        let (worker, begun) = (Arc::clone(&worker), Arc::clone(&begun));
        let job = Job::new(format!("{prefix}-{number}")).timeout(LEASE);
        tokio::spawn(async move {
            let body = |_| async {
                begun.add_permits(1);
                std::future::pending::<Result<u8, Error>>().await
            };
            worker.run(&job, body).await
        });
    }
    begun.acquire_many(u32::try_from(keys)?).await.context("nobody closes it")?.forget();
    Ok(())
}

/// How long it takes at most until the last of those who wait has read what it waits for, when the channels stand.
const READING: Duration = Duration::from_millis(500);

/// Waits until so many channels are listened to, and a moment longer.
fn stand(redis: &Redis, channels: usize) -> anyhow::Result<()> {
    for _ in 0..6000 {
        let reply = redis.server().command(&["INFO", "stats"]);
        let text = reply.text();
        let heard = text.lines().find_map(|line| line.strip_prefix("pubsub_channels:"));
        if heard.context("the server counts channels")?.trim().parse::<usize>()? >= channels {
            thread::sleep(READING);
            return Ok(());
        }
        thread::sleep(Duration::from_millis(10));
    }
    bail!("those who wait do not listen")
}

fn used(redis: &Redis) -> anyhow::Result<f64> {
    let text = redis.server().command(&["INFO", "memory"]).text();
    let used = text.lines().find_map(|line| line.strip_prefix("used_memory:")).context("the server knows")?;
    Ok(used.trim().parse()?)
}
