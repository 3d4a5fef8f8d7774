//! The task that keeps a link up and its subscriptions in place. Knows no command but those that subscribe.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use redis::RedisResult;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::clock;
use crate::store::StoreError;
use crate::store::redis::connection::{ANSWERING, Link, Live};
use crate::store::redis::fault::of_connection;

/// The first pause before a new connection is tried, and the longest. Each is drawn anew below its bound, so that a
/// fleet does not come back all at once.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

/// How many orders are taken at once. They share one round trip.
const BATCH: usize = 1024;

/// What the upkeep is told.
pub(super) enum Order {
    /// Somebody watches `key`, and waits for the subscription to stand.
    Stand { key: Arc<str>, stands: oneshot::Sender<Result<(), StoreError>> },
    /// The last watch on a key has gone.
    Left(Arc<str>),
    /// The connection was given up.
    Redial,
}

/// Keeps `link` up, until it is aborted.
///
/// All subscriptions go through this one task, one after the other. So which of them stand is known exactly, and a
/// caller that stops waiting leaves nothing half done. What is wanted is asked of the watches when it is needed: a
/// key that was left and is watched again never loses its subscription to the older order.
pub(super) async fn keep_up(link: Arc<Link>, first: Live, mut orders: mpsc::UnboundedReceiver<Order>) {
    let mut live = first;
    let mut standing = HashSet::new();
    let mut since = clock::now();
    let mut pause = PAUSES.0;
    let mut batch = Vec::new();
    while orders.recv_many(&mut batch, BATCH).await > 0 {
        while link.up() != Ok(live.number) {
            if since.elapsed() > PAUSES.1 {
                pause = PAUSES.0;
            }
            live = redial(&link, live.number, &mut pause).await;
            since = clock::now();
            standing = resubscribe(&link, &mut live).await;
        }
        settle(&link, &mut live, &mut standing, std::mem::take(&mut batch)).await;
    }
}

/// Tries until there is a connection again.
async fn redial(link: &Arc<Link>, mut number: u64, pause: &mut Duration) -> Live {
    loop {
        sleep(pause.mul_f64(rand::random_range(0.0..1.0))).await;
        *pause = (*pause * 2).min(PAUSES.1);
        number += 1;
        match link.dial(number).await {
            Ok(live) => {
                tracing::debug!(target: "lockwork", "connected again");
                return live;
            }
            Err(error) => tracing::debug!(target: "lockwork", %error, "cannot connect"),
        }
    }
}

/// Subscribes a new connection to all that is watched, then wakes everybody: what was published in between is lost.
async fn resubscribe(link: &Link, live: &mut Live) -> HashSet<Arc<str>> {
    let keys = link.watches.keys();
    if let Err(error) = subscribe(link, live, &keys).await {
        // A connection that is deaf to its watches is no better than none.
        link.lost(live.number, error);
        return HashSet::new();
    }
    link.watches.wake_all();
    keys.into_iter().collect()
}

/// Carries out a batch of orders.
async fn settle(link: &Link, live: &mut Live, standing: &mut HashSet<Arc<str>>, batch: Vec<Order>) {
    let mut touched = HashSet::new();
    let mut waiting = Vec::new();
    for order in batch {
        match order {
            Order::Stand { key, stands } => {
                touched.insert(key);
                waiting.push(stands);
            }
            Order::Left(key) => {
                touched.insert(key);
            }
            Order::Redial => {}
        }
    }
    let (wanted, unwanted): (Vec<_>, Vec<_>) = touched.into_iter().partition(|key| link.watches.is_watched(key));
    let missing: Vec<_> = wanted.into_iter().filter(|key| !standing.contains(key)).collect();
    let subscribed = subscribe(link, live, &missing).await;
    if subscribed.is_ok() {
        standing.extend(missing);
    }
    for stands in waiting {
        // Who no longer waits has dropped its watch, which is an order of its own.
        drop(stands.send(subscribed.clone()));
    }
    let surplus: Vec<_> = unwanted.into_iter().filter(|key| standing.contains(key)).collect();
    match unsubscribe(link, live, &surplus).await {
        Ok(()) => {
            for key in &surplus {
                standing.remove(key);
            }
        }
        // It stands on, and may be told what is for a few: that costs those who wait elsewhere a wake-up.
        Err(error) => tracing::debug!(target: "lockwork", %error, "cannot unsubscribe"),
    }
}

async fn subscribe(link: &Link, live: &mut Live, keys: &[Arc<str>]) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    in_time(link, live.number, live.connection.subscribe(channels(link, keys))).await
}

async fn unsubscribe(link: &Link, live: &mut Live, keys: &[Arc<str>]) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    in_time(link, live.number, live.connection.unsubscribe(channels(link, keys))).await
}

async fn in_time(link: &Link, number: u64, answer: impl Future<Output = RedisResult<()>>) -> Result<(), StoreError> {
    let answer = timeout(ANSWERING, answer).await;
    link.judge(number, answer.unwrap_or_else(|_| Err(of_connection(ErrorKind::TimedOut))))
}

/// Both channels of each of the `keys`: the one for all who watch it, and the one of our seat.
fn channels(link: &Link, keys: &[Arc<str>]) -> Vec<String> {
    keys.iter().flat_map(|key| [key.to_string(), link.seat.channel(key)]).collect()
}
