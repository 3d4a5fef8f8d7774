//! The table of records and all SQL on it. Knows neither threads nor watches.

use std::time::Duration;

use rusqlite::types::{Type, ValueRef};
use rusqlite::{Connection, OptionalExtension, Result, Row, Transaction, TransactionBehavior, params};

use crate::clock;
#[cfg(any(test, fuzzing))]
use crate::store::Swap;
use crate::store::{Order, Scan, Seen, Swapped};

use super::patience::{self, Patience};
use super::write::Write;

/// Invariant: the bytewise order of keys whatever the encoding of the file (hence a blob), and a file that also old
/// versions of SQLite can open (hence not `STRICT`).
const CREATE: &str = "
    CREATE TABLE IF NOT EXISTS lockwork_records (
        key BLOB NOT NULL PRIMARY KEY,
        record BLOB,   -- NULL: removed
        until INTEGER, -- milliseconds since 1970, by the clock of this host; NULL: for ever
        mark INTEGER   -- grows with each wake-up in the table; NULL: none yet
    );
    CREATE INDEX IF NOT EXISTS lockwork_records_until ON lockwork_records (until) WHERE until IS NOT NULL;
    CREATE INDEX IF NOT EXISTS lockwork_records_mark ON lockwork_records (mark) WHERE mark IS NOT NULL;
";

/// The columns of `CREATE`: name, type, place in the primary key.
const COLUMNS: [(&str, &str, i64); 4] =
    [("key", "BLOB", 1), ("record", "BLOB", 0), ("until", "INTEGER", 0), ("mark", "INTEGER", 0)];

/// Invariant: says what is there, and nothing if there is no such table.
const READ_COLUMNS: &str = "SELECT name, type, pk FROM pragma_table_info('lockwork_records') ORDER BY cid";

/// Invariant: one row or none, whether its time is over or not.
const LOAD: &str = "SELECT record, until FROM lockwork_records WHERE key = ?1";

/// Invariant: leaves the mark, of which another process may still have to learn.
const WRITE: &str = "
    INSERT INTO lockwork_records (key, record, until) VALUES (?1, ?2, ?3)
    ON CONFLICT (key) DO UPDATE SET record = excluded.record, until = excluded.until";

/// Invariant: as `WRITE`, and the mark is above every mark that there was.
const WRITE_AND_MARK: &str = "
    INSERT INTO lockwork_records (key, record, until, mark) VALUES
        (?1, ?2, ?3, (SELECT coalesce(max(mark), 0) + 1 FROM lockwork_records WHERE mark IS NOT NULL))
    ON CONFLICT (key) DO UPDATE SET record = excluded.record, until = excluded.until, mark = excluded.mark";

/// Invariant: `key >= ?1` bytewise, in that order.
const SCAN_UP: &str = "SELECT key, record, until FROM lockwork_records WHERE key >= ?1 ORDER BY key";

/// Invariant: `key < ?1` bytewise, the greatest first.
const SCAN_DOWN: &str = "SELECT key, record, until FROM lockwork_records WHERE key < ?1 ORDER BY key DESC";

/// Invariant: another number than before whenever another connection has committed in between.
const VERSION: &str = "PRAGMA data_version";

/// Invariant: zero before there was a mark.
const NEWEST_MARK: &str = "SELECT coalesce(max(mark), 0) FROM lockwork_records WHERE mark IS NOT NULL";

/// Invariant: a key once per mark, the newest mark last.
const MARKED_SINCE: &str = "SELECT key, mark FROM lockwork_records WHERE mark > ?1 ORDER BY mark";

/// Invariant: never the newest mark, below which the next one must not fall.
const OVER: &str = "
    SELECT rowid FROM lockwork_records WHERE until <= ?1
    AND (mark IS NULL OR mark < (SELECT max(mark) FROM lockwork_records WHERE mark IS NOT NULL)) LIMIT ?2";

const DELETE: &str = "DELETE FROM lockwork_records WHERE rowid = ?1";

/// How long a row whose time is over still stays, so that other processes can learn of its mark.
const STAY: Duration = Duration::from_secs(60);

/// How many rows a sweep deletes at most, so that it holds up nobody.
pub(super) const SWEEP: u32 = 768;

/// The table in an open file.
#[derive(Debug)]
pub(crate) struct Table {
    connection: Connection,
}

impl Table {
    /// The table in the file of `connection`, which it makes if there is none; `None` if another has its name.
    pub(crate) fn open(connection: Connection) -> Result<Option<Self>> {
        let mut table = Self { connection };
        if table.columns()?.is_empty() {
            let transaction = begin(&mut table.connection)?;
            transaction.execute_batch(CREATE)?;
            transaction.commit()?;
        }
        let columns = table.columns()?;
        let columns = columns.iter().map(|(name, kind, place)| (name.as_str(), kind.as_str(), *place));
        Ok(columns.eq(COLUMNS).then_some(table))
    }

    fn columns(&self) -> Result<Vec<(String, String, i64)>> {
        let mut statement = self.connection.prepare(READ_COLUMNS)?;
        let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        columns.collect()
    }

    /// How this waits for somebody else's transaction from now on.
    pub(super) fn set_patience(&mut self, patience: Patience) -> Result<()> {
        patience::apply(patience, &mut self.connection)
    }

    pub(super) fn load(&self, key: &str) -> Result<Option<Seen>> {
        load(&self.connection, key)
    }

    /// What is there instead of what a write expects. That is not the last word: nothing is locked.
    pub(super) fn conflict(&self, write: &Write) -> Result<Option<Swapped>> {
        conflict(&self.connection, write)
    }

    /// Begins a transaction beside which nobody else can write.
    pub(super) fn begin(&mut self) -> Result<Writing<'_>> {
        begin(&mut self.connection).map(Writing)
    }

    /// One write in a transaction of its own.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn swap(&mut self, swap: &Swap<'_>) -> Result<Swapped> {
        let writing = self.begin()?;
        let swapped = writing.write(&(*swap).into())?;
        writing.commit()?;
        Ok(swapped)
    }

    /// Lets the file have so many pages and no more.
    #[cfg(test)]
    pub(super) fn limit_pages(&self, pages: i64) {
        self.connection.execute_batch(&format!("PRAGMA max_page_count = {pages}")).expect("it is a limit");
    }

    pub(crate) fn scan(&self, scan: &Scan<'_>) -> Result<Vec<(String, Seen)>> {
        let Scan { prefix, behind, limit, order } = *scan;
        let (sql, start) = match order {
            Order::Ascending => {
                // The least key behind another is that one and a zero byte.
                let behind = behind.map(|behind| [behind.as_bytes(), &[0]].concat()).unwrap_or_default();
                (SCAN_UP, behind.max(prefix.as_bytes().to_vec()))
            }
            Order::Descending => {
                // No text has this byte, so all keys that begin with the prefix are less.
                let end = [prefix.as_bytes(), &[0xff]].concat();
                let behind = behind.map(|behind| behind.as_bytes().to_vec());
                (SCAN_DOWN, behind.into_iter().fold(end, Vec::min))
            }
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([start])?;
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(row) = rows.next()?
        {
            let key = key(row)?;
            if !key.starts_with(prefix) {
                break;
            }
            if let Some(seen) = seen(row.get_ref(1)?, row.get(2)?)? {
                found.push((key, seen));
            }
        }
        Ok(found)
    }

    /// A number that differs from the one before whenever another connection has committed since.
    pub(super) fn version(&self) -> Result<i64> {
        self.connection.prepare_cached(VERSION)?.query_row([], |row| row.get(0))
    }

    /// The newest mark in the table.
    pub(super) fn newest_mark(&self) -> Result<i64> {
        self.connection.prepare_cached(NEWEST_MARK)?.query_row([], |row| row.get(0))
    }

    /// The keys whose marks are newer than `mark`, oldest first.
    pub(super) fn marked_since(&self, mark: i64) -> Result<Vec<(String, i64)>> {
        let mut statement = self.connection.prepare_cached(MARKED_SINCE)?;
        let marked = statement.query_map([mark], |row| Ok((key(row)?, row.get(1)?)))?;
        marked.collect()
    }

    /// Deletes a batch of the rows whose time has long been over.
    pub(super) fn sweep(&mut self) -> Result<()> {
        let before = now().saturating_sub(milliseconds(STAY));
        // Mostly there is nothing to do, for which no write lock is needed.
        if over(&self.connection, before)?.is_empty() {
            return Ok(());
        }
        let transaction = begin(&mut self.connection)?;
        for row in over(&transaction, before)? {
            transaction.prepare_cached(DELETE)?.execute([row])?;
        }
        transaction.commit()
    }
}

/// A transaction that writes. Dropped without having been committed it leaves all as it was.
#[derive(Debug)]
pub(super) struct Writing<'a>(Transaction<'a>);

impl Writing<'_> {
    /// Writes, if nothing else is there than what is expected.
    pub(super) fn write(&self, write: &Write) -> Result<Swapped> {
        let Self(transaction) = self;
        if let Some(conflict) = conflict(transaction, write)? {
            return Ok(conflict);
        }
        let until = match write.next {
            Some(_) => write.keep.map(|keep| now().saturating_add(milliseconds(keep))),
            // The row stays for a while to carry the mark, and stays removed if the clock is set back meanwhile.
            None => Some(now()),
        };
        let sql = if write.wake { WRITE_AND_MARK } else { WRITE };
        transaction.prepare_cached(sql)?.execute(params![write.key.as_bytes(), write.next, until])?;
        Ok(Swapped::Written)
    }

    pub(super) fn commit(self) -> Result<()> {
        self.0.commit()
    }
}

/// A transaction that has the write lock from its beginning: one that read first could find the file changed.
fn begin(connection: &mut Connection) -> Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

fn load(connection: &Connection, key: &str) -> Result<Option<Seen>> {
    let mut statement = connection.prepare_cached(LOAD)?;
    let found = statement.query_row([key.as_bytes()], |row| seen(row.get_ref(0)?, row.get(1)?));
    Ok(found.optional()?.flatten())
}

fn conflict(connection: &Connection, write: &Write) -> Result<Option<Swapped>> {
    let current = load(connection, &write.key)?.map(|seen| seen.bytes);
    Ok((current != write.expected).then_some(Swapped::Conflict(current)))
}

fn over(connection: &Connection, before: i64) -> Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(OVER)?;
    let rows = statement.query_map(params![before, SWEEP], |row| row.get(0))?;
    rows.collect()
}

/// A row whose record was already read, as it is now: the clock is asked after the bytes.
fn seen(record: ValueRef<'_>, until: Option<i64>) -> Result<Option<Seen>> {
    let Some(bytes) = record.as_bytes_or_null()?.map(<[u8]>::to_vec) else {
        return Ok(None);
    };
    let Some(until) = until else {
        return Ok(Some(Seen { bytes, left: None }));
    };
    let left = u64::try_from(until.saturating_sub(now())).unwrap_or(0);
    Ok((left > 0).then(|| Seen { bytes, left: Some(Duration::from_millis(left)) }))
}

fn key(row: &Row<'_>) -> Result<String> {
    let bytes = row.get_ref(0)?.as_bytes()?;
    let text = std::str::from_utf8(bytes);
    text.map(str::to_owned).map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, error.into()))
}

/// Milliseconds since 1970.
fn now() -> i64 {
    milliseconds(clock::wall())
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
