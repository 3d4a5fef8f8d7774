//! What answers is no server that will do: too old, another protocol, or silent.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use lockwork_runtime::Worker;
use lockwork_runtime::store::redis::RedisStore;
use lockwork_test_support::RedisServer;

use crate::{connect_error, refused, unavailable};

pub(crate) const CANARY: &str = "c4n4ry-S3cret";

/// Something at whose port each of the `replies` is given for whatever is sent, and then nothing more.
pub(crate) fn stranger(replies: &[&str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it is bound");
    let replies: Vec<_> = replies.iter().map(|&reply| reply.to_owned()).collect();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody connects");
        for reply in replies {
            let read = stream.read(&mut [0; 4096]).expect("something is sent");
            assert_ne!(read, 0, "something is sent");
            stream.write_all(reply.as_bytes()).expect("it is read");
        }
        // Stays open until the other side closes it.
        while stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {}
    });
    format!("redis://lw:{CANARY}@{address}")
}

fn hello(version: &str) -> String {
    let length = version.len();
    format!("%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n${length}\r\n{version}\r\n")
}

#[tokio::test]
async fn a_redis_before_seven_is_refused_with_its_version() {
    let hello = hello("6.2.14");
    let text = refused::<()>(Err(connect_error(&stranger(&[&hello, &hello]), CANARY).await));
    assert!(text.contains("6.2.14") && text.contains("7.0"), "{text}");
}

#[tokio::test]
async fn newer_versions_are_taken() {
    for version in ["7.0.0", "7.2.4", "8.4.0", "10.0.0", "255.255.255"] {
        let hello = hello(version);
        RedisStore::connect(&stranger(&[&hello, &hello])).await.expect(version);
    }
}

#[tokio::test]
async fn a_server_without_hello_is_refused_and_its_echo_is_not_shown() {
    // Old servers, and proxies, repeat what they do not know, the password included.
    for quote in ['`', '\''] {
        let error =
            format!("-ERR unknown command {quote}HELLO{quote}, with args beginning with: `3`, `AUTH`, `{CANARY}`\r\n");
        let text = refused::<()>(Err(connect_error(&stranger(&[&error]), CANARY).await));
        assert!(text.contains("too old") && text.contains("7.0"), "{text}");
    }
    let echo = format!("-ERR what is {CANARY}?\r\n");
    let text = refused::<()>(Err(connect_error(&stranger(&[&echo]), CANARY).await));
    assert!(text.contains("handshake"), "{text}");
    let text =
        refused::<()>(Err(connect_error(&stranger(&["-NOPROTO unsupported protocol version\r\n"]), CANARY).await));
    assert!(text.contains("RESP3"), "{text}");
}

#[tokio::test]
async fn another_protocol_is_refused() {
    let page = format!("HTTP/1.1 400 Bad Request\r\n\r\n{CANARY}");
    let text = refused::<()>(Err(connect_error(&stranger(&[&page]), CANARY).await));
    assert!(text.contains("does not speak the Redis protocol"), "{text}");
    let text = refused::<()>(Err(connect_error(&stranger(&["%0\r\n", "%0\r\n"]), CANARY).await));
    assert!(text.contains("which version"), "{text}");
}

#[tokio::test]
async fn silence_ends_within_about_two_seconds() {
    for replies in [vec![], vec![hello("7.0.15")]] {
        let replies: Vec<_> = replies.iter().map(String::as_str).collect();
        let url = stranger(&replies);
        let error = tokio::time::timeout(Duration::from_secs(4), connect_error(&url, CANARY));
        let text = unavailable::<()>(Err(error.await.expect("it is bounded")));
        assert!(text.contains("no answer in time"), "{text}");
    }
}

#[tokio::test]
async fn who_stops_waiting_for_a_connection_has_given_it_up() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let url = format!("redis://{}", listener.local_addr().expect("it is bound"));
    let (dialled, hears) = tokio::sync::oneshot::channel();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody connects");
        dialled.send(()).expect("the test listens");
        // Well before the connecting itself would be given up.
        stream.set_read_timeout(Some(Duration::from_secs(1))).expect("it is more than zero");
        let mut asked = Vec::new();
        stream.read_to_end(&mut asked)
    });
    tokio::select! {
        biased;
        _ = hears => {}
        _ = Worker::builder(url).patience(Duration::from_secs(60)).connect() => panic!("nobody answers"),
    }
    assert!(server.join().expect("it does not panic").is_ok(), "it stays connected");
}

#[tokio::test]
async fn a_full_server_may_have_room_later() {
    let server = RedisServer::start();
    server.command(&["CONFIG", "SET", "maxclients", "1"]);
    let text = unavailable::<()>(Err(connect_error(&server.url(), CANARY).await));
    assert!(text.contains("maxclients"), "{text}");
}
