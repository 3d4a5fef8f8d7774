//! The SQLite file of a case, in a directory of its own. Knows no contestant.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

/// A file that is not there yet, and goes with its directory.
#[derive(Debug)]
pub(crate) struct SqliteFile {
    path: PathBuf,
    _directory: TempDir,
}

impl SqliteFile {
    pub(crate) fn make() -> anyhow::Result<Self> {
        let directory = tempfile::tempdir()?;
        Ok(Self { path: directory.path().join("jobs.db"), _directory: directory })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where lockwork finds it.
    pub(crate) fn url(&self) -> String {
        format!("sqlite:{}", self.path.display())
    }

    /// A connection to it.
    pub(crate) fn connection(&self) -> anyhow::Result<Connection> {
        Ok(Connection::open(&self.path)?)
    }

    /// Writes what is in its log into the file itself.
    pub(crate) fn write_log_back(&self) -> anyhow::Result<()> {
        Ok(self.connection()?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }
}
