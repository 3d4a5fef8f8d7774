//! How tests spoil a file behind the store's back. Knows the table by its name alone.

use rusqlite::Connection;

/// From now on no transaction that begins the record of `b` can be committed: a row would refer to one that is missing.
pub(super) fn fail_commits(others: &Connection) {
    let orphan = "
        CREATE TABLE parents (id INTEGER PRIMARY KEY);
        CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER orphan AFTER INSERT ON lockwork_records WHEN NEW.key = x'62'
        BEGIN INSERT INTO children VALUES (1); END";
    others.execute_batch(orphan).expect("nobody else writes");
}

/// From now on they can be committed again.
pub(super) fn mend_commits(others: &Connection) {
    others.execute_batch("DROP TRIGGER orphan").expect("nobody else writes");
}
