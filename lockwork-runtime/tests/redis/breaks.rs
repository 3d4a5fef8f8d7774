//! Connections that break, and servers that stop answering.

use std::time::{Duration, Instant};

use lockwork_runtime::store::{Seen, Store, Swap, Swapped, Wake};
use lockwork_test_support::RedisServer;

use crate::{connect, first, subscribers, unavailable, until, woken, write};

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "how long a real server's answer takes is what is tested")]
    Instant::now()
}

/// Another process's swap must wake the watch of `store`.
async fn wakes(server: &RedisServer, store: &impl Store, key: &str) {
    let mut watch = store.watch(key).await.expect("it watches");
    assert_eq!(subscribers(server, key), 1);
    let other = connect(&server.url()).await;
    let there = other.load(key).await.expect("it loads").map(|seen| seen.bytes);
    let swap = Swap { expected: there.as_deref(), wake: Wake::All, ..first(key, b"next") };
    assert_eq!(other.swap(swap).await, Ok(Swapped::Written));
    woken(&mut watch).await;
}

#[tokio::test]
async fn after_a_restart_every_watch_is_woken_and_stands_again() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    let mut one = store.watch("one").await.expect("it watches");
    let mut two = store.watch("two").await.expect("it watches");
    server.restart();
    woken(&mut one).await;
    woken(&mut two).await;
    // Woken is after subscribed.
    assert_eq!((subscribers(&server, "one"), subscribers(&server, "two")), (1, 1));
    let other = connect(&server.url()).await;
    assert_eq!(other.swap(Swap { wake: Wake::All, ..first("one", b"x") }).await, Ok(Swapped::Written));
    woken(&mut one).await;
    assert!(store.load("one").await.expect("it loads").is_some());
}

#[tokio::test]
async fn a_killed_connection_is_replaced() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    let mut watch = store.watch("k").await.expect("it watches");
    for _ in 0..10 {
        server.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        woken(&mut watch).await;
        assert_eq!(subscribers(&server, "k"), 1);
    }
    drop(watch);
    until("no longer subscribed", async || subscribers(&server, "k") == 0).await;
    for _ in 0..10 {
        server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
        until("the store is well", async || store.clock().await.is_ok()).await;
    }
    wakes(&server, &*store, "k").await;
}

#[tokio::test]
async fn a_server_that_is_away_is_waited_for_a_little() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    server.kill();
    // The first may still meet the old connection.
    unavailable(store.clock().await);
    let asked = now();
    let text = unavailable(store.load("k").await);
    assert!((Duration::from_millis(900)..Duration::from_secs(5)).contains(&asked.elapsed()), "{:?}", asked.elapsed());
    assert!(text.contains(&server.port().to_string()) && text.contains("refused"), "{text}");
    unavailable(store.watch("k").await);
    let (later, ()) = tokio::join!(store.load("k"), async { server.restart() });
    assert_eq!(later, Ok(None));
    wakes(&server, &*store, "k").await;
}

#[tokio::test]
async fn a_watch_that_is_renewed_while_the_server_is_away_stands() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    let _other = store.watch("other").await.expect("it watches");
    let watch = store.watch("k").await.expect("it watches");
    server.kill();
    unavailable(store.clock().await);
    drop(watch);
    let (watch, ()) = tokio::join!(store.watch("k"), async { server.restart() });
    let watch = watch.expect("it watches");
    assert_eq!((subscribers(&server, "k"), subscribers(&server, "other")), (1, 1));
    drop(watch);
}

#[tokio::test]
async fn a_frozen_server_is_noticed_and_left() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    let mut watch = store.watch("k").await.expect("it watches");
    server.freeze();
    let asked = now();
    let text = unavailable(store.clock().await);
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert!(text.contains("does not answer"), "{text}");
    unavailable(store.load("k").await);
    server.thaw();
    woken(&mut watch).await;
    assert_eq!(store.load("k").await, Ok(None));
    drop(watch);
    // The server sees the end of the old connection when it comes to it.
    until("no longer subscribed", async || subscribers(&server, "k") == 0).await;
    wakes(&server, &*store, "k").await;
}

#[tokio::test]
async fn of_a_frozen_server_everybody_is_told_in_the_time_that_is_promised() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    write(&store, "k", b"one").await;
    let promised = store.answers_within().expect("it makes a promise");
    server.freeze();
    // Over the connection that does not answer, and then while there is none.
    for _ in 0..2 {
        let swap = Swap { expected: Some(b"one"), ..first("k", b"two") };
        let all = async {
            tokio::join!(
                store.load("k"),
                store.swap(first("k", b"two")),
                store.swap(swap),
                store.remove("k", b"one"),
                store.watch("k")
            )
        };
        let all = tokio::time::timeout(promised * 3, all).await.expect("everybody is told");
        unavailable(all.0);
        unavailable(all.1);
        unavailable(all.2);
        unavailable(all.3);
        unavailable(all.4);
    }
}

#[tokio::test]
async fn a_swap_that_was_not_answered_was_applied_or_not() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    write(&store, "k", b"one").await;
    let load = async || store.load("k").await.expect("it loads").map(|Seen { bytes, .. }| bytes);
    server.command(&["CLIENT", "PAUSE", "2000", "ALL"]);
    let swap = Swap { expected: Some(b"one"), ..first("k", b"two") };
    unavailable(store.swap(swap).await);
    until("the server answers again", async || store.clock().await.is_ok()).await;
    let there = load().await.expect("nobody has removed it");
    assert!(there == b"one" || there == b"two", "{there:?}");
    // The same swap again tells which: its own bytes are its success.
    match store.swap(swap).await.expect("it swaps") {
        Swapped::Written => assert_eq!(there, b"one"),
        Swapped::Conflict(found) => assert_eq!((found, there), (Some(b"two".to_vec()), b"two".to_vec())),
    }
    assert_eq!(load().await, Some(b"two".to_vec()));
}

#[tokio::test]
async fn a_store_has_one_connection_and_takes_it_along() {
    let server = RedisServer::start();
    let clients = || server.command(&["CLIENT", "LIST", "TYPE", "normal"]).text().lines().count();
    let subscribed = || server.command(&["CLIENT", "LIST", "TYPE", "pubsub"]).text().lines().count();
    let before = clients();
    let store = connect(&server.url()).await;
    write(&store, "k", b"one").await;
    let watch = store.watch("k").await.expect("it watches");
    assert_eq!((clients(), subscribed()), (before, 1));
    drop(store);
    // A watch that outlives its store does not keep it.
    until("the connection is closed", async || (clients(), subscribed()) == (before, 0)).await;
    drop(watch);

    let store = connect(&server.url()).await;
    server.kill();
    unavailable(store.load("k").await);
    drop(store);
    server.restart();
    let other = connect(&server.url()).await;
    assert_eq!(other.load("k").await, Ok(None));
    assert_eq!((clients(), subscribed()), (before + 1, 0));
}
