//! The world outside, which lockwork knows nothing of: a ledger that is read and written back whole, and an outbox. Each
//! can be used by whoever comes along, or look at what lockwork gave to the attempt.

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use rusqlite::{Connection, params};

const TABLES: &str = "
    CREATE TABLE ledger (text TEXT NOT NULL, fence INTEGER NOT NULL);
    INSERT INTO ledger VALUES ('', 0);
    CREATE TABLE outbox (mail INTEGER NOT NULL, idempotency_key TEXT UNIQUE);
    CREATE TABLE mishaps (round INTEGER PRIMARY KEY);
";

/// How long somebody else's statement is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A database that all processes can open.
pub(crate) struct Outside(Connection);

impl Outside {
    /// A new one, in which nothing has happened.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        let outside = Self::open(path)?;
        outside.0.execute_batch(TABLES)?;
        Ok(outside)
    }

    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE)?;
        Ok(Self(connection))
    }

    /// The ledger as it stands: a line for each entry.
    pub(crate) fn ledger(&self) -> anyhow::Result<String> {
        Ok(self.0.query_row("SELECT text FROM ledger", [], |row| row.get(0))?)
    }

    /// Writes the ledger back, whoever has written it since it was read.
    pub(crate) fn write(&self, ledger: &str) -> anyhow::Result<()> {
        self.0.execute("UPDATE ledger SET text = ?1", [ledger])?;
        Ok(())
    }

    /// Writes the ledger back, unless a later attempt has written it. All that it takes is a column, and a comparison in
    /// the statement that writes.
    pub(crate) fn write_fenced(&self, ledger: &str, fence: u64) -> anyhow::Result<()> {
        let fence = i64::try_from(fence)?;
        let written =
            self.0.execute("UPDATE ledger SET text = ?1, fence = ?2 WHERE fence <= ?2", params![ledger, fence])?;
        ensure!(written == 1, "the ledger refuses fence {fence}: a later attempt has written it");
        Ok(())
    }

    /// Sends a mail. The outbox sends one for each key that it is given, however often it is given that.
    pub(crate) fn send(&self, mail: u32, idempotency_key: Option<&str>) -> anyhow::Result<()> {
        self.0.execute("INSERT OR IGNORE INTO outbox VALUES (?1, ?2)", params![mail, idempotency_key])?;
        Ok(())
    }

    /// How often the mail was sent.
    pub(crate) fn times_sent(&self, mail: u32) -> anyhow::Result<usize> {
        let times: i64 = self.0.query_row("SELECT count(*) FROM outbox WHERE mail = ?1", [mail], |row| row.get(0))?;
        Ok(usize::try_from(times)?)
    }

    /// Whether it falls to the caller to have the mishap of this round, of which there is one.
    pub(crate) fn has_mishap(&self, round: u32) -> anyhow::Result<bool> {
        Ok(self.0.execute("INSERT OR IGNORE INTO mishaps VALUES (?1)", [round])? == 1)
    }
}
