//! Who sends a command: the runtime of the connection, or the thread that asks, when the connection has nothing else to do.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::future::join_all;
use lockwork_runtime::store::redis::RedisStore;
use lockwork_runtime::store::{Answer, Store, Swapped};
use lockwork_test_support::RedisServer;
use tokio::runtime::{Builder, Runtime};

use crate::{connect, first, unavailable, write};

/// A store whose runtime runs only when the test lets it.
fn idle(server: &RedisServer) -> (Runtime, Arc<RedisStore>) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("it can be made");
    let store = runtime.block_on(async {
        let store = connect(&server.url()).await;
        // The connection has been used, and nothing is on its way.
        write(&store, "before", b"one").await;
        store
    });
    (runtime, store)
}

/// Polls an answer once, which asks the question.
fn ask<T>(answer: &mut Answer<'_, T>) {
    assert!(matches!(answer.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
}

#[test]
fn who_asks_a_connection_that_has_nothing_to_do_sends_the_command_itself() {
    let server = RedisServer::start();
    let (runtime, store) = idle(&server);
    let mut swapped = store.swap(first("k", b"one"));
    assert!(store.ask_here(&mut || ask(&mut swapped)));
    // Nobody has let the runtime run since.
    assert_eq!(server.command(&["GET", "k"]).text(), "one");
    let mut not_asked = store.load("k");
    let asked = store.ask_here(&mut || ask(&mut not_asked));
    assert!(!asked, "another command is on its way");
    assert_eq!(runtime.block_on(swapped), Ok(Swapped::Written));
    assert_eq!(runtime.block_on(store.load("k")).map(|seen| seen.map(|seen| seen.bytes)), Ok(Some(b"one".to_vec())));
}

#[test]
fn who_asks_where_many_asked_together_does_so_with_others_until_they_have_gone() {
    let server = RedisServer::start();
    let (runtime, store) = idle(&server);
    let asks_alone = || {
        let mut answer = store.load("k");
        store.ask_here(&mut || ask(&mut answer)).then(|| runtime.block_on(answer).expect("it answers"))
    };
    assert!(asks_alone().is_some(), "nobody else has asked");
    runtime.block_on(async { join_all((0..8).map(|_| store.load("k"))).await });
    assert!(asks_alone().is_none(), "others have asked just now");
    for _ in 0..8 {
        runtime.block_on(store.load("k")).expect("it answers");
    }
    assert!(asks_alone().is_some(), "nobody else has asked for some time");
}

#[test]
fn what_is_sent_by_who_asks_is_watched_like_all_else() {
    let server = RedisServer::start();
    let (runtime, store) = idle(&server);
    let promised = store.answers_within().expect("it makes a promise");
    // Long enough for the connection to be watched no more. From here on time goes on whenever nothing else does.
    runtime.block_on(async {
        tokio::time::pause();
        tokio::time::sleep(promised).await;
    });
    server.freeze();
    let mut swapped = store.swap(first("k", b"one"));
    assert!(store.ask_here(&mut || ask(&mut swapped)));
    let in_time = runtime.block_on(async { tokio::time::timeout(promised * 3, swapped).await });
    let text = unavailable(in_time.expect("everybody is told"));
    assert!(text.contains("does not answer"), "{text}");
}

#[test]
fn while_there_is_no_connection_nobody_sends_a_command_themselves() {
    let server = RedisServer::start();
    let (runtime, store) = idle(&server);
    server.kill();
    unavailable(runtime.block_on(store.load("k")));
    let mut not_asked = store.load("k");
    assert!(!store.ask_here(&mut || ask(&mut not_asked)));
}

#[test]
fn when_its_runtime_has_gone_a_connection_answers_nobody_and_keeps_nobody_waiting() {
    let server = RedisServer::start();
    let (runtime, store) = idle(&server);
    server.freeze();
    let mut swapped = pin!(store.swap(first("k", b"one")));
    assert!(store.ask_here(&mut || ask(&mut swapped)));
    drop(runtime);
    let other = Builder::new_current_thread().enable_all().build().expect("it can be made");
    unavailable(other.block_on(swapped));
}
