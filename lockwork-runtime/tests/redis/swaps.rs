//! Swaps that are asked for together: they are one command, and each has its own answer.

use std::sync::Arc;

use futures_util::future::{join, join_all};
use lockwork_runtime::store::redis::RedisStore;
use lockwork_runtime::store::{Store, StoreError, Swap, Swapped, Wake};
use lockwork_test_support::{RedisServer, Reply};

use crate::{connect, first, refused, woken, write};

/// How often the server was called by a name.
fn count(server: &RedisServer, name: &str) -> u64 {
    server.calls().into_iter().find(|(command, _)| command == name).map_or(0, |(_, count)| count)
}

/// A server that has the scripts, and a store on it.
async fn prepared() -> (RedisServer, Arc<RedisStore>) {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    let swap = Swap { wake: Wake::All, ..first("before", b"one") };
    assert_eq!(store.swap(swap).await, Ok(Swapped::Written));
    (server, store)
}

/// All at once; the answers in their order.
async fn together(store: &RedisStore, swaps: Vec<Swap<'_>>) -> Vec<Result<Swapped, StoreError>> {
    join_all(swaps.into_iter().map(|swap| store.swap(swap))).await
}

#[tokio::test]
async fn they_are_one_command_and_one_that_fails_fails_alone() {
    let (server, store) = prepared().await;
    for key in ["passed", "taken", "last"] {
        write(&store, key, b"one").await;
    }
    server.command(&["LPUSH", "list", "no record"]);
    let mut watch = store.watch("passed").await.expect("it stands");
    server.reset_calls();
    let swap = |key, expected: &'static str| Swap {
        expected: Some(expected.as_bytes()),
        wake: Wake::All,
        ..first(key, b"two")
    };
    let swaps = vec![
        swap("passed", "one"),
        swap("taken", "none"),
        swap("gone", "one"),
        swap("list", "one"),
        Swap { expected: None, ..swap("new", "") },
        Swap { expected: None, ..swap("taken", "") },
        Swap { keep: None, wake: Wake::Nobody, ..swap("last", "one") },
        Swap { next: b"three", wake: Wake::Few, ..swap("last", "two") },
        Swap { expected: None, keep: None, ..swap("for ever", "") },
    ];
    let answers = together(&store, swaps).await;
    assert_eq!(count(&server, "evalsha"), 1);
    let taken = Ok(Swapped::Conflict(Some(b"one".to_vec())));
    assert_eq!(answers[..3], [Ok(Swapped::Written), taken.clone(), Ok(Swapped::Conflict(None))]);
    assert!(refused(answers[3].clone()).contains("WRONGTYPE"));
    assert_eq!(answers[4..6], [Ok(Swapped::Written), taken]);
    assert_eq!(answers[6..], [const { Ok(Swapped::Written) }; 3]);
    let keys = ["passed", "taken", "new", "last", "for ever"];
    assert_eq!(keys.map(|key| server.command(&["GET", key]).text().to_owned()), ["two", "one", "two", "three", "two"]);
    let is_kept_for_ever = |key| server.command(&["PTTL", key]) == Reply::Number(-1);
    assert_eq!(keys.map(is_kept_for_ever), [false, false, false, false, true]);
    assert_eq!(server.command(&["EXISTS", "gone"]), Reply::Number(0));
    woken(&mut watch).await;
}

#[tokio::test]
async fn of_those_in_a_row_only_a_wake_up_that_somebody_waits_for_is_published() {
    let (server, store) = prepared().await;
    let [a, b, alone, c, d, e] = ["a", "b", "alone", "c", "d", "e"];
    let mut watches = Vec::new();
    for key in [b, d] {
        watches.push(store.watch(key).await.expect("it stands"));
    }
    let swap = |key| Swap { wake: Wake::All, ..first(key, b"one") };
    let for_ever = |key| Swap { keep: None, ..swap(key) };
    let nobody = Swap { wake: Wake::Nobody, expected: Some(b"none"), ..swap(alone) };
    server.reset_calls();
    let answers = together(&store, vec![swap(a), swap(b), nobody, for_ever(c), for_ever(d), for_ever(e)]).await;
    assert_eq!(answers.iter().filter(|answer| **answer == Ok(Swapped::Written)).count(), 5, "{answers:?}");
    let counts = ["evalsha", "pubsub|numsub", "publish"].map(|name| count(&server, name));
    assert_eq!(counts, [1, 2, 2], "each row is counted once");
    for watch in &mut watches {
        woken(watch).await;
        assert_eq!(watch.told().as_deref(), Some(b"one".as_slice()));
    }
}

#[tokio::test]
async fn what_is_asked_for_behind_a_swap_comes_behind_it() {
    let (_server, store) = prepared().await;
    write(&store, "k", b"one").await;
    let swap = Swap { expected: Some(b"one"), ..first("k", b"two") };
    let (swapped, seen) = join(store.swap(swap), store.load("k")).await;
    assert_eq!(swapped, Ok(Swapped::Written));
    assert_eq!(seen.map(|seen| seen.map(|seen| seen.bytes)), Ok(Some(b"two".to_vec())));
}

#[tokio::test]
async fn a_command_has_so_many_at_most_and_is_not_long() {
    let (server, store) = prepared().await;
    let keys: Vec<_> = (0..130).map(|number| format!("k{number}")).collect();
    let swaps = |next| keys.iter().map(move |key| Swap { wake: Wake::All, ..first(key, next) });
    server.reset_calls();
    let answers = together(&store, swaps(b"one").collect()).await;
    assert!(answers.iter().all(|answer| *answer == Ok(Swapped::Written)), "{answers:?}");
    assert_eq!((count(&server, "evalsha"), count(&server, "set")), (3, 130));
    server.reset_calls();
    let long = vec![b'x'; 40_000];
    let swaps = swaps(&long).take(5).map(|swap| Swap { expected: Some(b"one"), ..swap });
    let answers = together(&store, swaps.collect()).await;
    assert!(answers.iter().all(|answer| *answer == Ok(Swapped::Written)), "{answers:?}");
    assert_eq!((count(&server, "evalsha"), count(&server, "set")), (3, 5));
}

#[tokio::test]
async fn all_are_done_though_the_server_forgot_the_script() {
    let (server, store) = prepared().await;
    server.command(&["SCRIPT", "FLUSH"]);
    let keys: Vec<_> = (0..20).map(|number| format!("k{number}")).collect();
    let swaps = keys.iter().map(|key| Swap { wake: Wake::All, ..first(key, b"one") });
    let answers = together(&store, swaps.collect()).await;
    assert!(answers.iter().all(|answer| *answer == Ok(Swapped::Written)), "{answers:?}");
}
