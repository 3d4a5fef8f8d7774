//! Where the processes of a contestant meet, and what is known there of a lease. Knows no case.

use std::time::Duration;

use anyhow::{Context, bail};
use lockwork_test_support::Reply;

use crate::callers::Lock;
use crate::clock;
use crate::cores::Cores;
use crate::redis_server::Redis;
use crate::sqlite_file::SqliteFile;
use crate::ways::lockwork::NAMESPACE;

/// The name of lockwork as a contestant where the others meet at a Redis server.
pub(crate) const ON_SQLITE: &str = "lockwork on SQLite";

/// For how long an unfinished record of lockwork is kept after a sign of life.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A store for processes.
#[derive(Debug)]
pub(crate) enum Store {
    Redis(Box<Redis>),
    Sqlite(SqliteFile),
}

impl Store {
    /// A server of its own.
    pub(crate) fn redis(cores: Cores) -> anyhow::Result<Self> {
        Ok(Self::Redis(Box::new(Redis::start(cores)?)))
    }

    /// A file of its own.
    pub(crate) fn sqlite() -> anyhow::Result<Self> {
        Ok(Self::Sqlite(SqliteFile::make()?))
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Redis(redis) => redis.url(),
            Self::Sqlite(file) => file.url(),
        }
    }

    /// The server, if there is one.
    pub(crate) fn server(&self) -> Option<&Redis> {
        match self {
            Self::Redis(redis) => Some(redis),
            Self::Sqlite(_) => None,
        }
    }

    /// When the lease of the job's last sign of life ends, on the clock of [`clock::micros`], as the store sees it: to a
    /// millisecond. For the peers a lock's key lives as long as its lease; lockwork's record is kept for longer.
    pub(crate) fn lease_end(&self, lock: Lock, key: &str, lease: Duration) -> anyhow::Result<u64> {
        let (name, longer) = match lock {
            Lock::Lockwork => (format!("{NAMESPACE}:{key}"), KEPT - lease),
            _ => (format!("lock:{key}"), Duration::ZERO),
        };
        let before = clock::micros();
        let left = match self {
            Self::Redis(redis) => left_in_redis(redis, &name)?,
            Self::Sqlite(file) => left_in_sqlite(file, &name)?,
        };
        let asked = before.midpoint(clock::micros());
        Ok(asked + u64::try_from(left.saturating_sub(longer).as_micros())?)
    }
}

/// For how long the record of this name is still kept.
fn left_in_redis(redis: &Redis, name: &str) -> anyhow::Result<Duration> {
    let reply = redis.server().command(&["PTTL", name]);
    let Reply::Number(left @ 0..) = reply else { bail!("{name} has no end: {reply:?}") };
    Ok(Duration::from_millis(u64::try_from(left)?))
}

fn left_in_sqlite(file: &SqliteFile, name: &str) -> anyhow::Result<Duration> {
    const UNTIL: &str = "SELECT until FROM lockwork_records WHERE key = ?1";
    let until: Option<i64> = file.connection()?.query_row(UNTIL, [name.as_bytes()], |row| row.get(0))?;
    let until = Duration::from_millis(until.with_context(|| format!("{name} has no end"))?.try_into()?);
    Ok(until.saturating_sub(clock::wall()))
}
