//! The crate `rslock`: a lock, and what is done once by way of it.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use rslock::LockManager;

use crate::load::{Way, way};
use crate::redis_server::Redis;

/// For how long a lock stands; the default of lockwork's lease.
const LEASE: Duration = Duration::from_secs(5);

/// Who locks, over a connection of its own with the options of lockwork's.
pub(crate) fn manager(redis: &Redis) -> anyhow::Result<LockManager> {
    Ok(LockManager::from_clients(vec![redis.client()?]))
}

/// Acquire and release. It does not say whether something was done.
pub(crate) fn lock(manager: &LockManager) -> Way {
    let manager = Arc::new(manager.clone());
    way(move |key| {
        let manager = Arc::clone(&manager);
        async move {
            manager.acquire(name(&key).as_bytes(), LEASE).await?.release().await;
            Ok(())
        }
    })
}

/// Acquire, ask whether it is done, else say so, release. What is done is asked and said over `connection`.
pub(crate) fn once(manager: &LockManager, connection: &MultiplexedConnection) -> Way {
    let (manager, connection) = (Arc::new(manager.clone()), connection.clone());
    way(move |key| {
        let (manager, mut connection) = (Arc::clone(&manager), connection.clone());
        async move {
            let guard = manager.acquire(name(&key).as_bytes(), LEASE).await?;
            let done = format!("bench:{key}");
            let found: Option<Vec<u8>> = redis::cmd("GET").arg(&done).query_async(&mut connection).await?;
            if found.is_none() {
                redis::cmd("SET").arg(&done).arg("42").exec_async(&mut connection).await?;
            }
            guard.release().await;
            Ok(())
        }
    })
}

/// One try to lock what somebody else has locked.
pub(crate) fn busy(manager: &LockManager) -> Way {
    let mut manager = manager.clone();
    // One try, and no pause.
    manager.set_retry(1, Duration::ZERO);
    let manager = Arc::new(manager);
    way(move |key| {
        let manager = Arc::clone(&manager);
        async move {
            anyhow::ensure!(manager.lock(name(&key).as_bytes(), LEASE).await.is_err(), "{key} was free");
            Ok(())
        }
    })
}

/// The name of a key's lock.
pub(crate) fn name(key: &str) -> String {
    format!("lock:{key}")
}
