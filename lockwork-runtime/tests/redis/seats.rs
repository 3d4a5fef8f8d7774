//! Of many who watch a key, a few are woken for what only one of them can have.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::FutureExt;
use lockwork_runtime::store::redis::RedisStore;
use lockwork_runtime::store::{Store, Swap, Swapped, Wake, Watch};
use lockwork_runtime::{Attempt, Error, Event, Job, Worker};
use lockwork_test_support::{Client, RedisServer, Reply};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::{PATIENCE, connect, first, fresh_key, subscribers, until, woken};

/// How many seats there are in each database.
const SEATS: u8 = 64;

/// The channels of seats on which somebody sits who watches `key`.
fn taken_seats(server: &RedisServer, key: &str) -> Vec<String> {
    let channels = server.command(&["PUBSUB", "CHANNELS", &format!("{key}\x1f*")]);
    channels.list().iter().map(Reply::text).collect()
}

/// Those who watch a key over plain connections, so that it is known where each of them sits.
pub(crate) struct Sitters(Vec<(u8, Client)>);

impl Sitters {
    /// One on each of these seats of database 0.
    pub(crate) fn on(server: &RedisServer, key: &str, seats: impl IntoIterator<Item = u8>) -> Self {
        Self::in_database(0, server, key, seats)
    }

    fn in_database(database: u8, server: &RedisServer, key: &str, seats: impl IntoIterator<Item = u8>) -> Self {
        let sitter = |number| {
            let seat = format!("{key}\x1f{database}/{number}");
            (number, listener(server, &["SUBSCRIBE", key, &seat]))
        };
        Self(seats.into_iter().map(sitter).collect())
    }

    /// On which seats somebody was told since this was last asked, and that each was told this `record`.
    pub(crate) fn told(&mut self, record: &[u8]) -> Vec<u8> {
        let told = |(number, client): &mut (u8, Client)| (messages(client, record) > 0).then_some(*number);
        self.0.iter_mut().filter_map(told).collect()
    }
}

/// A plain connection that listens.
fn listener(server: &RedisServer, command: &[&str]) -> Client {
    let mut client = server.client();
    client.send(command).expect("it is sent");
    for _ in &command[1..] {
        client.reply().expect("it is subscribed");
    }
    client
}

/// How many messages have come. Each is to be this `record`.
fn messages(client: &mut Client, record: &[u8]) -> usize {
    client.send(&["PING"]).expect("it is sent");
    for count in 0.. {
        let reply = client.reply().expect("there is an answer to the PING at least");
        let parts = reply.list();
        if parts[0].text() == "pong" {
            return count;
        }
        assert_eq!(parts.last(), Some(&Reply::Bytes(Some(record.to_vec()))));
    }
    unreachable!("the PING is answered")
}

/// Writes what only one can have, and wakes a few.
async fn tell_a_few(server: &RedisServer, store: &RedisStore, key: &str, record: &[u8]) {
    server.command(&["DEL", key]);
    let swap = Swap { wake: Wake::Few, ..first(key, record) };
    assert_eq!(store.swap(swap).await, Ok(Swapped::Written));
}

/// Waits for a wake-up that must come, and says what it told.
async fn told(watch: &mut Watch) -> Option<Vec<u8>> {
    woken(watch).await;
    watch.told().map(|record| record.to_vec())
}

#[tokio::test]
async fn of_many_three_neighbours_are_woken_and_not_always_the_same() {
    let server = RedisServer::shared();
    let store = connect(&server.url()).await;
    for seats in [(0..SEATS).step_by(3).collect(), vec![0, 16, 32, 63]] {
        let (key, count) = (fresh_key(), seats.len());
        let mut sitters = Sitters::on(server, &key, seats.iter().copied());
        let mut woken = BTreeSet::new();
        for _ in 0..40 {
            tell_a_few(server, &store, &key, b"record").await;
            let told = sitters.told(b"record");
            let neighbours = |first: usize| (first..first + 3).map(|place| seats[place % count]).collect();
            let told: BTreeSet<_> = told.into_iter().collect();
            assert!((0..count).map(neighbours).any(|some: BTreeSet<_>| some == told), "{told:?} of {seats:?}");
            woken.extend(told);
        }
        assert!(3 < woken.len(), "always the same: {woken:?}");
    }
}

#[tokio::test]
async fn of_three_all_are_woken_whether_they_have_seats_or_not() {
    let server = RedisServer::shared();
    let store = connect(&server.url()).await;
    for count in 1..=3 {
        let key = fresh_key();
        let mut seated = Sitters::on(server, &key, 1..count);
        let mut standing = listener(server, &["SUBSCRIBE", &key]);
        tell_a_few(server, &store, &key, b"record").await;
        assert_eq!(seated.told(b"record"), Vec::from_iter(1..count));
        assert_eq!(messages(&mut standing, b"record"), 1, "{count}");
    }
}

#[tokio::test]
async fn of_many_without_seats_all_are_woken() {
    let (server, key) = (RedisServer::shared(), fresh_key());
    let store = connect(&server.url()).await;
    let mut standing: Vec<_> = (0..5).map(|_| listener(server, &["SUBSCRIBE", &key])).collect();
    tell_a_few(server, &store, &key, b"record").await;
    for client in &mut standing {
        assert_eq!(messages(client, b"record"), 1);
    }
}

#[tokio::test]
async fn who_listens_to_a_pattern_is_not_taken_for_one_who_waits() {
    let (server, key) = (RedisServer::shared(), fresh_key());
    let store = connect(&server.url()).await;
    let mut sitters = Sitters::on(server, &key, (0..SEATS).step_by(9));
    let mut nosy = listener(server, &["PSUBSCRIBE", &format!("{key}*")]);
    tell_a_few(server, &store, &key, b"record").await;
    assert_eq!(sitters.told(b"record").len(), 3);
    assert_eq!(messages(&mut nosy, b"record"), 3);
}

#[tokio::test]
async fn who_waits_in_another_database_is_not_taken_for_one_who_waits_in_this_one() {
    let server = RedisServer::shared();
    for (database, other) in [(0, 3), (3, 0)] {
        let key = fresh_key();
        let store = connect(&format!("{}/{database}", server.url())).await;
        let watch = store.watch(&key).await.expect("it watches");
        let [seat] = &taken_seats(server, &key)[..] else { panic!("it has more than one seat") };
        assert!(seat.starts_with(&format!("{key}\x1f{database}/")), "{seat:?}");
        drop(watch);
        until("no longer subscribed", async || taken_seats(server, &key).is_empty()).await;
        let mut here = Sitters::in_database(database, server, &key, (0..SEATS).step_by(9));
        let mut there = Sitters::in_database(other, server, &key, 0..SEATS);
        tell_a_few(server, &store, &key, b"record").await;
        assert_eq!((here.told(b"record").len(), there.told(b"record").len()), (3, 0));
    }
}

#[tokio::test]
async fn of_twenty_processes_a_few_are_woken_and_told_what_was_written() {
    let (server, key) = (RedisServer::shared(), fresh_key());
    let mut watching = Vec::new();
    for _ in 0..20 {
        let store = connect(&server.url()).await;
        let watch = store.watch(&key).await.expect("it watches");
        watching.push((store, watch));
    }
    assert_eq!(subscribers(server, &key), 20);
    let taken = taken_seats(server, &key).len();
    assert!(3 < taken, "each draws a seat of its own: {taken}");
    let store = connect(&server.url()).await;
    tell_a_few(server, &store, &key, b"record").await;
    let mut few = 0;
    for (store, watch) in &mut watching {
        // A wake-up would have come over this connection before this answer.
        store.clock().await.expect("it answers");
        if watch.changed().now_or_never().is_some() {
            assert_eq!(watch.told().as_deref(), Some(&b"record"[..]));
            few += 1;
        }
    }
    assert!((3..20).contains(&few), "{few} are woken");
}

#[tokio::test]
async fn a_watch_hears_its_seat_also_after_a_break_and_leaves_nothing() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    let mut watch = store.watch("k").await.expect("it watches");
    let seats = taken_seats(&server, "k");
    assert_eq!(seats.len(), 1, "{seats:?}");
    for record in ["one", "two"] {
        assert_eq!(server.command(&["PUBLISH", &seats[0], record]), Reply::Number(1));
        assert_eq!(told(&mut watch).await.as_deref(), Some(record.as_bytes()));
        server.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        assert_eq!(told(&mut watch).await, None);
        // Woken is after subscribed.
        assert_eq!((subscribers(&server, "k"), taken_seats(&server, "k")), (1, seats.clone()));
    }
    server.reset_calls();
    drop(watch);
    let has_left = async || subscribers(&server, "k") == 0 && taken_seats(&server, "k").is_empty();
    until("no longer subscribed", has_left).await;
    let unsubscribed: Vec<_> = server.calls().into_iter().filter(|(call, _)| call == "unsubscribe").collect();
    assert_eq!(unsubscribed, [("unsubscribe".to_owned(), 1)]);
}

#[tokio::test]
async fn one_of_many_processes_follows_on_what_is_handed_back_long_before_its_lease_is_over() {
    let server = RedisServer::start();
    let job = Job::new("a").timeout(Duration::from_secs(600));
    let (begins, mut begun) = mpsc::unbounded_channel();
    let (holder, held) = (Worker::connect(server.url()).await.expect("the server is there"), job.clone());
    let holding = tokio::spawn(async move {
        let body = async |_: Attempt| {
            begins.send(()).expect("the test waits");
            std::future::pending::<Result<u32, Error>>().await
        };
        holder.run(&held, body).await
    });
    begun.recv().await.expect("it begins");
    let (waits, mut waiting) = mpsc::unbounded_channel();
    let mut calls = JoinSet::new();
    for _ in 0..8 {
        let waits = waits.clone();
        let builder = Worker::builder(server.url()).on_event(move |event| {
            if let Event::Busy { .. } = event {
                // Towards the end nobody counts any more.
                let _ = waits.send(());
            }
        });
        let (worker, job) = (builder.connect().await.expect("the server is there"), job.clone());
        calls.spawn(async move { worker.run(&job, async |attempt: Attempt| Ok::<_, Error>(attempt.number())).await });
    }
    for _ in 0..8 {
        timeout(PATIENCE, waiting.recv()).await.expect("all of them wait");
    }
    holding.abort();
    let outcomes = timeout(PATIENCE, calls.join_all()).await.expect("one of them follows, and the others hear of it");
    let ran_here = outcomes.into_iter().map(|outcome| outcome.expect("it is done").ran_here);
    assert_eq!(ran_here.filter(|ran_here| *ran_here).count(), 1);
}
