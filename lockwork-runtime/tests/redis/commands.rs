//! What goes over the wire: how many commands, and which bytes.

use std::time::Duration;

use futures_util::FutureExt;
use lockwork_runtime::store::{Scan, Seen, Store, Swap, Swapped, Wake};
use lockwork_test_support::{RedisServer, Reply};

use crate::seats::Sitters;
use crate::{connect, first, fresh_key, refused, write};

fn calls(of: &[(&str, u64)]) -> Vec<(String, u64)> {
    of.iter().map(|(command, count)| ((*command).to_owned(), *count)).collect()
}

#[tokio::test]
async fn a_first_swap_is_one_set() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    server.reset_calls();
    write(&store, "k", b"one").await;
    assert_eq!(server.calls(), calls(&[("set", 1)]));
}

#[tokio::test]
async fn any_other_swap_is_one_script() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    let swap = Swap { expected: None, wake: Wake::All, ..first("k", b"one") };
    assert_eq!(store.swap(swap).await, Ok(Swapped::Written));
    server.reset_calls();
    let swap = Swap { expected: Some(b"one"), ..first("k", b"two") };
    assert_eq!(store.swap(swap).await, Ok(Swapped::Written));
    assert_eq!(server.calls(), calls(&[("evalsha", 1), ("get", 1), ("set", 1)]));
    server.reset_calls();
    let swap = Swap { expected: Some(b"two"), wake: Wake::All, ..first("k", b"three") };
    assert_eq!(store.swap(swap).await, Ok(Swapped::Written));
    assert_eq!(server.calls(), calls(&[("evalsha", 1), ("get", 1), ("publish", 1), ("set", 1)]));
    server.reset_calls();
    let swap = Swap { expected: Some(b"two"), wake: Wake::All, ..first("k", b"four") };
    assert_eq!(store.swap(swap).await, Ok(Swapped::Conflict(Some(b"three".to_vec()))));
    assert_eq!(server.calls(), calls(&[("evalsha", 1), ("get", 1)]));
}

#[tokio::test]
async fn of_many_three_are_told_and_nobody_is_looked_for_behind_them() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    write(&store, "k", b"one").await;
    let _sitters = Sitters::on(&server, "k", 0..64);
    let swap = Swap { expected: Some(b"one"), wake: Wake::Few, ..first("k", b"two") };
    assert_eq!(
        store.swap(Swap { expected: Some(b"none"), ..swap }).await,
        Ok(Swapped::Conflict(Some(b"one".to_vec())))
    );
    server.reset_calls();
    assert_eq!(store.swap(swap).await, Ok(Swapped::Written));
    let expected = [("evalsha", 1), ("get", 1), ("publish", 3), ("pubsub|numsub", 4), ("set", 1)];
    assert_eq!(server.calls(), calls(&expected));
}

#[tokio::test]
async fn a_peek_is_one_get() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    write(&store, "k", b"one").await;
    server.reset_calls();
    assert_eq!(store.peek("k").await.expect("it peeks").as_deref(), Some(&b"one"[..]));
    assert_eq!(server.calls(), calls(&[("get", 1)]));
}

#[tokio::test]
async fn a_load_is_one_get_and_one_pttl() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    write(&store, "k", b"one").await;
    server.reset_calls();
    let seen = store.load("k").await.expect("it loads").expect("it is there");
    assert_eq!(server.calls(), calls(&[("get", 1), ("pttl", 1)]));
    assert_eq!(seen.bytes, b"one");
    let mut monitor = server.client();
    monitor.ask(&["MONITOR"]).expect("it monitors");
    store.load("k").await.expect("it loads");
    let order = [(); 2].map(|()| monitor.reply().expect("it saw the load").text());
    assert!(order[0].contains("\"GET\"") && order[1].contains("\"PTTL\""), "{order:?}");
    let left = seen.left.expect("it is not kept for ever");
    assert!(left <= Duration::from_secs(60) && left > Duration::from_secs(40), "{left:?}");
}

#[tokio::test]
async fn scripts_that_the_server_forgot_are_sent_again() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    write(&store, "k", b"one").await;
    for (expected, next) in [("one", "two"), ("two", "one"), ("one", "two")] {
        server.command(&["SCRIPT", "FLUSH"]);
        server.reset_calls();
        let swap = Swap { expected: Some(expected.as_bytes()), ..first("k", next.as_bytes()) };
        assert_eq!(store.swap(swap).await, Ok(Swapped::Written));
        assert_eq!(server.calls(), calls(&[("evalsha", 2), ("get", 1), ("script|load", 2), ("set", 1)]));
    }
    server.command(&["SCRIPT", "FLUSH"]);
    assert_eq!(store.remove("k", b"one").await, Ok(false));
    server.command(&["SCRIPT", "FLUSH"]);
    assert_eq!(store.remove("k", b"two").await, Ok(true));
    assert_eq!(server.command(&["EXISTS", "k"]), Reply::Number(0));
}

#[tokio::test]
async fn bytes_are_carried_exactly() {
    let store = connect(&RedisServer::shared().url()).await;
    let all: Vec<u8> = (0..=255).chain(*b"\r\n$-1\r\n*0\r\n\"'{}%").collect();
    let values: [&[u8]; 6] = [&all, b"", b"1", b"0", b"OK", b"-ERR no"];
    for wake in [Wake::Nobody, Wake::Few, Wake::All] {
        for value in values {
            for other in values {
                let key = fresh_key();
                let swap = Swap { wake, ..first(&key, value) };
                assert_eq!(store.swap(swap).await, Ok(Swapped::Written));
                assert_eq!(store.swap(swap).await, Ok(Swapped::Conflict(Some(value.to_vec()))));
                let again = Swap { expected: Some(other), next: b"next", ..swap };
                let expected = if value == other { Swapped::Written } else { Swapped::Conflict(Some(value.to_vec())) };
                assert_eq!(store.swap(again).await, Ok(expected));
                let nothing = fresh_key();
                let swap = Swap { expected: Some(value), ..first(&nothing, b"next") };
                assert_eq!(store.swap(swap).await, Ok(Swapped::Conflict(None)));
                let there: &[u8] = if value == other { b"next" } else { value };
                assert_eq!(store.remove(&key, b"something else").await, Ok(false));
                assert_eq!(store.remove(&key, there).await, Ok(true));
                assert_eq!(store.remove(&key, there).await, Ok(false));
            }
        }
    }
}

#[tokio::test]
async fn a_record_is_kept_for_as_long_as_was_said() {
    let server = RedisServer::shared();
    let store = connect(&server.url()).await;
    let times = [None, Some(Duration::from_secs(1 << 60)), Some(Duration::from_millis(1_234_567))];
    for keep in times {
        for expected in [None, Some(b"one".as_slice())] {
            let key = fresh_key();
            if expected.is_some() {
                write(&store, &key, b"one").await;
            }
            assert_eq!(store.swap(Swap { keep, expected, ..first(&key, b"two") }).await, Ok(Swapped::Written));
            let Seen { bytes, left } = store.load(&key).await.expect("it loads").expect("it is there");
            assert_eq!(bytes, b"two");
            if keep == times[2] {
                let left = left.expect("it is not kept for ever");
                assert!((Duration::from_secs(1200)..=Duration::from_millis(1_234_567)).contains(&left), "{left:?}");
            } else {
                assert_eq!(left, None);
            }
        }
    }
}

#[tokio::test]
async fn the_clock_is_the_servers() {
    let server = RedisServer::shared();
    let store = connect(&server.url()).await;
    let time = || match server.command(&["TIME"]).list() {
        [seconds, micros] => {
            let [seconds, micros] = [seconds, micros].map(|part| part.text().parse().expect("it is a number"));
            Duration::from_secs(seconds) + Duration::from_micros(micros)
        }
        other => panic!("not a time: {other:?}"),
    };
    let before = time();
    let clock = store.clock().await.expect("it answers");
    assert!((before..=time()).contains(&clock), "{before:?} {clock:?}");
}

#[tokio::test]
async fn a_scan_takes_its_prefix_literally() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    let prefix = r"a*b?c[d-e]^\f:";
    let near_misses = [r"aXXb?c[d-e]^\f:3", r"a*bXc[d-e]^\f:4", r"a*b?cd^\f:5", r"a*b?c[d-e]^f:6", r"a*b?c[d-e]^\f"];
    for key in [r"a*b?c[d-e]^\f:2", r"a*b?c[d-e]^\f:1"].into_iter().chain(near_misses) {
        write(&store, key, b"x").await;
    }
    let found = store.scan(Scan::of(prefix, 10)).await.expect("it scans");
    let keys: Vec<_> = found.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, [r"a*b?c[d-e]^\f:1", r"a*b?c[d-e]^\f:2"]);
}

#[tokio::test]
async fn a_scan_finds_all_and_only_records_page_by_page() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    let fill = "for i = 1, 1300 do redis.call('SET', string.format('n:%05d', i), 'x') end \
                redis.call('LPUSH', 'n:00000', 'list') redis.call('SET', 'n:\\255', 'not text')";
    server.command(&["EVAL", fill, "0"]);
    let mut keys = Vec::new();
    loop {
        let page = store
            .scan(Scan { behind: keys.last().map(String::as_str), ..Scan::of("n:", 601) })
            .await
            .expect("it scans");
        if page.is_empty() {
            break;
        }
        assert!(page.iter().all(|(_, seen)| *seen == Seen { bytes: b"x".to_vec(), left: None }));
        keys.extend(page.into_iter().map(|(key, _)| key));
    }
    let expected: Vec<_> = (1..=1300).map(|i| format!("n:{i:05}")).collect();
    assert_eq!(keys, expected);
    assert_eq!(store.scan(Scan::of("n:", 0)).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_scan_of_large_records_does_not_cost_the_connection() {
    // A server ends a connection with subscriptions when 32 MiB of answers wait for it.
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    let mut watch = store.watch("watched").await.expect("it stands");
    let fill = "local large = string.rep('x', 2^20) for i = 1, 300 do redis.call('SET', 'n:' .. i, large) end";
    server.command(&["EVAL", fill, "0"]);
    let found = store.scan(Scan::of("n:", 300)).await.expect("it scans");
    assert!(found.len() == 300 && found.iter().all(|(_, seen)| seen.bytes.len() == 1 << 20));
    // Had the connection been replaced, the watch would have been woken.
    assert!(watch.changed().now_or_never().is_none());
}

#[tokio::test]
async fn what_is_no_record_is_refused_and_left() {
    let server = RedisServer::shared();
    let store = connect(&server.url()).await;
    let key = fresh_key();
    server.command(&["LPUSH", &key, "list"]);
    for text in [
        refused(store.load(&key).await),
        refused(store.peek(&key).await),
        refused(store.swap(first(&key, b"next")).await),
        refused(store.swap(Swap { wake: Wake::All, ..first(&key, b"next") }).await),
        refused(store.remove(&key, b"list").await),
    ] {
        assert!(text.contains("WRONGTYPE") && text.contains("namespace"), "{text}");
    }
    assert_eq!(server.command(&["LLEN", &key]), Reply::Number(1));
}

#[tokio::test]
async fn a_socket_will_do() {
    let server = RedisServer::shared();
    let (store, key) = (connect(&server.unix_url()).await, fresh_key());
    write(&store, &key, b"one").await;
    let other = connect(&format!("{}?db=3", server.unix_url())).await;
    assert_eq!(other.load(&key).await, Ok(None));
    let same = connect(&format!("{}/0", server.url())).await;
    assert_eq!(same.load(&key).await.expect("it loads").expect("it is there").bytes, b"one");
}
