//! Batches on a table in a file, which other connections spoil, lock and read.

use std::fs;
use std::path::{Path, PathBuf};

use lockwork_test_support::wal;
use rusqlite::{Connection, ErrorCode};
use tempfile::TempDir;

use crate::store::sqlite::{patience, spoil};
use crate::store::{Swap, Wake};

use super::*;

/// A table in a file of its own, and another connection to it.
struct Scene {
    table: Table,
    others: Connection,
    path: PathBuf,
    _directory: TempDir,
}

fn table(path: &Path) -> Table {
    let connection = Connection::open(path).expect("the directory is there");
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).expect("nobody else is here");
    Table::open(connection).expect("nobody else is here").expect("the name is free")
}

fn log_of(path: &Path) -> PathBuf {
    path.with_extension("db-wal")
}

impl Scene {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("the system has room for a temporary directory");
        let path = directory.path().join("jobs.db");
        let mut table = table(&path);
        table.set_patience(patience::NONE).expect("it is only set");
        Self { table, others: Connection::open(&path).expect("it is there"), path, _directory: directory }
    }

    fn others_do(&self, sql: &str) {
        self.others.execute_batch(sql).expect("nobody else writes");
    }

    fn transactions(&self) -> usize {
        wal::transactions(&log_of(&self.path)).expect("it can be read")
    }

    /// What the writes came to; of an error its code.
    fn write(&mut self, writes: &[Write]) -> Vec<Result<Swapped, ErrorCode>> {
        let code = |error: Rc<rusqlite::Error>| error.sqlite_error_code().expect("it is one of SQLite's");
        write(&mut self.table, writes).into_iter().map(|outcome| outcome.map_err(code)).collect()
    }

    fn is_there(&self, key: &str) -> bool {
        self.table.load(key).expect("it can be read").is_some()
    }
}

fn put(key: &str, expected: Option<&[u8]>, next: &[u8]) -> Write {
    Swap { key, expected, next, keep: None, wake: Wake::All }.into()
}

fn conflict(found: &[u8]) -> Result<Swapped, ErrorCode> {
    Ok(Swapped::Conflict(Some(found.to_vec())))
}

const WRITTEN: Result<Swapped, ErrorCode> = Ok(Swapped::Written);

#[test]
fn many_writes_are_one_transaction() {
    let mut scene = Scene::new();
    let before = scene.transactions();
    let writes: Vec<_> = (0..100).map(|number| put(&number.to_string(), None, b"one")).collect();
    assert_eq!(scene.write(&writes), vec![WRITTEN; 100]);
    assert_eq!(scene.transactions(), before + 1);
    assert_eq!(scene.table.newest_mark().expect("it can be read"), 100, "each is told of to those who watch");
}

#[test]
fn each_write_finds_what_those_before_it_left() {
    let mut scene = Scene::new();
    let outcomes = scene.write(&[
        put("a", None, b"one"),
        put("a", Some(b"one"), b"two"),
        put("a", None, b"three"),
        Write::removal("a", b"one"),
        Write::removal("a", b"two"),
        put("a", None, b"four"),
    ]);
    assert_eq!(outcomes, [WRITTEN, WRITTEN, conflict(b"two"), conflict(b"two"), WRITTEN, WRITTEN]);
    assert_eq!(scene.table.load("a").expect("it can be read").expect("it is there").bytes, b"four");
}

#[test]
fn who_has_lost_already_is_told_without_the_lock() {
    let mut scene = Scene::new();
    scene.write(&[put("a", None, b"one")]);
    scene.others_do("BEGIN IMMEDIATE");
    let outcomes = scene.write(&[put("a", None, b"two"), put("b", None, b"one"), put("a", Some(b"two"), b"three")]);
    assert_eq!(outcomes, [conflict(b"one"), Err(ErrorCode::DatabaseBusy), conflict(b"one")]);
    scene.others_do("ROLLBACK");
    assert_eq!(scene.write(&[put("b", None, b"one")]), [WRITTEN]);
}

#[test]
fn a_write_that_cannot_be_made_fails_alone() {
    for how in ["ABORT", "FAIL", "ROLLBACK"] {
        let mut scene = Scene::new();
        scene.others_do(&format!(
            "CREATE TRIGGER refuse BEFORE INSERT ON lockwork_records WHEN NEW.key IN (x'62', x'64')
             BEGIN SELECT RAISE({how}, 'refused'); END"
        ));
        let before = scene.transactions();
        let writes = ["a", "b", "c", "d", "e"].map(|key| put(key, None, b"one"));
        let refused = Err(ErrorCode::ConstraintViolation);
        assert_eq!(scene.write(&writes), [WRITTEN, refused.clone(), WRITTEN, refused, WRITTEN], "{how}");
        assert_eq!(["a", "b", "c", "d", "e"].map(|key| scene.is_there(key)), [true, false, true, false, true], "{how}");
        assert_eq!(scene.transactions(), before + 1, "{how}");
    }
}

#[test]
fn a_write_for_which_there_is_no_room_fails_alone() {
    let mut scene = Scene::new();
    let pages: i64 = scene.others.query_row("PRAGMA page_count", [], |row| row.get(0)).expect("it can be read");
    scene.table.limit_pages(pages + 2);
    let outcomes = scene.write(&[put("a", None, b"one"), put("b", None, &[7; 100_000]), put("c", None, b"one")]);
    assert_eq!(outcomes, [WRITTEN, Err(ErrorCode::DiskFull), WRITTEN]);
    assert_eq!(["a", "b", "c"].map(|key| scene.is_there(key)), [true, false, true]);
}

#[test]
fn a_commit_that_fails_fails_for_all_and_leaves_nothing() {
    let mut scene = Scene::new();
    scene.write(&[put("c", None, b"one")]);
    spoil::fail_commits(&scene.others);
    let writes = ["a", "b", "c", "d"].map(|key| put(key, None, b"two"));
    let refused = || Err(ErrorCode::ConstraintViolation);
    assert_eq!(scene.write(&writes), [refused(), refused(), conflict(b"one"), refused()]);
    assert_eq!(["a", "b", "d"].map(|key| scene.is_there(key)), [false; 3]);
    spoil::mend_commits(&scene.others);
    assert_eq!(scene.write(&writes), [WRITTEN, WRITTEN, conflict(b"one"), WRITTEN]);
}

#[test]
fn of_a_batch_whose_end_did_not_reach_the_disk_nothing_is_there() {
    let mut scene = Scene::new();
    scene.write(&[put("before", None, b"one")]);
    let whole = fs::metadata(log_of(&scene.path)).expect("it is there").len();
    let writes: Vec<_> = (0..100).map(|number| put(&number.to_string(), None, &[7; 500])).collect();
    assert_eq!(scene.write(&writes), vec![WRITTEN; 100]);
    let log = fs::read(log_of(&scene.path)).expect("it is there");
    assert!(log.len() as u64 > whole + 10 * 4096, "it is many pages");
    // All but the last byte.
    let cut = scene.path.with_file_name("cut.db");
    fs::copy(&scene.path, &cut).expect("there is room");
    fs::write(log_of(&cut), &log[..log.len() - 1]).expect("there is room");
    let after = table(&cut);
    assert!(after.load("before").expect("it can be read").is_some());
    assert_eq!(after.marked_since(0).expect("it can be read"), [("before".to_owned(), 1)]);
}
