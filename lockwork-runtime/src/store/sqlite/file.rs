//! A path becomes an open SQLite file that is safe to write to. Knows no records; never replaces what it finds.

use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::store::StoreError;

use super::patience;
use super::table::Table;
use super::trouble;

/// Invariant: readers and a writer do not exclude each other; answers with the mode that the file has then.
const USE_LOG: &str = "PRAGMA journal_mode = WAL";

/// Invariant: what is committed has reached the disk, also on systems whose `fsync` does not say so.
const REACH_THE_DISK: &str = "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON";

/// A file in use: where it is, and which one it was when it was opened.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    identity: Identity,
}

impl File {
    /// Opens the file at `path`, or makes it, and finds or makes the table in it.
    pub(super) fn open(path: &Path) -> Result<(Self, Table), StoreError> {
        make(path)?;
        let metadata = fs::metadata(path).map_err(|error| unusable(path, &error))?;
        if !metadata.is_file() {
            let what = if metadata.is_dir() { "a directory" } else { "no regular file" };
            return Err(refused(path, &format!("is {what}: name a file")));
        }
        // The log lies beside the file itself, not beside a link to it.
        let path = fs::canonicalize(path).map_err(|error| unusable(path, &error))?;
        let file = Self { identity: identity(&metadata), path };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(&file.path, flags).map_err(|error| file.explain_opening(&error))?;
        let table = file.set_up(connection)?;
        Ok((file, table))
    }

    fn set_up(&self, mut connection: Connection) -> Result<Table, StoreError> {
        // SQLite opens for reading what it may not write to, and says so only here.
        if connection.is_readonly("main").map_err(|error| self.explain_opening(&error))? {
            return Err(refused(&self.path, "is read-only: let this user write to it and to its directory"));
        }
        let mode = keep_a_log(&mut connection).map_err(|error| self.explain_opening(&error))?;
        if mode != "wal" {
            let what = format!("cannot have a write-ahead log (it is in mode {mode:?}): put it on a local disk");
            return Err(refused(&self.path, &what));
        }
        let table = Table::open(connection).map_err(|error| self.explain_opening(&error))?;
        table.ok_or_else(|| {
            let what = "has a table `lockwork_records` that this version of lockwork did not make: name another file";
            refused(&self.path, what)
        })
    }

    /// The path without links in it.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the path still leads to the file that is open. If not, others who follow it keep other records.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match fs::metadata(&self.path) {
            Ok(metadata) if identity(&metadata) == self.identity => Ok(()),
            Err(error) if error.kind() != ErrorKind::NotFound => Err(unusable(&self.path, &error)),
            _ => Err(refused(&self.path, "was removed or replaced while it was in use: restart all who use it")),
        }
    }

    /// What an error of SQLite means for the file in use.
    pub(super) fn explain(&self, error: &rusqlite::Error) -> StoreError {
        trouble::explain(&self.path, error)
    }

    fn explain_opening(&self, error: &rusqlite::Error) -> StoreError {
        match error.sqlite_error_code() {
            Some(ErrorCode::CannotOpen) => {
                let what = "cannot be opened: let this user write to it and to its directory";
                refused(&self.path, &format!("{what} ({error})"))
            }
            _ => self.explain(error),
        }
    }
}

/// Makes an empty file, readable by its owner only, where there is none.
fn make(path: &Path) -> Result<(), StoreError> {
    // In this order, as who made the log just now had made the file before.
    let has_log = !is_missing(&log_of(path));
    if has_log && is_missing(path) {
        // SQLite would remove the log, and with it what others have committed.
        let what = "is missing, but its log is there, with records in it: put the file back beside it";
        return Err(refused(path, what));
    }
    // Never opens a file that exists: to close it again would drop the locks which this process may have on it.
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unusable(path, &error)),
    }
}

fn is_missing(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// Where SQLite keeps what is not yet in the file at `path`.
fn log_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

fn unusable(path: &Path, error: &io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::NotFound => refused(path, "leads nowhere: make its directory first"),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            refused(path, &format!("is out of reach: let this user write to it and to its directory ({error})"))
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            StoreError::Unavailable(format!("the SQLite file {path:?} cannot be made: make room on its disk ({error})"))
        }
        _ => refused(path, &format!("cannot be used ({error})")),
    }
}

fn refused(path: &Path, what: &str) -> StoreError {
    StoreError::Refused(format!("the SQLite file {path:?} {what}"))
}

/// Makes a commit reach the disk, and the file keep a log, or says in which mode it is instead.
fn keep_a_log(connection: &mut Connection) -> rusqlite::Result<String> {
    patience::apply(patience::OPENING, connection)?;
    connection.execute_batch(REACH_THE_DISK)?;
    patience::insist(|| connection.query_row(USE_LOG, [], |row| row.get(0)))
}

#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// Elsewhere an open file cannot be removed.
#[cfg(not(unix))]
type Identity = ();

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_committed_has_reached_the_disk() {
        let directory = tempfile::tempdir().expect("the system has room for a temporary directory");
        let mut connection = Connection::open(directory.path().join("jobs.db")).expect("the directory is there");
        connection.execute_batch("PRAGMA synchronous = OFF").expect("it is one");
        assert_eq!(keep_a_log(&mut connection), Ok("wal".to_owned()));
        for (pragma, full) in [("synchronous", 2), ("fullfsync", 1)] {
            let set: i64 = connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0)).expect("it is one");
            assert_eq!(set, full, "{pragma}");
        }
    }

    #[test]
    fn a_full_disk_is_no_lasting_trouble() {
        let error = unusable(Path::new("jobs.db"), &ErrorKind::StorageFull.into());
        assert!(matches!(&error, StoreError::Unavailable(why) if why.contains("make room")), "{error:?}");
    }
}
