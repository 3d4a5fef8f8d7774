//! Two real processes on one file. The other one is this program again, run for one function of this file.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use futures_util::future::join_all;
use lockwork_runtime::store::{Store, StoreError};
use rusqlite::Connection;

use crate::{PATIENCE, bytes, open, scene, swap};

/// Tells the other process where the file is.
const FILE: &str = "LOCKWORK_TEST_SQLITE_FILE";

/// A program that does not die of a limit on its files, but is told.
const TOLD: &str = "trap '' XFSZ; exec \"$@\"";

/// The other process, which does what it is told line by line. It ends with this value.
pub(crate) struct Other {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Other {
    pub(crate) fn start(path: &Path) -> Self {
        let program = std::env::current_exe().expect("it runs");
        let mut process = Command::new("sh")
            .args(["-c", TOLD, "sh"])
            .arg(program)
            .args(["--exact", "processes::the_other_process", "--ignored", "--nocapture"])
            .env(FILE, path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("what runs can be run again");
        let orders = process.stdin.take().expect("it is piped");
        let answers = BufReader::new(process.stdout.take().expect("it is piped"));
        Self { process, orders, answers }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").expect("the other process is there");
    }

    /// Waits for the answer; ends when the other process does.
    pub(crate) fn hears(&mut self, expected: &str) {
        let mut line = String::new();
        while self.answers.read_line(&mut line).expect("it is text") > 0 {
            // What the test harness of the other process says is not for us.
            if line.trim() == format!("> {expected}") {
                return;
            }
            line.clear();
        }
        panic!("the other process ended without {expected:?}");
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
#[ignore = "is the other process of the tests here, and does nothing by itself"]
async fn the_other_process() {
    let Some(path) = std::env::var_os(FILE) else {
        return;
    };
    let store = open(Path::new(&path)).await;
    let users = Connection::open(&path).expect("it is there");
    for order in std::io::stdin().lines() {
        let order = order.expect("it is text");
        match order.as_str() {
            "begin" => {
                let begin = "CREATE TABLE IF NOT EXISTS others (number INTEGER);
                             BEGIN IMMEDIATE; INSERT INTO others VALUES (1)";
                users.execute_batch(begin).expect("nobody else writes");
                println!("> begun");
            }
            "commit" => {
                users.execute_batch("COMMIT").expect("it is in a transaction");
                println!("> committed");
            }
            "watch" => {
                let mut watch = store.watch("a").await.expect("it can be watched");
                println!("> watching");
                tokio::time::timeout(PATIENCE, watch.changed()).await.expect("the watch is woken");
                assert_eq!(bytes(&store, "a").await.as_deref(), Some(&b"one"[..]));
                println!("> woken");
            }
            other => {
                let keys = other.strip_prefix("write ").expect("it is an order").split(' ');
                let swaps = keys.map(async |key| (key, swap(&store, key, None, b"one").await));
                for (key, swapped) in join_all(swaps).await {
                    match swapped {
                        Ok(swapped) => println!("> {key}: {swapped:?}"),
                        Err(StoreError::Unavailable(why)) => println!("> {key}: unavailable: {}", last_advice(&why)),
                        Err(refused) => panic!("{refused:?}"),
                    }
                }
            }
        }
    }
}

/// What an error says that is to be done.
fn last_advice(why: &str) -> &str {
    why.rsplit(": ").next().and_then(|rest| rest.split(" (").next()).unwrap_or(why)
}

#[tokio::test]
async fn a_swap_here_wakes_the_other_process() {
    let (_directory, path) = scene();
    let store = open(&path).await;
    let mut other = Other::start(&path);
    other.order("watch");
    other.hears("watching");
    swap(&store, "a", None, b"one").await.expect("it can be written");
    other.hears("woken");
}

#[tokio::test]
async fn a_swap_in_the_other_process_wakes_this_one() {
    let (_directory, path) = scene();
    let store = open(&path).await;
    let mut watch = store.watch("a").await.expect("it can be watched");
    let mut other = Other::start(&path);
    other.order("write a");
    tokio::time::timeout(PATIENCE, watch.changed()).await.expect("the watch is woken");
    assert_eq!(bytes(&store, "a").await.as_deref(), Some(&b"one"[..]));
}

#[tokio::test]
async fn what_a_killed_process_wrote_stays() {
    let (_directory, path) = scene();
    let mut other = Other::start(&path);
    other.order("write a");
    other.hears("a: Written");
    drop(other);
    assert_eq!(bytes(&*open(&path).await, "a").await.as_deref(), Some(&b"one"[..]));
}
