//! The table on its own: marks, sweeps, a full disk, and how SQLite goes about each statement.

use std::cell::RefCell;

use rusqlite::ErrorCode;

use super::*;
use crate::store::Wake;

fn table() -> Table {
    let connection = Connection::open_in_memory().expect("memory can be had");
    Table::open(connection).expect("nothing is in it yet").expect("nothing has its name")
}

fn put(table: &mut Table, key: &str, expected: Option<&[u8]>, next: &[u8], wake: Wake) {
    let swap = Swap { key, expected, next, keep: None, wake };
    assert_eq!(table.swap(&swap).expect("nobody else is here"), Swapped::Written);
}

/// Removes the record of `key`. Says whether it was there.
fn remove(table: &mut Table, key: &str, expected: &[u8]) -> bool {
    let writing = table.begin().expect("nobody else is here");
    let removed = writing.write(&Write::removal(key, expected)).expect("nobody else is here");
    writing.commit().expect("nobody else is here");
    removed == Swapped::Written
}

/// A row as an earlier process may have left it.
fn leave(table: &Table, key: &str, until: Option<i64>, mark: Option<i64>) {
    let sql = "INSERT INTO lockwork_records (key, record, until, mark) VALUES (?1, x'00', ?2, ?3)";
    table.connection.execute(sql, params![key.as_bytes(), until, mark]).expect("the key is new");
}

fn keys(table: &Table) -> Vec<String> {
    let mut statement = table.connection.prepare("SELECT key FROM lockwork_records ORDER BY key").expect("it is SQL");
    let keys = statement.query_map([], key).expect("it takes nothing");
    keys.collect::<Result<_>>().expect("keys are text")
}

#[test]
fn opening_again_finds_the_same_table() {
    let mut table = table();
    put(&mut table, "a", None, b"one", Wake::Nobody);
    let table = Table::open(table.connection).expect("it is there").expect("it is ours");
    assert_eq!(table.load("a").expect("it is there"), Some(Seen { bytes: b"one".to_vec(), left: None }));
}

#[test]
fn another_table_of_that_name_is_left_alone() {
    for other in [
        "CREATE TABLE lockwork_records (key TEXT PRIMARY KEY, record BLOB, until INTEGER, mark INTEGER)",
        "CREATE TABLE lockwork_records (key BLOB PRIMARY KEY, record BLOB, until INTEGER)",
        "CREATE TABLE lockwork_records (key BLOB, record BLOB, until INTEGER, mark INTEGER)",
        "CREATE TABLE lockwork_records (key BLOB PRIMARY KEY, record BLOB, until INTEGER, mark INTEGER, more TEXT)",
        "CREATE VIEW lockwork_records AS SELECT 1 AS key",
    ] {
        let connection = Connection::open_in_memory().expect("memory can be had");
        connection.execute_batch(other).expect("it is SQL");
        assert!(Table::open(connection).expect("it can be read").is_none(), "{other}");
    }
}

#[test]
fn marks_grow_with_each_wake_up_and_only_with_it() {
    let mut table = table();
    assert_eq!(table.newest_mark().expect("it answers"), 0);
    put(&mut table, "a", None, b"one", Wake::All);
    put(&mut table, "b", None, b"one", Wake::All);
    put(&mut table, "c", None, b"one", Wake::Nobody);
    assert_eq!(table.marked_since(0).expect("it answers"), [("a".to_owned(), 1), ("b".to_owned(), 2)]);
    put(&mut table, "a", Some(b"one"), b"two", Wake::All);
    put(&mut table, "a", Some(b"two"), b"three", Wake::Nobody);
    assert_eq!(table.marked_since(0).expect("it answers"), [("b".to_owned(), 2), ("a".to_owned(), 3)]);
    assert!(remove(&mut table, "b", b"one"));
    assert_eq!(table.marked_since(3).expect("it answers"), [("b".to_owned(), 4)]);
    put(&mut table, "b", None, b"two", Wake::Nobody);
    assert_eq!(table.marked_since(3).expect("it answers"), [("b".to_owned(), 4)], "others may not have seen it yet");
}

#[test]
fn a_removed_record_does_not_come_back_when_the_clock_is_set_back() {
    let mut table = table();
    put(&mut table, "a", None, b"secret", Wake::Nobody);
    assert!(remove(&mut table, "a", b"secret"));
    table.connection.execute("UPDATE lockwork_records SET until = until + 100000", []).expect("it is SQL");
    assert_eq!(keys(&table), ["a"], "its row carries the mark");
    assert_eq!(table.load("a").expect("it answers"), None);
    assert_eq!(table.scan(&Scan::of("", 10)).expect("it answers"), []);
    put(&mut table, "a", None, b"one", Wake::Nobody);
}

#[test]
fn a_sweep_takes_what_is_long_over_and_spares_the_rest() {
    let mut table = table();
    let long_ago = now() - milliseconds(STAY) - 1000;
    leave(&table, "eternal", None, Some(1));
    leave(&table, "fresh", Some(now() + 100_000), None);
    leave(&table, "just over", Some(now() - 1000), Some(2));
    leave(&table, "long over", Some(long_ago), None);
    leave(&table, "long over, marked", Some(long_ago), Some(3));
    leave(&table, "long over, newest mark", Some(long_ago), Some(4));
    table.sweep().expect("nobody else is here");
    assert_eq!(keys(&table), ["eternal", "fresh", "just over", "long over, newest mark"]);
    put(&mut table, "a", None, b"one", Wake::All);
    assert_eq!(table.newest_mark().expect("it answers"), 5, "no mark comes twice");
    table.sweep().expect("nobody else is here");
    assert_eq!(keys(&table), ["a", "eternal", "fresh", "just over"], "it is the newest no more");
}

#[test]
fn a_sweep_is_bounded() {
    let mut table = table();
    for number in 0..SWEEP + 10 {
        leave(&table, &number.to_string(), Some(1), None);
    }
    table.sweep().expect("nobody else is here");
    assert_eq!(keys(&table).len(), 10);
    table.sweep().expect("nobody else is here");
    assert_eq!(keys(&table).len(), 0);
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    let mut table = table();
    put(&mut table, "a", None, b"one", Wake::All);
    // As many pages as there are now, and not one more.
    table.limit_pages(1);
    let large = vec![7; 100_000];
    let swap = Swap { key: "a", expected: Some(b"one"), next: &large, keep: None, wake: Wake::All };
    let error = table.swap(&swap).expect_err("there is no room");
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DiskFull), "{error}");
    assert_eq!(table.load("a").expect("it is there"), Some(Seen { bytes: b"one".to_vec(), left: None }));
    assert_eq!(table.newest_mark().expect("it answers"), 1);
    put(&mut table, "a", Some(b"one"), b"two", Wake::All);
}

/// A transaction that only read before it wrote could not go on from what others wrote meanwhile.
#[test]
fn a_swap_that_had_to_wait_for_another_one_is_judged_by_what_that_left() {
    thread_local! {
        static WRITER: RefCell<Option<Connection>> = const { RefCell::new(None) };
    }
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let open = || Connection::open(directory.path().join("jobs.db")).expect("a file can be made");
    let connection = open();
    connection.pragma_update(None, "journal_mode", "wal").expect("the file is new");
    let mut table = Table::open(connection).expect("nothing is in it yet").expect("nothing has its name");
    put(&mut table, "a", None, b"one", Wake::Nobody);
    let writer = open();
    writer.execute_batch("BEGIN IMMEDIATE; UPDATE lockwork_records SET record = 'two'").expect("nobody else writes");
    WRITER.set(Some(writer));
    let patience: Patience = |_| {
        let writer = WRITER.take();
        writer.is_some_and(|writer| writer.execute_batch("COMMIT").is_ok())
    };
    table.set_patience(patience).expect("it is only set");
    let swap = Swap { key: "a", expected: Some(b"one"), next: b"three", keep: None, wake: Wake::Nobody };
    let swapped = table.swap(&swap).expect("the other one has ended");
    assert_eq!(swapped, Swapped::Conflict(Some(b"two".to_vec())));
}

#[test]
fn no_statement_goes_through_all_rows() {
    let table = table();
    for (sql, parameters) in [
        (LOAD, 1),
        (WRITE, 3),
        (WRITE_AND_MARK, 3),
        (SCAN_UP, 1),
        (SCAN_DOWN, 1),
        (NEWEST_MARK, 0),
        (MARKED_SINCE, 1),
        (OVER, 2),
        (DELETE, 1),
    ] {
        let mut statement = table.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("it is SQL");
        let nothing = vec![None::<i64>; parameters];
        let steps = statement.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(3));
        for step in steps.expect("as many parameters as it takes") {
            let step = step.expect("it is text");
            assert!(!step.starts_with("SCAN") && !step.contains("TEMP"), "{step}, in{sql}");
        }
    }
}
