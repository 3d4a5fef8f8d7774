//! What SQLite can do at best: a job is two transactions of one row, each of which has reached the disk.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use crate::load::{Way, way};

/// As lockwork's store sets up its file.
const SET_UP: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    CREATE TABLE IF NOT EXISTS jobs (key BLOB NOT NULL PRIMARY KEY, record BLOB);
";

const CLAIM: &str = "INSERT INTO jobs (key, record) VALUES (?1, 'claimed')";
const COMPLETE: &str = "UPDATE jobs SET record = 'done' WHERE key = ?1";

/// How long a transaction waits for another process's.
const PATIENCE: Duration = Duration::from_secs(10);

/// Two transactions, on the caller's own thread.
pub(crate) fn transactions(file: &Path) -> anyhow::Result<Way> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(PATIENCE)?;
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
