//! Many at once on one file: opening it together, a writer that does not end, crowds of writers, the end of a store.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use futures_util::future::join_all;
use lockwork_runtime::store::{Store, StoreError, Swap, Swapped, Wake};
use lockwork_runtime::{Error, Job, Worker};
use rusqlite::Connection;
use tokio::task::JoinSet;

use crate::{PATIENCE, bytes, open, scene, swap, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_file_may_be_opened_by_many_at_once() {
    // Often, as only some orders of what the eight do would be trouble.
    for _ in 0..50 {
        let (_directory, path) = scene();
        let mut opened = JoinSet::new();
        for _ in 0..8 {
            let path = path.clone();
            opened.spawn(async move { open(&path).await });
        }
        let stores = opened.join_all().await;
        swap(&stores[0], "a", None, b"one").await.expect("it can be written");
        for store in &stores {
            assert_eq!(bytes(store, "a").await.as_deref(), Some(&b"one"[..]));
        }
    }
}

#[tokio::test]
async fn what_is_asked_is_seen_to_without_anybody_else() {
    let (_directory, path) = scene();
    let (store, other) = (open(&path).await, open(&path).await);
    let first = Swap { key: "a", expected: None, next: b"one", keep: None, wake: Wake::Nobody };
    let mut swapped = store.swap(first);
    let asked = store.ask_here(&mut || {
        assert!(swapped.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    });
    assert!(asked);
    // Nobody polls the answer meanwhile.
    until("it is written", async || bytes(&other, "a").await.is_some()).await;
    assert_eq!(swapped.await, Ok(Swapped::Written));
}

#[tokio::test]
async fn a_writer_that_does_not_end_holds_up_writers_only_and_not_for_ever() {
    let (_directory, path) = scene();
    let store = open(&path).await;
    swap(&store, "a", None, b"one").await.expect("it can be written");
    let stuck = Connection::open(&path).expect("it is there");
    stuck.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");

    let write = tokio::time::timeout(PATIENCE, swap(&store, "a", Some(b"one"), b"two")).await;
    match write.expect("it does not wait for ever") {
        Err(StoreError::Unavailable(why)) => assert!(why.contains("locked"), "{why}"),
        other => panic!("{other:?}"),
    }
    let remove = tokio::time::timeout(PATIENCE, store.remove("a", b"one")).await;
    assert!(matches!(remove.expect("it does not wait for ever"), Err(StoreError::Unavailable(_))));

    assert_eq!(bytes(&store, "a").await.as_deref(), Some(&b"one"[..]));
    let conflict = Swapped::Conflict(Some(b"one".to_vec()));
    assert_eq!(swap(&store, "a", None, b"two").await, Ok(conflict), "who has lost needs no lock");
    assert_eq!(store.remove("a", b"two").await, Ok(false), "nor who has nothing to remove");
    store.watch("a").await.expect("to watch needs no lock");
    open(&path).await;

    stuck.execute_batch("ROLLBACK").expect("it is in a transaction");
    assert_eq!(swap(&store, "a", Some(b"one"), b"two").await, Ok(Swapped::Written));
}

#[tokio::test]
async fn what_was_asked_is_done_though_nobody_waits() {
    let (_directory, path) = scene();
    let store = open(&path).await;
    for number in 0..20_u8 {
        let key = number.to_string();
        // Asked once, and then dropped.
        let _ = pin!(swap(&store, &key, None, b"one")).poll(&mut Context::from_waker(Waker::noop()));
    }
    drop(store);
    let another = open(&path).await;
    for number in 0..20_u8 {
        until("the record is there", async || bytes(&another, &number.to_string()).await.is_some()).await;
    }
}

#[tokio::test]
async fn the_file_is_closed_when_the_store_is_dropped() {
    let (_directory, path) = scene();
    let store = open(&path).await;
    let watch = store.watch("a").await.expect("it can be watched");
    swap(&store, "a", None, b"one").await.expect("it can be written");
    let log = path.with_file_name("jobs.db-wal");
    assert!(log.exists());
    drop(store);
    // The last who closes a file clears its log away.
    until("the file is closed", async || !log.exists()).await;
    drop(watch);
    assert_eq!(bytes(&*open(&path).await, "a").await.as_deref(), Some(&b"one"[..]));
}

#[tokio::test]
async fn watches_are_woken_while_the_store_is_busy() {
    let (_directory, path) = scene();
    let (busy, other) = (open(&path).await, open(&path).await);
    let mut watch = busy.watch("a").await.expect("it can be watched");
    let woken = async {
        let swap = Swap { key: "a", expected: None, next: b"one", keep: None, wake: Wake::All };
        assert_eq!(other.swap(swap).await, Ok(Swapped::Written));
        watch.changed().await;
    };
    let reads = async {
        loop {
            let (one, two, three) = tokio::join!(busy.load("a"), busy.load("b"), busy.load("c"));
            one.and(two).and(three).expect("the file can be read");
        }
    };
    let woken = async {
        tokio::select! {
            () = woken => {}
            () = reads => unreachable!("it reads for ever"),
        }
    };
    tokio::time::timeout(PATIENCE, woken).await.expect("the watch is woken");
}

#[tokio::test]
async fn ten_thousand_keys_at_once_are_all_written() {
    let (_directory, path) = scene();
    let store = open(&path).await;
    let keys: Vec<_> = (0..10_000).map(|number| number.to_string()).collect();
    let swaps = join_all(keys.iter().map(|key| swap(&store, key, None, b"one")));
    for swapped in tokio::time::timeout(PATIENCE, swaps).await.expect("it does not take for ever") {
        assert_eq!(swapped, Ok(Swapped::Written));
    }
}

#[tokio::test]
async fn ten_thousand_jobs_begun_at_once_all_complete() {
    let (_directory, path) = scene();
    let worker = Worker::connect(format!("sqlite:{}", path.display())).await.expect("the file can be made");
    let jobs: Vec<_> = (0..10_000).map(|number: u32| Job::new(number.to_string())).collect();
    let runs = jobs.iter().map(|job| worker.run(job, |attempt| async move { Ok::<_, Error>(attempt.number()) }));
    for outcome in join_all(runs).await {
        assert_eq!(outcome.expect("the store keeps up").value, 1);
    }
}

#[tokio::test]
async fn who_writes_little_gets_a_turn_beside_who_writes_much() {
    let (_directory, path) = scene();
    let (busy, other) = (open(&path).await, open(&path).await);
    let mut crowd = JoinSet::new();
    for number in 0..100 {
        let busy = busy.clone();
        crowd.spawn(async move {
            let key = format!("crowd {number}");
            let mut last: Option<Vec<u8>> = None;
            for next in 0_u64.. {
                let next = next.to_be_bytes();
                if swap(&busy, &key, last.as_deref(), &next).await == Ok(Swapped::Written) {
                    last = Some(next.to_vec());
                }
            }
        });
    }
    let few = async {
        for number in 0..50 {
            let swapped = swap(&other, &number.to_string(), None, b"one").await;
            assert_eq!(swapped, Ok(Swapped::Written), "{number}");
        }
    };
    tokio::time::timeout(PATIENCE, few).await.expect("it does not take for ever");
    assert_eq!(crowd.len(), 100, "they go on");
}
