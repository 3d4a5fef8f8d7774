//! The measure of wake-ups: the least that a process and its store take to hear of each other. Knows nothing of lockwork.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use crate::sample::Store;
use crate::share::Shares;

/// How often it is measured.
const TIMES: usize = 500;

/// The pause before each, where there is one. Who is woken was idle, and so was the server: what they take to get going
/// is part of it.
pub(crate) const IDLE: Duration = Duration::from_millis(2);

/// How much a log is made to hold before anything is measured, so that no file has to grow then.
const LOG: usize = 6 << 20;

/// How long a record is, in bytes, about.
const RECORD: usize = 200;

/// Round trips with a pause before each, in microseconds.
pub(crate) fn measure(store: &Store, pause: Duration) -> anyhow::Result<Shares> {
    match store {
        Store::Redis(..) => pings(&store.url(), pause),
        Store::Sqlite(directory) => {
            transactions(&directory.path().join(format!("round-trip-{}.db", pause.as_micros())), pause)
        }
    }
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "how long it takes is what is measured")]
    Instant::now()
}

/// A PING and its answer, over a connection like lockwork's, and on a runtime like its.
fn pings(url: &str, pause: Duration) -> anyhow::Result<Shares> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
        let mut taken = Vec::new();
        for _ in 0..TIMES {
            tokio::time::sleep(pause).await;
            let sent = now();
            redis::cmd("PING").query_async::<()>(&mut connection).await?;
            taken.push((now() - sent).as_secs_f64() * 1e6);
        }
        Ok(Shares::new(taken))
    })
}

/// Lets the log of a file have its full size. It keeps that when it begins anew, which is for as long as the file is open.
pub(crate) fn grow_log(file: &Path) -> anyhow::Result<()> {
    let connection = Connection::open(file)?;
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; CREATE TABLE filler (bytes BLOB);
         INSERT INTO filler VALUES (zeroblob({LOG})); PRAGMA wal_checkpoint(RESTART)"
    ))?;
    Ok(())
}

/// A transaction that replaces a row of a record's size, and is on the disk when it is over.
fn transactions(file: &Path, pause: Duration) -> anyhow::Result<Shares> {
    let connection = Connection::open(file)?;
    grow_log(file)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         CREATE TABLE records (key BLOB NOT NULL PRIMARY KEY, record BLOB);
         INSERT INTO records VALUES (x'00', x'00')",
    )?;
    let mut taken = Vec::new();
    for number in 0..TIMES {
        std::thread::sleep(pause);
        let record = vec![u8::try_from(number % 256)?; RECORD];
        let began = now();
        connection.execute_batch("BEGIN IMMEDIATE")?;
        connection.execute("UPDATE records SET record = ?1 WHERE key = x'00'", params![record])?;
        connection.execute_batch("COMMIT")?;
        taken.push((now() - began).as_secs_f64() * 1e6);
    }
    Ok(Shares::new(taken))
}
