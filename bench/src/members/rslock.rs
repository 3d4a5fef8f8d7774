//! A process that calls jobs under rslock's locks: acquire, look whether it is done, run, note that it is, release. All
//! settings are rslock's own. Knows no other lock.

use std::time::Duration;

use anyhow::Context;
use redis::aio::MultiplexedConnection;
use rslock::LockManager;
use tokio::task::JoinSet;

use crate::members::orders::{Call, Ending, answered, obey, say_moment};
use crate::{clock, redis_server};

/// What a call has come to, and when.
enum Came {
    Ended(Ending, u64),
    /// It was known that somebody else's body has done the job.
    Told(u64),
}

/// Whose locks they are, and where what is done is noted.
#[derive(Clone)]
struct Place {
    manager: LockManager,
    connection: MultiplexedConnection,
    lease: Duration,
}

/// Calls jobs on the server at `url`, under locks with this lease, as it is told.
pub(crate) async fn run(url: &str, lease: Duration) -> anyhow::Result<()> {
    let client = redis_server::client(url)?;
    let connection = client.get_multiplexed_async_connection().await?;
    let place = Place { manager: LockManager::from_clients(vec![client]), connection, lease };
    obey(|call, told| {
        let place = place.clone();
        async move {
            match call {
                Call::One(key, body) => {
                    match once(place, &key, async || body.run(told).await).await? {
                        Came::Ended(ending, moment) => ending.say(moment),
                        Came::Told(moment) => say_moment("told", moment),
                    }
                    Ok(())
                }
                Call::Crowd(calls, keys, prefix) => crowd(&place, calls, keys, &prefix).await,
            }
        }
    })
    .await
}

async fn once(mut place: Place, key: &str, body: impl AsyncFnOnce() -> (Ending, u64)) -> anyhow::Result<Came> {
    let done = format!("done:{key}");
    let lock = place.manager.acquire(format!("lock:{key}").as_bytes(), place.lease).await;
    let lock = lock.context("it waits for ever")?;
    let known: Option<String> = redis::cmd("GET").arg(&done).query_async(&mut place.connection).await?;
    if known.is_some() {
        let moment = clock::micros();
        lock.release().await;
        return Ok(Came::Told(moment));
    }
    let (ending, moment) = body().await;
    if ending == Ending::Finished {
        redis::cmd("SET").arg(&done).arg("42").exec_async(&mut place.connection).await?;
    }
    lock.release().await;
    Ok(Came::Ended(ending, moment))
}

/// Makes all calls at once, and says how they were answered.
async fn crowd(place: &Place, calls: usize, keys: usize, prefix: &str) -> anyhow::Result<()> {
    let mut called = JoinSet::new();
    for call in 0..calls {
        let (place, key) = (place.clone(), format!("{prefix}-{}", call % keys));
        called.spawn(async move {
            let came = once(place, &key, async || (Ending::Finished, 0)).await;
            came.map(|_| ()).map_err(|error| format!("{error:#}"))
        });
    }
    answered(called).await
}
