//! A process that calls jobs under rslock's locks: acquire, look whether it is done, run, note that it is, release. All
//! settings are rslock's own. Knows no other lock.

use std::time::Duration;

use anyhow::{Context, bail};
use redis::aio::MultiplexedConnection;
use rslock::LockManager;

use crate::members::orders::{Body, Call, Ending, Told, obey, say_moment};
use crate::{clock, redis_server};

/// Calls jobs on the server at `url`, under locks with this lease, as it is told.
pub(crate) async fn run(url: &str, lease: Duration) -> anyhow::Result<()> {
    let client = redis_server::client(url)?;
    let connection = client.get_multiplexed_async_connection().await?;
    let manager = LockManager::from_clients(vec![client]);
    obey(|call, told| {
        let (manager, connection) = (manager.clone(), connection.clone());
        async move {
            let Call::One(key, body) = call else { bail!("rslock is told to call one job at a time") };
            once(&manager, connection, &key, lease, body, told).await
        }
    })
    .await
}

async fn once(
    manager: &LockManager,
    mut connection: MultiplexedConnection,
    key: &str,
    lease: Duration,
    body: Body,
    told: &Told,
) -> anyhow::Result<()> {
    let done = format!("done:{key}");
    let lock = manager.acquire(format!("lock:{key}").as_bytes(), lease).await.context("it waits for ever")?;
    let known: Option<String> = redis::cmd("GET").arg(&done).query_async(&mut connection).await?;
    if known.is_some() {
        let moment = clock::micros();
        lock.release().await;
        say_moment("told", moment);
        return Ok(());
    }
    let (ending, moment) = body.run(told).await;
    if ending == Ending::Finished {
        redis::cmd("SET").arg(&done).arg("42").exec_async(&mut connection).await?;
    }
    lock.release().await;
    ending.say(moment);
    Ok(())
}
