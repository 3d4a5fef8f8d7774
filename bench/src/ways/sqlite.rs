//! What SQLite can do at best: a job is two transactions of one row, each of which has reached the disk, and one that is
//! settled is a read. All on the caller's own thread.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use crate::load::{Way, way};
use crate::ways::lockwork::NAMESPACE;

/// As lockwork's store sets up its file.
const SET_UP: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    CREATE TABLE IF NOT EXISTS jobs (key BLOB NOT NULL PRIMARY KEY, record BLOB);
";

const CLAIM: &str = "INSERT INTO jobs (key, record) VALUES (?1, 'claimed')";
const COMPLETE: &str = "UPDATE jobs SET record = 'done' WHERE key = ?1";

const READ: &str = "SELECT record FROM lockwork_records WHERE key = ?1";

/// How long a transaction waits for another process's.
const PATIENCE: Duration = Duration::from_secs(10);

/// Two transactions.
pub(crate) fn transactions(file: &Path) -> anyhow::Result<Way> {
    let connection = open(file)?;
    connection.execute_batch(SET_UP)?;
    let connection = Arc::new(Mutex::new(connection));
    Ok(way(move |key| {
        let connection = Arc::clone(&connection);
        async move {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            for statement in [CLAIM, COMPLETE] {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                transaction.prepare_cached(statement)?.execute([key.as_bytes()])?;
                transaction.commit()?;
            }
            Ok(())
        }
    }))
}

/// A read of the record that lockwork has written.
pub(crate) fn reads(file: &Path) -> anyhow::Result<Way> {
    let connection = Arc::new(Mutex::new(open(file)?));
    Ok(way(move |key| {
        let connection = Arc::clone(&connection);
        async move {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let name = format!("{NAMESPACE}:{key}");
            let record: Vec<u8> = connection.prepare_cached(READ)?.query_row([name.as_bytes()], |row| row.get(0))?;
            anyhow::ensure!(!record.is_empty(), "{name} has no record");
            Ok(())
        }
    }))
}

fn open(file: &Path) -> anyhow::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}
