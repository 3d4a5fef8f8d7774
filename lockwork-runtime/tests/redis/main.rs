//! What is particular to the Redis store, on real servers. What all stores have in common is not tested here.
#![cfg(feature = "redis")]

mod access;
mod breaks;
mod commands;
mod losses;
mod multiplexer;
mod seats;
mod states;
mod strangers;
mod swaps;
#[cfg(feature = "tls")]
mod tls;
mod watches;

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lockwork_runtime::store::redis::RedisStore;
use lockwork_runtime::store::{ConnectError, Store, StoreError, Swap, Swapped, Wake, Watch};
use lockwork_test_support::RedisServer;

/// How long something may take that is to happen. Nothing waits this long unless it fails.
const PATIENCE: Duration = Duration::from_secs(20);

async fn connect(url: &str) -> Arc<RedisStore> {
    RedisStore::connect(url).await.expect("the server lets us in")
}

/// A key that no other test has.
fn fresh_key() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("lockwork:test-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A swap that expects nothing, wakes nobody and keeps for a minute.
fn first<'a>(key: &'a str, next: &'a [u8]) -> Swap<'a> {
    Swap { key, expected: None, next, keep: Some(Duration::from_secs(60)), wake: Wake::Nobody }
}

async fn write(store: &RedisStore, key: &str, next: &[u8]) {
    let swapped = store.swap(first(key, next)).await;
    assert_eq!(swapped, Ok(Swapped::Written));
}

/// Waits for a wake-up that must come.
async fn woken(watch: &mut Watch) {
    tokio::time::timeout(PATIENCE, watch.changed()).await.expect("the watch is woken");
}

/// Asks again and again until something outside of this process has become true.
async fn until(what: &str, mut is: impl AsyncFnMut() -> bool) {
    let asking = async {
        while !is().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("never became true: {what}"));
}

/// How many connections are subscribed to `key`.
fn subscribers(server: &RedisServer, key: &str) -> i64 {
    match server.command(&["PUBSUB", "NUMSUB", key]).list() {
        [_, lockwork_test_support::Reply::Number(count)] => *count,
        other => panic!("not an answer to PUBSUB NUMSUB: {other:?}"),
    }
}

fn unavailable<T: Debug>(result: Result<T, StoreError>) -> String {
    match result {
        Err(StoreError::Unavailable(text)) => text,
        other => panic!("not unavailable but {other:?}"),
    }
}

fn refused<T: Debug>(result: Result<T, StoreError>) -> String {
    match result {
        Err(StoreError::Refused(text)) => text,
        other => panic!("not refused but {other:?}"),
    }
}

/// The error of a connection attempt that must fail in the store, without the password in any form of it.
async fn connect_error(url: &str, secret: &str) -> StoreError {
    let error = RedisStore::connect(url).await.expect_err("the server does not let us in");
    assert!(!format!("{error:?}").contains(secret), "the password is shown: {error:?}");
    match error {
        ConnectError::Store(error) => error,
        ConnectError::BadUrl(text) => panic!("the URL is good, but: {text}"),
    }
}
