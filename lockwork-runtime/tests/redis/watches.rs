//! When a watch stands, what wakes it, and what is left of it.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use lockwork_runtime::store::{Store, Swap, Swapped, Wake, Watch};
use lockwork_test_support::RedisServer;

use crate::{connect, first, fresh_key, subscribers, until, woken, write};

/// Whether a wake-up is there already.
fn is_woken(watch: &mut Watch) -> bool {
    pin!(watch.changed()).poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[tokio::test]
async fn a_watch_stands_when_it_answers() {
    let server = RedisServer::shared();
    let store = connect(&server.url()).await;
    for _ in 0..50 {
        let key = fresh_key();
        let watch = store.watch(&key).await.expect("it watches");
        assert_eq!(subscribers(server, &key), 1);
        drop(watch);
    }
}

#[tokio::test]
async fn another_process_wakes_and_only_by_a_swap_that_wakes() {
    let server = RedisServer::shared();
    let (store, other, key) = (connect(&server.url()).await, connect(&server.url()).await, fresh_key());
    let mut watch = store.watch(&key).await.expect("it watches");
    write(&other, &key, b"one").await;
    let conflict = Swap { expected: Some(b"none"), wake: Wake::All, ..first(&key, b"two") };
    assert_eq!(other.swap(conflict).await, Ok(Swapped::Conflict(Some(b"one".to_vec()))));
    assert_eq!(other.remove(&key, b"none").await, Ok(false));
    // A wake-up would have come over this connection before this answer.
    store.clock().await.expect("it answers");
    assert!(!is_woken(&mut watch));
    let swap = Swap { expected: Some(b"one"), wake: Wake::All, ..first(&key, b"two") };
    assert_eq!(other.swap(swap).await, Ok(Swapped::Written));
    woken(&mut watch).await;
    assert_eq!(other.remove(&key, b"two").await, Ok(true));
    woken(&mut watch).await;
}

#[tokio::test]
async fn a_wake_up_tells_what_was_written_unless_that_is_long() {
    let server = RedisServer::shared();
    let (store, other, key) = (connect(&server.url()).await, connect(&server.url()).await, fresh_key());
    let mut watch = store.watch(&key).await.expect("it watches");
    let (short, long) = (vec![1; 1024], vec![2; 1025]);
    write(&other, &key, b"one").await;
    for (before, next, told) in [(&b"one"[..], &short, Some(&short[..])), (&short, &long, None)] {
        let swap = Swap { expected: Some(before), wake: Wake::All, ..first(&key, next) };
        assert_eq!(other.swap(swap).await, Ok(Swapped::Written));
        woken(&mut watch).await;
        assert_eq!(watch.told().as_deref(), told);
    }
    assert_eq!(other.remove(&key, &long).await, Ok(true));
    woken(&mut watch).await;
    assert_eq!(watch.told(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_subscribed_to_once() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    server.reset_calls();
    let watching: Vec<_> = (0..100)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.watch("k").await.expect("it watches") })
        })
        .collect();
    let mut watches = Vec::new();
    for watch in watching {
        watches.push(watch.await.expect("it does not panic"));
    }
    let subscribed: u64 = server.calls().iter().filter(|(call, _)| call == "subscribe").map(|(_, count)| count).sum();
    assert_eq!(subscribed, 1);
    let swap = Swap { wake: Wake::All, ..first("k", b"one") };
    assert_eq!(store.swap(swap).await, Ok(Swapped::Written));
    for watch in &mut watches {
        woken(watch).await;
    }
    let last = watches.pop();
    drop(watches);
    store.watch("other").await.expect("it watches");
    assert_eq!(subscribers(&server, "k"), 1);
    drop(last);
    until("no longer subscribed", async || subscribers(&server, "k") == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_watch_is_not_lost_to_the_end_of_an_old_one() {
    let server = RedisServer::shared();
    let (store, other) = (connect(&server.url()).await, connect(&server.url()).await);
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (store, other) = (store.clone(), other.clone());
            tokio::spawn(async move {
                let key = fresh_key();
                for _ in 0..200 {
                    drop(store.watch(&key).await.expect("it watches"));
                    let mut watch = store.watch(&key).await.expect("it watches");
                    let swap = Swap { wake: Wake::All, ..first(&key, b"x") };
                    assert_eq!(other.swap(swap).await, Ok(Swapped::Written));
                    woken(&mut watch).await;
                    assert_eq!(other.remove(&key, b"x").await, Ok(true));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no wake-up is lost");
    }
}

#[tokio::test]
async fn giving_up_on_a_watch_leaves_nothing() {
    let server = RedisServer::shared();
    let (store, key) = (connect(&server.url()).await, fresh_key());
    for _ in 0..20 {
        let mut watching = store.watch(&key);
        assert!(matches!(watching.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
        drop(watching);
    }
    // The upkeep takes orders one after the other, so those before this one are carried out.
    let (before, after) = (fresh_key(), fresh_key());
    drop(store.watch(&before).await.expect("it watches"));
    drop(store.watch(&after).await.expect("it watches"));
    until("no longer subscribed", async || subscribers(server, &key) == 0).await;
    let watch = store.watch(&key).await.expect("it watches");
    assert_eq!(subscribers(server, &key), 1);
    drop(watch);
}

#[tokio::test]
async fn giving_up_on_a_command_leaves_the_store_sound() {
    let server = RedisServer::shared();
    let store = connect(&server.url()).await;
    for _ in 0..50 {
        let key = fresh_key();
        let mut swapping = store.swap(Swap { wake: Wake::All, ..first(&key, b"one") });
        assert!(matches!(swapping.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
        drop(swapping);
        let seen = store.load(&key).await.expect("it loads");
        assert!(seen.is_none_or(|seen| seen.bytes == b"one"));
    }
}
