//! The file: who may read it, what else may be in it, and everything that is no such file.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use lockwork_runtime::store::sqlite::SqliteStore;
use lockwork_runtime::store::{Scan, Store, StoreError, Swapped};

use crate::{bytes, connect, open, refused, scene, swap, until};

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("it is a directory");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("it can be read").file_name().into_string().expect("it is text")).collect();
    names.sort();
    names
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let (directory, path) = scene();
    let store = open(&path).await;
    swap(&store, "a", None, b"one").await.expect("it can be written");
    assert_eq!(names(directory.path()), ["jobs.db", "jobs.db-shm", "jobs.db-wal"]);
    for name in names(directory.path()) {
        let metadata = fs::metadata(directory.path().join(&name)).expect("it is there");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_file_may_be_shared_with_other_tables() {
    let (_directory, path) = scene();
    let users = Connection::open(&path).expect("the directory is there");
    users.execute_batch("CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('Ada')").expect("it is new");
    let store = open(&path).await;
    swap(&store, "a", None, b"one").await.expect("it can be written");
    let name: String = users.query_row("SELECT name FROM users", [], |row| row.get(0)).expect("it is still there");
    assert_eq!(name, "Ada");
    users.execute("INSERT INTO users VALUES ('Bob')", []).expect("it can still be written");
    assert_eq!(bytes(&store, "a").await.as_deref(), Some(&b"one"[..]));
}

#[tokio::test]
async fn the_encoding_of_the_file_does_not_order_the_keys() {
    let (_directory, path) = scene();
    let users = Connection::open(&path).expect("the directory is there");
    users.execute_batch("PRAGMA encoding = 'UTF-16le'; CREATE TABLE users (name TEXT)").expect("it is new");
    let store = open(&path).await;
    for key in ["k\u{e9}", "k\u{100}", "k\u{10000}", "k\u{ffee}", "kz"] {
        assert_eq!(swap(&store, key, None, b"one").await, Ok(Swapped::Written));
    }
    let found = store.scan(Scan::of("k", 10)).await.expect("it can be read");
    let keys: Vec<_> = found.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["kz", "k\u{e9}", "k\u{100}", "k\u{ffee}", "k\u{10000}"]);
}

#[tokio::test]
async fn a_missing_directory_is_not_made() {
    let (directory, _) = scene();
    let path = directory.path().join("missing/jobs.db");
    let why = refused(&path).await;
    assert!(why.contains("missing/jobs.db") && why.contains("make its directory first"), "{why}");
    assert!(names(directory.path()).is_empty());
}

#[tokio::test]
async fn a_directory_is_no_file() {
    let (directory, _) = scene();
    let why = refused(directory.path()).await;
    assert!(why.contains("is a directory"), "{why}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_device_is_no_file() {
    let why = refused(Path::new("/dev/null")).await;
    assert!(why.contains("is no regular file"), "{why}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_to_nothing_is_not_followed() {
    let (directory, path) = scene();
    std::os::unix::fs::symlink(directory.path().join("elsewhere.db"), &path).expect("the name is free");
    let why = refused(&path).await;
    assert!(why.contains("leads nowhere"), "{why}");
    assert_eq!(names(directory.path()), ["jobs.db"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_leads_to_the_same_records() {
    let (directory, path) = scene();
    let store = open(&path).await;
    let link = directory.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).expect("the name is free");
    let linked = open(&link).await;
    let mut watch = linked.watch("a").await.expect("it can be watched");
    swap(&store, "a", None, b"one").await.expect("it can be written");
    tokio::time::timeout(crate::PATIENCE, watch.changed()).await.expect("the watch is woken");
    assert_eq!(bytes(&linked, "a").await.as_deref(), Some(&b"one"[..]));
}

#[tokio::test]
async fn what_is_no_database_is_left_as_it_is() {
    let (directory, path) = scene();
    let text = "Dear diary, this is no database. ".repeat(500);
    fs::write(&path, &text).expect("the directory is there");
    let why = refused(&path).await;
    assert!(why.contains("is no SQLite database"), "{why}");
    assert!(fs::read_to_string(&path).expect("it is there") == text, "the file was changed");
    assert_eq!(names(directory.path()), ["jobs.db"]);
}

#[tokio::test]
async fn a_corrupt_file_is_left_as_it_is() {
    let (_directory, path) = scene();
    let store = open(&path).await;
    swap(&store, "a", None, &[7; 20_000]).await.expect("it can be written");
    drop(store);
    let log = path.with_file_name("jobs.db-wal");
    until("the file is closed", async || !log.exists()).await;
    let mut content = fs::read(&path).expect("it is there");
    // All behind the first page, which says what tables there are.
    content[4096..].fill(0xee);
    fs::write(&path, &content).expect("it can be written");
    let why = match connect(&path).await {
        Ok(store) => match store.load("a").await {
            Err(StoreError::Refused(why)) => why,
            other => panic!("{other:?}"),
        },
        Err(error) => panic!("{error:?}"),
    };
    assert!(why.contains("is corrupt") && why.contains("jobs.db"), "{why}");
    assert!(fs::read(&path).expect("it is there")[4096..] == content[4096..], "the file was changed");
}

#[tokio::test]
async fn a_table_of_somebody_else_is_left_as_it_is() {
    let (_directory, path) = scene();
    let users = Connection::open(&path).expect("the directory is there");
    users.execute_batch("CREATE TABLE lockwork_records (id INTEGER PRIMARY KEY)").expect("it is new");
    let why = refused(&path).await;
    assert!(why.contains("`lockwork_records`") && why.contains("name another file"), "{why}");
}

/// Nobody may write to a program that runs, not even root, whom file permissions do not stop.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_that_cannot_be_written_is_refused_at_once() {
    let program = std::env::current_exe().expect("it runs");
    let why = refused(&program).await;
    assert!(why.contains("is read-only") && why.contains("let this user write"), "{why}");
}

/// In this directory nobody may make a file, not even root, whom file permissions do not stop.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_directory_that_cannot_be_written_is_refused_at_once() {
    let why = refused(Path::new("/sys/jobs.db")).await;
    assert!(why.contains("let this user write"), "{why}");
}

#[tokio::test]
async fn an_error_does_not_pass_control_characters_on() {
    let (directory, _) = scene();
    let hidden = directory.path().join("a\u{1b}[2Jb").join("jobs.db");
    let error = SqliteStore::connect(hidden.to_str().expect("it is Unicode")).await.expect_err("it is nowhere");
    let shown = format!("{error:?}");
    assert!(!shown.contains('\u{1b}'), "{shown}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_was_moved_away_from_its_log_is_not_made_anew() {
    let (directory, path) = scene();
    let store = open(&path).await;
    swap(&store, "a", None, b"one").await.expect("it can be written");
    fs::rename(&path, path.with_file_name("moved.db")).expect("the name is free");
    let why = refused(&path).await;
    assert!(why.contains("jobs.db") && why.contains("put the file back"), "{why}");
    assert_eq!(names(directory.path()), ["jobs.db-shm", "jobs.db-wal", "moved.db"]);
    fs::rename(path.with_file_name("moved.db"), &path).expect("the name is free");
    assert_eq!(bytes(&*open(&path).await, "a").await.as_deref(), Some(&b"one"[..]));
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_was_replaced_is_used_no_more() {
    let (_directory, path) = scene();
    let store = open(&path).await;
    swap(&store, "a", None, b"one").await.expect("it can be written");
    let refuses = async |when: &str| {
        for answer in [
            swap(&store, "a", Some(b"one"), b"two").await.map(|_| ()),
            store.remove("a", b"one").await.map(|_| ()),
            store.watch("a").await.map(|_| ()),
            store.clock().await.map(|_| ()),
        ] {
            match answer {
                Err(StoreError::Refused(why)) => assert!(why.contains("removed or replaced"), "{when}: {why}"),
                other => panic!("{when}: {other:?}"),
            }
        }
    };
    fs::rename(&path, path.with_file_name("moved.db")).expect("the name is free");
    refuses("moved away").await;
    fs::write(&path, "").expect("the name is free again");
    refuses("replaced").await;
    fs::rename(path.with_file_name("moved.db"), &path).expect("it replaces the other");
    assert_eq!(swap(&store, "a", Some(b"one"), b"two").await, Ok(Swapped::Written), "it is back");
}
