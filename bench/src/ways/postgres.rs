//! Postgres by `tokio-postgres`: an advisory lock, and a row that is claimed and then marked as done.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::{Client, NoTls, Statement};

use crate::load::{Way, way};

/// How many connections all callers share. One that holds an advisory lock is nobody else's meanwhile.
pub(crate) const CONNECTIONS: usize = 16;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS jobs (key text PRIMARY KEY, claimed timestamptz NOT NULL, value text)";
const CLAIM: &str = "INSERT INTO jobs (key, claimed) VALUES ($1, now()) ON CONFLICT DO NOTHING";
const COMPLETE: &str = "UPDATE jobs SET value = '42' WHERE key = $1";
const LOCK: &str = "SELECT pg_advisory_lock(hashtextextended($1, 0))";
const UNLOCK: &str = "SELECT pg_advisory_unlock(hashtextextended($1, 0))";

/// Whether a commit has reached the disk when it is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Commit {
    OnDisk,
    Later,
}

/// Connections that callers take in turns, with all statements prepared.
pub(crate) struct Pool {
    free: Mutex<Vec<Session>>,
    permits: Semaphore,
}

struct Session {
    client: Client,
    lock: Statement,
    unlock: Statement,
    claim: Statement,
    complete: Statement,
}

impl Pool {
    /// All connections, and the table.
    pub(crate) async fn connect(url: &str, commit: Commit) -> anyhow::Result<Arc<Self>> {
        let mut free = Vec::new();
        for _ in 0..CONNECTIONS {
            free.push(Session::connect(url, commit).await?);
        }
        Ok(Arc::new(Self { free: Mutex::new(free), permits: Semaphore::new(CONNECTIONS) }))
    }

    /// A connection that is nobody else's until it is dropped.
    async fn take(&self) -> anyhow::Result<Taken<'_>> {
        let permit = self.permits.acquire().await?;
        let session = self.free().pop().context("there is one for each permit")?;
        Ok(Taken { session: Some(session), pool: self, _permit: permit })
    }

    fn free(&self) -> MutexGuard<'_, Vec<Session>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all jobs.
    pub(crate) async fn empty(&self) -> anyhow::Result<()> {
        Ok(self.take().await?.client.batch_execute("TRUNCATE jobs").await?)
    }
}

/// A connection that goes back to its pool when it is dropped.
struct Taken<'a> {
    session: Option<Session>,
    pool: &'a Pool,
    // Dropped last, so that there is a connection for whoever gets it.
    _permit: SemaphorePermit<'a>,
}

impl Deref for Taken<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.session.as_ref().expect("it is only given back at the end")
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.pool.free().extend(self.session.take());
    }
}

impl Session {
    async fn connect(url: &str, commit: Commit) -> anyhow::Result<Self> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(TABLE).await?;
        if let Commit::Later = commit {
            client.batch_execute("SET synchronous_commit = off").await?;
        }
        Ok(Self {
            lock: client.prepare(LOCK).await?,
            unlock: client.prepare(UNLOCK).await?,
            claim: client.prepare(CLAIM).await?,
            complete: client.prepare(COMPLETE).await?,
            client,
        })
    }
}

/// Lock and unlock. It does not say whether something was done.
pub(crate) fn advisory(pool: &Arc<Pool>) -> Way {
    let pool = Arc::clone(pool);
    way(move |key| {
        let pool = Arc::clone(&pool);
        async move {
            let session = pool.take().await?;
            session.client.query_one(&session.lock, &[&key]).await?;
            session.client.query_one(&session.unlock, &[&key]).await?;
            Ok(())
        }
    })
}

/// Insert a row, and mark it as done.
pub(crate) fn row(pool: &Arc<Pool>) -> Way {
    let pool = Arc::clone(pool);
    way(move |key| {
        let pool = Arc::clone(&pool);
        async move {
            let session = pool.take().await?;
            let claimed = session.client.execute(&session.claim, &[&key]).await?;
            anyhow::ensure!(claimed == 1, "{key} was there");
            session.client.execute(&session.complete, &[&key]).await?;
            Ok(())
        }
    })
}
