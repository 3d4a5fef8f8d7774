//! An error of SQLite becomes words for a person, and whether asking again can help. Opens and changes nothing.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::store::StoreError;

/// What `error`, met with the file at `path`, means.
pub(super) fn explain(path: &Path, error: &rusqlite::Error) -> StoreError {
    let refused = |what: &str| StoreError::Refused(format!("the SQLite file {path:?} {what} ({error})"));
    let unavailable = |what: &str| StoreError::Unavailable(format!("the SQLite file {path:?} {what} ({error})"));
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
            unavailable("is locked by somebody else's transaction")
        }
        Some(ErrorCode::DiskFull) => unavailable("cannot grow: make room on its disk"),
        Some(ErrorCode::SystemIoFailure) => unavailable("could not be read or written: check its disk"),
        Some(ErrorCode::OutOfMemory | ErrorCode::OperationInterrupted | ErrorCode::SchemaChanged) => {
            unavailable("was not reached this time")
        }
        // Once the file is in use, this is a process that is out of file descriptors.
        Some(ErrorCode::CannotOpen) => unavailable("or a file beside it could not be opened"),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            refused("cannot be written to: let this user write to it and to its directory")
        }
        Some(ErrorCode::NotADatabase) => refused("is no SQLite database: name another file; this one is left as it is"),
        Some(ErrorCode::DatabaseCorrupt) => refused("is corrupt: restore it from a backup; it is left as it is"),
        _ => refused("was refused"),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    fn explained(result_code: i32) -> StoreError {
        explain(Path::new("jobs.db"), &rusqlite::Error::SqliteFailure(ffi::Error::new(result_code), None))
    }

    #[test]
    fn what_passes_is_unavailable_and_what_does_not_is_refused() {
        for passing in [
            ffi::SQLITE_BUSY,
            ffi::SQLITE_BUSY_SNAPSHOT,
            ffi::SQLITE_FULL,
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_PROTOCOL,
            ffi::SQLITE_CANTOPEN,
        ] {
            assert!(matches!(explained(passing), StoreError::Unavailable(_)), "{:?}", explained(passing));
        }
        for lasting in [
            ffi::SQLITE_READONLY,
            ffi::SQLITE_READONLY_DBMOVED,
            ffi::SQLITE_NOTADB,
            ffi::SQLITE_CORRUPT,
            ffi::SQLITE_PERM,
            ffi::SQLITE_TOOBIG,
        ] {
            assert!(matches!(explained(lasting), StoreError::Refused(_)), "{:?}", explained(lasting));
        }
    }

    #[test]
    fn the_words_name_the_file() {
        for code in [ffi::SQLITE_BUSY, ffi::SQLITE_FULL, ffi::SQLITE_READONLY, ffi::SQLITE_CORRUPT, ffi::SQLITE_ERROR] {
            assert!(explained(code).to_string().contains("\"jobs.db\""), "{:?}", explained(code));
        }
    }
}
