//! What befalls a file and those who write to it: a writer that stands still or dies in its transaction, a power cut, a
//! disk that takes no more. The other process is one of this program, as in `processes`.

use std::fs;
use std::path::Path;
use std::process::Command;

use lockwork_runtime::store::{StoreError, Swapped};
use lockwork_test_support::wal;
use rusqlite::Connection;

use crate::processes::Other;
use crate::{bytes, open, scene, swap};

/// Sends a signal to a process, by its name.
fn signal(signal: &str, process: u32) {
    let status = Command::new("kill").args([signal, &process.to_string()]).status().expect("there is a `kill`");
    assert!(status.success(), "kill {signal} {process} failed");
}

/// Another process that stands still in the middle of a transaction on the file at `path`.
fn stopped_writer(path: &Path) -> Other {
    let mut other = Other::start(path);
    other.order("begin");
    other.hears("begun");
    signal("-STOP", other.id());
    other
}

#[tokio::test]
async fn a_writer_that_stands_still_in_its_transaction_holds_up_writers_until_it_goes_on() {
    let (_directory, path) = scene();
    let store = open(&path).await;
    let mut other = stopped_writer(&path);
    match swap(&store, "a", None, b"one").await {
        Err(StoreError::Unavailable(why)) => assert!(why.contains("locked"), "{why}"),
        answer => panic!("{answer:?}"),
    }
    assert_eq!(bytes(&store, "a").await, None);
    signal("-CONT", other.id());
    other.order("commit");
    other.hears("committed");
    assert_eq!(swap(&store, "a", None, b"one").await, Ok(Swapped::Written));
}

#[tokio::test]
async fn a_writer_that_is_killed_in_its_transaction_leaves_nothing_of_it() {
    let (_directory, path) = scene();
    let store = open(&path).await;
    drop(stopped_writer(&path));
    assert_eq!(swap(&store, "a", None, b"one").await, Ok(Swapped::Written));
    let users = Connection::open(&path).expect("it is there");
    let rows: i64 = users.query_row("SELECT count(*) FROM others", [], |row| row.get(0)).expect("there is a table");
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn a_power_cut_takes_nothing_that_was_acknowledged() {
    let (directory, path) = scene();
    let store = open(&path).await;
    for number in 0..50_u8 {
        let key = number.to_string();
        assert_eq!(swap(&store, &key, None, &[number; 100]).await, Ok(Swapped::Written));
    }
    // What is on the disk at this moment, and half of a write that was on its way.
    let cut = directory.path().join("cut.db");
    fs::copy(&path, &cut).expect("there is room");
    let log = directory.path().join("cut.db-wal");
    fs::copy(path.with_file_name("jobs.db-wal"), &log).expect("there is room");
    let whole = fs::metadata(&log).expect("it is there").len();
    assert_eq!(wal::tear(&log).expect("it can be torn"), Some(whole));
    assert!(whole < fs::metadata(&log).expect("it is there").len());

    let after = open(&cut).await;
    for number in 0..50_u8 {
        assert_eq!(bytes(&after, &number.to_string()).await, Some(vec![number; 100]));
    }
    assert_eq!(swap(&after, "0", Some(&[0; 100]), b"next").await, Ok(Swapped::Written));
    drop(after);
    assert_eq!(bytes(&*open(&cut).await, "0").await.as_deref(), Some(&b"next"[..]));
}

#[tokio::test]
async fn a_disk_that_takes_no_more_is_waited_for() {
    let (_directory, path) = scene();
    let mut other = Other::start(&path);
    other.order("write a");
    other.hears("a: Written");
    let process = other.id().to_string();
    // No file of that process grows beyond so many bytes.
    let limit = |bytes: &str| {
        let status = Command::new("prlimit").args(["--pid", &process, &format!("--fsize={bytes}:")]).status();
        assert!(status.expect("there is a `prlimit`").success());
    };
    limit("4096");
    other.order("write b c d");
    for key in ["b", "c", "d"] {
        other.hears(&format!("{key}: unavailable: check its disk"));
    }
    let store = open(&path).await;
    for key in ["b", "c", "d"] {
        assert_eq!(bytes(&store, key).await, None, "{key}");
    }
    limit("unlimited");
    other.order("write b c d");
    for key in ["b", "c", "d"] {
        other.hears(&format!("{key}: Written"));
    }
    drop(other);
    for key in ["a", "b", "c", "d"] {
        assert_eq!(bytes(&store, key).await.as_deref(), Some(&b"one"[..]), "{key}");
    }
}
